//! Which direct dependencies make openssl-sys be compiled, by the feature graph.

use super::reach::{self, Reached};
use crate::{
    cargo::graph::{self, Compiled, Direct, Question},
    finding::Confidence,
    knowledge,
    project::Project,
};

/// The feature that builds OpenSSL from source; features unify, so it holds for whoever needs openssl-sys.
const VENDORED: &str = "vendored";

/// What the feature graph says of one target.
pub(super) enum Verdict<'p> {
    /// openssl-sys is not compiled, or with an OpenSSL of its own.
    Fine,
    /// It is compiled, because of these.
    Needed(Vec<Reached<'p>>),
    /// The files do not say.
    Unknown,
}

/// Asks the feature graph.
pub(super) fn judge<'p>(project: &'p Project, triple: &str) -> Verdict<'p> {
    let crates = ["openssl-sys"];
    let question = Question::build(triple, &project.host).towards(&crates);
    let resolution = graph::resolve(&project.snapshot, &project.cargo, &question);
    let compiled: Vec<&Compiled> = resolution.find("openssl-sys", false).collect();
    let is_fine = compiled.iter().all(|one| one.has_feature(VENDORED));
    if is_fine && resolution.is_closed() {
        return Verdict::Fine;
    }
    let needs = |one: &&Compiled| one.certainty == Confidence::Certain && !one.may_have_feature(VENDORED);
    if !resolution.is_closed() || !compiled.iter().any(needs) {
        return Verdict::Unknown;
    }
    // With the first resolver, even a dependency for tests can turn a feature on for the program.
    let certain = resolution.direct("openssl-sys", false).iter();
    let certain = certain.filter(|one| one.certainty == Confidence::Certain);
    let reached: Vec<Reached<'p>> = certain.filter_map(|direct| reached(project, triple, direct)).collect();
    if reached.is_empty() { Verdict::Unknown } else { Verdict::Needed(reached) }
}

/// The place in a manifest that the graph speaks of.
fn reached<'p>(project: &'p Project, triple: &str, direct: &Direct) -> Option<Reached<'p>> {
    let manifest = reach::manifests(project).find(|manifest| manifest.name() == Some(&direct.member))?;
    let same = manifest
        .dependencies
        .iter()
        .filter(|one| one.key.value == direct.key && one.kind == direct.kind && reach::is_for(one, triple));
    // The same crate may stand in several tables; the one that asks for the feature is meant.
    let asks = |feature: &str| direct.features.iter().any(|known| known == feature);
    let dependency = same.max_by_key(|one| {
        one.features.iter().any(|feature| asks(&feature.value))
            || (asks("default") && one.has_default_features())
    })?;
    Some(Reached {
        manifest,
        dependency,
        user: knowledge::openssl_user(&dependency.crate_name, &reach::version(project, dependency)),
        path: direct.path.clone(),
        by: direct.features.clone(),
        confidence: Confidence::Certain,
    })
}
