//! A file that Portolan cannot read, or cannot read to its end.
//!
//! ## What it does
//!
//! Says which file of the project is left out of the model, and why: a syntax error, a text that is not
//! UTF-8, larger than 4 MiB or nested too deeply, a folder or a link that may not be read, merge marks in
//! Cargo.lock.
//!
//! ## Why it matters
//!
//! For everybody who trusts an empty report: what could not be read was not checked. Other rules then say
//! nothing of what may be missing, because it may stand in that file.
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-gnu
//! ```
//!
//! ## Use instead
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-gnu"
//! ```

use super::{FixKind, Rule};
use crate::{
    cargo::{Gap, lock::LockFile, toolchain::ToolchainFile},
    finding::{Finding, Severity},
    project::Project,
    snapshot::Read,
    syntax::SyntaxError,
    text::{FileId, Origin, Span},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "unreadable-file",
    summary: "a file that cannot be read, so that nothing in it was checked",
    severity: Severity::Error,
    fix: FixKind::None,
    source: include_str!("unreadable_file.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    // The first error of each file: what follows is mostly its echo, and other servers show them all.
    for source in project.sources() {
        let is_nix = source.file().name().ends_with(".nix");
        let errors = if is_nix { &source.nix().errors } else { &source.toml().errors };
        let is_bare = project
            .cargo
            .toolchain
            .toolchain()
            .is_some_and(|one| one.bare && one.source.file() == source.file());
        let is_own = source.file().path().starts_with(project.root());
        if let Some(error) = errors.first().filter(|_| is_own && !is_bare) {
            findings.push(syntax(source.file(), error));
        }
    }
    for gap in gaps(project) {
        let is_own = gap.origin.file.path().starts_with(project.root());
        if is_own && findings.iter().all(|known| known.origin.file != gap.origin.file) {
            findings.push(unreadable(&gap.origin, &gap.why));
        }
    }
    if let Some(origin) = project
        .left_out
        .as_ref()
        .filter(|origin| findings.iter().all(|known| known.origin.file != origin.file))
    {
        let why = "names too many targets that rustc does not have; from here on they are not looked at";
        findings.push(unreadable(origin, why));
    }
    let flake = FileId::new(project.root().join("flake.nix"));
    if let Read::Unreadable(why) = project.snapshot.files.read(flake.path()) {
        findings.push(unreadable(&Origin::new(flake, Span::at(0)), &why));
    }
    findings
}

fn gaps(project: &Project) -> Vec<&Gap> {
    let cargo = &project.cargo;
    let mut gaps: Vec<&Gap> = cargo.config.gaps.iter().chain(&cargo.manifest_gap).collect();
    if let Some(workspace) = &cargo.workspace {
        gaps.extend(&workspace.gaps);
        gaps.extend(workspace.manifests().flat_map(|manifest| &manifest.gaps));
    }
    if let LockFile::Broken(gap) = &cargo.lock {
        gaps.push(gap);
    }
    if let ToolchainFile::Broken(gap) = &cargo.toolchain {
        gaps.push(gap);
    }
    gaps.extend(&cargo.cross.gaps);
    gaps.extend(&cargo.portolan.gaps);
    gaps
}

fn syntax(file: &FileId, error: &SyntaxError) -> Finding {
    let message = format!("syntax error: {}", error.message);
    Finding::new(RULE.name, Severity::Error, Origin::new(file.clone(), error.span), message)
        .with_help("mend it; until then other rules take nothing in this file for missing")
}

fn unreadable(origin: &Origin, why: &str) -> Finding {
    Finding::new(RULE.name, Severity::Error, origin.clone(), format!("this file was not checked: {why}"))
        .with_help("mend it; until then other rules take nothing in this file for missing")
}
