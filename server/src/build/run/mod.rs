//! Runs a plan's commands, one after the other.

mod cargo_messages;
mod log;
mod nix_messages;
mod outputs;

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::plan::{Plan, Reads, Step};
use crate::{
    failures::{Diagnosis, Reader},
    process::{self, Canceller, Ending, Line},
};
use cargo_messages::CargoMessages;
pub use log::Log;
use nix_messages::NixMessages;

/// Something that a build made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Made {
    /// The file.
    pub path: PathBuf,
    /// Its name without endings.
    pub name: String,
    /// Whether it is a program, and no library.
    pub is_program: bool,
    /// The manifest of its package, where cargo made it.
    pub manifest: Option<PathBuf>,
}

/// How far a build is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Units that are done, and all; `None` while the builder does not tell.
    pub units: Option<(u64, u64)>,
    /// What is being built.
    pub what: String,
}

impl Progress {
    /// Of hundred.
    pub fn percent(&self) -> Option<u8> {
        let (done, all) = self.units.filter(|(_, all)| *all > 0)?;
        u8::try_from((done.min(all) * 100) / all).ok()
    }
}

/// What happens while a build runs.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A command starts.
    Step(&'a Step),
    /// It gets on.
    Progress(&'a Progress),
    /// It says something to people.
    Line(&'a str),
}

/// How a build ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It made what it should.
    Built,
    /// A command failed.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
    /// A command could not be started: one sentence.
    NotStarted(String),
}

/// What running a plan came to.
#[derive(Debug)]
pub struct Run {
    /// How it ended.
    pub end: End,
    /// What was made, sorted.
    pub made: Vec<Made>,
    /// What its output says of failures.
    pub diagnosis: Diagnosis,
    /// Where the output is kept.
    pub log: Option<PathBuf>,
    /// How long it took.
    pub took: Duration,
}

/// Cancels a build, before it starts as well as while it runs.
#[derive(Debug, Default)]
pub struct Cancel(Mutex<CancelState>);

#[derive(Debug, Default)]
struct CancelState {
    is_cancelled: bool,
    running: Option<Canceller>,
}

impl Cancel {
    /// Ends the build. Returns at once.
    pub fn cancel(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_cancelled = true;
        if let Some(running) = &state.running {
            running.cancel();
        }
    }

    /// Whether somebody cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_cancelled
    }

    fn attach(&self, running: Option<Canceller>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (true, Some(running)) = (state.is_cancelled, &running) {
            running.cancel();
        }
        state.running = running;
    }
}

/// Runs a plan to its end, on this thread.
pub fn run(plan: &Plan, cancel: &Cancel, on_event: &mut dyn FnMut(Event<'_>)) -> Run {
    let started = Instant::now();
    let mut output = Output { reader: Reader::new(), log: Log::create(plan) };
    let mut made: Vec<Made> = Vec::new();
    let mut end = End::Built;
    for step in &plan.steps {
        if cancel.is_cancelled() {
            end = End::Cancelled;
            break;
        }
        end = match &step.reads {
            Reads::Join(folder) => join(step, folder, &mut made, cancel, &mut output, on_event),
            Reads::Cargo | Reads::Nix => one(step, &mut made, cancel, &mut output, on_event),
        };
        if end != End::Built {
            break;
        }
    }
    made.sort();
    made.dedup();
    Run { end, made, diagnosis: output.reader.finish(), log: output.log.finish(), took: started.elapsed() }
}

/// Where the lines for people go.
struct Output {
    reader: Reader,
    log: Log,
}

impl Output {
    /// What stands in the log only; the reader counts its lines.
    fn note(&mut self, text: &str) {
        self.reader.push(text.as_bytes());
        self.reader.push(b"\n");
        self.log.line(text);
    }

    fn line(&mut self, text: &str, on_event: &mut dyn FnMut(Event<'_>)) {
        self.note(text);
        on_event(Event::Line(text));
    }
}

/// What reads the output of one command.
enum Messages {
    Cargo(CargoMessages),
    Nix(Box<NixMessages>),
    Plain,
}

impl Messages {
    /// Takes a line; gives the lines for people in it, and whether there is progress.
    fn take(&mut self, line: Line) -> (Vec<String>, Option<&Progress>) {
        match self {
            Self::Cargo(messages) => messages.take(&line),
            Self::Nix(messages) => messages.take(&line),
            Self::Plain => (vec![line.text], None),
        }
    }
}

fn one(
    step: &Step,
    made: &mut Vec<Made>,
    cancel: &Cancel,
    output: &mut Output,
    on_event: &mut dyn FnMut(Event<'_>),
) -> End {
    on_event(Event::Step(step));
    output.note(&format!("$ {}", step.command.shown()));
    let mut messages = match &step.reads {
        Reads::Cargo => Messages::Cargo(CargoMessages::new(&step.command.folder)),
        Reads::Nix => Messages::Nix(Box::default()),
        Reads::Join(_) => Messages::Plain,
    };
    let running = match process::start(&step.command) {
        Ok(running) => running,
        Err(error) => return End::NotStarted(format!("{} cannot be started: {error}", step.command.shown())),
    };
    cancel.attach(Some(running.canceller()));
    let ending = running.wait(|line| {
        let (lines, progress) = messages.take(line);
        if let Some(progress) = progress {
            on_event(Event::Progress(progress));
        }
        for text in lines {
            output.line(&text, on_event);
        }
    });
    cancel.attach(None);
    match messages {
        Messages::Cargo(messages) => made.extend(messages.made()),
        Messages::Nix(messages) => made.extend(outputs::of_nix(&messages.outputs())),
        Messages::Plain => {}
    }
    match ending {
        Ending::Exited(0) => End::Built,
        Ending::Cancelled => End::Cancelled,
        Ending::Killed(signal) => {
            let killed = if signal == 9 { " (signal: 9, SIGKILL: kill)" } else { "" };
            output.line(
                &format!("error: {} was ended by signal {signal}{killed}", step.command.program.display()),
                on_event,
            );
            End::Failed
        }
        Ending::Exited(_) | Ending::TookTooLong => End::Failed,
    }
}

/// Joins each program that was made for two architectures into one.
fn join(
    step: &Step,
    folder: &std::path::Path,
    made: &mut Vec<Made>,
    cancel: &Cancel,
    output: &mut Output,
    on_event: &mut dyn FnMut(Event<'_>),
) -> End {
    if let Err(error) = std::fs::create_dir_all(folder) {
        return End::NotStarted(format!("cannot make the folder {}: {error}", folder.display()));
    }
    let mut joined: Vec<Made> = Vec::new();
    for (index, first) in made.iter().enumerate() {
        let rest = made.get(index + 1..).unwrap_or_default();
        let Some(second) = rest.iter().find(|other| other.name == first.name) else { continue };
        let path = folder.join(first.path.file_name().unwrap_or_default());
        let command = step.command.clone().arg("-create").arg(&first.path).arg(&second.path);
        let step = Step { command: command.arg("-output").arg(&path), reads: step.reads.clone() };
        let end = one(&step, &mut Vec::new(), cancel, output, on_event);
        if end != End::Built {
            return end;
        }
        joined.push(Made { path, ..first.clone() });
    }
    *made = joined;
    End::Built
}
