//! What the last builds and audits came to: for the lenses, for `portolan/targets`, and for the time after a restart.
//!
//! The server owns them, so that every editor shows the same, and one project's build is never taken for another's.
//! What is kept on disk is only ever shown: a build or an audit that decides something is a new one.

mod kept;
mod words;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use kept::{keep, read};
pub use words::{audit_json, build_json, for_audit, for_build, now};

use crate::{audit::Verdict, build::Audited};

/// More than this many verdicts of one project are not remembered.
const MOST: usize = 64;

/// What was built or audited.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// The target's triple.
    pub target: String,
    /// The flake's attribute, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// The package, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
}

impl Subject {
    /// Whether an attribute of the flake was asked for, however it was spelled.
    pub fn is_of_attribute(&self, attribute: &str) -> bool {
        let bare = |text: &'_ str| text.trim_start_matches(".#").to_owned();
        self.attribute.as_deref().map(bare) == Some(bare(attribute))
    }
}

/// How a build ended, or that it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It runs now.
    Running,
    /// It made what it should.
    Built,
    /// It failed.
    Failed,
    /// Tools are missing: nothing was started.
    Missing,
    /// Somebody cancelled it.
    Cancelled,
}

/// The last build of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastBuild {
    /// How it ended.
    pub outcome: Outcome,
    /// When: seconds since 1970.
    pub time: i64,
    /// What built it.
    pub builder: String,
    /// Where its output is.
    pub log: Option<PathBuf>,
}

/// The last audit of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastAudit {
    /// When: seconds since 1970.
    pub time: i64,
    /// What was looked at, the worst first.
    pub files: Vec<AuditedFile>,
}

/// A binary that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditedFile {
    /// Its path.
    pub file: PathBuf,
    /// How far it gets.
    #[serde(with = "VerdictName")]
    pub verdict: Verdict,
    /// The systems that it runs on.
    pub runs_on: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Verdict", rename_all = "kebab-case")]
enum VerdictName {
    Portable,
    Limited,
    NotPortable,
    Unreadable,
}

/// The last verdicts on one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What they are about.
    #[serde(flatten)]
    pub subject: Subject,
    /// The last build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<LastBuild>,
    /// The last audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<LastAudit>,
}

/// The last verdicts of one project, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts(Vec<Entry>);

impl LastAudit {
    /// What looking at binaries came to; `None` when there were none.
    pub fn of(audited: &[Audited], time: i64) -> Option<Self> {
        let mut files: Vec<AuditedFile> = audited
            .iter()
            .map(|one| AuditedFile {
                file: one.path.clone(),
                verdict: one.audit.verdict,
                runs_on: one.audit.runs_on.clone(),
            })
            .collect();
        files.sort_by_key(|file| std::cmp::Reverse(file.verdict));
        (!files.is_empty()).then_some(Self { time, files })
    }
}

impl Entry {
    fn time(&self) -> i64 {
        let build = self.build.as_ref().map(|build| build.time);
        build.max(self.audit.as_ref().map(|audit| audit.time)).unwrap_or_default()
    }
}

impl Verdicts {
    /// All of them, the newest first.
    #[cfg(test)]
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Takes newer ones; what a new entry does not speak of stays.
    pub fn take(&mut self, new: Entry) {
        let place = self.0.iter().position(|entry| entry.subject == new.subject);
        let mut entry = place.map(|place| self.0.remove(place)).unwrap_or_default();
        entry.subject = new.subject;
        entry.build = newer(entry.build, new.build, |build| build.time);
        entry.audit = newer(entry.audit, new.audit, |audit| audit.time);
        self.0.insert(0, entry);
        // Stable: of one second, what was told last stands first.
        self.0.sort_by_key(|entry| std::cmp::Reverse(entry.time()));
        self.0.truncate(MOST);
    }

    /// Takes all of another's.
    pub fn join(&mut self, other: &Self) {
        for entry in other.0.iter().rev() {
            self.take(entry.clone());
        }
    }

    /// The newest build and the newest audit of what a target, an attribute or a package names.
    pub fn of(&self, wanted: impl Fn(&Subject) -> bool) -> (Option<&LastBuild>, Option<&LastAudit>) {
        let entries = || self.0.iter().filter(|entry| wanted(&entry.subject));
        // The first of equals is the one that was told last.
        let build = entries().filter_map(|entry| entry.build.as_ref()).rev().max_by_key(|build| build.time);
        let audit = entries().filter_map(|entry| entry.audit.as_ref()).rev().max_by_key(|audit| audit.time);
        (build, audit)
    }

    /// The binaries that lie below a folder, by what they were built as: they can be audited again.
    pub fn files_below<'a>(
        &'a self,
        folder: &'a Path,
    ) -> impl Iterator<Item = (&'a Subject, Vec<PathBuf>)> + 'a {
        let files = |entry: &'a Entry| {
            let files = entry.audit.iter().flat_map(|audit| &audit.files);
            let files: Vec<_> =
                files.filter(|one| is_below(&one.file, folder)).map(|one| one.file.clone()).collect();
            (!files.is_empty()).then_some((&entry.subject, files))
        };
        self.0.iter().filter_map(files)
    }
}

fn newer<T>(old: Option<T>, new: Option<T>, time: impl Fn(&T) -> i64) -> Option<T> {
    match (old, new) {
        (Some(old), Some(new)) => Some(if time(&new) >= time(&old) { new } else { old }),
        (old, new) => new.or(old),
    }
}

/// Whether a path leads nowhere but into the folder, or into the store of Nix, which nobody can write to.
fn is_below(path: &Path, folder: &Path) -> bool {
    let real = path.canonicalize();
    let folder = folder.canonicalize();
    real.is_ok_and(|real| {
        real.starts_with("/nix/store") || folder.is_ok_and(|folder| real.starts_with(folder))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(target: &str, outcome: Outcome, time: i64) -> Entry {
        Entry {
            subject: Subject { target: target.to_owned(), ..Subject::default() },
            build: Some(LastBuild { outcome, time, builder: "cargo".to_owned(), log: None }),
            audit: None,
        }
    }

    fn outcome(verdicts: &Verdicts, target: &str) -> Option<Outcome> {
        verdicts.of(|subject| subject.target == target).0.map(|build| build.outcome)
    }

    #[test]
    fn the_newest_verdict_on_a_subject_counts() {
        let mut verdicts = Verdicts::default();
        verdicts.take(build("a", Outcome::Running, 5));
        verdicts.take(build("a", Outcome::Built, 5));
        verdicts.take(build("b", Outcome::Failed, 4));
        verdicts.take(build("a", Outcome::Failed, 3));
        assert_eq!(outcome(&verdicts, "a"), Some(Outcome::Built));
        assert_eq!(outcome(&verdicts, "b"), Some(Outcome::Failed));
        assert_eq!(outcome(&verdicts, "c"), None);
        let names: Vec<_> = verdicts.entries().iter().map(|entry| entry.subject.target.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn of_one_target_the_last_build_counts_whatever_was_asked_for() {
        let mut verdicts = Verdicts::default();
        verdicts.take(build("a", Outcome::Failed, 5));
        let mut package = build("a", Outcome::Built, 5);
        package.subject.package = Some("app".to_owned());
        verdicts.take(package);
        assert_eq!(outcome(&verdicts, "a"), Some(Outcome::Built));
        assert_eq!(verdicts.entries().len(), 2);
    }

    #[test]
    fn a_build_without_an_audit_leaves_the_audit_and_there_are_bounds() {
        let mut verdicts = Verdicts::default();
        verdicts.take(Entry {
            audit: Some(LastAudit { time: 1, files: Vec::new() }),
            ..build("a", Outcome::Built, 1)
        });
        verdicts.take(build("a", Outcome::Failed, 2));
        let (build_of_a, audit) = verdicts.of(|subject| subject.target == "a");
        assert_eq!((build_of_a.map(|b| b.outcome), audit.is_some()), (Some(Outcome::Failed), true));
        for number in 0..1000 {
            verdicts.take(build(&number.to_string(), Outcome::Built, number));
        }
        assert_eq!((verdicts.entries().len(), outcome(&verdicts, "999")), (MOST, Some(Outcome::Built)));
    }
}
