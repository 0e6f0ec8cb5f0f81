//! The whole log: lines to jobs, and the failures of all jobs as one list.

use std::{collections::BTreeMap, ops::Range};

use super::{
    block::{Block, BlockKind},
    decisive::Announced,
    failure::{Failure, Place, Position},
    json,
    line::{self, LineKind},
    pattern::Tries,
    prefix,
    source::{Lines, RawLine},
    stream::Stream,
    text::{Text, characters_before},
    words::{self, Line, PlaceOf},
};

/// A log with more jobs at once is read as if the rest were one.
const MAX_STREAMS: usize = 256;
/// More failures than these are not told one by one.
const MAX_FAILURES: usize = 1000;
/// Crates that failed for the same reason are named up to this.
const MAX_ALSO: usize = 8;
/// Of a longer line only what surrounds the decisive words is shown.
const EXCERPT: usize = 240;

/// What a log tells.
#[derive(Clone, Debug, Default)]
pub struct Diagnosis {
    /// The failures, by their place.
    pub failures: Vec<Failure>,
    /// The first error of a build that failed in a way that nobody has described yet.
    pub unknown: Option<Place>,
    /// How many more failures, or repetitions of them, the log holds than anybody would read.
    pub untold: u64,
    /// Whether the log holds any words at all.
    pub has_text: bool,
}

impl Diagnosis {
    /// Whether the log is that of a failure.
    pub fn has_failed(&self) -> bool {
        !self.failures.is_empty() || self.unknown.is_some()
    }
}

/// Reads a whole log that is in memory.
pub fn diagnose(log: &[u8]) -> Diagnosis {
    let mut reader = Reader::new();
    reader.push(log);
    reader.finish()
}

/// Reads a log piece by piece.
#[derive(Debug)]
pub struct Reader {
    lines: Lines,
    jobs: Jobs,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader at the start of a log.
    pub fn new() -> Self {
        Self { lines: Lines::new(), jobs: Jobs::default() }
    }

    /// Takes the next bytes of the log, cut anywhere.
    pub fn push(&mut self, bytes: &[u8]) {
        let Self { lines, jobs } = self;
        lines.push(bytes, &mut |line| jobs.line(&line));
    }

    /// Ends the log.
    pub fn finish(mut self) -> Diagnosis {
        let Self { lines, jobs } = &mut self;
        lines.finish(&mut |line| jobs.line(&line));
        let mut diagnosis = self.jobs.finish();
        diagnosis.has_text = self.lines.has_text;
        diagnosis
    }
}

/// All jobs of a log.
#[derive(Debug, Default)]
struct Jobs {
    streams: Vec<Stream>,
    by_label: BTreeMap<String, usize>,
    failures: Vec<Failure>,
    untold: u64,
    /// Crates whose build script failed, by the job's label.
    announced: Vec<(String, String)>,
    /// The first error lines, the vaguest last, by how vague they are and the job's label.
    errors: Vec<(u8, String, Place)>,
    /// What the last of them has announced.
    below: Announced,
    label: String,
    tries: Tries,
}

impl Jobs {
    fn line(&mut self, raw: &RawLine<'_>) {
        if raw.bytes.is_empty() {
            return;
        }
        let text = Text::of_line(raw);
        let mut label = std::mem::take(&mut self.label);
        let prefix = prefix::strip(text.as_str(), &mut label);
        let own = text.as_str().get(prefix.length..).unwrap_or_default();
        if let Some(start) = json::start(own) {
            self.json(raw, &text, prefix.length + start, &label);
        } else {
            let kind = match line::kind(own) {
                LineKind::Other | LineKind::Continuation if prefix.is_error => LineKind::Error,
                LineKind::Other if prefix.is_warning => LineKind::Warning,
                kind => kind,
            };
            let is_instruction = prefix.is_command || prefix.is_warning || line::is_instruction(own);
            let line = Line { text: own, number: raw.number, kind, is_instruction };
            let place = |range: Range<usize>| {
                make_place(raw, &text, prefix.length + range.start..prefix.length + range.end)
            };
            self.read(&label, &line, &place);
        }
        self.label = label;
    }

    fn read(&mut self, label: &str, line: &Line<'_>, place: &PlaceOf<'_>) {
        match line.kind {
            LineKind::Success => self.succeed(label),
            LineKind::Error if !line.is_instruction => self.note_error(label, line.text, place),
            // A build script's own words stand indented in cargo's error.
            LineKind::Continuation | LineKind::Other
                if line.text.trim_start().starts_with("error: ")
                    || line.text.trim_start().starts_with("thread '")
                        && line.text.contains(" panicked at ") =>
            {
                self.note_error(label, line.text, place);
            }
            LineKind::Continuation | LineKind::Other => self.note_reason(label, line.text, place),
            _ => {}
        }
        let index = self.stream(label);
        let mut tries = std::mem::take(&mut self.tries);
        if let Some(stream) = self.streams.get_mut(index) {
            stream.read(line, &mut tries, place);
        }
        self.tries = tries;
        self.collect(index);
        if let Some(rest) = line::custom_build(line.text) {
            let name = rest.split(['`', ' ']).next().unwrap_or_default();
            if self.announced.len() < MAX_FAILURES {
                self.announced.push((label.to_owned(), name.to_owned()));
            }
        }
    }

    fn stream(&mut self, label: &str) -> usize {
        if let Some(index) = self.by_label.get(label) {
            return *index;
        }
        if self.streams.len() >= MAX_STREAMS {
            return 0;
        }
        let index = self.streams.len();
        self.streams.push(Stream::new(label));
        self.by_label.insert(label.to_owned(), index);
        index
    }

    /// Takes what a job surely tells of into the list.
    fn collect(&mut self, index: usize) {
        let Some(stream) = self.streams.get_mut(index) else { return };
        self.untold += std::mem::take(&mut stream.untold);
        for failure in std::mem::take(&mut stream.sure) {
            self.add(failure);
        }
    }

    fn add(&mut self, failure: Failure) {
        if self.failures.len() >= MAX_FAILURES {
            self.untold += 1;
            return;
        }
        match self.failures.iter_mut().find(|known| is_same(known, &failure)) {
            Some(known) => join(known, failure),
            None => self.failures.push(failure),
        }
    }

    /// A job has come to a good end: what it only tried was no failure, and what it said before was
    /// overcome.
    fn succeed(&mut self, label: &str) {
        let belongs = |other: &str| {
            other.strip_prefix(label).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        for stream in self.streams.iter_mut().filter(|stream| belongs(&stream.label)) {
            stream.close();
            stream.tentative.clear();
        }
        self.errors.retain(|(_, other, _)| !belongs(other));
    }

    fn note_error(&mut self, label: &str, text: &str, place: &PlaceOf<'_>) {
        self.below.hear(label, text);
        let start = text.len() - text.trim_start().len();
        self.note(line::vagueness(text), label, || place(start..text.trim_end().len()));
    }

    /// What stands below an error line that says only that something failed.
    fn note_reason(&mut self, label: &str, text: &str, place: &PlaceOf<'_>) {
        if self.below.is_told_by(label, text) {
            let words = text.trim_start().trim_start_matches("= note:").trim_start();
            self.note(line::CLEAR, label, || place(text.len() - words.len()..text.trim_end().len()));
        }
    }

    /// Keeps the first error line of each vagueness and job.
    fn note(&mut self, vagueness: u8, label: &str, place: impl FnOnce() -> Place) {
        let is_known = self.errors.iter().any(|(known, other, _)| *known <= vagueness && other == label);
        if !is_known && self.errors.len() < MAX_STREAMS {
            self.errors.push((vagueness, label.to_owned(), place()));
        }
    }

    /// A line of JSON is a block of its own.
    fn json(&mut self, raw: &RawLine<'_>, line: &Text<'_>, start: usize, label: &str) {
        let text = line.as_str();
        if text.contains("\"build-finished\"") {
            if text.contains("\"success\":true") {
                self.succeed(label);
            } else {
                self.note(line::VAGUEST, label, || make_place(raw, line, start..text.len()));
            }
            return;
        }
        let values = json::values(line, start);
        let of = |key: &str, depth: usize| {
            values
                .iter()
                .find(|value| value.key == key && value.depth == depth)
                .map(|value| value.text.as_str())
        };
        let is_nix = text.get(..start).is_some_and(|before| before.trim_end().ends_with("@nix"));
        let level = of("level", 2).or_else(|| of("level", 1));
        let is_diagnostic = level.is_some() && !is_nix;
        if is_diagnostic && level != Some("error") {
            return;
        }
        let mut block = Block::new(BlockKind::Error, raw.number);
        block.crate_name = of("package_id", 1).and_then(json::crate_of_package).map(str::to_owned);
        let has_rendered =
            values.iter().any(|value| value.key == "rendered" && !value.text.as_str().is_empty());
        let label = if is_nix { nix_label(text, label) } else { label.to_owned() };
        for value in values {
            let is_said = match value.key.as_str() {
                "rendered" => true,
                // The same words as in the rendered text, less those that it leaves out.
                "message" | "msg" | "log" | "line" | "text" => !(has_rendered && value.depth <= 2),
                "fields" | "raw_msg" => is_nix,
                _ => false,
            };
            if !is_said {
                continue;
            }
            let words = value.text.without_escapes();
            if is_diagnostic {
                self.diagnostic(raw, &words, &mut block, &label);
            } else {
                self.lines_of(raw, &words, &label);
            }
        }
        if is_diagnostic && block.has_matches() {
            let target = self.by_label.get(&label).and_then(|index| self.streams.get(*index)?.target());
            for failure in block.resolve(target) {
                self.add(failure);
            }
        }
    }

    /// The lines of a compiler's message.
    fn diagnostic(&mut self, raw: &RawLine<'_>, words: &Text<'_>, block: &mut Block, label: &str) {
        let mut tries = std::mem::take(&mut self.tries);
        for (range, own) in lines(words.as_str()) {
            let place = |found: Range<usize>| {
                make_place(raw, words, range.start + found.start..range.start + found.end)
            };
            if line::kind(own) == LineKind::Error {
                self.note_error(label, own, &place);
            } else {
                self.note_reason(label, own, &place);
            }
            let line =
                Line { text: own, number: raw.number, kind: LineKind::Continuation, is_instruction: false };
            words::read(block, &line, &mut tries, &place);
        }
        self.tries = tries;
    }

    /// The lines of a text that only happens to be wrapped in JSON.
    fn lines_of(&mut self, raw: &RawLine<'_>, words: &Text<'_>, label: &str) {
        let mut inner_label = String::new();
        for (range, own) in lines(words.as_str()) {
            let prefix = prefix::strip(own, &mut inner_label);
            let own = own.get(prefix.length..).unwrap_or_default();
            let start = range.start + prefix.length;
            let line = Line {
                text: own,
                number: raw.number,
                kind: if prefix.is_error { LineKind::Error } else { line::kind(own) },
                is_instruction: prefix.is_command || line::is_instruction(own),
            };
            let place = |found: Range<usize>| make_place(raw, words, start + found.start..start + found.end);
            self.read(&format!("{label}{inner_label}"), &line, &place);
        }
    }

    fn finish(mut self) -> Diagnosis {
        let announced = std::mem::take(&mut self.announced);
        for mut stream in std::mem::take(&mut self.streams) {
            stream.finish();
            self.untold += stream.untold;
            let crate_name = prefix::crate_of(&stream.label).map(str::to_owned);
            let job = stream.label.rsplit_once("/[").map_or("", |(job, _)| job).to_owned();
            // `-vv` shows what every build script says: only those count that cargo says have failed.
            let counts = crate_name
                .as_ref()
                .is_none_or(|name| announced.iter().any(|(label, failed)| *label == job && failed == name));
            let tentative = if counts { std::mem::take(&mut stream.tentative) } else { Vec::new() };
            for mut failure in stream.sure.into_iter().chain(tentative) {
                failure.crate_name = failure.crate_name.or_else(|| crate_name.clone());
                self.add(failure);
            }
        }
        self.failures.sort_by(|one, other| (&one.place, one.name()).cmp(&(&other.place, other.name())));
        let unknown = self.errors.into_iter().min_by(|one, other| (one.0, &one.2).cmp(&(other.0, &other.2)));
        Diagnosis {
            unknown: unknown.map(|(_, _, place)| place).filter(|_| self.failures.is_empty()),
            failures: self.failures,
            untold: self.untold,
            has_text: true,
        }
    }
}

/// The job of a line of Nix's internal log: the activity that it belongs to.
fn nix_label(text: &str, label: &str) -> String {
    let id = text.split_once("\"id\":").map(|(_, behind)| behind);
    let digits = id.map(|id| id.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    match digits {
        Some(digits) if !digits.is_empty() => format!("{label}/@{digits}"),
        _ => label.to_owned(),
    }
}

/// The lines of a text, with where they stand.
fn lines(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let own = line.trim_end_matches(['\n', '\r']);
        let range = start..start + own.len();
        start += line.len();
        (range, own)
    })
}

/// Whether two failures of a log have one cause: the same kind and key, for targets that do not differ.
pub(super) fn is_same(one: &Failure, other: &Failure) -> bool {
    let apart = match (&one.target, &other.target) {
        (Some(one), Some(other)) => one != other,
        _ => false,
    };
    one.kind.name == other.kind.name && !apart && one.key() == other.key()
}

/// Joins a repetition to the failure that was told first.
pub(super) fn join(known: &mut Failure, other: Failure) {
    if known.target.is_none() {
        known.target = other.target;
    }
    match (&known.crate_name, other.crate_name) {
        (None, Some(name)) => known.crate_name = Some(name),
        (Some(first), Some(name))
            if *first != name
                && known.also.len() < MAX_ALSO
                && known.also.iter().all(|(also, _)| *also != name) =>
        {
            known.also.push((name, other.place));
        }
        _ => {}
    }
}

/// The place of a range of a line's text.
fn make_place(raw: &RawLine<'_>, text: &Text<'_>, range: Range<usize>) -> Place {
    let position = |byte: u64| Position { byte, line: raw.number, column: characters_before(raw, byte) + 1 };
    let start = position(text.origin(range.start));
    let end = position(text.origin_of_end(range.end).max(start.byte));
    let words = text.as_str();
    let line_start = words.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line_end =
        words.get(range.end..).and_then(|behind| behind.find('\n')).map_or(words.len(), |at| range.end + at);
    let from = words.ceil_char_boundary(range.start.saturating_sub(EXCERPT).max(line_start)).min(range.start);
    let to =
        words.floor_char_boundary(range.end.min(range.start + EXCERPT).saturating_add(EXCERPT).min(line_end));
    let excerpt = words.get(from..to).unwrap_or_default();
    let marked = (range.start - from, range.end.min(to).saturating_sub(from));
    // Tabs and other control characters would shift the mark.
    let excerpt: String = excerpt.chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
    Place { start, end, excerpt: excerpt.trim_end().to_owned(), marked: (marked.0, marked.1) }
}
