//! The report for people: the decisive line with its words marked, what it means, what to do.

use std::ops::Range;

use annotate_snippets::{
    AnnotationKind, Group, Level, Origin as Heading, Snippet, normalize_untrusted_str as printable,
};
use anstream::adapter::strip_str;

use super::{Log, shown};
use crate::{
    cli::{
        output::{CODE, ERROR, GOOD, HEADING, RENDERER, paint},
        report::text::plural,
    },
    failures::{Failure, Place},
    finding::Confidence,
};

/// What the log tells.
pub(super) fn render(log: &Log) -> String {
    let diagnosis = &log.diagnosis;
    let mut text: String = diagnosis.failures.iter().map(|failure| one(log, failure) + "\n\n").collect();
    match (&diagnosis.unknown, diagnosis.failures.len()) {
        (Some(place), _) => text += &unknown(log, place),
        (None, 0) => text += &format!("{} in {}\n", paint(GOOD, "No failure found"), shown(&log.name)),
        (None, count) => {
            let known = diagnosis.failures.iter().map(Failure::name).collect::<Vec<_>>();
            let first = known.first().copied().unwrap_or_default();
            let more = match diagnosis.untold {
                0 => String::new(),
                more => format!(" (and {more} more that are not shown)"),
            };
            text += &format!(
                "{}{more} in {}; {} says more\n",
                paint(ERROR, &plural(count, "failure")),
                paint(HEADING, shown(&log.name)),
                paint(CODE, &format!("`portolan explain {first}`")),
            );
        }
    }
    text
}

fn one(log: &Log, failure: &Failure) -> String {
    let message = failure.message();
    let title = Level::ERROR.primary_title(printable(&message)).id(failure.name());
    let mut main = place(Group::with_title(title), log, &failure.place, AnnotationKind::Primary);
    let doubt = match failure.confidence() {
        Confidence::Certain => None,
        Confidence::Likely => Some("this is likely, but the log does not settle it"),
        Confidence::Possible => Some("this is possible; the log does not say"),
    };
    if let Some(doubt) = doubt {
        main = main.element(Level::NOTE.message(doubt));
    }
    let help = failure.help();
    main = main.element(Level::HELP.message(printable(&help)));
    if !failure.also.is_empty() {
        let names: Vec<String> = failure.also.iter().map(|(name, _)| format!("`{name}`")).collect();
        let note = format!("{} could not be built for the same reason", names.join(", "));
        main = main.element(Level::NOTE.message(printable(&note)));
    }
    rendered(main)
}

/// A position and an excerpt without one of its own: the renderer puts an empty line between.
fn rendered(group: Group<'_>) -> String {
    let text = RENDERER.render(&[group]);
    let is_seam = |line: &&str| strip_str(line).to_string().trim() == ":::";
    text.lines().filter(|line| !is_seam(line)).collect::<Vec<_>>().join("\n")
}

/// The first error of a failure that nobody has described.
fn unknown(log: &Log, first: &Place) -> String {
    let title = Level::ERROR.primary_title("the build failed, in a way that Portolan does not know");
    let main = place(Group::with_title(title), log, first, AnnotationKind::Primary);
    let note = Level::NOTE.message("this is the first error in the log");
    format!("{}\n\n{}\n", rendered(main.element(note)), paint(ERROR, "1 unknown failure"))
}

/// The line, with the position of its words in the log: the excerpt may be a part of what stands there.
fn place<'a>(group: Group<'a>, log: &'a Log, place: &'a Place, kind: AnnotationKind) -> Group<'a> {
    let line = usize::try_from(place.start.line).unwrap_or(usize::MAX);
    let column = usize::try_from(place.start.column).unwrap_or(usize::MAX);
    let heading = Heading::path(printable(&log.name)).line(line).char_column(column);
    let group = group.element(heading);
    let (excerpt, marked) = cut(place);
    if marked.is_empty() || excerpt.contains(['\r', '\n']) {
        return group;
    }
    group.element(Snippet::source(excerpt).line_start(line).annotation(kind.span(marked)))
}

/// A part of the excerpt that fits a terminal's line, with the marked words in it.
fn cut(place: &Place) -> (String, Range<usize>) {
    const BEFORE: usize = 48;
    const ALL: usize = 120;
    let text = place.excerpt.as_str();
    let (start, end) = place.marked;
    let (start, end) = (start.min(text.len()), end.min(text.len()));
    let from = if end <= ALL { 0 } else { text.ceil_char_boundary(start.saturating_sub(BEFORE)).min(start) };
    let to = text.floor_char_boundary((from + ALL).max(end));
    let mut excerpt = String::new();
    if from > 0 {
        excerpt.push('…');
    }
    let shift = excerpt.len();
    excerpt.push_str(text.get(from..to).unwrap_or_default());
    if to < text.len() {
        excerpt.push('…');
    }
    (excerpt, start - from + shift..end.max(start) - from + shift)
}
