//! The orders of one target folder: one runs, the others wait in the order in which they came.

use std::{collections::VecDeque, sync::Arc};

use super::job::Job;

/// The orders of one target folder.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Arc<Job>>,
    is_running: bool,
}

impl Queue {
    /// Adds one; says whether nobody works here yet.
    pub(super) fn push(&mut self, job: Arc<Job>) -> bool {
        self.waiting.push_back(job);
        !std::mem::replace(&mut self.is_running, true)
    }

    /// The next one.
    pub(super) fn next(&mut self) -> Option<Arc<Job>> {
        let next = self.waiting.pop_front();
        self.is_running = next.is_some();
        next
    }

    /// Takes one out that still waits; says whether it did.
    pub(super) fn remove(&mut self, id: u64) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|job| job.id != id);
        self.waiting.len() < before
    }
}
