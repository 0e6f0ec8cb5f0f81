//! Answers that are kept from one look at a project to the next.
//!
//! Most keystrokes change no dependency. What an answer follows from is the lock file's text and what the manifests say
//! of dependencies and features, wherever they say it; so an answer stays with the lock file, under a hash of the rest.

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

use super::{Gap, Lockfile, Members, Question, Resolution, registry::Caches, resolve_each, resolver};
use crate::{
    cargo::{
        CargoFacts, Lock, Manifest, Workspace,
        manifest::{Dependency, DependencySource},
    },
    snapshot::Snapshot,
};

/// Most answers that are kept: those of a project before and after an edit, and of the fixes that are tried.
const MAX_ANSWERS: usize = 24;

/// Most that they may hold together, in steps and reasons: in a workspace of hundreds of members one answer is large.
const MAX_WEIGHT: usize = 1_000_000;

/// The answers for the targets of one question.
type Each = Arc<[Arc<Resolution>]>;

/// The last answers, the oldest first.
#[derive(Debug, Default)]
pub struct Answers(Mutex<VecDeque<(u64, Each)>>);

/// Whether what was missing in cargo's caches still is.
fn still_lacks(snapshot: &Snapshot, lock: &Lock, resolution: &Resolution, lockfile: Lockfile<'_>) -> bool {
    let caches = Caches::new(&*snapshot.files, None);
    let is_there = |gap: &Gap| match gap {
        Gap::NotLocked { name, requirement, .. } if lockfile != Lockfile::AsItIs => {
            semver::VersionReq::parse(if requirement.is_empty() { "*" } else { requirement })
                .is_ok_and(|wanted| caches.newest(name, &wanted).is_some())
        }
        Gap::Unread { name, version, .. } => {
            let mut same = lock.find(name).filter_map(|index| lock.packages.get(index));
            same.find(|package| package.version == *version)
                .is_none_or(|package| caches.spec(package).is_ok())
        }
        _ => false,
    };
    !resolution.gaps.iter().any(is_there)
}

fn weight(each: &Each) -> usize {
    each.first().map_or(0, |resolution| resolution.answer.weight())
}

/// Answers a question about a project for several targets, from memory where nothing has changed that matters.
pub fn resolve_kept(
    snapshot: &Snapshot,
    cargo: &CargoFacts,
    question: &Question<'_>,
    targets: &[&str],
    lockfile: Lockfile<'_>,
) -> Each {
    let answer = || Each::from(resolve_each(snapshot, cargo, question, targets, lockfile));
    let (Some(workspace), Some(lock)) = (&cargo.workspace, cargo.lock.lock()) else { return answer() };
    let Some(key) = key(workspace, question, targets, lockfile) else { return answer() };
    let answers = || lock.answers.0.lock().unwrap_or_else(PoisonError::into_inner);
    let known = answers().iter().find(|(known, _)| *known == key).map(|(_, answer)| Arc::clone(answer));
    let is_as_it_was = |each: &Each| each.iter().all(|one| still_lacks(snapshot, lock, one, lockfile));
    if let Some(known) = known.filter(is_as_it_was) {
        return known;
    }
    let each = answer();
    let mut answers = answers();
    answers.retain(|(known, _)| *known != key);
    answers.push_back((key, Arc::clone(&each)));
    let mut left = MAX_WEIGHT;
    let fitting = answers.iter().rev().take(MAX_ANSWERS).take_while(|(_, answer)| {
        let fits = weight(answer) <= left;
        left = left.saturating_sub(weight(answer));
        fits
    });
    let too_many = answers.len() - fitting.count().max(1);
    answers.drain(..too_many);
    drop(answers);
    each
}

/// What an answer follows from besides the lock file; `None` where it follows from more than that.
fn key(
    workspace: &Workspace,
    question: &Question<'_>,
    targets: &[&str],
    lockfile: Lockfile<'_>,
) -> Option<u64> {
    let is_folder = |source: &DependencySource| matches!(source, DependencySource::Path(_));
    if question.members != Members::All || workspace.root.patches.iter().any(|one| is_folder(&one.source)) {
        return None;
    }
    let mut hash = DefaultHasher::new();
    (lockfile, targets, question.host, question.kinds as u8, question.towards).hash(&mut hash);
    (resolver(workspace), workspace.members.len(), workspace.local.len()).hash(&mut hash);
    for gap in workspace.all_gaps() {
        gap.why.hash(&mut hash);
    }
    for manifest in workspace.manifests() {
        of_manifest(manifest, &mut hash);
    }
    Some(hash.finish())
}

fn of_manifest(manifest: &Manifest, hash: &mut DefaultHasher) {
    let version = manifest.package.as_ref().and_then(|package| package.version.as_ref());
    (&manifest.folder, manifest.name(), version.map(|version| &version.value)).hash(hash);
    (manifest.is_proc_macro(), manifest.dependencies.len(), manifest.features.len()).hash(hash);
    for dependency in &manifest.dependencies {
        of_dependency(dependency, hash);
    }
    for feature in &manifest.features {
        feature.name.value.hash(hash);
        feature.values.len().hash(hash);
        feature.values.iter().for_each(|value| value.value.hash(hash));
    }
}

pub(super) fn of_dependency(dependency: &Dependency, hash: &mut DefaultHasher) {
    (&dependency.key.value, &dependency.crate_name, dependency.kind as u8).hash(hash);
    dependency.platform.as_ref().map(|platform| &platform.key.value).hash(hash);
    dependency.requirement.as_ref().map(|requirement| &requirement.value).hash(hash);
    (dependency.is_optional(), dependency.has_default_features(), dependency.features.len()).hash(hash);
    dependency.features.iter().for_each(|feature| feature.value.hash(hash));
    match &dependency.source {
        DependencySource::Registry => 0_u8.hash(hash),
        DependencySource::Path(path) => path.hash(hash),
        DependencySource::OtherRegistry(url) | DependencySource::Git(url) => url.hash(hash),
    }
}
