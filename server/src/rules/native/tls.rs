//! Dependencies that ask for rustls and keep OpenSSL.

use super::{
    blame::{self, Culprit},
    proof::{self, Verdict},
};
use crate::{
    cargo::graph::Declarations,
    finding::Fix,
    fix::dependency::{self, Change},
    knowledge::{self, Class, Remedy},
    project::Project,
};

/// The cure of a dependency that asks for a rustls feature while its default features, kept on, choose OpenSSL; `None`
/// for every other one.
pub fn keeps_defaults(project: &Project, culprit: &Culprit<'_>) -> Option<&'static Remedy> {
    let dependency = culprit.dependency;
    let asks_for_rustls = dependency.features.iter().any(|feature| feature.value.contains("rustls"));
    if !asks_for_rustls || culprit.by != ["default"] {
        return None;
    }
    let version = blame::version(project, dependency);
    let rows = knowledge::remedies(&dependency.crate_name).iter();
    let mut fitting = rows.filter(|row| {
        row.class == Class::Tls
            && row.default_features == Some(false)
            && row.applies_to.is_empty()
            && row.goal.is_none()
            && row.pulls.contains(&"openssl-sys")
            && !row.code_change
            && row.fits(&version)
    });
    fitting.next()
}

/// Turns the defaults off and names the others again. rustls is chosen already.
pub fn without_defaults(
    project: &Project,
    culprit: &Culprit<'_>,
    remedy: &Remedy,
    targets: &[String],
) -> Option<Fix> {
    let library = knowledge::native_crate("openssl-sys")?;
    let written = culprit.written();
    let source = project.source(&written.key.origin.file)?;
    let declarations = Declarations::new(&project.snapshot, &project.cargo);
    let offered = declarations.offered(culprit.manifest, culprit.dependency);
    let has = |feature: &&str| {
        offered.as_ref().is_none_or(|offered| offered.features.iter().any(|known| known == feature))
    };
    let others = remedy.add.iter().filter(|feature| !feature.contains("rustls"));
    let add: Vec<&str> = remedy.keep.iter().chain(others).copied().filter(has).collect();
    let named = if add.is_empty() { String::new() } else { ", and name the others again".to_owned() };
    let change = Change { default_features: Some(false), remove: remedy.remove, add };
    let edits = dependency::change(&source, written, &change)?;
    let title = format!("Turn off the default features of {}{named}", culprit.dependency.crate_name);
    match proof::judge(project, &edits, targets, culprit, library) {
        Verdict::Refuted => None,
        Verdict::Proven if !speaks_to_native_tls(project) => Some(Fix::safe(title, edits)),
        Verdict::Proven | Verdict::Unknown => Some(Fix::review(title, edits)),
    }
}

/// Whether the project's own code names native-tls or OpenSSL: then it may not compile without them.
pub fn speaks_to_native_tls(project: &Project) -> bool {
    let words = [
        "native_tls",
        "openssl::",
        "Identity::from_pkcs",
        "danger_accept_invalid_hostnames",
        "TlsBackend::Native",
    ];
    project.code_mentions(&words)
}
