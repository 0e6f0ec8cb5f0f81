//! A program that runs, as seen from outside of its supervisor.

use std::{
    ffi::OsString,
    io::{self, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{ChildStdin, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    Invocation,
    line::{self, Line, Stream},
    supervisor,
};

/// Lines that wait for their reader; then the program waits.
const WAITING_LINES: usize = 1024;
/// How long the streams of a program that has ended may stay open: a daemon that it leaves behind may hold them.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How much longer than the grace the supervisor may take to end.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a wish to cancel is looked for while nothing happens.
const GLANCE: Duration = Duration::from_millis(50);

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this exit code.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// Because somebody cancelled it.
    Cancelled,
    /// Because it took longer than its limit.
    TookTooLong,
}

impl Ending {
    /// Whether it ended well.
    pub fn is_success(self) -> bool {
        self == Self::Exited(0)
    }
}

/// What a short program came to, see [`Running::collect`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote on standard output, as far as there was room.
    pub out: String,
    /// What it wrote on standard error, as far as there was room.
    pub err: String,
    /// Whether there was more.
    pub is_cut: bool,
}

/// Ends a program and all that it started. May be cloned, sent and used at any time, also later.
#[derive(Clone, Debug)]
pub struct Canceller(Arc<Control>);

#[derive(Debug)]
struct Control {
    cancelled: AtomicBool,
    pipe: Mutex<Option<ChildStdin>>,
}

impl Canceller {
    /// Ends the program. Returns at once.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        let mut pipe = self.0.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stream) = pipe.as_mut()
            && stream.write_all(&[supervisor::CANCEL]).and_then(|()| stream.flush()).is_err()
        {
            // It has ended already.
            *pipe = None;
        }
    }

    /// Whether somebody has cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }
}

/// A program that runs. Dropping it ends the program.
#[derive(Debug)]
pub struct Running {
    events: Receiver<Event>,
    canceller: Canceller,
    limit: Option<Duration>,
    grace: Duration,
    started: Instant,
}

#[derive(Debug)]
enum Event {
    Line(Line),
    StreamEnded,
    Ended(io::Result<ExitStatus>),
}

/// Starts a program under a supervisor.
///
/// The error is that of the supervisor: a program that cannot be started says so on its standard error and ends
/// with 127, as in a shell. [`Invocation::find`] tells before.
pub fn start(invocation: &Invocation) -> io::Result<Running> {
    start_under(&own_binary()?, invocation)
}

/// Starts a program under the supervisor that this binary of Portolan is: for who is none itself, as a test.
pub fn start_under(supervisor: &Path, invocation: &Invocation) -> io::Result<Running> {
    let mut command = Command::new(supervisor);
    set_name(&mut command);
    command.args(supervisor::arguments(invocation)).current_dir(&invocation.folder);
    for (name, value) in &invocation.environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (sender, events) = mpsc::sync_channel(WAITING_LINES);
    let control = Control { cancelled: AtomicBool::new(false), pipe: Mutex::new(child.stdin.take()) };
    let (out, err) = (child.stdout.take(), child.stderr.take());
    forward(out, Stream::Out, &sender)?;
    forward(err, Stream::Err, &sender)?;
    let wait = move || drop(sender.send(Event::Ended(child.wait())));
    thread::Builder::new().name("wait".to_owned()).spawn(wait)?;
    Ok(Running {
        events,
        canceller: Canceller(Arc::new(control)),
        limit: invocation.limit,
        grace: invocation.grace,
        started: Instant::now(),
    })
}

/// This program. On Linux by a name that stays right when the file was replaced by a newer one.
pub(super) fn own_binary() -> io::Result<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if cfg!(target_os = "linux") && own.exists() { Ok(own) } else { std::env::current_exe() }
}

/// Without it, process lists would show "/proc/self/exe".
#[cfg(unix)]
pub(super) fn set_name(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.arg0("portolan");
}

#[cfg(not(unix))]
fn set_name(_: &mut Command) {}

fn forward(
    stream: Option<impl Read + Send + 'static>,
    kind: Stream,
    sender: &SyncSender<Event>,
) -> io::Result<()> {
    let sender = sender.clone();
    let read = move || {
        if let Some(stream) = stream {
            let take = |text| sender.send(Event::Line(Line { stream: kind, text })).is_ok();
            // A stream that breaks has ended.
            let _ = line::read(BufReader::with_capacity(64 * 1024, stream), take);
        }
        let _ = sender.send(Event::StreamEnded);
    };
    thread::Builder::new().name("stream".to_owned()).spawn(read).map(drop)
}

impl Running {
    /// What ends it.
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// Gives every line to `on_line` and waits for the end.
    pub fn wait(self, mut on_line: impl FnMut(Line)) -> Ending {
        let mut open_streams = 2;
        let mut ended: Option<Ending> = None;
        // When there is no sense in waiting longer.
        let mut deadline: Option<Instant> = None;
        let mut is_late = false;
        loop {
            if let Some(ending) = ended
                && open_streams == 0
            {
                return self.judge(ending, is_late);
            }
            let now = Instant::now();
            if ended.is_none() && deadline.is_none() {
                if self.limit.is_some_and(|limit| now.duration_since(self.started) >= limit) {
                    is_late = true;
                    self.canceller.cancel();
                }
                if self.canceller.is_cancelled() {
                    deadline = Some(now + self.grace + PATIENCE);
                }
            }
            if deadline.is_some_and(|deadline| now >= deadline) {
                return self.judge(ended.unwrap_or(Ending::Cancelled), is_late);
            }
            match self.events.recv_timeout(GLANCE) {
                Ok(Event::Line(line)) => on_line(line),
                Ok(Event::StreamEnded) => open_streams -= 1,
                Ok(Event::Ended(status)) => {
                    ended = Some(status.map_or(Ending::Killed(0), supervisor::ending));
                    deadline = Some(Instant::now() + LAST_WORDS);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return self.judge(ended.unwrap_or(Ending::Killed(0)), is_late);
                }
            }
        }
    }

    /// Waits for the end and keeps `most` bytes of each stream.
    pub fn collect(self, most: usize) -> Output {
        let (mut out, mut err, mut is_cut) = (String::new(), String::new(), false);
        let ending = self.wait(|line| {
            let text = match line.stream {
                Stream::Out => &mut out,
                Stream::Err => &mut err,
            };
            if text.len() + line.text.len() < most {
                text.push_str(&line.text);
                text.push('\n');
            } else {
                is_cut = true;
            }
        });
        Output { ending, out, err, is_cut }
    }

    fn judge(&self, ending: Ending, is_late: bool) -> Ending {
        match ending {
            // It was done before it heard of the wish.
            Ending::Exited(0) => ending,
            _ if is_late => Ending::TookTooLong,
            _ if self.canceller.is_cancelled() => Ending::Cancelled,
            _ => ending,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Closing the pipe is the word for the supervisor, and sets the canceller at rest.
        self.canceller.0.pipe.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// What the supervisor is told: its own arguments, then the program's.
pub(super) fn words(invocation: &Invocation, own: Vec<OsString>) -> Vec<OsString> {
    own.into_iter()
        .chain(["--".into(), invocation.program.clone()])
        .chain(invocation.arguments.iter().cloned())
        .collect()
}
