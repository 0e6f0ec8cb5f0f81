//! The texts in lines of JSON: cargo's messages, Nix's internal log, containers' logs.
//!
//! A line may be cut in its middle (see `source`), so it is not parsed but walked through: strings with
//! the keys before them. Escapes are undone, and every character keeps its place in the log.

use super::text::Text;

/// A string and the key that it belongs to.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) key: String,
    /// In how many objects and arrays it stands.
    pub(super) depth: usize,
    /// Its text, escapes undone.
    pub(super) text: Text<'static>,
}

/// The keys whose strings are worth reading.
const KEYS: [&str; 12] = [
    "reason",
    "package_id",
    "level",
    "rendered",
    "message",
    "msg",
    "text",
    "fields",
    "log",
    "line",
    "action",
    "raw_msg",
];

/// Where the JSON of a line begins, if it is one.
pub(super) fn start(line: &str) -> Option<usize> {
    let trimmed = line.trim_start();
    let object = trimmed.strip_prefix("@nix ").unwrap_or(trimmed);
    // An object, and one with a key.
    let is_object = object.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'));
    is_object.then(|| line.len() - object.len())
}

/// The strings of a line whose JSON begins at `start`.
pub(super) fn values(line: &Text<'_>, start: usize) -> Vec<Value> {
    let text = line.as_str();
    let bytes = text.as_bytes();
    let mut values = Vec::new();
    let mut depth = 0_usize;
    let mut key = "";
    let mut position = start;
    while let Some(byte) = bytes.get(position) {
        position += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let end = end_of_string(bytes, position);
                let inner = text.get(position..end).unwrap_or_default();
                let behind = text.get(end + 1..).unwrap_or_default();
                if behind.trim_start().starts_with(':') {
                    key = inner;
                } else if KEYS.contains(&key) {
                    let text = unescape(line, position, end);
                    values.push(Value { key: key.to_owned(), depth, text });
                }
                position = end + 1;
            }
            _ => {}
        }
    }
    values
}

/// Where the string ends that begins at `start`; the end of the line for one that was cut off.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut position = start;
    while let Some(found) = bytes.get(position..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        position += found;
        match bytes.get(position) {
            Some(b'"') => return position,
            _ => position += 2,
        }
    }
    bytes.len()
}

fn unescape(line: &Text<'_>, start: usize, end: usize) -> Text<'static> {
    let text = line.as_str();
    let mut clean = Text::empty();
    let mut position = start;
    while position < end
        && let Some(rest) = text.get(position..end)
        && let Some(character) = rest.chars().next()
    {
        let (character, length) =
            if character == '\\' { escape(rest) } else { (character, character.len_utf8()) };
        let next = position + length;
        clean.push(character, line.origin(position), line.origin_of_end(next.min(text.len())));
        position = next;
    }
    clean
}

/// The character that an escape stands for, and the length of the escape.
fn escape(text: &str) -> (char, usize) {
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    match text.as_bytes().get(1) {
        Some(b'n') => ('\n', 2),
        Some(b't') => ('\t', 2),
        Some(b'r') => ('\r', 2),
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'u') => {
            let Some(first) = unit(text) else { return (char::REPLACEMENT_CHARACTER, 2) };
            let second = text.get(6..).and_then(unit);
            let pair = char::decode_utf16([Some(first), second].into_iter().flatten()).next();
            match pair {
                Some(Ok(character)) if u32::from(character) > 0xffff => (character, 12),
                Some(Ok(character)) => (character, 6),
                _ => (char::REPLACEMENT_CHARACTER, 6),
            }
        }
        Some(byte) if byte.is_ascii() => (char::from(*byte), 2),
        _ => ('\\', 1),
    }
}

/// The crate of a package identifier: `registry+https://…#ring@0.17.14`, `path+file:///src/app#0.1.0`, or
/// `app 0.1.0 (path+file:///src/app)` before cargo 1.77.
pub(super) fn crate_of_package(id: &str) -> Option<&str> {
    let name = match id.split_once('#') {
        Some((_, fragment)) if fragment.contains('@') => fragment.split('@').next(),
        Some((address, _)) => address.trim_end_matches('/').rsplit('/').next(),
        None => id.split(' ').next(),
    };
    name.filter(|name| !name.is_empty() && name.len() < 100)
}

#[cfg(test)]
mod tests {
    use super::{
        super::source::{Encoding, Gap, RawLine},
        *,
    };

    fn read(json: &str) -> Vec<(String, usize, String, u64)> {
        let line = RawLine {
            number: 1,
            offset: 0,
            bytes: json.as_bytes(),
            gap: Gap::default(),
            encoding: Encoding::Utf8,
        };
        let text = Text::of_line(&line);
        let start = start(json).unwrap_or_default();
        let all = values(&text, start).into_iter().map(|value| {
            (
                value.key,
                value.depth,
                value.text.as_str().to_owned(),
                value.text.origin(value.text.as_str().len() - 1),
            )
        });
        all.collect()
    }

    #[test]
    fn strings_come_with_key_depth_and_place() {
        let json =
            r#"{"reason":"x","other":"no","message":{"rendered":"a\n\"\u00e9\ud83d\ude00b","children":[]}}"#;
        let last = json.find('b').unwrap_or_default() as u64;
        assert_eq!(
            read(json),
            [("reason".into(), 1, "x".into(), 11), ("rendered".into(), 2, "a\n\"é😀b".into(), last)]
        );
    }

    #[test]
    fn a_line_that_was_cut_is_read_as_far_as_it_goes() {
        assert_eq!(read(r#"{"message":"a\"#)[0].2, "a\\");
        assert_eq!(read(r#"{"message":"a\u00"#)[0].2, "a\u{fffd}00");
    }

    #[test]
    fn only_objects_are_json() {
        assert_eq!(start("  {\"a\":1}"), Some(2));
        assert_eq!(start("@nix {\"a\":1}"), Some(5));
        for line in ["{ pkgs }: pkgs.x", "fn main() {", "[1]", "{"] {
            assert_eq!(start(line), None, "{line}");
        }
    }

    #[test]
    fn every_form_of_package_identifier_names_its_crate() {
        for id in [
            "registry+https://example.org/index#app@0.1.0",
            "path+file:///src/app#0.1.0",
            "app 0.1.0 (path+file:///src/app)",
        ] {
            assert_eq!(crate_of_package(id), Some("app"), "{id}");
        }
    }
}
