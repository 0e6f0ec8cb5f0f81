//! TOML and JSON as values.

use std::{rc::Rc, sync::Arc};

use super::{Evaluator, Place, Thunk, Value};
use crate::{
    nix::value::{Attr, Attrs, Str, StrPiece},
    syntax::{
        Source,
        toml::{Data, Table, Value as Toml},
    },
    text::{FileId, Span},
};

/// Reads TOML. What is in it is made into values when it is asked for, and strings keep their places in
/// the file that the text came from.
pub(super) fn from_toml(this: &mut Evaluator<'_>, text: &Str, place: Place) -> Value {
    if let Some((source, file)) = this.whole_file(text) {
        return this.data_value(file, |this| toml_value(this, &source, &[], Some(file), file));
    }
    let Some(text) = text.literal() else {
        return Value::unknown("a text that cannot be known here", place);
    };
    this.spend(text.len() / 8);
    let source = Arc::new(Source::from_text(FileId::new("/text.toml"), text));
    toml_value(this, &source, &[], None, place)
}

impl Evaluator<'_> {
    /// A text read as TOML.
    pub(in crate::nix) fn toml_value(&mut self, text: &Value, place: Place) -> Value {
        match text {
            Value::Str(text) => from_toml(self, text, place),
            other => Self::unknown_from(other.clone(), "a text that cannot be known here", place),
        }
    }

    /// The file that a text is the whole of: its trees are kept, and need not be made again.
    fn whole_file(&self, text: &Str) -> Option<(Arc<Source>, Place)> {
        let [StrPiece::Literal { text, place }] = text.pieces.as_slice() else { return None };
        let file = self.files.get(place.file.0 as usize)?;
        let whole = file.source.document().shared_text();
        let is_whole = Arc::ptr_eq(&whole, text) || (place.span.start() == 0 && whole == *text);
        is_whole.then(|| (Arc::clone(&file.source), *place))
    }

    /// What a data file comes to; made once.
    fn data_value(&mut self, file: Place, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if let Some((_, value)) = self.data_values.iter().find(|(known, _)| *known == file.file) {
            return value.clone();
        }
        let value = make(self);
        self.data_values.push((file.file, value.clone()));
        value
    }
}

/// The value at a path of positions in a TOML tree.
fn toml_value(
    this: &mut Evaluator<'_>,
    source: &Arc<Source>,
    path: &[u32],
    file: Option<Place>,
    place: Place,
) -> Value {
    let tree = Arc::clone(source.toml());
    // A broken tree is not all that the text will say once it is mended.
    let rest = if path.is_empty() && !tree.errors.is_empty() {
        Value::unknown("a TOML text with a syntax error", place).as_neutral().cloned()
    } else {
        None
    };
    let at = |span: Span| file.map_or(place, |file| Place { span, ..file });
    let table = |this: &mut Evaluator<'_>, table: &Table| {
        this.spend(table.entries.len());
        let entries = (0..).zip(&table.entries).map(|(index, entry)| {
            let thunk = toml_thunk(this, source, path, index, file, at(entry.value.span));
            let key = file.map(|_| at(entry.key.span));
            (this.symbol(&entry.key.name), Attr { key, ..Attr::bare(thunk) })
        });
        Value::Attrs(Rc::new(Attrs { rest, ..Attrs::from_pairs(entries.collect()) }))
    };
    let Some(value) = value_at(&tree.root, path) else { return table(this, &tree.root) };
    let place = at(value.span);
    match &value.data {
        Data::String(text) => Value::text(text, inside_quotes(place, text.len())),
        Data::Integer(number) => Value::Integer(*number),
        Data::Boolean(decided) => Value::Bool(*decided),
        Data::Float | Data::Datetime => Value::unknown("a number or date of a TOML text", place),
        Data::Invalid => Value::unknown("a TOML text with a syntax error", place),
        Data::Table(inner) => table(this, inner),
        Data::Array(items) => {
            this.spend(items.len());
            let items = (0..).zip(items);
            let items = items.map(|(index, item)| toml_thunk(this, source, path, index, file, at(item.span)));
            Value::list(items.collect())
        }
    }
}

fn toml_thunk(
    this: &mut Evaluator<'_>,
    source: &Arc<Source>,
    path: &[u32],
    index: u32,
    file: Option<Place>,
    place: Place,
) -> Thunk {
    let source = Arc::clone(source);
    let path: Vec<u32> = path.iter().copied().chain([index]).collect();
    this.delay_code(place, move |this| toml_value(this, &source, &path, file, place))
}

/// The value at a path of positions; `None` for the root itself.
fn value_at<'t>(root: &'t Table, path: &[u32]) -> Option<&'t Toml> {
    let (first, rest) = path.split_first()?;
    let mut value = &root.entries.get(*first as usize)?.value;
    for index in rest {
        value = match &value.data {
            Data::Table(table) => &table.entries.get(*index as usize)?.value,
            Data::Array(items) => items.get(*index as usize)?,
            _ => return None,
        };
    }
    Some(value)
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
    if let Some((source, file)) = this.whole_file(text) {
        return this.data_value(file, |this| parse_json(this, source.document().text(), place));
    }
    match text.literal() {
        Some(text) => parse_json(this, &text, place),
        None => Value::unknown("a text that cannot be known here", place),
    }
}

fn parse_json(this: &mut Evaluator<'_>, text: &str, place: Place) -> Value {
    this.spend(text.len() / 8);
    match serde_json::from_str::<serde_json::Value>(text) {
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
