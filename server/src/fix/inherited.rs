//! Edits of names that stand in an `inherit`: neither a value nor another name can be written there, so the name
//! leaves the list, and a binding of its own follows.

use std::collections::HashMap;

use crate::{
    finding::Edit,
    syntax::{
        Source,
        nix::{Entry, EntryValue, Expr, Set},
    },
};

/// Where names are inherited in one file, by the place of the name. Only asked, never iterated.
#[derive(Debug)]
pub struct Inherited<'s> {
    source: &'s Source,
    names: HashMap<usize, Name<'s>>,
}

#[derive(Debug)]
struct Name<'s> {
    set: &'s Set,
    entry: &'s Entry,
    /// Whether the `inherit` has no other.
    is_alone: bool,
}

impl<'s> Inherited<'s> {
    /// Looks through a file once, however many edits there are.
    pub fn of(source: &'s Source) -> Self {
        let mut names = HashMap::new();
        for (_, expr, _) in source.nix().expressions() {
            let (Expr::Set(set) | Expr::Let { set, .. }) = expr else { continue };
            let inherited = || {
                let is_it = |entry: &&Entry| !matches!(entry.value, EntryValue::Expr(_));
                set.entries.iter().filter(is_it)
            };
            let mut counts: HashMap<u32, usize> = HashMap::new();
            for entry in inherited() {
                *counts.entry(entry.written).or_default() += 1;
            }
            for entry in inherited() {
                let is_alone = counts.get(&entry.written) == Some(&1);
                names.insert(entry.name.span.start(), Name { set, entry, is_alone });
            }
        }
        Self { source, names }
    }

    /// The edit as it can be written; the same edit when it is of no inherited name, and `None` when it cannot be
    /// written.
    pub fn written(&self, edit: &Edit) -> Option<Vec<Edit>> {
        match self.names.get(&edit.start).filter(|name| name.entry.name.span.end() == edit.end) {
            Some(name) => self.binding(name, edit),
            None => Some(vec![edit.clone()]),
        }
    }

    /// The name leaves the `inherit`, and a binding comes behind it.
    fn binding(&self, place: &Name<'_>, edit: &Edit) -> Option<Vec<Edit>> {
        let (set, document) = (place.set, self.source.document());
        let text = document.text();
        let name = text.get(edit.start..edit.end)?;
        let from = match place.entry.value {
            EntryValue::InheritFrom(from) => {
                let span = self.source.nix().span(from);
                let from = text.get(span.start()..span.end())?;
                let is_path = from.chars().all(|c| c.is_ascii_alphanumeric() || "._-'".contains(c));
                if is_path { format!("{from}.{name}") } else { format!("({from}).{name}") }
            }
            // Between bindings that see each other it would mean itself.
            _ if set.recursive => return None,
            _ => name.to_owned(),
        };
        let binding = match is_name(&edit.text) {
            true if set.recursive => return None,
            true => format!("{} = {from};", edit.text),
            false => {
                let value = edit.text.replace(&format!("${{{name}"), &format!("${{{from}"));
                format!("{name} = {value};")
            }
        };
        let written = set.written.get(place.entry.written as usize)?.span;
        let new = |start: usize, end: usize, text: String| Edit { file: edit.file.clone(), start, end, text };
        if place.is_alone {
            return Some(vec![new(written.start(), written.end(), binding)]);
        }
        // The name goes with the white space before it.
        let before = text.get(written.start()..edit.start)?.trim_end().len();
        let line = document.line_text(document.line_at(written.start()));
        let indent: String = line.chars().take_while(|c| *c == ' ' || *c == '\t').collect();
        Some(vec![
            new(written.start() + before, edit.end, String::new()),
            new(written.end(), written.end(), format!("{}{indent}{binding}", document.line_ending())),
        ])
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-'".contains(c))
}
