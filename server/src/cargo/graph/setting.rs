//! What a question comes to: the packages, the targets, and for which of them a dependency counts.
//!
//! Targets are asked about together: a set of them is a [`Mask`], with one bit for each. Nearly all that is compiled is
//! compiled for all of them, so that ten targets cost little more than one.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use cargo_platform::Cfg;

use super::{
    Gap,
    packages::{Known, Packages},
    spec::{Declared, ProcMacro, When},
};
use crate::cargo::{Lock, manifest::DependencyKind, platform};

/// A set of the targets that are asked about.
pub(super) type Mask = u64;

/// Most targets of one question.
pub const MAX_TARGETS: usize = 64;

/// What a package is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Side {
    Target,
    Host,
}

/// A package, compiled for one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node {
    package: u32,
    pub(super) side: Side,
}

impl Node {
    pub(super) fn new(package: usize, side: Side) -> Self {
        Self { package: u32::try_from(package).unwrap_or(u32::MAX), side }
    }

    /// The same package on some side.
    pub(super) fn on(self, side: Side) -> Self {
        Self { side, ..self }
    }

    /// Its package's place in the lock file.
    pub(super) fn package(self) -> usize {
        self.package as usize
    }

    /// Its place in tables of nodes.
    pub(super) fn slot(self) -> usize {
        self.package as usize * 2 + usize::from(self.side == Side::Host)
    }

    pub(super) fn of_slot(slot: usize) -> Self {
        Self::new(slot / 2, if slot.is_multiple_of(2) { Side::Target } else { Side::Host })
    }
}

/// What is taken for true where it cannot be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum World {
    /// As little as possible: what is compiled here is compiled.
    Certain,
    /// As much as possible: what is not compiled here is not.
    Possible,
}

/// A triple with its values, where they are known.
pub(super) type Platform<'a> = (&'a str, Option<&'static [Cfg]>);

/// The same for both worlds.
pub(super) struct Setting<'a> {
    pub(super) packages: &'a Packages<'a>,
    /// Whether target and host, platforms, and tests are kept apart.
    pub(super) is_decoupled: bool,
    /// Whether tests are compiled, too.
    pub(super) with_dev: bool,
    pub(super) targets: Vec<Platform<'a>>,
    pub(super) host: Platform<'a>,
    /// The packages whose programs and libraries are asked for, by their places in the lock file.
    pub(super) roots: BTreeSet<usize>,
    /// For each package whether it matters; `None` when all do.
    pub(super) ways: Option<Arc<Ways>>,
    /// Whether what only may be asked for is added to the lock file, too.
    pub(super) adds_what_may_be: bool,
    /// What matters besides.
    pub(super) reach: Reach,
    pub(super) conditions: Arc<Conditions>,
}

impl Setting<'_> {
    /// All targets that are asked about.
    pub(super) fn all(&self) -> Mask {
        Mask::MAX >> (MAX_TARGETS - self.targets.len().clamp(1, MAX_TARGETS))
    }

    pub(super) fn is_wanted(&self, package: usize) -> bool {
        let Some(ways) = &self.ways else { return true };
        // What the lock file does not have yet is at its end.
        ways.wanted.get(package).is_none_or(|is_wanted| *is_wanted || self.reach.has(package))
    }

    /// The same for what a package leads to. What is new may lead to anything.
    pub(super) fn is_wanted_by(&self, from: usize, to: usize) -> bool {
        let is_wanted = self.is_wanted(to);
        if !is_wanted && from >= self.packages.lock.packages.len() {
            self.reach.missed.borrow_mut().push(to);
        }
        is_wanted
    }

    /// A node by which its features are known: with the first resolver, both sides share them.
    pub(super) fn canonical(&self, node: Node) -> Node {
        if self.is_decoupled { node } else { node.on(Side::Target) }
    }

    /// The targets for which a dependency's platform is the one that it is compiled for, and those for which that is
    /// not known.
    pub(super) fn is_for(&self, from: Node, known: &Known, position: usize) -> (Mask, Mask) {
        let Some(declared) = known.spec.dependencies.get(position) else { return (0, 0) };
        let condition = match &declared.when {
            When::Always => return (Mask::MAX, 0),
            When::Unknown => return (0, Mask::MAX),
            When::On(_) => self.condition(from.package(), known, position),
        };
        if from.side == Side::Target && declared.kind != DependencyKind::Build {
            return (condition.yes, condition.unknown);
        }
        match condition.host {
            Some(true) => (Mask::MAX, 0),
            Some(false) => (0, 0),
            None => (0, Mask::MAX),
        }
    }

    fn condition(&self, package: usize, known: &Known, position: usize) -> Condition {
        let of_package = || known.spec.dependencies.iter().map(|declared| self.judge(declared)).collect();
        // What a published package declares never changes; a package of the workspace is being edited.
        let is_published = self.packages.package(package).is_some_and(|package| package.source.is_some());
        match self.conditions.0.get(package).filter(|_| is_published) {
            Some(kept) => kept.get_or_init(of_package).get(position).copied().unwrap_or_default(),
            None => known.spec.dependencies.get(position).map(|one| self.judge(one)).unwrap_or_default(),
        }
    }

    fn judge(&self, declared: &Declared) -> Condition {
        let When::On(platform) = &declared.when else { return Condition::default() };
        let mut condition = Condition {
            host: platform::includes(platform, self.host.0, self.host.1),
            ..Condition::default()
        };
        for (position, (triple, cfgs)) in self.targets.iter().enumerate().take(MAX_TARGETS) {
            match platform::includes(platform, triple, *cfgs) {
                Some(true) => condition.yes |= 1 << position,
                Some(false) => {}
                None => condition.unknown |= 1 << position,
            }
        }
        condition
    }

    /// Where a dependency leads, with a gap if it leads nowhere.
    pub(super) fn locked(&self, package: usize, known: &Known, dependency: usize) -> Result<usize, Gap> {
        if let Some(to) = known.locked.get(dependency).copied().flatten() {
            return Ok(to as usize);
        }
        let declared = known.spec.dependencies.get(dependency);
        declared.and_then(|declared| self.packages.elsewhere(declared)).ok_or_else(|| Gap::NotLocked {
            by: self.packages.package(package).map(|package| package.name.clone()).unwrap_or_default(),
            name: declared.map(|declared| declared.crate_name.to_string()).unwrap_or_default(),
            requirement: declared
                .and_then(|declared| declared.requirement.as_ref())
                .map(ToString::to_string)
                .unwrap_or_default(),
        })
    }

    /// The sides that a dependency is compiled for: one, or both where it is not known.
    pub(super) fn sides(&self, from: Side, declared: &Declared, to: usize, world: World) -> &'static [Side] {
        if from == Side::Host || declared.kind == DependencyKind::Build {
            return &[Side::Host];
        }
        match self.packages.known(to).map(|known| known.spec.proc_macro) {
            Some(ProcMacro::Yes) => &[Side::Host],
            Some(ProcMacro::Likely) if world == World::Certain => &[Side::Host],
            Some(ProcMacro::No) => &[Side::Target],
            None if world == World::Certain => &[Side::Target],
            Some(ProcMacro::Likely) | None => &[Side::Target, Side::Host],
        }
    }
}

/// Packages whose features may be others than before, and which may therefore bring what the lock file does not have.
#[derive(Debug)]
pub(super) struct Reach {
    inside: RefCell<Vec<bool>>,
    /// Those that somebody leads to and that were passed over.
    missed: RefCell<Vec<usize>>,
}

impl Reach {
    /// Some packages and all that they lead to by the lock file.
    pub(super) fn new(lock: &Lock, beginnings: impl IntoIterator<Item = usize>) -> Self {
        let missed: Vec<usize> = beginnings.into_iter().collect();
        let reach = Self { inside: RefCell::default(), missed: RefCell::new(missed) };
        reach.widen(lock);
        reach
    }

    fn has(&self, package: usize) -> bool {
        self.inside.borrow().get(package) == Some(&true)
    }

    /// Takes in what was missed; `false` when there was nothing.
    pub(super) fn widen(&self, lock: &Lock) -> bool {
        let mut open = self.missed.take();
        if open.is_empty() {
            return false;
        }
        let mut inside = self.inside.borrow_mut();
        inside.resize(lock.packages.len(), false);
        while let Some(package) = open.pop() {
            if let Some(slot @ false) = inside.get_mut(package) {
                *slot = true;
                let dependencies = lock.packages.get(package).map(|package| package.dependencies.as_slice());
                open.extend(dependencies.unwrap_or_default());
            }
        }
        true
    }
}

/// For which targets the key of a dependency's table holds.
#[derive(Clone, Copy, Debug, Default)]
struct Condition {
    yes: Mask,
    unknown: Mask,
    host: Option<bool>,
}

/// The conditions of all dependencies of a lock file's packages, for some targets, as far as somebody has asked.
#[derive(Debug, Default)]
pub(super) struct Conditions(Vec<OnceLock<Box<[Condition]>>>);

/// Which packages lead to some crates by the lock file.
#[derive(Debug, Default)]
pub(super) struct Ways {
    wanted: Vec<bool>,
    /// Those crates themselves.
    pub(super) goals: Vec<usize>,
}

impl Ways {
    fn new(lock: &Lock, towards: &[&str]) -> Self {
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); lock.packages.len()];
        for (index, package) in lock.packages.iter().enumerate() {
            for dependency in &package.dependencies {
                if let Some(users) = users.get_mut(*dependency) {
                    users.push(index);
                }
            }
        }
        let mut wanted = vec![false; lock.packages.len()];
        let goals: Vec<usize> = towards.iter().flat_map(|name| lock.find(name)).collect();
        // A manifest may since have got dependencies that its entry in the lock file does not have.
        let mut open: Vec<usize> = goals.iter().copied().chain(lock.local()).collect();
        while let Some(index) = open.pop() {
            if let Some(slot @ false) = wanted.get_mut(index) {
                *slot = true;
                open.extend(users.get(index).into_iter().flatten());
            }
        }
        Self { wanted, goals }
    }
}

/// What follows from a lock file and a question without any manifest, for the last questions.
#[derive(Debug, Default)]
pub struct Skeletons {
    conditions: Mutex<Vec<(u64, Arc<Conditions>)>>,
    ways: Mutex<Vec<(u64, Arc<Ways>)>>,
}

/// Most that are kept of each kind. A project has the same targets and the same crates of interest all the time.
const MAX_SKELETONS: usize = 12;

impl Skeletons {
    pub(super) fn conditions(&self, lock: &Lock, targets: &[&str], host: &str) -> Arc<Conditions> {
        kept(&self.conditions, &(targets, host), || {
            Conditions(std::iter::repeat_with(OnceLock::new).take(lock.packages.len()).collect())
        })
    }

    pub(super) fn ways(&self, lock: &Lock, towards: &[&str]) -> Arc<Ways> {
        kept(&self.ways, &towards, || Ways::new(lock, towards))
    }
}

fn kept<T>(known: &Mutex<Vec<(u64, Arc<T>)>>, key: &impl Hash, make: impl FnOnce() -> T) -> Arc<T> {
    let mut hash = DefaultHasher::new();
    key.hash(&mut hash);
    let key = hash.finish();
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, same)) = known.iter().find(|(known, _)| *known == key) {
        return Arc::clone(same);
    }
    let made = Arc::new(make());
    if known.len() >= MAX_SKELETONS {
        known.remove(0);
    }
    known.push((key, Arc::clone(&made)));
    made
}
