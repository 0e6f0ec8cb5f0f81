//! From values of the TOML tree to values that know their place.

use super::{
    Gap, Sourced,
    config::{Flags, Form},
};
use crate::{
    syntax::{
        Source,
        toml::{Data, Entry, Table, Value},
    },
    text::{Origin, Span},
};

/// The beginning of the lines that Git writes around the two sides of a conflict.
const CONFLICT: &str = "<<<<<<< ";

/// One file whose values are being read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self { source }
    }

    pub(super) fn root(self) -> &'a Table {
        &self.source.toml().root
    }

    pub(super) fn origin(self, span: Span) -> Origin {
        Origin::new(self.source.file().clone(), span)
    }

    /// What keeps the file from being read to its end, if anything does.
    pub(super) fn gap(self) -> Option<Gap> {
        if let Some(at) = conflict(self.source.document().text()) {
            let origin = self.origin(Span::new(at, at + CONFLICT.len() - 1));
            return Some(Gap::at(origin, "has unresolved merge conflict marks"));
        }
        let error = self.source.toml().errors.first()?;
        Some(Gap::at(self.origin(error.span), format!("has a syntax error: {}", error.message)))
    }

    pub(super) fn key(self, entry: &Entry) -> Sourced<String> {
        Sourced::new(entry.key.name.clone(), self.origin(entry.key.span))
    }

    pub(super) fn string(self, value: &Value) -> Option<Sourced<String>> {
        value.as_str().map(|text| Sourced::new(text.to_owned(), self.origin(value.span)))
    }

    pub(super) fn boolean(self, value: &Value) -> Option<Sourced<bool>> {
        value.as_bool().map(|value_of| Sourced::new(value_of, self.origin(value.span)))
    }

    /// The string of a key.
    pub(super) fn string_at(self, table: &Table, key: &str) -> Option<Sourced<String>> {
        self.string(table.get(key)?)
    }

    /// The boolean of a key.
    pub(super) fn boolean_at(self, table: &Table, key: &str) -> Option<Sourced<bool>> {
        self.boolean(table.get(key)?)
    }

    /// The strings of an array; other elements are passed over.
    pub(super) fn strings(self, value: &Value) -> Vec<Sourced<String>> {
        value.as_array().unwrap_or_default().iter().filter_map(|element| self.string(element)).collect()
    }

    /// The strings of an array, or the one string that stands in its place.
    pub(super) fn one_or_more(self, value: &Value) -> Vec<Sourced<String>> {
        self.string(value).map_or_else(|| self.strings(value), |one| vec![one])
    }

    /// A list of words as cargo reads it: an array of strings, or a string split at white space.
    pub(super) fn flags(self, entry: &Entry) -> Option<Flags> {
        let value = &entry.value;
        let (values, form) = match &value.data {
            Data::Array(_) => (self.strings(value), Form::Array),
            Data::String(text) => (self.words(text, value.span), Form::String),
            _ => return None,
        };
        let key = self.origin(entry.key.span);
        Some(Flags { values, form, key, value: self.origin(value.span) })
    }

    /// The words of a string, each at its own bytes. Where an escape hides a word's bytes, its place is
    /// the whole string.
    fn words(self, text: &str, span: Span) -> Vec<Sourced<String>> {
        let written = written_words(self.source.document().slice(span));
        let words: Vec<&str> = text.split_whitespace().collect();
        let matches = words.len() == written.len();
        let places =
            written.into_iter().map(|(start, end)| Span::new(span.start() + start, span.start() + end));
        let places = if matches { places.collect() } else { vec![span; words.len()] };
        words
            .iter()
            .zip(places)
            .map(|(word, place)| Sourced::new((*word).to_owned(), self.origin(place)))
            .collect()
    }
}

/// The words between the quotes of a string as it stands in the file.
fn written_words(literal: &str) -> Vec<(usize, usize)> {
    let quotes = if literal.starts_with("\"\"\"") || literal.starts_with("'''") { 3 } else { 1 };
    let Some(inner) = literal.get(quotes..literal.len().saturating_sub(quotes).max(quotes)) else {
        return Vec::new();
    };
    let mut words = Vec::new();
    let mut start = None;
    for (at, character) in inner.char_indices() {
        match (character.is_whitespace(), start) {
            (true, Some(first)) => {
                words.push((quotes + first, quotes + at));
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    words.extend(start.map(|first| (quotes + first, quotes + inner.len())));
    words
}

/// Where the first mark of a merge conflict stands.
fn conflict(text: &str) -> Option<usize> {
    if text.starts_with(CONFLICT) {
        return Some(0);
    }
    // Searching for the marks alone first keeps this cheap for a lock file of a megabyte.
    text.match_indices(CONFLICT).map(|(at, _)| at).find(|at| text.as_bytes().get(at - 1) == Some(&b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    fn words(text: &str) -> Vec<(String, String)> {
        let source = Source::from_text(FileId::new("/a"), text);
        let reader = Reader::new(&source);
        let flags = reader.root().entries.first().and_then(|entry| reader.flags(entry));
        flags
            .into_iter()
            .flat_map(|flags| flags.values)
            .map(|word| (word.value, source.document().slice(word.origin.span).to_owned()))
            .collect()
    }

    #[test]
    fn each_word_of_a_string_has_its_own_place() {
        for text in [
            "f = \"  -C  target-feature=+crt-static \"",
            "f = '-C target-feature=+crt-static'",
            "f = \"\"\"\n-C\r\n  target-feature=+crt-static\n\"\"\"",
            "f = '''-C\ttarget-feature=+crt-static'''",
            "\u{feff}f = [\"-C\", 'target-feature=+crt-static']",
        ] {
            let words = words(text);
            assert_eq!(words.len(), 2, "{text}");
            for ((word, written), expected) in words.iter().zip(["-C", "target-feature=+crt-static"]) {
                assert_eq!(word, expected, "{text}");
                assert_eq!(written.trim_matches(['"', '\'']), expected, "{text}");
            }
        }
    }

    #[test]
    fn words_behind_escapes_have_the_whole_string() {
        let words = words(r#"f = "-C\tlinker=cc -g""#);
        let literal = r#""-C\tlinker=cc -g""#;
        assert_eq!(words, ["-C", "linker=cc", "-g"].map(|word| (word.to_owned(), literal.to_owned())));
    }

    #[test]
    fn an_empty_string_has_no_words() {
        for text in ["f = \"\"", "f = \"  \"", "f = ''''''", "f = []"] {
            assert!(words(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn marks_of_a_conflict_are_told_from_text() {
        assert_eq!(conflict("a\n<<<<<<< HEAD\n"), Some(2));
        assert_eq!(conflict("<<<<<<< HEAD\n"), Some(0));
        assert_eq!(conflict("a # <<<<<<< HEAD\n"), None);
    }
}
