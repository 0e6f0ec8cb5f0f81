//! Native code that a target's build compiles or links, as the feature graph tells.

use std::collections::BTreeSet;

use super::row::{Fact, State};
use crate::{
    finding::Confidence,
    knowledge,
    project::{CompilerAnswer, Project, ShippedTarget},
};

/// A crate that compiles or links native code for the target.
#[derive(Debug)]
pub struct Native {
    pub name: String,
    pub version: String,
    /// From the project's own package to it.
    pub path: Vec<String>,
    /// How sure it is that it is compiled.
    pub confidence: Confidence,
}

/// Known native crates that are compiled for the target, or may be where cargo's caches do not have all
/// manifests, with the shortest path to each.
pub fn crates(project: &Project, target: &ShippedTarget) -> Vec<Native> {
    let known: Vec<&str> = known_crates().into_iter().collect();
    let resolution = project.graph_towards(&target.triple, &known);
    let has_own_tls = target.known.is_some_and(|known| {
        known.vendor == "apple" || known.os == "windows" || known.arch.starts_with("wasm")
    });
    let mut found = Vec::new();
    for package in resolution.packages.iter().filter(|package| !package.for_host) {
        // native-tls takes the system's own library there; so does whoever is not known, most likely.
        let is_spared =
            has_own_tls && package.name == "openssl-sys" && package.certainty != Confidence::Certain;
        if known.contains(&package.name.as_str()) && !is_spared {
            let (name, version) = (package.name.clone(), package.version.clone());
            let confidence = package.certainty;
            found.push(Native { name, version, path: resolution.path_to(package), confidence });
        }
    }
    found
}

/// Crates that link a native library, as the data on remedies name them.
fn known_crates() -> BTreeSet<&'static str> {
    let remedies = knowledge::all_remedies();
    let names = remedies.iter().flat_map(|remedy| remedy.pulls.iter().copied().chain([remedy.crate_name]));
    names.filter(|name| name.ends_with("-sys")).collect()
}

/// Crates with which build scripts compile C.
const C_BUILDERS: [&str; 2] = ["cc", "cmake"];

/// Whether a crate that is compiled for the target compiles C; `None` without a lock file that says all.
pub fn builds_c(project: &Project, triple: &str) -> Option<bool> {
    let resolution = project.graph_towards(triple, &C_BUILDERS);
    resolution.is_closed().then(|| !resolution.users_in_build_scripts(&C_BUILDERS).is_empty())
}

/// What compiles C for the target.
pub fn c_compiler(project: &Project, target: &ShippedTarget) -> Fact {
    let triple = target.triple.as_str();
    if builds_c(project, triple) == Some(false) {
        return Fact::new(State::NotNeeded, "no crate compiles C");
    }
    match project.c_compiler(triple) {
        CompilerAnswer::Given { value, origin } | CompilerAnswer::Linker { value, origin } => {
            Fact::new(State::Ok, value).from(origin.as_ref())
        }
        CompilerAnswer::Conventional(name) => Fact::new(State::Ok, name),
        CompilerAnswer::Host => Fact::new(State::Ok, "the host's"),
        CompilerAnswer::Elsewhere(builder) => {
            Fact::new(State::NotNeeded, format!("{} brings one", builder.label()))
        }
        CompilerAnswer::Unknown(why) => Fact::new(State::Unknown, why),
        CompilerAnswer::Missing => Fact::new(State::Unknown, "no file says"),
    }
}
