//! The locked packages with what they declare, read when they are first asked for.

use std::{
    cell::OnceCell,
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use semver::Version;

use super::{
    registry::Caches,
    spec::{Declared, HELPERS, ProcMacro, Spec},
};
use crate::{
    cargo::{
        Manifest, Workspace,
        lock::{Lock, LockedPackage},
        manifest::{self, DependencySource, Found},
    },
    snapshot::Snapshot,
};

/// Most packages in folders that are followed from patches.
const MAX_PATCHED: usize = 200;

/// A locked package, with the packages that its dependencies are locked to.
#[derive(Clone, Debug)]
pub struct Known {
    pub(super) spec: Spec,
    /// For each dependency of the spec, its place in the lock file.
    pub(super) locked: Vec<Option<usize>>,
}

/// All packages of a lock file.
pub(super) struct Packages<'a> {
    pub(super) lock: &'a Lock,
    workspace: &'a Workspace,
    snapshot: &'a Snapshot,
    caches: Caches<'a>,
    /// What was asked for so far.
    known: Vec<OnceCell<Result<Arc<Known>, String>>>,
    patched: OnceCell<Vec<Manifest>>,
    /// The manifests of the workspace by their packages' names; only looked up in, so that its order does not show.
    by_name: HashMap<&'a str, Vec<&'a Manifest>>,
}

impl<'a> Packages<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, workspace: &'a Workspace, lock: &'a Lock) -> Self {
        let mut by_name: HashMap<&str, Vec<&Manifest>> = HashMap::new();
        for manifest in workspace.manifests() {
            by_name.entry(manifest.name().unwrap_or_default()).or_default().push(manifest);
        }
        Self {
            lock,
            workspace,
            snapshot,
            caches: Caches::new(&*snapshot.files),
            known: vec![OnceCell::new(); lock.packages.len()],
            patched: OnceCell::new(),
            by_name,
        }
    }

    pub(super) fn package(&self, index: usize) -> Option<&'a LockedPackage> {
        self.lock.packages.get(index)
    }

    /// What a package declares.
    pub(super) fn known(&self, index: usize) -> Option<&Known> {
        self.look(index)?.map(|known| &**known).ok()
    }

    /// Whether a package is a procedural macro; where nothing but the lock file is at hand, by what it is
    /// locked with.
    pub(super) fn proc_macro(&self, index: usize) -> ProcMacro {
        if let Some(known) = self.known(index) {
            return known.spec.proc_macro;
        }
        let helps = |dependency: &usize| {
            self.package(*dependency).is_some_and(|package| HELPERS.contains(&package.name.as_str()))
        };
        let is_likely = self.package(index).is_some_and(|package| package.dependencies.iter().any(helps));
        if is_likely { ProcMacro::Likely } else { ProcMacro::No }
    }

    /// Why it is not known what a package declares.
    pub(super) fn why_unknown(&self, index: usize) -> Option<&str> {
        self.look(index)?.err().map(String::as_str)
    }

    fn look(&self, index: usize) -> Option<Result<&Arc<Known>, &String>> {
        let package = self.package(index)?;
        Some(self.known.get(index)?.get_or_init(|| self.read(index, package)).as_ref())
    }

    fn read(&self, index: usize, package: &LockedPackage) -> Result<Arc<Known>, String> {
        if package.source.is_none() {
            let manifest = self.manifest(package).ok_or("has no manifest that could be read")?;
            let spec =
                Spec::of_manifest(manifest.is_proc_macro(), &manifest.dependencies, &manifest.features, true);
            return Ok(Arc::new(self.connect(package, spec)));
        }
        // A published version never changes: what was once read stays with the lock file.
        let kept = self.lock.known.get(index);
        if let Some(known) = kept.and_then(|kept| kept.get()) {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(self.connect(package, self.caches.spec(package)?));
        if let Some(kept) = kept {
            let _ = kept.set(Arc::clone(&known));
        }
        Ok(known)
    }

    fn connect(&self, package: &LockedPackage, spec: Spec) -> Known {
        let locked = spec.dependencies.iter().map(|declared| self.locked(package, declared)).collect();
        Known { spec, locked }
    }

    /// The package that the lock file gives to a dependency.
    fn locked(&self, package: &LockedPackage, declared: &Declared) -> Option<usize> {
        let of_name = self.lock.find(&declared.crate_name);
        let candidates: Vec<usize> =
            of_name.filter(|index| package.dependencies.binary_search(index).is_ok()).collect();
        match candidates.as_slice() {
            [] => None,
            // A folder's version may have moved on since the file was locked.
            [single] if declared.is_foreign => Some(*single),
            _ => self.newest(candidates.iter().copied(), declared),
        }
    }

    /// Where cargo would look for a dependency that the lock file does not give to the package: among what is
    /// locked for others, the newest that will do.
    pub(super) fn elsewhere(&self, declared: &Declared) -> Option<usize> {
        self.newest(self.lock.find(&declared.crate_name), declared)
    }

    fn newest(&self, candidates: impl Iterator<Item = usize>, declared: &Declared) -> Option<usize> {
        let versions = candidates.filter_map(|index| {
            let version = Version::parse(&self.package(index)?.version).ok()?;
            declared
                .requirement
                .as_ref()
                .is_none_or(|wanted| wanted.matches(&version))
                .then_some((version, index))
        });
        versions.max().map(|(_, index)| index)
    }

    /// The place of a package of the workspace in the lock file.
    pub(super) fn of_manifest(&self, manifest: &Manifest) -> Option<usize> {
        let package = manifest.package.as_ref()?;
        let local = |index: &usize| self.package(*index).is_some_and(|package| package.source.is_none());
        let candidates: Vec<usize> = self.lock.find(&package.name.value).filter(local).collect();
        let version = package.version.as_ref().map_or("0.0.0", |version| version.value.as_str());
        let exact = candidates
            .iter()
            .find(|index| self.package(**index).is_some_and(|package| package.version == version));
        exact.or(candidates.first()).copied()
    }

    /// The manifest of a package that comes from a folder.
    fn manifest(&self, package: &LockedPackage) -> Option<&Manifest> {
        let is_it = |manifest: &&Manifest| manifest.name() == Some(&package.name);
        let has_version = |manifest: &&Manifest| {
            let own = manifest.package.as_ref().and_then(|package| package.version.as_ref());
            own.is_some_and(|own| own.value == package.version)
        };
        let own = self.by_name.get(package.name.as_str()).map(Vec::as_slice).unwrap_or_default();
        own.iter().copied().find(has_version).or(own.first().copied()).or_else(|| {
            let patched = self.patched.get_or_init(|| self.read_patched());
            patched.iter().filter(is_it).find(has_version).or_else(|| patched.iter().find(is_it))
        })
    }

    /// Packages in folders that patches bring in, and the folders that those depend on.
    fn read_patched(&self) -> Vec<Manifest> {
        let patches = self.workspace.root.patches.iter().map(|patch| &patch.source);
        let mut open: Vec<PathBuf> = patches.filter_map(folder).map(Path::to_owned).collect();
        let mut seen = BTreeSet::new();
        let mut manifests = Vec::new();
        while let Some(folder_path) = open.pop().filter(|_| manifests.len() < MAX_PATCHED) {
            if !seen.insert(folder_path.clone()) {
                continue;
            }
            if let Found::Manifest(manifest) = manifest::read(self.snapshot, &folder_path, None) {
                let sources = manifest.dependencies.iter().map(|dependency| &dependency.source);
                open.extend(sources.filter_map(folder).map(Path::to_owned));
                manifests.push(*manifest);
            }
        }
        manifests
    }
}

fn folder(source: &DependencySource) -> Option<&Path> {
    match source {
        DependencySource::Path(path) => Some(path),
        DependencySource::Registry | DependencySource::Git(_) => None,
    }
}
