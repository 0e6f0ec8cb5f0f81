//! A call that ends when it is not wanted any more.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use super::MAX_ANSWER;
use crate::process::{self, Invocation, Output};

/// How often it is asked whether the call is still wanted.
const GLANCE: Duration = Duration::from_millis(100);

/// Runs a program to its end, or until `may_run` says no.
pub(super) fn run(invocation: &Invocation, may_run: &(dyn Fn() -> bool + Sync)) -> io::Result<Output> {
    let running = process::start(invocation)?;
    let canceller = running.canceller();
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watch = scope.spawn(|| {
            while !is_done.load(Ordering::Acquire) {
                if !may_run() {
                    canceller.cancel();
                    return;
                }
                thread::park_timeout(GLANCE);
            }
        });
        let output = running.collect(MAX_ANSWER);
        is_done.store(true, Ordering::Release);
        watch.thread().unpark();
        Ok(output)
    })
}
