//! What can be done at a place where nothing is wrong.

use super::code_action::{Action, Kind, Work};
use crate::{
    finding::Edit,
    fix,
    lsp::state::Look,
    project::Project,
    release,
    text::{FileId, Span},
};

/// Targets that programs are most often shipped for.
const COMMON: [&str; 8] = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "aarch64-unknown-linux-musl",
    "wasm32-wasip1",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
];

/// The refactorings for the bytes `span` of `file`.
pub fn actions(look: &Look, file: &FileId, span: Span) -> Vec<Action> {
    let project = &look.analysis.project;
    let mut actions = add_targets(project, file, span);
    actions.extend(write_workflow(project, file, span));
    actions
}

fn refactoring(title: String, edits: Vec<Edit>) -> Action {
    Action {
        title,
        kind: Kind::Refactor,
        findings: Vec::new(),
        preferred: false,
        work: Work::Edits { edits, renames: Vec::new() },
    }
}

/// "Add target …" on `targets` of the toolchain file.
fn add_targets(project: &Project, file: &FileId, span: Span) -> Vec<Action> {
    let toolchain = project.cargo.toolchain.toolchain();
    let Some(list) = toolchain.and_then(|toolchain| toolchain.targets.as_ref()) else { return Vec::new() };
    if list.value.file != *file || !touches(list.key.span.cover(list.value.span), span) {
        return Vec::new();
    }
    let Some(source) = project.source(file) else { return Vec::new() };
    let Some(array) = source.toml().root.path(&["toolchain", "targets"]) else { return Vec::new() };
    let is_new = |triple: &&str| list.values.iter().all(|known| known.value != **triple);
    let added = COMMON.into_iter().filter(is_new).filter_map(|triple| {
        let edits = fix::toml::push(&source, array, &fix::toml::quote(triple))?;
        Some(refactoring(format!("Add target {triple}"), edits))
    });
    added.collect()
}

/// A workflow for all targets, on the name of the package that makes the programs.
fn write_workflow(project: &Project, file: &FileId, span: Span) -> Option<Action> {
    let workspace = project.cargo.workspace.as_ref()?;
    let here = workspace.packages().find(|manifest| manifest.file() == file)?;
    let package = here.package.as_ref().filter(|_| here.has_binary())?;
    if !touches(package.header.span, span) && !touches(package.name.origin.span, span) {
        return None;
    }
    let edit = release::workflow(project)?;
    let title = "Write a GitHub workflow that builds, audits and releases every target".to_owned();
    Some(refactoring(title, vec![edit]))
}

fn touches(place: Span, span: Span) -> bool {
    place.start <= span.end && span.start <= place.end
}
