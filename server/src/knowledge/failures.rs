//! What failing builds and programs say, and what it means.

use crate::finding::Confidence;

include!(concat!(env!("OUT_DIR"), "/failures.rs"));

/// One way in which a build, or the program that it made, fails.
#[derive(Debug)]
pub struct FailureKind {
    /// Its name: the `rule` of its findings.
    pub name: &'static str,
    /// One line: what it is.
    pub summary: &'static str,
    /// Template of the finding's sentence.
    pub message: &'static str,
    /// Template of what to do.
    pub help: &'static str,
    /// The rule that finds the same mistake before the build, where there is one.
    pub rule: Option<&'static str>,
    /// Captures that tell one failure of this kind from another one.
    pub key: &'static [&'static str],
    /// A version: of several failures with one key the highest counts ("GLIBC_2.34" before "GLIBC_2.32").
    pub highest: Option<&'static str>,
    /// Kinds that are echoes of this one when they stand in the same failure.
    pub over: &'static [&'static str],
    /// Whether builds that succeed say so, too: a build script looks for a library and does without it.
    pub tentative: bool,
    /// What it looks like, the most telling words first.
    pub signs: &'static [Sign],
    /// Lines near it that say more.
    pub details: &'static [Pattern],
    /// Its page, as Markdown.
    pub page: &'static str,
}

/// Words that give a failure away.
#[derive(Debug)]
pub struct Sign {
    /// The words.
    pub pattern: Pattern,
    /// Instead of the kind's message.
    pub message: Option<&'static str>,
    /// Instead of the kind's help.
    pub help: Option<&'static str>,
    /// Instead of the kind's rule; an empty one is none.
    pub rule: Option<&'static str>,
    /// How sure the words are.
    pub confidence: Confidence,
    /// One of these words stands near.
    pub near: &'static [&'static str],
    /// None of these words stands near.
    pub far: &'static [&'static str],
    /// Captures that have one of these values.
    pub only: &'static [(&'static str, &'static [&'static str])],
    /// Captures that have none of these values.
    pub not: &'static [(&'static str, &'static [&'static str])],
    /// Whether `{target}` has to be a triple of rustc (or must not be).
    pub known_target: Option<bool>,
    /// Whether nothing else stands in the line.
    pub whole: bool,
    /// Whether nothing stands before it in the line but who speaks ("error: ").
    pub starts: bool,
    /// Whether the last of several such lines is the decisive one, not the first.
    pub last: bool,
}

/// Literal words and the captures between them.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// In order. At least one is a literal.
    pub parts: &'static [Part],
}

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Exactly these words.
    Literal(&'static str),
    /// Something that gets a name.
    Capture(&'static str),
    /// Anything, or nothing.
    Skip,
}

impl Pattern {
    /// The first literal: what lines are searched for.
    pub fn anchor(&self) -> &'static str {
        let mut literals = self.parts.iter().filter_map(|part| match part {
            Part::Literal(text) => Some(*text),
            Part::Capture(_) | Part::Skip => None,
        });
        literals.next().unwrap_or_default()
    }
}

/// Words that say for what is built, without being a failure.
#[derive(Debug)]
pub struct ContextSign {
    /// The words; they capture `target`, `crate` or `version`.
    pub pattern: Pattern,
    /// Whether they speak of all that follows, or only of the failure that they stand in.
    pub job: bool,
}

/// A capture that follows from another one.
#[derive(Debug)]
pub struct Derived {
    /// The capture that is there.
    pub from: &'static str,
    /// The capture that follows.
    pub to: &'static str,
    /// Value by value.
    pub values: &'static [(&'static str, &'static str)],
}

/// All kinds of failures, by name.
pub fn failures() -> &'static [FailureKind] {
    FAILURES
}

/// The kind of that name.
pub fn failure(name: &str) -> Option<&'static FailureKind> {
    FAILURES.iter().find(|failure| failure.name == name)
}

/// All words that say for what is built.
pub fn failure_contexts() -> &'static [ContextSign] {
    CONTEXTS
}

/// What follows from what.
pub fn derived_values() -> &'static [Derived] {
    DERIVED
}
