//! Getting rid of the system's OpenSSL.

use super::reach::{self, Reached};
use crate::{
    cargo::manifest::{Dependency, Spelling},
    finding::{Edit, Fix},
    fix,
    knowledge::OpensslUser,
    project::Project,
    syntax::{
        Source,
        toml::{Table, Value},
    },
};

/// OpenSSL is needed where the system brings no TLS of its own.
const PLATFORM: &str = "cfg(all(unix, not(target_vendor = \"apple\")))";

/// The ways, the best first.
pub(super) fn all(project: &Project, reached: &Reached<'_>) -> Vec<Fix> {
    // The member inherits what the workspace says: there is where it is changed.
    let inherited = reached.dependency.inherited.as_ref().and_then(|inherited| inherited.entry.as_deref());
    let written = inherited.unwrap_or(reached.dependency);
    let choose = reached.user.and_then(|user| choose_rustls(project, user, reached.dependency, written));
    let vendor = build_from_source(project, reached, written);
    choose.into_iter().chain(vendor).collect()
}

fn choose_rustls(
    project: &Project,
    user: &OpensslUser,
    dependency: &Dependency,
    written: &Dependency,
) -> Option<Fix> {
    let drops_feature =
        written.features.iter().any(|feature| user.features.contains(&feature.value.as_str()));
    if user.always || (user.add.is_empty() && !drops_feature) {
        return None;
    }
    let had_defaults = reach::has_defaults(dependency);
    let kept = if user.default && had_defaults { user.keep } else { &[] };
    let own = written.features.iter().map(|feature| feature.value.as_str());
    let mut features: Vec<&str> = own.filter(|feature| !user.features.contains(feature)).collect();
    for feature in kept.iter().chain(user.add) {
        if !features.contains(feature) {
            features.push(feature);
        }
    }
    let edits = write(project, written, user.default && had_defaults, &features)?;
    let price = user.lost.map(|lost| format!(" ({lost}; needs a C compiler for the target)"));
    let price = price.unwrap_or_else(|| " (needs a C compiler for the target)".to_owned());
    Some(Fix::review(format!("Choose rustls in {}{price}", dependency.crate_name), edits))
}

fn build_from_source(project: &Project, reached: &Reached<'_>, written: &Dependency) -> Option<Fix> {
    let price = "needs a C compiler for the target, perl and make";
    if let Some(user) = reached.user.filter(|user| user.always && !user.vendored.is_empty()) {
        let mut features: Vec<&str> = written.features.iter().map(|feature| feature.value.as_str()).collect();
        features.extend(user.vendored);
        let edits = write(project, written, false, &features)?;
        return Some(Fix::review(format!("Build OpenSSL from source ({price})"), edits));
    }
    let file = reached.manifest.file();
    let source = &reached.manifest.source;
    let path = ["target", PLATFORM, "dependencies", "openssl"];
    if source.toml().root.path(&path).is_some() {
        return None;
    }
    let value = "{ version = \"0.10\", features = [\"vendored\"] }";
    let edit = fix::toml::set(file, Some(source), &path, value)?;
    Some(Fix::review(format!("Build OpenSSL from source, where it is used ({price})"), vec![edit]))
}

/// Writes `default-features = false` and the features in the spelling that the dependency has.
fn write(project: &Project, written: &Dependency, no_defaults: bool, features: &[&str]) -> Option<Vec<Edit>> {
    let file = &written.key.origin.file;
    let source = project.source(file)?;
    let quoted: Vec<String> = features.iter().map(|feature| fix::toml::quote(feature)).collect();
    let array = format!("[{}]", quoted.join(", "));
    if written.spelling == Spelling::String {
        let version = source.document().slice(written.value.span);
        let defaults = if no_defaults { ", default-features = false" } else { "" };
        let text = format!("{{ version = {version}{defaults}, features = {array} }}");
        return Some(vec![fix::toml::replace(file, written.value.span, text)]);
    }
    let (path, table) = table_of(&source, written)?;
    if let Some(features) = table.get("features")
        && source.document().slice(features.span).contains('#')
    {
        return None;
    }
    let set = |key: &str, value: &str| {
        let path: Vec<&str> = path.iter().map(String::as_str).chain([key]).collect();
        fix::toml::set(file, Some(&source), &path, value)
    };
    let needs_defaults = no_defaults && table.get("default-features").and_then(Value::as_bool) != Some(false);
    let has_both = table.get("default-features").is_some() || table.get("features").is_some();
    if needs_defaults && !has_both && matches!(written.spelling, Spelling::Inline) {
        // Two insertions at one place would have no order.
        let edit = set("default-features", &format!("false, features = {array}"))?;
        return Some(vec![edit]);
    }
    if needs_defaults && !has_both {
        let newline = source.document().line_ending();
        let prefix = if written.spelling == Spelling::Dotted {
            format!("{}.", fix::toml::key(&written.key.value))
        } else {
            String::new()
        };
        let edit = set("default-features", &format!("false{newline}{prefix}features = {array}"))?;
        return Some(vec![edit]);
    }
    let mut edits = Vec::new();
    if needs_defaults {
        edits.push(set("default-features", "false")?);
    }
    edits.push(set("features", &array)?);
    Some(edits)
}

/// The table of a dependency, found by its key's place.
fn table_of<'s>(source: &'s Source, written: &Dependency) -> Option<(Vec<String>, &'s Table)> {
    let mut path = Vec::new();
    let table = search(&source.toml().root, written, &mut path)?;
    Some((path, table))
}

fn search<'s>(table: &'s Table, written: &Dependency, path: &mut Vec<String>) -> Option<&'s Table> {
    for entry in &table.entries {
        let Some(inner) = entry.value.as_table() else { continue };
        path.push(entry.key.name.clone());
        if entry.key.span == written.key.origin.span {
            return Some(inner);
        }
        if let Some(found) = search(inner, written, path) {
            return Some(found);
        }
        path.pop();
    }
    None
}
