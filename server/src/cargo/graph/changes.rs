//! What manifests ask for in another way than before.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hasher},
    sync::Arc,
};

use super::{kept::of_dependency, resolver};
use crate::cargo::{
    Manifest, Workspace,
    manifest::{Dependency, Feature},
};

/// The crates that a workspace asks for in another way than before, by name; `None` when more than dependencies has
/// changed.
pub fn asked_differently<'w>(before: &'w Workspace, after: &'w Workspace) -> Option<BTreeSet<&'w str>> {
    let (mut old, mut new) = (before.manifests(), after.manifests());
    let is_same_root = Arc::ptr_eq(&before.root.source, &after.root.source);
    let mut changed = BTreeSet::new();
    loop {
        let (old, new) = match (old.next(), new.next()) {
            (Some(old), Some(new)) => (old, new),
            (None, None) => break,
            _ => return None,
        };
        // A manifest that inherits changes with the root.
        if !(is_same_root && Arc::ptr_eq(&old.source, &new.source)) {
            changed.extend(of_manifest(old, new)?);
        }
    }
    let patches = |workspace: &'w Workspace| {
        let all = workspace.root.patches.iter();
        all.map(|patch| (&patch.crate_name.value, &patch.source)).collect::<Vec<_>>()
    };
    (resolver(before) == resolver(after) && patches(before) == patches(after)).then_some(changed)
}

fn of_manifest<'w>(old: &'w Manifest, new: &'w Manifest) -> Option<Vec<&'w str>> {
    let features = |all: &'w [Feature]| {
        let values = |one: &'w Feature| one.values.iter().map(|value| value.value.as_str()).collect();
        all.iter().map(|one| (one.name.value.as_str(), values(one))).collect::<Vec<(&str, Vec<&str>)>>()
    };
    if old.folder != new.folder || features(&old.features) != features(&new.features) {
        return None;
    }
    let hashes = |all: &'w [Dependency]| all.iter().map(hash).collect::<BTreeSet<u64>>();
    let (known, now) = (hashes(&old.dependencies), hashes(&new.dependencies));
    let others = |all: &'w [Dependency], there: &BTreeSet<u64>| {
        let all = all.iter().filter(|one| !there.contains(&hash(one)));
        all.map(|one| one.crate_name.as_str()).collect::<Vec<&str>>()
    };
    let mut changed = others(&old.dependencies, &now);
    changed.extend(others(&new.dependencies, &known));
    Some(changed)
}

fn hash(dependency: &Dependency) -> u64 {
    let mut hash = DefaultHasher::new();
    of_dependency(dependency, &mut hash);
    hash.finish()
}
