//! What the server knows, under one short lock.
//!
//! Notifications change it before they return, in the order of the wire. Nobody computes, reads a file
//! or waits while holding the lock.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::{
    builds::Results,
    convert::{capabilities::Features, position::Encoding},
    documents::{Change, OpenDocument},
    publish::OpenFile,
    roots,
    settings::UserSettings,
    verdicts::{Entry, Verdicts},
};
use crate::{
    analysis::Analysis,
    nix::Settled,
    snapshot::{Settings, Snapshot},
    text::FileId,
};

/// How long an analysis waits for the end of an input that does not end.
const FAIRNESS: Duration = Duration::from_millis(50);

/// The state, its lock, and the bells that ring when it changes.
#[derive(Debug)]
pub struct Shared {
    state: Mutex<State>,
    /// Rings when there is something to analyse.
    work: Condvar,
    /// Rings when Nix is to be asked.
    question: Condvar,
    /// Rings when an analysis is done.
    done: watch::Sender<()>,
    /// Rings when a client that pulls has old diagnostics.
    old: watch::Sender<()>,
    /// Rings when inlay hints that the client may show are old.
    old_hints: watch::Sender<()>,
}

/// A project about which Nix is to be asked.
#[derive(Debug)]
pub struct Question {
    /// Its folder.
    pub folder: PathBuf,
    /// The user's wishes.
    pub settings: Settings,
    /// What it said last.
    pub known: Arc<Settled>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            work: Condvar::new(),
            question: Condvar::new(),
            done: watch::channel(()).0,
            old: watch::channel(()).0,
            old_hints: watch::channel(()).0,
        }
    }
}

impl Shared {
    /// Locks the state. A panic elsewhere while the lock was held leaves a state that still serves.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes the analysis if that asks for one.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = change(&mut state);
        let ready = state.has_work() && !state.more_to_read;
        let asks = state.trusts() && state.roots.values().any(|root| root.asks);
        drop(state);
        if ready {
            self.work.notify_one();
        }
        if asks {
            self.question.notify_one();
        }
        result
    }

    /// Waits until Nix is to be asked about a project.
    pub fn wait_for_question(&self) -> Question {
        let mut state = self.lock();
        loop {
            if let Some(question) = state.take_question() {
                return question;
            }
            state = self.question.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Says whether messages have arrived that nobody has looked at yet: of edits that come in one go,
    /// only the last text is worth an analysis.
    pub fn set_more_to_read(&self, more: bool) {
        self.change(|state| state.more_to_read = more);
    }

    /// Waits until there is something to analyse.
    pub fn wait_for_work(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        loop {
            if !state.has_work() {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else if state.more_to_read {
                // A client that never stops sending still gets its diagnostics.
                let waited = self.work.wait_timeout(state, FAIRNESS);
                let timed_out;
                (state, timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
                if timed_out.timed_out() {
                    return state;
                }
            } else {
                return state;
            }
        }
    }

    /// Says that an analysis is done.
    pub fn announce(&self) {
        self.done.send_replace(());
    }

    /// Says that diagnostics which the client may have pulled are old.
    pub fn announce_old_diagnostics(&self) {
        self.old.send_replace(());
    }

    /// Hears of diagnostics that are old.
    pub fn old_diagnostics(&self) -> watch::Receiver<()> {
        self.old.subscribe()
    }

    /// Says that inlay hints which the client may show are old.
    pub fn announce_old_hints(&self) {
        self.old_hints.send_replace(());
    }

    /// Hears of inlay hints that are old.
    pub fn old_hints(&self) -> watch::Receiver<()> {
        self.old_hints.subscribe()
    }

    /// The newest look at the project of a file, once it is up to date with what the client has sent.
    pub async fn look_at(&self, file: &FileId) -> Option<Arc<Look>> {
        let mut done = self.done.subscribe();
        loop {
            {
                let state = self.lock();
                let root = state.root_of(file.path())?;
                if !root.dirty {
                    return root.latest.clone().filter(|_| !root.failed);
                }
            }
            done.changed().await.ok()?;
        }
    }

    /// The newest look at every project, once all are up to date.
    pub async fn look_at_all(&self) -> Vec<Arc<Look>> {
        let mut done = self.done.subscribe();
        loop {
            {
                let state = self.lock();
                if !state.has_work() {
                    return state.usable_looks();
                }
            }
            if done.changed().await.is_err() {
                return Vec::new();
            }
        }
    }
}

/// One look at a project, and what was looked at.
#[derive(Debug)]
pub struct Look {
    /// The files, host and settings.
    pub snapshot: Snapshot,
    /// What it came to.
    pub analysis: Analysis,
    /// The documents that were open, with the versions that were looked at.
    pub open: Arc<BTreeMap<FileId, OpenFile>>,
    /// What the last builds and audits came to.
    pub verdicts: Arc<Verdicts>,
}

/// What an earlier server kept of a project.
#[derive(Debug)]
pub struct Recalled {
    /// What its last builds and audits came to.
    pub verdicts: Verdicts,
    /// What they made, as far as it is still there.
    pub results: Vec<Results>,
}

/// A folder that is analysed as one project.
#[derive(Debug, Default)]
pub struct Root {
    /// Whether something changed since the latest look.
    pub dirty: bool,
    /// Whether the disk should be looked at again first.
    pub stale: bool,
    /// Files that somebody said have changed on disk.
    pub invalid: BTreeSet<PathBuf>,
    /// The newest look.
    pub latest: Option<Arc<Look>>,
    /// Whether the last analysis panicked: the newest look is older than the texts.
    pub failed: bool,
    /// Whether Nix is to be asked about it.
    pub asks: bool,
    /// What Nix has said of it.
    pub settled: Arc<Settled>,
    /// What the last builds left behind, by target and flake attribute.
    pub built: BTreeMap<(String, Option<String>), Arc<Results>>,
    /// What the last builds and audits came to; `None` before the first look, which reads what was kept of them.
    pub verdicts: Option<Arc<Verdicts>>,
}

impl Root {
    fn touch(&mut self) {
        self.dirty = true;
    }

    fn keep_results(&mut self, results: Results) {
        let subject = &results.subject;
        let key = (subject.target.clone(), subject.attribute.clone());
        self.built.insert(key, Arc::new(results));
    }

    /// Takes the verdicts that an earlier server kept; those of this one count before them.
    pub fn recall(&mut self, kept: Recalled) {
        for results in kept.results {
            let key = (results.subject.target.clone(), results.subject.attribute.clone());
            self.built.entry(key).or_insert_with(|| Arc::new(results));
        }
        let mut all = kept.verdicts;
        all.join(self.verdicts.as_deref().unwrap_or(&Verdicts::default()));
        self.verdicts = Some(Arc::new(all));
    }
}

/// What the server knows.
#[derive(Debug, Default)]
pub struct State {
    /// What the client can.
    pub features: Features,
    /// How positions are counted.
    pub encoding: Encoding,
    /// The settings.
    pub settings: UserSettings,
    /// Whether messages have arrived that nobody has looked at yet.
    more_to_read: bool,
    /// Counts the changes: an analysis of an older count is stale.
    pub generation: u64,
    /// The open documents.
    pub documents: BTreeMap<FileId, OpenDocument>,
    /// The projects, by folder.
    pub roots: BTreeMap<PathBuf, Root>,
    /// The folders that the client has open.
    folders: BTreeSet<PathBuf>,
    /// Whether the client wants the lines of builds.
    pub wants_notifications: bool,
    /// Whether a project came or went since the last publication.
    pub unsettled: bool,
}

impl State {
    /// Whether a project waits for its analysis, or is gone and its diagnostics must go with it.
    pub fn has_work(&self) -> bool {
        self.unsettled || self.roots.values().any(|root| root.dirty)
    }

    /// The project that a file belongs to: the innermost one.
    pub fn root_of(&self, path: &Path) -> Option<&Root> {
        path.ancestors().find_map(|folder| self.roots.get(folder))
    }

    fn usable_looks(&self) -> Vec<Arc<Look>> {
        self.roots.values().filter(|root| !root.failed).filter_map(|root| root.latest.clone()).collect()
    }

    /// Adds and removes folders of the workspace.
    pub fn change_folders(&mut self, added: Vec<PathBuf>, removed: &[PathBuf]) {
        for folder in removed {
            self.folders.remove(folder);
        }
        self.folders.extend(added);
        self.settle_roots();
    }

    /// Opens a document. Its file need not exist.
    pub fn open(&mut self, file: FileId, document: OpenDocument) {
        self.touch(&file);
        self.documents.insert(file, document);
        self.settle_roots();
    }

    /// Changes an open document; says what was wrong otherwise.
    pub fn edit(&mut self, file: &FileId, version: i32, changes: &[Change]) -> Result<(), String> {
        let encoding = self.encoding;
        let document = self.documents.get_mut(file).ok_or("it is not open")?;
        let held = document.version;
        if !document.change(version, changes, encoding) {
            return Err(format!("version {version} follows version {held}"));
        }
        self.touch(file);
        Ok(())
    }

    /// Closes a document: the disk's text counts again.
    pub fn close(&mut self, file: &FileId) {
        if self.documents.remove(file).is_none() {
            return;
        }
        self.touch(file);
        self.invalidate(file.path());
        self.settle_roots();
    }

    /// Takes what a build or an audit came to, and what it left behind.
    pub fn built(&mut self, folder: &Path, results: Option<Results>, verdict: Entry) {
        if let Some(root) = self.roots.get_mut(folder) {
            if let Some(results) = results {
                root.keep_results(results);
            }
            if let Some(known) = &root.verdicts {
                let mut verdicts = Verdicts::clone(known);
                verdicts.take(verdict);
                root.verdicts = Some(Arc::new(verdicts));
            }
            root.touch();
            self.generation += 1;
        }
    }

    /// Takes new settings; says whether they differ.
    pub fn set_settings(&mut self, settings: UserSettings) -> bool {
        if self.settings == settings {
            return false;
        }
        self.settings = settings;
        if !self.trusts() {
            for root in self.roots.values_mut() {
                root.settled = Arc::default();
            }
        }
        self.touch_all();
        true
    }

    /// A file was saved: Nix is asked about its project, as soon as the user trusts it. (The settings may come later
    /// than the first save.)
    pub fn ask_about(&mut self, path: &Path) {
        let folder = path.ancestors().find(|folder| self.roots.contains_key(*folder));
        if let Some(root) = folder.and_then(|folder| self.roots.get_mut(folder)) {
            root.asks = true;
        }
    }

    /// Whether anything of the workspace may be run on save. Only the editor's settings can say so.
    fn trusts(&self) -> bool {
        self.settings.trusted && self.settings.deep_check_on_save
    }

    /// Whether a question about a project may be asked, or go on: it is still trusted, and not asked anew.
    pub fn may_ask(&self, folder: &Path) -> bool {
        self.trusts() && self.roots.get(folder).is_some_and(|root| !root.asks)
    }

    fn take_question(&mut self) -> Option<Question> {
        if !self.trusts() {
            return None;
        }
        let (folder, root) = self.roots.iter_mut().find(|(_, root)| root.asks)?;
        root.asks = false;
        Some(Question {
            folder: folder.clone(),
            settings: self.settings.analysis.clone(),
            known: Arc::clone(&root.settled),
        })
    }

    /// Takes what Nix said of a project.
    pub fn settle(&mut self, folder: &Path, settled: Arc<Settled>) {
        if !self.may_ask(folder) {
            return;
        }
        self.generation += 1;
        if let Some(root) = self.roots.get_mut(folder) {
            root.settled = settled;
            root.touch();
        }
    }

    /// Somebody said that a file changed on disk.
    pub fn invalidate(&mut self, path: &Path) {
        self.generation += 1;
        for root in self.roots.values_mut() {
            root.invalid.insert(path.to_owned());
            // A new file may be one that was looked for, or the first of a folder: only a look tells.
            root.touch();
        }
    }

    /// Somebody said that files changed on disk.
    pub fn disk_changed(&mut self, paths: &[PathBuf]) {
        for path in paths {
            self.invalidate(path);
        }
        // The first manifest makes a folder a project, the last one gone unmakes it.
        self.settle_roots();
    }

    /// Asks for a new look at the disk if nobody watches it for us.
    pub fn recheck_unwatched_disk(&mut self) {
        if !self.features.watches_files {
            self.recheck_disk();
            self.settle_roots();
        }
    }

    fn recheck_disk(&mut self) {
        self.touch_all();
        for root in self.roots.values_mut() {
            root.stale = true;
        }
    }

    /// Marks the projects that a file may matter to.
    fn touch(&mut self, file: &FileId) {
        self.generation += 1;
        // Outside of every project lies what any of them may read: cargo's configuration further up.
        let is_shared = self.root_of(file.path()).is_none();
        for (folder, root) in &mut self.roots {
            let reads =
                root.latest.as_ref().is_none_or(|look| look.analysis.files.binary_search(file).is_ok());
            if reads || is_shared || file.path().starts_with(folder) {
                root.touch();
            }
        }
    }

    fn touch_all(&mut self) {
        self.generation += 1;
        self.roots.values_mut().for_each(Root::touch);
    }

    /// Makes the projects those of the workspace's folders and of the open documents.
    pub fn settle_roots(&mut self) {
        let paths: Vec<&Path> = self.documents.keys().map(FileId::path).collect();
        let wanted = roots::of_workspace(&self.folders, &paths);
        if wanted.iter().eq(self.roots.keys()) {
            return;
        }
        self.unsettled = true;
        self.roots.retain(|folder, _| wanted.contains(folder));
        for folder in wanted {
            self.roots.entry(folder).or_insert_with(|| Root { dirty: true, ..Root::default() });
        }
        // What a project that is gone had to say about a file goes with it.
        self.touch_all();
    }
}
