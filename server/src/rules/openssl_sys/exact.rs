//! Which direct dependencies make openssl-sys be compiled, by the feature graph.

use super::reach::Reached;
use crate::{
    finding::Confidence,
    knowledge,
    project::{Library, Project},
    rules::native::blame,
};

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
    let graph = project.graph(triple);
    let uses = project.native_uses(triple);
    let mut system =
        uses.iter().filter(|one| one.known.name == "openssl-sys" && one.library == Library::System);
    if graph.is_closed() && system.clone().next().is_none() {
        return Verdict::Fine;
    }
    // Where only the lock file is older than the manifests, what is compiled is compiled.
    let Some(sure) = system.find(|one| one.confidence != Confidence::Possible) else {
        return Verdict::Unknown;
    };
    // With the first resolver, even a dependency for tests can turn a feature on for the program.
    let culprits = blame::culprits(project, "openssl-sys", triple);
    let certain = culprits.into_iter().filter(|one| one.certainty == Confidence::Certain);
    let reached: Vec<Reached<'p>> = certain
        .map(|culprit| Reached {
            user: knowledge::openssl_user(
                &culprit.dependency.crate_name,
                &blame::version(project, culprit.dependency),
            ),
            confidence: sure.confidence,
            culprit,
        })
        .collect();
    if reached.is_empty() { Verdict::Unknown } else { Verdict::Needed(reached) }
}
