//! The locked packages with what they declare, read when they are first asked for.

use std::{
    cell::{Cell, OnceCell},
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use semver::{Version, VersionReq};

use super::{
    registry::Caches,
    spec::{Declared, Spec},
};
use crate::{
    cargo::{
        Manifest, Workspace,
        lock::{Lock, LockedPackage},
        manifest::{self, DependencySource, Found, Patch},
    },
    snapshot::Snapshot,
};

/// Most packages in folders that are followed from patches.
const MAX_PATCHED: usize = 200;

/// A locked package, with the packages that its dependencies are locked to.
#[derive(Debug)]
pub struct Known {
    pub(super) spec: Arc<Spec>,
    /// For each dependency of the spec, its place in the lock file.
    pub(super) locked: Vec<Option<u32>>,
    /// For each feature that it asks for, its place among those of the package that is asked.
    pub(super) places: Places,
}

impl Known {
    /// Whether the lock file itself says where a dependency leads.
    pub(super) fn is_settled(&self, position: usize) -> bool {
        self.locked.get(position).is_some_and(Option::is_some)
    }
}

/// Positions that were looked up by name once.
#[derive(Debug)]
pub(super) struct Places(Box<[AtomicU32]>);

impl Places {
    /// Nobody has looked.
    const NEW: u32 = u32::MAX;
    /// There is nothing of that name.
    const NONE: u32 = u32::MAX - 1;

    fn new(count: usize) -> Self {
        Self(std::iter::repeat_with(|| AtomicU32::new(Self::NEW)).take(count).collect())
    }

    /// What is known, or what `find` finds, which must find the same each time.
    pub(super) fn get_or(&self, place: usize, find: impl FnOnce() -> Option<usize>) -> Option<usize> {
        let Some(slot) = self.0.get(place) else { return find() };
        match slot.load(Ordering::Relaxed) {
            Self::NEW => {
                let found = find();
                let position =
                    found.map(u32::try_from).map_or(Self::NONE, |found| found.unwrap_or(Self::NEW));
                slot.store(position, Ordering::Relaxed);
                found
            }
            Self::NONE => None,
            position => usize::try_from(position).ok(),
        }
    }
}

/// Most packages that a changed manifest may bring.
const MAX_NEW: usize = 512;

/// Packages that the lock file does not have yet, in the order in which somebody asked for them.
struct Newcomers {
    packages: Vec<OnceCell<LockedPackage>>,
    count: Cell<usize>,
    is_closed: Cell<bool>,
}

/// All packages of a lock file, and where manifests are newer, those that cargo would add to it.
pub(super) struct Packages<'a> {
    pub(super) lock: &'a Lock,
    newcomers: Option<Newcomers>,
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
            newcomers: None,
            workspace,
            snapshot,
            caches: Caches::new(&*snapshot.files, Some(&lock.published)),
            known: vec![OnceCell::new(); lock.packages.len()],
            patched: OnceCell::new(),
            by_name,
        }
    }

    /// The same, bringing the lock file up to date: a dependency that it does not have leads to what cargo would add,
    /// the newest version that will do.
    pub(super) fn updating(mut self) -> Self {
        self.newcomers = Some(Newcomers {
            packages: vec![OnceCell::new(); MAX_NEW],
            count: Cell::new(0),
            is_closed: Cell::new(false),
        });
        self.known.resize(self.capacity(), OnceCell::new());
        self
    }

    /// How many packages there can be.
    pub(super) fn capacity(&self) -> usize {
        self.lock.packages.len() + self.newcomers.as_ref().map_or(0, |new| new.packages.len())
    }

    pub(super) fn package(&self, index: usize) -> Option<&LockedPackage> {
        self.lock.packages.get(index).or_else(|| self.newcomer(index.checked_sub(self.lock.packages.len())?))
    }

    fn newcomer(&self, number: usize) -> Option<&LockedPackage> {
        self.newcomers.as_ref()?.packages.get(number)?.get()
    }

    /// All versions of a crate.
    fn find<'s>(&'s self, name: &'s str) -> impl Iterator<Item = usize> + 's {
        let count = self.newcomers.as_ref().map_or(0, |new| new.count.get());
        let is_it = move |number: &usize| self.newcomer(*number).is_some_and(|package| package.name == name);
        let new = (0..count).filter(is_it).map(|number| self.lock.packages.len() + number);
        self.lock.find(name).chain(new)
    }

    /// Whether nothing more is added.
    pub(super) fn stop_adding(&self, stop: bool) {
        if let Some(newcomers) = &self.newcomers {
            newcomers.is_closed.set(stop);
        }
    }

    /// Adds what cargo would add for a dependency.
    fn add(&self, declared: &Declared) -> Option<usize> {
        let newcomers = self.newcomers.as_ref().filter(|new| !declared.is_foreign && !new.is_closed.get())?;
        let is_patch = |patch: &Patch| *patch.crate_name.value == *declared.crate_name;
        if self.workspace.root.patches.iter().any(is_patch) {
            return None;
        }
        let any = VersionReq::STAR;
        let requirement = declared.requirement.as_ref().unwrap_or(&any);
        let version = self.caches.newest(&declared.crate_name, requirement)?;
        let number = newcomers.count.get();
        let slot = newcomers.packages.get(number)?;
        slot.set(LockedPackage::of_crates_io(&declared.crate_name, &version)).ok()?;
        newcomers.count.set(number + 1);
        Some(self.lock.packages.len() + number)
    }

    /// The packages that were added.
    pub(super) fn added(&self) -> Vec<LockedPackage> {
        let all = self.newcomers.iter().flat_map(|new| &new.packages);
        all.map_while(|package| package.get().cloned()).collect()
    }

    /// What was read of each package.
    pub(super) fn read_so_far(&self) -> Vec<Option<Arc<Known>>> {
        let known = self.known.iter().map(|known| known.get()?.as_ref().ok().map(Arc::clone));
        known.collect()
    }

    /// What a package declares.
    pub(super) fn known(&self, index: usize) -> Option<&Known> {
        self.look(index)?.map(|known| &**known).ok()
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
            return Ok(Arc::new(self.connect(package, Arc::new(spec))));
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

    fn connect(&self, package: &LockedPackage, spec: Arc<Spec>) -> Known {
        let locked = spec.dependencies.iter().map(|declared| self.locked(package, declared));
        let locked = locked.map(|place| place.and_then(|place| u32::try_from(place).ok())).collect();
        let places = Places::new(spec.wishes);
        Known { spec, locked, places }
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
        self.newest(self.find(&declared.crate_name), declared).or_else(|| self.add(declared))
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
        DependencySource::Registry | DependencySource::OtherRegistry(_) | DependencySource::Git(_) => None,
    }
}
