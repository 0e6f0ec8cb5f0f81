//! Which features the crates offer that a manifest depends on.

use super::{packages::Packages, registry::Caches};
use crate::{
    cargo::{
        CargoFacts, Manifest,
        lock::LockedPackage,
        manifest::{Dependency, DependencySource},
    },
    snapshot::Snapshot,
};

/// Most versions of a crate that are looked through.
const MAX_VERSIONS: usize = 100;

/// What a dependency offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The version that is locked, or that cargo would take.
    pub version: String,
    /// The names of the features that can be asked for, sorted.
    pub features: Vec<String>,
}

/// What all that a project depends on declares, as far as it is at hand.
pub struct Declarations<'a> {
    packages: Option<Packages<'a>>,
    caches: Caches<'a>,
}

impl std::fmt::Debug for Declarations<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Declarations").field("is_locked", &self.packages.is_some()).finish_non_exhaustive()
    }
}

impl<'a> Declarations<'a> {
    /// The declarations of a project.
    pub fn new(snapshot: &'a Snapshot, cargo: &'a CargoFacts) -> Self {
        let both = cargo.workspace.as_ref().zip(cargo.lock.lock());
        let packages = both.map(|(workspace, lock)| Packages::new(snapshot, workspace, lock));
        let published = cargo.lock.lock().map(|lock| &*lock.published);
        Self { packages, caches: Caches::new(&*snapshot.files, published) }
    }

    /// What a dependency offers in the version that is locked, or that cargo would take; `None` where no declaration
    /// of it is at hand.
    pub fn offered(&self, manifest: &Manifest, dependency: &Dependency) -> Option<Offered> {
        self.locked(manifest, dependency).or_else(|| self.newest(dependency))
    }

    /// Whether the locked version of a dependency has a feature; `None` where no declaration of it is at hand.
    pub fn locked_has(&self, manifest: &Manifest, dependency: &Dependency, feature: &str) -> Option<bool> {
        let to = self.place(manifest, dependency)?;
        Some(self.packages.as_ref()?.known(to)?.spec.feature(feature).is_some())
    }

    /// What the locked version of a dependency offers.
    pub fn locked(&self, manifest: &Manifest, dependency: &Dependency) -> Option<Offered> {
        let packages = self.packages.as_ref()?;
        let to = self.place(manifest, dependency)?;
        let features = packages.known(to)?.spec.feature_names().map(str::to_owned).collect();
        Some(Offered { version: packages.package(to)?.version.clone(), features })
    }

    /// Where the lock file leads a dependency.
    fn place(&self, manifest: &Manifest, dependency: &Dependency) -> Option<usize> {
        let packages = self.packages.as_ref()?;
        let own = packages.known(packages.of_manifest(manifest)?)?;
        let same = own.spec.of_key(&dependency.key.value);
        let mut fitting = same
            .filter(|place| own.spec.dependencies.get(*place).is_some_and(|one| one.kind == dependency.kind));
        let place = fitting.next()?;
        let declared = own.spec.dependencies.get(place)?;
        let locked = own.locked.get(place).copied().flatten();
        locked.map(|to| to as usize).or_else(|| packages.elsewhere(declared))
    }

    /// Whether some version that would do has a feature; `None` where not all of them are known. Cargo takes an older
    /// one when the newest lacks it, and a newer one when the locked one does.
    pub fn some_version_has(&self, dependency: &Dependency, feature: &str) -> Option<bool> {
        let requirement = semver::VersionReq::parse(&dependency.requirement.as_ref()?.value).ok()?;
        if dependency.source != DependencySource::Registry {
            return None;
        }
        let name = &dependency.crate_name;
        // What no record speaks of, no version has.
        let all = self.caches.versions_with(name, &requirement, &format!("\"{feature}\""));
        let is_whole = all.is_some();
        let mut versions = all.unwrap_or_else(|| self.caches.unpacked_versions(name, &requirement));
        versions.sort();
        let has = |version: &semver::Version| {
            let package = LockedPackage::of_crates_io(name, &version.to_string());
            let spec = self.caches.spec(&package);
            spec.is_ok_and(|spec| spec.feature_names().any(|name| name == feature))
        };
        let found = versions.iter().rev().take(MAX_VERSIONS).any(has);
        (found || is_whole).then_some(found)
    }

    /// What the newest version offers that would do.
    pub fn newest(&self, dependency: &Dependency) -> Option<Offered> {
        let requirement = &dependency.requirement.as_ref()?.value;
        if dependency.source != DependencySource::Registry {
            return None;
        }
        let requirement = semver::VersionReq::parse(requirement).ok()?;
        let version = self.caches.newest(&dependency.crate_name, &requirement)?;
        let package = LockedPackage::of_crates_io(&dependency.crate_name, &version);
        let spec = self.caches.spec(&package).ok()?;
        Some(Offered { version, features: spec.feature_names().map(str::to_owned).collect() })
    }
}
