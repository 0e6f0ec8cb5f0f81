//! The characters of a string literal: escapes and indentation resolved, each with its place.

use std::sync::Arc;

use super::{ExprId, Part};
use crate::text::Span;

/// A part of a literal as the lexer found it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Raw {
    Text(Span),
    Interpolation(ExprId),
}

/// A piece of a literal before its indentation is taken off.
enum Chunk<'t> {
    /// Characters as they stand in the text, from this offset on.
    Verbatim(&'t str, usize),
    /// Characters that were written as an escape, and where.
    Escape(&'t str, Span),
    Interpolation(ExprId),
}

/// Resolves a literal. A text part is as long as its span exactly when it was written without escapes,
/// so that a place inside it can be computed; a line of an indented string is a part of its own.
pub(super) fn normalize(text: &str, raw: &[Raw], indented: bool) -> Box<[Part]> {
    let mut chunks = Vec::new();
    for (index, part) in raw.iter().enumerate() {
        match part {
            Raw::Interpolation(id) => chunks.push(Chunk::Interpolation(*id)),
            Raw::Text(span) => {
                let mut span = *span;
                if indented && index == 0 {
                    span = without_first_line(text, span);
                }
                let content = text.get(span.start()..span.end()).unwrap_or_default();
                split_escapes(content, span.start(), indented, &mut chunks);
            }
        }
    }
    if indented { strip(&chunks) } else { plain(&chunks) }
}

/// An indented string may start with blanks and a line break, which do not count.
fn without_first_line(text: &str, span: Span) -> Span {
    let content = text.get(span.start()..span.end()).unwrap_or_default();
    let line = content.trim_start_matches(' ');
    let rest = line.strip_prefix("\r\n").or_else(|| line.strip_prefix('\n'));
    rest.map_or(span, |rest| Span::new(span.end() - rest.len(), span.end()))
}

/// Splits characters from escapes. CR LF and a lone CR are line feeds to Nix.
fn split_escapes<'t>(content: &'t str, offset: usize, indented: bool, chunks: &mut Vec<Chunk<'t>>) {
    let mut from = 0;
    let mut at = 0;
    while at < content.len() {
        let rest = content.get(at..).unwrap_or_default();
        match escape(rest, indented) {
            Some((length, meaning)) => {
                push_verbatim(content, from, at, offset, chunks);
                chunks.push(Chunk::Escape(meaning, Span::new(offset + at, offset + at + length)));
                at += length;
                from = at;
            }
            // `$$` is two dollars, whatever follows.
            None if rest.starts_with("$$") => at += 2,
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    push_verbatim(content, from, content.len(), offset, chunks);
}

fn push_verbatim<'t>(content: &'t str, from: usize, to: usize, offset: usize, chunks: &mut Vec<Chunk<'t>>) {
    match content.get(from..to) {
        Some(text) if !text.is_empty() => chunks.push(Chunk::Verbatim(text, offset + from)),
        _ => {}
    }
}

/// The escape at the start of `rest`: its length and what it stands for.
fn escape(rest: &str, indented: bool) -> Option<(usize, &str)> {
    if rest.starts_with('\r') {
        return Some((if rest.starts_with("\r\n") { 2 } else { 1 }, "\n"));
    }
    if !indented {
        return rest.strip_prefix('\\').and_then(|rest| escaped_character(rest, 1));
    }
    let behind = rest.strip_prefix("''")?;
    if behind.starts_with('$') {
        Some((3, "$"))
    } else if behind.starts_with('\'') {
        Some((3, "''"))
    } else {
        behind.strip_prefix('\\').and_then(|rest| escaped_character(rest, 3))
    }
}

fn escaped_character(rest: &str, prefix: usize) -> Option<(usize, &str)> {
    let length = rest.chars().next()?.len_utf8();
    let meaning = match rest.get(..length)? {
        "n" => "\n",
        "r" => "\r",
        "t" => "\t",
        other => other,
    };
    Some((prefix + length, meaning))
}

fn plain(chunks: &[Chunk<'_>]) -> Box<[Part]> {
    let part = |chunk: &Chunk<'_>| match chunk {
        Chunk::Verbatim(text, at) => {
            Part::Text { text: Arc::from(*text), span: Span::new(*at, at + text.len()) }
        }
        Chunk::Escape(text, span) => Part::Text { text: Arc::from(*text), span: *span },
        Chunk::Interpolation(id) => Part::Interpolation(*id),
    };
    chunks.iter().map(part).collect()
}

/// Takes the indentation off as Nix does: the smallest number of blanks before a line's first other
/// character, in all lines that have one; and the last line when it is blank.
fn strip(chunks: &[Chunk<'_>]) -> Box<[Part]> {
    let indentation = smallest_indentation(chunks);
    let mut stripper = Stripper { indentation, dropped: 0, at_line_start: true, parts: Vec::new() };
    for (index, chunk) in chunks.iter().enumerate() {
        let is_last = index + 1 == chunks.len();
        match chunk {
            Chunk::Interpolation(id) => {
                stripper.at_line_start = false;
                stripper.dropped = 0;
                stripper.parts.push(Part::Interpolation(*id));
            }
            Chunk::Escape(text, span) => stripper.escape(text, *span),
            Chunk::Verbatim(text, at) => stripper.verbatim(text, *at, is_last),
        }
    }
    stripper.parts.into()
}

fn smallest_indentation(chunks: &[Chunk<'_>]) -> usize {
    let mut smallest = usize::MAX;
    let mut current = 0;
    let mut at_line_start = true;
    for chunk in chunks {
        let text = match chunk {
            Chunk::Verbatim(text, _) => *text,
            // A line break written as CR LF is an ordinary line break.
            Chunk::Escape("\n", span) if span.len() <= 2 => "\n",
            Chunk::Escape(..) | Chunk::Interpolation(_) => {
                if at_line_start {
                    at_line_start = false;
                    smallest = smallest.min(current);
                }
                continue;
            }
        };
        for character in text.bytes() {
            match character {
                b'\n' => {
                    at_line_start = true;
                    current = 0;
                }
                b' ' if at_line_start => current += 1,
                _ if at_line_start => {
                    at_line_start = false;
                    smallest = smallest.min(current);
                }
                _ => {}
            }
        }
    }
    smallest
}

struct Stripper {
    indentation: usize,
    /// Blanks taken off the current line.
    dropped: usize,
    at_line_start: bool,
    parts: Vec<Part>,
}

impl Stripper {
    fn verbatim(&mut self, text: &str, at: usize, is_last: bool) {
        let mut from = 0;
        let mut offset = 0;
        let blank_end = if is_last { blank_last_line(text) } else { text.len() };
        let bytes = text.as_bytes();
        while let Some(byte) = bytes.get(offset) {
            if self.at_line_start {
                match byte {
                    b' ' => {
                        if self.dropped < self.indentation {
                            self.emit(text, from, offset.min(blank_end), at);
                            from = offset + 1;
                        }
                        self.dropped += 1;
                    }
                    b'\n' => self.dropped = 0,
                    _ => {
                        self.at_line_start = false;
                        self.dropped = 0;
                    }
                }
            } else if *byte == b'\n' {
                self.at_line_start = true;
                self.dropped = 0;
            }
            offset += 1;
        }
        self.emit(text, from, blank_end, at);
    }

    fn escape(&mut self, text: &str, span: Span) {
        self.at_line_start = text == "\n";
        self.dropped = 0;
        self.parts.push(Part::Text { text: Arc::from(text), span });
    }

    fn emit(&mut self, text: &str, from: usize, to: usize, at: usize) {
        match text.get(from..to) {
            Some(kept) if !kept.is_empty() => {
                self.parts.push(Part::Text { text: Arc::from(kept), span: Span::new(at + from, at + to) });
            }
            _ => {}
        }
    }
}

/// Where the text ends when its last line, if blank, is left out.
fn blank_last_line(text: &str) -> usize {
    match text.rfind('\n') {
        Some(at) if text.bytes().skip(at + 1).all(|byte| byte == b' ') => at + 1,
        _ => text.len(),
    }
}
