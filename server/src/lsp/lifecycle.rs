//! How the server ends: at `exit`, at the end of its input, when its output is gone, or when the
//! editor that started it is no more. Whatever is running then is left behind.

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

/// How often the editor is looked for.
const WATCH: Duration = Duration::from_secs(1);

/// Lets every part say that the server must end.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    shut_down: Arc<AtomicBool>,
    end: mpsc::SyncSender<&'static str>,
}

/// Waits for the end.
#[derive(Debug)]
pub struct End(mpsc::Receiver<&'static str>, Arc<AtomicBool>);

impl Lifecycle {
    /// A running server, and where to wait for its end.
    pub fn start() -> (Self, End) {
        let shut_down = Arc::new(AtomicBool::new(false));
        let (end, ended) = mpsc::sync_channel(1);
        (Self { shut_down: Arc::clone(&shut_down), end }, End(ended, shut_down))
    }

    /// The client sent `shutdown`: an end from now on is in order.
    pub fn shut_down(&self) {
        self.shut_down.store(true, Ordering::Release);
    }

    /// Ends the server.
    pub fn end(&self, why: &'static str) {
        // The first reason counts; a second finds the channel full, or nobody there.
        let _ = self.end.try_send(why);
    }

    /// Ends the server when the process is no more: some editors die without closing the pipe, because
    /// another child of theirs has inherited it.
    pub fn watch(&self, process: u32) {
        let lifecycle = self.clone();
        let was_parent = parent_id() == process;
        let watch = move || {
            while is_alive(process, was_parent) {
                thread::sleep(WATCH);
            }
            lifecycle.end("the editor's process is gone");
        };
        if let Err(error) = thread::Builder::new().name("watch".to_owned()).spawn(watch) {
            tracing::warn!(%error, "cannot watch the editor's process");
        }
    }
}

impl End {
    /// Waits for the end: 0 after `shutdown`, else 1, as the protocol asks.
    pub fn wait(&self) -> ExitCode {
        let why = self.0.recv().unwrap_or("every part of the server has ended");
        let in_order = self.1.load(Ordering::Acquire);
        tracing::info!(why, in_order, "the server ends");
        if in_order { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(unix)]
use std::os::unix::process::parent_id;

/// No process has this number.
#[cfg(not(unix))]
fn parent_id() -> u32 {
    0
}

/// Whether a process lives. What cannot be known counts as alive: the end of the input tells as well.
fn is_alive(process: u32, was_parent: bool) -> bool {
    if was_parent && parent_id() != process {
        return false;
    }
    if !cfg!(target_os = "linux") {
        return true;
    }
    match std::fs::read_to_string(format!("/proc/{process}/stat")) {
        // A zombie has closed everything; only its parent has not looked yet.
        Ok(stat) => !stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_an_impossible_one_does_not() {
        assert!(is_alive(std::process::id(), false));
        if cfg!(target_os = "linux") {
            assert!(!is_alive(u32::MAX, false));
        }
        assert!(!is_alive(std::process::id(), true), "this process is not its own parent");
    }
}
