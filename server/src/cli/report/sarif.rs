//! SARIF 2.1.0, for code scanning. GitHub refuses results without a location, and messages that are
//! plain strings instead of objects.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use serde_json::{Value, json};

use super::{Report, url};
use crate::cli::catalog::Entry;
use crate::{
    finding::{Applicability, Finding, Fix, Severity},
    text::{FileId, Origin, Span},
};

/// What paths are relative to.
const ROOT: &str = "ROOT";

/// The report as one SARIF log, with the rules that were looked for.
pub(in crate::cli) fn render(report: &Report, rules: &[Entry]) -> Value {
    let mut occurrences = BTreeMap::new();
    let results: Vec<Value> =
        report.findings.iter().map(|finding| result(report, finding, rules, &mut occurrences)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Portolan",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.iter().copied().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {ROOT: {"uri": folder_uri(&report.root)}},
            "properties": {"host": report.host, "targets": report.targets},
            "results": results,
        }],
    })
}

fn rule(rule: Entry) -> Value {
    json!({
        "id": rule.name(),
        "shortDescription": {"text": rule.summary()},
        "helpUri": rule.url(),
        "help": {"text": rule.page(), "markdown": rule.page()},
        "defaultConfiguration": {"level": level(rule.severity())},
        "properties": {"tags": ["portability"]},
    })
}

fn result(
    report: &Report,
    finding: &Finding,
    rules: &[Entry],
    occurrences: &mut BTreeMap<String, usize>,
) -> Value {
    let help = if finding.help.is_empty() { String::new() } else { format!("\n{}", finding.help) };
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": {"text": format!("{}{help}", finding.message)},
        "locations": [{"physicalLocation": place(report, &finding.origin)}],
        "partialFingerprints": {"portolan/v1": fingerprint(report, finding, occurrences)},
        "hostedViewerUri": url(finding.rule),
        "properties": {"confidence": finding.confidence, "targets": finding.targets},
    });
    if let Some(index) = rules.iter().position(|rule| rule.name() == finding.rule) {
        result["ruleIndex"] = index.into();
    }
    let related = finding.all_related().enumerate().map(|(index, related)| {
        json!({
            "id": index + 1,
            "message": {"text": related.message},
            "physicalLocation": place(report, &related.origin),
        })
    });
    let related: Vec<Value> = related.collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    let fixes: Vec<Value> = finding.fixes.iter().filter_map(|one| fix(report, one)).collect();
    if !fixes.is_empty() {
        result["fixes"] = fixes.into();
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

fn place(report: &Report, origin: &Origin) -> Value {
    json!({"artifactLocation": artifact(report, &origin.file), "region": region(report, origin)})
}

fn region(report: &Report, origin: &Origin) -> Value {
    let (start, end) = report.lines(origin);
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// A fix as replacements; `None` for one that renames, which SARIF cannot say.
fn fix(report: &Report, fix: &Fix) -> Option<Value> {
    if !fix.renames.is_empty() || fix.edits.is_empty() {
        return None;
    }
    let mut changes: BTreeMap<&FileId, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let deleted = Origin::new(edit.file.clone(), Span::new(edit.start, edit.end));
        let replacement = json!({
            "deletedRegion": region(report, &deleted),
            "insertedContent": {"text": edit.text},
        });
        changes.entry(&edit.file).or_default().push(replacement);
    }
    let changes = changes.into_iter().map(|(file, replacements)| {
        json!({"artifactLocation": artifact(report, file), "replacements": replacements})
    });
    let review = if fix.applicability == Applicability::Review { " (review this change)" } else { "" };
    Some(json!({
        "description": {"text": format!("{}{review}", fix.title)},
        "artifactChanges": changes.collect::<Vec<_>>(),
    }))
}

/// What makes a finding the same one tomorrow: its rule, its file and the text of its line, and which of
/// several such it is. FNV-1a, since it must not change with the standard library.
fn fingerprint(report: &Report, finding: &Finding, occurrences: &mut BTreeMap<String, usize>) -> String {
    let path = report.path(&finding.origin.file);
    let key = format!("{}\0{path}\0{}", finding.rule, report.line_text(&finding.origin));
    let occurrence = occurrences.entry(key.clone()).or_default();
    *occurrence += 1;
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}:{occurrence}")
}

fn artifact(report: &Report, file: &FileId) -> Value {
    match file.path().strip_prefix(&report.root) {
        Ok(_) => json!({"uri": encode(&report.path(file)), "uriBaseId": ROOT}),
        Err(_) => json!({"uri": file_uri(file.path())}),
    }
}

fn folder_uri(folder: &Path) -> String {
    let uri = file_uri(folder);
    if uri.ends_with('/') { uri } else { uri + "/" }
}

fn file_uri(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    format!("file:///{}", encode(path.trim_start_matches('/')))
}

/// Percent-encodes a path.
fn encode(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // A colon is only safe behind the first slash; encoded it is safe everywhere.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(encode("a b/ü#.nix"), "a%20b/%C3%BC%23.nix");
        assert_eq!(folder_uri(Path::new("/a b")), "file:///a%20b/");
        assert_eq!(folder_uri(Path::new("/")), "file:///");
    }
}
