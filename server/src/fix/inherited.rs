//! Edits of names that stand in an `inherit`: neither a value nor another name can be written there, so the name
//! leaves the list, and a binding of its own follows.

use crate::{
    finding::Edit,
    syntax::{
        Source,
        nix::{Entry, EntryValue, Expr, Set, Tree},
    },
};

/// The edit as it can be written; the same edit when it is of no inherited name, and `None` when it cannot be written.
pub fn written(source: &Source, edit: &Edit) -> Option<Edit> {
    if !may_be_inherited(source.document().text(), edit.start) {
        return Some(edit.clone());
    }
    let tree = source.nix();
    let all = tree.expressions().filter_map(|(_, expr, _)| match expr {
        Expr::Set(set) | Expr::Let { set, .. } => Some(&**set),
        _ => None,
    });
    for set in all {
        let found = set.entries.iter().find(|entry| {
            let is_inherited = matches!(entry.value, EntryValue::Inherit | EntryValue::InheritFrom(_));
            is_inherited && (entry.name.span.start(), entry.name.span.end()) == (edit.start, edit.end)
        });
        if let Some(entry) = found {
            return binding(source, tree, set, entry, edit);
        }
    }
    Some(edit.clone())
}

/// Whether the word stands before a place, in the same binding: the tree is only asked then.
fn may_be_inherited(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let binding = before.rsplit([';', '{', '=']).next().unwrap_or_default();
    binding.contains("inherit")
}

/// The whole `inherit`, without the name, and a binding behind it.
fn binding(source: &Source, tree: &Tree, set: &Set, entry: &Entry, edit: &Edit) -> Option<Edit> {
    let text = source.document().text();
    let name = text.get(edit.start..edit.end)?;
    let from = match entry.value {
        EntryValue::InheritFrom(from) => {
            let span = tree.span(from);
            let from = text.get(span.start()..span.end())?;
            let is_path = from.chars().all(|c| c.is_ascii_alphanumeric() || "._-'".contains(c));
            if is_path { format!("{from}.{name}") } else { format!("({from}).{name}") }
        }
        // Between bindings that see each other it would mean itself.
        _ if set.recursive => return None,
        _ => name.to_owned(),
    };
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-'".contains(c))
    };
    let new = match is_name(&edit.text) {
        true if set.recursive => return None,
        true => format!("{} = {from};", edit.text),
        false => format!("{name} = {};", edit.text.replace(&format!("${{{name}"), &format!("${{{from}"))),
    };
    let written = set.written.get(entry.written as usize)?;
    let statement = text.get(written.span.start()..written.span.end())?;
    let is_alone = set.entries.iter().filter(|other| other.written == entry.written).count() == 1;
    let text = if is_alone {
        new
    } else {
        // The name goes with the white space before it.
        let at = edit.start.checked_sub(written.span.start())?;
        let (before, behind) = (statement.get(..at)?.trim_end(), statement.get(at + name.len()..)?);
        let document = source.document();
        let line = document.line_at(written.span.start());
        let indent: String =
            document.line_text(line).chars().take_while(|c| *c == ' ' || *c == '\t').collect();
        format!("{before}{behind}{}{indent}{new}", document.line_ending())
    };
    Some(Edit { file: edit.file.clone(), start: written.span.start(), end: written.span.end(), text })
}
