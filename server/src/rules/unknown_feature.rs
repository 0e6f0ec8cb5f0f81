//! A feature that the crate does not have.
//!
//! ## What it does
//!
//! Finds features that are asked of a dependency and that its locked version does not have, by what cargo keeps of the
//! crate in its caches, and by a list of features about TLS and native code that were renamed.
//!
//! ## Why it matters
//!
//! Cargo refuses the whole project: "depends on `reqwest`, with features: `rustls-tls` but `reqwest` does not have these
//! features". The names change between versions (reqwest 0.12 has `rustls-tls`, 0.13 `rustls`), and much that is written
//! about static builds names one that never was (`tls-rustls` of tonic).
//!
//! ## Example
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [dependencies]
//! tonic = { version = "0.12", features = ["tls-rustls"] }
//! ```
//!
//! ## Use instead
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [dependencies]
//! tonic = { version = "0.12", features = ["tls", "tls-roots"] }
//! ```
//!
//! ## When it stays silent
//!
//! Where no manifest of the crate is at hand, or a newer version that cargo may move to has the feature.
//!
//! ## Fix safety
//!
//! Safe where it is known what the feature is called now. A name that is merely near is for review.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/features.html#dependency-features>

use std::collections::BTreeSet;

use super::{FixKind, Rule, native::blame};
use crate::{
    cargo::{
        Manifest, Sourced,
        graph::{Declarations, Offered},
        manifest::{Dependency, DependencySource},
    },
    finding::{Confidence, Finding, Fix, Severity},
    fix::{
        self,
        dependency::{self, Change},
    },
    knowledge,
    project::Project,
    text::Origin,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "unknown-feature",
    summary: "a feature that the crate does not have",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("unknown_feature.rs"),
    touches: &["*dependencies.*", "features.*"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let declarations = Declarations::new(&project.snapshot, &project.cargo);
    let mut seen: BTreeSet<Origin> = BTreeSet::new();
    let mut findings = Vec::new();
    for manifest in project.cargo.workspace.iter().flat_map(crate::cargo::Workspace::manifests) {
        if !manifest.gaps.is_empty() {
            continue;
        }
        for dependency in &manifest.dependencies {
            for feature in &dependency.features {
                if !seen.contains(&feature.origin)
                    && let Some(unknown) =
                        unknown(project, &declarations, manifest, dependency, &feature.value)
                {
                    seen.insert(feature.origin.clone());
                    findings.push(finding(project, dependency, feature, &unknown, Some(dependency)));
                }
            }
        }
        findings.extend(in_features(project, &declarations, manifest));
    }
    findings
}

/// `name/feature` in the package's own `[features]`.
fn in_features(project: &Project, declarations: &Declarations<'_>, manifest: &Manifest) -> Vec<Finding> {
    let values = manifest.features.iter().flat_map(|feature| &feature.values);
    let found = values.filter_map(|value| {
        let (key, feature) = value.value.split_once('/')?;
        let key = key.trim_end_matches('?');
        let dependency = manifest.dependencies.iter().find(|dependency| dependency.key.value == key)?;
        let unknown = unknown(project, declarations, manifest, dependency, feature)?;
        Some(finding(project, dependency, value, &unknown, None))
    });
    found.collect()
}

/// What is known of a feature that a dependency does not have.
struct Unknown {
    feature: String,
    version: String,
    /// What to ask for instead; `None` where that is not known.
    now: Option<Vec<String>>,
    /// A name that is near.
    near: Option<String>,
    is_certain: bool,
}

fn unknown(
    project: &Project,
    declarations: &Declarations<'_>,
    manifest: &Manifest,
    dependency: &Dependency,
    feature: &str,
) -> Option<Unknown> {
    // Cargo speaks of these by itself.
    if feature == "default" || feature.is_empty() || feature.contains(['/', ':']) {
        return None;
    }
    // So it is nearly always, and it is quickly seen.
    if declarations.locked_has(manifest, dependency, feature) == Some(true) {
        return None;
    }
    let lacks =
        |offered: &Offered| offered.features.binary_search_by(|known| known.as_str().cmp(feature)).is_err();
    let offered = declarations.offered(manifest, dependency);
    let version =
        offered.as_ref().map_or_else(|| blame::version(project, dependency), |one| one.version.clone());
    let known = knowledge::renamed_feature(&dependency.crate_name, &version, feature);
    match &offered {
        Some(one) if !lacks(one) => return None,
        None if known.is_none() => return None,
        _ => {}
    }
    // Cargo moves to another version by itself when only that has the feature.
    let elsewhere = declarations.some_version_has(dependency, feature);
    if elsewhere == Some(true) {
        return None;
    }
    let has = |name: &&str| offered.as_ref().is_none_or(|one| one.features.iter().any(|known| known == name));
    let now = known.map(|known| known.now).filter(|now| now.iter().all(has));
    let near = offered.as_ref().and_then(|offered| nearest(feature, &offered.features));
    Some(Unknown {
        feature: feature.to_owned(),
        version,
        now: now.map(|now| now.iter().map(|name| (*name).to_owned()).collect()),
        near,
        is_certain: offered.is_some() && (elsewhere.is_some() || !is_of_registry(dependency)),
    })
}

fn is_of_registry(dependency: &Dependency) -> bool {
    dependency.source == DependencySource::Registry
}

/// The feature that was meant, when one is near.
fn nearest(written: &str, features: &[String]) -> Option<String> {
    let plain = |name: &str| name.replace('_', "-").to_lowercase();
    let most = if written.len() < 6 { 1 } else { 2 };
    let distances = features
        .iter()
        .filter_map(|name| Some((knowledge::distance(&plain(written), &plain(name), most)?, name)));
    let near = distances.min()?;
    Some(near.1.clone())
}

fn finding(
    project: &Project,
    dependency: &Dependency,
    place: &Sourced<String>,
    unknown: &Unknown,
    in_dependency: Option<&Dependency>,
) -> Finding {
    let name = &dependency.crate_name;
    let Unknown { feature, version, now, near, .. } = unknown;
    let help = match (now.as_deref(), near) {
        (Some([]), _) => "drop it: there is nothing in its place".to_owned(),
        (Some(now), _) => format!("ask for `{}`", now.join("`, `")),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => format!("the page of {name} on docs.rs lists the features of each version"),
    };
    let version = if version.is_empty() { String::new() } else { format!(" {version}") };
    let message = format!("{name}{version} has no feature `{feature}`: cargo refuses the project");
    let confidence = if unknown.is_certain { Confidence::Certain } else { Confidence::Likely };
    Finding::new(RULE.name, Severity::Error, place.origin.clone(), message)
        .with_confidence(confidence)
        .with_help(help)
        .with_fixes(fix(project, place, unknown, in_dependency))
}

fn fix(
    project: &Project,
    place: &Sourced<String>,
    unknown: &Unknown,
    in_dependency: Option<&Dependency>,
) -> Option<Fix> {
    let file = &place.origin.file;
    let source = project.source(file)?;
    let feature = &unknown.feature;
    // Several may stand in the place of one.
    let instead = |names: &[&str]| {
        let head = place.value.strip_suffix(feature.as_str()).unwrap_or_default();
        let quoted: Vec<String> =
            names.iter().map(|name| fix::toml::quote(&format!("{head}{name}"))).collect();
        vec![fix::toml::replace(file, place.origin.span, quoted.join(", "))]
    };
    match (&unknown.now, &unknown.near) {
        (Some(now), _) => {
            let title = match now.as_slice() {
                [] => format!("Drop `{feature}`"),
                now => format!("Ask for `{}` instead of `{feature}`", now.join("`, `")),
            };
            let is_asked = |name: &&str| in_dependency.is_some_and(|dependency| dependency.has_feature(name));
            let missing: Vec<&str> = now.iter().map(String::as_str).filter(|name| !is_asked(name)).collect();
            if !missing.is_empty() {
                return Some(Fix::safe(title, instead(&missing)));
            }
            let written = in_dependency?;
            // The list may be the workspace's.
            let root = written.inherited.as_ref().and_then(|inherited| inherited.entry.as_deref());
            let holds = |list: &Origin| list.file == *file && list.span.contains(place.origin.span);
            let mut lists = [Some(written), root].into_iter().flatten();
            let holder = lists.find(|one| one.features_value.as_ref().is_some_and(holds))?;
            let change = Change { default_features: None, remove: &[feature.as_str()], add: Vec::new() };
            Some(Fix::safe(title, dependency::change(&source, holder, &change)?))
        }
        (None, Some(near)) => {
            Some(Fix::review(format!("Ask for `{near}` instead of `{feature}`"), instead(&[near])))
        }
        (None, None) => None,
    }
}
