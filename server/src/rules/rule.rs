//! What a rule is.

use super::page;
use crate::{
    finding::{Finding, Severity},
    project::Project,
};

/// Whether a rule comes with fixes, and of which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixKind {
    /// None.
    None,
    /// Only some that somebody should review.
    Review,
    /// At least sometimes one that may be applied unseen.
    Safe,
}

/// One rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name; users suppress by it, so it never changes.
    pub name: &'static str,
    /// One line: what it finds.
    pub summary: &'static str,
    /// The severity of its usual finding.
    pub severity: Severity,
    /// Its fixes.
    pub fix: FixKind,
    /// The source of its module (`include_str!`); the `//!` comment in it is the rule's page.
    pub source: &'static str,
    /// TOML paths that its fixes may change ("target.*.linker"); the fix harness holds them to it.
    pub touches: &'static [&'static str],
    /// Looks at a project.
    pub check: fn(&Project) -> Vec<Finding>,
}

impl Rule {
    /// Its page, as Markdown.
    pub fn page(&self) -> String {
        page::of(self.source)
    }

    /// Address of its page in the published docs.
    pub fn url(&self) -> String {
        page::url("rules", self.name)
    }
}
