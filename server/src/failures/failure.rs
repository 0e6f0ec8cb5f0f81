//! A failure that a log tells of.

use super::message::{fill, values_of};
use crate::{
    finding::{Confidence, Finding, Severity},
    knowledge::{FailureKind, Sign},
    rules,
    text::{FileId, Origin, Span},
};

/// A position in the log: line and column as people count them, and the offset of the byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Offset in the log's bytes.
    pub byte: u64,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1, in characters.
    pub column: u64,
}

/// Words in the log, and the line that they stand in.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Where they begin.
    pub start: Position,
    /// Where they end.
    pub end: Position,
    /// The line as a person reads it: without colours, JSON undone, cut to a readable length.
    pub excerpt: String,
    /// Where the words stand in the excerpt.
    pub marked: (usize, usize),
}

impl Place {
    /// The place as an origin in the log's file. Offsets behind 4 GiB end there.
    pub fn origin(&self, file: FileId) -> Origin {
        let clamp = |byte: u64| u32::try_from(byte).unwrap_or(u32::MAX);
        Origin::new(file, Span { start: clamp(self.start.byte), end: clamp(self.end.byte) })
    }
}

/// One failure: its cause, told once however often the log repeats it.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The kind.
    pub kind: &'static FailureKind,
    /// The target triple that was being built, where the log names it.
    pub target: Option<String>,
    /// The crate that could not be built.
    pub crate_name: Option<String>,
    /// The decisive words.
    pub place: Place,
    /// Other crates that failed for the same reason.
    pub also: Vec<(String, Place)>,
    /// What the words named: "linker", "library", "tool", …
    pub values: Vec<(&'static str, String)>,
    pub(super) sign: &'static Sign,
}

impl Failure {
    /// The failure's name, as in `portolan explain NAME`.
    pub fn name(&self) -> &'static str {
        self.kind.name
    }

    /// What the words named: `value("linker")`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// How sure the words are.
    pub fn confidence(&self) -> Confidence {
        self.sign.confidence
    }

    /// One sentence: what is wrong, and for whom.
    pub fn message(&self) -> String {
        fill(self.sign.message.unwrap_or(self.kind.message), &values_of(self))
    }

    /// One or two sentences: what to do.
    pub fn cure(&self) -> String {
        fill(self.sign.help.unwrap_or(self.kind.help), &values_of(self))
    }

    /// What to do, and which check finds it before the build.
    pub fn help(&self) -> String {
        let mut help = self.cure();
        if let Some(rule) = self.rule() {
            help.push_str("; `portolan check` finds this before the build (");
            help.push_str(rule);
            help.push(')');
        }
        help
    }

    /// The rule that finds the same mistake in the project's files.
    pub fn rule(&self) -> Option<&'static str> {
        let name = self.sign.rule.or(self.kind.rule)?;
        rules::find(name).map(|rule| rule.name)
    }

    /// The failure as a finding in the log's file.
    pub fn finding(&self, file: &FileId) -> Finding {
        let origin = self.place.origin(file.clone());
        let mut finding = Finding::new(self.kind.name, Severity::Error, origin, self.message())
            .with_confidence(self.confidence())
            .with_targets(self.target.clone())
            .with_help(self.help());
        for (crate_name, place) in &self.also {
            let message = format!("`{crate_name}` fails for the same reason");
            finding = finding.with_related(place.origin(file.clone()), message);
        }
        finding
    }

    /// What sets this failure apart from another one of its kind.
    pub(super) fn key(&self) -> Vec<&str> {
        self.kind.key.iter().map(|name| self.value(name).unwrap_or_default()).collect()
    }
}
