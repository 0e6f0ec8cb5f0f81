//! Cargo.lock.

mod entries;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    path::Path,
    sync::{Arc, OnceLock},
};

use self::entries::Entry;
use super::{
    Gap,
    graph::{Answers, Known, Published, Skeletons},
    values::Reader,
};
use crate::{
    snapshot::{Read, Snapshot},
    syntax::Source,
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
    pub file: FileId,
    /// The format's version; 1 when nothing is said.
    pub version: u32,
    /// The packages, in the order of the file.
    pub packages: Arc<[LockedPackage]>,
    /// Indices of the packages, by name and then in the order of the file.
    by_name: Vec<usize>,
    /// What the packages from registries and repositories declare, as far as somebody has asked.
    pub(in crate::cargo) known: Vec<OnceLock<Arc<Known>>>,
    /// What else was read of the registry's crates.
    pub(in crate::cargo) published: Arc<Published>,
    /// What follows from the packages alone.
    pub(in crate::cargo) skeletons: Arc<Skeletons>,
    /// The last answers about what is compiled.
    pub(in crate::cargo) answers: Arc<Answers>,
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

impl LockedPackage {
    /// A package of the registry that everybody uses, as cargo would add it.
    pub(in crate::cargo) fn of_crates_io(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            source: Some(super::graph::CRATES_IO.to_owned()),
            dependencies: Vec::new(),
            span: Span::at(0),
            name_span: Span::at(0),
        }
    }
}

impl Lock {
    /// The place of a package's name.
    pub fn origin(&self, package: &LockedPackage) -> Origin {
        Origin::new(self.file.clone(), package.name_span)
    }

    /// All versions of a crate, as indices.
    pub fn find<'a>(&'a self, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        let name_of = |index: &usize| self.packages.get(*index).map(|package| package.name.as_str());
        let start = self.by_name.partition_point(move |index| name_of(index) < Some(name));
        let rest = self.by_name.get(start..).unwrap_or_default();
        rest.iter().copied().take_while(move |index| name_of(index) == Some(name))
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

/// A lock file changes seldom and is asked for with every keystroke elsewhere, so its facts stay with its text.
fn parse(source: &Arc<Source>) -> LockFile {
    LockFile::clone(&source.facts(|| read_text(source)))
}

fn read_text(source: &Source) -> LockFile {
    let reader = Reader::new(source);
    let entries = match entries::as_written(source.document().text()) {
        Some(entries) => entries,
        None => match reader.gap() {
            Some(gap) => return LockFile::Broken(gap),
            None => entries::of_tree(reader.root()),
        },
    };
    let (version, place) = entries.version.unwrap_or((1, Span::at(0)));
    if !(1..=NEWEST_VERSION).contains(&version) {
        let why = format!("is in version {version} of the lock file's format, which is not known here");
        return LockFile::Broken(Gap::at(reader.origin(place), why));
    }
    let packages = resolve(&entries.packages);
    let version = u32::try_from(version).unwrap_or_default();
    let known = vec![OnceLock::new(); packages.len()];
    let by_name = by_name(&packages);
    LockFile::Read(Arc::new(Lock {
        file: source.file().clone(),
        version,
        packages: packages.into(),
        by_name,
        known,
        published: Arc::default(),
        skeletons: Arc::default(),
        answers: Arc::default(),
    }))
}

fn by_name(packages: &[LockedPackage]) -> Vec<usize> {
    let mut by_name: Vec<usize> = (0..packages.len()).collect();
    by_name.sort_by_key(|index| packages.get(*index).map(|package| package.name.as_str()));
    by_name
}

/// Finds the packages that "name", "name version" and "name version (source)" stand for.
fn resolve<'t>(entries: &[Entry<'t>]) -> Vec<LockedPackage> {
    // Only looked up in, never walked through: their order does not show.
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        by_name.entry(entry.name).or_default().push(index);
    }
    let mut by_version: HashMap<(&str, &str), Vec<usize>> = HashMap::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        by_version.entry((entry.name, entry.version)).or_default().push(index);
    }
    let find = |wanted: &'t str| {
        let mut words = wanted.splitn(3, ' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next());
        let same_name = match version {
            Some(version) => by_version.get(&(name, version)),
            None => by_name.get(name),
        };
        let same_name = same_name.map(Vec::as_slice).unwrap_or_default();
        let source =
            words.next().map(|source| source.trim_start_matches('(').trim_end_matches(')').to_owned());
        same_name
            .iter()
            .copied()
            .filter(move |index| entries.get(*index).is_some_and(|entry| is(entry, source.as_deref())))
    };
    let package = |entry: &Entry<'t>| {
        let mut dependencies: Vec<usize> =
            entry.dependencies.iter().flat_map(|wanted| find(wanted)).collect();
        dependencies.sort_unstable();
        dependencies.dedup();
        LockedPackage {
            name: entry.name.to_owned(),
            version: entry.version.to_owned(),
            source: entry.source.map(str::to_owned),
            dependencies,
            span: entry.span,
            name_span: entry.name_span,
        }
    };
    entries.iter().map(package).collect()
}

/// Whether a package is the one with that source. A branch and a commit stand in the source of a package behind `?`
/// and `#`, and only in part in that of a dependency.
fn is(entry: &Entry<'_>, source: Option<&str>) -> bool {
    let same_source = |wanted: &str| {
        let own = entry.source.unwrap_or_default();
        own == wanted || own.split('#').next() == wanted.split('#').next()
    };
    source.is_none_or(same_source)
}
