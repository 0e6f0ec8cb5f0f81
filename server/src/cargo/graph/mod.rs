//! Which packages are compiled for a target, with which features: cargo's own answer, from files alone.
//!
//! The lock file names all packages that any target, feature or test of the workspace could need. What of it is
//! compiled follows from the manifests of the workspace, from what cargo keeps of every locked package in its
//! caches (an unpacked manifest, or a record of the registry's index), and from the rules of cargo's feature
//! resolver. Where a package is in no cache, everything is resolved twice: with as little, and with as much as
//! could be. What both agree on is certain.
//!
//! Held to `cargo tree` on scratch projects: `tests/tests/feature_graph.rs`.

mod blame;
mod complete;
mod features;
pub(crate) mod index;
mod kept;
mod offered;
mod packages;
mod registry;
mod spec;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use cargo_platform::Cfg;

use self::{
    blame::Blame,
    features::{Features, Node, Setting, Side, World},
    walk::Step,
};
use super::{CargoFacts, Lock, Manifest, Workspace, manifest::DependencyKind};
use crate::{finding::Confidence, knowledge, snapshot::Snapshot};

pub use blame::MAX_DIRECT;
pub use complete::resolve_edited;
pub use kept::{Answers, resolve_edited_kept, resolve_kept};
pub use offered::{Declarations, Offered};
pub use packages::Known;
use packages::Packages;
pub(super) use registry::CRATES_IO;
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
    /// Its place in [`Lock::packages`].
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

/// The answer.
#[derive(Clone, Debug, Default)]
pub struct Resolution {
    /// What is compiled, or may be, sorted.
    pub packages: Vec<Compiled>,
    /// What keeps the answer from being certain, sorted.
    pub gaps: Vec<Gap>,
    direct: BTreeMap<(String, bool), Vec<Direct>>,
    nodes: BTreeMap<Node, usize>,
    /// In the order of their distance from the packages that are asked for.
    steps: Vec<Step>,
    /// The packages that are asked for, by their places in the lock file.
    roots: BTreeSet<usize>,
}

impl Resolution {
    /// The compiled packages of a crate, for the target or for the host.
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
    /// those with the shortest ways. The question has to
    /// be [towards](Question::towards) it.
    pub fn direct(&self, name: &str, for_host: bool) -> &[Direct] {
        self.direct.get(&(name.to_owned(), for_host)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The names on a shortest way from a package of the workspace to one of [the packages](Self::packages), both
    /// included.
    pub fn path_to(&self, package: &Compiled) -> Vec<String> {
        // Steps come by distance, so the first one to each node is on a shortest way.
        let mut before: BTreeMap<Node, Node> = BTreeMap::new();
        for step in &self.steps {
            before.entry(step.to).or_insert(step.from);
        }
        let side = if package.for_host { Side::Host } else { Side::Target };
        let mut path: Vec<String> = Vec::new();
        let mut next = Some(Node { package: package.locked, side });
        while let Some(node) = next {
            path.push(self.name(node));
            let is_start = self.roots.contains(&node.package) || path.len() > self.nodes.len();
            next = before.get(&node).copied().filter(|_| !is_start);
        }
        path.reverse();
        path
    }

    /// The packages that are, or may be, compiled for the target and use one of some crates in their build scripts,
    /// and how sure that is: of a package that is in no cache, the lock file does not say what it uses a crate for.
    pub fn users_in_build_scripts(&self, names: &[&str]) -> Vec<(&Compiled, Confidence)> {
        let mut users: BTreeMap<Node, Confidence> = BTreeMap::new();
        for step in &self.steps {
            let certainty = match step.kind {
                Some(DependencyKind::Build) => Confidence::Certain,
                Some(DependencyKind::Normal | DependencyKind::Dev) => continue,
                // By its name it binds a library, and such crates have helpers for their build scripts alone.
                None if self.name(step.from).ends_with("-sys") => Confidence::Likely,
                None => Confidence::Possible,
            };
            if step.from.side == Side::Target && names.iter().any(|name| self.is(step.to, name, true)) {
                let known = users.entry(step.from).or_insert(certainty);
                *known = certainty.max(*known);
            }
        }
        let compiled = |(node, certainty): (&Node, &Confidence)| {
            let package = self.packages.get(*self.nodes.get(node)?)?;
            Some((package, package.certainty.min(*certainty)))
        };
        users.iter().filter_map(compiled).collect()
    }

    fn is(&self, node: Node, name: &str, for_host: bool) -> bool {
        (node.side == Side::Host) == for_host && self.name(node) == name
    }

    fn name(&self, node: Node) -> String {
        let package = self.nodes.get(&node).and_then(|position| self.packages.get(*position));
        package.map(|package| package.name.clone()).unwrap_or_default()
    }
}

/// Answers a question about a project.
pub fn resolve(snapshot: &Snapshot, cargo: &CargoFacts, question: &Question<'_>) -> Resolution {
    resolve_among(snapshot, cargo, question, question.towards)
}

/// The same, passing over what does not lead to some crates by the lock file; over nothing when there are none.
fn resolve_among(
    snapshot: &Snapshot,
    cargo: &CargoFacts,
    question: &Question<'_>,
    leading_to: &[&str],
) -> Resolution {
    let broken = cargo.manifest_gap.iter().chain(cargo.workspace.iter().flat_map(Workspace::all_gaps));
    let mut gaps: BTreeSet<Gap> = broken.map(|gap| Gap::Manifest { why: gap.why.clone() }).collect();
    let Some(workspace) = &cargo.workspace else {
        gaps.insert(Gap::Manifest { why: "is not there".to_owned() });
        return Resolution { gaps: gaps.into_iter().collect(), ..Resolution::default() };
    };
    let Some(lock) = cargo.lock.lock() else {
        return Resolution { gaps: vec![Gap::NoLock], ..Resolution::default() };
    };
    let packages = Packages::new(snapshot, workspace, lock);
    let mut roots = BTreeSet::new();
    for manifest in selected(workspace, question.members) {
        match packages.of_manifest(manifest) {
            Some(place) => _ = roots.insert(place),
            None => _ = gaps.insert(Gap::Unlocked { name: manifest.name().unwrap_or_default().to_owned() }),
        }
    }
    let setting = Setting {
        is_decoupled: resolver(workspace) != "1",
        with_dev: question.kinds == Kinds::All,
        target: (question.target, cfgs(question.target)),
        host: (question.host, cfgs(question.host)),
        wanted: wanted(lock, leading_to),
        roots,
        packages: &packages,
    };
    let members = workspace.packages().filter_map(|manifest| packages.of_manifest(manifest)).collect();
    answer(&setting, question, gaps, &members)
}

fn answer(
    setting: &Setting<'_>,
    question: &Question<'_>,
    mut gaps: BTreeSet<Gap>,
    members: &BTreeSet<usize>,
) -> Resolution {
    let features = Features::resolve(setting, World::Certain);
    let certain = walk::walk(setting, &features, question.kinds, World::Certain);
    let mut compiled: BTreeMap<Node, Compiled> =
        certain.nodes.iter().filter_map(|node| Some((*node, compiled(setting, &features, *node)?))).collect();
    let mut direct = BTreeMap::new();
    blame(&mut direct, &Blame::new(setting, members, &features, &certain), question, Confidence::Certain);
    let mut steps = certain.steps;
    gaps.extend(features.gaps);
    if features.is_uncertain {
        let more = Features::resolve(setting, World::Possible);
        let possible = walk::walk(setting, &more, question.kinds, World::Possible);
        for node in &possible.nodes {
            add_possible(&mut compiled, *node, self::compiled(setting, &more, *node));
        }
        blame(&mut direct, &Blame::new(setting, members, &more, &possible), question, Confidence::Possible);
        steps.extend(possible.steps);
        gaps.extend(more.gaps);
    }
    let mut sorted: Vec<(Node, Compiled)> = compiled.into_iter().collect();
    sorted.sort_by(|one, other| one.1.cmp(&other.1));
    Resolution {
        nodes: sorted.iter().enumerate().map(|(position, (node, _))| (*node, position)).collect(),
        packages: sorted.into_iter().map(|(_, compiled)| compiled).collect(),
        gaps: gaps.into_iter().collect(),
        direct,
        steps,
        roots: setting.roots.clone(),
    }
}

/// Takes in what may be compiled.
fn add_possible(compiled: &mut BTreeMap<Node, Compiled>, node: Node, may_be: Option<Compiled>) {
    let Some(may_be) = may_be else { return };
    let known = compiled.entry(node).or_insert_with(|| Compiled {
        features: Vec::new(),
        certainty: Confidence::Possible,
        ..may_be.clone()
    });
    let sure: BTreeSet<&String> = known.features.iter().collect();
    let extra = may_be.features.iter().filter(|feature| !sure.contains(feature)).cloned();
    known.possible_features = extra.collect();
}

/// Takes in who is to blame for the crates that the question is about, where nobody is known more surely.
fn blame(
    known: &mut BTreeMap<(String, bool), Vec<Direct>>,
    blame: &Blame<'_>,
    question: &Question<'_>,
    certainty: Confidence,
) {
    for name in question.towards {
        for side in [Side::Target, Side::Host] {
            let direct = known.entry(((*name).to_owned(), side == Side::Host)).or_default();
            for more in blame.of(name, side, certainty) {
                let same =
                    |one: &Direct| (&one.member, &one.key, one.kind) == (&more.member, &more.key, more.kind);
                if !direct.iter().any(same) {
                    direct.push(more);
                }
            }
            direct.sort();
        }
    }
}

fn compiled(setting: &Setting<'_>, features: &Features<'_>, node: Node) -> Option<Compiled> {
    let package = setting.packages.package(node.package)?;
    Some(Compiled {
        name: package.name.clone(),
        version: package.version.clone(),
        for_host: node.side == Side::Host,
        features: features.of(node),
        possible_features: Vec::new(),
        is_read: setting.packages.known(node.package).is_some(),
        proc_macro: setting.packages.proc_macro(node.package),
        certainty: Confidence::Certain,
        locked: node.package,
    })
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

/// For each package whether it leads to one of some crates.
fn wanted(lock: &Lock, towards: &[&str]) -> Vec<bool> {
    if towards.is_empty() {
        return Vec::new();
    }
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); lock.packages.len()];
    for (index, package) in lock.packages.iter().enumerate() {
        for dependency in &package.dependencies {
            if let Some(users) = users.get_mut(*dependency) {
                users.push(index);
            }
        }
    }
    let mut wanted = vec![false; lock.packages.len()];
    let mut open: Vec<usize> = towards.iter().flat_map(|name| lock.find(name)).collect();
    // A manifest may since have got dependencies that its entry in the lock file does not have.
    open.extend(lock.local());
    while let Some(index) = open.pop() {
        if let Some(slot @ false) = wanted.get_mut(index) {
            *slot = true;
            open.extend(users.get(index).into_iter().flatten());
        }
    }
    wanted
}
