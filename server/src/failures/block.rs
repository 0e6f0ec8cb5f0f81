//! What belongs together in a log: an error and its notes, or a run of lines without a frame.

use super::{
    failure::{Failure, Place},
    pattern::{Captures, Patterns},
};
use crate::knowledge::{self, FailureKind, Sign, failures};

/// More words than these in one block repeat each other.
const MAX_MATCHES: usize = 64;
/// Lines without a frame belong together when no more than so many stand between them.
const NEAR: u64 = 40;
/// The lines of an error may be many: a build script prints all that it asked for.
const NEAR_IN_ERROR: u64 = 600;

/// What begins a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// Lines without a frame.
    #[default]
    Loose,
    /// An error.
    Error,
    /// A warning: nothing in it is why a build failed.
    Warning,
}

/// Words of a failure in a block.
#[derive(Clone, Debug)]
struct Match {
    kind: usize,
    sign: usize,
    captures: Captures,
    place: Place,
    line: u64,
}

/// A block while it is being read.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) kind: BlockKind,
    pub(super) crate_name: Option<String>,
    /// What it builds, and how sure the words are that say so: 0 is surest.
    pub(super) target: Option<(String, usize)>,
    start: u64,
    matches: Vec<Match>,
    details: Vec<(usize, Captures)>,
    /// Words of failures that were too many to keep.
    pub(super) untold: u64,
    /// For each word that signs ask for: the line that last had it, from 1; 0 for none.
    words: Vec<u64>,
}

impl Block {
    pub(super) fn new(kind: BlockKind, line: u64) -> Self {
        Self { kind, start: line, ..Self::default() }
    }

    /// Whether there is anything to resolve.
    pub(super) fn has_matches(&self) -> bool {
        !self.matches.is_empty()
    }

    /// Takes a triple that surer words name than those that named one before.
    pub(super) fn learn_target(&mut self, triple: String, doubt: usize) {
        if self.target.as_ref().is_none_or(|(_, known)| doubt < *known) {
            self.target = Some((triple, doubt));
        }
    }

    pub(super) fn add_word(&mut self, index: usize, line: u64) {
        if self.words.len() <= index {
            self.words.resize(index + 1, 0);
        }
        if let Some(last) = self.words.get_mut(index) {
            *last = line;
        }
    }

    pub(super) fn add_detail(&mut self, kind: usize, captures: Captures) {
        if self.details.len() < MAX_MATCHES {
            self.details.push((kind, captures));
        }
    }

    /// Adds words of a failure; `place` is asked for only when they are kept.
    pub(super) fn add_match(
        &mut self,
        (kind, sign): (usize, usize),
        captures: Captures,
        line: u64,
        place: impl FnOnce() -> Place,
    ) {
        let Some(words) = sign_of(kind, sign) else { return };
        if !suits(words, &captures) {
            return;
        }
        // The same words again say nothing new, however often they come.
        let is_same = |one: &Match| one.kind == kind && one.sign == sign && one.captures == captures;
        if let Some(same) = self.matches.iter().position(is_same) {
            if words.last
                && let Some(same) = self.matches.get_mut(same)
            {
                (same.place, same.line) = (place(), line);
            }
            return;
        }
        if self.matches.len() < MAX_MATCHES {
            self.matches.push(Match { kind, sign, captures, place: place(), line });
        } else {
            self.untold += 1;
        }
    }

    /// The failures that the block tells of. `job_target` is what is built where the block does not say.
    pub(super) fn resolve(self, job_target: Option<&str>) -> Vec<Failure> {
        if self.kind == BlockKind::Warning {
            return Vec::new();
        }
        let target = self.target.as_ref().map(|(triple, _)| triple.as_str()).or(job_target);
        let standing: Vec<&Match> = self.matches.iter().filter(|one| self.holds(one, target)).collect();
        let mut found: Vec<(Failure, u64, usize)> = Vec::new();
        for one in &standing {
            let is_echo = standing.iter().any(|other| self.goes_over(other, one));
            let Some(kind) = failures().get(one.kind).filter(|_| !is_echo) else { continue };
            let Some(failure) = self.failure(kind, one, target) else { continue };
            let same =
                found.iter_mut().find(|(known, _, _)| is_same(known, &failure) || overlap(known, &failure));
            match same {
                Some(known) => merge(known, failure, one),
                None => found.push((failure, one.line, one.sign)),
            }
        }
        found.into_iter().map(|(failure, _, _)| failure).collect()
    }

    /// Whether the words that a sign wants near are there, and those that it wants far are not.
    fn holds(&self, one: &Match, target: Option<&str>) -> bool {
        let Some(sign) = sign_of(one.kind, one.sign) else { return false };
        let names = Patterns::all().words();
        let from = if self.kind == BlockKind::Error { self.start } else { one.line.saturating_sub(NEAR) };
        let named = one.captures.iter().find(|(name, _)| *name == "target").map(|(_, value)| value.as_str());
        let target = named.or(target);
        let stands = |word: &&str| {
            let seen = names.binary_search(word).ok().and_then(|index| self.words.get(index)).copied();
            seen.is_some_and(|line| line > 0 && line >= from)
                || target.is_some_and(|target| target.contains(*word))
        };
        (sign.near.is_empty() || sign.near.iter().any(stands)) && !sign.far.iter().any(stands)
    }

    /// Whether `other` is the cause of which `one` is the echo.
    fn goes_over(&self, other: &Match, one: &Match) -> bool {
        let near = if self.kind == BlockKind::Error { NEAR_IN_ERROR } else { NEAR };
        let (Some(kind), Some(echo)) = (failures().get(other.kind), failures().get(one.kind)) else {
            return false;
        };
        kind.over.contains(&echo.name) && other.line.abs_diff(one.line) <= near
    }

    fn failure(&self, kind: &'static FailureKind, one: &Match, target: Option<&str>) -> Option<Failure> {
        let mut values = one.captures.clone();
        for (_, captures) in self.details.iter().filter(|(known, _)| *known == one.kind) {
            for (name, value) in captures {
                if !values.iter().any(|(known, _)| known == name) {
                    values.push((name, value.clone()));
                }
            }
        }
        let named = |name| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        Some(Failure {
            kind,
            target: named("target").or_else(|| target.map(str::to_owned)),
            crate_name: named("crate").or_else(|| self.crate_name.clone()),
            place: one.place.clone(),
            also: Vec::new(),
            values,
            sign: sign_of(one.kind, one.sign)?,
        })
    }
}

fn sign_of(kind: usize, sign: usize) -> Option<&'static Sign> {
    failures().get(kind)?.signs.get(sign)
}

/// Whether a sign's captures have the values that it wants.
fn suits(sign: &Sign, captures: &Captures) -> bool {
    let has = |name: &str, values: &[&str]| {
        captures.iter().any(|(known, value)| *known == name && values.contains(&value.as_str()))
    };
    let target = captures.iter().find(|(name, _)| *name == "target").map(|(_, value)| value.as_str());
    sign.only.iter().all(|(name, values)| has(name, values))
        && !sign.not.iter().any(|(name, values)| has(name, values))
        && sign
            .known_target
            .is_none_or(|wanted| target.is_some_and(|target| knowledge::target(target).is_some()) == wanted)
}

/// Whether two failures are one: the same kind, and nothing that sets them apart.
fn is_same(one: &Failure, other: &Failure) -> bool {
    let apart = |(a, b): (&str, &str)| !a.is_empty() && !b.is_empty() && a != b;
    one.kind.name == other.kind.name && !one.key().into_iter().zip(other.key()).any(apart)
}

/// Whether two signs of a kind found the same words.
fn overlap(one: &Failure, other: &Failure) -> bool {
    let (a, b) = (&one.place, &other.place);
    one.kind.name == other.kind.name && a.start.byte < b.end.byte && b.start.byte < a.end.byte
}

/// Joins a failure to one that is the same: the most telling words are the decisive ones, of equal ones the
/// first (or the highest version), and what only one of them names is kept.
fn merge(known: &mut (Failure, u64, usize), new: Failure, one: &Match) {
    let (failure, line, sign) = known;
    let is_higher = failure.kind.highest.is_some_and(|name| {
        version(new.value(name).unwrap_or_default()) > version(failure.value(name).unwrap_or_default())
    });
    let is_last = new.sign.last && one.sign == *sign;
    let (mut kept, rest) = if one.sign < *sign || is_last || is_higher {
        (*line, *sign) = (one.line, one.sign);
        (new, failure.clone())
    } else {
        (failure.clone(), new)
    };
    for (name, value) in rest.values {
        if kept.value(name).is_none() {
            kept.values.push((name, value));
        }
    }
    kept.target = kept.target.or(rest.target);
    kept.crate_name = kept.crate_name.or(rest.crate_name);
    *failure = kept;
}

fn version(text: &str) -> Vec<u64> {
    text.split('.').map_while(|part| part.parse().ok()).collect()
}
