//! Looks for the patterns of the data file in a line, all of them at once.

use std::{ops::Range, sync::OnceLock};

use aho_corasick::{AhoCorasick, Input};

use crate::knowledge::{Part, Pattern, failure_contexts, failures};

/// A capture that is longer is no name of anything.
const MAX_CAPTURE: usize = 400;
/// `{_}` skips no more than this.
const MAX_SKIP: usize = 1000;
/// A pattern is tried so often in one line; behind that, the line only repeats itself.
const MAX_TRIES: u8 = 4;

/// Captures by name.
pub(super) type Captures = Vec<(&'static str, String)>;

/// What a pattern is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A sign of a kind of failure.
    Sign { kind: usize, sign: usize },
    /// A detail of a kind of failure.
    Detail { kind: usize, detail: usize },
    /// What is built.
    Context { index: usize },
    /// A word that a sign wants near, or far.
    Word { index: usize },
}

/// A pattern that stands in a line.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) role: Role,
    /// Where in the line.
    pub(super) range: Range<usize>,
    pub(super) captures: Captures,
}

/// All patterns.
#[derive(Debug)]
pub(super) struct Patterns {
    automaton: Option<AhoCorasick>,
    /// What each of the automaton's words begins, or is.
    roles: Vec<Vec<(Role, Option<&'static Pattern>)>>,
    /// The words that signs want near or far.
    words: Vec<&'static str>,
    count: usize,
}

impl Patterns {
    /// The patterns of the data file, made ready once.
    pub(super) fn all() -> &'static Self {
        static ALL: OnceLock<Patterns> = OnceLock::new();
        ALL.get_or_init(Self::build)
    }

    fn build() -> Self {
        let mut anchors: Vec<&'static str> = Vec::new();
        let mut roles: Vec<Vec<(Role, Option<&'static Pattern>)>> = Vec::new();
        let mut words: Vec<&'static str> = Vec::new();
        let mut count = 0;
        let mut add = |anchor: &'static str, role: Role, pattern: Option<&'static Pattern>| {
            count += 1;
            match anchors.iter().position(|known| *known == anchor).and_then(|at| roles.get_mut(at)) {
                Some(roles) => roles.push((role, pattern)),
                None => {
                    anchors.push(anchor);
                    roles.push(vec![(role, pattern)]);
                }
            }
        };
        for (kind, failure) in failures().iter().enumerate() {
            for (sign, one) in failure.signs.iter().enumerate() {
                add(one.pattern.anchor(), Role::Sign { kind, sign }, Some(&one.pattern));
                words.extend(one.near.iter().chain(one.far));
            }
            for (detail, pattern) in failure.details.iter().enumerate() {
                add(pattern.anchor(), Role::Detail { kind, detail }, Some(pattern));
            }
        }
        for (index, context) in failure_contexts().iter().enumerate() {
            add(context.pattern.anchor(), Role::Context { index }, Some(&context.pattern));
        }
        words.sort_unstable();
        words.dedup();
        for (index, word) in words.iter().enumerate() {
            add(word, Role::Word { index }, None);
        }
        Self { automaton: AhoCorasick::new(&anchors).ok(), roles, words, count }
    }

    /// The words that signs want near or far.
    pub(super) fn words(&self) -> &[&'static str] {
        &self.words
    }

    /// All patterns that stand in a line, by their place. `wanted` says which are worth a look.
    pub(super) fn find(&self, line: &str, tries: &mut Tries, wanted: &dyn Fn(Role) -> bool) -> Vec<Found> {
        let mut found = Vec::new();
        let hits =
            self.automaton.as_ref().and_then(|one| one.try_find_overlapping_iter(Input::new(line)).ok());
        let mut is_first = true;
        for hit in hits.into_iter().flatten() {
            if std::mem::take(&mut is_first) {
                tries.begin_line(self.count);
            }
            let roles = self.roles.get(hit.pattern().as_usize()).map_or(&[][..], Vec::as_slice);
            for (role, pattern) in roles {
                if !wanted(*role) || !tries.may_try(*role) {
                    continue;
                }
                match pattern {
                    None => found.push(Found { role: *role, range: hit.range(), captures: Vec::new() }),
                    Some(pattern) => {
                        if let Some((range, captures)) = match_at(pattern, line, hit.range()) {
                            found.push(Found { role: *role, range, captures });
                        }
                    }
                }
            }
        }
        found
    }
}

/// How often each pattern was tried in a line: a line of megabytes that repeats an anchor must not cost
/// more than its length.
#[derive(Debug, Default)]
pub(super) struct Tries {
    counts: Vec<(Role, u8)>,
}

impl Tries {
    fn begin_line(&mut self, expected: usize) {
        self.counts.clear();
        self.counts.reserve(expected.min(16));
    }

    fn may_try(&mut self, role: Role) -> bool {
        if let Some((_, count)) = self.counts.iter_mut().find(|(known, _)| *known == role) {
            *count = count.saturating_add(1);
            return *count <= MAX_TRIES;
        }
        self.counts.push((role, 1));
        true
    }
}

/// Matches a pattern whose first literal stands at `anchor`.
fn match_at(pattern: &Pattern, line: &str, anchor: Range<usize>) -> Option<(Range<usize>, Captures)> {
    let mut captures = Captures::new();
    let mut start = anchor.start;
    let mut position = anchor.end;
    let mut parts = pattern.parts.iter().peekable();
    while let Some(part) = parts.next_if(|part| !matches!(part, Part::Literal(_))) {
        if let Part::Capture(name) = part {
            let before = line.get(..anchor.start)?;
            let begin = begin_of_capture(name, before);
            start = begin;
            captures.push((name, before.get(begin..).filter(|text| !text.is_empty())?.to_owned()));
        }
    }
    parts.next();
    while let Some(part) = parts.next() {
        let rest = line.get(position..)?;
        let next = match parts.peek() {
            Some(Part::Literal(next)) => Some(*next),
            _ => None,
        };
        match part {
            Part::Literal(literal) => {
                rest.starts_with(literal).then_some(())?;
                position += literal.len();
            }
            Part::Skip => {
                let window = rest.get(..rest.floor_char_boundary(MAX_SKIP))?;
                position += next.map_or(Some(0), |next| window.find(next))?;
            }
            Part::Capture(name) => {
                let window = rest.get(..rest.floor_char_boundary(MAX_CAPTURE))?;
                let end = match next {
                    Some(next) => window.find(next)?,
                    None => end_of_capture(name, window),
                };
                let value = window.get(..end)?.trim();
                if value.is_empty() || !value.chars().all(|c| may_hold(name, c)) {
                    return None;
                }
                captures.push((name, value.to_owned()));
                position += end;
            }
        }
    }
    Some((start..position, captures))
}

/// Which characters a capture of that name may hold.
fn may_hold(name: &str, character: char) -> bool {
    let more = match name {
        "target" => "-_.",
        "crate" => "-_",
        "glibc" | "size" => ".",
        "symbol" => "_@.$",
        _ => return true,
    };
    character.is_ascii_alphanumeric() || more.contains(character)
}

/// Where a capture begins that stands before the first literal: it is one word.
fn begin_of_capture(name: &str, before: &str) -> usize {
    let holds = |c: char| may_hold(name, c) && !is_delimiter(c);
    let window = before.len().saturating_sub(MAX_CAPTURE);
    let window = before.ceil_char_boundary(window);
    let tail = before.get(window..).unwrap_or_default();
    tail.rfind(|c| !holds(c)).map_or(window, |at| {
        let width = tail.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        window + at + width
    })
}

/// Where a capture ends that no literal follows.
fn end_of_capture(name: &str, window: &str) -> usize {
    let is_sentence = matches!(name, "what" | "reason");
    let ends = |c: char| if is_sentence { c == '\n' } else { is_delimiter(c) || !may_hold(name, c) };
    let end = window.find(ends).unwrap_or(window.len());
    let value = window.get(..end).unwrap_or_default();
    // The full stop behind a name ends the sentence, too.
    value.trim_end_matches(if is_sentence { &[' '][..] } else { &['.', ':'][..] }).len()
}

fn is_delimiter(character: char) -> bool {
    character.is_whitespace() || matches!(character, '`' | '\'' | '"' | ',' | ';' | ')' | '(' | '‘' | '’')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(parts: &'static [Part], line: &str) -> Option<(String, Captures)> {
        let pattern = Pattern { parts };
        let anchor = pattern.anchor();
        let at = line.find(anchor)?;
        let (range, captures) = match_at(&pattern, line, at..at + anchor.len())?;
        Some((line[range].to_owned(), captures))
    }

    #[test]
    fn captures_end_at_the_next_words() {
        let linker = &[Part::Literal("linker `"), Part::Capture("linker"), Part::Literal("` not found")];
        let (text, captures) = find(linker, "error: linker `a b` not found.").unwrap_or_default();
        assert_eq!((text.as_str(), captures), ("linker `a b` not found", vec![("linker", "a b".to_owned())]));
        assert!(find(linker, "error: linker `` not found").is_none());
    }

    #[test]
    fn a_capture_before_the_first_words_is_one_word() {
        let exec = &[Part::Capture("program"), Part::Literal(": cannot execute")];
        let (text, _) = find(exec, "bash: line 1: ./é x: cannot execute").unwrap_or_default();
        assert_eq!(text, "x: cannot execute");
        assert!(find(exec, ": cannot execute").is_none());
    }

    #[test]
    fn a_capture_at_the_end_is_one_word_without_its_full_stop() {
        let lib = &[Part::Literal("cannot find -l"), Part::Capture("library")];
        let value = |line: &str| find(lib, line).map(|(_, captures)| captures[0].1.clone());
        assert_eq!(value("ld: cannot find -lfoo: No such file").as_deref(), Some("foo"));
        assert_eq!(value("ld: cannot find -l:libx.a").as_deref(), Some(":libx.a"));
        assert_eq!(value("ld: cannot find -lz.").as_deref(), Some("z"));
    }
}
