//! Nix and cargo are asked on save, in a workspace that the editor trusts.
//!
//! A thread of its own: an evaluation of nixpkgs takes seconds. What was answered is put beside the project, and the
//! analysis looks again. Trust is asked for before each process and while it runs: the editor may take it back.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    thread,
};

use super::{
    analysis_task::STACK,
    state::{Question, Shared},
};
use crate::{
    deep::{self, Note, Options},
    snapshot::Snapshot,
    workspace::{Vfs, host},
};

/// Starts the thread. It lives as long as the process.
pub fn start(shared: Arc<Shared>) -> std::io::Result<()> {
    let run = move || {
        let mut task = Task { shared, missing: BTreeSet::new() };
        loop {
            let question = task.shared.wait_for_question();
            let folder = question.folder.clone();
            if catch_unwind(AssertUnwindSafe(|| task.ask(question))).is_err() {
                tracing::error!(folder = %folder.display(), "asking Nix panicked; the static answer stays");
            }
        }
    };
    thread::Builder::new().name("deep".to_owned()).stack_size(STACK).spawn(run)?;
    Ok(())
}

struct Task {
    shared: Arc<Shared>,
    /// Tools that are not there, of which the log knows.
    missing: BTreeSet<&'static str>,
}

impl Task {
    fn ask(&mut self, question: Question) {
        let host = Arc::new(host::detect());
        // What Nix sees: the disk, without the editor's texts.
        let files = Vfs::new(&question.folder, host.cargo_home.as_deref()).snapshot();
        let snapshot = Snapshot {
            root: question.folder.as_path().into(),
            files,
            host,
            settings: Arc::new(question.settings),
            settled: Arc::default(),
        };
        if !question.known.is_empty() && question.known.holds_for(&snapshot) {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let folder: PathBuf = question.folder;
        let may_run = || shared.lock().may_ask(&folder);
        let outcome = deep::ask(&snapshot, &Options { only_unknown: true, ..Options::default() }, &may_run);
        for note in &outcome.notes {
            self.log(note, &folder);
        }
        let settled = Arc::new(outcome.settled);
        self.shared.change(|state| state.settle(&folder, settled));
    }

    fn log(&mut self, note: &Note, folder: &std::path::Path) {
        match note {
            Note::Missing { program } if !self.missing.insert(program) => {}
            note if note.is_bug() => tracing::warn!(folder = %folder.display(), "{note}"),
            note => tracing::info!(folder = %folder.display(), "{note}"),
        }
    }
}
