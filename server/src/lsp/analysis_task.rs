//! The one place where projects are analysed and diagnostics published.
//!
//! A thread of its own with a large stack: a deep tree must not end the server, and a hop to a pool costs
//! more than a keystroke's analysis. There is no timer: edits that arrive during an analysis make it
//! stale, and the next one sees them all at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use super::{
    builds::Results,
    convert::{capabilities::Features, position::Encoding},
    hooks,
    outbox::Outbox,
    publish::{self, OpenFile, Publisher, View},
    requests::inlay,
    settings::UserSettings,
    state::{Look, Recalled, Shared, State},
    tell::Teller,
    verdicts::{self, Verdicts},
};
use crate::{
    analysis::{self, Analysis},
    build::plan::target_folder,
    nix::Settled,
    snapshot::{Host, Snapshot},
    text::FileId,
    workspace::{Vfs, host},
};

/// Room for trees as deep as `syntax::limits` lets them be, in a debug build.
pub const STACK: usize = 256 * 1024 * 1024;

/// Starts the thread. It lives as long as the process.
pub fn start(shared: Arc<Shared>, outbox: Outbox) -> std::io::Result<()> {
    let run = move || {
        let mut task = Task {
            shared,
            host: Arc::new(host::detect()),
            projects: BTreeMap::new(),
            teller: Teller::new(outbox.clone()),
            publisher: Publisher::new(outbox),
        };
        loop {
            task.step();
        }
    };
    thread::Builder::new().name("analysis".to_owned()).stack_size(STACK).spawn(run)?;
    Ok(())
}

struct Task {
    shared: Arc<Shared>,
    /// This machine.
    host: Arc<Host>,
    projects: BTreeMap<PathBuf, Project>,
    publisher: Publisher,
    teller: Teller,
}

/// The files of one project.
struct Project {
    files: Vfs,
    /// Open documents that lie over the disk's.
    over: BTreeSet<FileId>,
}

/// What one step works on: all that it needs of the state.
struct Job {
    generation: u64,
    settings: UserSettings,
    features: Features,
    encoding: Encoding,
    /// Whether the client wants to be told of the targets.
    tells: bool,
    open: Arc<BTreeMap<FileId, OpenFile>>,
    folders: BTreeSet<PathBuf>,
    dirty: Vec<Changes>,
}

/// What happened to one project's files on disk.
struct Changes {
    folder: PathBuf,
    stale: bool,
    invalid: BTreeSet<PathBuf>,
    settled: Arc<Settled>,
    built: Vec<Arc<Results>>,
    verdicts: Option<Arc<Verdicts>>,
}

/// What became of one project.
struct Outcome {
    folder: PathBuf,
    /// `None` when its analysis panicked.
    look: Option<Arc<Look>>,
    /// What an earlier server kept, when this is the first look.
    recalled: Option<Recalled>,
}

impl Task {
    fn step(&mut self) {
        let shared = Arc::clone(&self.shared);
        let job = {
            let mut state = shared.wait_for_work();
            Job::take(&mut state)
        };
        // What was installed or removed meanwhile is no file of the workspace.
        if job.dirty.iter().any(|changes| changes.stale || !changes.invalid.is_empty()) {
            self.host = Arc::new(host::detect());
        }
        self.projects.retain(|folder, _| job.folders.contains(folder));
        let host = self.host_for(&job.settings);
        let mut outcomes = Vec::new();
        for changes in &job.dirty {
            let snapshot = self.snapshot(changes, &job, &host);
            let look = catch_unwind(AssertUnwindSafe(|| {
                hooks::analysis_begins(&snapshot);
                let mut analysis = analysis::analyze(&snapshot);
                add_built(&mut analysis, &changes.built);
                let recalled = changes.verdicts.is_none().then(|| recall(&analysis));
                let kept = || recalled.as_ref().map(|kept| Arc::new(kept.verdicts.clone()));
                let verdicts = changes.verdicts.clone().or_else(kept).unwrap_or_default();
                (Arc::new(Look { snapshot, analysis, open: Arc::clone(&job.open), verdicts }), recalled)
            }));
            if look.is_err() {
                tracing::error!(folder = %changes.folder.display(), "the analysis panicked; its diagnostics stay");
            }
            let (look, recalled) = look.map_or((None, None), |(look, recalled)| (Some(look), recalled));
            outcomes.push(Outcome { folder: changes.folder.clone(), look, recalled });
        }
        self.finish(&job, outcomes);
    }

    /// Stores and publishes, unless something has changed in between: then the next step does.
    fn finish(&mut self, job: &Job, outcomes: Vec<Outcome>) {
        let failed: BTreeSet<PathBuf> =
            outcomes.iter().filter(|one| one.look.is_none()).map(|one| one.folder.clone()).collect();
        let (before, looks) = {
            let mut state = self.shared.lock();
            if state.generation != job.generation {
                return;
            }
            let before: Vec<Arc<Look>> =
                state.roots.values().filter_map(|root| root.latest.clone()).collect();
            for Outcome { folder, look, recalled } in outcomes {
                if let Some(root) = state.roots.get_mut(&folder) {
                    root.dirty = false;
                    root.failed = look.is_none();
                    if look.is_some() {
                        root.latest = look;
                    }
                    if let Some(recalled) = recalled {
                        root.recall(recalled);
                    }
                }
            }
            state.unsettled = false;
            let looks: Vec<Arc<Look>> = state.roots.values().filter_map(|root| root.latest.clone()).collect();
            (before, looks)
        };
        if job.features.publish_diagnostics {
            let view = View {
                looks: &looks,
                open: &job.open,
                failed: &failed,
                features: job.features,
                encoding: job.encoding,
            };
            let publish = catch_unwind(AssertUnwindSafe(|| self.publisher.prepare(&view)));
            let state = self.shared.lock();
            match publish {
                Ok(changed) if state.generation == job.generation => self.publisher.publish(changed),
                Ok(_) => {}
                Err(_) => tracing::error!("converting the diagnostics panicked; the old ones stay"),
            }
        }
        self.shared.announce();
        if !job.features.publish_diagnostics && publish::changes_unedited(&before, &looks) {
            self.shared.announce_old_diagnostics();
        }
        if job.features.refreshes_hints && inlay::has_changed(&before, &looks) {
            self.shared.announce_old_hints();
        }
        // Last: nobody waits for it.
        if job.tells {
            self.teller.tell(&looks);
        }
    }

    fn host_for(&self, settings: &UserSettings) -> Arc<Host> {
        match &settings.host {
            Some(triple) if *triple != self.host.triple => Arc::new(Host::foreign(triple.clone())),
            _ => Arc::clone(&self.host),
        }
    }

    fn snapshot(&mut self, changes: &Changes, job: &Job, host: &Arc<Host>) -> Snapshot {
        let cargo_home = self.host.cargo_home.clone();
        let project = self
            .projects
            .entry(changes.folder.clone())
            .or_insert_with(|| Project::new(&changes.folder, cargo_home.as_deref()));
        project.update(changes, &job.open);
        Snapshot {
            root: changes.folder.as_path().into(),
            files: project.files.snapshot(),
            host: Arc::clone(host),
            settings: Arc::new(job.settings.analysis.clone()),
            settled: Arc::clone(&changes.settled),
        }
    }
}

/// What an earlier server kept of the last builds and audits.
fn recall(analysis: &Analysis) -> Recalled {
    let project = &analysis.project;
    let folder = target_folder(project);
    let verdicts = verdicts::read(&folder, project.root());
    let results = verdicts.files_below(&folder);
    let results = results.map(|(subject, files)| Results::of_files(subject, files)).collect();
    Recalled { verdicts, results }
}

/// Adds what builds have found, as far as the files still read as they did then.
fn add_built(analysis: &mut Analysis, built: &[Arc<Results>]) {
    for (finding, text) in built.iter().flat_map(|results| &results.findings) {
        let now = analysis.project.source(&finding.origin.file);
        let is_same = match (&now, text) {
            (Some(now), Some(then)) => now.document().text() == &**then,
            (None, None) => true,
            _ => false,
        };
        if is_same && !analysis.findings.contains(finding) {
            analysis.findings.push(finding.clone());
        }
    }
    analysis.findings.sort_by(|a, b| (&a.origin, a.rule, &a.message).cmp(&(&b.origin, b.rule, &b.message)));
}

impl Project {
    fn new(folder: &Path, cargo_home: Option<&Path>) -> Self {
        Self { files: Vfs::new(folder, cargo_home), over: BTreeSet::new() }
    }

    fn update(&mut self, changes: &Changes, open: &BTreeMap<FileId, OpenFile>) {
        for path in &changes.invalid {
            self.files.invalidate(path);
        }
        if changes.stale {
            self.files.refresh();
        }
        let closed: Vec<FileId> =
            self.over.iter().filter(|file| !open.contains_key(*file)).cloned().collect();
        for file in closed {
            self.files.remove_overlay(file.path());
            self.over.remove(&file);
        }
        for (file, document) in open {
            self.files.set_overlay(file.path(), Arc::clone(&document.text));
            self.over.insert(file.clone());
        }
    }
}

impl Job {
    fn take(state: &mut State) -> Self {
        let dirty = state.roots.iter_mut().filter(|(_, root)| root.dirty);
        let dirty = dirty
            .map(|(folder, root)| Changes {
                folder: folder.clone(),
                stale: std::mem::take(&mut root.stale),
                invalid: std::mem::take(&mut root.invalid),
                settled: Arc::clone(&root.settled),
                built: root.built.values().cloned().collect(),
                verdicts: root.verdicts.clone(),
            })
            .collect();
        let open = state.documents.iter_mut().map(|(file, document)| {
            let open =
                OpenFile { uri: document.uri.clone(), version: document.version, text: document.text() };
            (file.clone(), open)
        });
        Self {
            generation: state.generation,
            settings: state.settings.clone(),
            features: state.features,
            encoding: state.encoding,
            tells: state.wants_notifications,
            open: Arc::new(open.collect()),
            folders: state.roots.keys().cloned().collect(),
            dirty,
        }
    }
}
