//! The entries of a lock file, before their dependencies are looked up.
//!
//! Cargo writes the file itself, always in the same form, and it may have a megabyte: [`as_written`] reads
//! that form line by line, ten times as fast as a tree is built (measured: 1 MB, 3,000 packages). A file
//! that somebody touched, even by one blank, is read through its tree.

use crate::{
    syntax::toml::{Table, Value},
    text::Span,
};

/// The file's version and its entries, in the order of the text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Entries<'t> {
    pub(super) version: Option<(i64, Span)>,
    pub(super) packages: Vec<Entry<'t>>,
}

/// One package.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Entry<'t> {
    pub(super) name: &'t str,
    pub(super) version: &'t str,
    pub(super) source: Option<&'t str>,
    pub(super) dependencies: Vec<&'t str>,
    pub(super) span: Span,
    pub(super) name_span: Span,
}

/// Reads the form that cargo writes; `None` when a line is none of cargo's.
pub(super) fn as_written(text: &str) -> Option<Entries<'_>> {
    let mut entries = Entries::default();
    let mut section = Section::Head;
    let mut in_list = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        if in_list {
            if line == "]" {
                in_list = false;
                entries.end(section, at + line.len());
            } else {
                let name = quoted(line.strip_prefix(' ')?.strip_suffix(',')?)?;
                if let (Section::Package, Some(package)) = (section, entries.packages.last_mut()) {
                    package.dependencies.push(name);
                }
            }
            continue;
        }
        match line {
            "" => {}
            _ if line.starts_with('#') && matches!(section, Section::Head) => {}
            "[[package]]" | "[root]" => {
                section = Section::Package;
                entries.packages.push(Entry { span: Span::new(at, at + line.len()), ..Entry::default() });
            }
            "[[patch.unused]]" | "[metadata]" => section = Section::Other,
            _ => {
                let (key, value) = line.split_once(" = ")?;
                entries.end(section, at + line.len());
                let place = Span::new(at + line.len() - value.len(), at + line.len());
                in_list = entries.value(section, key, value, place)?;
            }
        }
    }
    let whole =
        entries.packages.iter().all(|package| !package.name.is_empty() && !package.version.is_empty());
    (!in_list && whole).then_some(entries)
}

/// The part of the file that a line belongs to.
#[derive(Clone, Copy)]
enum Section {
    Head,
    Package,
    /// Checksums, and patches that nothing uses.
    Other,
}

impl<'t> Entries<'t> {
    /// Takes in one key; tells whether a list begins.
    fn value(&mut self, section: Section, key: &'t str, value: &'t str, place: Span) -> Option<bool> {
        match (section, key, self.packages.last_mut()) {
            (Section::Head, "version", _) => self.version = Some((value.parse().ok()?, place)),
            (Section::Package, "name", Some(package)) => {
                package.name = quoted(value)?;
                package.name_span = place;
            }
            (Section::Package, "version", Some(package)) => package.version = quoted(value)?,
            (Section::Package, "source", Some(package)) => package.source = Some(quoted(value)?),
            (Section::Package, "checksum" | "replace", _) => _ = quoted(value)?,
            (Section::Package | Section::Other, "dependencies", _) => return (value == "[").then_some(true),
            (Section::Other, _, _) => _ = quoted(value)?,
            _ => return None,
        }
        Some(false)
    }

    /// The entry that is being read reaches to here.
    fn end(&mut self, section: Section, end: usize) {
        if let (Section::Package, Some(package)) = (section, self.packages.last_mut()) {
            package.span = Span::new(package.span.start(), end);
        }
    }
}

/// The text between two quotes, when nothing in it is escaped.
fn quoted(value: &str) -> Option<&str> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains(['"', '\\'])).then_some(inner)
}

/// Reads the tree of a file of any form.
pub(super) fn of_tree(root: &Table) -> Entries<'_> {
    let version = root.get("version").and_then(|value| Some((value.as_integer()?, value.span)));
    let list = root.get("package").and_then(Value::as_array).unwrap_or_default();
    // Before 2018 the package itself stood in a table of its own.
    let root_package = root.get("root").and_then(Value::as_table);
    let tables = root_package.into_iter().chain(list.iter().filter_map(Value::as_table));
    Entries { version, packages: tables.filter_map(of_table).collect() }
}

fn of_table(table: &Table) -> Option<Entry<'_>> {
    let name = table.get("name")?;
    let text = |key| table.get(key).and_then(Value::as_str);
    let wanted = table.get("dependencies").and_then(Value::as_array).unwrap_or_default();
    Some(Entry {
        name: name.as_str()?,
        version: text("version")?,
        source: text("source"),
        dependencies: wanted.iter().filter_map(Value::as_str).collect(),
        span: Span::new(table.span.start(), table.body_end.max(table.span.end())),
        name_span: name.span,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{syntax::Source, text::FileId};

    const WRITTEN: &str = "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\n\
        version = 4\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\ndependencies = [\n \"b 1.0.0\",\n \"c\",\n]\n\n\
        [[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\nchecksum = \"00\"\n\n\
        [[package]]\nname = \"c\"\nversion = \"1.0.0\"\n\n[[patch.unused]]\nname = \"d\"\nversion = \"1.0.0\"\n\n\
        [metadata]\n\"checksum b 1.0.0 (registry+x)\" = \"00\"\n";

    fn tree_of(text: &str) -> Source {
        Source::from_text(FileId::new("/Cargo.lock"), text)
    }

    #[test]
    fn both_ways_of_reading_agree() {
        for text in
            [WRITTEN.to_owned(), WRITTEN.replace('\n', "\r\n"), String::new(), "version = 3\n".to_owned()]
        {
            let source = tree_of(&text);
            assert!(source.toml().errors.is_empty());
            assert_eq!(as_written(&text), Some(of_tree(&source.toml().root)), "{text}");
        }
        assert_eq!(as_written(WRITTEN).map(|entries| entries.packages.len()), Some(3));
    }

    #[test]
    fn what_cargo_did_not_write_is_left_to_the_tree() {
        for (from, to) in [
            ("version = 4", "<<<<<<< HEAD\nversion = 4"),
            ("version = 4", "version=4"),
            ("name = \"a\"", "name = 'a'"),
            ("name = \"a\"", "name = \"a\" # mine"),
            ("name = \"a\"", "name = \"\\u0061\""),
            ("name = \"a\"\n", ""),
            (" \"c\",\n]", " \"c\","),
            (" \"c\",\n]", " \"c\"\n]"),
            ("[[package]]\nname = \"b\"", "[package]\nname = \"b\""),
            ("checksum = \"00\"", "surprise = 1"),
        ] {
            let text = WRITTEN.replacen(from, to, 1);
            assert_ne!(text, WRITTEN);
            assert_eq!(as_written(&text), None, "{to}");
        }
    }
}
