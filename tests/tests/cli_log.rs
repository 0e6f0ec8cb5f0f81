//! `portolan log`, as it is called: files, standard input, formats, exit codes.

use std::{
    io::Write,
    process::{Output, Stdio},
    thread,
};

use portolan_tests::{
    Folder,
    binary::{command, run},
};

const FAILED: &str = "   Compiling app v0.1.0 (/src/app)
error: linker `aarch64-linux-gnu-gcc` not found
  |
  = note: No such file or directory (os error 2)

error: could not compile `app` (bin \"app\") due to 1 previous error
";
const HEALTHY: &str = "   Compiling app v0.1.0 (/src/app)\n    Finished `dev` profile in 0.1s\n";
const UNKNOWN: &str =
    "error[E0308]: mismatched types\n --> src/main.rs:1:27\n\nerror: could not compile `app`\n";

/// Runs `portolan log` with bytes on its standard input.
fn piped(folder: &Folder, arguments: &[&str], bytes: &[u8]) -> Output {
    let mut child = command(folder.root(), arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("portolan can be started");
    let mut input = child.stdin.take().expect("its input is a pipe");
    let bytes = bytes.to_vec();
    let writer = thread::spawn(move || input.write_all(&bytes));
    let output = child.wait_with_output().expect("portolan ends");
    let _ = writer.join();
    output
}

#[test]
fn a_finding_has_the_shape_of_those_of_check() {
    let folder = Folder::new(&[
        ("build.log", FAILED),
        ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("src/main.rs", "fn main() {}\n"),
        (".cargo/config.toml", "[build]\ntarget = \"x86_64-unkown-linux-gnu\"\n"),
    ]);
    let outcome = run(folder.root(), ["log", "build.log", "--format", "json"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let log = outcome.json();
    let finding = &log["findings"][0];
    assert_eq!(finding["rule"], "linker-not-found");
    assert_eq!(finding["file"], "build.log");
    let words = "linker `aarch64-linux-gnu-gcc` not found";
    let byte = FAILED.find(words).expect("the words stand in the log");
    assert_eq!(finding["range"]["start"]["byte"], byte);
    assert_eq!(finding["range"]["end"]["byte"], byte + words.len());
    assert_eq!(
        (&finding["range"]["start"]["line"], &finding["range"]["start"]["column"]),
        (&2.into(), &8.into())
    );

    let check =
        run(folder.root(), ["check", "--format", "json", "--host", "x86_64-unknown-linux-gnu"]).json();
    let keys = |value: &serde_json::Value| {
        value.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
    };
    assert_eq!(keys(finding), keys(&check["findings"][0]));
    assert_eq!(keys(&finding["range"]["start"]), keys(&check["findings"][0]["range"]["start"]));
    for key in keys(&check) {
        assert!(log.get(&key).is_some(), "the JSON of log has no {key}");
    }
}

#[test]
fn the_exit_code_says_whether_the_build_failed() {
    let folder =
        Folder::new(&[("failed", FAILED), ("healthy", HEALTHY), ("unknown", UNKNOWN), ("empty", " \n\n")]);
    for (name, code) in [("failed", 1), ("healthy", 0), ("unknown", 1), ("empty", 3), ("absent", 3), (".", 2)]
    {
        let outcome = run(folder.root(), ["log", name]);
        assert_eq!(outcome.code, Some(code), "{name}: {outcome:?}");
        let outcome = run(folder.root(), ["log", name, "--format", "json"]);
        assert_eq!(outcome.code, Some(code), "{name}: {outcome:?}");
    }
}

#[test]
fn an_unknown_failure_shows_its_first_error_and_is_no_finding() {
    let folder = Folder::new(&[("build.log", UNKNOWN)]);
    let text = run(folder.root(), ["log", "build.log"]).out;
    assert!(text.contains("error[E0308]: mismatched types") && text.contains("build.log:1:1"), "{text}");
    let json = run(folder.root(), ["log", "build.log", "--format", "json"]).json();
    assert_eq!(json["findings"].as_array().map(Vec::len), Some(0));
    assert_eq!(json["unknown"]["message"], "error[E0308]: mismatched types");
}

#[test]
fn standard_input_is_read_with_and_without_a_dash() {
    let folder = Folder::new(&[]);
    for arguments in [&["log", "-"][..], &["log"][..]] {
        let output = piped(&folder, arguments, FAILED.as_bytes());
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains("error[linker-not-found]") && text.contains("-:2:8"), "{text}");
    }
}

#[test]
fn the_report_marks_the_decisive_words() {
    let folder = Folder::new(&[("build.log", FAILED)]);
    let text = run(folder.root(), ["log", "build.log"]).out;
    let marked: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("2 |")).take(2).collect();
    let [line, marks] = marked.as_slice() else { panic!("{text}") };
    let words = "linker `aarch64-linux-gnu-gcc` not found";
    assert_eq!(line.find(words), marks.find('^'), "{text}");
    assert_eq!(marks.matches('^').count(), words.len(), "{text}");
    assert!(text.contains("portolan explain linker-not-found") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn bytes_of_all_kinds_are_read() {
    let folder = Folder::new(&[]);
    let mut noise: Vec<u8> = (0..=255_u8).cycle().take(300_000).collect();
    noise.extend(vec![b'x'; 6_000_000]);
    noise.extend(b"\n\xff\xfe");
    noise.extend(FAILED.replace('\n', "\r\n").as_bytes());
    let output = piped(&folder, &["log", "--format", "json"], &noise);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the answer is JSON");
    let start = json["findings"][0]["range"]["start"]["byte"].as_u64().expect("a byte") as usize;
    assert!(noise[start..].starts_with(b"linker `aarch64-linux-gnu-gcc` not found"));
}

#[test]
fn every_failure_has_a_page() {
    let folder = Folder::new(&[]);
    for name in ["linker-not-found", "glibc-too-old", "flake-file-untracked", "no-space"] {
        let page = run(folder.root(), ["explain", name]);
        assert_eq!(page.code, Some(0), "{name}");
        for heading in ["What it says", "What it means", "What to do"] {
            assert!(page.out.contains(heading), "no {heading:?} in the page of {name}");
        }
    }
    // A rule and a failure of one name: both pages.
    let both = run(folder.root(), ["explain", "unknown-target"]).out;
    assert!(both.contains("What it does") && both.contains("What it says"), "{both}");
}
