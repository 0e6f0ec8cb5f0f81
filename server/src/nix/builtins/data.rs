//! TOML and JSON as values.

use std::rc::Rc;

use toml_edit::{Document, Item, Value as Toml};

use super::{Evaluator, Place, Thunk, Value};
use crate::{
    nix::value::{Attr, Attrs, Str, StrPiece},
    syntax::limits,
    text::Span,
};

/// Reads TOML. Strings keep their places in the file that the text came from.
pub(super) fn from_toml(this: &mut Evaluator<'_>, text: &Str, place: Place) -> Value {
    let (text, file) = match text.pieces.as_slice() {
        [StrPiece::Literal { text, place: from }] if from.span.len() == text.len() => (text.clone(), *from),
        _ => match text.literal() {
            Some(text) => (text, place),
            None => return Value::unknown("a text that cannot be known here", place),
        },
    };
    if text.len() > limits::MAX_FILE_BYTES || nests_too_deep(&text) {
        return Value::unknown("a TOML text that is too large or nested too deep", place);
    }
    this.spend(text.len() / 8);
    let text = text.trim_start_matches('\u{feff}');
    match Document::parse(text) {
        Ok(document) => {
            let at = |span: Option<std::ops::Range<usize>>| match span {
                Some(span) if file != place => {
                    let start = file.span.start();
                    Place { span: Span::new(start + span.start, start + span.end), ..file }
                }
                _ => place,
            };
            let table = document.as_table();
            let entries = table.iter().map(|(name, item)| {
                let thunk = item_value(this, item, &at);
                (this.symbol(name), Attr::bare(thunk))
            });
            let entries = entries.collect();
            Value::Attrs(Rc::new(Attrs::from_pairs(entries)))
        }
        Err(_) => Value::unknown("a text that is not TOML", place),
    }
}

impl Evaluator<'_> {
    /// A text read as TOML.
    pub(in crate::nix) fn toml_value(&mut self, text: &Value, place: Place) -> Value {
        match text {
            Value::Str(text) => from_toml(self, text, place),
            other => Self::unknown_from(other.clone(), "a text that cannot be known here", place),
        }
    }
}

/// Nested brackets would overflow the parser's stack; so would a key of many parts.
fn nests_too_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    let mut dots = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'.' => dots += 1,
            b'\n' => dots = 0,
            _ => {}
        }
        if depth > limits::MAX_DEPTH || dots > limits::MAX_FILE_BYTES.min(100_000) {
            return true;
        }
    }
    false
}

type At<'a> = &'a dyn Fn(Option<std::ops::Range<usize>>) -> Place;

fn item_value(this: &mut Evaluator<'_>, item: &Item, at: At<'_>) -> Thunk {
    this.spend(1);
    let place = at(item.span());
    match item {
        Item::Value(value) => toml_value(this, value, at),
        Item::Table(table) => {
            let entries = table.iter().map(|(name, item)| {
                let thunk = item_value(this, item, at);
                (this.symbol(name), Attr::bare(thunk))
            });
            let attrs = Attrs::from_pairs(entries.collect());
            this.ready(Value::Attrs(Rc::new(attrs)), place)
        }
        Item::ArrayOfTables(tables) => {
            let items =
                tables.iter().map(|table| item_value(this, &Item::Table(table.clone()), at)).collect();
            this.ready(Value::list(items), place)
        }
        Item::None => this.ready(Value::Null, place),
    }
}

fn toml_value(this: &mut Evaluator<'_>, value: &Toml, at: At<'_>) -> Thunk {
    let place = at(value.span());
    let value = match value {
        Toml::String(text) => Value::text(text.value(), inside_quotes(place, text.value().len())),
        Toml::Integer(number) => Value::Integer(*number.value()),
        Toml::Float(number) => Value::Float(*number.value()),
        Toml::Boolean(decided) => Value::Bool(*decided.value()),
        Toml::Datetime(_) => Value::unknown("a date", place),
        Toml::Array(items) => {
            let items = items.iter().map(|item| toml_value(this, item, at)).collect();
            Value::list(items)
        }
        Toml::InlineTable(table) => {
            let entries = table.iter().map(|(name, value)| {
                let thunk = toml_value(this, value, at);
                (this.symbol(name), Attr::bare(thunk))
            });
            Value::Attrs(Rc::new(Attrs::from_pairs(entries.collect())))
        }
    };
    this.ready(value, place)
}

/// The characters of a quoted string, when it has no escapes.
fn inside_quotes(place: Place, length: usize) -> Place {
    if place.span.len() == length + 2 {
        let span = Span::new(place.span.start() + 1, place.span.end() - 1);
        return Place { span, ..place };
    }
    place
}

/// Reads JSON.
pub(super) fn from_json(this: &mut Evaluator<'_>, text: &Str, place: Place) -> Value {
    let Some(text) = text.literal() else {
        return Value::unknown("a text that cannot be known here", place);
    };
    this.spend(text.len() / 8);
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(value) => json_value(this, &value, place),
        Err(_) => Value::unknown("a text that is not JSON", place),
    }
}

/// serde_json reads 127 levels at most, so this goes no deeper.
fn json_value(this: &mut Evaluator<'_>, value: &serde_json::Value, place: Place) -> Value {
    this.spend(1);
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(decided) => Value::Bool(*decided),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => Value::Integer(number),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        serde_json::Value::String(text) => Value::text(text, place),
        serde_json::Value::Array(items) => {
            let mut thunks = Vec::new();
            for item in items {
                let value = json_value(this, item, place);
                thunks.push(this.ready(value, place));
            }
            Value::list(thunks)
        }
        serde_json::Value::Object(object) => {
            let mut entries = Vec::new();
            for (name, value) in object {
                let value = json_value(this, value, place);
                let thunk = this.ready(value, place);
                entries.push((this.symbol(name), Attr::bare(thunk)));
            }
            Value::Attrs(Rc::new(Attrs::from_pairs(entries)))
        }
    }
}
