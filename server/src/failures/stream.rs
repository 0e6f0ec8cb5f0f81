//! One job's lines among those of others, told apart by what stands before them.

use super::{
    block::{Block, BlockKind},
    failure::Failure,
    line::{self, LineKind},
    pattern::Tries,
    reader::{is_same, join},
    words::{self, Line, PlaceOf},
};

/// Failures that wait for the name of their crate; more wait for nothing.
const MAX_WAITING: usize = 64;
/// Most failures that a job may only have tried.
const MAX_TENTATIVE: usize = 256;

/// A job.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// What stands before its lines.
    pub(super) label: String,
    /// What it builds.
    target: Option<String>,
    block: Block,
    /// Failures whose crate is not known yet.
    waiting: Vec<Failure>,
    /// Failures that are told of, surely.
    pub(super) sure: Vec<Failure>,
    /// How many more there were.
    pub(super) untold: u64,
    /// Failures that are none if the build goes on to its good end.
    pub(super) tentative: Vec<Failure>,
}

impl Stream {
    pub(super) fn new(label: &str) -> Self {
        Self { label: label.to_owned(), ..Self::default() }
    }

    /// The target that the job builds, where it says so.
    pub(super) fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// Reads one line. `place` makes the place of a range of it.
    pub(super) fn read(&mut self, line: &Line<'_>, tries: &mut Tries, place: &PlaceOf<'_>) {
        self.turn(line);
        if let Some(target) = words::read(&mut self.block, line, tries, place) {
            self.target = Some(target);
        }
    }

    /// Closes the block above a line that begins something new, and opens the next.
    fn turn(&mut self, line: &Line<'_>) {
        let next = match line.kind {
            LineKind::Error => BlockKind::Error,
            LineKind::Warning => BlockKind::Warning,
            LineKind::Status | LineKind::Success => BlockKind::Loose,
            LineKind::Other if self.block.kind == BlockKind::Warning => BlockKind::Loose,
            LineKind::Other | LineKind::Continuation => return,
        };
        self.close();
        self.block = Block::new(next, line.number);
        if line.kind == LineKind::Error
            && let Some(name) = line::failed_crate(line.text)
        {
            self.block.crate_name = Some(name.to_owned());
            if line::custom_build(line.text).is_none() {
                self.name_waiting(name);
            }
        }
    }

    /// A crate failed: the errors above are its errors.
    fn name_waiting(&mut self, name: &str) {
        for mut failure in std::mem::take(&mut self.waiting) {
            failure.crate_name.get_or_insert_with(|| name.to_owned());
            self.sure.push(failure);
        }
    }

    /// Ends the block.
    pub(super) fn close(&mut self) {
        let block = std::mem::take(&mut self.block);
        if !block.has_matches() {
            return;
        }
        self.untold += block.untold;
        let is_error = block.kind == BlockKind::Error;
        for failure in block.resolve(self.target.as_deref()) {
            if !is_error && failure.kind.tentative {
                self.keep(failure);
            } else if is_error && failure.crate_name.is_none() && self.waiting.len() < MAX_WAITING {
                self.waiting.push(failure);
            } else {
                self.sure.push(failure);
            }
        }
    }

    /// Keeps what counts only if no good end follows: a long log may say the same thousands of times.
    fn keep(&mut self, failure: Failure) {
        let is_full = self.tentative.len() >= MAX_TENTATIVE;
        match self.tentative.iter_mut().find(|known| is_same(known, &failure)) {
            Some(known) => join(known, failure),
            None if is_full => self.untold += 1,
            None => self.tentative.push(failure),
        }
    }

    /// Ends the job.
    pub(super) fn finish(&mut self) {
        self.close();
        self.sure.append(&mut self.waiting);
    }
}
