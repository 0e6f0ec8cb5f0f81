//! What was found out for all targets of a question, as numbers and sets; names are put to it when somebody asks.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, OnceLock},
};

use super::{
    Compiled, Setting,
    blame::Backwards,
    features::{Features, Sets},
    packages::Known,
    setting::{Mask, Node, Side, World},
    spec::{HELPERS, ProcMacro},
    walk::{Step, Walk, starts},
};
use crate::{cargo::lock::LockedPackage, finding::Confidence};

/// Numbers of things by the places that they belong to.
#[derive(Debug)]
pub(super) struct Groups {
    /// For each place the end of its numbers; they begin where those of the place before end.
    ends: Vec<u32>,
    numbers: Vec<u32>,
}

impl Groups {
    /// Groups things, given by their places, which are below `count`.
    pub(super) fn new(count: usize, places: impl Iterator<Item = usize> + Clone) -> Self {
        let mut ends = vec![0_u32; count + 1];
        for place in places.clone() {
            if let Some(end) = ends.get_mut(place + 1) {
                *end += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let mut numbers = vec![0; sum as usize];
        for (number, place) in places.enumerate() {
            // Counts up from the start of the place to its end.
            if let Some(next) = ends.get_mut(place)
                && let Some(slot) = numbers.get_mut(*next as usize)
            {
                *slot = u32::try_from(number).unwrap_or(u32::MAX);
                *next += 1;
            }
        }
        Self { ends, numbers }
    }

    /// The numbers of the things at a place, ascending.
    pub(super) fn of(&self, place: usize) -> &[u32] {
        let start =
            place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(place).copied().unwrap_or_default();
        self.numbers.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// One world, when all in it is settled.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) sets: Sets,
    /// For each node the targets for which it is compiled.
    pub(super) reached: Vec<Mask>,
    pub(super) steps: Vec<Step>,
    backwards: OnceLock<Backwards>,
    forwards: OnceLock<Groups>,
}

impl Settled {
    pub(super) fn new(features: Features<'_>, walk: Walk) -> Self {
        let Walk { reached, steps } = walk;
        Self { sets: features.sets, reached, steps, ..Self::default() }
    }

    pub(super) fn is_reached(&self, node: Node, target: Mask) -> bool {
        self.reached.get(node.slot()).is_some_and(|mask| mask & target != 0)
    }

    pub(super) fn backwards(&self) -> &Backwards {
        self.backwards.get_or_init(|| Backwards::new(self))
    }

    /// A shortest way from one of some nodes to another, both ends included.
    fn way(&self, starts: &[Node], to: Node, target: Mask) -> Vec<Node> {
        let forwards = self
            .forwards
            .get_or_init(|| Groups::new(self.reached.len(), self.steps.iter().map(|step| step.from.slot())));
        // For each node the one that it was reached from; a start is its own.
        let mut before: Vec<Option<Node>> = vec![None; self.reached.len()];
        let mut queue = VecDeque::new();
        for start in starts {
            if let Some(slot @ None) = before.get_mut(start.slot()) {
                *slot = Some(*start);
                queue.push_back(*start);
            }
        }
        while let Some(node) = queue.pop_front().filter(|node| *node != to) {
            let steps = forwards.of(node.slot()).iter().filter_map(|step| self.steps.get(*step as usize));
            for step in steps.filter(|step| step.mask & target != 0) {
                if let Some(slot @ None) = before.get_mut(step.to.slot()) {
                    *slot = Some(node);
                    queue.push_back(step.to);
                }
            }
        }
        let mut way = vec![to];
        let mut last = to;
        while let Some(node) = before.get(last.slot()).copied().flatten().filter(|node| *node != last) {
            way.push(node);
            last = node;
        }
        way.reverse();
        way
    }
}

/// The answer for all targets.
#[derive(Debug, Default)]
pub(super) struct Answer {
    locked: Option<Arc<[LockedPackage]>>,
    /// Packages that cargo would add to the lock file; their places are behind its own.
    added: Vec<LockedPackage>,
    known: Vec<Option<Arc<Known>>>,
    is_decoupled: bool,
    /// The nodes of the packages that are asked for.
    starts: Vec<Node>,
    /// The places of all packages of the workspace.
    pub(super) members: BTreeSet<usize>,
    pub(super) certain: Settled,
    /// What may be, for the targets for which not everything is known.
    pub(super) possible: Option<Settled>,
}

impl Answer {
    pub(super) fn new(
        setting: &Setting<'_>,
        members: BTreeSet<usize>,
        certain: Settled,
        possible: Option<Settled>,
    ) -> Self {
        Self {
            locked: Some(Arc::clone(&setting.packages.lock.packages)),
            added: setting.packages.added(),
            known: setting.packages.read_so_far(),
            is_decoupled: setting.is_decoupled,
            starts: starts(setting).collect(),
            members,
            certain,
            possible,
        }
    }

    /// How much room it takes, in steps and reasons.
    pub(super) fn weight(&self) -> usize {
        let both = std::iter::once(&self.certain).chain(&self.possible);
        both.map(|settled| settled.steps.len() + settled.sets.reasons.len() + settled.sets.on.len() / 4).sum()
    }

    fn locked(&self) -> &[LockedPackage] {
        self.locked.as_deref().unwrap_or_default()
    }

    /// All packages with their places.
    fn packages(&self) -> impl Iterator<Item = (usize, &LockedPackage)> {
        self.locked().iter().chain(&self.added).enumerate()
    }

    fn package(&self, place: usize) -> Option<&LockedPackage> {
        let locked = self.locked();
        locked.get(place).or_else(|| self.added.get(place.checked_sub(locked.len())?))
    }

    /// Whether some package is compiled for a target that cargo would have to add.
    pub(super) fn is_ahead(&self, target: Mask) -> bool {
        let sides = |place| [Node::new(place, Side::Target), Node::new(place, Side::Host)];
        self.places_of_added().flat_map(sides).any(|node| self.certain.is_reached(node, target))
    }

    /// The places of packages that cargo would add.
    pub(super) fn places_of_added(&self) -> impl Iterator<Item = usize> {
        let first = self.locked().len();
        first..first + self.added.len()
    }

    /// The places of all packages.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        0..self.locked().len() + self.added.len()
    }

    /// The places of a crate's versions.
    pub(super) fn find(&self, name: &str) -> impl Iterator<Item = usize> {
        self.packages().filter(move |(_, package)| package.name == name).map(|(place, _)| place)
    }

    pub(super) fn name(&self, place: usize) -> &str {
        self.package(place).map(|package| package.name.as_str()).unwrap_or_default()
    }

    pub(super) fn known(&self, place: usize) -> Option<&Known> {
        self.known.get(place)?.as_deref()
    }

    /// A node by which its features are known.
    pub(super) fn canonical(&self, node: Node) -> Node {
        if self.is_decoupled { node } else { node.on(Side::Target) }
    }

    /// A package as it is compiled for one side and a target; `None` when it is certain that it is not.
    pub(super) fn compiled(&self, node: Node, target: Mask) -> Option<Compiled> {
        let is_certain = self.certain.is_reached(node, target);
        let possible = self.possible.as_ref().filter(|possible| possible.is_reached(node, target));
        if !is_certain && possible.is_none() {
            return None;
        }
        let package = self.package(node.package())?;
        let known = self.known(node.package());
        let slot = self.canonical(node).slot();
        let of = |settled: &Settled, world| settled.sets.of(slot, known, world, target);
        let features = if is_certain { of(&self.certain, World::Certain) } else { Vec::new() };
        let mut possible_features = possible.map(|settled| of(settled, World::Possible)).unwrap_or_default();
        possible_features.retain(|feature| features.binary_search(feature).is_err());
        Some(Compiled {
            name: package.name.clone(),
            version: package.version.clone(),
            for_host: node.side == Side::Host,
            features,
            possible_features,
            is_read: known.is_some(),
            proc_macro: self.proc_macro(node.package()),
            certainty: if is_certain { Confidence::Certain } else { Confidence::Possible },
            locked: node.package(),
        })
    }

    /// Whether a package is a procedural macro; where nothing but the lock file is at hand, by what it is
    /// locked with.
    fn proc_macro(&self, place: usize) -> ProcMacro {
        if let Some(known) = self.known(place) {
            return known.spec.proc_macro;
        }
        let helps = |dependency: &usize| HELPERS.contains(&self.name(*dependency));
        let is_likely = self.package(place).is_some_and(|package| package.dependencies.iter().any(helps));
        if is_likely { ProcMacro::Likely } else { ProcMacro::No }
    }

    /// The names on a shortest way from a package that is asked for to a node.
    pub(super) fn path_to(&self, node: Node, target: Mask) -> Vec<String> {
        let possible = || self.possible.as_ref().filter(|possible| possible.is_reached(node, target));
        let settled = if self.certain.is_reached(node, target) {
            &self.certain
        } else {
            possible().unwrap_or(&self.certain)
        };
        let way = settled.way(&self.starts, node, target);
        way.into_iter().map(|node| self.name(node.package()).to_owned()).collect()
    }

    /// For each target the smallest one that is told nothing else in all that was found out.
    pub(super) fn alike(&self, count: usize, more: impl Iterator<Item = Mask>) -> Vec<usize> {
        let mut masks: BTreeSet<Mask> = more.collect();
        let all = Mask::MAX >> (super::setting::MAX_TARGETS - count.max(1));
        let mut last = 0;
        let mut note = |mask: Mask| {
            if mask != last && mask & all != all {
                masks.insert(mask);
                last = mask;
            }
        };
        for settled in std::iter::once(&self.certain).chain(&self.possible) {
            settled.sets.masks().for_each(&mut note);
            settled.reached.iter().copied().for_each(&mut note);
            settled.steps.iter().map(|step| step.mask).for_each(&mut note);
        }
        let is_alike =
            |one: usize, other: usize| masks.iter().all(|mask| (mask >> one) & 1 == (mask >> other) & 1);
        (0..count)
            .map(|target| (0..target).find(|other| is_alike(*other, target)).unwrap_or(target))
            .collect()
    }
}
