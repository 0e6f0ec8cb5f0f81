//! The dependencies in the project's own manifests that make a native crate be compiled.

use crate::{
    cargo::{
        Manifest,
        graph::Direct,
        manifest::{Dependency, DependencyKind},
    },
    finding::Confidence,
    knowledge,
    project::Project,
};

/// A dependency of the project's that leads to a native crate.
#[derive(Clone, Debug)]
pub struct Culprit<'p> {
    /// The manifest that names it.
    pub manifest: &'p Manifest,
    /// The dependency.
    pub dependency: &'p Dependency,
    /// The names from the package to the native crate.
    pub path: Vec<String>,
    /// Its features that do it ("default" among them); empty when it does with any.
    pub by: Vec<String>,
    /// Whether all of the way is certain.
    pub certainty: Confidence,
}

impl<'p> Culprit<'p> {
    /// Where it is changed: the root's entry that the member inherits, else the dependency itself.
    pub fn written(&self) -> &'p Dependency {
        let inherited = self.dependency.inherited.as_ref();
        inherited.and_then(|inherited| inherited.entry.as_deref()).unwrap_or(self.dependency)
    }

    /// The way, for a message.
    pub fn way(&self) -> String {
        self.path.join(" → ")
    }
}

/// The dependencies that make a crate be compiled for a target, those with the shortest way first.
pub fn culprits<'p>(project: &'p Project, name: &str, triple: &str) -> Vec<Culprit<'p>> {
    let graph = project.graph(triple);
    let direct = graph.direct(name, false);
    let mut culprits: Vec<Culprit<'p>> =
        direct.iter().filter_map(|direct| culprit(project, triple, direct)).collect();
    culprits.sort_by(|one, other| {
        let key = |culprit: &Culprit<'_>| {
            (std::cmp::Reverse(culprit.certainty), culprit.path.len(), culprit.dependency.key.origin.clone())
        };
        key(one).cmp(&key(other))
    });
    culprits
}

/// Most equally short ways of which the first in the order of the files is sought.
const MAX_TIES: usize = 16;

/// The first of [`culprits`], without looking at all of them.
pub fn shortest<'p>(project: &'p Project, name: &str, triple: &str) -> Option<Culprit<'p>> {
    let graph = project.graph(triple);
    let rank = |direct: &Direct| (std::cmp::Reverse(direct.certainty), direct.path.len());
    let direct = graph.direct(name, false);
    let best = direct.iter().map(rank).min()?;
    let ties = direct.iter().filter(|one| rank(one) == best).take(MAX_TIES);
    let culprits = ties.filter_map(|direct| culprit(project, triple, direct));
    culprits.min_by(|one, other| one.dependency.key.origin.cmp(&other.dependency.key.origin))
}

/// The place in a manifest that the graph speaks of.
pub fn culprit<'p>(project: &'p Project, triple: &str, direct: &Direct) -> Option<Culprit<'p>> {
    let manifest = manifests(project).find(|manifest| manifest.name() == Some(&direct.member))?;
    let is_host_side = direct.kind == DependencyKind::Build || manifest.is_proc_macro();
    let target = if is_host_side { project.host.as_str() } else { triple };
    let same = manifest
        .dependencies
        .iter()
        .filter(|one| one.key.value == direct.key && one.kind == direct.kind && is_for(one, target));
    // The same crate may stand in several tables; the one that asks for the feature is meant.
    let asks = |feature: &str| direct.features.iter().any(|known| known == feature);
    let dependency = same.max_by_key(|one| {
        one.features.iter().any(|feature| asks(&feature.value))
            || (asks("default") && one.has_default_features())
    })?;
    Some(Culprit {
        manifest,
        dependency,
        path: direct.path.clone(),
        by: direct.features.clone(),
        certainty: direct.certainty,
    })
}

/// The packages of the workspace.
pub fn manifests(project: &Project) -> impl Iterator<Item = &Manifest> {
    project.cargo.workspace.iter().flat_map(crate::cargo::Workspace::packages)
}

/// Whether a dependency is for a target.
pub fn is_for(dependency: &Dependency, triple: &str) -> bool {
    let Some(key) = &dependency.platform else { return true };
    let cfgs = knowledge::target(triple).map(knowledge::Target::cfgs).unwrap_or_default();
    key.platform.as_ref().is_some_and(|platform| platform.matches(triple, cfgs))
}

/// The locked version, when there is one only; else the start of the requirement.
pub fn version(project: &Project, dependency: &Dependency) -> String {
    let requirement = dependency.requirement.as_ref();
    let requirement =
        requirement.map(|one| one.value.trim_start_matches(['^', '~', '=', '>', '<', ' ']).to_owned());
    let lock = project.cargo.lock.lock();
    let versions: Vec<&str> = lock
        .iter()
        .flat_map(|lock| lock.find(&dependency.crate_name).filter_map(|index| lock.packages.get(index)))
        .map(|package| package.version.as_str())
        .collect();
    let fits = |version: &&str| {
        let wanted =
            dependency.requirement.as_ref().and_then(|one| semver::VersionReq::parse(&one.value).ok());
        let version = semver::Version::parse(version).ok();
        wanted.zip(version).is_some_and(|(wanted, version)| wanted.matches(&version))
    };
    match (versions.as_slice(), requirement) {
        ([single], None) => (*single).to_owned(),
        ([single], Some(_)) if fits(single) => (*single).to_owned(),
        (several, requirement) => {
            let locked = several.iter().copied().rfind(fits).map(str::to_owned);
            locked.or(requirement).unwrap_or_default()
        }
    }
}
