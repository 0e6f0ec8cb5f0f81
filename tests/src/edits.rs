//! Applies a client's edits to texts, written without a look at how the server computes them.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a character counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units.
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

impl Encoding {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Utf8, Self::Utf16, Self::Utf32];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
            Self::Utf32 => "utf-32",
        }
    }

    fn units(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
            Self::Utf32 => text.chars().count(),
        }
    }
}

/// Line and unit of a byte offset.
pub fn position(text: &str, offset: usize, encoding: Encoding) -> (usize, usize) {
    let before = &text[..offset];
    // A line ends at LF, CR LF and CR.
    let normal = before.replace("\r\n", "\n").replace('\r', "\n");
    let line = normal.matches('\n').count();
    let last = normal.rsplit('\n').next().unwrap_or_default();
    (line, encoding.units(last))
}

/// The byte offset of a line and unit.
///
/// # Panics
/// When there is no such place: a server must not name one.
pub fn offset(text: &str, (line, unit): (usize, usize), encoding: Encoding) -> usize {
    let places = text.char_indices().map(|(offset, _)| offset).chain([text.len()]);
    let mut places = places.filter(|offset| {
        // Between CR and LF is no place.
        let within_ending = text[..*offset].ends_with('\r') && text[*offset..].starts_with('\n');
        !within_ending && position(text, *offset, encoding) == (line, unit)
    });
    places.next().unwrap_or_else(|| panic!("no place {line}:{unit} in {text:?}"))
}

fn place(value: &Value) -> (usize, usize) {
    let number = |key: &str| usize::try_from(value[key].as_u64().expect("a number")).expect("a small number");
    (number("line"), number("character"))
}

/// The bytes of a range on the wire.
pub fn span(text: &str, range: &Value, encoding: Encoding) -> (usize, usize) {
    (offset(text, place(&range["start"]), encoding), offset(text, place(&range["end"]), encoding))
}

/// The text after `TextEdit`s.
///
/// # Panics
/// When they overlap, or are not in the order of the text.
pub fn apply(text: &str, edits: &[Value], encoding: Encoding) -> String {
    let mut result = String::new();
    let mut behind = 0;
    for edit in edits {
        let (start, end) = span(text, &edit["range"], encoding);
        assert!(behind <= start && start <= end, "edits that are not sorted and disjoint: {edits:?}");
        result.push_str(&text[behind..start]);
        result.push_str(edit["newText"].as_str().expect("an edit has a text"));
        behind = end;
    }
    result.push_str(&text[behind..]);
    result
}

/// Applies a `WorkspaceEdit` to files by their URIs.
///
/// # Panics
/// When the edit is malformed, or names a file that is not there.
pub fn apply_workspace(files: &mut BTreeMap<String, String>, edit: &Value, encoding: Encoding) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut change = |uri: &str, edits: &[Value]| {
        let text = files.get(uri).unwrap_or_else(|| panic!("no file {uri}"));
        let text = apply(text, edits, encoding);
        files.insert(uri.to_owned(), text);
    };
    for (uri, edits) in edit["changes"].as_object().into_iter().flatten() {
        change(uri, &list(edits));
    }
    for operation in list(&edit["documentChanges"]) {
        match operation["kind"].as_str() {
            None => {
                let uri = operation["textDocument"]["uri"].as_str().expect("a file");
                assert!(operation["textDocument"].get("version").is_some(), "a version, or null");
                change(uri, &list(&operation["edits"]));
            }
            Some(kind) => panic!("apply {kind} by hand"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn edits_count_in_their_units() {
        let text = "é𝄞x\r\ny";
        for (encoding, unit) in [(Encoding::Utf8, 6), (Encoding::Utf16, 3), (Encoding::Utf32, 2)] {
            let range = json!({"start": {"line": 0, "character": unit}, "end": {"line": 1, "character": 0}});
            assert_eq!(apply(text, &[json!({"range": range, "newText": "-"})], encoding), "é𝄞-y");
        }
    }
}
