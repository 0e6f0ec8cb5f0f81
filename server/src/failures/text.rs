//! A line's text as a person sees it, and for each of its characters the bytes of the log that it came from.

use std::borrow::Cow;

use memchr::memchr2;

use super::source::{Encoding, RawLine};

/// A stretch of text whose bytes follow each other in the log.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// Where it begins in the text.
    start: usize,
    /// Where it begins in the log.
    origin: u64,
    /// Where it ends in the log.
    end: u64,
}

/// Text without colours and with no invalid character, and where it came from.
#[derive(Clone, Debug, Default)]
pub(super) struct Text<'t> {
    text: Cow<'t, str>,
    stretches: Vec<Stretch>,
}

impl<'t> Text<'t> {
    /// What a terminal would show of a line.
    pub(super) fn of_line(line: &RawLine<'t>) -> Self {
        let plain = std::str::from_utf8(line.bytes).ok().filter(|text| {
            line.encoding == Encoding::Utf8
                && line.gap.bytes == 0
                && memchr2(0x1b, 0x08, text.as_bytes()).is_none()
                && !may_hold_lost_escapes(text.as_bytes())
        });
        match plain {
            Some(text) => {
                let end = line.offset + text.len() as u64;
                let all = Stretch { start: 0, origin: line.offset, end };
                Self { text: Cow::Borrowed(text), stretches: vec![all] }
            }
            None => decode(line).without_escapes(),
        }
    }

    /// An empty text to push characters to.
    pub(super) fn empty() -> Self {
        Self::default()
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Adds a character that stands in `origin..end` of the log.
    pub(super) fn push(&mut self, character: char, origin: u64, end: u64) {
        let start = self.text.len();
        let width = character.len_utf8() as u64;
        let continues = self.stretches.last().is_some_and(|last| {
            let length = (start - last.start) as u64;
            last.end == origin && last.end == last.origin + length && end == origin + width
        });
        match self.stretches.last_mut() {
            Some(last) if continues => last.end = end,
            _ => self.stretches.push(Stretch { start, origin, end }),
        }
        self.text.to_mut().push(character);
    }

    /// Where the character at `position` begins in the log.
    pub(super) fn origin(&self, position: usize) -> u64 {
        let index = self.stretches.partition_point(|stretch| stretch.start <= position);
        match index.checked_sub(1).and_then(|index| self.stretches.get(index)) {
            Some(stretch) => (stretch.origin + (position - stretch.start) as u64).min(stretch.end),
            None => self.stretches.first().map_or(0, |first| first.origin),
        }
    }

    /// Where the character before `position` ends in the log.
    pub(super) fn origin_of_end(&self, position: usize) -> u64 {
        let index = self.stretches.partition_point(|stretch| stretch.start < position);
        let Some(index) = index.checked_sub(1) else { return self.origin(0) };
        let Some(stretch) = self.stretches.get(index) else { return self.origin(0) };
        let next = self.stretches.get(index + 1).map_or(self.text.len(), |next| next.start);
        if position == next {
            stretch.end
        } else {
            (stretch.origin + (position - stretch.start) as u64).min(stretch.end)
        }
    }

    /// The same text without what only steers a terminal.
    pub(super) fn without_escapes(self) -> Self {
        let mut clean = Self::empty();
        let text: &str = &self.text;
        let mut position = 0;
        while let Some(rest) = text.get(position..)
            && let Some(character) = rest.chars().next()
        {
            let skipped = escape_length(rest);
            if skipped > 0 {
                position += skipped;
                continue;
            }
            let next = position + character.len_utf8();
            clean.push(character, self.origin(position), self.origin_of_end(next));
            position = next;
        }
        clean
    }
}

/// Whether there are colours whose escape character got lost, or was written out.
fn may_hold_lost_escapes(bytes: &[u8]) -> bool {
    let is_code = |at: usize| lost_escape_length(bytes.get(at..).unwrap_or_default()) > 0;
    memchr::memchr_iter(b'[', bytes).any(is_code)
}

/// How many bytes at the start are a colour without its escape character: `[38;5;9m`.
fn lost_escape_length(bytes: &[u8]) -> usize {
    let [b'[', first, rest @ ..] = bytes else { return 0 };
    let end = rest.iter().take(16).position(|byte| !byte.is_ascii_digit() && *byte != b';');
    let is_code = first.is_ascii_digit() && end.is_some_and(|at| rest.get(at) == Some(&b'm'));
    if is_code { end.unwrap_or_default() + 3 } else { 0 }
}

/// Ways in which programs write the escape character out.
const WRITTEN_ESCAPES: [&[u8]; 5] = [b"\\u001b", b"\\x1b", b"\\033", b"\\e", b"^["];

/// How many bytes at the start of a text steer a terminal and show nothing.
fn escape_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes {
        [0x1b, b'[', rest @ ..] => {
            2 + rest.iter().position(|byte| (0x40..=0x7e).contains(byte)).map_or(rest.len(), |at| at + 1)
        }
        // Titles, links and what CI systems hide in the log: up to a bell or `ESC \`.
        [0x1b, b']' | b'_' | b'P' | b'^', rest @ ..] => {
            let end = rest.iter().take(4096).position(|byte| matches!(byte, 0x07 | 0x1b));
            match end.map(|at| (at, rest.get(at))) {
                Some((at, Some(0x1b))) => 2 + at + 1 + usize::from(rest.get(at + 1) == Some(&b'\\')),
                Some((at, _)) => 2 + at + 1,
                None => 2,
            }
        }
        [0x1b, byte, ..] if byte.is_ascii() => 2,
        [0x1b | 0x08, ..] => 1,
        // The escape character gets lost where logs are pasted: "[0m[1m[38;5;9merror[0m".
        [b'[', ..] => lost_escape_length(bytes),
        [b'\\' | b'^', ..] => WRITTEN_ESCAPES
            .iter()
            .find_map(|escape| {
                let length = lost_escape_length(bytes.strip_prefix(*escape)?);
                (length > 0).then_some(escape.len() + length)
            })
            .unwrap_or_default(),
        _ => 0,
    }
}

/// The characters of a line's bytes; what is none becomes U+FFFD.
fn decode(line: &RawLine<'_>) -> Text<'static> {
    let mut text = Text::empty();
    let mut push = |character: char, start: usize, end: usize| {
        text.push(character, line.origin(start), line.origin(end.saturating_sub(1)) + 1);
    };
    if line.encoding == Encoding::Utf8 {
        let mut position = 0;
        for chunk in line.bytes.utf8_chunks() {
            for (at, character) in chunk.valid().char_indices() {
                push(character, position + at, position + at + character.len_utf8());
            }
            position += chunk.valid().len();
            let invalid = chunk.invalid().len();
            if invalid > 0 {
                push(char::REPLACEMENT_CHARACTER, position, position + invalid);
            }
            position += invalid;
        }
        return text;
    }
    let units = line.bytes.chunks(2).map(|unit| match (unit, line.encoding) {
        ([low, high], Encoding::Utf16Little) => u16::from_le_bytes([*low, *high]),
        ([high, low], _) => u16::from_be_bytes([*high, *low]),
        _ => 0xfffd,
    });
    let mut position = 0;
    for character in char::decode_utf16(units) {
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        let width = 2 * character.len_utf16();
        push(character, position, (position + width).min(line.bytes.len()));
        position += width;
    }
    text
}

/// How many characters of a line stand before an offset in the log.
pub(super) fn characters_before(line: &RawLine<'_>, offset: u64) -> u64 {
    let mut count = 0;
    let mut position = 0;
    let left_out = |position: usize| {
        if line.gap.bytes > 0 && position >= line.gap.at { line.gap.characters } else { 0 }
    };
    let mut passed = |width: usize| {
        let is_before = line.origin(position) < offset;
        if is_before {
            count += 1;
            position += width;
        }
        is_before
    };
    if line.encoding == Encoding::Utf8 {
        'all: for chunk in line.bytes.utf8_chunks() {
            for character in chunk.valid().chars() {
                if !passed(character.len_utf8()) {
                    break 'all;
                }
            }
            if !chunk.invalid().is_empty() && !passed(chunk.invalid().len()) {
                break;
            }
        }
    } else {
        let text = decode(line);
        for character in text.as_str().chars() {
            if !passed(2 * character.len_utf16()) {
                break;
            }
        }
    }
    count + left_out(position)
}

#[cfg(test)]
mod tests {
    use super::{super::source::Gap, *};

    fn line(bytes: &[u8]) -> RawLine<'_> {
        RawLine { number: 1, offset: 100, bytes, gap: Gap::default(), encoding: Encoding::Utf8 }
    }

    #[test]
    fn colours_go_and_the_places_stay() {
        let bytes = b"\x1b[1m\x1b[91merror\x1b[0m: \xffx\x1b]8;;u\x07y";
        let text = Text::of_line(&line(bytes));
        assert_eq!(text.as_str(), "error: \u{fffd}xy");
        let at = |word: &str| text.as_str().find(word).unwrap_or_default();
        assert_eq!(text.origin(at("error")), 100 + 9);
        assert_eq!(text.origin_of_end(at("error") + 5), 100 + 14);
        assert_eq!(text.origin(at(":")), 100 + 18);
        assert_eq!((text.origin(at("x")), text.origin_of_end(at("x") + 1)), (121, 122));
        assert_eq!(text.origin(at("y")), 100 + bytes.len() as u64 - 1);
    }

    #[test]
    fn colours_that_lost_their_escape_go_too() {
        assert_eq!(Text::of_line(&line(b"[0m[1m[38;5;9merror[0m: [1] [x]")).as_str(), "error: [1] [x]");
    }

    #[test]
    fn colours_that_are_written_out_go_too() {
        let json = br"\u001b[1m\u001b[91merror\u001b[0m: a\nb";
        assert_eq!(Text::of_line(&line(json)).as_str(), r"error: a\nb");
        assert_eq!(Text::of_line(&line(b"^[[31merror^[[0m: ^[x")).as_str(), "error: ^[x");
    }

    #[test]
    fn columns_count_characters() {
        let bytes = "é\u{1b}[1mx".as_bytes();
        assert_eq!(characters_before(&line(bytes), 100 + 2), 1);
        assert_eq!(characters_before(&line(bytes), 100 + 6), 5);
        assert_eq!(characters_before(&line(b"\xff\xfex"), 102), 2);
    }
}
