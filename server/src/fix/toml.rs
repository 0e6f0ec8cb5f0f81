//! Edits of TOML files that keep everything else: comments, line endings, the spelling that the file uses.

use crate::{
    finding::Edit,
    syntax::{
        Source,
        toml::{Data, Entry, Table, TableKind, Value},
    },
    text::{Document, FileId, Span},
};

/// Replaces `span` of a file.
pub fn replace(file: &FileId, span: Span, text: impl Into<String>) -> Edit {
    Edit { file: file.clone(), start: span.start(), end: span.end(), text: text.into() }
}

/// A string as a TOML basic string.
pub fn quote(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// A key as TOML writes it: bare where it can be, else quoted.
pub fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !name.is_empty() && name.bytes().all(is_bare) {
        name.to_owned()
    } else if name.contains('\'') || name.contains(char::is_control) {
        quote(name)
    } else {
        format!("'{name}'")
    }
}

/// Sets the value at `path`, whose last part is the key. Writes into the table where it exists, in the
/// way in which it is written there; else adds a table at the end. `source` is `None` for a file that
/// does not exist yet. `None` when something that is not a table stands in the way.
pub fn set(file: &FileId, source: Option<&Source>, path: &[&str], value: &str) -> Option<Edit> {
    let (last, folders) = path.split_last()?;
    let Some(source) = source else {
        let header = if folders.is_empty() { String::new() } else { format!("[{}]\n", dotted(folders)) };
        return Some(replace(file, Span::at(0), format!("{header}{} = {value}\n", key(last))));
    };
    let document = source.document();
    let mut walk = Walk { table: &source.toml().root, line_table: &source.toml().root, below_line: 0 };
    for (depth, name) in folders.iter().enumerate() {
        match walk.table.get(name).map(|value| &value.data) {
            Some(Data::Table(inner)) => walk.enter(inner, depth + 1),
            Some(_) => return None,
            None => return Some(walk.add(document, folders, depth, last, value)),
        }
    }
    if let Some(entry) = walk.table.entry(last) {
        return Some(replace(file, entry.value.span, value));
    }
    Some(walk.add(document, folders, folders.len(), last, value))
}

/// How far a path has been followed.
struct Walk<'t> {
    table: &'t Table,
    /// The innermost table on the way that takes lines of its own.
    line_table: &'t Table,
    /// How many parts of the path lead to it.
    below_line: usize,
}

impl<'t> Walk<'t> {
    fn enter(&mut self, inner: &'t Table, depth: usize) {
        self.table = inner;
        if matches!(inner.kind, TableKind::Header | TableKind::ArrayElement) {
            self.line_table = inner;
            self.below_line = depth;
        }
    }

    /// Adds what is not there: `folders[..depth]` exist.
    fn add(&self, document: &Document, folders: &[&str], depth: usize, last: &str, value: &str) -> Edit {
        let missing: Vec<&str> = folders.iter().skip(depth).copied().chain([last]).collect();
        match self.table.kind {
            TableKind::Inline => {
                let text = format!("{} = {value}", dotted(&missing));
                in_braces(document, self.table, &text)
            }
            TableKind::Dotted => {
                let line: Vec<&str> = folders.iter().skip(self.below_line).copied().chain([last]).collect();
                line_after(document, self.table.body_end, &format!("{} = {value}", dotted(&line)))
            }
            TableKind::Header | TableKind::ArrayElement if missing.len() == 1 => {
                line_after(document, self.table.body_end, &format!("{} = {value}", key(last)))
            }
            TableKind::Root if missing.len() == 1 => {
                line_after(document, self.table.body_end, &format!("{} = {value}", key(last)))
            }
            _ => new_table(document, self.table, folders, last, value),
        }
    }
}

fn dotted(path: &[&str]) -> String {
    path.iter().map(|name| key(name)).collect::<Vec<_>>().join(".")
}

/// A line below the one that holds `offset`, indented like it. At offset 0: the first line.
fn line_after(document: &Document, offset: usize, text: &str) -> Edit {
    let file = document.file();
    let newline = document.line_ending();
    if offset == 0 {
        let start = if document.text().starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        return replace(file, Span::at(start), format!("{text}{newline}"));
    }
    let line =
        document.line_at(offset.saturating_sub(1).max(document.line_range(document.line_at(offset)).start));
    let range = document.line_range(line);
    let content = document.line_text(line);
    let indent: String = content.chars().take_while(|character| matches!(character, ' ' | '\t')).collect();
    let end = range.start + content.len();
    replace(file, Span::at(end), format!("{newline}{indent}{text}"))
}

fn in_braces(document: &Document, table: &Table, text: &str) -> Edit {
    let file = document.file();
    if table.entries.is_empty() {
        return replace(file, table.span, format!("{{ {text} }}"));
    }
    replace(file, Span::at(table.body_end), format!(", {text}"))
}

/// `[folders]` with one key, behind the last table that shares most of its path, else at the end.
fn new_table(document: &Document, nearest: &Table, folders: &[&str], last: &str, value: &str) -> Edit {
    let newline = document.line_ending();
    let block = format!("[{}]{newline}{} = {value}", dotted(folders), key(last));
    let end = if nearest.kind == TableKind::Root { 0 } else { deepest_end(nearest) };
    if end > 0 && end < document.text().trim_end().len() {
        let line = document.line_at(end.saturating_sub(1));
        let at = document.line_range(line).start + document.line_text(line).len();
        return replace(document.file(), Span::at(at), format!("{newline}{newline}{block}"));
    }
    let text = document.text();
    let kept = text.trim_end().len();
    let has_content = !text.trim_start_matches('\u{feff}').trim().is_empty();
    let lead = if has_content { format!("{newline}{newline}") } else { String::new() };
    let start = if has_content { kept } else { text.len() };
    replace(document.file(), Span::new(start, text.len()), format!("{lead}{block}{newline}"))
}

/// Behind everything that a table and the tables below it hold.
fn deepest_end(table: &Table) -> usize {
    let below = table.entries.iter().map(|entry| match &entry.value.data {
        Data::Table(inner) if inner.kind != TableKind::Inline => deepest_end(inner),
        Data::Array(values) => values
            .iter()
            .map(|value| value.as_table().map_or(0, deepest_end).max(value.span.end()))
            .max()
            .unwrap_or(0)
            .max(entry.statement.end()),
        _ => entry.statement.end().max(entry.value.span.end()),
    });
    below.max().unwrap_or(0).max(table.body_end)
}

/// Removes an entry that is written as a statement, with its line when nothing else stands there.
/// `None` for an entry of an inline table, or one that is a table by headers.
pub fn remove(source: &Source, parent: &Table, entry: &Entry) -> Option<Edit> {
    if parent.kind == TableKind::Inline
        || entry.value.as_table().is_some_and(|table| table.kind != TableKind::Inline)
    {
        return None;
    }
    Some(remove_lines(source.document(), entry.statement))
}

/// Removes `span`, with its lines when nothing but blanks is left on them.
pub fn remove_lines(document: &Document, span: Span) -> Edit {
    let text = document.text();
    let first = document.line_range(document.line_at(span.start()));
    let last = document.line_range(document.line_at(span.end()));
    let before = text.get(first.start..span.start()).unwrap_or_default();
    let behind = text.get(span.end()..last.end).unwrap_or_default();
    if before.trim_matches(['\u{feff}', ' ', '\t']).is_empty() && behind.trim().is_empty() {
        let start =
            if before.starts_with('\u{feff}') { first.start + '\u{feff}'.len_utf8() } else { first.start };
        return replace(document.file(), Span::new(start, last.end), "");
    }
    // A comment behind it stays.
    let blanks = if before.trim().is_empty() {
        behind.len() - behind.trim_start_matches([' ', '\t']).len()
    } else {
        0
    };
    replace(document.file(), Span::new(span.start(), span.end() + blanks), "")
}

/// Adds an element at the end of an array, on a line of its own where the others have one.
pub fn push(source: &Source, array: &Value, element: &str) -> Option<Vec<Edit>> {
    let document = source.document();
    let file = document.file();
    let elements = array.as_array()?;
    let inner = Span::new(array.span.start() + 1, array.span.end().checked_sub(1)?);
    let Some(last) = elements.last() else {
        return document
            .slice(inner)
            .trim()
            .is_empty()
            .then(|| vec![replace(file, array.span, format!("[{element}]"))]);
    };
    let behind = Span::new(last.span.end(), inner.end());
    let comma = comma_in(source, behind);
    let own_lines = document.line_at(array.span.start()) != document.line_at(last.span.start());
    if !own_lines {
        return Some(match comma {
            Some(comma) => vec![replace(file, Span::at(comma + 1), format!(" {element},"))],
            None => vec![replace(file, Span::at(last.span.end()), format!(", {element}"))],
        });
    }
    let line = document.line_at(last.span.start());
    let indent: String =
        document.line_text(line).chars().take_while(|character| matches!(character, ' ' | '\t')).collect();
    let last_line = document.line_at(comma.unwrap_or(last.span.end()));
    let end = (document.line_range(last_line).start + document.line_text(last_line).len()).min(inner.end());
    let newline = document.line_ending();
    let text = format!("{newline}{indent}{element}{}", if comma.is_some() { "," } else { "" });
    let mut edits = Vec::new();
    match comma {
        None if end == last.span.end() => {
            return Some(vec![replace(file, Span::at(end), format!(",{text}"))]);
        }
        None => edits.push(replace(file, Span::at(last.span.end()), ",")),
        Some(_) => {}
    }
    edits.push(replace(file, Span::at(end), text));
    Some(edits)
}

/// Removes the elements `first..=last` of an array, with their commas. `None` when a comment stands
/// between them.
pub fn remove_elements(source: &Source, array: &Value, first: usize, last: usize) -> Option<Edit> {
    let document = source.document();
    let elements = array.as_array()?;
    let (from, to) = (elements.get(first)?, elements.get(last)?);
    let end_of_array = array.span.end().checked_sub(1)?;
    let next = elements.get(last + 1).map_or(end_of_array, |element| element.span.start());
    let mut span = Span::new(from.span.start(), to.span.end());
    if let Some(comma) = comma_in(source, Span::new(to.span.end(), next)) {
        span = span.cover(Span::at(comma + 1));
    } else if let Some(previous) = first.checked_sub(1).and_then(|position| elements.get(position)) {
        // The last element has no comma of its own: the one before it goes.
        let comma = comma_in(source, Span::new(previous.span.end(), from.span.start()))?;
        span = span.cover(Span::at(comma));
    }
    if source.toml().comments.iter().any(|comment| span.contains(*comment)) {
        return None;
    }
    let mut edit = remove_lines(document, span);
    if edit.start == span.start() && elements.get(last + 1).is_some() {
        // In the middle of a line the blank behind the comma goes as well.
        let rest = document.text().get(edit.end..next).unwrap_or_default();
        edit.end += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }
    Some(edit)
}

/// The comma between two elements: the first outside of comments.
fn comma_in(source: &Source, span: Span) -> Option<usize> {
    let text = source.document().slice(span);
    let comments = &source.toml().comments;
    text.match_indices(',').map(|(at, _)| span.start() + at).find(|at| {
        let first_after = comments.partition_point(|comment| comment.end() <= *at);
        comments.get(first_after).is_none_or(|comment| comment.start() > *at)
    })
}
