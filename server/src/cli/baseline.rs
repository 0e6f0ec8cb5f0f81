//! Findings that somebody has decided to live with for now. A finding is known by its file, its rule
//! and the text of its line, so the list survives edits elsewhere in the file.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};

use super::{Stop, report::Report, write};
use crate::finding::Finding;

const VERSION: u32 = 1;

#[derive(Debug, Deserialize, Serialize)]
struct File {
    version: u32,
    findings: Vec<Entry>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Entry {
    #[serde(flatten)]
    key: Key,
    count: usize,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Key {
    file: String,
    rule: String,
    line: String,
}

impl Key {
    fn of(report: &Report, finding: &Finding) -> Self {
        Self {
            file: report.path(&finding.origin.file),
            rule: finding.rule.to_owned(),
            line: report.line_text(&finding.origin).to_owned(),
        }
    }
}

/// How many of each there may be.
#[derive(Debug, Default)]
pub(super) struct Baseline(BTreeMap<Key, usize>);

impl Baseline {
    /// What a report says today.
    pub(super) fn of(report: &Report) -> Self {
        let mut counts = BTreeMap::new();
        for finding in &report.findings {
            *counts.entry(Key::of(report, finding)).or_insert(0) += 1;
        }
        Self(counts)
    }

    pub(super) fn read(path: &Path) -> Result<Self, Stop> {
        let shown = path.display();
        let text = fs::read_to_string(path).map_err(|error| {
            Stop::Failed(format!(
                "cannot read the baseline {shown}: {error}; make one with --write-baseline {shown}"
            ))
        })?;
        let file: File = serde_json::from_str(&text).map_err(|error| {
            Stop::Failed(format!(
                "{shown} is no baseline of Portolan: {error}; make one with --write-baseline {shown}"
            ))
        })?;
        if file.version != VERSION {
            return Err(Stop::Failed(format!(
                "the baseline {shown} is of version {}, this Portolan reads {VERSION}; make one with --write-baseline \
                 {shown}",
                file.version
            )));
        }
        let mut counts = BTreeMap::new();
        for entry in file.findings {
            *counts.entry(entry.key).or_insert(0) += entry.count;
        }
        Ok(Self(counts))
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Stop> {
        let findings = self.0.iter().map(|(key, count)| Entry { key: key.clone(), count: *count });
        let file = File { version: VERSION, findings: findings.collect() };
        let text = serde_json::to_string_pretty(&file).unwrap_or_default() + "\n";
        write::replace(path, &text)
            .map_err(|error| Stop::Failed(format!("cannot write the baseline {}: {error}", path.display())))
    }

    /// How many findings it lists.
    pub(super) fn len(&self) -> usize {
        self.0.values().sum()
    }

    /// Takes the listed findings out of a report. Says how many went, and how many were not there.
    pub(super) fn subtract(mut self, report: &mut Report) -> (usize, usize) {
        let keys: Vec<Key> = report.findings.iter().map(|finding| Key::of(report, finding)).collect();
        let mut keys = keys.into_iter();
        let before = report.findings.len();
        report.findings.retain(|_| {
            let Some(left) = keys.next().and_then(|key| self.0.get_mut(&key)).filter(|left| **left > 0)
            else {
                return true;
            };
            *left -= 1;
            false
        });
        (before - report.findings.len(), self.len())
    }
}
