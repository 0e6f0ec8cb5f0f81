//! Positions on the wire are a line and a count of code units; ours are byte offsets.

use tower_lsp::ls_types::{Position, PositionEncodingKind, Range};

use crate::text::{Document, Span};

/// What a character's offset counts, as client and server agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units: what a client that says nothing counts.
    #[default]
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

impl Encoding {
    /// The cheapest for us of those that the client knows.
    pub fn negotiate(offered: Option<&[PositionEncodingKind]>) -> Self {
        let offers = |kind| offered.is_some_and(|offered| offered.contains(&kind));
        if offers(PositionEncodingKind::UTF8) {
            Self::Utf8
        } else if offers(PositionEncodingKind::UTF16) || !offers(PositionEncodingKind::UTF32) {
            Self::Utf16
        } else {
            Self::Utf32
        }
    }

    /// Its name on the wire.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    /// How many units a character takes.
    pub fn width(self, character: char) -> usize {
        match self {
            Self::Utf8 => character.len_utf8(),
            Self::Utf16 => character.len_utf16(),
            Self::Utf32 => 1,
        }
    }

    /// How many units a text takes.
    pub fn length(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            _ => text.chars().map(|character| self.width(character)).sum(),
        }
    }

    /// The byte offset in a line of the character that holds unit `units`; the line's end when it has
    /// fewer.
    pub fn byte_in_line(self, line: &str, units: usize) -> usize {
        let mut left = units;
        for (offset, character) in line.char_indices() {
            let width = self.width(character);
            if left < width {
                return offset;
            }
            left -= width;
        }
        line.len()
    }
}

/// The positions of one text.
#[derive(Clone, Copy, Debug)]
pub struct Positions<'a> {
    document: &'a Document,
    encoding: Encoding,
    hides_bom: bool,
}

impl<'a> Positions<'a> {
    /// The positions of `document`, as the client sent it, in `encoding`.
    pub fn new(document: &'a Document, encoding: Encoding) -> Self {
        Self { document, encoding, hides_bom: false }
    }

    /// The positions of a text from disk: an editor that opens it takes a BOM off first.
    pub fn on_disk(document: &'a Document, encoding: Encoding) -> Self {
        Self { hides_bom: true, ..Self::new(document, encoding) }
    }

    /// The byte offset of a position; one outside of the text is brought to its nearest end.
    pub fn offset(self, position: Position) -> usize {
        let line = position.line as usize;
        let start = self.document.line_range(line).start;
        if line >= self.document.line_count() {
            return self.document.text().len();
        }
        let text = self.document.line_text(line);
        start + self.encoding.byte_in_line(text, position.character as usize)
    }

    /// The bytes of a range.
    pub fn span(self, range: Range) -> Span {
        let (start, end) = (self.offset(range.start), self.offset(range.end));
        Span::new(start.min(end), end.max(start))
    }

    /// The position of a byte offset; one within a character is brought to its start.
    pub fn position(self, offset: usize) -> Position {
        let text = self.document.text();
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.document.line_at(offset);
        let start = self.document.line_range(line).start;
        let before = text.get(start..offset).unwrap_or_default();
        // A place behind CR, before LF, is the end of its line for the protocol.
        let before = before.trim_end_matches('\r');
        let is_hidden = self.hides_bom && start == 0;
        let before = before.strip_prefix('\u{feff}').filter(|_| is_hidden).unwrap_or(before);
        Position::new(line as u32, self.encoding.length(before) as u32)
    }

    /// The range of some bytes.
    pub fn range(self, span: Span) -> Range {
        Range::new(self.position(span.start()), self.position(span.end().max(span.start())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    const TEXT: &str = "a = \"é𝄞\" # x\r\nzwei\rdrei\n";

    #[test]
    fn every_boundary_goes_there_and_back_in_each_encoding() {
        let document = Document::new(FileId::new("/a"), TEXT);
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            let positions = Positions::new(&document, encoding);
            for (offset, _) in TEXT.char_indices() {
                let position = positions.position(offset);
                let back = positions.offset(position);
                let within_ending = TEXT.as_bytes().get(offset) == Some(&b'\n') && offset > 0;
                assert!(back == offset || (within_ending && back + 1 == offset), "{encoding:?} {offset}");
            }
        }
    }

    #[test]
    fn units_are_those_of_the_encoding() {
        let document = Document::new(FileId::new("/a"), TEXT);
        let behind = TEXT.find("\" #").unwrap_or_default();
        for (encoding, units) in [(Encoding::Utf8, 11), (Encoding::Utf16, 8), (Encoding::Utf32, 7)] {
            let positions = Positions::new(&document, encoding);
            assert_eq!(positions.position(behind), Position::new(0, units), "{encoding:?}");
        }
        let utf16 = Positions::new(&document, Encoding::Utf16);
        assert_eq!(utf16.offset(Position::new(0, 7)), 7, "within a surrogate pair: the pair's start");
        assert_eq!(utf16.offset(Position::new(1, 99)), 22, "behind a line's end: before its ending");
        assert_eq!(utf16.offset(Position::new(99, 0)), TEXT.len());
    }

    #[test]
    fn a_bom_counts_only_where_the_client_has_it() {
        let document = Document::new(FileId::new("/a"), "\u{feff}ab\nc");
        let [sent, on_disk] = [Positions::new, Positions::on_disk].map(|new| new(&document, Encoding::Utf16));
        assert_eq!((sent.position(4), on_disk.position(4)), (Position::new(0, 2), Position::new(0, 1)));
        assert_eq!((on_disk.position(0), on_disk.position(3)), (Position::new(0, 0), Position::new(0, 0)));
        assert_eq!(sent.position(6), on_disk.position(6));
    }

    #[test]
    fn the_cheapest_encoding_that_is_offered_is_taken() {
        use PositionEncodingKind as K;
        assert_eq!(Encoding::negotiate(None), Encoding::Utf16);
        assert_eq!(Encoding::negotiate(Some(&[])), Encoding::Utf16);
        assert_eq!(Encoding::negotiate(Some(&[K::UTF32, K::UTF8])), Encoding::Utf8);
        assert_eq!(Encoding::negotiate(Some(&[K::UTF32, K::UTF16])), Encoding::Utf16);
        assert_eq!(Encoding::negotiate(Some(&[K::UTF32])), Encoding::Utf32);
    }
}
