//! Edits of one dependency of a manifest, in the spelling that it has.

use super::toml;
use crate::{
    cargo::manifest::{Dependency, Spelling},
    finding::Edit,
    syntax::{
        Source,
        toml::{Table, Value},
    },
};

/// What to change.
#[derive(Clone, Debug, Default)]
pub struct Change<'a> {
    /// A value for `default-features`, where it is not that already.
    pub default_features: Option<bool>,
    /// Features to take away.
    pub remove: &'a [&'a str],
    /// Features to ask for.
    pub add: Vec<&'a str>,
}

/// The edits, made in the dependency's own table: `written` is an entry of `[workspace.dependencies]` where that is
/// what is to be changed. `None` where there is nothing to change, or a comment would be lost.
pub fn change(source: &Source, written: &Dependency, change: &Change<'_>) -> Option<Vec<Edit>> {
    let file = source.file();
    if written.spelling == Spelling::String {
        let version = source.document().slice(written.value.span);
        let mut text = format!("{{ version = {version}");
        if change.default_features == Some(false) {
            text.push_str(", default-features = false");
        }
        if !change.add.is_empty() {
            text.push_str(", features = ");
            text.push_str(&array(&change.add));
        }
        text.push_str(" }");
        let is_change = change.default_features == Some(false) || !change.add.is_empty();
        return is_change.then(|| vec![toml::replace(file, written.value.span, text)]);
    }
    let (path, table) = table_of(source, written)?;
    let set = |key: &str, value: &str| {
        let path: Vec<&str> = path.iter().map(String::as_str).chain([key]).collect();
        toml::set(file, Some(source), &path, value)
    };
    let key = if table.get("default_features").is_some() { "default_features" } else { "default-features" };
    let said = table.get(key).and_then(Value::as_bool);
    let defaults = change.default_features.filter(|wanted| said.unwrap_or(true) != *wanted);
    let kept = written_features(table);
    let missing: Vec<&str> = change.add.iter().copied().filter(|feature| !kept.contains(feature)).collect();
    let Some(features) = table.get("features") else {
        return match (defaults, missing.is_empty()) {
            (None, true) => None,
            (Some(value), true) => Some(vec![set(key, &value.to_string())?]),
            (None, false) => Some(vec![set("features", &array(&missing))?]),
            // Two insertions at one place would have no order.
            (Some(value), false) if said.is_none() => {
                let newline = source.document().line_ending();
                let separator = match written.spelling {
                    Spelling::Inline => ", ".to_owned(),
                    Spelling::Dotted => format!("{newline}{}.", toml::key(&written.key.value)),
                    Spelling::Table | Spelling::String => newline.to_owned(),
                };
                let both = format!("{value}{separator}features = {}", array(&missing));
                Some(vec![set(key, &both)?])
            }
            (Some(value), false) => {
                Some(vec![set(key, &value.to_string())?, set("features", &array(&missing))?])
            }
        };
    };
    let mut edits = Vec::new();
    if let Some(value) = defaults {
        edits.push(set(key, &value.to_string())?);
    }
    edits.extend(features_edits(source, features, change.remove, &missing)?);
    (!edits.is_empty()).then_some(edits)
}

/// Sets a key in the dependency's own table.
pub fn insert(source: &Source, written: &Dependency, key: &str, value: &str) -> Option<Edit> {
    let (path, _) = table_of(source, written)?;
    let path: Vec<&str> = path.iter().map(String::as_str).chain([key]).collect();
    toml::set(source.file(), Some(source), &path, value)
}

/// A new dependency on a crate from the registry; `None` where the manifest has a table in which it cannot be said.
pub fn add(source: &Source, platform: Option<&str>, name: &str, version: &str, rest: &str) -> Option<Edit> {
    let path: Vec<&str> = match platform {
        Some(platform) => vec!["target", platform, "dependencies", name],
        None => vec!["dependencies", name],
    };
    if source.toml().root.path(&path).is_some() {
        return None;
    }
    let value = if rest.is_empty() {
        toml::quote(version)
    } else {
        format!("{{ version = {}, {rest} }}", toml::quote(version))
    };
    toml::set(source.file(), Some(source), &path, &value)
}

/// An array of strings.
pub fn array(elements: &[&str]) -> String {
    let quoted: Vec<String> = elements.iter().map(|element| toml::quote(element)).collect();
    format!("[{}]", quoted.join(", "))
}

fn written_features(table: &Table) -> Vec<&str> {
    let features = table.get("features").and_then(Value::as_array).unwrap_or_default();
    features.iter().filter_map(Value::as_str).collect()
}

fn features_edits(source: &Source, features: &Value, remove: &[&str], add: &[&str]) -> Option<Vec<Edit>> {
    let elements = features.as_array()?;
    let is_removed = |element: &Value| element.as_str().is_some_and(|name| remove.contains(&name));
    let removes = elements.iter().any(is_removed);
    let document = source.document();
    match (removes, add) {
        (false, []) => Some(Vec::new()),
        (false, [one]) => toml::push(source, features, &toml::quote(one)),
        _ => {
            let text = document.slice(features.span);
            if source.toml().comments.iter().any(|comment| features.span.contains(*comment)) {
                // What is only added goes behind all of them.
                return if removes {
                    None
                } else {
                    toml::push(source, features, &more(source, elements, add))
                };
            }
            let kept = elements.iter().filter(|element| !is_removed(element));
            let kept = kept.map(|element| document.slice(element.span).to_owned());
            let all: Vec<String> = kept.chain(add.iter().map(|name| toml::quote(name))).collect();
            let text = if text.contains('\n') && !all.is_empty() {
                on_lines(source, features, elements, &all)
            } else {
                format!("[{}]", all.join(", "))
            };
            Some(vec![toml::replace(source.file(), features.span, text)])
        }
    }
}

/// Elements for the end of an array of several lines, each on a line of its own.
fn more(source: &Source, elements: &[Value], add: &[&str]) -> String {
    let indent = elements.last().map(|last| indent_of(source, last.span.start())).unwrap_or_default();
    let quoted: Vec<String> = add.iter().map(|name| toml::quote(name)).collect();
    quoted.join(&format!(",{}{indent}", source.document().line_ending()))
}

/// The blanks that a line begins with.
fn indent_of(source: &Source, offset: usize) -> String {
    let line = source.document().line_text(source.document().line_at(offset));
    line.chars().take_while(|character| matches!(character, ' ' | '\t')).collect()
}

/// An array of several lines, indented as it was.
fn on_lines(source: &Source, features: &Value, elements: &[Value], all: &[String]) -> String {
    let document = source.document();
    let indent_of = |offset| indent_of(source, offset);
    let newline = document.line_ending();
    let own = elements.first().map_or_else(|| "    ".to_owned(), |first| indent_of(first.span.start()));
    let close = indent_of(features.span.end().saturating_sub(1));
    let lines: Vec<String> = all.iter().map(|element| format!("{own}{element},{newline}")).collect();
    format!("[{newline}{}{close}]", lines.concat())
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{cargo, fix::apply_edits, snapshot::MemoryFiles};

    fn changed(dependencies: &str, wanted: &Change<'_>) -> Option<String> {
        let head = "[package]\nname = \"p\"\n\n";
        let text = format!("{head}{dependencies}");
        let snapshot = MemoryFiles::new("/p").with("Cargo.toml", text.as_str()).snapshot();
        let workspace = cargo::read(&snapshot).workspace?;
        let manifest = workspace.manifests().find(|manifest| manifest.folder == Path::new("/p"))?;
        let dependency = manifest.dependencies.first()?;
        let edits = change(&manifest.source, dependency, wanted)?;
        Some(apply_edits(&text, &edits).strip_prefix(head)?.to_owned())
    }

    #[test]
    fn every_spelling_is_kept() {
        let wanted = || Change { default_features: Some(false), remove: &["old"], add: vec!["a", "b"] };
        for (before, after) in [
            (
                "[dependencies]\nx = \"1\" # c\n",
                "[dependencies]\nx = { version = \"1\", default-features = false, features = [\"a\", \"b\"] } # c\n",
            ),
            (
                "[dependencies]\nx = { version = \"1\" }\n",
                "[dependencies]\nx = { version = \"1\", default-features = false, features = [\"a\", \"b\"] }\n",
            ),
            (
                "[dependencies]\nx = { version = \"1\", features = [\"old\", \"z\"] }\n",
                "[dependencies]\nx = { version = \"1\", features = [\"z\", \"a\", \"b\"], default-features = false }\n",
            ),
            (
                "[dependencies.x]\nversion = \"1\"\n",
                "[dependencies.x]\nversion = \"1\"\ndefault-features = false\nfeatures = [\"a\", \"b\"]\n",
            ),
            (
                "[dependencies]\nx.version = \"1\"\ny = \"2\"\n",
                "[dependencies]\nx.version = \"1\"\nx.default-features = false\nx.features = [\"a\", \"b\"]\ny = \"2\"\n",
            ),
            (
                "[dependencies.x]\nversion = \"1\"\ndefault_features = true\nfeatures = [\n  \"old\",\n  \"a\",\n]\n",
                "[dependencies.x]\nversion = \"1\"\ndefault_features = false\nfeatures = [\n  \"a\",\n  \"b\",\n]\n",
            ),
        ] {
            assert_eq!(changed(before, &wanted()).as_deref(), Some(after));
        }
    }

    #[test]
    fn nothing_to_change_and_comments_that_would_be_lost_are_no_edit() {
        let done = Change { default_features: Some(false), remove: &[], add: vec!["a"] };
        let text = "[dependencies]\nx = { version = \"1\", default-features = false, features = [\"a\"] }\n";
        assert_eq!(changed(text, &done), None);
        let behind = Change { default_features: None, remove: &[], add: vec!["a", "b"] };
        let text = "[dependencies.x]\nversion = \"1\"\nfeatures = [\n  \"z\", # why\n]\n";
        let after =
            "[dependencies.x]\nversion = \"1\"\nfeatures = [\n  \"z\", # why\n  \"a\",\n  \"b\",\n]\n";
        assert_eq!(changed(text, &behind).as_deref(), Some(after));
        let commented = "[dependencies.x]\nversion = \"1\"\nfeatures = [\n  \"old\", # why\n  \"z\",\n]\n";
        let remove = Change { default_features: None, remove: &["old"], add: vec!["a"] };
        assert_eq!(changed(commented, &remove), None);
    }
}
