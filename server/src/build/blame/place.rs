//! Where the project names what failed.

use super::start_of;
use crate::{
    cargo::graph::{self, Question},
    failures::Failure,
    nix::facts::Derivation,
    project::{LinkerAnswer, Project},
    text::{FileId, Origin, Span},
};

/// The place that a failure is shown at.
pub(super) fn origin(project: &Project, triple: &str, failure: &Failure) -> Origin {
    special(project, triple, failure)
        .or_else(|| dependency(project, triple, failure))
        .or_else(|| declaration(project, triple))
        .or_else(|| project.anchor())
        .unwrap_or_else(|| start_of(FileId::new(project.root())))
}

/// What a kind of failure is about.
fn special(project: &Project, triple: &str, failure: &Failure) -> Option<Origin> {
    match failure.name() {
        "linker-not-found" | "linker-cannot-run" | "linker-wrong-architecture" => linker(project, triple),
        "target-std-missing" | "target-std-mismatch" => {
            let toolchain = project.cargo.toolchain.toolchain()?;
            let targets = toolchain.targets.as_ref().map(|targets| targets.value.clone());
            targets.or_else(|| toolchain.header.clone())
        }
        "unknown-target" => declaration(project, failure.value("target").unwrap_or(triple)),
        "flake-file-untracked" => mention(project, failure.value("path")?).or_else(|| flake(project)),
        "flake-evaluation-failed" => {
            nix_line(project, failure).or_else(|| nix_word(project, failure)).or_else(|| flake(project))
        }
        "hash-mismatch" => written_hash(project, failure).or_else(|| package(project, triple)),
        _ => None,
    }
}

fn linker(project: &Project, triple: &str) -> Option<Origin> {
    match project.linker(triple) {
        LinkerAnswer::Given { origin, .. } => origin,
        _ => None,
    }
}

/// The dependency in a manifest of the project that leads to the crate that failed.
fn dependency(project: &Project, triple: &str, failure: &Failure) -> Option<Origin> {
    let name = failure.crate_name.as_deref()?;
    let name = name.split([' ', '@']).next()?;
    let question = Question::build(triple, &project.host);
    let crates = [name];
    let resolution = graph::resolve(&project.snapshot, &project.cargo, &question.towards(&crates));
    let first = |for_host| resolution.direct(name, for_host).first().cloned();
    let direct = first(false).or_else(|| first(true))?;
    let workspace = project.cargo.workspace.as_ref()?;
    let manifest = workspace.manifests().find(|manifest| manifest.name() == Some(direct.member.as_str()))?;
    let mut declared = manifest.dependencies.iter().filter(|one| one.key.value == direct.key);
    declared.next().map(|dependency| dependency.key.origin.clone())
}

fn declaration(project: &Project, triple: &str) -> Option<Origin> {
    project.target(triple)?.origin().cloned()
}

fn flake(project: &Project) -> Option<Origin> {
    project.flake.as_ref()?.files.first().cloned().map(start_of)
}

fn package(project: &Project, triple: &str) -> Option<Origin> {
    let flake = project.flake.as_ref()?;
    let is_for = |package: &&Derivation| package.platform.triple.as_deref() == Some(triple);
    flake.packages.iter().find(is_for).map(|package| package.origin.clone())
}

/// The line that Nix names: it reads a copy of the project in its store.
fn nix_line(project: &Project, failure: &Failure) -> Option<Origin> {
    let file = FileId::new(project.root().join(failure.value("nix_file")?));
    let line: usize = failure.value("nix_line")?.parse().ok()?;
    let source = project.source(&file)?;
    let document = source.document();
    if line == 0 || line > document.line_count() {
        return None;
    }
    let range = document.line_range(line - 1);
    let text = document.line_text(line - 1);
    let start = range.start + (text.len() - text.trim_start().len());
    Some(Origin::new(file, Span::new(start, start + text.trim().len())))
}

/// What Nix quotes: "undefined variable 'foo'", "attribute 'foo' missing".
fn nix_word(project: &Project, failure: &Failure) -> Option<Origin> {
    let what = failure.value("what")?;
    let word = what.split('\'').nth(1)?;
    mention(project, word)
}

/// The first place in the flake's files where a word stands by itself.
fn mention(project: &Project, word: &str) -> Option<Origin> {
    if word.len() < 2 {
        return None;
    }
    let flake = project.flake.as_ref()?;
    flake.files.iter().find_map(|file| {
        let source = project.source(file)?;
        let text = source.document().text();
        let is_alone = |at: usize| {
            let around = [text[..at].chars().next_back(), text[at + word.len()..].chars().next()];
            around.into_iter().flatten().all(|c| !c.is_alphanumeric() && c != '_' && c != '-')
        };
        let at = text.match_indices(word).map(|(at, _)| at).find(|at| is_alone(*at))?;
        Some(Origin::new(file.clone(), Span::new(at, at + word.len())))
    })
}

/// Where the hash is written that did not match.
pub(super) fn written_hash(project: &Project, failure: &Failure) -> Option<Origin> {
    let hash = failure.value("specified")?;
    let flake = project.flake.as_ref()?;
    flake.files.iter().find_map(|file| {
        let source = project.source(file)?;
        let at = source.document().text().find(hash)?;
        Some(Origin::new(file.clone(), Span::new(at, at + hash.len())))
    })
}
