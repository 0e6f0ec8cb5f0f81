//! What nixpkgs calls by another name now.

use super::RULE;
use crate::{
    finding::{Confidence, Edit, Finding, Fix, Severity},
    fix::toml::replace,
    nix::facts::{Setting, SettingValue},
    project::{Project, Since},
    rules::nix_support as nix,
    syntax::nix::{Expr, NameKind},
    text::{Origin, Span},
};

/// `cargoSha256` warns.
const HASH_DEPRECATED: Since = Since::new((24, 11), (2024, 11, 1));
/// `cargoSha256` is gone, and vendoring makes another hash.
const HASH_REMOVED: Since = Since::new((25, 5), (2025, 5, 1));
/// `windows.pthreads` is mingw-w64's; before, it was another library.
const PTHREADS: Since = Since::new((25, 11), (2025, 9, 1));

/// `cargoSha256`.
pub(super) fn hashes(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, package) in project.derivations() {
        let Some(setting) = nix::setting(package, "cargoSha256") else { continue };
        let is_nixpkgs = package.function == "buildRustPackage" && nix::is_new(&findings, &setting.key);
        let removed = project.nixpkgs_is_since(HASH_REMOVED);
        let is_older = project.nixpkgs_is_since(HASH_DEPRECATED) == Some(false);
        if !is_nixpkgs || (removed != Some(true) && is_older) {
            continue;
        }
        let (severity, confidence) = match removed {
            Some(true) => (Severity::Error, Confidence::Certain),
            Some(false) => (Severity::Hint, Confidence::Certain),
            None => (Severity::Hint, Confidence::Likely),
        };
        let message = match removed {
            Some(true) => format!(
                "cargoSha256 is no attribute of buildRustPackage any more: the nixpkgs in flake.lock is {} or newer",
                HASH_REMOVED.release()
            ),
            _ => format!("cargoSha256 is gone in nixpkgs {}: it is cargoHash now", HASH_REMOVED.release()),
        };
        let finding = Finding::new(RULE.name, severity, setting.key.clone(), message)
            .with_confidence(confidence)
            .with_help("use cargoHash; with an empty hash the first build says the right one")
            .with_fixes(rename_hash(project, setting, removed));
        findings.push(finding);
    }
    findings
}

fn rename_hash(project: &Project, setting: &Setting, removed: Option<bool>) -> Option<Fix> {
    let SettingValue::Text(text) = &setting.value else { return None };
    let hash = text.literal()?;
    if project.text_at(&setting.key) != "cargoSha256" || hash.contains("${") {
        return None;
    }
    let key = replace(&setting.key.file, setting.key.span, "cargoHash");
    if removed == Some(false) && hash.starts_with("sha256-") {
        return Some(Fix::safe("Rename it to cargoHash", vec![key]));
    }
    let value = replace(&setting.origin.file, setting.origin.span, "\"\"");
    let edits = if hash.is_empty() { vec![key] } else { vec![key, value] };
    Some(Fix::review("Rename it to cargoHash (the first build says the new hash)", edits))
}

/// `windows.mingw_w64_pthreads`.
pub(super) fn pthreads(project: &Project) -> Vec<Finding> {
    let since = project.nixpkgs_is_since(PTHREADS);
    if since == Some(false) {
        return Vec::new();
    }
    let files = project.flake.iter().flat_map(|flake| &flake.files);
    let sources = files.filter_map(|file| project.source(file));
    let mut findings = Vec::new();
    for source in sources {
        let tree = source.nix();
        let Some(old) = tree.names().find("mingw_w64_pthreads") else { continue };
        for (_, expr, _) in tree.expressions() {
            let Expr::Select { path, .. } = expr else { continue };
            let Some(name) = path.iter().find(|name| matches!(name.kind, NameKind::Static(id) if id == old))
            else {
                continue;
            };
            let origin = Origin::new(source.file().clone(), name.span);
            let edit: Edit = replace(source.file(), name.span, "pthreads");
            let title = "Rename it to pthreads";
            let (confidence, fix) = match since {
                Some(true) => (Confidence::Certain, Fix::safe(title, vec![edit])),
                _ => (Confidence::Likely, Fix::review(title, vec![edit])),
            };
            let message =
                format!("mingw_w64_pthreads is called windows.pthreads since nixpkgs {}", PTHREADS.release());
            findings.push(
                Finding::new(RULE.name, Severity::Hint, origin, message)
                    .with_confidence(confidence)
                    .with_help("take windows.pthreads")
                    .with_fixes([fix]),
            );
        }
    }
    findings.sort_by_key(|finding| (finding.origin.file.clone(), Span::start(finding.origin.span)));
    findings
}
