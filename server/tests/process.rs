//! Programs that are started, watched and ended, with real ones.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use portolan::process::{Ending, Invocation, Output, Running, Stream, start_under};

fn start(invocation: &Invocation) -> Running {
    start_under(Path::new(env!("CARGO_BIN_EXE_portolan")), invocation).unwrap()
}

fn shell(script: &str) -> Invocation {
    Invocation::new("sh", "/").args(["-c", script])
}

fn output(script: &str) -> Output {
    start(&shell(script)).collect(1 << 20)
}

/// A time to sleep that no other process sleeps: what still runs is found by it.
fn mark() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("97{:05}.{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed) + 1)
}

fn living(mark: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(mark)).collect()
}

fn wait_until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < limit, "{what}: not within {limit:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn both_streams_come_line_by_line_with_the_exit_code() {
    let mut lines = Vec::new();
    let running = start(&shell("echo out; echo err >&2; printf 'no end'; exit 3"));
    let ending = running.wait(|line| lines.push((line.stream, line.text)));
    assert_eq!(ending, Ending::Exited(3));
    let of = |stream: Stream| {
        let own = lines.iter().filter(|(kind, _)| *kind == stream);
        own.map(|(_, text)| text.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of(Stream::Out), ["out", "no end"]);
    assert_eq!(of(Stream::Err), ["err"]);
}

#[test]
fn arguments_folder_and_environment_arrive_as_they_are() {
    let odd = "a b'\"$(x)\n;é";
    let invocation = Invocation::new("sh", "/usr")
        .args(["-c", "printf '%s|%s|%s|%s' \"$1\" \"$PWD\" \"$SET\" \"${HOME-none}\"", "sh", odd])
        .env("SET", "value")
        .without_env("HOME");
    let output = start(&invocation).collect(1 << 20);
    assert_eq!(output.out, format!("{odd}|/usr|value|none\n"), "{output:?}");
}

#[test]
fn a_program_that_cannot_be_started_says_so() {
    let output = start(&Invocation::new("no-such-program", "/")).collect(1 << 20);
    assert_eq!(output.ending, Ending::Exited(127));
    assert!(output.err.contains("cannot start no-such-program"), "{output:?}");
    let folder = Invocation::new("sh", "/no/such/folder");
    assert!(start_under(Path::new(env!("CARGO_BIN_EXE_portolan")), &folder).is_err());
}

#[test]
fn a_signal_is_told() {
    assert_eq!(output("kill -9 $$").ending, Ending::Killed(9));
    assert_eq!(output("kill -15 $$").ending, Ending::Killed(15));
}

#[test]
fn much_output_is_bounded_and_ends() {
    let output = start(&shell("yes 0123456789 | head -c 30000000; echo end >&2")).collect(1000);
    assert_eq!(output.ending, Ending::Exited(0));
    assert!(output.is_cut && output.out.len() <= 1000 && output.err == "end\n");
}

/// Children, grandchildren, one in a session of its own, all deaf to the friendly word.
fn deaf_tree(mark: &str) -> Invocation {
    let script = format!(
        "trap '' INT TERM; sleep {mark} & setsid sleep {mark} & (setsid sh -c 'sleep {mark} & sleep {mark}' &) \
         & sleep {mark}"
    );
    shell(&script)
}

#[test]
fn cancel_ends_the_whole_tree_within_a_second() {
    let mark = mark();
    let running = start(&deaf_tree(&mark));
    wait_until("the tree starts", Duration::from_secs(10), || living(&format!("sleep {mark} ")).len() >= 5);
    let canceller = running.canceller();
    let cancelled = Instant::now();
    thread::spawn(move || canceller.cancel());
    assert_eq!(running.wait(|_| {}), Ending::Cancelled);
    wait_until("the tree ends", Duration::from_secs(1), || living(&mark).is_empty());
    assert!(cancelled.elapsed() < Duration::from_millis(1500), "{:?}", cancelled.elapsed());
}

#[test]
fn who_hears_the_word_may_tidy_up() {
    let running = start(&shell("trap 'echo tidy; exit 9' INT; echo ready; while :; do sleep 0.02; done"));
    let canceller = running.canceller();
    let mut lines = Vec::new();
    let ending = running.wait(|line| {
        canceller.cancel();
        lines.push(line.text);
    });
    assert_eq!((ending, lines.join(" ").as_str()), (Ending::Cancelled, "ready tidy"));
}

/// A leader that heeds the friendly word, and a child that has left its group.
#[test]
fn what_left_the_group_ends_with_a_leader_that_ends_by_itself() {
    let mark = mark();
    let running = start(&shell(&format!("setsid sleep {mark} & echo ready; sleep {mark}")));
    wait_until("both run", Duration::from_secs(10), || living(&format!("sleep {mark} ")).len() >= 2);
    let canceller = running.canceller();
    canceller.cancel();
    assert_eq!(running.wait(|_| {}), Ending::Cancelled);
    wait_until("both end", Duration::from_secs(1), || living(&format!("sleep {mark} ")).is_empty());
}

#[test]
fn a_limit_cancels() {
    let start_time = Instant::now();
    let running = start(&shell("sleep 60").limited(Duration::from_millis(200)));
    assert_eq!(running.wait(|_| {}), Ending::TookTooLong);
    assert!(start_time.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_nobody_waits_for_ends() {
    let mark = mark();
    let running = start(&deaf_tree(&mark));
    wait_until("the tree starts", Duration::from_secs(10), || living(&format!("sleep {mark} ")).len() >= 5);
    drop(running);
    wait_until("the tree ends", Duration::from_secs(2), || living(&mark).is_empty());
}

/// The same as the death of who started it, whatever it died of: the pipe has one end less.
#[test]
fn the_end_of_the_pipe_ends_the_tree() {
    let mark = mark();
    let mut child = Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(["supervise", "--", "sh", "-c", &format!("sleep {mark} & sleep {mark}")])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until("it starts", Duration::from_secs(10), || living(&format!("sleep {mark} ")).len() >= 2);
    drop(child.stdin.take());
    wait_until("it ends", Duration::from_secs(2), || living(&mark).is_empty());
    child.wait().unwrap();
}

#[test]
fn a_killed_supervisor_takes_the_program_along() {
    let mark = mark();
    let mut child = Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(["supervise", "--", "sleep", &mark])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until("it starts", Duration::from_secs(10), || {
        living(&mark).iter().any(|line| line.starts_with("sleep"))
    });
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("it ends", Duration::from_secs(2), || living(&mark).is_empty());
}

#[test]
fn a_daemon_that_holds_the_streams_delays_nobody() {
    let start_time = Instant::now();
    let output = output("setsid sleep 4 & echo done");
    assert_eq!((output.ending, output.out.as_str()), (Ending::Exited(0), "done\n"));
    assert!(start_time.elapsed() < Duration::from_secs(3), "{:?}", start_time.elapsed());
}

#[test]
fn there_is_no_terminal_to_wait_for() {
    let output = output("cat; cat /dev/tty");
    assert_ne!(output.ending, Ending::Exited(0), "{output:?}");
}
