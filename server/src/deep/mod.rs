//! Asking the real tools, when somebody says so: `portolan check --deep`, and on save in a workspace that is trusted.
//!
//! `nix` evaluates the packages and shells of the flake, and the answers settle what the symbolic evaluation left
//! open ([`crate::nix::settled`]). `cargo` says what it resolves, and where that contradicts what was read from
//! files alone, the log says so: it is a bug of ours.
//!
//! This runs what the project says. So it happens only when it is asked for, each time after `may_run` has been
//! asked, under a time limit, and it neither writes into the project nor builds anything.

mod answer;
mod cargo;
mod nix;
mod plan;
mod run;

use std::{fmt, time::Duration};

use crate::{nix::Settled, snapshot::Snapshot};

/// How much memory one answer may take.
const MAX_ANSWER: usize = 32 << 20;

/// Says whether a process may run, or go on running.
pub type MayRun<'a> = &'a (dyn Fn() -> bool + Sync);

/// How to ask.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long one call may take.
    pub limit: Duration,
    /// Ask only about what is not known; otherwise also about what this machine can build, to find our own mistakes.
    pub only_unknown: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { limit: Duration::from_mins(1), only_unknown: false }
    }
}

/// What was answered.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What Nix said.
    pub settled: Settled,
    /// What there is to say about the asking, in order.
    pub notes: Vec<Note>,
}

/// Something to say about the asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A tool is not there.
    Missing {
        /// Its name.
        program: &'static str,
    },
    /// The flake's inputs cannot be had.
    Offline,
    /// A call took longer than its limit.
    TookTooLong {
        /// What was asked about.
        what: String,
        /// The limit.
        limit: Duration,
    },
    /// There is more to ask about than one look asks.
    NotAsked {
        /// How many sets of outputs were left out.
        groups: usize,
    },
    /// The tool cannot say it.
    Failed {
        /// What was asked about.
        what: String,
        /// Why, in the tool's words.
        why: String,
    },
    /// We read something that is not so.
    Bug {
        /// What.
        what: String,
    },
}

impl Note {
    /// Whether it is a mistake of Portolan's.
    pub fn is_bug(&self) -> bool {
        matches!(self, Self::Bug { .. })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { program } => write!(f, "there is no `{program}` on PATH: kept the static answer"),
            Self::Offline => write!(f, "the flake's inputs cannot be had (offline?): kept the static answer"),
            Self::TookTooLong { what, limit } => {
                write!(f, "{what} took longer than {} s: kept the static answer", limit.as_secs())
            }
            Self::NotAsked { groups: 1 } => {
                write!(f, "one set of outputs was not asked about, there are so many: kept its static answer")
            }
            Self::NotAsked { groups } => {
                write!(
                    f,
                    "{groups} sets of outputs were not asked about, there are so many: kept their static answer"
                )
            }
            Self::Failed { what, why } => write!(f, "{what} cannot be evaluated: {why}"),
            Self::Bug { what } => write!(f, "bug in Portolan, please report it: {what}"),
        }
    }
}

/// Asks Nix and cargo about the project. `may_run` is asked before each process and while it runs: what was allowed
/// a minute ago may not be allowed now.
pub fn ask(snapshot: &Snapshot, options: &Options, may_run: MayRun<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    plan::ask_nix(snapshot, options, may_run, &mut outcome);
    outcome.notes.extend(cargo::compare(snapshot, options, may_run));
    outcome
}
