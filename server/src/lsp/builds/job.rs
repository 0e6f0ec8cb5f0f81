//! One build: waits, runs, tells.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{Order, Progress, Results};
use crate::{
    build::{self, Cancel, Event, Outcome, Report},
    lsp::{
        convert::notification::{self, Tone},
        outbox::Outbox,
        requests::execute_command,
        verdicts::{self, Entry, LastAudit, LastBuild},
    },
};

/// Lines are sent together: each message has a price on both sides.
const GATHER: Duration = Duration::from_millis(100);
/// More lines are not kept waiting.
const MOST_LINES: usize = 200;

/// One build.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) order: Order,
    pub(super) cancel: Cancel,
    pub(super) progress: Progress,
}

impl Job {
    pub(super) fn new(id: u64, order: Order, progress: Progress) -> Self {
        Self { id, order, cancel: Cancel::default(), progress }
    }

    /// What no two builds may use at once.
    pub(super) fn folder(&self) -> PathBuf {
        self.order.plan.folder.clone().unwrap_or_else(|| self.order.root().to_owned())
    }

    /// What is remembered of it when it comes to this now.
    pub(super) fn verdict(&self, outcome: verdicts::Outcome) -> Entry {
        let builder = self.order.plan.builder.label().to_owned();
        let build = LastBuild { outcome, time: verdicts::now(), builder, log: None };
        Entry { subject: self.order.subject.clone(), build: Some(build), audit: None }
    }

    /// Builds on this thread, and tells the client how it goes.
    pub(super) fn run(&self, outbox: &Outbox, wants_output: bool) -> Report {
        let mut lines = Lines {
            job: self,
            outbox: wants_output.then_some(outbox),
            waiting: Vec::new(),
            sent: Instant::now(),
        };
        self.progress.report(None, self.order.plan.builder.label());
        // A build may be silent for long; that it runs is said before its first line.
        lines.tell();
        let plan = self.order.plan.clone();
        let report = build::build(plan, &self.order.analysis, None, &self.cancel, &mut |event| match event {
            Event::Step(step) => lines.add(format!("$ {}", step.command.shown())),
            Event::Line(line) => lines.add(line.to_owned()),
            Event::Progress(progress) => self.progress.report(progress.percent(), &progress.what),
        });
        lines.send();
        report
    }

    /// What is remembered of a build that is done, and what it leaves behind.
    pub(super) fn outcome(&self, report: &Report) -> (Option<Results>, Entry) {
        let mut verdict = self.verdict(outcome(report));
        verdict.audit = LastAudit::of(&report.audited, verdicts::now());
        if let Some(build) = &mut verdict.build {
            build.log.clone_from(&report.log);
        }
        (Results::of(&self.order.subject, report, &self.order.analysis), verdict)
    }

    /// Tells the client how it ended.
    pub(super) fn end(&self, report: &Report, outbox: &Outbox, wants_output: bool) {
        let (tone, message) = summary(report);
        if wants_output {
            let audited: Vec<_> = report.audited.iter().map(execute_command::audited).collect();
            let end = json!({
                "id": self.id, "target": report.plan.target, "root": self.order.root(), "lines": [],
                "end": {
                    "outcome": outcome(report),
                    "passed": report.passes(),
                    "audited": audited,
                    "log": report.log,
                },
            });
            notification::send(outbox, "portolan/buildOutput", &end);
        }
        self.progress.end(&message);
        notification::show(outbox, tone, &message);
    }
}

/// Lines on their way to the client.
struct Lines<'a> {
    job: &'a Job,
    /// `None`: the client has not asked for them.
    outbox: Option<&'a Outbox>,
    waiting: Vec<String>,
    sent: Instant,
}

impl Lines<'_> {
    fn add(&mut self, line: String) {
        if self.outbox.is_none() {
            return;
        }
        self.waiting.push(line);
        if self.waiting.len() >= MOST_LINES || self.sent.elapsed() >= GATHER {
            self.send();
        }
    }

    fn send(&mut self) {
        if !self.waiting.is_empty() {
            self.tell();
        }
    }

    /// Sends what there is, also nothing.
    fn tell(&mut self) {
        let Some(outbox) = self.outbox else { return };
        let lines = std::mem::take(&mut self.waiting);
        let target = &self.job.order.plan.target;
        let root = self.job.order.root();
        let params = json!({"id": self.job.id, "target": target, "root": root, "lines": lines});
        notification::send(outbox, "portolan/buildOutput", &params);
        self.sent = Instant::now();
    }
}

fn outcome(report: &Report) -> verdicts::Outcome {
    match report.outcome {
        Outcome::Built => verdicts::Outcome::Built,
        Outcome::Missing => verdicts::Outcome::Missing,
        Outcome::Failed { .. } => verdicts::Outcome::Failed,
        Outcome::Cancelled => verdicts::Outcome::Cancelled,
    }
}

/// One sentence for the user.
fn summary(report: &Report) -> (Tone, String) {
    let target = &report.plan.target;
    match &report.outcome {
        Outcome::Built => match report.audited.iter().max_by_key(|audited| audited.audit.verdict) {
            None => (Tone::Info, format!("{target} is built")),
            Some(worst) => {
                let verdict = worst.audit.verdict.name().replace('-', " ");
                let systems = worst.audit.runs_on.join(", ");
                let runs = if systems.is_empty() { String::new() } else { format!("; it runs on {systems}") };
                let tone = if report.passes() { Tone::Info } else { Tone::Warning };
                (tone, format!("{target} is built and {verdict}{runs}"))
            }
        },
        Outcome::Cancelled => (Tone::Info, format!("The build of {target} was cancelled")),
        Outcome::Missing => (Tone::Error, format!("{target} cannot be built: a tool is missing")),
        Outcome::Failed { causes, unknown, remark } => {
            let first = causes.first().map(|cause| cause.message.clone());
            let error = unknown.as_ref().map(|place| place.excerpt.trim().to_owned());
            let why = remark.clone().or(first).or(error).unwrap_or_else(|| "see its output".to_owned());
            (Tone::Error, format!("{target} was not built: {why}"))
        }
    }
}
