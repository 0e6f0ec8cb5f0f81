//! Native code that a target's build compiles or links, as far as the lock file tells.

use std::collections::{BTreeSet, VecDeque};

use super::row::{Fact, State};
use crate::{
    cargo::lock::Lock,
    knowledge,
    project::{Builder, Project, ShippedTarget},
    text::Origin,
};

/// A crate that compiles or links native code for the target.
#[derive(Debug)]
pub(super) struct Native {
    pub(super) name: String,
    pub(super) version: String,
    /// From the project's own package to it.
    pub(super) path: Vec<String>,
}

/// Known native crates in the lock file, with the shortest path to each. A lock file speaks of all
/// targets and features at once, so each entry is possible, not certain.
pub(super) fn crates(project: &Project, target: &ShippedTarget) -> Vec<Native> {
    let Some(lock) = project.cargo.lock.lock() else { return Vec::new() };
    let known = known_crates();
    let has_own_tls = target.known.is_some_and(|known| {
        known.vendor == "apple" || known.os == "windows" || known.arch.starts_with("wasm")
    });
    let mut found: Vec<Native> = paths(lock)
        .into_iter()
        .filter_map(|path| {
            let package = lock.packages.get(*path.last()?)?;
            // native-tls takes the system's own library there.
            let is_spared = has_own_tls && package.name == "openssl-sys";
            (known.contains(package.name.as_str()) && !is_spared).then(|| Native {
                name: package.name.clone(),
                version: package.version.clone(),
                path: path.iter().filter_map(|index| Some(lock.packages.get(*index)?.name.clone())).collect(),
            })
        })
        .collect();
    found.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    found
}

/// Crates that link a native library, as the data on remedies name them.
fn known_crates() -> BTreeSet<&'static str> {
    let remedies = knowledge::all_remedies();
    let names = remedies.iter().flat_map(|remedy| remedy.pulls.iter().copied().chain([remedy.crate_name]));
    names.filter(|name| name.ends_with("-sys")).collect()
}

/// The shortest path from a package of the workspace to every package, as positions in the lock file.
fn paths(lock: &Lock) -> Vec<Vec<usize>> {
    let mut paths: Vec<Option<Vec<usize>>> = vec![None; lock.packages.len()];
    let own = lock.packages.iter().enumerate().filter(|(_, package)| package.source.is_none());
    let mut queue: VecDeque<Vec<usize>> = own.map(|(index, _)| vec![index]).collect();
    while let Some(path) = queue.pop_front() {
        let Some(&last) = path.last() else { continue };
        let Some(known) = paths.get_mut(last).filter(|known| known.is_none()) else { continue };
        *known = Some(path.clone());
        for next in lock.packages.get(last).iter().flat_map(|package| &package.dependencies) {
            queue.push_back(path.iter().copied().chain([*next]).collect());
        }
    }
    paths.into_iter().flatten().collect()
}

/// What compiles C for the target, the way that the cc crate would find it.
pub(super) fn c_compiler(project: &Project, target: &ShippedTarget, linker: &Fact) -> Fact {
    let triple = target.triple.as_str();
    let builds_c = project
        .cargo
        .lock
        .lock()
        .map(|lock| ["cc", "cmake"].iter().any(|name| lock.find(name).next().is_some()));
    if builds_c == Some(false) {
        return Fact::new(State::NotNeeded, "no crate compiles C");
    }
    if let Some((value, origin)) = named(project, triple) {
        return Fact::new(State::Ok, value).from(origin.as_ref());
    }
    match project.builder(triple) {
        builder @ (Builder::Cross | Builder::Nix | Builder::Zigbuild) => {
            return Fact::new(State::NotNeeded, format!("{} brings one", builder.label()));
        }
        Builder::Cargo => {}
    }
    // The cc crate takes the linker for a compiler when its name ends like one.
    if let (State::Ok, Some(value)) = (linker.state, &linker.value)
        && value.ends_with("-gcc")
    {
        return Fact { value: Some(value.clone()), ..linker.clone() };
    }
    if project.host == triple {
        return Fact::new(State::Ok, "the host's");
    }
    Fact::new(State::Unknown, "no file says")
}

/// The compiler that a variable names, the most specific first.
fn named(project: &Project, triple: &str) -> Option<(String, Option<Origin>)> {
    let names = [format!("CC_{triple}"), format!("CC_{}", triple.replace('-', "_")), "TARGET_CC".to_owned()];
    for name in &names {
        if let Some(supplied) = project.variables_named(name).next() {
            let origin = supplied.variable.value_origin.clone();
            let value = supplied.variable.value.literal().unwrap_or_else(|| project.text_at(&origin));
            return Some((value, Some(origin)));
        }
        if let Some(entry) = project.cargo.config.env.iter().find(|entry| entry.name.value == *name) {
            return Some((entry.value.value.clone(), Some(entry.value.origin.clone())));
        }
        if let Some(value) = project.host_variable(name) {
            return Some((value.to_owned(), None));
        }
    }
    None
}
