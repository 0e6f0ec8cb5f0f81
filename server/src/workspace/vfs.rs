//! The files of one workspace folder: the disk's, and over them the texts that an editor holds.
//!
//! Every answer is kept, so a snapshot is consistent and an unchanged file is neither read nor parsed
//! again. A change makes a new *generation* of answers (copied only while a snapshot still holds
//! the old one); what a snapshot has been told stays true for it.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    disk::{self, Look, ReadError, Stamp},
    registry::Registry,
    root::normalize,
};
use crate::{
    snapshot::{Files, Kind, Read, RegistryPart},
    syntax::Source,
    text::FileId,
};

/// The files of one workspace folder.
#[derive(Debug)]
pub struct Vfs {
    generation: Arc<Generation>,
}

impl Vfs {
    /// The files below `root`, an absolute folder. Of `cargo_home`, the configuration may be read too.
    pub fn new(root: &Path, cargo_home: Option<&Path>) -> Self {
        let root = normalize(root);
        let place = Place { fence: disk::resolve(&root), root, cargo_home: cargo_home.map(normalize) };
        let generation = Generation {
            place: Arc::new(place),
            overlay: BTreeMap::new(),
            texts: Arc::default(),
            inside: Mutex::default(),
            outside: Mutex::default(),
            registry: Arc::new(Registry::new(cargo_home)),
        };
        Self { generation: Arc::new(generation) }
    }

    /// The workspace folder.
    pub fn root(&self) -> &Path {
        &self.generation.place.root
    }

    /// The files as they are now. What it answers once, it answers always.
    pub fn snapshot(&self) -> Arc<dyn Files> {
        Arc::clone(&self.generation) as Arc<dyn Files>
    }

    /// Whether an editor's text lies over the file.
    pub fn has_overlay(&self, path: &Path) -> bool {
        self.generation.overlay.contains_key(&normalize(path))
    }

    /// Puts the editor's text over a file. The same text again changes nothing.
    pub fn set_overlay(&mut self, path: &Path, text: impl Into<Arc<str>>) {
        let (path, text) = (normalize(path), text.into());
        let held = self.generation.overlay.get(&path);
        if held.is_some_and(|held| *held.document().text() == *text) {
            return;
        }
        let source = Arc::new(Source::from_text(FileId::new(path.as_path()), text));
        // No answer about the disk depends on the overlay, so none is forgotten at a keystroke.
        Arc::make_mut(&mut self.generation).overlay.insert(path, source);
    }

    /// Goes back to what the disk has.
    pub fn remove_overlay(&mut self, path: &Path) {
        let path = normalize(path);
        if self.generation.overlay.contains_key(&path) {
            let generation = Arc::make_mut(&mut self.generation);
            generation.overlay.remove(&path);
            generation.forget(&path);
        }
    }

    /// Forgets what is known of a path: somebody said that it changed on disk.
    pub fn invalidate(&mut self, path: &Path) {
        let generation = Arc::make_mut(&mut self.generation);
        generation.forget(&normalize(path));
        // Nobody watches cargo's caches; what makes it download shows elsewhere first.
        generation.registry = Arc::new(generation.registry.renewed());
    }

    /// Looks again at everything that was asked for so far, and forgets what changed. Says whether
    /// something did. For clients that watch no files.
    pub fn refresh(&mut self) -> bool {
        let inside = lock(&self.generation.inside).changed(Some(&self.generation.place.fence));
        let outside = lock(&self.generation.outside).changed(None);
        let registry = self.generation.registry.refreshed();
        if inside.is_empty() && outside.is_empty() && registry.is_none() {
            return false;
        }
        let generation = Arc::make_mut(&mut self.generation);
        lock(&generation.inside).remove(&inside);
        lock(&generation.outside).remove(&outside);
        if let Some(registry) = registry {
            generation.registry = Arc::new(registry);
        }
        true
    }
}

/// What a `Vfs` may look at.
#[derive(Debug)]
struct Place {
    root: PathBuf,
    /// The root with its links followed: nothing inside may lead out of it.
    fence: PathBuf,
    cargo_home: Option<PathBuf>,
}

impl Place {
    /// Whether a file outside the root can be part of cargo's configuration: a `config` or
    /// `config.toml` in a `.cargo` folder or in CARGO_HOME, or a file that another one includes
    /// (cargo wants those to end in `.toml`).
    fn is_cargo_config(&self, path: &Path) -> bool {
        if path.extension().is_some_and(|extension| extension == "toml") {
            return true;
        }
        let folder = path.parent();
        let in_config_folder = folder.is_some_and(|folder| folder.file_name().is_some_and(|n| n == ".cargo"))
            || (folder.is_some() && folder == self.cargo_home.as_deref());
        in_config_folder && path.file_name().is_some_and(|name| name == "config")
    }
}

/// Texts from disk, shared by all generations, so that a file which stayed the same is not parsed
/// again though somebody announced a change.
type Texts = Mutex<HashMap<PathBuf, (Stamp, Arc<Source>)>>;

#[derive(Debug)]
struct Generation {
    place: Arc<Place>,
    overlay: BTreeMap<PathBuf, Arc<Source>>,
    texts: Arc<Texts>,
    inside: Mutex<Known>,
    /// Looked at without the fence: cargo's configuration, and programs.
    outside: Mutex<Known>,
    registry: Arc<Registry>,
}

impl Clone for Generation {
    fn clone(&self) -> Self {
        Self {
            place: Arc::clone(&self.place),
            overlay: self.overlay.clone(),
            texts: Arc::clone(&self.texts),
            inside: Mutex::new(lock(&self.inside).clone()),
            outside: Mutex::new(lock(&self.outside).clone()),
            registry: Arc::clone(&self.registry),
        }
    }
}

/// What has been asked and answered.
#[derive(Clone, Debug, Default)]
struct Known(HashMap<Arc<Path>, Answers>);

#[derive(Clone, Debug)]
struct Answers {
    look: Arc<Look>,
    read: Option<Read>,
    names: Names,
}

/// The names in a folder.
#[derive(Clone, Debug)]
enum Names {
    NotAsked,
    Unknown,
    Sorted(Arc<[String]>),
}

impl Known {
    /// Paths whose answers are no longer true.
    fn changed(&self, fence: Option<&Path>) -> Vec<Arc<Path>> {
        let stale = |path: &Path, answers: &Answers| {
            if disk::look(path, fence) != *answers.look {
                return true;
            }
            // The stamp is the same, but was it the last change of its tick?
            let is_fresh = answers.look.stamp.is_some_and(|stamp| stamp.is_fresh());
            let Some(Read::Text(source)) = answers.read.as_ref().filter(|_| is_fresh) else { return false };
            !matches!(disk::read_text(path), Ok((text, _)) if text == source.document().text())
        };
        self.0
            .iter()
            .filter(|(path, answers)| stale(path, answers))
            .map(|(path, _)| Arc::clone(path))
            .collect()
    }

    fn remove(&mut self, paths: &[Arc<Path>]) {
        for path in paths {
            self.0.remove(path);
        }
    }

    /// The answers for `path`, looking at it first when nobody has yet.
    fn entry(&mut self, path: &Path, fence: Option<&Path>) -> &mut Answers {
        self.0.entry(path.into()).or_insert_with(|| Answers {
            look: Arc::new(disk::look(path, fence)),
            read: None,
            names: Names::NotAsked,
        })
    }
}

impl Generation {
    /// Forgets a path, what leads to it, the folder that lists it, and what lies below it.
    fn forget(&mut self, path: &Path) {
        let parent = path.parent();
        let resolved = disk::resolve(path);
        for known in [&self.inside, &self.outside] {
            lock(known).0.retain(|known, answers| {
                let leads_here = answers.look.leads_to.as_deref() == Some(resolved.as_path());
                !(known.starts_with(path) || Some(&**known) == parent || leads_here)
            });
        }
    }

    /// The editor's text of a path, or of the file that the path is a link to.
    fn overlaid(&self, path: &Path) -> Option<&Arc<Source>> {
        self.overlay.get(path).or_else(|| {
            if self.overlay.is_empty() {
                return None;
            }
            let look = Arc::clone(&lock(&self.inside).entry(path, Some(&self.place.fence)).look);
            look.leads_to.as_deref().and_then(|target| self.overlay.get(target))
        })
    }

    fn read_in(&self, known: &Mutex<Known>, path: &Path, fence: Option<&Path>) -> Read {
        let look = {
            let mut known = lock(known);
            let answers = known.entry(path, fence);
            if let Some(read) = &answers.read {
                return read.clone();
            }
            Arc::clone(&answers.look)
        };
        // Reading and parsing go on without the lock; whoever answers first is believed.
        let read = self.read_disk(path, &look);
        lock(known).entry(path, fence).read.get_or_insert(read).clone()
    }

    fn read_disk(&self, path: &Path, look: &Look) -> Read {
        if let Some(why) = &look.refusal {
            return Read::Unreadable(why.clone());
        }
        if look.kind == Kind::Absent {
            return Read::Absent;
        }
        let held = lock(&self.texts).get(path).cloned();
        if let (Some((stamp, source)), Some(now)) = (&held, look.stamp)
            && *stamp == now
            && !now.is_fresh()
        {
            return Read::Text(Arc::clone(source));
        }
        match disk::read_text(path) {
            Ok((text, stamp)) => {
                let source = match held {
                    Some((_, source)) if source.document().text() == text => source,
                    _ => Arc::new(Source::from_text(FileId::new(path), text)),
                };
                lock(&self.texts).insert(path.to_owned(), (stamp, Arc::clone(&source)));
                Read::Text(source)
            }
            Err(ReadError::Absent) => Read::Absent,
            Err(ReadError::Unreadable(why)) => Read::Unreadable(why),
        }
    }

    /// The path as it is known by, if it lies inside the workspace folder.
    fn inside(&self, path: &Path) -> Option<PathBuf> {
        let path = normalize(path);
        path.starts_with(&self.place.root).then_some(path)
    }
}

impl Files for Generation {
    fn read(&self, path: &Path) -> Read {
        let Some(path) = self.inside(path) else {
            return Read::Unreadable("outside the workspace".to_owned());
        };
        if let Some(source) = self.overlaid(&path) {
            let limit = disk::size_limit(&path);
            return if source.document().text().len() > limit {
                Read::Unreadable(disk::too_large(limit))
            } else {
                Read::Text(Arc::clone(source))
            };
        }
        self.read_in(&self.inside, &path, Some(&self.place.fence))
    }

    fn read_cargo_config(&self, path: &Path) -> Read {
        if self.inside(path).is_some() {
            return self.read(path);
        }
        let path = normalize(path);
        if let Some(source) = self.overlay.get(&path) {
            return Read::Text(Arc::clone(source));
        }
        if !path.is_absolute() || !self.place.is_cargo_config(&path) {
            return Read::Unreadable("not a file of cargo's configuration".to_owned());
        }
        self.read_in(&self.outside, &path, None)
    }

    fn kind(&self, path: &Path) -> Kind {
        let Some(path) = self.inside(path) else { return Kind::Unknown };
        let kind = lock(&self.inside).entry(&path, Some(&self.place.fence)).look.kind;
        // A file that only the editor has so far is as good as there.
        if kind == Kind::Absent && self.overlay.contains_key(&path) {
            return Kind::File { executable: false };
        }
        kind
    }

    fn program(&self, path: &Path) -> Kind {
        let path = normalize(path);
        if !path.is_absolute() {
            return Kind::Unknown;
        }
        lock(&self.outside).entry(&path, None).look.kind
    }

    fn list(&self, folder: &Path) -> Option<Vec<String>> {
        let folder = self.inside(folder)?;
        let mut names: Vec<String> = {
            let mut known = lock(&self.inside);
            let answers = known.entry(&folder, Some(&self.place.fence));
            if matches!(answers.names, Names::NotAsked) {
                let is_folder = answers.look.kind == Kind::Folder;
                let names = if is_folder { disk::list(&folder) } else { None };
                answers.names = names.map_or(Names::Unknown, |names| Names::Sorted(names.into()));
            }
            match &answers.names {
                Names::Sorted(names) => names.to_vec(),
                Names::NotAsked | Names::Unknown => return None,
            }
        };
        let in_editor = self.overlay.keys().filter(|path| path.parent() == Some(&folder));
        for name in in_editor.filter_map(|path| path.file_name()?.to_str()) {
            if let Err(at) = names.binary_search_by(|known| known.as_str().cmp(name)) {
                names.insert(at, name.to_owned());
            }
        }
        Some(names)
    }

    fn read_registry(&self, path: &Path, part: RegistryPart<'_>) -> Read {
        self.registry.read(path, part)
    }

    fn list_registry(&self, folder: &Path) -> Option<Arc<[String]>> {
        self.registry.list(folder)
    }
}

/// A panic elsewhere while the lock was held leaves answers that are still true.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "vfs_tests.rs"]
mod tests;
