//! Builds that the editor asked for.
//!
//! A command makes an [`Order`] and is answered at once. Orders for one target folder wait for each other in the
//! order in which they came; a thread runs them and ends with the last one. What happens goes out through the
//! outbox: nobody waits for the client, and nothing here holds the state's lock while it works.

mod job;
mod order;
mod progress;
mod queue;
mod results;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::{
    client::Asker,
    outbox::Outbox,
    state::Shared,
    verdicts::{self, Entry, Outcome},
};
use job::Job;
pub use order::{Order, Wanted};
use progress::Progress;
use queue::Queue;
pub use results::Results;

/// All builds of this server.
#[derive(Clone, Debug)]
pub struct Builds(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    asker: Asker,
    outbox: Outbox,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last_id: u64,
    /// By their numbers: those that wait or run.
    jobs: BTreeMap<u64, Arc<Job>>,
    /// By target folder.
    queues: BTreeMap<PathBuf, Queue>,
}

impl Builds {
    /// No builds yet.
    pub fn new(shared: Arc<Shared>, asker: Asker, outbox: Outbox) -> Self {
        Self(Arc::new(Inner { shared, asker, outbox, state: Mutex::default() }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an order into its queue; gives its number.
    pub fn start(&self, order: Order, token: Option<Value>) -> u64 {
        let title = format!("Building {}", order.plan.target);
        let (job, is_idle) = {
            let mut state = self.lock();
            state.last_id += 1;
            let id = state.last_id;
            let own = token.is_none();
            let token = token.unwrap_or_else(|| format!("portolan/build/{id}").into());
            let progress = Progress::new(self.0.outbox.clone(), token, title, !own);
            let job = Arc::new(Job::new(id, order, progress));
            state.jobs.insert(id, Arc::clone(&job));
            let queue = state.queues.entry(job.folder()).or_default();
            let is_idle = queue.push(Arc::clone(&job));
            (job, is_idle)
        };
        if !job.progress.is_ready() && self.0.shared.lock().features.work_done_progress {
            let ready = Arc::clone(&job);
            self.0.asker.create_progress(job.progress.token().clone(), move || ready.progress.ready());
        }
        if is_idle {
            self.work(job.folder());
        } else {
            job.progress.report(None, "waits for another build of this project");
        }
        job.id
    }

    /// Runs the orders of one folder until there are none.
    fn work(&self, folder: PathBuf) {
        let builds = self.clone();
        let key = folder.clone();
        let work = move || {
            while let Some(job) = builds.next(&folder) {
                builds.run(&job);
            }
        };
        let thread = std::thread::Builder::new().name("build".to_owned());
        // A failure's place is looked up by the same deep trees as in an analysis.
        if let Err(error) = thread.stack_size(super::analysis_task::STACK / 4).spawn(work) {
            tracing::error!(%error, "no thread for a build");
            self.lock().queues.remove(&key);
        }
    }

    fn next(&self, folder: &std::path::Path) -> Option<Arc<Job>> {
        let mut state = self.lock();
        let next = state.queues.get_mut(folder).and_then(Queue::next);
        if next.is_none() {
            state.queues.remove(folder);
        }
        next
    }

    fn run(&self, job: &Job) {
        // Trust may be gone since the order was taken.
        if !self.0.shared.lock().settings.trusted {
            job.cancel.cancel();
        }
        let wants_output = self.0.shared.lock().wants_notifications;
        self.tell(job, None, job.verdict(Outcome::Running));
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let report = job.run(&self.0.outbox, wants_output);
            let outcome = job.outcome(&report);
            (report, outcome)
        }));
        // Before its end is told: who has heard of it can cancel it no more.
        self.lock().jobs.remove(&job.id);
        match outcome {
            Ok((report, (results, verdict))) => {
                verdicts::keep(&job.order.target_folder(), job.order.root(), verdict.clone());
                // Before its end is told: whoever asks then is given the new verdict.
                self.tell(job, results, verdict);
                job.end(&report, &self.0.outbox, wants_output);
            }
            // The next build of this folder must not wait for one that is no more.
            Err(_) => {
                tracing::error!(target = job.order.plan.target, "a build panicked");
                self.tell(job, None, job.verdict(Outcome::Failed));
                job.progress.end("Portolan failed on this build; its log says more");
            }
        }
    }

    /// Says what became of a build to all who show it.
    fn tell(&self, job: &Job, results: Option<Results>, verdict: Entry) {
        self.0.shared.change(|state| state.built(job.order.root(), results, verdict));
        self.0.asker.refresh_lenses();
    }

    /// Cancels a build by its number; the only or the newest one without. Says whether there was one.
    pub fn cancel(&self, id: Option<u64>) -> bool {
        let job = {
            let state = self.lock();
            match id {
                Some(id) => state.jobs.get(&id).cloned(),
                None => state.jobs.values().next_back().cloned(),
            }
        };
        if let Some(job) = &job {
            self.cancel_job(job);
        }
        job.is_some()
    }

    /// Cancels a build. One that still waits ends now, and not when the one before it does.
    fn cancel_job(&self, job: &Arc<Job>) {
        job.cancel.cancel();
        let is_waiting = self.lock().queues.get_mut(&job.folder()).is_some_and(|queue| queue.remove(job.id));
        if !is_waiting {
            return;
        }
        let (builds, ended) = (self.clone(), Arc::clone(job));
        let end = move || builds.run(&ended);
        if let Err(error) = std::thread::Builder::new().name("cancel".to_owned()).spawn(end) {
            tracing::error!(%error, "no thread to end a build");
            self.lock().jobs.remove(&job.id);
        }
    }

    /// Cancels the build whose progress is shown under a token.
    pub fn cancel_by_token(&self, token: &Value) {
        let jobs: Vec<Arc<Job>> = self.lock().jobs.values().cloned().collect();
        for job in jobs.iter().filter(|job| job.progress.token() == token) {
            self.cancel_job(job);
        }
    }
}
