//! From the parser's events to the tree.

use toml_parser::{
    ErrorSink, ParseError, Source,
    decoder::{IntegerRadix, ScalarKind},
    parser::{Event, EventKind, RecursionGuard, parse_document},
};

use super::tree::{Data, Entry, Key, Table, TableKind, Tree, Value};
use crate::{
    syntax::{SyntaxError, limits},
    text::{Document, Span},
};

/// Reads a text. Never fails: what could not be read is in [`Tree::errors`].
pub fn parse(document: &Document) -> Tree {
    let text = document.parser_text();
    let source = Source::new(&text);
    let tokens = source.lex().into_vec();
    let mut events = Vec::with_capacity(tokens.len());
    let mut errors: Vec<ParseError> = Vec::new();
    let mut guard = RecursionGuard::new(&mut events, limits::MAX_DEPTH as u32);
    parse_document(&tokens, &mut guard, &mut errors);

    let mut builder = Builder { source, events: &events, next: 0, errors, comments: Vec::new() };
    let root = builder.document();
    let mut errors: Vec<_> = builder.errors.iter().map(|error| syntax_error(error, text.len())).collect();
    errors.sort_by_key(|error| error.span);
    Tree { root, errors, comments: builder.comments }
}

fn syntax_error(error: &ParseError, length: usize) -> SyntaxError {
    let at = error.unexpected().or(error.context());
    let span = at.map_or(Span::at(length), |span| Span::new(span.start(), span.end()));
    SyntaxError { span, message: error.description().to_owned() }
}

fn span_of(event: &Event) -> Span {
    Span::new(event.span().start(), event.span().end())
}

struct Builder<'t> {
    source: Source<'t>,
    events: &'t [Event],
    next: usize,
    errors: Vec<ParseError>,
    comments: Vec<Span>,
}

impl<'t> Builder<'t> {
    fn peek(&self) -> Option<&'t Event> {
        self.events.get(self.next)
    }

    fn advance(&mut self) -> Option<&'t Event> {
        let event = self.peek()?;
        self.next += 1;
        Some(event)
    }

    fn skip_blanks(&mut self) {
        while let Some(event) = self.peek() {
            match event.kind() {
                EventKind::Whitespace | EventKind::Newline | EventKind::Error => {}
                EventKind::Comment => self.comments.push(span_of(event)),
                _ => return,
            }
            self.next += 1;
        }
    }

    fn error(&mut self, message: &'static str, span: Span) {
        let at = toml_parser::Span::new_unchecked(span.start(), span.end());
        self.errors.report_error(ParseError::new(message).with_unexpected(at));
    }

    fn document(&mut self) -> Table {
        let mut root = Table::new(TableKind::Root, Span::default());
        let mut header: Vec<Key> = Vec::new();
        // Takes what stands under a header that could not be read, so that it lands in no other table.
        let mut lost = Table::default();
        let mut is_lost = false;
        loop {
            self.skip_blanks();
            let Some(event) = self.peek() else { return root };
            match event.kind() {
                EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                    let is_array = event.kind() == EventKind::ArrayTableOpen;
                    let (path, span) = self.header();
                    is_lost = !self.open_table(&mut root, &path, span, is_array);
                    header = path;
                }
                EventKind::SimpleKey if is_lost => self.statement(&mut lost, &[]),
                EventKind::SimpleKey => self.statement(&mut root, &header),
                _ => self.next += 1,
            }
        }
    }

    /// `[a.b]` or `[[a.b]]`.
    fn header(&mut self) -> (Vec<Key>, Span) {
        let mut path = Vec::new();
        let mut span = self.advance().map(span_of).unwrap_or_default();
        while let Some(event) = self.peek() {
            match event.kind() {
                EventKind::SimpleKey => path.push(self.key(event)),
                EventKind::KeySep | EventKind::Whitespace | EventKind::Error => {}
                EventKind::StdTableClose | EventKind::ArrayTableClose => {
                    span = span.cover(span_of(event));
                    self.next += 1;
                    break;
                }
                _ => break,
            }
            span = span.cover(span_of(event));
            self.next += 1;
        }
        (path, span)
    }

    fn key(&mut self, event: &Event) -> Key {
        let mut name = String::new();
        if let Some(raw) = self.source.get(event) {
            raw.decode_key(&mut name, &mut self.errors);
        }
        Key { name, span: span_of(event) }
    }

    /// Makes the table that a header names; false when there is none that could take entries.
    fn open_table(&mut self, root: &mut Table, path: &[Key], span: Span, is_array: bool) -> bool {
        let Some((last, folders)) = path.split_last() else { return false };
        if path.len() > limits::MAX_DEPTH {
            self.error("nested too deeply", span);
            return false;
        }
        let Some(parent) = self.descend(root, folders, TableKind::Implicit, span) else { return false };
        let Some(position) = parent.position(&last.name) else {
            let data = if is_array {
                Data::Array(vec![table_value(TableKind::ArrayElement, span)])
            } else {
                Data::Table(Table::new(TableKind::Header, span))
            };
            parent.push(Entry { key: last.clone(), value: Value { span, data }, statement: span });
            return true;
        };
        match parent.entries.get_mut(position).map(|entry| &mut entry.value.data) {
            Some(Data::Array(elements)) if is_array && is_array_of_tables(elements) => {
                elements.push(table_value(TableKind::ArrayElement, span));
            }
            Some(Data::Table(table)) if !is_array && table.kind == TableKind::Implicit => {
                table.kind = TableKind::Header;
                table.span = span;
                table.body_end = span.end();
            }
            Some(Data::Table(table)) if !is_array && table.kind == TableKind::Header => {
                self.error("duplicate table", span);
            }
            _ => {
                self.error("this table's name has another value already", span);
                return false;
            }
        }
        true
    }

    /// The table at `path`, made as `kind` where it does not exist; `None` when a value is in the way.
    fn descend<'a>(
        &mut self,
        root: &'a mut Table,
        path: &[Key],
        kind: TableKind,
        span: Span,
    ) -> Option<&'a mut Table> {
        let mut table = root;
        for key in path {
            let position = table.position(&key.name).unwrap_or_else(|| {
                let value = table_value(kind, span);
                table.push(Entry { key: key.clone(), value, statement: span })
            });
            let data = &mut table.entries.get_mut(position)?.value.data;
            table = match data {
                Data::Table(inner) if inner.kind != TableKind::Inline => inner,
                Data::Array(elements) if is_array_of_tables(elements) => {
                    match &mut elements.last_mut()?.data {
                        Data::Table(inner) => inner,
                        _ => return None,
                    }
                }
                _ => {
                    self.error("this key has a value that is not a table", key.span);
                    return None;
                }
            };
        }
        Some(table)
    }

    /// `a.b = value` in the table that `header` names.
    fn statement(&mut self, root: &mut Table, header: &[Key]) {
        let (path, value, statement) = self.key_value(header.len());
        let Some(body) = self.descend(root, header, TableKind::Implicit, statement) else { return };
        body.body_end = body.body_end.max(statement.end());
        self.insert(body, &path, value, statement);
    }

    fn key_value(&mut self, depth: usize) -> (Vec<Key>, Value, Span) {
        let mut path = Vec::new();
        let mut end = Span::default();
        while let Some(event) = self.peek() {
            match event.kind() {
                EventKind::SimpleKey => {
                    end = span_of(event);
                    path.push(self.key(event));
                }
                EventKind::KeySep => end = span_of(event),
                EventKind::Whitespace | EventKind::Error => {}
                _ => break,
            }
            self.next += 1;
        }
        let start = path.first().map_or(end, |key| key.span);
        let has_value = self.peek().is_some_and(|event| event.kind() == EventKind::KeyValSep);
        if !has_value {
            return (path, Value { span: Span::at(end.end()), data: Data::Invalid }, start.cover(end));
        }
        let separator = self.advance().map(span_of).unwrap_or_default();
        while self
            .peek()
            .is_some_and(|event| matches!(event.kind(), EventKind::Whitespace | EventKind::Error))
        {
            self.next += 1;
        }
        let depth = depth + path.len();
        let value = self.value(depth, separator.end());
        let statement = start.cover(separator).cover(value.span);
        (path, value, statement)
    }

    fn insert(&mut self, body: &mut Table, path: &[Key], value: Value, statement: Span) {
        let Some((last, folders)) = path.split_last() else { return };
        if path.len() > limits::MAX_DEPTH {
            return self.error("nested too deeply", statement);
        }
        let Some(table) = self.descend(body, folders, TableKind::Dotted, statement) else { return };
        if !folders.is_empty() {
            table.body_end = table.body_end.max(statement.end());
        }
        if table.position(&last.name).is_some() {
            return self.error("duplicate key", last.span);
        }
        table.push(Entry { key: last.clone(), value, statement });
    }

    fn value(&mut self, depth: usize, at: usize) -> Value {
        let missing = Value { span: Span::at(at), data: Data::Invalid };
        let Some(event) = self.peek() else { return missing };
        match event.kind() {
            EventKind::Scalar => {
                self.next += 1;
                Value { span: span_of(event), data: self.scalar(event) }
            }
            EventKind::ArrayOpen if depth < limits::MAX_DEPTH => self.array(depth),
            EventKind::InlineTableOpen if depth < limits::MAX_DEPTH => self.inline_table(depth),
            EventKind::ArrayOpen | EventKind::InlineTableOpen => {
                self.error("nested too deeply", span_of(event));
                self.skip_nested();
                missing
            }
            _ => missing,
        }
    }

    fn scalar(&mut self, event: &Event) -> Data {
        let Some(raw) = self.source.get(event) else { return Data::Invalid };
        let mut text = String::new();
        let errors_before = self.errors.len();
        match raw.decode_scalar(&mut text, &mut self.errors) {
            _ if self.errors.len() > errors_before => Data::Invalid,
            ScalarKind::String => Data::String(text),
            ScalarKind::Boolean(value) => Data::Boolean(value),
            ScalarKind::Integer(radix) => integer(&text, radix).map_or(Data::Invalid, Data::Integer),
            ScalarKind::Float => Data::Float,
            ScalarKind::DateTime => Data::Datetime,
        }
    }

    fn array(&mut self, depth: usize) -> Value {
        let mut span = self.advance().map(span_of).unwrap_or_default();
        let mut elements = Vec::new();
        loop {
            self.skip_blanks();
            let Some(event) = self.peek() else { break };
            match event.kind() {
                EventKind::ArrayClose => {
                    span = span.cover(span_of(event));
                    self.next += 1;
                    break;
                }
                EventKind::ValueSep => self.next += 1,
                EventKind::Scalar | EventKind::ArrayOpen | EventKind::InlineTableOpen => {
                    let element = self.value(depth + 1, event.span().end());
                    span = span.cover(element.span);
                    elements.push(element);
                }
                // Not closed: the parser went on with the next statement, and so do we.
                _ => break,
            }
        }
        Value { span, data: Data::Array(elements) }
    }

    fn inline_table(&mut self, depth: usize) -> Value {
        let mut span = self.advance().map(span_of).unwrap_or_default();
        let mut table = Table::new(TableKind::Inline, span);
        loop {
            self.skip_blanks();
            let Some(event) = self.peek() else { break };
            match event.kind() {
                EventKind::InlineTableClose => {
                    span = span.cover(span_of(event));
                    self.next += 1;
                    break;
                }
                EventKind::ValueSep => self.next += 1,
                EventKind::SimpleKey => {
                    let (path, value, statement) = self.key_value(depth + 1);
                    span = span.cover(statement);
                    table.body_end = statement.end();
                    self.insert(&mut table, &path, value, statement);
                }
                _ => break,
            }
        }
        table.span = span;
        Value { span, data: Data::Table(table) }
    }

    /// Passes over a bracketed value without looking into it.
    fn skip_nested(&mut self) {
        let mut open = 0_usize;
        while let Some(event) = self.advance() {
            match event.kind() {
                EventKind::ArrayOpen | EventKind::InlineTableOpen => open += 1,
                EventKind::ArrayClose | EventKind::InlineTableClose => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                return;
            }
        }
    }
}

fn table_value(kind: TableKind, span: Span) -> Value {
    Value { span, data: Data::Table(Table::new(kind, span)) }
}

/// Whether `[[headers]]` made it: then they made all of its elements, and one look is enough. A lock file's statements
/// each ask this of an array of all packages.
fn is_array_of_tables(elements: &[Value]) -> bool {
    let last = elements.last().and_then(Value::as_table);
    last.is_some_and(|table| table.kind == TableKind::ArrayElement)
}

fn integer(text: &str, radix: IntegerRadix) -> Option<i64> {
    let digits: String = text.chars().filter(|character| *character != '_').collect();
    let digits = digits.strip_prefix('+').unwrap_or(&digits);
    i64::from_str_radix(digits, radix.value()).ok()
}
