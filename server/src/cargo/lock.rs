//! Cargo.lock.

use std::{
    collections::{BTreeMap, VecDeque},
    path::Path,
    sync::Arc,
};

use super::{Gap, values::Reader};
use crate::{
    snapshot::{Read, Snapshot},
    syntax::{
        Source,
        toml::{Table, Value},
    },
    text::{FileId, Origin, Span},
};

/// The newest format that is known; a newer one may mean something else.
const NEWEST_VERSION: i64 = 4;

/// What became of the lock file.
#[derive(Clone, Debug)]
pub enum LockFile {
    /// There is none.
    Absent,
    /// It is there and says nothing that could be relied on.
    Broken(Gap),
    /// Its packages.
    Read(Arc<Lock>),
}

impl LockFile {
    /// The packages, when they could be read.
    pub fn lock(&self) -> Option<&Arc<Lock>> {
        match self {
            Self::Read(lock) => Some(lock),
            Self::Absent | Self::Broken(_) => None,
        }
    }

    /// Why they could not.
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Broken(gap) => Some(gap),
            Self::Absent | Self::Read(_) => None,
        }
    }
}

/// The packages of a lock file.
#[derive(Clone, Debug)]
pub struct Lock {
    /// The file.
    pub source: Arc<Source>,
    /// The format's version; 1 when nothing is said.
    pub version: u32,
    /// The packages, in the order of the file.
    pub packages: Vec<LockedPackage>,
}

/// One locked package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedPackage {
    /// The crate's name.
    pub name: String,
    /// The exact version.
    pub version: String,
    /// The source ("registry+…", "git+…"); `None` for a package of the workspace or a path dependency.
    pub source: Option<String>,
    /// Its dependencies, as indices into [`Lock::packages`], sorted. Normal, build and dev are not told
    /// apart, optional ones and those of other platforms are there too.
    pub dependencies: Vec<usize>,
    /// Its entry in the file, from the header to the last key.
    pub span: Span,
    /// The value of its name.
    pub name_span: Span,
}

impl Lock {
    /// The place of a package's name.
    pub fn origin(&self, package: &LockedPackage) -> Origin {
        Origin::new(self.source.file().clone(), package.name_span)
    }

    /// All versions of a crate, as indices.
    pub fn find<'a>(&'a self, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        let packages = self.packages.iter().enumerate();
        packages.filter(move |(_, package)| package.name == name).map(|(index, _)| index)
    }

    /// The packages that come from no registry and no repository: the workspace's own and path
    /// dependencies, as indices.
    pub fn local(&self) -> impl Iterator<Item = usize> + '_ {
        let packages = self.packages.iter().enumerate();
        packages.filter(|(_, package)| package.source.is_none()).map(|(index, _)| index)
    }

    /// A shortest way from one of some packages to another, both ends included; of equally short ones the
    /// first in the order of the file.
    pub fn shortest_path(&self, from: impl IntoIterator<Item = usize>, to: usize) -> Option<Vec<usize>> {
        // For each package that was reached, the one that it was reached from; a start is its own.
        let mut reached: Vec<Option<usize>> = vec![None; self.packages.len()];
        let mut queue = VecDeque::new();
        for start in from {
            if let Some(slot @ None) = reached.get_mut(start) {
                *slot = Some(start);
                queue.push_back(start);
            }
        }
        while let Some(current) = queue.pop_front().filter(|current| *current != to) {
            let dependencies = self.packages.get(current).map(|package| package.dependencies.as_slice());
            for next in dependencies.unwrap_or_default() {
                if let Some(slot @ None) = reached.get_mut(*next) {
                    *slot = Some(current);
                    queue.push_back(*next);
                }
            }
        }
        let mut path = vec![to];
        let mut current = to;
        loop {
            let before = reached.get(current).copied().flatten()?;
            if before == current {
                path.reverse();
                return Some(path);
            }
            path.push(before);
            current = before;
        }
    }

    /// The names along [`Self::shortest_path`] from the workspace's own packages to a crate.
    pub fn path_to(&self, to: usize) -> Vec<&str> {
        let path = self.shortest_path(self.local(), to).unwrap_or_default();
        path.into_iter().filter_map(|index| Some(self.packages.get(index)?.name.as_str())).collect()
    }
}

/// Reads the lock file in `folder`.
pub fn read(snapshot: &Snapshot, folder: &Path) -> LockFile {
    let path = folder.join("Cargo.lock");
    match snapshot.files.read(&path) {
        Read::Absent => LockFile::Absent,
        Read::Unreadable(why) => LockFile::Broken(Gap::file(FileId::new(path), why)),
        Read::Text(source) => parse(&source),
    }
}

fn parse(source: &Arc<Source>) -> LockFile {
    let reader = Reader::new(source);
    if let Some(gap) = reader.gap() {
        return LockFile::Broken(gap);
    }
    let root = reader.root();
    let written = root.get("version");
    let version = written.and_then(Value::as_integer).unwrap_or(1);
    if let Some(value) = written.filter(|_| !(1..=NEWEST_VERSION).contains(&version)) {
        let why = format!("is in version {version} of the lock file's format, which is not known here");
        return LockFile::Broken(Gap::at(reader.origin(value.span), why));
    }
    let list = root.get("package").and_then(Value::as_array).unwrap_or_default();
    // Before 2018 the package itself stood in a table of its own.
    let root_package = root.get("root").and_then(Value::as_table);
    let tables: Vec<&Table> =
        root_package.into_iter().chain(list.iter().filter_map(Value::as_table)).collect();
    let mut packages: Vec<LockedPackage> = Vec::with_capacity(tables.len());
    let mut dependencies: Vec<Vec<&str>> = Vec::with_capacity(tables.len());
    for table in tables {
        let Some((package, wanted)) = package(table) else { continue };
        packages.push(package);
        dependencies.push(wanted);
    }
    resolve(&mut packages, &dependencies);
    let version = u32::try_from(version).unwrap_or_default();
    LockFile::Read(Arc::new(Lock { version, packages, source: Arc::clone(source) }))
}

/// One package, its dependencies still as they are written.
fn package(table: &Table) -> Option<(LockedPackage, Vec<&str>)> {
    let name = table.get("name")?;
    let text = |key| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let wanted = table.get("dependencies").and_then(Value::as_array).unwrap_or_default();
    let package = LockedPackage {
        name: name.as_str()?.to_owned(),
        version: text("version")?,
        source: text("source"),
        dependencies: Vec::new(),
        span: Span::new(table.span.start(), table.body_end.max(table.span.end())),
        name_span: name.span,
    };
    Some((package, wanted.iter().filter_map(Value::as_str).collect()))
}

/// Finds the packages that "name", "name version" and "name version (source)" stand for.
fn resolve(packages: &mut [LockedPackage], dependencies: &[Vec<&str>]) {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, package) in packages.iter().enumerate() {
        by_name.entry(&package.name).or_default().push(index);
    }
    let mut found: Vec<Vec<usize>> = Vec::with_capacity(packages.len());
    for wanted in dependencies {
        let mut indices: Vec<usize> = wanted
            .iter()
            .flat_map(|wanted| {
                let mut words = wanted.splitn(3, ' ');
                let same_name = words.next().and_then(|name| by_name.get(name)).map(Vec::as_slice);
                let version = words.next();
                let source = words.next().map(|source| source.trim_start_matches('(').trim_end_matches(')'));
                let packages = &*packages;
                let candidates = same_name.unwrap_or_default().iter().copied();
                candidates.filter(move |index| {
                    packages.get(*index).is_some_and(|package| is(package, version, source))
                })
            })
            .collect();
        indices.sort_unstable();
        indices.dedup();
        found.push(indices);
    }
    for (package, indices) in packages.iter_mut().zip(found) {
        package.dependencies = indices;
    }
}

/// Whether a package is the one with that version and source. A branch and a commit stand in the source of
/// a package behind `?` and `#`, and only in part in that of a dependency.
fn is(package: &LockedPackage, version: Option<&str>, source: Option<&str>) -> bool {
    let same_source = |wanted: &str| {
        let own = package.source.as_deref().unwrap_or_default();
        own == wanted || own.split('#').next() == wanted.split('#').next()
    };
    version.is_none_or(|version| package.version == version) && source.is_none_or(same_source)
}

#[cfg(test)]
mod tests;
