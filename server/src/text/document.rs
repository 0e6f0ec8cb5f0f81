//! One version of one file's text.

use std::{borrow::Cow, ops::Range, sync::Arc};

use super::{FileId, Span};

const BOM: &str = "\u{feff}";

/// A position as people count it: both from 1, the column in Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

/// The text of a file at one moment. Never changes: an edit makes a new one.
#[derive(Debug)]
pub struct Document {
    file: FileId,
    text: Arc<str>,
    /// Offset of the first byte of each line.
    line_starts: Vec<u32>,
}

impl Document {
    /// The text as it stands in `file`, with its BOM and its line endings.
    pub fn new(file: FileId, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let bytes = text.as_bytes();
        let mut line_starts = vec![0];
        for (index, byte) in bytes.iter().enumerate() {
            // The protocol breaks lines at CR LF, LF and a lone CR.
            let ends = *byte == b'\n' || (*byte == b'\r' && bytes.get(index + 1) != Some(&b'\n'));
            if ends {
                line_starts.push(index as u32 + 1);
            }
        }
        Self { file, text, line_starts }
    }

    /// The file that the text belongs to.
    pub fn file(&self) -> &FileId {
        &self.file
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole text, shared.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The text for a parser: a BOM becomes three blanks, so that all offsets stay what they are.
    pub fn parser_text(&self) -> Cow<'_, str> {
        match self.text.strip_prefix(BOM) {
            Some(rest) => Cow::Owned(format!("   {rest}")),
            None => Cow::Borrowed(&self.text),
        }
    }

    /// The bytes of `span`; empty when it does not lie in the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start()..span.end()).unwrap_or_default()
    }

    /// How many lines there are; an empty text has one.
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// The line, from 0, that holds the byte at `offset`.
    pub fn line_at(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start as usize <= offset).saturating_sub(1)
    }

    /// Bytes of a line, from 0, with its line ending; empty behind the last line.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let end_of_text = self.text.len();
        let start = self.line_starts.get(line).map_or(end_of_text, |start| *start as usize);
        let end = self.line_starts.get(line + 1).map_or(end_of_text, |start| *start as usize);
        start..end
    }

    /// A line's text, from 0, without its line ending.
    pub fn line_text(&self, line: usize) -> &str {
        self.text[self.line_range(line)].trim_end_matches(['\r', '\n'])
    }

    /// Where `offset` is for a person. A BOM takes no column.
    pub fn line_column(&self, offset: usize) -> LineColumn {
        let offset = floor_char_boundary(&self.text, offset);
        let line = self.line_at(offset);
        let start = self.line_range(line).start;
        let before = &self.text[start..offset];
        let before = if start == 0 { before.strip_prefix(BOM).unwrap_or(before) } else { before };
        LineColumn { line: line + 1, column: before.chars().count() + 1 }
    }

    /// The line ending that the text uses: that of its first line, else LF.
    pub fn line_ending(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }
}

/// The nearest character boundary at or before `offset`.
fn floor_char_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        Document::new(FileId::new("/a"), text)
    }

    #[test]
    fn lines_end_at_lf_crlf_and_cr() {
        let document = document("a\nb\r\nc\rd");
        assert_eq!(document.line_count(), 4);
        assert_eq!((0..4).map(|line| document.line_text(line)).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert_eq!(document.line_column(7), LineColumn { line: 4, column: 1 });
    }

    #[test]
    fn columns_count_characters_and_no_bom() {
        let document = document("\u{feff}é = \"ü\" # x");
        assert_eq!(document.line_column(3), LineColumn { line: 1, column: 1 });
        assert_eq!(document.line_column(3 + "é = ".len()), LineColumn { line: 1, column: 5 });
        assert_eq!(document.parser_text().len(), document.text().len());
    }

    #[test]
    fn offsets_outside_the_text_are_clamped() {
        let document = document("é");
        assert_eq!(document.line_column(99), LineColumn { line: 1, column: 2 });
        assert_eq!(document.line_column(1), LineColumn { line: 1, column: 1 });
        assert_eq!(document.line_text(7), "");
    }
}
