//! A file that was made, read and judged.

use std::path::{Path, PathBuf};

use crate::{
    audit::{self, Artefact, Audit, Policy, Request},
    finding::Severity,
    knowledge::Target,
    text::FileId,
    workspace::binary,
};

/// A file, and what came of it.
#[derive(Debug)]
pub struct Audited {
    /// As it was named.
    pub path: PathBuf,
    /// What stands in it.
    pub artefact: Artefact,
    /// How far it gets.
    pub audit: Audit,
}

impl Audited {
    /// Whether nothing from this severity on stands in the way. A file that cannot be read never passes.
    pub fn passes(&self, fail_on: Severity) -> bool {
        self.audit.verdict != audit::Verdict::Unreadable
            && self.audit.findings.iter().all(|finding| finding.severity < fail_on)
    }
}

/// Reads a file and judges it. A relative path is meant from `current`.
pub fn look(path: &Path, current: &Path, policy: &Policy, target: Option<&'static Target>) -> Audited {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let absolute = current.join(path);
    let artefact = match binary::bytes(&absolute) {
        Ok(bytes) => audit::read(&bytes, name),
        Err(unreadable) => Artefact { name, content: Err(unreadable) },
    };
    let file = FileId::new(absolute);
    let audit = audit::judge(&artefact, &Request { file: &file, policy, target });
    Audited { path: path.to_owned(), artefact, audit }
}
