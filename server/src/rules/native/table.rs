//! What is known of crates by their versions and features, for where the feature graph cannot say: there is no lock file,
//! or cargo's caches do not have what it names.

use std::collections::{BTreeSet, VecDeque};

use super::blame::{self, Culprit};
use crate::{
    cargo::{
        Manifest,
        manifest::{Dependency, DependencyKind, DependencySource},
    },
    knowledge::{self, Brings, Brought, NativeCrate, NativeKind},
    project::Project,
};

/// What the table says of a dependency and a native crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// The crate, or this version of it, is not in the table.
    Nothing,
    /// It does not bring it with these features.
    No,
    /// It brings it, and has it look for its library as its kind does.
    Yes,
    /// It brings it, and has it build its own copy of the library.
    OwnCopy,
}

/// Whether a dependency brings a native crate into a program for Linux.
pub fn says(project: &Project, manifest: &Manifest, dependency: &Dependency, native: &NativeCrate) -> Says {
    let feature = |names: &[&str]| asked(manifest, dependency).iter().any(|asked| names.contains(asked));
    if dependency.crate_name == native.name {
        return if feature(native.unlinked) {
            Says::No
        } else if feature(native.bundled) {
            Says::OwnCopy
        } else {
            Says::Yes
        };
    }
    match brought(project, manifest, dependency) {
        None => Says::Nothing,
        Some(all) => match all.iter().find(|one| one.name == native.name) {
            None => Says::No,
            Some(one) if one.own_copy => Says::OwnCopy,
            Some(_) => Says::Yes,
        },
    }
}

/// The native crates that a dependency brings; `None` where the table does not have its version.
pub fn brought(project: &Project, manifest: &Manifest, dependency: &Dependency) -> Option<Vec<Brought>> {
    let row = row(project, dependency)?;
    Some(row.with(dependency.has_default_features(), asked(manifest, dependency)))
}

/// The features of a dependency that bring a native crate, "default" among them; none where any do.
pub fn features_for(
    project: &Project,
    manifest: &Manifest,
    dependency: &Dependency,
    name: &str,
) -> Vec<String> {
    let Some(row) = row(project, dependency) else { return Vec::new() };
    let brings = |all: Vec<Brought>| all.iter().any(|one| one.name == name);
    if brings(row.with(false, [])) {
        return Vec::new();
    }
    let mut features = asked(manifest, dependency);
    if dependency.has_default_features() {
        features.insert("default");
    }
    features.into_iter().filter(|one| brings(row.with(false, [*one]))).map(str::to_owned).collect()
}

fn row(project: &Project, dependency: &Dependency) -> Option<&'static Brings> {
    if dependency.source != DependencySource::Registry {
        return None;
    }
    knowledge::brings(&dependency.crate_name, &blame::version(project, dependency))
}

/// The features of a dependency that are asked for: by its own list, and by the package's default features.
fn asked<'p>(manifest: &'p Manifest, dependency: &'p Dependency) -> BTreeSet<&'p str> {
    let own = dependency.features.iter().map(|feature| feature.value.as_str());
    let key = dependency.key.value.as_str();
    let by_features = on_by_default(manifest).into_iter().filter_map(|value| {
        let (of, feature) = value.split_once('/')?;
        (of.trim_end_matches('?') == key).then_some(feature)
    });
    own.chain(by_features).collect()
}

/// Whether a dependency is compiled with the package's default features.
pub fn is_on(manifest: &Manifest, dependency: &Dependency) -> bool {
    let name = dependency.key.value.as_str();
    let enables = |value: &str| {
        value == name
            || value.strip_prefix("dep:") == Some(name)
            || value.split_once('/').is_some_and(|(of, _)| of == name)
    };
    !dependency.is_optional() || on_by_default(manifest).into_iter().any(enables)
}

/// All that the default features of a package turn on, as written.
fn on_by_default(manifest: &Manifest) -> BTreeSet<&str> {
    let mut on: BTreeSet<&str> = BTreeSet::new();
    let mut queue = VecDeque::from(["default"]);
    while let Some(feature) = queue.pop_front() {
        let declared = manifest.features.iter().find(|one| one.name.value == feature);
        for value in declared.iter().flat_map(|one| &one.values) {
            if on.insert(value.value.as_str()) {
                queue.push_back(value.value.as_str());
            }
        }
    }
    on
}

/// Whether a dependency is compiled into a program for a target, as far as its own package says.
pub fn is_live(manifest: &Manifest, dependency: &Dependency, triple: &str) -> bool {
    dependency.kind == DependencyKind::Normal
        && blame::is_for(dependency, triple)
        && is_on(manifest, dependency)
}

/// What all of some dependencies come to: the one that brings a native crate, and how.
pub fn verdict<'p>(
    project: &Project,
    culprits: Vec<Culprit<'p>>,
    native: &NativeCrate,
) -> Option<(Culprit<'p>, Says)> {
    let mut best: Option<(Culprit<'p>, Says)> = None;
    for culprit in culprits {
        let says = says(project, culprit.manifest, culprit.dependency, native);
        let rank = |says: Says| match says {
            Says::No => 0,
            Says::Nothing => 1,
            Says::Yes => 2,
            // Features are unified: this one decides for all.
            Says::OwnCopy => 3,
        };
        if says != Says::No && best.as_ref().is_none_or(|(_, known)| rank(says) > rank(*known)) {
            best = Some((culprit, says));
        }
    }
    best
}

/// Whether the lock file leaves it open that a native crate builds its own copy: what it is locked with are the
/// dependencies of all features that anybody asks for.
pub fn may_be_bundled(project: &Project, native: &NativeCrate) -> bool {
    let Some(lock) = project.cargo.lock.lock() else { return false };
    let mut signs: Vec<&str> = native.signs_of_copy().collect();
    match native.kind {
        NativeKind::SystemOnly | NativeKind::Source => return false,
        NativeKind::System | NativeKind::Fallback if signs.is_empty() => signs.extend(["cc", "cmake"]),
        NativeKind::System | NativeKind::Fallback => {}
    }
    let entries = lock.find(native.name).filter_map(|index| lock.packages.get(index));
    let mut dependencies = entries.flat_map(|entry| &entry.dependencies);
    dependencies.any(|index| lock.packages.get(*index).is_some_and(|one| signs.contains(&one.name.as_str())))
}
