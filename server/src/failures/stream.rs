//! One job's lines among those of others, told apart by what stands before them.

use super::{
    block::{Block, BlockKind},
    failure::Failure,
    line::{self, LineKind},
    pattern::{Captures, Found, Patterns, Role, Tries},
};
use crate::knowledge::{self, failure_contexts, failures};

/// Failures that wait for the name of their crate; more wait for nothing.
const MAX_WAITING: usize = 64;

/// One line of a job, ready to be looked at.
pub(super) struct Line<'l> {
    /// Its own words.
    pub(super) text: &'l str,
    pub(super) number: u64,
    pub(super) kind: LineKind,
    /// Whether it only says what will be run, or speaks to cargo: nothing in it is a failure.
    pub(super) is_instruction: bool,
}

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
    /// Failures that are none if the build goes on to its good end.
    pub(super) tentative: Vec<Failure>,
}

impl Stream {
    pub(super) fn new(label: &str) -> Self {
        Self { label: label.to_owned(), ..Self::default() }
    }

    /// A job that is one block alone.
    pub(super) fn around(block: Block) -> Self {
        Self { block, ..Self::default() }
    }

    /// The target that the job builds, where it says so.
    pub(super) fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// The block that is open.
    pub(super) fn into_block(self) -> Block {
        self.block
    }

    /// Reads one line. `place` makes the place of a range of it.
    pub(super) fn read(
        &mut self,
        line: &Line<'_>,
        tries: &mut Tries,
        place: &dyn Fn(std::ops::Range<usize>) -> super::Place,
    ) {
        self.turn(line);
        let is_mute = line.is_instruction || self.block.kind == BlockKind::Warning;
        let knows_target = self.block.target.is_some();
        let wanted = |role: Role| match role {
            Role::Sign { .. } | Role::Detail { .. } => !is_mute,
            Role::Context { index } => {
                !knows_target || failure_contexts().get(index).is_some_and(|context| context.job)
            }
            Role::Word { .. } => true,
        };
        for Found { role, range, captures } in Patterns::all().find(line.text, tries, &wanted) {
            match role {
                Role::Sign { kind, sign } if stands_right(kind, sign, line.text, &range) => {
                    self.block.add_match((kind, sign), captures, line.number, || place(range));
                }
                Role::Sign { .. } => {}
                Role::Detail { kind, .. } => self.block.add_detail(kind, captures),
                Role::Context { index } => self.learn(index, captures),
                Role::Word { index } => self.block.add_word(index, line.number),
            }
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

    fn learn(&mut self, index: usize, captures: Captures) {
        let Some(context) = failure_contexts().get(index) else { return };
        for (name, value) in captures {
            if name != "target" {
                continue;
            }
            let Some(triple) = triple(&value, context.job) else { continue };
            if !context.job {
                self.block.target.get_or_insert(triple);
            } else if self.block.kind == BlockKind::Error {
                // A command that an error quotes is that error's own.
                self.block.target.get_or_insert(triple);
            } else {
                self.target = Some(triple);
            }
        }
    }

    /// Ends the block.
    pub(super) fn close(&mut self) {
        let block = std::mem::take(&mut self.block);
        if !block.has_matches() {
            return;
        }
        let is_error = block.kind == BlockKind::Error;
        for failure in block.resolve(self.target.as_deref()) {
            if !is_error && failure.kind.tentative {
                self.tentative.push(failure);
            } else if is_error && failure.crate_name.is_none() && self.waiting.len() < MAX_WAITING {
                self.waiting.push(failure);
            } else {
                self.sure.push(failure);
            }
        }
    }

    /// Ends the job.
    pub(super) fn finish(&mut self) {
        self.close();
        self.sure.append(&mut self.waiting);
    }
}

/// Whether the words stand where their sign wants them.
fn stands_right(kind: usize, sign: usize, line: &str, range: &std::ops::Range<usize>) -> bool {
    let Some(sign) = failures().get(kind).and_then(|kind| kind.signs.get(sign)) else { return false };
    let before = line.get(..range.start).unwrap_or_default();
    let behind = line.get(range.end..).unwrap_or_default();
    // Who speaks, and the frames of rustc's notes.
    let speaks = before.trim().trim_start_matches("= note:").trim_start();
    let is_start = speaks.is_empty() || ["error:", "fatal error:", "Error:"].contains(&speaks);
    (!sign.starts || is_start) && (!sign.whole || (is_start && behind.trim().is_empty()))
}

/// A triple that somebody builds for. Words taken from a path have to be one of rustc's.
fn triple(value: &str, is_said: bool) -> Option<String> {
    // cargo-zigbuild takes the version of glibc behind the triple.
    let base = value.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let bare = value.trim_matches('.');
    for candidate in [bare, base] {
        if knowledge::target(candidate).is_some() {
            return Some(candidate.to_owned());
        }
    }
    if let Some(target) = knowledge::by_environment_name(&value.to_uppercase()) {
        return Some(target.triple.to_owned());
    }
    (is_said && bare.matches('-').count() >= 2 && !bare.starts_with('-')).then(|| bare.to_owned())
}
