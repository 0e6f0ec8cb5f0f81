//! Crates that need a C compiler or pkg-config for a target.

use crate::{
    cargo::{
        graph::{self, Question, Resolution},
        manifest::DependencyKind,
    },
    finding::Confidence,
    knowledge::Target,
    project::Project,
};

/// Who needs something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UsedBy {
    /// A crate.
    pub(super) name: String,
    /// Whether the feature graph says so.
    pub(super) is_certain: bool,
}

/// Crates with which build scripts compile C.
const C_BUILDERS: &[&str] = &["cc", "cmake"];

/// Crates with which build scripts look for libraries.
const FINDERS: &[&str] = &["pkg-config", "system-deps"];

/// Crates that compile C whatever their features are, where there is no lock file to tell more.
const ALWAYS_C: &[&str] = &[
    "aws-lc-rs",
    "aws-lc-sys",
    "blake3",
    "jemallocator",
    "mimalloc",
    "psm",
    "ring",
    "tikv-jemallocator",
    "zstd",
    "zstd-sys",
];

/// Who compiles C for the target.
pub(super) fn compiling_c(project: &Project, target: &Target) -> Option<UsedBy> {
    let resolution = resolve(project, target, C_BUILDERS);
    if resolution.is_closed() {
        return user(&resolution, C_BUILDERS);
    }
    let manifests = project.cargo.workspace.iter().flat_map(crate::cargo::Workspace::packages);
    let mut direct = manifests.flat_map(|manifest| &manifest.dependencies);
    let is_for = |dependency: &&crate::cargo::manifest::Dependency| {
        dependency.kind == DependencyKind::Normal
            && !dependency.optional.as_ref().is_some_and(|optional| optional.value)
            && dependency.platform.is_none()
            && ALWAYS_C.contains(&dependency.crate_name.as_str())
    };
    direct.find(is_for).map(|dependency| UsedBy { name: dependency.crate_name.clone(), is_certain: false })
}

/// Who asks pkg-config for a library of the target.
pub(super) fn asking_pkg_config(project: &Project, target: &Target) -> Option<UsedBy> {
    let resolution = resolve(project, target, FINDERS);
    if resolution.is_closed() { user(&resolution, FINDERS) } else { None }
}

/// The crate next to a helper of build scripts, on the way from the project.
fn user(resolution: &Resolution, helpers: &[&str]) -> Option<UsedBy> {
    let used: Vec<&&str> = helpers.iter().filter(|name| resolution.builds_with(name)).collect();
    let helper = used.first()?;
    let package = resolution.find(helper, true).next()?;
    let is_certain = package.certainty == Confidence::Certain;
    let path = resolution.path_to(package);
    let name = path.len().checked_sub(2).and_then(|at| path.get(at)).cloned();
    Some(UsedBy { name: name.unwrap_or_else(|| package.name.clone()), is_certain })
}

fn resolve(project: &Project, target: &Target, crates: &[&str]) -> Resolution {
    let question = Question::build(target.triple, &project.host).towards(crates);
    graph::resolve(&project.snapshot, &project.cargo, &question)
}
