//! Looking at what a change of the manifests would come to before it is offered.

use std::{collections::BTreeMap, sync::Arc};

use super::blame::Culprit;
use crate::{
    cargo::{
        self,
        graph::{self, Lockfile, Question, Resolution},
    },
    finding::{Confidence, Edit},
    fix::{Overlay, apply_edits},
    knowledge::NativeCrate,
    project::Project,
    text::FileId,
};

/// What a change would come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The dependency still needs the target's library.
    Refuted,
    /// The files do not say.
    Unknown,
    /// The dependency does not need the target's library any more.
    Proven,
}

/// Judges edits that are to free a dependency from a native library on some targets.
pub fn judge(
    project: &Project,
    edits: &[Edit],
    targets: &[String],
    culprit: &Culprit<'_>,
    library: &NativeCrate,
) -> Verdict {
    if project.cargo.lock.lock().is_none() {
        // There is no graph to ask, so the edits need not be laid over the files.
        return Verdict::Unknown;
    }
    let names = [library.name];
    let resolutions = resolve(project, edits, targets, &names);
    resolutions.iter().map(|resolution| of(resolution, culprit, library)).min().unwrap_or(Verdict::Unknown)
}

fn of(resolution: &Resolution, culprit: &Culprit<'_>, library: &NativeCrate) -> Verdict {
    if resolution.lacks(library.name, false) || has_feature(resolution, library.name, library.bundled) {
        return Verdict::Proven;
    }
    let is_it = |direct: &&graph::Direct| {
        Some(direct.member.as_str()) == culprit.manifest.name()
            && direct.key == culprit.dependency.key.value
            && direct.kind == culprit.dependency.kind
    };
    let direct = resolution.direct(library.name, false);
    match direct.iter().find(is_it) {
        Some(direct) if direct.certainty == Confidence::Certain => Verdict::Refuted,
        // Others need it still, and have findings of their own.
        None if resolution.is_closed() && direct.len() < graph::MAX_DIRECT => Verdict::Proven,
        _ => Verdict::Unknown,
    }
}

/// The feature graphs of some targets after edits, with the ways to some crates.
pub fn resolve(
    project: &Project,
    edits: &[Edit],
    targets: &[String],
    towards: &[&str],
) -> Arc<[Arc<Resolution>]> {
    let mut files: BTreeMap<&FileId, Vec<Edit>> = BTreeMap::new();
    for edit in edits {
        files.entry(&edit.file).or_default().push(edit.clone());
    }
    let text = |(file, edits): (_, Vec<Edit>)| {
        let source = project.source(file);
        let before = source.as_ref().map(|source| source.document().text()).unwrap_or_default();
        (file, apply_edits(before, &edits))
    };
    let texts: Vec<(&FileId, String)> = files.into_iter().map(text).collect();
    let texts = texts.iter().map(|(file, text)| (*file, Some(text.as_str())));
    let snapshot = Overlay::over(&project.snapshot, texts);
    let cargo = cargo::read_manifests_again(&snapshot, &project.cargo);
    let question = Question::build("", &project.host).towards(towards);
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let workspaces = project.cargo.workspace.as_ref().zip(cargo.workspace.as_ref());
    let changed = workspaces.and_then(|(before, after)| graph::asked_differently(before, after));
    let changed: Option<Vec<&str>> = changed.map(|changed| changed.into_iter().collect());
    let lockfile = changed.as_deref().map_or(Lockfile::BroughtUpToDate, Lockfile::BroughtUpToDateFor);
    graph::resolve_kept(&snapshot, &cargo, &question, &targets, lockfile)
}

/// Whether a crate has one of some features wherever it is compiled for the target. More features than are seen can
/// only be more, so that much is certain also where the graph is not whole.
fn has_feature(resolution: &Resolution, name: &str, features: &[&str]) -> bool {
    let mut compiled = resolution.find(name, false).peekable();
    compiled.peek().is_some() && compiled.all(|one| features.iter().any(|feature| one.has_feature(feature)))
}
