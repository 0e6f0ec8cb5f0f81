//! A workflow for GitHub that builds, audits and publishes every target that a project ships.
//!
//! It says in plain commands what Portolan would choose, so that whoever reads it needs no Portolan to
//! understand it; only its last word on each binary is `portolan audit`.

// Text is put together, as the command line does.
#![allow(clippy::format_push_string)]

mod job;
mod yaml;

use crate::{
    finding::Edit,
    project::Project,
    text::{FileId, Span},
};

pub use job::{Job, jobs};

/// Where the workflow is written.
pub const PATH: &str = ".github/workflows/release.yml";

/// The edit that writes the workflow; `None` when there is a file of that name, or no program to build.
pub fn workflow(project: &Project) -> Option<Edit> {
    let file = FileId::new(project.root().join(PATH));
    if !matches!(project.snapshot.files.read(file.path()), crate::snapshot::Read::Absent) {
        return None;
    }
    let text = text(project)?;
    let at = Span::at(0);
    Some(Edit { file, start: at.start(), end: at.end(), text })
}

/// The workflow's text; `None` when there is no program to build.
pub fn text(project: &Project) -> Option<String> {
    let workspace = project.cargo.workspace.as_ref()?;
    let packages: Vec<_> =
        workspace.default_packages().into_iter().filter(|package| package.has_binary()).collect();
    let binaries: Vec<&str> =
        packages.iter().flat_map(|package| &package.binaries).map(|binary| binary.name.as_str()).collect();
    let name = packages.first().and_then(|package| package.name())?;
    let (jobs, left) = jobs(project);
    // Names go into a shell's words.
    let is_plain =
        |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !binaries.iter().chain([&name]).all(is_plain) {
        return None;
    }
    (!jobs.is_empty()).then(|| yaml::text(name, &binaries, &jobs, &left))
}
