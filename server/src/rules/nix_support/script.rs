//! Lines for the scripts of a package.

use crate::{
    finding::Edit,
    fix::{nix::add_attribute, toml::replace},
    nix::facts::{AttributeSet, Binding},
    text::{Document, Span},
};

/// Lines to add to a script.
#[derive(Debug)]
pub(in crate::rules) struct Lines<'l> {
    /// The script: "postFixup".
    pub(in crate::rules) phase: &'l str,
    /// The condition under which they belong to it, as a Nix expression; none for always.
    pub(in crate::rules) condition: Option<String>,
    /// A name of the package set, for `lib`.
    pub(in crate::rules) pkgs: &'l str,
    /// The lines, as they stand in an indented string.
    pub(in crate::rules) text: Vec<String>,
}

impl Lines<'_> {
    fn indented(&self, indent: &str, newline: &str) -> String {
        self.text.iter().flat_map(|line| [indent, line, newline]).collect()
    }

    /// As the value of an attribute that is indented by `indent`.
    fn value(&self, indent: &str, newline: &str) -> String {
        let text = format!("''{newline}{}{indent}''", self.indented(&format!("{indent}  "), newline));
        match &self.condition {
            Some(condition) => format!("{}.lib.optionalString {condition} {text}", self.pkgs),
            None => text,
        }
    }
}

/// Adds lines at the end of a script of a package: to the indented string that is there, or as a new
/// attribute. `None` where the script is written in another way.
pub(in crate::rules) fn add_lines(
    document: &Document,
    set: &AttributeSet,
    lines: &Lines<'_>,
) -> Option<Edit> {
    let newline = document.line_ending();
    match set.bindings.iter().find(|binding| binding.path == lines.phase) {
        Some(binding) => append(document, binding, lines, newline),
        None => {
            let indent = set.bindings.last().map_or("", |last| indent_of(document, last.span.start()));
            add_attribute(document, set, lines.phase, &lines.value(indent, newline))
        }
    }
}

fn append(document: &Document, binding: &Binding, lines: &Lines<'_>, newline: &str) -> Option<Edit> {
    let text = document.slice(binding.value);
    let inner = text.strip_prefix("''")?.strip_suffix("''")?;
    // Two strings joined, or a string that ends with an escaped quote.
    if inner.contains("''") {
        return None;
    }
    let (before, last) = inner.rsplit_once('\n')?;
    if !last.trim().is_empty() {
        return None;
    }
    let content = before.lines().rev().find(|line| !line.trim().is_empty());
    let indent: String = match content {
        Some(line) => line.chars().take_while(|character| matches!(character, ' ' | '\t')).collect(),
        None => format!("{last}  "),
    };
    let added: String = match &lines.condition {
        None => lines.indented(&indent, newline),
        Some(_) => format!("{indent}${{{}}}{newline}", lines.value(&indent, newline)),
    };
    let at = binding.value.end() - "''".len() - last.len();
    Some(replace(document.file(), Span::at(at), added))
}

fn indent_of(document: &Document, offset: usize) -> &str {
    let line = document.line_text(document.line_at(offset));
    let width = line.len() - line.trim_start_matches([' ', '\t']).len();
    line.get(..width).unwrap_or_default()
}
