//! What a rule has to say, and what would mend it. Plain data: every face of Portolan shows the same.

use serde::{Deserialize, Serialize};

use crate::text::{FileId, Origin};

/// How bad it is, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Hint,
    /// It will not run elsewhere, or something is silently lost.
    Warning,
    /// The build or the program will fail.
    Error,
}

/// How sure we are, surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It may be so; the files do not say.
    Possible,
    /// It is so in the common case.
    Likely,
    /// The files say so.
    Certain,
}

/// Whether a fix may be applied unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// Somebody should read the change: it has a price, or there is more than one right answer.
    Review,
    /// The meaning and the comments are kept, and there is one right answer.
    Safe,
}

/// One replacement: the bytes `start..end` of `file` become `text`. A file that does not exist is empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte that goes.
    pub start: usize,
    /// Offset behind the last byte that goes.
    pub end: usize,
    /// What comes instead.
    pub text: String,
}

/// A file that gets another name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rename {
    /// Its name now.
    pub from: FileId,
    /// Its name afterwards; no file of that name exists.
    pub to: FileId,
}

/// One way to mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: "Add a linker for aarch64-unknown-linux-gnu".
    pub title: String,
    /// Whether it may be applied unseen.
    pub applicability: Applicability,
    /// Sorted by file and offset, disjoint.
    pub edits: Vec<Edit>,
    /// Renames, after the edits.
    pub renames: Vec<Rename>,
}

impl Fix {
    /// A fix that may be applied unseen.
    pub fn safe(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self {
            title: title.into(),
            applicability: Applicability::Safe,
            edits: sorted(edits),
            renames: Vec::new(),
        }
    }

    /// A fix that somebody should look at.
    pub fn review(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { applicability: Applicability::Review, ..Self::safe(title, edits) }
    }
}

fn sorted(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort();
    edits
}

/// Another place that belongs to a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The place.
    pub origin: Origin,
    /// What is there.
    pub message: String,
}

/// One mistake, at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure we are.
    pub confidence: Confidence,
    /// One sentence: what is wrong, and for whom.
    pub message: String,
    /// Where.
    pub origin: Origin,
    /// The target triples that it concerns, sorted.
    pub targets: Vec<String>,
    /// Places that belong to it.
    pub related: Vec<Related>,
    /// The steps of a way that the message names, for who wants to go along it.
    pub way: Vec<Related>,
    /// One sentence: what to do.
    pub help: String,
    /// Ways to mend it, the best first.
    pub fixes: Vec<Fix>,
}

impl Finding {
    /// A finding without targets, related places and fixes; the `with_` functions add them.
    pub fn new(rule: &'static str, severity: Severity, origin: Origin, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity,
            confidence: Confidence::Certain,
            message: message.into(),
            origin,
            targets: Vec::new(),
            related: Vec::new(),
            way: Vec::new(),
            help: String::new(),
            fixes: Vec::new(),
        }
    }

    /// Says how sure we are.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Names the targets that it concerns.
    #[must_use]
    pub fn with_targets<T: Into<String>>(mut self, targets: impl IntoIterator<Item = T>) -> Self {
        self.targets.extend(targets.into_iter().map(Into::into));
        self.targets.sort();
        self.targets.dedup();
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn with_related(mut self, origin: Origin, message: impl Into<String>) -> Self {
        self.related.push(Related { origin, message: message.into() });
        self
    }

    /// Adds the steps of a way that the message names.
    #[must_use]
    pub fn with_way(mut self, steps: impl IntoIterator<Item = Related>) -> Self {
        self.way.extend(steps);
        self
    }

    /// All places that belong to it, with the steps of a way.
    pub fn all_related(&self) -> impl Iterator<Item = &Related> {
        self.related.iter().chain(&self.way)
    }

    /// Adds ways to mend it.
    #[must_use]
    pub fn with_fixes(mut self, fixes: impl IntoIterator<Item = Fix>) -> Self {
        self.fixes.extend(fixes);
        self
    }
}
