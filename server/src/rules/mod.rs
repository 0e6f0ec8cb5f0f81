//! The rules: pure functions from the model to findings, one file each.
//!
//! A rule's module documentation is its page: `portolan explain`, the published docs and the tests of
//! its examples all read it.

mod rule;

pub use rule::{FixKind, Rule};

use crate::{finding::Finding, project::Project};

/// Every rule, by name.
pub const RULES: &[Rule] = &[];

/// The rule of that name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// All that the rules have to say of a project, unsorted.
pub fn run(project: &Project) -> Vec<Finding> {
    RULES.iter().flat_map(|rule| (rule.check)(project)).collect()
}
