//! The tree: tables of entries, in the order of the text.

use std::collections::HashMap;

use crate::{syntax::SyntaxError, text::Span};

/// A whole text.
#[derive(Debug, Default)]
pub struct Tree {
    /// The top-level table.
    pub root: Table,
    /// What could not be read, in the order of the text.
    pub errors: Vec<SyntaxError>,
    /// Comments from `#` to the end of the line, in the order of the text.
    pub comments: Vec<Span>,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TableKind {
    /// The text itself.
    #[default]
    Root,
    /// `[a.b]`.
    Header,
    /// `[[a.b]]`: one element of the array.
    ArrayElement,
    /// Only named by a longer header: `a` in `[a.b]`.
    Implicit,
    /// Made by a dotted key: `a` in `a.b = 1`.
    Dotted,
    /// `{ b = 1 }`.
    Inline,
}

/// A table, in whichever way it is written. Headers and dotted keys that name the same table are merged.
#[derive(Debug, Default)]
pub struct Table {
    /// Its entries, in the order in which their keys first appear.
    pub entries: Vec<Entry>,
    /// How it is written.
    pub kind: TableKind,
    /// Its own header, its braces, or the first statement that names it; empty for the root.
    pub span: Span,
    /// Behind the last `key = value` of its own body, else behind its header. Deeper headers do not count.
    pub body_end: usize,
    /// Position of each key, kept for large tables only.
    index: HashMap<String, usize>,
}

/// Tables with more entries than this look keys up in a map.
const INDEXED_FROM: usize = 24;

impl Table {
    /// An empty table.
    pub fn new(kind: TableKind, span: Span) -> Self {
        Self { kind, span, body_end: span.end(), ..Self::default() }
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.position(key).and_then(|position| self.entries.get(position))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry at a path of keys through nested tables.
    pub fn entry_at(&self, path: &[&str]) -> Option<&Entry> {
        let (last, folders) = path.split_last()?;
        let mut table = self;
        for key in folders {
            table = table.get(key)?.as_table()?;
        }
        table.entry(last)
    }

    /// The value at a path of keys through nested tables.
    pub fn path(&self, path: &[&str]) -> Option<&Value> {
        self.entry_at(path).map(|entry| &entry.value)
    }

    pub(super) fn position(&self, key: &str) -> Option<usize> {
        if self.entries.len() > INDEXED_FROM {
            self.index.get(key).copied()
        } else {
            self.entries.iter().position(|entry| entry.key.name == key)
        }
    }

    pub(super) fn push(&mut self, entry: Entry) -> usize {
        let position = self.entries.len();
        if position == INDEXED_FROM {
            let keys = self.entries.iter().enumerate();
            self.index = keys.map(|(position, entry)| (entry.key.name.clone(), position)).collect();
        }
        if position >= INDEXED_FROM {
            self.index.insert(entry.key.name.clone(), position);
        }
        self.entries.push(entry);
        position
    }
}

/// One key with its value.
#[derive(Debug)]
pub struct Entry {
    /// The key: the last part of a dotted one.
    pub key: Key,
    /// The value.
    pub value: Value,
    /// The whole `a.b = value`, or the header `[a.b]`, that first names it.
    pub statement: Span,
}

/// One part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name, without quotes and escapes.
    pub name: String,
    /// As written, with quotes.
    pub span: Span,
}

/// A value with its place.
#[derive(Debug)]
pub struct Value {
    /// From its first to behind its last byte; a table by headers has the span of its header.
    pub span: Span,
    /// What it is.
    pub data: Data,
}

/// What a value is.
#[derive(Debug)]
pub enum Data {
    /// A string, escapes resolved.
    String(String),
    /// An integer.
    Integer(i64),
    /// A float.
    Float,
    /// A boolean.
    Boolean(bool),
    /// A date or time.
    Datetime,
    /// An array, or an array of tables.
    Array(Vec<Value>),
    /// A table.
    Table(Table),
    /// A value that is not there or cannot be read; there is an error for it.
    Invalid,
}

impl Value {
    /// The string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            Data::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// The integer.
    pub fn as_integer(&self) -> Option<i64> {
        match self.data {
            Data::Integer(value) => Some(value),
            _ => None,
        }
    }

    /// The elements.
    pub fn as_array(&self) -> Option<&[Value]> {
        match &self.data {
            Data::Array(values) => Some(values),
            _ => None,
        }
    }

    /// The table.
    pub fn as_table(&self) -> Option<&Table> {
        match &self.data {
            Data::Table(table) => Some(table),
            _ => None,
        }
    }
}
