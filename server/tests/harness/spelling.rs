//! The other ways in which the same TOML can be written.

use std::fmt::Write as _;

use toml_edit::{DocumentMut, InlineTable, Item, Key, Table, Value};

use super::{Fixture, fixture::CARGO_HOME};

/// The fixture with its TOML files in other spellings. A file that holds arrays of tables, or comments that
/// mean something, stays as it is.
pub fn variants(fixture: &Fixture) -> Vec<(&'static str, Fixture)> {
    type Respell = fn(&str) -> Option<String>;
    let spellings: [(&'static str, Respell); 3] =
        [("dotted keys", dotted), ("inline tables", inline), ("quoted keys", quoted)];
    let respelt = spellings.into_iter().filter_map(|(name, respell)| {
        let mut variant = fixture.clone();
        let mut is_changed = false;
        for (path, text) in &mut variant.files {
            // What cargo unpacked is nobody's to respell.
            let is_toml =
                !path.starts_with(CARGO_HOME) && (path.ends_with(".toml") || path.ends_with("/config"));
            // The lock file is cargo's own; comments may decide (suppressions, deliberate flags).
            if !is_toml || text.contains('#') {
                continue;
            }
            if let Some(other) = respell(text) {
                is_changed |= other != *text;
                *text = other;
            }
        }
        is_changed.then_some((name, variant))
    });
    respelt.collect()
}

/// Every value on a line of its own, with its whole path: `target.x.linker = "cc"`.
fn dotted(text: &str) -> Option<String> {
    let document: DocumentMut = text.parse().ok()?;
    let mut out = String::new();
    flatten(document.as_table(), &mut Vec::new(), &mut |path, value| {
        let keys: Vec<String> = path.iter().map(|key| Key::new(*key).to_string()).collect();
        let _ = writeln!(out, "{} = {}", keys.join("."), value.to_string().trim());
    })?;
    Some(out)
}

fn flatten<'t>(
    table: &'t Table,
    path: &mut Vec<&'t str>,
    each: &mut dyn FnMut(&[&str], &Value),
) -> Option<()> {
    for (key, item) in table {
        path.push(key);
        match item {
            Item::Value(value) => each(path, value),
            Item::Table(inner) if inner.is_empty() => return None,
            Item::Table(inner) => flatten(inner, path, each)?,
            Item::ArrayOfTables(_) | Item::None => return None,
        }
        path.pop();
    }
    Some(())
}

/// Every table of the top as an inline table.
fn inline(text: &str) -> Option<String> {
    let document: DocumentMut = text.parse().ok()?;
    let mut out = String::new();
    for (key, item) in document.as_table() {
        let value = match item {
            Item::Value(value) => value.clone(),
            Item::Table(table) => Value::InlineTable(to_inline(table)?),
            Item::ArrayOfTables(_) | Item::None => return None,
        };
        let _ = writeln!(out, "{} = {}", Key::new(key), value.to_string().trim().replace('\n', " "));
    }
    Some(out)
}

fn to_inline(table: &Table) -> Option<InlineTable> {
    let mut inline = InlineTable::new();
    for (key, item) in table {
        let value = match item {
            Item::Value(value) => value.clone().decorated(" ", ""),
            Item::Table(inner) => Value::InlineTable(to_inline(inner)?),
            Item::ArrayOfTables(_) | Item::None => return None,
        };
        inline.insert(key, value);
    }
    Some(inline)
}

/// Bare keys of lines in quotes.
fn quoted(text: &str) -> Option<String> {
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some((key, value)) if !key.contains(['"', '\'', '.', ' ', '#']) => format!("\"{key}\" = {value}\n"),
        _ => format!("{line}\n"),
    });
    let text: String = lines.collect();
    text.parse::<DocumentMut>().is_ok().then_some(text)
}

/// The paths whose values differ between two TOML texts.
pub fn changed_paths(then: &str, now: &str) -> Vec<Vec<String>> {
    let (then, now) = (values(then), values(now));
    let mut paths: Vec<Vec<String>> = Vec::new();
    for (path, value) in then.iter().chain(&now) {
        let same =
            |all: &[(Vec<String>, String)]| all.iter().any(|(other, text)| other == path && text == value);
        if (!same(&then) || !same(&now)) && !paths.contains(path) {
            paths.push(path.clone());
        }
    }
    paths
}

fn values(text: &str) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    if let Ok(document) = text.trim_start_matches('\u{feff}').parse::<DocumentMut>() {
        walk(document.as_item(), &mut Vec::new(), &mut found);
    }
    found
}

fn walk(item: &Item, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, String)>) {
    if let Some(table) = item.as_table_like() {
        for (key, inner) in table.iter() {
            path.push(key.to_owned());
            walk(inner, path, found);
            path.pop();
        }
    } else if let Some(tables) = item.as_array_of_tables() {
        for table in tables {
            walk(&Item::Table(table.clone()), path, found);
        }
    } else if let Some(array) = item.as_array() {
        let elements: Vec<String> = array.iter().map(bare).collect();
        found.push((path.clone(), elements.join("\u{1}")));
    } else if let Some(value) = item.as_value() {
        found.push((path.clone(), bare(value)));
    }
}

/// A value without the blanks and comments around it.
fn bare(value: &Value) -> String {
    value.clone().decorated("", "").to_string()
}
