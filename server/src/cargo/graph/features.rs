//! Which features are on: cargo's feature resolver, without recursion.
//!
//! A package may be compiled twice with different features: for the target, and for the host (build scripts,
//! procedural macros and what they need). The first resolver makes no difference between the two, nor between
//! platforms, nor between tests and the rest; the second and third do.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use cargo_platform::Cfg;

use super::{
    Gap,
    packages::{Known, Packages},
    spec::{Declared, ProcMacro, Value, When, Wish},
};
use crate::cargo::{manifest::DependencyKind, platform};

/// What a package is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Side {
    Target,
    Host,
}

/// A package, compiled for one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node {
    pub(super) package: usize,
    pub(super) side: Side,
}

/// What is taken for true where it cannot be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum World {
    /// As little as possible: what is compiled here is compiled.
    Certain,
    /// As much as possible: what is not compiled here is not.
    Possible,
}

/// The same for both worlds.
pub(super) struct Setting<'a> {
    pub(super) packages: &'a Packages<'a>,
    /// Whether target and host, platforms, and tests are kept apart.
    pub(super) is_decoupled: bool,
    /// Whether tests are compiled, too.
    pub(super) with_dev: bool,
    pub(super) target: (&'a str, Option<&'static [Cfg]>),
    pub(super) host: (&'a str, Option<&'static [Cfg]>),
    /// The packages whose programs and libraries are asked for, by their places in the lock file.
    pub(super) roots: BTreeSet<usize>,
    /// For each package whether it matters; empty when all do.
    pub(super) wanted: Vec<bool>,
}

impl Setting<'_> {
    pub(super) fn is_wanted(&self, package: usize) -> bool {
        self.wanted.is_empty() || self.wanted.get(package).copied().unwrap_or_default()
    }

    /// A node by which its features are known: with the first resolver, both sides share them.
    pub(super) fn canonical(&self, node: Node) -> Node {
        if self.is_decoupled { node } else { Node { side: Side::Target, ..node } }
    }

    /// Whether a dependency's platform is the one that it is compiled for.
    pub(super) fn is_for(&self, declared: &Declared, side: Side) -> Option<bool> {
        let is_host = side == Side::Host || declared.kind == DependencyKind::Build;
        let (triple, cfgs) = if is_host { &self.host } else { &self.target };
        match &declared.when {
            When::Always => Some(true),
            When::On(platform) => platform::includes(platform, triple, *cfgs),
            When::Unknown => None,
        }
    }

    /// Where a dependency leads, with a gap if it leads nowhere.
    pub(super) fn locked(&self, package: usize, known: &Known, dependency: usize) -> Result<usize, Gap> {
        let declared = known.spec.dependencies.get(dependency);
        let locked = known.locked.get(dependency).copied().flatten();
        locked.or_else(|| self.packages.elsewhere(declared?)).ok_or_else(|| Gap::NotLocked {
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

/// What is on for one node.
#[derive(Clone, Debug, Default)]
struct State<'a> {
    is_seen: bool,
    is_processed: bool,
    /// By position in the spec.
    features: Vec<bool>,
    /// Optional dependencies that something turned on, by position.
    dependencies: Vec<bool>,
    /// Features for dependencies that nothing turned on so far, by the first position of the key.
    deferred: BTreeMap<usize, Vec<(&'a str, Cause)>>,
    /// Features that were asked of a package of which nothing is known.
    asked: BTreeSet<&'a str>,
    /// Anything may be on.
    is_open: bool,
}

enum Task<'a> {
    Package(Node),
    Feature(Node, usize, Cause),
    Named(Node, &'a str, Cause),
    Wish(Node, &'a Wish, Cause),
    Dependency(Node, Range<usize>, Cause),
    Of(Node, Range<usize>, &'a str, bool, Cause),
    Everything(Node),
}

/// Something that was turned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Effect {
    /// A feature, by its position.
    Feature(Node, usize),
    /// The optional dependencies of one key, by the first one's position.
    Dependency(Node, usize),
}

/// What turned it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Cause {
    /// The package itself was asked for.
    Root,
    /// The declaration of a dependency asks for it.
    Declared(Node, usize),
    /// Another feature, of the same package.
    Feature(Node, usize),
    /// A feature of the package that depends on it, through the dependency at the second position.
    FeatureOf(Node, usize, usize),
}

/// The features of all nodes.
pub(super) struct Features<'a> {
    setting: &'a Setting<'a>,
    world: World,
    states: Vec<State<'a>>,
    tasks: Vec<Task<'a>>,
    /// Why things are on: each with everything that turns it on.
    pub(super) reasons: Vec<(Effect, Cause)>,
    /// What is missing.
    pub(super) gaps: BTreeSet<Gap>,
    /// Whether the other world may differ.
    pub(super) is_uncertain: bool,
}

impl<'a> Features<'a> {
    /// Resolves them.
    pub(super) fn resolve(setting: &'a Setting<'a>, world: World) -> Self {
        let states = vec![State::default(); setting.packages.lock.packages.len() * 2];
        let mut features = Self {
            setting,
            world,
            states,
            tasks: Vec::new(),
            reasons: Vec::new(),
            gaps: BTreeSet::new(),
            is_uncertain: false,
        };
        for root in setting.roots.iter().copied() {
            features.root(root);
            features.run();
        }
        features
    }

    /// The features that are on, sorted.
    pub(super) fn of(&self, node: Node) -> Vec<String> {
        let Some(state) = self.state(node) else { return Vec::new() };
        let Some(known) = self.known(node) else {
            // What is asked for by name is there, or cargo would refuse; default features may not be there.
            let asked =
                state.asked.iter().filter(|name| self.world == World::Possible || **name != "default");
            return asked.map(|feature| (*feature).to_owned()).collect();
        };
        let on = state.features.iter().enumerate().filter(|(_, is_on)| **is_on);
        on.filter_map(|(position, _)| known.spec.feature_name(position)).map(str::to_owned).collect()
    }

    /// Whether a dependency is compiled: it is no optional one, or something turned it on.
    pub(super) fn is_on(&self, node: Node, declared: &Declared, dependency: usize) -> bool {
        !declared.is_optional
            || self.state(node).is_some_and(|state| state.dependencies.get(dependency) == Some(&true))
    }

    /// Whether anything may be on.
    pub(super) fn is_open(&self, node: Node) -> bool {
        self.state(node).is_some_and(|state| state.is_open)
    }

    fn slot(&self, node: Node) -> usize {
        let node = self.setting.canonical(node);
        node.package * 2 + usize::from(node.side == Side::Host)
    }

    fn state(&self, node: Node) -> Option<&State<'a>> {
        self.states.get(self.slot(node))
    }

    fn state_mut(&mut self, node: Node) -> Option<&mut State<'a>> {
        let slot = self.slot(node);
        self.states.get_mut(slot)
    }

    fn known(&self, node: Node) -> Option<&'a Known> {
        self.setting.packages.known(node.package)
    }

    fn root(&mut self, package: usize) {
        let target = Node { package, side: Side::Target };
        let is_proc_macro = self.known(target).is_some_and(|known| known.spec.proc_macro == ProcMacro::Yes);
        // A procedural macro that is asked for by name is compiled for its tests, too.
        let sides: &[Side] = if is_proc_macro { &[Side::Target, Side::Host] } else { &[Side::Target] };
        for side in sides {
            let node = self.setting.canonical(Node { package, side: *side });
            self.tasks.push(Task::Package(node));
            self.tasks.push(Task::Named(node, "default", Cause::Root));
        }
    }

    fn run(&mut self) {
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Package(node) => self.package(node),
                Task::Feature(node, feature, cause) => self.feature(node, feature, cause),
                Task::Named(node, name, cause) => self.named(node, name, cause),
                Task::Wish(node, wish, cause) => self.wish(node, wish, cause),
                Task::Dependency(node, range, cause) => self.dependency(node, range, cause),
                Task::Of(node, range, feature, is_weak, cause) => {
                    self.feature_of(node, &range, (feature, is_weak), cause);
                }
                Task::Everything(node) => self.everything(node),
            }
        }
    }

    fn package(&mut self, node: Node) {
        let Some(state) = self.state_mut(node) else { return };
        state.is_seen = true;
        if std::mem::replace(&mut state.is_processed, true) {
            return;
        }
        let Some(known) = self.known(node) else {
            self.unknown(node);
            return;
        };
        for (position, declared) in known.spec.dependencies.iter().enumerate() {
            if !declared.is_optional {
                self.enter(node, known, position, None);
            }
        }
    }

    fn unknown(&mut self, node: Node) {
        self.is_uncertain = true;
        if let Some(package) = self.setting.packages.package(node.package) {
            let why = self.setting.packages.why_unknown(node.package).unwrap_or_default().to_owned();
            let (name, version) = (package.name.clone(), package.version.clone());
            self.gaps.insert(Gap::Unread { name, version, why });
        }
        if self.world == World::Possible {
            self.tasks.push(Task::Everything(node));
        }
    }

    fn feature(&mut self, node: Node, feature: usize, cause: Cause) {
        let Some(known) = self.known(node) else { return };
        self.reasons.push((Effect::Feature(node, feature), cause));
        let count = known.spec.feature_count();
        let Some(state) = self.state_mut(node) else { return };
        state.features.resize(count, false);
        match state.features.get_mut(feature) {
            Some(is_on @ false) => *is_on = true,
            _ => return,
        }
        let cause = Cause::Feature(node, feature);
        for value in known.spec.values(feature) {
            match value {
                Value::Feature(other) => self.tasks.push(Task::Feature(node, *other, cause)),
                Value::Unknown => {}
                Value::Dependency(range) => self.tasks.push(Task::Dependency(node, range.clone(), cause)),
                Value::Of { dependencies, feature, is_weak } => {
                    self.tasks.push(Task::Of(node, dependencies.clone(), feature, *is_weak, cause));
                }
            }
        }
    }

    fn named(&mut self, node: Node, name: &'a str, cause: Cause) {
        let Some(known) = self.known(node) else {
            if let Some(state) = self.state_mut(node) {
                state.asked.insert(name);
            }
            return;
        };
        if let Some(feature) = known.spec.feature(name) {
            self.feature(node, feature, cause);
        }
    }

    fn wish(&mut self, node: Node, wish: &'a Wish, cause: Cause) {
        let range = |key: &str| self.known(node).map(|known| known.spec.of_key(key)).unwrap_or_default();
        match wish {
            Wish::Feature(name) => self.named(node, name, cause),
            Wish::Dependency(key) => self.tasks.push(Task::Dependency(node, range(key), cause)),
            Wish::Of { key, feature, is_weak } => {
                self.tasks.push(Task::Of(node, range(key), feature, *is_weak, cause));
            }
        }
    }

    fn dependency(&mut self, node: Node, range: Range<usize>, cause: Cause) {
        let Some(known) = self.known(node) else { return };
        self.reasons.push((Effect::Dependency(node, range.start), cause));
        let count = known.spec.dependencies.len();
        let Some(state) = self.state_mut(node) else { return };
        state.dependencies.resize(count, false);
        let first = range.start;
        let mut is_news = false;
        for slot in state.dependencies.get_mut(range.clone()).unwrap_or_default() {
            is_news |= !std::mem::replace(slot, true);
        }
        let ready = state.deferred.remove(&first).unwrap_or_default();
        if !is_news {
            return;
        }
        for position in range {
            self.enter(node, known, position, None);
            for (feature, cause) in &ready {
                self.enter(node, known, position, Some((feature, of(*cause, position))));
            }
        }
    }

    fn feature_of(
        &mut self,
        node: Node,
        range: &Range<usize>,
        (feature, is_weak): (&'a str, bool),
        cause: Cause,
    ) {
        let Some(known) = self.known(node) else { return };
        for position in range.clone() {
            let Some(declared) = known.spec.dependencies.get(position) else { continue };
            if self.is_live(node, declared) == Some(false) {
                continue;
            }
            if declared.is_optional {
                if is_weak && !self.is_on(node, declared, position) {
                    if let Some(state) = self.state_mut(node) {
                        state.deferred.entry(range.start).or_default().push((feature, cause));
                    }
                    continue;
                }
                self.tasks.push(Task::Dependency(node, range.clone(), cause));
                // Before there were weak features, this meant the feature of the dependency's name as well.
                if !is_weak && let Some(same) = known.spec.feature(&declared.key) {
                    self.tasks.push(Task::Feature(node, same, cause));
                }
            }
            self.enter(node, known, position, Some((feature, of(cause, position))));
        }
    }

    /// Whether a dependency counts for its package at all; an unknown one does in one of the worlds.
    fn is_live(&mut self, node: Node, declared: &Declared) -> Option<bool> {
        if declared.kind == DependencyKind::Dev {
            let is_decoupled = self.setting.is_decoupled && !self.setting.with_dev;
            if is_decoupled || !self.setting.roots.contains(&node.package) {
                return Some(false);
            }
        }
        if !self.setting.is_decoupled {
            return Some(true);
        }
        let is_for = self.setting.is_for(declared, node.side);
        if is_for.is_none() {
            self.is_uncertain = true;
            return Some(self.world == World::Possible);
        }
        is_for
    }

    /// Turns a dependency on, with what its declaration asks for; or one feature of it.
    fn enter(&mut self, node: Node, known: &'a Known, position: usize, feature: Option<(&'a str, Cause)>) {
        let Some(declared) = known.spec.dependencies.get(position) else { return };
        if self.is_live(node, declared) == Some(false) {
            return;
        }
        let to = match self.setting.locked(node.package, known, position) {
            Ok(to) => to,
            Err(gap) => {
                self.is_uncertain = true;
                self.gaps.insert(gap);
                return;
            }
        };
        if !self.setting.is_wanted(to) {
            return;
        }
        let sides = self.setting.sides(node.side, declared, to, self.world);
        let is_guess =
            self.setting.packages.known(to).is_some_and(|to| to.spec.proc_macro == ProcMacro::Likely);
        self.is_uncertain |= is_guess && node.side == Side::Target && self.setting.is_decoupled;
        for side in sides {
            let to = self.setting.canonical(Node { package: to, side: *side });
            match feature {
                Some((feature, _)) if feature.contains(['/', ':']) => {}
                Some((feature, cause)) => self.tasks.push(Task::Named(to, feature, cause)),
                None => {
                    let cause = Cause::Declared(node, position);
                    self.tasks.push(Task::Package(to));
                    self.tasks.extend(declared.features.iter().map(|wish| Task::Wish(to, wish, cause)));
                    if declared.has_default_features {
                        self.tasks.push(Task::Named(to, "default", cause));
                    }
                }
            }
        }
    }

    /// Whoever depends on this is not known: all of its features may be on.
    fn everything(&mut self, node: Node) {
        let Some(state) = self.state_mut(node) else { return };
        if std::mem::replace(&mut state.is_open, true) {
            return;
        }
        self.tasks.push(Task::Package(node));
        if let Some(known) = self.known(node) {
            self.tasks.extend(
                (0..known.spec.feature_count()).map(|feature| Task::Feature(node, feature, Cause::Root)),
            );
            return;
        }
        let package = self.setting.packages.package(node.package);
        for to in package.map(|package| package.dependencies.as_slice()).unwrap_or_default() {
            if self.setting.is_wanted(*to) {
                let sides: &[Side] =
                    if node.side == Side::Host { &[Side::Host] } else { &[Side::Target, Side::Host] };
                self.tasks.extend(sides.iter().map(|side| {
                    Task::Everything(self.setting.canonical(Node { package: *to, side: *side }))
                }));
            }
        }
    }
}

/// A feature of a package turns on one of a dependency.
fn of(cause: Cause, position: usize) -> Cause {
    match cause {
        Cause::Feature(node, feature) => Cause::FeatureOf(node, feature, position),
        other => other,
    }
}
