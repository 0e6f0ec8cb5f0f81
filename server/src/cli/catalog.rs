//! All rules that have a page, whichever command runs them.

use crate::{
    audit::rules::{ARTEFACT_RULES, ArtefactRule},
    finding::Severity,
    rules::{FixKind, RULES, Rule},
};

/// A rule, as lists and reports show it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    /// One that `check` runs.
    Project(&'static Rule),
    /// One that `audit` runs.
    Binary(&'static ArtefactRule),
}

impl Entry {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Project(rule) => rule.name,
            Self::Binary(rule) => rule.name,
        }
    }

    pub(super) fn summary(self) -> &'static str {
        match self {
            Self::Project(rule) => rule.summary,
            Self::Binary(rule) => rule.summary,
        }
    }

    pub(super) fn severity(self) -> Severity {
        match self {
            Self::Project(rule) => rule.severity,
            Self::Binary(rule) => rule.severity,
        }
    }

    pub(super) fn fix(self) -> FixKind {
        match self {
            Self::Project(rule) => rule.fix,
            Self::Binary(_) => FixKind::None,
        }
    }

    /// The command that runs it.
    pub(super) fn command(self) -> &'static str {
        match self {
            Self::Project(_) => "check",
            Self::Binary(_) => "audit",
        }
    }

    pub(super) fn page(self) -> String {
        match self {
            Self::Project(rule) => rule.page(),
            Self::Binary(rule) => rule.page(),
        }
    }

    pub(super) fn url(self) -> String {
        match self {
            Self::Project(rule) => rule.url(),
            Self::Binary(rule) => rule.url(),
        }
    }
}

/// The rules of `check`.
pub(super) fn of_projects() -> Vec<Entry> {
    RULES.iter().map(Entry::Project).collect()
}

/// The rules of `audit`.
pub(super) fn of_binaries() -> Vec<Entry> {
    ARTEFACT_RULES.iter().map(Entry::Binary).collect()
}

/// All rules, those of a command together.
pub(super) fn all() -> Vec<Entry> {
    of_projects().into_iter().chain(of_binaries()).collect()
}

/// The rule of that name.
pub(super) fn find(name: &str) -> Option<Entry> {
    all().into_iter().find(|entry| entry.name() == name)
}
