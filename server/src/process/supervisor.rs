//! The supervisor, `portolan supervise`: lives as long as the program that it watches, and sees to it that nothing
//! of it lives longer than who asked for it.

use std::{
    ffi::OsString,
    io::Read,
    process::{ExitCode, ExitStatus},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::{Ending, Invocation, running};

/// The word on the pipe that ends the program.
pub(super) const CANCEL: u8 = b'c';
/// The program could not be started, as in a shell.
const NOT_STARTED: u8 = 127;
/// A signal's number is added to it, as in a shell.
const BY_SIGNAL: i32 = 128;

/// What stands behind `portolan supervise`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// How long the program may take to end by itself, in milliseconds.
    #[arg(long, default_value_t = 600)]
    grace: u64,
    /// Become the program, which ends when the process of this number does.
    #[arg(long, value_name = "PARENT")]
    exec: Option<u32>,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    words: Vec<OsString>,
}

/// The arguments that make our own binary the supervisor of an invocation.
pub(super) fn arguments(invocation: &Invocation) -> Vec<OsString> {
    let grace = invocation.grace.as_millis().to_string();
    running::words(invocation, vec!["supervise".into(), "--grace".into(), grace.into()])
}

/// What the supervisor's end says of the program's.
pub(super) fn ending(status: ExitStatus) -> Ending {
    match status.code() {
        Some(code) if code > BY_SIGNAL && cfg!(unix) => Ending::Killed(code - BY_SIGNAL),
        Some(code) => Ending::Exited(code),
        None => Ending::Killed(own_signal(status)),
    }
}

#[cfg(unix)]
fn own_signal(status: ExitStatus) -> i32 {
    std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or_default()
}

#[cfg(not(unix))]
fn own_signal(_: ExitStatus) -> i32 {
    0
}

#[derive(Debug)]
enum Event {
    /// The program has ended.
    Ended(Option<ExitStatus>),
    /// It has to.
    Cancelled,
    /// Nobody waits for it any more.
    Deserted,
}

/// Runs the program and gives its exit code.
pub fn run(arguments: &Arguments) -> ExitCode {
    let Some((program, words)) = arguments.words.split_first() else { return ExitCode::from(NOT_STARTED) };
    if let Some(parent) = arguments.exec {
        return become_program(program, words, parent);
    }
    platform::prepare();
    let mut group = match platform::Group::start(program, words) {
        Ok(group) => group,
        Err(error) => return not_started(program, &error),
    };
    let (sender, events) = mpsc::channel();
    let listener = sender.clone();
    thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut word = [0];
        let is_cancelled = |word: &[u8; 1]| *word == [CANCEL];
        while input.read_exact(&mut word).is_ok() {
            if is_cancelled(&word) && listener.send(Event::Cancelled).is_err() {
                return;
            }
        }
        let _ = listener.send(Event::Deserted);
    });
    let waiter = group.waiter();
    thread::spawn(move || drop(sender.send(Event::Ended(waiter()))));

    let grace = Duration::from_millis(arguments.grace);
    let mut deadline: Option<Instant> = None;
    loop {
        let event = match deadline {
            None => events.recv().ok(),
            Some(deadline) => match events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(event) => Some(event),
                Err(_) => {
                    group.kill();
                    events.iter().find(|event| matches!(event, Event::Ended(_)))
                }
            },
        };
        match event {
            Some(Event::Cancelled | Event::Deserted) => {
                if deadline.is_none() {
                    group.interrupt();
                    deadline = Some(Instant::now() + grace);
                }
            }
            Some(Event::Ended(status)) => {
                if deadline.is_some() {
                    group.end_rest();
                }
                return code(status);
            }
            None => return ExitCode::from(NOT_STARTED),
        }
    }
}

fn code(status: Option<ExitStatus>) -> ExitCode {
    let Some(status) = status else { return ExitCode::from(NOT_STARTED) };
    let code = status.code().unwrap_or_else(|| BY_SIGNAL + own_signal(status));
    // Windows has larger ones: what matters is that they are none.
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

fn not_started(program: &OsString, error: &std::io::Error) -> ExitCode {
    anstream::eprintln!("portolan: cannot start {}: {error}", program.to_string_lossy());
    ExitCode::from(NOT_STARTED)
}

/// Replaces this process by the program.
#[cfg(unix)]
fn become_program(program: &OsString, words: &[OsString], parent: u32) -> ExitCode {
    use std::{
        os::unix::process::{CommandExt, parent_id},
        process::Command,
    };

    #[cfg(target_os = "linux")]
    {
        let end = Some(rustix::process::Signal::KILL);
        let _ = rustix::process::set_parent_process_death_signal(end);
    }
    // The supervisor may have ended in between.
    if parent_id() != parent {
        return ExitCode::from(NOT_STARTED);
    }
    let error = Command::new(program).args(words).exec();
    not_started(program, &error)
}

#[cfg(not(unix))]
fn become_program(program: &OsString, _: &[OsString], _: u32) -> ExitCode {
    not_started(program, &std::io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
mod platform {
    use std::{
        ffi::OsString,
        io,
        os::unix::process::CommandExt,
        process::{Child, Command, ExitStatus, Stdio},
        thread,
        time::Duration,
    };

    use rustix::process::{Pid, Signal, WaitOptions};

    use crate::process::{running, tree};

    /// How often, and how long, the end of a group is waited for.
    const ROUNDS: usize = 60;
    const ROUND: Duration = Duration::from_millis(5);

    /// Leaves the terminal: its Ctrl-C is for who asked, and no program may wait for an answer from it.
    pub(super) fn prepare() {
        let _ = rustix::process::setsid();
        tree::adopt_orphans();
    }

    /// The program and all that it starts.
    pub(super) struct Group {
        leader: Pid,
        child: Option<Child>,
    }

    impl Group {
        pub(super) fn start(program: &OsString, words: &[OsString]) -> io::Result<Self> {
            let mut command = Command::new(running::own_binary()?);
            running::set_name(&mut command);
            let own = std::process::id().to_string();
            command.args(["supervise", "--exec", own.as_str(), "--"]).arg(program).args(words);
            let child = command.stdin(Stdio::null()).process_group(0).spawn()?;
            Ok(Self { leader: Pid::from_child(&child), child: Some(child) })
        }

        pub(super) fn waiter(&mut self) -> impl FnOnce() -> Option<ExitStatus> + Send + 'static {
            let child = self.child.take();
            move || child?.wait().ok()
        }

        pub(super) fn interrupt(&self) {
            let _ = rustix::process::kill_process_group(self.leader, Signal::INT);
        }

        /// Ends what is left when the leader has ended, also what left its group, and sees it gone: whoever cancelled
        /// may look.
        pub(super) fn end_rest(&self) {
            tree::kill_descendants();
            for _ in 0..ROUNDS {
                if rustix::process::kill_process_group(self.leader, Signal::KILL).is_err() {
                    return;
                }
                // Orphans that were adopted stay in the group until somebody has looked.
                while let Ok(Some(_)) = rustix::process::waitpgid(self.leader, WaitOptions::NOHANG) {}
                thread::sleep(ROUND);
            }
        }

        pub(super) fn kill(&self) {
            let _ = rustix::process::kill_process_group(self.leader, Signal::KILL);
            tree::kill_descendants();
        }
    }
}

#[cfg(not(unix))]
mod platform {
    use std::{
        ffi::OsString,
        io,
        process::{Command, ExitStatus},
        sync::{Arc, Mutex, PoisonError},
        thread,
        time::Duration,
    };

    use process_wrap::std::{ChildWrapper, CommandWrap, JobObject};

    pub(super) fn prepare() {}

    /// A job object with the program and all that it starts.
    pub(super) struct Group(Arc<Mutex<Box<dyn ChildWrapper>>>);

    impl Group {
        pub(super) fn start(program: &OsString, words: &[OsString]) -> io::Result<Self> {
            let mut command = Command::new(program);
            command.args(words).stdin(std::process::Stdio::null());
            let mut command = CommandWrap::from(command);
            let child = command.wrap(JobObject).spawn()?;
            Ok(Self(Arc::new(Mutex::new(child))))
        }

        pub(super) fn waiter(&mut self) -> impl FnOnce() -> Option<ExitStatus> + Send + 'static {
            let child = Arc::clone(&self.0);
            move || loop {
                match child.lock().unwrap_or_else(PoisonError::into_inner).try_wait() {
                    Ok(Some(status)) => return Some(status),
                    Ok(None) => {}
                    Err(_) => return None,
                }
                thread::sleep(Duration::from_millis(20));
            }
        }

        /// Windows has no word for it that reaches a program without a console.
        pub(super) fn interrupt(&self) {
            self.kill();
        }

        pub(super) fn end_rest(&self) {
            self.kill();
        }

        pub(super) fn kill(&self) {
            let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).start_kill();
        }
    }
}
