//! What continuous integration does with the flake's packages: the jobs of `.github/workflows`, as lines.
//!
//! Their YAML is not parsed. A job is the lines below its name, and what is asked of it is which commands
//! stand there; so a finding that rests on it is at most likely.

use std::sync::Arc;

use super::{Project, environment::target_variable, releases::released};
use crate::{
    cargo::Sourced,
    knowledge::Target,
    snapshot::Snapshot,
    syntax::Source,
    text::{FileId, Origin, Span},
};

/// A job of a workflow.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its lines, without comments and blank ones.
    pub lines: Vec<JobLine>,
}

/// A line of a job.
#[derive(Clone, Debug)]
pub struct JobLine {
    /// Its text, without the indentation.
    pub text: String,
    /// Where it stands.
    pub origin: Origin,
}

impl Job {
    /// Whether a line holds one of these words.
    pub fn has_any(&self, words: &[&str]) -> bool {
        self.lines.iter().any(|line| words.iter().any(|word| line.text.contains(word)))
    }
}

/// What in a workflow brings linkers with it.
const BUILDERS: [&str; 8] = [
    "zigbuild",
    "cross build",
    "cargo: cross",
    "use-cross",
    "actions-rust-cross",
    "setup-cross-toolchain-action",
    "upload-rust-binary-action",
    "cargo-xwin",
];

/// The lines of a workflow that are no comments.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with('#'))
}

/// Most workflows that are read.
const MAX_WORKFLOWS: usize = 64;

/// Longest text of a workflow; of a longer one nothing is known.
const MAX_BYTES: usize = 256 * 1024;

/// What a workflow says.
#[derive(Debug)]
pub struct Workflow {
    /// Its text.
    text: Box<str>,
    /// Its jobs.
    jobs: Vec<Arc<Job>>,
    /// The triples that it builds programs for, when it makes releases.
    pub(super) released: Vec<Sourced<String>>,
}

impl Project {
    /// The jobs of all workflows, by file.
    pub fn jobs(&self) -> impl Iterator<Item = &Arc<Job>> {
        self.workflows.iter().flat_map(|workflow| &workflow.jobs)
    }

    /// Whether a workflow speaks of something, anywhere but in a comment.
    pub fn is_said_in_workflows(&self, word: &str) -> bool {
        self.workflows.iter().any(|workflow| code_lines(&workflow.text).any(|line| line.contains(word)))
    }

    /// Whether a workflow sees to it that something links `target`: it sets cargo's variable for it, has a builder that
    /// brings linkers, installs Debian's cross compiler, or runs on such a machine. For which job is not asked.
    pub fn is_linked_in_workflows(&self, target: &Target) -> bool {
        let variable = target_variable(target.triple, "LINKER");
        let compiler =
            target.names.debian.map(|tool| tool.package).filter(|package| package.starts_with("gcc-"));
        let has_arm_runners = target.arch == "aarch64" && target.os == "linux";
        let links = |line: &str| {
            line.contains(&variable)
                || BUILDERS.iter().any(|builder| line.contains(builder))
                || compiler.is_some_and(|package| line.contains(package))
                || (has_arm_runners && line.contains("ubuntu-") && line.contains("-arm"))
        };
        self.workflows.iter().any(|workflow| code_lines(&workflow.text).any(links))
    }
}

/// Reads all workflows of a workspace folder. What was made of a text is kept as long as the text.
pub(super) fn read(snapshot: &Snapshot) -> Vec<Arc<Workflow>> {
    let folder = snapshot.root.join(".github/workflows");
    let names = snapshot.files.list(&folder).unwrap_or_default();
    let is_workflow = |name: &&String| name.ends_with(".yml") || name.ends_with(".yaml");
    let paths = names.iter().filter(is_workflow).take(MAX_WORKFLOWS).map(|name| folder.join(name));
    let sources = paths.filter_map(|path| snapshot.files.read(&path).text().cloned());
    sources.map(|source| source.facts(|| Workflow::of(&source))).collect()
}

impl Workflow {
    fn of(source: &Source) -> Self {
        let text = source.document().text();
        let text = if text.len() > MAX_BYTES { "" } else { text };
        let jobs: Vec<Arc<Job>> = jobs_of(source.file(), text).into_iter().map(Arc::new).collect();
        Self { released: released(text, &jobs), text: text.into(), jobs }
    }
}

fn jobs_of(file: &FileId, text: &str) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut names_at = None;
    let mut in_jobs = false;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        if indent == 0 {
            in_jobs = content == "jobs:";
            continue;
        }
        if !in_jobs {
            continue;
        }
        let level = *names_at.get_or_insert(indent);
        if indent <= level {
            jobs.push(Job { lines: Vec::new() });
        } else if let Some(job) = jobs.last_mut() {
            let span = Span::new(start + indent, start + indent + content.len());
            job.lines.push(JobLine { text: content.to_owned(), origin: Origin::new(file.clone(), span) });
        }
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_the_lines_below_its_name() {
        let text = "on: push\njobs:\n  a:\n    # no\n    steps:\n      - run: x\n  b:\n    runs-on: y\nother:\n  z: 1\n";
        let jobs = jobs_of(&FileId::new("/w.yml"), text);
        let lines = |job: &Job| job.lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>();
        assert_eq!(
            jobs.iter().map(lines).collect::<Vec<_>>(),
            [vec!["steps:", "- run: x"], vec!["runs-on: y"]]
        );
        for line in jobs.iter().flat_map(|job| &job.lines) {
            assert_eq!(&text[line.origin.span.start()..line.origin.span.end()], line.text);
        }
    }
}
