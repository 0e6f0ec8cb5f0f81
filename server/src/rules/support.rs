//! What several rules need to speak of places and to write fixes.

use std::sync::Arc;

use crate::{
    finding::{Edit, Finding},
    fix,
    nix::facts::{Derivation, Piece, StoreItem, Text},
    project::Project,
    syntax::{
        Source,
        toml::{Data, Table, Value},
    },
    text::{Origin, Span},
};

const QUOTES: [&str; 5] = ["\"\"\"", "'''", "''", "\"", "'"];

/// The quotes around a string literal of TOML or Nix; empty around a bare word.
fn quotes(text: &str) -> &'static str {
    let encloses =
        |quote: &&str| text.len() >= 2 * quote.len() && text.starts_with(*quote) && text.ends_with(*quote);
    QUOTES.into_iter().find(encloses).unwrap_or_default()
}

/// A string literal without its quotes.
pub(super) fn unquoted(text: &str) -> &str {
    let width = quotes(text).len();
    &text[width..text.len() - width]
}

/// Replaces what stands between the quotes of a string, or a bare word; the quotes stay.
pub(super) fn replace_string(project: &Project, origin: &Origin, new: &str) -> Option<Edit> {
    let width = quotes(&project.text_at(origin)).len();
    let span = Span::new(origin.span.start() + width, origin.span.end().checked_sub(width)?);
    (!span.is_empty()).then(|| fix::toml::replace(&origin.file, span, new))
}

/// The characters of a text in Nix, when all of it stands in one literal.
pub(super) fn single_literal(text: &Text) -> Option<(&str, &Origin)> {
    match text.pieces.as_slice() {
        [Piece::Literal { text, origin }] => Some((text, origin)),
        _ => None,
    }
}

/// A value in a TOML file, found again by its bytes.
pub(super) struct Located {
    /// The file.
    pub source: Arc<Source>,
    /// The keys that lead to it.
    pub path: Vec<String>,
}

impl Located {
    /// The value.
    pub fn value(&self) -> Option<&Value> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        self.source.toml().root.path(&path)
    }
}

/// Finds the value that stands at `origin`.
pub(super) fn locate(project: &Project, origin: &Origin) -> Option<Located> {
    let source = project.source(&origin.file)?;
    let mut path = Vec::new();
    let found = search(&source.toml().root, origin.span, &mut path);
    found.then_some(Located { source, path })
}

fn search(table: &Table, span: Span, path: &mut Vec<String>) -> bool {
    for entry in &table.entries {
        path.push(entry.key.name.clone());
        if entry.value.span == span {
            return true;
        }
        if let Data::Table(inner) = &entry.value.data
            && search(inner, span, path)
        {
            return true;
        }
        path.pop();
    }
    false
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn join(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// Of findings at one place only the first: several systems share one expression, and it is wrong once.
pub(super) fn once_per_place(findings: impl IntoIterator<Item = Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings {
        match kept.iter_mut().find(|known| known.origin == finding.origin) {
            Some(known) => {
                known.targets.extend(finding.targets);
                known.targets.sort();
                known.targets.dedup();
            }
            None => kept.push(finding),
        }
    }
    kept
}

/// Whether a piece of text in Nix is an attribute path and nothing else: `pkgs.openssl`.
pub(super) fn is_attribute_path(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|character| character.is_ascii_alphanumeric() || "_-'".contains(character))
    };
    text.split('.').all(is_name)
}

/// A compiler for a target that a derivation is given, or names in a variable, and where.
pub(super) fn cross_compiler<'d>(
    derivation: &'d Derivation,
    triple: &str,
) -> Option<(&'d StoreItem, &'d Origin)> {
    let is_compiler = |item: &StoreItem| {
        let last = item.attribute.rsplit('.').next().unwrap_or_default();
        item.platform.triple.as_deref() == Some(triple)
            && (last == "cc" || ["gcc", "clang"].iter().any(|name| last.starts_with(name)))
    };
    let inputs = derivation.inputs.iter().map(|input| (&input.item, &input.origin));
    let pieces = derivation.env.iter().flat_map(|variable| &variable.value.pieces);
    let named = pieces.filter_map(|piece| match piece {
        Piece::Store { item, origin } => Some((item, origin)),
        _ => None,
    });
    inputs.chain(named).find(|(item, _)| is_compiler(item))
}
