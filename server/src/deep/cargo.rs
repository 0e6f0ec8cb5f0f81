//! What cargo resolves, compared with what was resolved from files alone.
//!
//! `cargo metadata` unites the features of all targets and kinds of dependencies, so it has at least what any build
//! has. What we call certain and cargo does not have is a mistake of ours; the reverse says nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{MayRun, Note, Options, run::run};
use crate::{
    cargo::{
        self,
        graph::{self, Kinds, Question, Resolution},
    },
    finding::Confidence,
    process::{Ending, Invocation},
    snapshot::Snapshot,
};

/// How many contradictions are told.
const MAX_TOLD: usize = 5;

/// A package's name and version, with the features that cargo gives it.
type Resolved = BTreeMap<(String, String), BTreeSet<String>>;

/// What contradicts cargo.
pub(super) fn compare(snapshot: &Snapshot, options: &Options, may_run: MayRun<'_>) -> Vec<Note> {
    let facts = cargo::read(snapshot);
    let Some(workspace) = &facts.workspace else { return Vec::new() };
    let host = &snapshot.host.triple;
    let question = Question { kinds: Kinds::All, ..Question::build(host, host) };
    let ours = graph::resolve(snapshot, &facts, &question);
    // Without a lock file cargo is not asked, and an answer that is open is none.
    if !ours.packages.iter().any(|package| package.certainty == Confidence::Certain) {
        return Vec::new();
    }
    let call = Invocation::new("cargo", workspace.folder())
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host])
        // rustup must not fetch a toolchain for the question.
        .env("RUSTUP_AUTO_INSTALL", "0")
        .env("CARGO_NET_OFFLINE", "true")
        .limited(options.limit);
    if call.find().is_none() || !may_run() {
        return Vec::new();
    }
    tracing::debug!(command = call.shown(), "asking cargo");
    let output = match run(&call, may_run) {
        Ok(output) => output,
        Err(error) => {
            return vec![Note::Failed { what: "cargo metadata".to_owned(), why: error.to_string() }];
        }
    };
    match output.ending {
        Ending::Exited(0) if !output.is_cut => contradictions(&ours, &output.out),
        Ending::TookTooLong => {
            vec![Note::TookTooLong { what: "cargo metadata".to_owned(), limit: options.limit }]
        }
        // What is not in cargo's caches, a toolchain that is not installed: no news about the project.
        _ => {
            tracing::info!(said = last_line(&output.err), "cargo metadata has no answer");
            Vec::new()
        }
    }
}

fn last_line(text: &str) -> &str {
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default()
}

fn contradictions(ours: &Resolution, answer: &str) -> Vec<Note> {
    let Some(theirs) = resolved(answer) else { return Vec::new() };
    let mut found = Vec::new();
    for package in ours.packages.iter().filter(|package| package.certainty == Confidence::Certain) {
        let (name, version) = (&package.name, &package.version);
        match theirs.get(&(name.clone(), version.clone())) {
            None => found
                .push(format!("{name} {version} was read as compiled, and cargo metadata does not have it")),
            Some(features) => {
                let wrong: Vec<&str> = package
                    .features
                    .iter()
                    .filter(|name| !features.contains(*name))
                    .map(String::as_str)
                    .collect();
                if !wrong.is_empty() {
                    found.push(format!(
                        "{name} {version} was read as compiled with {}, and cargo metadata says otherwise",
                        wrong.join(", ")
                    ));
                }
            }
        }
    }
    found.truncate(MAX_TOLD);
    found.into_iter().map(|what| Note::Bug { what }).collect()
}

/// The packages and features in the output of `cargo metadata`.
fn resolved(answer: &str) -> Option<Resolved> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let mut by_id = BTreeMap::new();
    for package in answer["packages"].as_array()? {
        let named = (package["name"].as_str()?.to_owned(), package["version"].as_str()?.to_owned());
        by_id.insert(package["id"].as_str()?, named);
    }
    let mut resolved = Resolved::new();
    for node in answer["resolve"]["nodes"].as_array()? {
        let named = by_id.get(node["id"].as_str()?)?.clone();
        let features = node["features"].as_array()?.iter().filter_map(Value::as_str).map(str::to_owned);
        resolved.entry(named).or_default().extend(features);
    }
    Some(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_and_features_are_read() {
        let answer = r#"{"packages":[{"id":"a#1","name":"a","version":"1.0.0"},{"id":"b#2","name":"b","version":"2.0.0"}],
            "resolve":{"nodes":[{"id":"a#1","features":["default","x"]},{"id":"b#2","features":[]}]}}"#;
        let read = resolved(answer).unwrap_or_default();
        assert_eq!(read.len(), 2);
        assert!(read[&("a".to_owned(), "1.0.0".to_owned())].contains("x"));
        assert_eq!(resolved("{}"), None);
        assert_eq!(resolved("no"), None);
    }
}
