//! Crates that need a C compiler or pkg-config for a target.

use std::sync::Arc;

use std::cmp::Reverse;

use crate::{
    cargo::{
        graph::{Compiled, Resolution},
        manifest::DependencyKind,
    },
    finding::Confidence,
    knowledge::{self, NativeKind, Target},
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
        return user(&resolution, C_BUILDERS, |_| true);
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
    let asks = |user: &Compiled| match knowledge::native_crate(&user.name) {
        // Who is told where its library is asks nobody.
        Some(known) if project.names_a_place(known) => false,
        // Refused, it builds its own copy.
        Some(known) if known.kind == NativeKind::Fallback => false,
        Some(known) if known.kind == NativeKind::Source => {
            known.system.iter().any(|name| user.has_feature(name))
        }
        _ => true,
    };
    if resolution.is_closed() { user(&resolution, FINDERS, asks) } else { None }
}

/// A crate that uses one of some helpers in its build script: the surest one, with the shortest way from the project.
fn user(resolution: &Resolution, helpers: &[&str], counts: impl Fn(&Compiled) -> bool) -> Option<UsedBy> {
    let users = resolution.users_in_build_scripts(helpers).into_iter();
    let known = users.filter(|(user, certainty)| *certainty > Confidence::Possible && counts(user));
    let (user, certainty) = known.min_by_key(|(user, certainty)| {
        (Reverse(*certainty), resolution.path_to(user).len(), user.name.clone())
    })?;
    Some(UsedBy { name: user.name.clone(), is_certain: certainty == Confidence::Certain })
}

fn resolve(project: &Project, target: &Target, crates: &[&str]) -> Arc<Resolution> {
    project.graph_towards(target.triple, crates)
}
