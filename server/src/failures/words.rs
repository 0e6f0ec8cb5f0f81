//! What the words of one line say to the block that it stands in.

use std::ops::Range;

use super::{
    block::{Block, BlockKind},
    failure::Place,
    line::LineKind,
    pattern::{Captures, Found, Patterns, Role, Tries},
};
use crate::knowledge::{self, failure_contexts, failures};

/// Makes the place in the log of a range of a line.
pub(super) type PlaceOf<'p> = dyn Fn(Range<usize>) -> Place + 'p;

/// One line of a job, ready to be looked at.
#[derive(Debug)]
pub(super) struct Line<'l> {
    /// Its own words.
    pub(super) text: &'l str,
    pub(super) number: u64,
    pub(super) kind: LineKind,
    /// Whether it only says what will be run, or speaks to cargo: nothing in it is a failure.
    pub(super) is_instruction: bool,
}

/// Reads a line into its block. Gives the target of the job, where the line says what that builds.
pub(super) fn read(
    block: &mut Block,
    line: &Line<'_>,
    tries: &mut Tries,
    place: &PlaceOf<'_>,
) -> Option<String> {
    let is_mute = line.is_instruction || block.kind == BlockKind::Warning;
    let doubt = block.target.as_ref().map_or(usize::MAX, |(_, doubt)| *doubt);
    let wanted = |role: Role| match role {
        Role::Sign { .. } | Role::Detail { .. } => !is_mute,
        Role::Context { index } => {
            index < doubt || failure_contexts().get(index).is_some_and(|context| context.job)
        }
        Role::Word { .. } => true,
    };
    let mut job_target = None;
    for Found { role, range, captures } in Patterns::all().find(line.text, tries, &wanted) {
        match role {
            Role::Sign { kind, sign } if stands_right(kind, sign, line.text, &range) => {
                block.add_match((kind, sign), captures, line.number, || {
                    place(without_speaker(line.text, range))
                });
            }
            Role::Sign { .. } => {}
            Role::Detail { kind, .. } => block.add_detail(kind, captures),
            Role::Context { index } => job_target = learn(block, index, captures).or(job_target),
            Role::Word { index } => block.add_word(index, line.number),
        }
    }
    job_target
}

/// Takes what is built from words that say so.
fn learn(block: &mut Block, index: usize, captures: Captures) -> Option<String> {
    let context = failure_contexts().get(index)?;
    let (_, value) = captures.into_iter().find(|(name, _)| *name == "target")?;
    let triple = triple(&value, context.job)?;
    // A command that an error quotes is that error's own.
    if context.job && block.kind != BlockKind::Error {
        return Some(triple);
    }
    block.learn_target(triple, index);
    None
}

/// Whether the words stand where their sign wants them.
fn stands_right(kind: usize, sign: usize, line: &str, range: &Range<usize>) -> bool {
    let Some(sign) = failures().get(kind).and_then(|kind| kind.signs.get(sign)) else { return false };
    let before = line.get(..range.start).unwrap_or_default();
    let behind = line.get(range.end..).unwrap_or_default();
    // Who speaks, and the frames of rustc's notes.
    let speaks = before.trim().trim_start_matches("= note:").trim_start();
    let is_start = speaks.is_empty() || ["error:", "fatal error:", "Error:"].contains(&speaks);
    (!sign.starts || is_start) && (!sign.whole || (is_start && behind.trim().is_empty()))
}

/// The words alone, where a pattern begins with who speaks.
fn without_speaker(line: &str, range: Range<usize>) -> Range<usize> {
    let words = line.get(range.clone()).unwrap_or_default();
    let speaker = words.len() - words.strip_prefix("error: ").unwrap_or(words).len();
    range.start + speaker..range.end
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
