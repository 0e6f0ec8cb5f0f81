//! The texts that the editor has open.

use std::{ops::Range, path::Path, sync::Arc};

use ropey::Rope;

use super::convert::position::Encoding;

/// One change of a text: what stood in `range` becomes `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Lines and code units of the first and behind the last character; `None`: the whole text.
    pub range: Option<Range<(u32, u32)>>,
    /// What comes instead.
    pub text: String,
}

/// A text that the editor has open.
#[derive(Clone, Debug)]
pub struct OpenDocument {
    /// The URI, as the client spelled it: what is published must be spelled the same.
    pub uri: String,
    /// The version that the client gave.
    pub version: i32,
    rope: Rope,
    /// The text of this version, once somebody has asked for it.
    text: Option<Arc<str>>,
}

impl OpenDocument {
    /// A document as it was opened.
    pub fn new(uri: String, version: i32, text: &str) -> Self {
        Self { uri, version, rope: Rope::from_str(text), text: None }
    }

    /// Applies changes in their order. `false`: the version does not increase, and nothing was done.
    pub fn change(&mut self, version: i32, changes: &[Change], encoding: Encoding) -> bool {
        if version <= self.version {
            return false;
        }
        self.version = version;
        self.text = None;
        for change in changes {
            let Some(range) = &change.range else {
                self.rope = Rope::from_str(&change.text);
                continue;
            };
            let (start, end) = (self.index(range.start, encoding), self.index(range.end, encoding));
            let (start, end) = (start.min(end), start.max(end));
            self.rope.remove(start..end);
            self.rope.insert(start, &change.text);
        }
        true
    }

    /// The text of this version, cut once.
    pub fn text(&mut self) -> Arc<str> {
        Arc::clone(self.text.get_or_insert_with(|| self.rope.to_string().into()))
    }

    /// The character index of a position; one outside of the text is brought to its nearest end.
    fn index(&self, (line, units): (u32, u32), encoding: Encoding) -> usize {
        let Ok(start) = self.rope.try_line_to_char(line as usize) else {
            return self.rope.len_chars();
        };
        let Some(line) = self.rope.get_line(line as usize) else { return start };
        let mut left = units as usize;
        let mut index = start;
        for character in line.chars() {
            let width = encoding.width(character);
            if left < width || character == '\n' || character == '\r' {
                break;
            }
            left -= width;
            index += 1;
        }
        index
    }
}

/// Whether a file is one of those that Portolan looks at.
pub fn is_ours(path: &Path) -> bool {
    language(path).is_some()
}

/// How a file of ours is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// TOML.
    Toml,
    /// Nix.
    Nix,
}

/// How a file is written, by its name; `None` when it is none of ours.
pub fn language(path: &Path) -> Option<Language> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let extension = path.extension().and_then(|extension| extension.to_str());
    match name {
        "Cargo.toml"
        | "Cargo.lock"
        | "rust-toolchain"
        | "rust-toolchain.toml"
        | "Cross.toml"
        | "portolan.toml" => Some(Language::Toml),
        "config" if folder == Some(".cargo") => Some(Language::Toml),
        // `config.toml`, and what it may include.
        _ if extension == Some("toml") && folder == Some(".cargo") => Some(Language::Toml),
        _ if extension == Some("nix") => Some(Language::Nix),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(start: (u32, u32), end: (u32, u32), text: &str) -> Change {
        Change { range: Some(start..end), text: text.to_owned() }
    }

    #[test]
    fn changes_apply_in_order_and_in_the_units_of_the_encoding() {
        for (encoding, behind) in [(Encoding::Utf8, 6), (Encoding::Utf16, 3), (Encoding::Utf32, 2)] {
            let mut document = OpenDocument::new(String::new(), 1, "é𝄞x\r\nzwei\r\n");
            let changes = [change((0, behind), (0, behind + 1), "y"), change((1, 0), (1, 99), "drei")];
            assert!(document.change(2, &changes, encoding));
            assert_eq!(&*document.text(), "é𝄞y\r\ndrei\r\n", "{encoding:?}");
        }
    }

    #[test]
    fn a_version_that_does_not_increase_changes_nothing() {
        let mut document = OpenDocument::new(String::new(), 3, "a");
        let whole = Change { range: None, text: "b".to_owned() };
        assert!(!document.change(3, std::slice::from_ref(&whole), Encoding::Utf16));
        assert_eq!((&*document.text(), document.version), ("a", 3));
        assert!(document.change(7, &[whole], Encoding::Utf16));
        assert_eq!((&*document.text(), document.version), ("b", 7));
    }

    #[test]
    fn positions_outside_of_the_text_are_borne() {
        let mut document = OpenDocument::new(String::new(), 0, "a\nb");
        let changes = [
            change((9, 9), (9, 9), "!"),
            change((0, 5), (0, 0), ""),
            change((u32::MAX, u32::MAX), (0, 0), "z"),
        ];
        assert!(document.change(1, &changes, Encoding::Utf16));
        assert_eq!(&*document.text(), "z");
    }

    #[test]
    fn files_are_known_by_their_names() {
        for (path, expected) in [
            ("/a/flake.nix", Some(Language::Nix)),
            ("/a/nix/shell.nix", Some(Language::Nix)),
            ("/a/.cargo/config", Some(Language::Toml)),
            ("/a/.cargo/config.toml", Some(Language::Toml)),
            ("/a/config.toml", None),
            ("/a/config", None),
            ("/a/rust-toolchain", Some(Language::Toml)),
            ("/a/pyproject.toml", None),
        ] {
            assert_eq!(language(Path::new(path)), expected, "{path}");
        }
    }
}
