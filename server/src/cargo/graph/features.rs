//! Which features are on: cargo's feature resolver, without recursion.
//!
//! A package may be compiled twice with different features: for the target, and for the host (build scripts,
//! procedural macros and what they need). The first resolver makes no difference between the two, nor between
//! platforms, nor between tests and the rest; the second and third do.
//!
//! Everything that can be on has a set of targets for which it is: each package on each side, each of its features,
//! each of its optional dependencies. A task says that a set has grown, and for which targets; what follows from it
//! grows by no more than those:
//!
//! ```text
//! a package is compiled   -> its dependencies that are not optional are entered
//! a feature is on         -> its values: other features, optional dependencies, features of dependencies
//! an optional dependency  -> it is entered, with the weak features that waited for it
//! to enter a dependency   =  for the targets of its table: its package, the features that are asked for, "default"
//! ```
//!
//! Sets only grow, so this ends, and the order does not matter. Each time, what caused it is written down for
//! [`blame`](super::blame), which goes the way back.

use std::{collections::BTreeMap, ops::Range};

use super::{
    Gap,
    packages::Known,
    setting::{Mask, Node, Setting, Side, World},
    spec::{Declared, ProcMacro, Value, Wish},
};
use crate::cargo::manifest::DependencyKind;

/// What is on for one node.
#[derive(Clone, Debug, Default)]
struct State {
    /// For which targets it is compiled.
    compiled: Mask,
    /// For which anything may be on.
    open: Mask,
    /// The place in [`Sets::on`] of its first feature; its dependencies come behind its features.
    first: Option<u32>,
}

enum Task<'a> {
    Package(Node, Mask),
    Feature(Node, usize, Mask),
    Dependency(Node, Range<usize>, Mask),
    Everything(Node, Mask),
    /// Weak features that waited for a dependency.
    Waiting(Node, Range<usize>, &'a str, Cause, Mask),
}

/// A weak feature, what asks for it, and for which targets nothing has turned its dependency on.
type Waiting<'a> = (&'a str, Cause, Mask);

/// What turned something on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Cause {
    /// The package itself was asked for.
    Root,
    /// The declaration of a dependency asks for it.
    Declared(Node, u32),
    /// Another feature, of the same package.
    Feature(Node, u32),
    /// A feature of the package that depends on it, through the dependency at the second position.
    FeatureOf(Node, u32, u32),
}

/// Why something is on, for some targets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reason {
    /// Its place in [`Sets::on`].
    pub(super) effect: u32,
    pub(super) cause: Cause,
    pub(super) mask: Mask,
}

/// For which targets what is on, once all is settled.
#[derive(Debug, Default)]
pub(super) struct Sets {
    states: Vec<State>,
    /// Features and optional dependencies of all nodes.
    pub(super) on: Vec<Mask>,
    /// For each of them the place of its node.
    pub(super) owners: Vec<u32>,
    /// Features that were asked of packages of which nothing is known, by the places of nodes.
    asked: BTreeMap<usize, BTreeMap<Box<str>, Mask>>,
    /// Why things are on: each with everything that turns it on.
    pub(super) reasons: Vec<Reason>,
}

impl Sets {
    /// The place of a node's feature.
    pub(super) fn feature(&self, slot: usize, feature: usize) -> Option<usize> {
        Some(self.states.get(slot)?.first? as usize + feature)
    }

    /// The place of a node's optional dependency.
    pub(super) fn dependency(&self, slot: usize, known: &Known, position: usize) -> Option<usize> {
        self.feature(slot, known.spec.feature_count() + position)
    }

    /// The features of a node that are on for a target, sorted.
    pub(super) fn of(&self, slot: usize, known: Option<&Known>, world: World, target: Mask) -> Vec<String> {
        let Some(known) = known else {
            // What is asked for by name is there, or cargo would refuse; default features may not be there.
            let asked = self.asked.get(&slot).into_iter().flatten();
            let asked = asked.filter(|(name, mask)| {
                *mask & target != 0 && (world == World::Possible || &***name != "default")
            });
            return asked.map(|(feature, _)| feature.to_string()).collect();
        };
        let Some(first) = self.feature(slot, 0) else { return Vec::new() };
        let own = self.on.get(first..first + known.spec.feature_count()).unwrap_or_default();
        let on = own.iter().enumerate().filter(|(_, mask)| **mask & target != 0);
        on.filter_map(|(position, _)| known.spec.feature_name(position)).map(str::to_owned).collect()
    }

    /// All sets of targets, to see which targets differ.
    pub(super) fn masks(&self) -> impl Iterator<Item = Mask> {
        let asked = self.asked.values().flat_map(|asked| asked.values().copied());
        let states = self.states.iter().flat_map(|state| [state.compiled, state.open]);
        let reasons = self.reasons.iter().map(|reason| reason.mask);
        states.chain(self.on.iter().copied()).chain(asked).chain(reasons)
    }
}

/// The features of all nodes, while they are being settled.
pub(super) struct Features<'a> {
    setting: &'a Setting<'a>,
    world: World,
    pub(super) sets: Sets,
    tasks: Vec<Task<'a>>,
    /// Features for dependencies that nothing turned on so far, by the node and the first position of the key.
    deferred: BTreeMap<(Node, usize), Vec<Waiting<'a>>>,
    /// What is missing, and for which targets.
    pub(super) gaps: BTreeMap<Gap, Mask>,
    /// For which targets the other world may differ.
    pub(super) uncertain: Mask,
}

impl<'a> Features<'a> {
    /// Resolves them for some targets.
    pub(super) fn resolve(setting: &'a Setting<'a>, world: World, targets: Mask) -> Self {
        let sets =
            Sets { states: vec![State::default(); setting.packages.capacity() * 2], ..Sets::default() };
        let mut features = Self {
            setting,
            world,
            sets,
            tasks: Vec::new(),
            deferred: BTreeMap::new(),
            gaps: BTreeMap::new(),
            uncertain: 0,
        };
        for root in setting.roots.iter().copied() {
            features.root(root, targets);
            features.run();
        }
        features
    }

    /// For which targets a dependency is compiled: it is no optional one, or something turned it on.
    pub(super) fn is_on(&self, node: Node, known: &Known, position: usize) -> Mask {
        match known.spec.dependencies.get(position) {
            Some(declared) if declared.is_optional => self.turned_on(node, known, position),
            Some(_) => Mask::MAX,
            None => 0,
        }
    }

    fn turned_on(&self, node: Node, known: &Known, position: usize) -> Mask {
        let slot = self.setting.canonical(node).slot();
        let place = self.sets.dependency(slot, known, position);
        place.and_then(|place| self.sets.on.get(place)).copied().unwrap_or_default()
    }

    /// For which targets anything may be on.
    pub(super) fn is_open(&self, node: Node) -> Mask {
        let slot = self.setting.canonical(node).slot();
        self.sets.states.get(slot).map_or(0, |state| state.open)
    }

    fn known(&self, node: Node) -> Option<&'a Known> {
        self.setting.packages.known(node.package())
    }

    fn root(&mut self, package: usize, targets: Mask) {
        let known = self.setting.packages.known(package);
        let is_proc_macro = known.is_some_and(|known| known.spec.proc_macro == ProcMacro::Yes);
        // A procedural macro that is asked for by name is compiled for its tests, too.
        let sides: &[Side] = if is_proc_macro { &[Side::Target, Side::Host] } else { &[Side::Target] };
        for side in sides {
            let node = self.setting.canonical(Node::new(package, *side));
            self.package(node, targets);
            self.named(node, "default", None, Cause::Root, targets);
        }
    }

    fn run(&mut self) {
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Package(node, mask) => self.run_package(node, mask),
                Task::Feature(node, feature, mask) => self.run_feature(node, feature, mask),
                Task::Dependency(node, range, mask) => self.run_dependency(node, range, mask),
                Task::Everything(node, mask) => self.run_everything(node, mask),
                Task::Waiting(node, range, feature, cause, mask) => {
                    let Some(known) = self.known(node) else { continue };
                    for position in range {
                        self.enter_feature(node, known, position, feature, None, of(cause, position), mask);
                    }
                }
            }
        }
    }

    /// A package is compiled for some targets.
    fn package(&mut self, node: Node, mask: Mask) {
        let Some(state) = self.sets.states.get_mut(node.slot()) else { return };
        let news = mask & !state.compiled;
        state.compiled |= mask;
        if news != 0 {
            self.tasks.push(Task::Package(node, news));
        }
    }

    /// The place of the first of a node's features.
    fn first(&mut self, node: Node, known: &Known) -> Option<usize> {
        let state = self.sets.states.get_mut(node.slot())?;
        if let Some(first) = state.first {
            return Some(first as usize);
        }
        let first = self.sets.on.len();
        let end = first + known.spec.feature_count() + known.spec.dependencies.len();
        state.first = u32::try_from(first).ok();
        self.sets.on.resize(end, 0);
        self.sets.owners.resize(end, u32::try_from(node.slot()).ok()?);
        Some(first)
    }

    /// A feature is on for some targets.
    fn feature(&mut self, node: Node, known: &Known, feature: usize, cause: Cause, mask: Mask) {
        let Some(place) = self.first(node, known).map(|first| first + feature) else { return };
        self.note(place, cause, mask);
        let Some(slot) = self.sets.on.get_mut(place) else { return };
        let news = mask & !*slot;
        *slot |= mask;
        if news != 0 {
            self.tasks.push(Task::Feature(node, feature, news));
        }
    }

    /// The optional dependencies of one key are on for some targets.
    fn dependency(&mut self, node: Node, range: Range<usize>, cause: Cause, mask: Mask) {
        let Some(known) = self.known(node) else { return };
        let Some(first) = self.first(node, known).map(|first| first + known.spec.feature_count()) else {
            return;
        };
        self.note(first + range.start, cause, mask);
        let mut news = 0;
        for slot in self.sets.on.get_mut(first + range.start..first + range.end).unwrap_or_default() {
            news |= mask & !*slot;
            *slot |= mask;
        }
        if news != 0 {
            self.tasks.push(Task::Dependency(node, range, news));
        }
    }

    fn note(&mut self, effect: usize, cause: Cause, mask: Mask) {
        if let Ok(effect) = u32::try_from(effect) {
            self.sets.reasons.push(Reason { effect, cause, mask });
        }
    }

    fn run_package(&mut self, node: Node, mask: Mask) {
        let Some(known) = self.known(node) else {
            self.unknown(node, mask);
            return;
        };
        for (position, declared) in known.spec.dependencies.iter().enumerate() {
            if !declared.is_optional {
                self.enter(node, known, position, mask);
            }
        }
    }

    fn unknown(&mut self, node: Node, mask: Mask) {
        self.uncertain |= mask;
        if let Some(package) = self.setting.packages.package(node.package()) {
            let why = self.setting.packages.why_unknown(node.package()).unwrap_or_default().to_owned();
            let (name, version) = (package.name.clone(), package.version.clone());
            *self.gaps.entry(Gap::Unread { name, version, why }).or_default() |= mask;
        }
        if self.world == World::Possible {
            self.tasks.push(Task::Everything(node, mask));
        }
    }

    fn run_feature(&mut self, node: Node, feature: usize, mask: Mask) {
        let Some(known) = self.known(node) else { return };
        let cause = Cause::Feature(node, short(feature));
        for value in known.spec.values(feature) {
            match value {
                Value::Feature(other) => self.feature(node, known, *other, cause, mask),
                Value::Unknown => {}
                Value::Dependency(range) => self.dependency(node, range.clone(), cause, mask),
                Value::Of { dependencies, feature, is_weak, place } => {
                    self.feature_of(node, dependencies, (feature, *is_weak), Some(*place), cause, mask);
                }
            }
        }
    }

    /// A feature by its name. `place`: where its position is kept, and of whom.
    fn named(
        &mut self,
        node: Node,
        name: &'a str,
        place: Option<(&'a Known, usize)>,
        cause: Cause,
        mask: Mask,
    ) {
        let Some(known) = self.known(node) else {
            *self.sets.asked.entry(node.slot()).or_default().entry(name.into()).or_default() |= mask;
            return;
        };
        let position = match place {
            Some((from, place)) => from.places.get_or(place, || known.spec.feature(name)),
            None => known.spec.feature(name),
        };
        if let Some(feature) = position {
            self.feature(node, known, feature, cause, mask);
        }
    }

    fn wish(
        &mut self,
        node: Node,
        wish: &'a Wish,
        place: Option<(&'a Known, usize)>,
        cause: Cause,
        mask: Mask,
    ) {
        let range = |key: &str| self.known(node).map(|known| known.spec.of_key(key)).unwrap_or_default();
        match wish {
            Wish::Feature(name) => self.named(node, name, place, cause, mask),
            Wish::Dependency(key) => self.dependency(node, range(key), cause, mask),
            Wish::Of { key, feature, is_weak } => {
                self.feature_of(node, &range(key), (feature, *is_weak), None, cause, mask);
            }
        }
    }

    fn run_dependency(&mut self, node: Node, range: Range<usize>, mask: Mask) {
        let Some(known) = self.known(node) else { return };
        for position in range.clone() {
            self.enter(node, known, position, mask);
        }
        let Some(waiting) = self.deferred.get_mut(&(node, range.start)) else { return };
        for (feature, cause, waits) in waiting {
            let ready = *waits & mask;
            *waits &= !mask;
            if ready != 0 {
                self.tasks.push(Task::Waiting(node, range.clone(), feature, *cause, ready));
            }
        }
    }

    /// A feature turns on one of a dependency. `place`: where its position in the first of the dependencies is kept.
    fn feature_of(
        &mut self,
        node: Node,
        range: &Range<usize>,
        (feature, is_weak): (&'a str, bool),
        place: Option<usize>,
        cause: Cause,
        mask: Mask,
    ) {
        let Some(known) = self.known(node) else { return };
        for position in range.clone() {
            let Some(declared) = known.spec.dependencies.get(position) else { continue };
            let mut live = mask & self.is_live(node, known, position, mask);
            if declared.is_optional && is_weak {
                let off = live & !self.turned_on(node, known, position);
                if off != 0 {
                    self.deferred.entry((node, range.start)).or_default().push((feature, cause, off));
                }
                live &= !off;
            }
            if live == 0 {
                continue;
            }
            if declared.is_optional && !is_weak {
                self.dependency(node, range.clone(), cause, live);
                // Before there were weak features, this meant the feature of the dependency's name as well.
                if let Some(same) = known.spec.feature(&declared.key) {
                    self.feature(node, known, same, cause, live);
                }
            }
            let place = place.map(|first| first + (position - range.start));
            self.enter_feature(node, known, position, feature, place, of(cause, position), live);
        }
    }

    /// For which targets a dependency counts for its package at all; unknown ones do in one of the worlds.
    fn is_live(&mut self, node: Node, known: &Known, position: usize, mask: Mask) -> Mask {
        let kind = known.spec.dependencies.get(position).map(|declared| declared.kind);
        if kind == Some(DependencyKind::Dev) {
            let is_decoupled = self.setting.is_decoupled && !self.setting.with_dev;
            if is_decoupled || !self.setting.roots.contains(&node.package()) {
                return 0;
            }
        }
        if !self.setting.is_decoupled {
            return Mask::MAX;
        }
        let (yes, unknown) = self.setting.is_for(node, known, position);
        self.uncertain |= unknown & mask;
        if self.world == World::Possible { yes | unknown } else { yes }
    }

    /// Where a dependency leads, for those of some targets for which it counts.
    fn follow(&mut self, node: Node, known: &Known, position: usize, mask: Mask) -> Option<(usize, Mask)> {
        let live = mask & self.is_live(node, known, position, mask);
        if live == 0 {
            return None;
        }
        let to = match self.setting.locked(node.package(), known, position) {
            Ok(to) => to,
            // What nobody asks for with certainty, and the lock file does not have, nobody asks for.
            Err(_) if self.world == World::Possible && !self.setting.adds_what_may_be => return None,
            Err(gap) => {
                self.uncertain |= live;
                *self.gaps.entry(gap).or_default() |= live;
                return None;
            }
        };
        self.setting.is_wanted_by(node.package(), to).then_some((to, live))
    }

    /// The nodes that a dependency stands for.
    fn sides(&mut self, node: Node, declared: &Declared, to: usize, mask: Mask) -> &'static [Side] {
        if node.side == Side::Target && self.setting.is_decoupled {
            let known = self.setting.packages.known(to);
            let is_guess = known.is_some_and(|known| known.spec.proc_macro == ProcMacro::Likely);
            self.uncertain |= if is_guess { mask } else { 0 };
        }
        self.setting.sides(node.side, declared, to, self.world)
    }

    /// Turns a dependency on, with what its declaration asks for.
    fn enter(&mut self, node: Node, known: &'a Known, position: usize, mask: Mask) {
        let Some(declared) = known.spec.dependencies.get(position) else { return };
        let Some((to, mask)) = self.follow(node, known, position, mask) else { return };
        let keeps_places = known.is_settled(position) && self.is_settled(node.package(), to);
        let place = |number: usize| keeps_places.then_some((known, declared.place + number));
        let cause = Cause::Declared(node, short(position));
        for side in self.sides(node, declared, to, mask) {
            let to = self.setting.canonical(Node::new(to, *side));
            self.package(to, mask);
            for (number, wish) in declared.features.iter().enumerate() {
                self.wish(to, wish, place(number + 1), cause, mask);
            }
            if declared.has_default_features {
                self.named(to, "default", place(0), cause, mask);
            }
        }
    }

    /// Turns on one feature of a dependency.
    #[expect(clippy::too_many_arguments, reason = "one call for each edge: a struct would be made each time")]
    fn enter_feature(
        &mut self,
        node: Node,
        known: &'a Known,
        position: usize,
        feature: &'a str,
        place: Option<usize>,
        cause: Cause,
        mask: Mask,
    ) {
        let Some(declared) = known.spec.dependencies.get(position) else { return };
        let Some((to, mask)) = self.follow(node, known, position, mask) else { return };
        if feature.contains(['/', ':']) {
            return;
        }
        let keeps_places = known.is_settled(position) && self.is_settled(node.package(), to);
        let place = place.filter(|_| keeps_places).map(|place| (known, place));
        for side in self.sides(node, declared, to, mask) {
            let to = self.setting.canonical(Node::new(to, *side));
            self.named(to, feature, place, cause, mask);
        }
    }

    /// Whether what one package asks of another is the same with the next edit.
    fn is_settled(&self, from: usize, to: usize) -> bool {
        let is_published =
            |package| self.setting.packages.package(package).is_some_and(|package| package.source.is_some());
        !is_published(from) || is_published(to)
    }

    /// Whoever depends on this is not known: all of its features may be on.
    fn run_everything(&mut self, node: Node, mask: Mask) {
        let Some(state) = self.sets.states.get_mut(node.slot()) else { return };
        let news = mask & !state.open;
        state.open |= mask;
        if news == 0 {
            return;
        }
        self.package(node, news);
        if let Some(known) = self.known(node) {
            for feature in 0..known.spec.feature_count() {
                self.feature(node, known, feature, Cause::Root, news);
            }
            return;
        }
        let package = self.setting.packages.package(node.package());
        for to in package.map(|package| package.dependencies.as_slice()).unwrap_or_default() {
            if self.setting.is_wanted(*to) {
                let sides: &[Side] =
                    if node.side == Side::Host { &[Side::Host] } else { &[Side::Target, Side::Host] };
                for side in sides {
                    let to = self.setting.canonical(Node::new(*to, *side));
                    self.tasks.push(Task::Everything(to, news));
                }
            }
        }
    }
}

/// Positions in a package are small: its whole declaration is a file of some megabytes at most.
fn short(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// A feature of a package turns on one of a dependency.
fn of(cause: Cause, position: usize) -> Cause {
    match cause {
        Cause::Feature(node, feature) => Cause::FeatureOf(node, feature, short(position)),
        other => other,
    }
}
