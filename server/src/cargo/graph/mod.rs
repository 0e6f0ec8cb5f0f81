//! Which packages are compiled for a target, with which features: cargo's own answer, from files alone.
//!
//! The lock file names all packages that any target, feature or test of the workspace could need. What of it is
//! compiled follows from the manifests of the workspace, from what cargo keeps of every locked package in its
//! caches (an unpacked manifest, or a record of the registry's index), and from the rules of cargo's feature
//! resolver. Where a package is in no cache, everything is resolved twice: with as little, and with as much as
//! could be. What both agree on is certain.
//!
//! ```text
//! once per lock file     packages: what each one declares, and where the lock file leads its dependencies
//!                        setting: for which targets a dependency counts; which packages lead to native code
//! once per edit          features: for which targets is what on?    all targets in one pass, as sets of bits
//!                        walk: for which targets is what compiled?
//!                        answer: the same for targets that differ in nothing
//! when somebody asks     blame, path_to: by which way
//! ```
//!
//! Held to `cargo tree` on scratch projects: `tests/tests/feature_graph.rs`.

mod answer;
mod blame;
mod changes;
mod features;
pub(crate) mod index;
mod kept;
mod offered;
mod packages;
mod registry;
mod setting;
mod spec;
#[cfg(test)]
mod tests;
mod walk;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use cargo_platform::Cfg;

use self::{
    answer::{Answer, Settled},
    blame::Blame,
    features::Features,
    setting::{Mask, Node, Reach, Setting, Side, World},
};
use super::{CargoFacts, Manifest, Workspace, manifest::DependencyKind};
use crate::{finding::Confidence, knowledge, snapshot::Snapshot};

pub use blame::MAX_DIRECT;
pub use changes::asked_differently;
pub use kept::{Answers, resolve_kept};
pub use offered::{Declarations, Offered};
pub use packages::Known;
use packages::Packages;
pub(super) use registry::CRATES_IO;
pub use registry::Published;
pub use setting::{MAX_TARGETS, Skeletons};
pub use spec::ProcMacro;

/// Which dependencies are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// Those of the program alone.
    Normal,
    /// Those of the program and of build scripts: what `cargo build` compiles.
    Build,
    /// Those of tests, too.
    All,
}

impl Kinds {
    fn include(self, kind: DependencyKind) -> bool {
        match kind {
            DependencyKind::Normal => true,
            DependencyKind::Build => self != Self::Normal,
            DependencyKind::Dev => self == Self::All,
        }
    }
}

/// Which packages of the workspace are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Members<'a> {
    /// Those that `cargo build` takes in the root's folder.
    Default,
    /// All (`--workspace`).
    All,
    /// One (`--package NAME`).
    Named(&'a str),
}

/// A question.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The triple of the target.
    pub target: &'a str,
    /// The triple of the machine that builds.
    pub host: &'a str,
    /// Which dependencies are followed.
    pub kinds: Kinds,
    /// Which packages of the workspace are asked for.
    pub members: Members<'a>,
    /// Crates that the question is about; nothing else is looked at than the ways to them. Empty: all.
    pub towards: &'a [&'a str],
}

impl<'a> Question<'a> {
    /// What `cargo build --workspace --target TARGET` compiles.
    pub fn build(target: &'a str, host: &'a str) -> Self {
        Self { target, host, kinds: Kinds::Build, members: Members::All, towards: &[] }
    }

    /// The same, as far as some crates are concerned.
    #[must_use]
    pub fn towards(self, crates: &'a [&'a str]) -> Self {
        Self { towards: crates, ..self }
    }
}

/// What keeps an answer from being certain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// There is no lock file, or none that could be read.
    NoLock,
    /// A manifest of the workspace could not be read, or not to its end.
    Manifest {
        /// Why, as one phrase.
        why: String,
    },
    /// A package of the workspace is not in the lock file.
    Unlocked {
        /// Its name.
        name: String,
    },
    /// A dependency that the lock file knows nothing of: it is older than the manifest.
    NotLocked {
        /// The package that asks for it.
        by: String,
        /// The crate.
        name: String,
        /// The versions that will do, as written; empty for any.
        requirement: String,
    },
    /// What a package declares is not known.
    Unread {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
        /// Why, as one phrase.
        why: String,
    },
}

impl Gap {
    /// For people: what is missing, and what would make it certain.
    pub fn explain(&self) -> String {
        match self {
            Self::NoLock => "there is no Cargo.lock: `cargo generate-lockfile` makes one".to_owned(),
            Self::Manifest { why } => format!("a manifest of the workspace {why}"),
            Self::Unlocked { name } => {
                format!("Cargo.lock does not have {name} yet: `cargo metadata` adds it")
            }
            Self::NotLocked { by, name, .. } => {
                format!("Cargo.lock does not have {name} for {by} yet: `cargo metadata` adds it")
            }
            Self::Unread { name, version, why } => format!("{name} {version} {why}: `cargo fetch` gets it"),
        }
    }

    /// Whether more than the lock file names may be compiled.
    fn is_open(&self) -> bool {
        !matches!(self, Self::Unread { .. })
    }
}

/// A package that is, or may be, compiled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Compiled {
    /// The crate's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Whether it is compiled for the host: for a build script or as (part of) a procedural macro.
    pub for_host: bool,
    /// The features that are on, sorted.
    pub features: Vec<String>,
    /// The features that may be on besides, sorted.
    pub possible_features: Vec<String>,
    /// Whether what it declares is known: else it may have any feature.
    pub is_read: bool,
    /// Whether it is a procedural macro.
    pub proc_macro: ProcMacro,
    /// Whether it is compiled for certain.
    pub certainty: Confidence,
    /// Its place in [`Lock::packages`](crate::cargo::lock::Lock::packages).
    pub locked: usize,
}

impl Compiled {
    /// Whether a feature is on for certain.
    pub fn has_feature(&self, name: &str) -> bool {
        self.features.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
    }

    /// Whether a feature may be on.
    pub fn may_have_feature(&self, name: &str) -> bool {
        self.has_feature(name) || !self.is_read || self.possible_features.iter().any(|known| known == name)
    }
}

/// A dependency in a manifest of the workspace that makes a crate be compiled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Direct {
    /// The package of the workspace.
    pub member: String,
    /// The key of the dependency in its manifest.
    pub key: String,
    /// What it is used for.
    pub kind: DependencyKind,
    /// Those of the dependency's features that do it ("default" among them), sorted; empty when the dependency
    /// does it with any features.
    pub features: Vec<String>,
    /// The names on a shortest way: the package, the dependency, …, the crate.
    pub path: Vec<String>,
    /// Whether all of the way is certain.
    pub certainty: Confidence,
}

/// The ways to crates that somebody has asked for.
type Ways = BTreeMap<(String, bool), Arc<[Direct]>>;

/// The answer for one target, and for those that differ in nothing from it.
#[derive(Debug, Default)]
pub struct Resolution {
    /// What is compiled, or may be, sorted: of the crates that the question is about, else all.
    pub packages: Vec<Compiled>,
    /// What keeps the answer from being certain, sorted.
    pub gaps: Vec<Gap>,
    /// Whether the manifests ask for more than the lock file has: what cargo would add is likely, not certain.
    pub is_ahead: bool,
    answer: Arc<Answer>,
    target: Mask,
    direct: Mutex<Ways>,
}

impl Resolution {
    fn of_gaps(gaps: BTreeSet<Gap>) -> Self {
        Self { gaps: gaps.into_iter().collect(), ..Self::default() }
    }

    /// The compiled packages of a crate, for the target or for the host. The question has to be
    /// [towards](Question::towards) it, or towards nothing.
    pub fn find<'a>(&'a self, name: &'a str, for_host: bool) -> impl Iterator<Item = &'a Compiled> + 'a {
        self.packages.iter().filter(move |package| package.name == name && package.for_host == for_host)
    }

    /// Whether it is certain that a crate is not compiled for that side.
    pub fn lacks(&self, name: &str, for_host: bool) -> bool {
        self.is_closed() && self.find(name, for_host).next().is_none()
    }

    /// Whether no more than what is listed can be compiled.
    pub fn is_closed(&self) -> bool {
        !self.gaps.iter().any(Gap::is_open)
    }

    /// Whether nothing but the lock file's age keeps it from being closed: what is compiled for certain is so.
    pub fn is_merely_unlocked(&self) -> bool {
        self.gaps.iter().all(|gap| !gap.is_open() || matches!(gap, Gap::NotLocked { .. }))
    }

    /// The dependencies in the workspace's manifests that make a crate be compiled, sorted; of more than [`MAX_DIRECT`]
    /// those with the shortest ways. The question has to be [towards](Question::towards) it, or towards nothing.
    pub fn direct(&self, name: &str, for_host: bool) -> Arc<[Direct]> {
        let known = || self.direct.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.to_owned(), for_host);
        if let Some(direct) = known().get(&key).map(Arc::clone) {
            return direct;
        }
        let side = if for_host { Side::Host } else { Side::Target };
        let blame = |settled: &Settled, certainty| {
            Blame::new(&self.answer, settled, self.target).of(name, side, certainty)
        };
        let mut direct = blame(&self.answer.certain, Confidence::Certain);
        // What may be counts where nobody is known more surely.
        for more in self.answer.possible.iter().flat_map(|settled| blame(settled, Confidence::Possible)) {
            let same =
                |one: &Direct| (&one.member, &one.key, one.kind) == (&more.member, &more.key, more.kind);
            if !direct.iter().any(same) {
                direct.push(more);
            }
        }
        direct.sort();
        let direct: Arc<[Direct]> = direct.into();
        Arc::clone(known().entry(key).or_insert(direct))
    }

    /// The names on a shortest way from a package of the workspace to one that is compiled, both included.
    pub fn path_to(&self, package: &Compiled) -> Vec<String> {
        let side = if package.for_host { Side::Host } else { Side::Target };
        self.answer.path_to(Node::new(package.locked, side), self.target)
    }

    /// The packages whose code for the target uses a crate, or may use it, by name, sorted. The question has to be
    /// [towards](Question::towards) it, or towards nothing.
    pub fn users(&self, name: &str) -> BTreeSet<&str> {
        let places: BTreeSet<usize> = self.answer.find(name).collect();
        let both = std::iter::once(&self.answer.certain).chain(&self.answer.possible);
        let steps = both.flat_map(|settled| &settled.steps).filter(|step| {
            let is_in_code = step.from.side == Side::Target && step.to.side == Side::Target;
            is_in_code && step.mask & self.target != 0 && places.contains(&step.to.package())
        });
        steps.map(|step| self.answer.name(step.from.package())).collect()
    }

    /// The packages that are, or may be, compiled for the target and use one of some crates in their build scripts,
    /// and how sure that is: of a package that is in no cache, the lock file does not say what it uses a crate for.
    pub fn users_in_build_scripts(&self, names: &[&str]) -> Vec<(Compiled, Confidence)> {
        let helpers: BTreeSet<usize> = names.iter().flat_map(|name| self.answer.find(name)).collect();
        let mut users: BTreeMap<Node, Confidence> = BTreeMap::new();
        let both = std::iter::once(&self.answer.certain).chain(&self.answer.possible);
        for step in both.flat_map(|settled| &settled.steps) {
            let is_user = step.from.side == Side::Target && step.to.side == Side::Host;
            if step.mask & self.target == 0 || !is_user || !helpers.contains(&step.to.package()) {
                continue;
            }
            let certainty = match step.kind {
                Some(DependencyKind::Build) => Confidence::Certain,
                Some(DependencyKind::Normal | DependencyKind::Dev) => continue,
                // By its name it binds a library, and such crates have helpers for their build scripts alone.
                None if self.answer.name(step.from.package()).ends_with("-sys") => Confidence::Likely,
                None => Confidence::Possible,
            };
            let known = users.entry(step.from).or_insert(certainty);
            *known = certainty.max(*known);
        }
        let compiled = |(node, certainty): (Node, Confidence)| {
            let package = self.answer.compiled(node, self.target)?;
            let certainty = package.certainty.min(certainty);
            Some((package, certainty))
        };
        let mut users: Vec<(Compiled, Confidence)> = users.into_iter().filter_map(compiled).collect();
        users.sort();
        users
    }
}

/// Answers a question about a project.
pub fn resolve(snapshot: &Snapshot, cargo: &CargoFacts, question: &Question<'_>) -> Arc<Resolution> {
    let targets = [question.target];
    resolve_each(snapshot, cargo, question, &targets, Lockfile::AsItIs).pop().unwrap_or_default()
}

/// What is taken for the lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lockfile<'a> {
    /// The one that is there. What it does not have is a gap.
    AsItIs,
    /// What cargo would make of it for manifests that were changed. A feature that nobody asked for so far may need
    /// crates that it does not have yet. Cargo would take the newest version of the registry that will do; so does
    /// this, as far as the registry's index or its unpacked crates are in cargo's caches. Gaps say what is in no cache.
    BroughtUpToDate,
    /// What cargo would make of it for the manifests as they are: it is as it is while they ask for nothing new. What only
    /// may be asked for is not added.
    Completed,
    /// As [brought up to date](Self::BroughtUpToDate) where only some crates are asked for in another way than before.
    /// The features of what they do not lead to are as they were, and bring nothing new.
    BroughtUpToDateFor(&'a [&'a str]),
}

/// Answers the same question for several targets, in their order; its own target is passed over.
pub fn resolve_each(
    snapshot: &Snapshot,
    cargo: &CargoFacts,
    question: &Question<'_>,
    targets: &[&str],
    lockfile: Lockfile<'_>,
) -> Vec<Arc<Resolution>> {
    let of_some = |targets| resolve_some(snapshot, cargo, question, targets, lockfile);
    targets.chunks(MAX_TARGETS).flat_map(of_some).collect()
}

fn resolve_some(
    snapshot: &Snapshot,
    cargo: &CargoFacts,
    question: &Question<'_>,
    targets: &[&str],
    lockfile: Lockfile<'_>,
) -> Vec<Arc<Resolution>> {
    let for_all = |resolution| {
        let same = Arc::new(resolution);
        targets.iter().map(|_| Arc::clone(&same)).collect()
    };
    let broken = cargo.manifest_gap.iter().chain(cargo.workspace.iter().flat_map(Workspace::all_gaps));
    let mut gaps: BTreeSet<Gap> = broken.map(|gap| Gap::Manifest { why: gap.why.clone() }).collect();
    let Some(workspace) = &cargo.workspace else {
        gaps.insert(Gap::Manifest { why: "is not there".to_owned() });
        return for_all(Resolution::of_gaps(gaps));
    };
    let Some(lock) = cargo.lock.lock() else {
        return for_all(Resolution::of_gaps(BTreeSet::from([Gap::NoLock])));
    };
    let mut packages = Packages::new(snapshot, workspace, lock);
    if lockfile != Lockfile::AsItIs {
        packages = packages.updating();
    }
    let mut roots = BTreeSet::new();
    for manifest in selected(workspace, question.members) {
        match packages.of_manifest(manifest) {
            Some(place) => _ = roots.insert(place),
            None => _ = gaps.insert(Gap::Unlocked { name: manifest.name().unwrap_or_default().to_owned() }),
        }
    }
    let beginnings: &[&str] = match lockfile {
        Lockfile::BroughtUpToDateFor(changed) => changed,
        _ => &[],
    };
    // The ways to new packages stand in no lock file: where they may begin anywhere, nothing can be passed over.
    let passes_over = matches!(lockfile, Lockfile::AsItIs | Lockfile::BroughtUpToDateFor(_));
    let setting = Setting {
        is_decoupled: resolver(workspace) != "1",
        with_dev: question.kinds == Kinds::All,
        targets: targets.iter().map(|target| (*target, cfgs(target))).collect(),
        host: (question.host, cfgs(question.host)),
        adds_what_may_be: lockfile != Lockfile::Completed,
        ways: (passes_over && !question.towards.is_empty())
            .then(|| lock.skeletons.ways(lock, question.towards)),
        reach: Reach::new(lock, beginnings.iter().flat_map(|name| lock.find(name))),
        conditions: lock.skeletons.conditions(lock, targets, question.host),
        roots,
        packages: &packages,
    };
    let members = workspace.packages().filter_map(|manifest| packages.of_manifest(manifest)).collect();
    answer(&setting, question, &gaps, members)
}

fn answer(
    setting: &Setting<'_>,
    question: &Question<'_>,
    gaps: &BTreeSet<Gap>,
    members: BTreeSet<usize>,
) -> Vec<Arc<Resolution>> {
    let mut missing: BTreeMap<Gap, Mask> = gaps.iter().map(|gap| (gap.clone(), Mask::MAX)).collect();
    let mut settle = |world, targets| {
        setting.packages.stop_adding(world == World::Possible && !setting.adds_what_may_be);
        let mut features = Features::resolve(setting, world, targets);
        while setting.reach.widen(setting.packages.lock) {
            features = Features::resolve(setting, world, targets);
        }
        let walk = walk::walk(setting, &features, question.kinds, world, targets);
        for (gap, mask) in std::mem::take(&mut features.gaps) {
            *missing.entry(gap).or_default() |= mask;
        }
        (features.uncertain, Settled::new(features, walk))
    };
    let (uncertain, certain) = settle(World::Certain, setting.all());
    let possible = (uncertain != 0).then(|| settle(World::Possible, uncertain).1);
    let answer = Arc::new(Answer::new(setting, members, certain, possible));
    let places = places(setting, question, &answer);
    let of = |number: usize| {
        let target = 1 << number;
        let sides =
            places.iter().flat_map(|place| [Node::new(*place, Side::Target), Node::new(*place, Side::Host)]);
        let mut packages: Vec<Compiled> = sides.filter_map(|node| answer.compiled(node, target)).collect();
        packages.sort();
        let gaps = missing.iter().filter(|(_, mask)| *mask & target != 0).map(|(gap, _)| gap.clone());
        Resolution {
            is_ahead: answer.is_ahead(target),
            packages,
            gaps: gaps.collect(),
            answer: Arc::clone(&answer),
            target,
            direct: Mutex::default(),
        }
    };
    let masks = missing.values().copied().chain([uncertain]);
    let mut resolutions: Vec<Arc<Resolution>> = Vec::new();
    for (number, like) in answer.alike(setting.targets.len(), masks).into_iter().enumerate() {
        let resolution = resolutions.get(like).map_or_else(|| Arc::new(of(number)), Arc::clone);
        resolutions.push(resolution);
    }
    resolutions
}

/// The packages that a question is about.
fn places(setting: &Setting<'_>, question: &Question<'_>, answer: &Answer) -> Vec<usize> {
    if question.towards.is_empty() {
        return answer.places().collect();
    }
    let lock = setting.packages.lock;
    let mut places = lock.skeletons.ways(lock, question.towards).goals.clone();
    places.extend(answer.places_of_added().filter(|place| question.towards.contains(&answer.name(*place))));
    places
}

/// The packages that are asked for.
fn selected<'w>(workspace: &'w Workspace, members: Members<'_>) -> Vec<&'w Manifest> {
    match members {
        Members::All => workspace.packages().collect(),
        Members::Named(name) => workspace.packages().filter(|one| one.name() == Some(name)).collect(),
        Members::Default => workspace.default_packages(),
    }
}

/// The version of the feature resolver: what the root manifest says, or what its edition implies.
fn resolver(workspace: &Workspace) -> &str {
    if let Some(resolver) = &workspace.root.resolver {
        return &resolver.value;
    }
    let package = workspace.root.package.as_ref();
    let edition = package.and_then(|package| package.edition.as_ref()).map(|edition| edition.value.as_str());
    match edition {
        Some("2021") => "2",
        Some("2015" | "2018") | None => "1",
        Some(_) => "3",
    }
}

fn cfgs(triple: &str) -> Option<&'static [Cfg]> {
    knowledge::target(triple).map(knowledge::Target::cfgs)
}
