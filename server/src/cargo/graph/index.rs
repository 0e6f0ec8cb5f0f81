//! The files that cargo keeps of a registry's index: one for each crate, with a record of each version.
//!
//! A file is made of its format's version (one byte), the index's version (four), a revision that ends in NUL,
//! and then for each version of the crate its number and its record (a line of JSON), each ending in NUL.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

use super::spec::{Declared, HELPERS, ProcMacro, Spec, When, Wish};
use crate::cargo::{manifest::DependencyKind, platform};

/// The format since cargo 1.52.
const FORMAT: u8 = 3;

/// The newest form of a record: with `features2`.
const NEWEST_RECORD: u32 = 2;

/// The record of one version in the text of a crate's file.
pub fn record<'t>(text: &'t str, version: &str) -> Option<&'t str> {
    if text.as_bytes().first() != Some(&FORMAT) {
        return None;
    }
    let (_, rest) = text.split_once(&format!("\0{version}\0"))?;
    rest.split('\0').next().filter(|record| record.starts_with('{'))
}

/// The versions in the text of a crate's file that were not withdrawn, one a line.
pub fn versions(text: &str) -> Option<String> {
    versions_with(text, "")
}

/// Those of [`versions`] whose record has some text in it.
pub fn versions_with(text: &str, part: &str) -> Option<String> {
    if text.as_bytes().first() != Some(&FORMAT) {
        return None;
    }
    if memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_none() {
        return Some(String::new());
    }
    let mut parts = text.split('\0').peekable();
    let mut versions = String::new();
    while let Some(version) = parts.next() {
        if let Some(record) = parts.next_if(|next| next.starts_with('{'))
            && record.contains(part)
            && !record.contains("\"yanked\":true")
        {
            versions.push_str(version);
            versions.push('\n');
        }
    }
    Some(versions)
}

/// A crate's file in the folder of an index.
pub(super) fn path(index: &str, name: &str) -> PathBuf {
    let name = name.to_lowercase();
    let part = |from, to| name.get(from..to).unwrap_or_default();
    let folder = match name.len() {
        1 => "1".to_owned(),
        2 => "2".to_owned(),
        3 => format!("3/{}", part(0, 1)),
        _ => format!("{}/{}", part(0, 2), part(2, 4)),
    };
    PathBuf::from(format!("registry/index/{index}/.cache/{folder}/{name}"))
}

#[derive(Deserialize)]
struct Record {
    deps: Vec<RecordDependency>,
    features: BTreeMap<String, Vec<String>>,
    /// Features that use the syntax of 2021, which older versions of cargo must not see.
    #[serde(default)]
    features2: Option<BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    v: Option<u32>,
    #[serde(default)]
    links: Option<String>,
}

#[derive(Deserialize)]
struct RecordDependency {
    /// The name that the code uses.
    name: String,
    req: String,
    features: Vec<String>,
    optional: bool,
    default_features: bool,
    #[serde(default)]
    target: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    /// The crate's name, where that is another one.
    #[serde(default)]
    package: Option<String>,
}

/// What a record declares; `None` when it is in no known form.
pub(super) fn spec(record: &str) -> Option<Spec> {
    let record: Record = serde_json::from_str(record).ok()?;
    if record.v.is_some_and(|version| version > NEWEST_RECORD) {
        return None;
    }
    let dependencies: Vec<Declared> = record.deps.into_iter().filter_map(declared).collect();
    let proc_macro = match &record.links {
        Some(_) => ProcMacro::No,
        None => looks_like_proc_macro(&dependencies),
    };
    let mut features = record.features;
    for (name, values) in record.features2.into_iter().flatten() {
        features.entry(name).or_default().extend(values);
    }
    let features = features.iter().map(|(name, values)| (name.as_str(), values.iter().map(String::as_str)));
    Some(Spec::new(proc_macro, dependencies, features))
}

fn declared(record: RecordDependency) -> Option<Declared> {
    let kind = match record.kind.as_deref() {
        Some("build") => DependencyKind::Build,
        Some("dev") => return None,
        _ => DependencyKind::Normal,
    };
    Some(Declared {
        crate_name: record.package.unwrap_or_else(|| record.name.clone()).into(),
        key: record.name.into(),
        requirement: semver::VersionReq::parse(&record.req).ok(),
        is_foreign: false,
        kind,
        when: match record.target {
            None => When::Always,
            Some(key) => platform::platform(&key).map_or(When::Unknown, When::On),
        },
        is_optional: record.optional,
        has_default_features: record.default_features,
        features: record.features.iter().map(|feature| Wish::parse(feature)).collect(),
        place: 0,
    })
}

/// A record does not say what kind of library a crate has. Nearly all procedural macros are written with the
/// help of `syn` or `quote`, and little else is.
fn looks_like_proc_macro(dependencies: &[Declared]) -> ProcMacro {
    let is_helper = |one: &Declared| {
        one.kind == DependencyKind::Normal && !one.is_optional && HELPERS.contains(&&*one.crate_name)
    };
    if dependencies.iter().any(is_helper) { ProcMacro::Likely } else { ProcMacro::No }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_record_is_found_by_its_version() {
        let text = "\u{3}\u{2}\0\0\0etag: x\u{0}0.1.0\0{\"a\":1}\u{0}0.1.01\0{\"b\":1}\u{0}1.0.0+x\0{}\0";
        assert_eq!(record(text, "0.1.0"), Some("{\"a\":1}"));
        assert_eq!(record(text, "1.0.0+x"), Some("{}"));
        for absent in ["0.1", "1.0.0", "", "{}"] {
            assert_eq!(record(text, absent), None, "{absent}");
        }
        assert_eq!(record(&text.replace('\u{3}', "\u{4}"), "0.1.0"), None, "another format");
        assert_eq!(record("\u{3}\u{2}\0\0\0Unknown\u{0}0.1.0\0{\"a\"", "0.1.0"), Some("{\"a\""), "cut off");
    }

    #[test]
    fn withdrawn_versions_are_left_out() {
        let text =
            "\u{3}\u{2}\0\0\0etag: x\u{0}0.1.0\0{\"a\":1}\u{0}0.2.0\0{\"yanked\":true}\u{0}1.0.0+x\0{}\0";
        assert_eq!(versions(text).as_deref(), Some("0.1.0\n1.0.0+x\n"));
        assert_eq!(versions(""), None);
        assert_eq!(versions_with(text, "yank").as_deref(), Some(""), "the one that has it was withdrawn");
        assert_eq!(versions_with(text, "\"a\"").as_deref(), Some("0.1.0\n"));
        assert_eq!(versions_with(text, "other").as_deref(), Some(""));
    }

    #[test]
    fn short_names_have_folders_of_their_own() {
        for (name, expected) in
            [("a", "1/a"), ("cc", "2/cc"), ("syn", "3/s/syn"), ("Inflector", "in/fl/inflector")]
        {
            assert_eq!(path("i", name), Path::new(&format!("registry/index/i/.cache/{expected}")));
        }
        // No name of a crate, and no reason to fall over.
        assert!(path("i", "äöü").starts_with("registry/index/i/.cache"));
    }
}
