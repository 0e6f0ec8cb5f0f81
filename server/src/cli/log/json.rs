//! The JSON of `log`: the findings of `check`, and beside them the first error of an unknown failure.

use std::{env, path::PathBuf};

use serde::Serialize;

use super::Log;
use crate::{
    failures::{Failure, Place, Position, pages},
    finding::{Confidence, Severity},
    text::FileId,
    workspace,
};

/// Version of the shape.
const VERSION: u32 = 1;

#[derive(Debug, Serialize)]
pub(super) struct LogJson {
    version: u32,
    root: String,
    host: String,
    targets: Vec<String>,
    findings: Vec<FindingJson>,
    /// Not null when the build failed and no finding says why.
    unknown: Option<UnknownJson>,
    /// How many more failures, or repetitions of them, there are.
    untold: u64,
}

#[derive(Debug, Serialize)]
struct FindingJson {
    rule: &'static str,
    severity: Severity,
    confidence: Confidence,
    message: String,
    file: String,
    range: RangeJson,
    targets: Vec<String>,
    related: Vec<RelatedJson>,
    help: String,
    url: String,
    fixes: [(); 0],
}

#[derive(Debug, Serialize)]
struct RelatedJson {
    file: String,
    range: RangeJson,
    message: String,
}

#[derive(Debug, Serialize)]
struct UnknownJson {
    message: String,
    file: String,
    range: RangeJson,
}

#[derive(Debug, Serialize)]
struct RangeJson {
    start: PositionJson,
    end: PositionJson,
}

#[derive(Debug, Serialize)]
struct PositionJson {
    line: u64,
    column: u64,
    byte: u64,
}

impl RangeJson {
    fn new(place: &Place) -> Self {
        let position = |at: Position| PositionJson { line: at.line, column: at.column, byte: at.byte };
        Self { start: position(place.start), end: position(place.end) }
    }
}

/// What the log tells, as JSON. Paths are relative to the current folder.
pub(super) fn render(log: &Log) -> LogJson {
    let root = env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let file = match &log.path {
        Some(path) => FileId::new(path.clone()).relative_to(&root),
        None => log.name.clone(),
    };
    let mut targets: Vec<String> =
        log.diagnosis.failures.iter().filter_map(|failure| failure.target.clone()).collect();
    targets.sort();
    targets.dedup();
    LogJson {
        version: VERSION,
        root: root.display().to_string(),
        host: workspace::host::triple(),
        targets,
        findings: log.diagnosis.failures.iter().map(|failure| finding(&file, failure)).collect(),
        unknown: log.diagnosis.unknown.as_ref().map(|place| UnknownJson {
            message: place.excerpt.clone(),
            file: file.clone(),
            range: RangeJson::new(place),
        }),
        untold: log.diagnosis.untold,
    }
}

fn finding(file: &str, failure: &Failure) -> FindingJson {
    let shape = failure.finding(&FileId::new(file));
    let related = failure.also.iter().zip(shape.related).map(|((_, place), related)| RelatedJson {
        file: file.to_owned(),
        range: RangeJson::new(place),
        message: related.message,
    });
    FindingJson {
        rule: shape.rule,
        severity: shape.severity,
        confidence: shape.confidence,
        message: shape.message,
        file: file.to_owned(),
        range: RangeJson::new(&failure.place),
        targets: shape.targets,
        related: related.collect(),
        help: shape.help,
        url: pages::url(shape.rule),
        fixes: [],
    }
}
