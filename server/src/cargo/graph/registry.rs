//! Finding what a locked package declares, in cargo's caches.

use std::{
    cell::OnceCell,
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use semver::{Version, VersionReq};

use super::{index, spec::Spec};
use crate::{
    cargo::{lock::LockedPackage, manifest},
    snapshot::{Files, Read, RegistryPart},
};

/// Most folders of one checkout that are looked into for a package.
const CHECKOUT_FOLDERS: usize = 4_000;

/// Deepest folder of a checkout.
const CHECKOUT_DEPTH: usize = 6;

/// The registry that everybody uses, as lock files name it.
pub(in crate::cargo) const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What was read of published crates so far. A version never changes, so it stays with the lock file.
#[derive(Debug, Default)]
pub struct Published {
    /// Only looked up in, so that the order of these maps does not show.
    specs: Mutex<HashMap<(String, String), Arc<Spec>>>,
    versions: Mutex<HashMap<String, Arc<[Version]>>>,
}

/// Cargo's caches.
pub(super) struct Caches<'a> {
    files: &'a dyn Files,
    published: Option<&'a Published>,
    unpacked: OnceCell<Arc<[String]>>,
    indices: OnceCell<Arc<[String]>>,
    checkouts: OnceCell<Arc<[String]>>,
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fitting<'t>(versions: impl Iterator<Item = &'t str>, requirement: &VersionReq) -> Vec<Version> {
    let versions = versions.filter_map(|version| Version::parse(version).ok());
    versions.filter(|version| requirement.matches(version)).collect()
}

impl<'a> Caches<'a> {
    pub(super) fn new(files: &'a dyn Files, published: Option<&'a Published>) -> Self {
        Self {
            files,
            published,
            unpacked: OnceCell::new(),
            indices: OnceCell::new(),
            checkouts: OnceCell::new(),
        }
    }

    /// What a package declares; otherwise one phrase why it is not known.
    pub(super) fn spec(&self, package: &LockedPackage) -> Result<Arc<Spec>, String> {
        let source = package.source.as_deref().unwrap_or_default();
        if let Some(url) = source.strip_prefix("git+") {
            let spec = self.checked_out(package, url).ok_or_else(|| "is not checked out".to_owned());
            return spec.map(Arc::new);
        }
        let published = self.published.filter(|_| source == CRATES_IO);
        let specs = published.map(|published| || locked(&published.specs));
        let key = || (package.name.clone(), package.version.clone());
        if let Some(known) = specs.as_ref().and_then(|specs| specs().get(&key()).map(Arc::clone)) {
            return Ok(known);
        }
        let spec = self
            .unpacked(package, source)
            .or_else(|| self.indexed(package, source))
            .ok_or_else(|| "is not in cargo's cache".to_owned());
        let spec = Arc::new(spec?);
        if let Some(specs) = specs {
            specs().insert(key(), Arc::clone(&spec));
        }
        Ok(spec)
    }

    fn unpacked(&self, package: &LockedPackage, source: &str) -> Option<Spec> {
        let registries = self.unpacked.get_or_init(|| self.list("registry/src"));
        let folder = format!("{}-{}", package.name, package.version);
        of_source(registries, source).find_map(|registry| {
            let path = Path::new("registry/src").join(registry).join(&folder).join("Cargo.toml");
            let Read::Text(text) = self.files.read_registry(&path, RegistryPart::Manifest) else {
                return None;
            };
            let said = manifest::declarations(&text, Path::new("/"), &manifest::Inheritance::default());
            Some(Spec::of_manifest(said.is_proc_macro, &said.dependencies, &said.features, false))
        })
    }

    fn indexed(&self, package: &LockedPackage, source: &str) -> Option<Spec> {
        let registries = self.indices.get_or_init(|| self.list("registry/index"));
        of_source(registries, source).find_map(|registry| {
            let path = index::path(registry, &package.name);
            match self.files.read_registry(&path, RegistryPart::Version(&package.version)) {
                Read::Text(text) => index::spec(text.document().text()),
                Read::Absent | Read::Unreadable(_) => None,
            }
        })
    }

    /// The versions of a crate of crates.io that will do, by the index; `None` where that is not at hand.
    pub(super) fn versions(&self, name: &str, requirement: &VersionReq) -> Option<Vec<Version>> {
        let fitting = |all: &[Version]| all.iter().filter(|one| requirement.matches(one)).cloned().collect();
        let known = |published: &Published| locked(&published.versions).get(name).map(Arc::clone);
        if let Some(all) = self.published.and_then(known) {
            return Some(fitting(&all));
        }
        let all: Arc<[Version]> = self.listed(name, RegistryPart::Versions)?.into();
        if let Some(published) = self.published {
            locked(&published.versions).insert(name.to_owned(), Arc::clone(&all));
        }
        Some(fitting(&all))
    }

    /// Those of [`Self::versions`] whose record has some text in it.
    pub(super) fn versions_with(
        &self,
        name: &str,
        requirement: &VersionReq,
        part: &str,
    ) -> Option<Vec<Version>> {
        let mut versions = self.listed(name, RegistryPart::VersionsWith(part))?;
        versions.retain(|version| requirement.matches(version));
        Some(versions)
    }

    /// Versions of a crate of crates.io, by the index.
    fn listed(&self, name: &str, part: RegistryPart<'_>) -> Option<Vec<Version>> {
        let registries = self.indices.get_or_init(|| self.list("registry/index"));
        of_source(registries, CRATES_IO).find_map(|registry| {
            let read = self.files.read_registry(&index::path(registry, name), part);
            let text = read.text()?.document().text();
            Some(text.lines().filter_map(|version| Version::parse(version).ok()).collect())
        })
    }

    /// The versions of a crate of crates.io that will do, of those that are unpacked.
    pub(super) fn unpacked_versions(&self, name: &str, requirement: &VersionReq) -> Vec<Version> {
        let registries = self.unpacked.get_or_init(|| self.list("registry/src"));
        let versions = of_source(registries, CRATES_IO).map(|registry| {
            // Sorted: a home holds thousands.
            let folders = self.list(&format!("registry/src/{registry}"));
            let prefix = format!("{name}-");
            let first = folders.partition_point(|folder| *folder < prefix);
            let own = folders.get(first..).unwrap_or_default().iter();
            fitting(own.map_while(|folder| folder.strip_prefix(&prefix)), requirement)
        });
        versions.flatten().collect()
    }

    /// The newest version of a crate of crates.io that will do: of the index, else of what is unpacked.
    pub(super) fn newest(&self, name: &str, requirement: &VersionReq) -> Option<String> {
        let indexed = self.versions(name, requirement).and_then(|versions| versions.into_iter().max());
        let unpacked = || self.unpacked_versions(name, requirement).into_iter().max();
        indexed.or_else(unpacked).map(|version| version.to_string())
    }

    fn list(&self, folder: &str) -> Arc<[String]> {
        self.files.list_registry(folder.as_ref()).unwrap_or_default()
    }

    /// A package of a repository: somewhere below `git/checkouts/REPOSITORY-HASH/COMMIT`.
    fn checked_out(&self, package: &LockedPackage, url: &str) -> Option<Spec> {
        let (url, commit) = url.rsplit_once('#')?;
        let url = url.split('?').next()?.trim_end_matches('/');
        let name = url.rsplit('/').next()?;
        let prefix = format!("{}-", name.strip_suffix(".git").unwrap_or(name).to_lowercase());
        let checkouts = self.checkouts.get_or_init(|| self.list("git/checkouts"));
        let same = checkouts.iter().filter(|checkout| {
            checkout
                .to_lowercase()
                .strip_prefix(&prefix)
                .is_some_and(|hash| !hash.contains('-') || hash.ends_with("-shallow"))
        });
        same.map(|checkout| Path::new("git/checkouts").join(checkout)).find_map(|checkout| {
            let commits = self.files.list_registry(&checkout)?;
            let short =
                commits.iter().find(|short| short.len() >= 7 && commit.starts_with(short.as_str()))?;
            self.package_below(&checkout.join(short), package)
        })
    }

    /// The shallowest package of that name and version.
    fn package_below(&self, checkout: &Path, package: &LockedPackage) -> Option<Spec> {
        let mut level: Vec<PathBuf> = vec![checkout.to_owned()];
        let mut left = CHECKOUT_FOLDERS;
        for _ in 0..CHECKOUT_DEPTH {
            let mut next = Vec::new();
            for folder in &level {
                let names = self.files.list_registry(folder).unwrap_or_default();
                if names.iter().any(|name| name == "Cargo.toml")
                    && let Some(spec) = self.package_in(folder, checkout, package)
                {
                    return Some(spec);
                }
                // What has an ending is a file, most likely.
                let folders = names.iter().filter(|name| !name.contains('.') && *name != "target");
                next.extend(folders.map(|name| folder.join(name)));
            }
            next.truncate(left);
            left -= next.len();
            level = next;
        }
        None
    }

    fn package_in(&self, folder: &Path, checkout: &Path, package: &LockedPackage) -> Option<Spec> {
        let read = |folder: &Path| {
            let path = folder.join("Cargo.toml");
            self.files.read_registry(&path, RegistryPart::Manifest).text().cloned()
        };
        let text = read(folder)?;
        let nothing = manifest::Inheritance::default();
        let alone = manifest::declarations(&text, folder, &nothing);
        let is_it = alone.name.as_ref() == Some(&package.name)
            && alone.version.as_ref().is_none_or(|version| *version == package.version);
        if !is_it {
            return None;
        }
        // The root that it inherits from: itself, or the nearest one above.
        let above = folder.ancestors().take_while(|above| above.starts_with(checkout));
        let root = above
            .filter_map(|above| Some((above, read(above)?)))
            .find(|(_, text)| text.toml().root.get("workspace").is_some());
        let from = root.map(|(above, text)| manifest::Inheritance::of(&text, above)).unwrap_or(nothing);
        let said = manifest::declarations(&text, folder, &from);
        Some(Spec::of_manifest(said.is_proc_macro, &said.dependencies, &said.features, false))
    }
}

/// The folders of a registry's caches: their names begin with its host. What replaces crates.io has a host of
/// its own, so there any other will do.
fn of_source<'n>(folders: &'n [String], source: &str) -> impl Iterator<Item = &'n str> {
    let is_crates_io = source == CRATES_IO || source.contains("index.crates.io");
    let address = source.split_once("//").map_or(source, |(_, address)| address);
    let host = address.split(['/', ':']).next().unwrap_or_default().to_owned();
    let belongs = move |folder: &str| {
        let own = folder.rsplit_once('-').map_or(folder, |(own, _)| own);
        own == host || is_crates_io && ["index.crates.io", "github.com"].contains(&own)
    };
    let first = folders.iter().map(String::as_str).filter({
        let belongs = belongs.clone();
        move |folder| belongs(folder)
    });
    let others = folders.iter().map(String::as_str).filter(move |folder| is_crates_io && !belongs(folder));
    first.chain(others)
}
