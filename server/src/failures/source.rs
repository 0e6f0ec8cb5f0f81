//! The bytes of a log as lines, with where each of them stood. Memory is bounded however long a line is.

use memchr::memchr2;

/// Of a longer line only the beginning and the end are kept: what a linker was called with stands between.
const MAX_LINE: usize = 4 * 1024 * 1024;
/// How much of either is kept.
const KEPT: usize = 1024 * 1024;

/// How the log's characters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    /// What PowerShell's `>` writes.
    Utf16Little,
    Utf16Big,
}

/// Bytes that were left out of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gap {
    /// Where in the kept bytes.
    pub(super) at: usize,
    /// How many.
    pub(super) bytes: u64,
    /// How many characters they were, about.
    pub(super) characters: u64,
}

/// One line of the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawLine<'b> {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Offset of its first byte in the log.
    pub(super) offset: u64,
    /// Its bytes, without the line ending and without a byte order mark.
    pub(super) bytes: &'b [u8],
    pub(super) gap: Gap,
    pub(super) encoding: Encoding,
}

impl RawLine<'_> {
    /// The offset in the log of a position in the kept bytes.
    pub(super) fn origin(&self, position: usize) -> u64 {
        let left_out = if self.gap.bytes > 0 && position >= self.gap.at { self.gap.bytes } else { 0 };
        self.offset + position as u64 + left_out
    }
}

/// Cuts a stream of bytes into lines.
#[derive(Debug)]
pub(super) struct Lines {
    encoding: Option<Encoding>,
    /// Bytes that no line ending has closed yet.
    open: Vec<u8>,
    /// How much of them is known to hold no line ending.
    scanned: usize,
    /// Offset of the first open byte in the log.
    offset: u64,
    number: u64,
    gap: Gap,
    /// Whether there was any byte that is not white space.
    pub(super) has_text: bool,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self {
            encoding: None,
            open: Vec::new(),
            scanned: 0,
            offset: 0,
            number: 1,
            gap: Gap::default(),
            has_text: false,
        }
    }

    /// Takes more bytes and hands out the lines that they complete.
    pub(super) fn push(&mut self, bytes: &[u8], each: &mut dyn FnMut(RawLine<'_>)) {
        self.open.extend_from_slice(bytes);
        self.cut(false, each);
    }

    /// Hands out what is left.
    pub(super) fn finish(&mut self, each: &mut dyn FnMut(RawLine<'_>)) {
        self.cut(true, each);
    }

    fn cut(&mut self, is_end: bool, each: &mut dyn FnMut(RawLine<'_>)) {
        let Some(encoding) = self.encoding(is_end) else { return };
        let open = std::mem::take(&mut self.open);
        let mut start = 0;
        let mut scanned = self.scanned;
        while let Some((end, behind)) = line_ending(&open, scanned, encoding, is_end) {
            self.hand_out(open.get(start..end).unwrap_or_default(), behind - start, encoding, each);
            (start, scanned) = (behind, behind);
        }
        if is_end && start < open.len() {
            self.hand_out(open.get(start..).unwrap_or_default(), open.len() - start, encoding, each);
            start = open.len();
        }
        self.open = open;
        self.open.drain(..start);
        // A carriage return at the very end may be half of a line ending.
        let width = if encoding == Encoding::Utf8 { 1 } else { 2 };
        self.scanned = self.open.len().saturating_sub(width) / width * width;
        self.shorten();
    }

    fn hand_out(
        &mut self,
        bytes: &[u8],
        length: usize,
        encoding: Encoding,
        each: &mut dyn FnMut(RawLine<'_>),
    ) {
        self.has_text |= bytes.iter().any(|byte| byte.is_ascii_graphic() || *byte > 0x7f);
        each(RawLine { number: self.number, offset: self.offset, bytes, gap: self.gap, encoding });
        self.number += 1;
        self.offset += length as u64 + self.gap.bytes;
        self.gap = Gap::default();
    }

    /// Leaves out the middle of a line that is too long to keep.
    fn shorten(&mut self) {
        if self.open.len() <= MAX_LINE {
            return;
        }
        // An even end: half a unit of UTF-16 would shift all that follows.
        let out = KEPT..(self.open.len() - KEPT) & !1;
        let dropped = self.open.get(out.clone()).unwrap_or_default();
        self.gap.at = KEPT;
        self.gap.bytes += dropped.len() as u64;
        self.gap.characters += dropped.iter().filter(|byte| (**byte & 0xc0) != 0x80).count() as u64;
        self.has_text = true;
        self.open.drain(out);
        self.scanned = self.open.len().saturating_sub(2) / 2 * 2;
    }

    /// Decided by the first bytes, which a byte order mark takes away.
    fn encoding(&mut self, is_end: bool) -> Option<Encoding> {
        if self.encoding.is_some() {
            return self.encoding;
        }
        let (encoding, mark) = match self.open.as_slice() {
            [0xff, 0xfe, ..] => (Encoding::Utf16Little, 2),
            [0xfe, 0xff, ..] => (Encoding::Utf16Big, 2),
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
            [_, _, _, ..] => (Encoding::Utf8, 0),
            _ if is_end => (Encoding::Utf8, 0),
            _ => return None,
        };
        self.open.drain(..mark);
        self.offset = mark as u64;
        self.encoding = Some(encoding);
        self.encoding
    }
}

/// The next line's end and the start of the one behind it. Lines end at LF, CR LF and a lone CR, as
/// everywhere in Portolan.
fn line_ending(bytes: &[u8], from: usize, encoding: Encoding, is_end: bool) -> Option<(usize, usize)> {
    if encoding == Encoding::Utf8 {
        let at = from + memchr2(b'\n', b'\r', bytes.get(from..)?)?;
        return match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'\r'), None) if !is_end => None,
            (Some(b'\r'), Some(b'\n')) => Some((at, at + 2)),
            _ => Some((at, at + 1)),
        };
    }
    let unit = |at: usize| match (bytes.get(at..at + 2)?, encoding) {
        ([low, high], Encoding::Utf16Little) => Some(u16::from_le_bytes([*low, *high])),
        ([high, low], _) => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    };
    let mut at = from;
    loop {
        match (unit(at)?, unit(at + 2)) {
            (0x0d, None) if !is_end => return None,
            (0x0d, Some(0x0a)) => return Some((at, at + 4)),
            (0x0a | 0x0d, _) => return Some((at, at + 2)),
            _ => at += 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8], chunk: usize) -> Vec<(u64, u64, Vec<u8>)> {
        let mut lines = Lines::new();
        let mut found = Vec::new();
        let mut each = |line: RawLine<'_>| found.push((line.number, line.offset, line.bytes.to_vec()));
        for piece in bytes.chunks(chunk) {
            lines.push(piece, &mut each);
        }
        lines.finish(&mut each);
        found
    }

    #[test]
    fn every_cut_of_the_stream_gives_the_same_lines() {
        let log = b"\xef\xbb\xbfa\r\nb\rc\n\nd\xff";
        let whole = lines(log, log.len());
        assert_eq!(
            whole,
            [
                (1, 3, b"a".to_vec()),
                (2, 6, b"b".to_vec()),
                (3, 8, b"c".to_vec()),
                (4, 10, vec![]),
                (5, 11, b"d\xff".to_vec()),
            ]
        );
        for chunk in 1..log.len() {
            assert_eq!(lines(log, chunk), whole, "{chunk}");
        }
    }

    #[test]
    fn utf_16_is_cut_at_whole_units() {
        // U+0A0D and U+0D0A hold the bytes of line endings and are none.
        let text = "a\u{0a0d}\r\n\u{0d0a}b\n";
        let mut log = vec![0xff, 0xfe];
        log.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        for chunk in 1..log.len() {
            let found = lines(&log, chunk);
            assert_eq!(found.iter().map(|line| line.1).collect::<Vec<_>>(), [2, 10], "{chunk}");
        }
    }

    #[test]
    fn the_middle_of_an_endless_line_is_left_out() {
        let mut lines = Lines::new();
        let mut found = Vec::new();
        let mut each = |line: RawLine<'_>| {
            found.push((line.offset, line.bytes.len(), line.gap.bytes, line.origin(line.bytes.len() - 1)));
        };
        let block = vec![b'x'; 64 * 1024];
        for _ in 0..1024 {
            lines.push(&block, &mut each);
            assert!(lines.open.capacity() < 4 * MAX_LINE);
        }
        lines.push(b"\nend", &mut each);
        lines.finish(&mut each);
        let total = 64 * 1024 * 1024;
        let [(offset, kept, left_out, last), end] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((*offset, *kept as u64 + left_out, *last), (0, total, total - 1));
        assert_eq!(end.0, total + 1);
    }
}
