//! A file that cannot be audited: not a binary, cut short, damaged, or packed.
//!
//! ## What it does
//!
//! Reports every file that was named and cannot be understood to its end: scripts and archives, object
//! files and static libraries, binaries whose tables point behind their end, and programs that a packer
//! such as UPX has wrapped.
//!
//! ## Why it matters
//!
//! For whoever relies on the audit before a release: a check that passes what it could not read is no
//! check. A half-downloaded file, or the wrapper script that Nix puts in front of a program, would look
//! fine.
//!
//! ## Example
//!
//! ```console
//! $ portolan audit result/bin/app
//! error[unreadable-artifact]: app is a shell script, not a binary
//! ```
//!
//! ## Use instead
//!
//! Name the program itself. In a Nix package that wraps its program, that is `result/bin/.app-wrapped`; in
//! an archive, the file that it holds.

use super::{ArtefactRule, Subject};
use crate::finding::{Finding, Severity};

/// The rule.
pub const RULE: ArtefactRule = ArtefactRule {
    name: "unreadable-artifact",
    summary: "a file that is no binary, or that cannot be read to its end",
    severity: Severity::Error,
    source: include_str!("unreadable_artifact.rs"),
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Err(unreadable) = &subject.artefact.content else { return Vec::new() };
    let message = format!("{} {}", subject.artefact.name, unreadable.reason);
    vec![subject.finding(&RULE, Severity::Error, message).with_help(&*unreadable.advice)]
}
