//! Findings as diagnostics.

use serde_json::json;
pub use tower_lsp::ls_types::Diagnostic;
use tower_lsp::ls_types::{
    CodeDescription, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString,
    PublishDiagnosticsParams, Range,
};

use super::{
    capabilities::Features,
    position::{Encoding, Positions},
    uri,
};
use crate::{
    audit::rules::{ARTEFACT_RULES, ArtefactRule},
    failures,
    finding::{Finding, Severity},
    knowledge,
    lsp::state::Look,
    rules::{self, Rule},
    snapshot::{Read, Snapshot},
    text::{Document, FileId, Origin},
};

/// What a conversion needs to know of the client.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// What it can.
    pub features: Features,
    /// How it counts.
    pub encoding: Encoding,
    /// The URIs that it uses for open files.
    pub uri_of: &'a dyn UriOf,
}

impl Client<'_> {
    /// The positions of a file's text as the client counts them.
    pub fn positions<'d>(&self, document: &'d Document) -> Positions<'d> {
        if self.uri_of.is_open(document.file()) {
            Positions::new(document, self.encoding)
        } else {
            Positions::on_disk(document, self.encoding)
        }
    }
}

/// Knows by which URI the client calls a file.
pub trait UriOf: std::fmt::Debug {
    /// The URI of a file.
    fn uri_of(&self, file: &FileId) -> String;
    /// Whether the client has it open.
    fn is_open(&self, file: &FileId) -> bool;
}

/// A finding in `snapshot` as a diagnostic.
pub fn from_finding(finding: &Finding, snapshot: &Snapshot, client: Client<'_>) -> Diagnostic {
    let mut message = finding.message.clone();
    if !finding.help.is_empty() {
        message.push('\n');
        message.push_str(&finding.help);
    }
    let mut related = Vec::new();
    // The message names the steps of a way already.
    let way = finding.way.iter().filter(|_| client.features.related_information);
    for other in finding.related.iter().chain(way) {
        let range = range_of(&other.origin, snapshot, client);
        let uri = uri::parse(&client.uri_of.uri_of(&other.origin.file));
        if let Some(uri) = uri.filter(|_| client.features.related_information) {
            let location = Location { uri, range };
            related.push(DiagnosticRelatedInformation { location, message: other.message.clone() });
        } else {
            // A client that shows no other places shows them in the message.
            let file = other.origin.file.relative_to(&snapshot.root);
            message = format!("{message}\n{file}:{}: {}", range.start.line + 1, other.message);
        }
    }
    let page = page(finding.rule).and_then(|page| uri::parse(&page));
    Diagnostic {
        range: range_of(&finding.origin, snapshot, client),
        severity: Some(match finding.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Hint => DiagnosticSeverity::HINT,
        }),
        code: Some(NumberOrString::String(finding.rule.to_owned())),
        code_description: page.map(|href| CodeDescription { href }),
        source: Some("portolan".to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        tags: None,
        data: Some(json!({
            "rule": finding.rule,
            "confidence": finding.confidence,
            "targets": finding.targets,
            "fixes": finding.fixes.iter().map(|fix| fix.title.as_str()).collect::<Vec<_>>(),
        })),
    }
}

/// The page of a rule, of a rule for binaries, or of a failure.
fn page(name: &str) -> Option<String> {
    let of_binaries = || ARTEFACT_RULES.iter().find(|rule| rule.name == name).map(ArtefactRule::url);
    let of_failures = || knowledge::failure(name).map(|failure| failures::pages::url(failure.name));
    rules::find(name).map(Rule::url).or_else(of_binaries).or_else(of_failures)
}

/// The diagnostics of one file, for a client that asks for them.
pub fn of_file(file: &FileId, look: &Look, features: Features, encoding: Encoding) -> Vec<Diagnostic> {
    let client = Client { features, encoding, uri_of: &*look.open };
    let findings = look.analysis.findings.iter().filter(|finding| finding.origin.file == *file);
    findings.map(|finding| from_finding(finding, &look.snapshot, client)).collect()
}

/// The range of an origin; the start of the file when its text cannot be had.
fn range_of(origin: &Origin, snapshot: &Snapshot, client: Client<'_>) -> Range {
    match read(snapshot, &origin.file) {
        Read::Text(source) => client.positions(source.document()).range(origin.span),
        Read::Absent | Read::Unreadable(_) => Range::default(),
    }
}

/// Reads a file of the project, or one of cargo's that lies outside of it.
pub fn read(snapshot: &Snapshot, file: &FileId) -> Read {
    if file.path().starts_with(&snapshot.root) {
        snapshot.files.read(file.path())
    } else {
        snapshot.files.read_cargo_config(file.path())
    }
}

/// The message `textDocument/publishDiagnostics`, as bytes. `None` for a URI that is none.
pub fn publish(uri: &str, version: Option<i32>, diagnostics: Vec<Diagnostic>) -> Option<Vec<u8>> {
    let params = PublishDiagnosticsParams { uri: uri::parse(uri)?, version, diagnostics };
    let message = json!({"jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": params});
    serde_json::to_vec(&message).ok()
}
