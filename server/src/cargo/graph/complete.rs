//! What a changed manifest would come to, once cargo has brought the lock file up to date.
//!
//! A feature that nobody asked for so far may need crates that the lock file does not have yet. Cargo would take
//! the newest version of the registry that will do; so does this, as far as the registry's index or its unpacked
//! crates are in cargo's caches.

use std::collections::{BTreeMap, BTreeSet};

use semver::VersionReq;

use super::{Gap, Question, Resolution, registry::Caches, resolve_among};
use crate::{
    cargo::{
        CargoFacts,
        lock::{LockFile, LockedPackage},
    },
    snapshot::Snapshot,
};

/// Most times that new packages may bring newer ones.
const MAX_ROUNDS: usize = 24;

/// Answers a question about a project whose lock file may be older than its manifests, and takes in what the lock
/// file would get. Gaps that are left say what is in no cache.
pub fn resolve_edited(snapshot: &Snapshot, cargo: &CargoFacts, question: &Question<'_>) -> Resolution {
    let caches = Caches::new(&*snapshot.files);
    let mut cargo = cargo.clone();
    let mut asked: BTreeSet<(String, String)> = BTreeSet::new();
    // The ways to new packages stand in no lock file, so nothing can be passed over.
    let mut resolution = resolve_among(snapshot, &cargo, question, &[]);
    for _ in 0..MAX_ROUNDS {
        let Some(lock) = cargo.lock.lock() else { break };
        let missing: BTreeMap<&str, &str> = resolution.gaps.iter().filter_map(unlocked).collect();
        let mut more = Vec::new();
        for (name, requirement) in missing {
            if !asked.insert((name.to_owned(), requirement.to_owned())) {
                continue;
            }
            let requirement = if requirement.is_empty() { "*" } else { requirement };
            let wanted = VersionReq::parse(requirement).ok();
            if let Some(version) = wanted.and_then(|wanted| caches.newest(name, &wanted)) {
                more.push(LockedPackage::of_crates_io(name, &version));
            }
        }
        if more.is_empty() {
            break;
        }
        cargo.lock = LockFile::Read(lock.with(more).into());
        resolution = resolve_among(snapshot, &cargo, question, &[]);
    }
    resolution
}

fn unlocked(gap: &Gap) -> Option<(&str, &str)> {
    match gap {
        Gap::NotLocked { name, requirement, .. } => Some((name, requirement)),
        _ => None,
    }
}
