//! Real logs of builds that failed, and of some that did not: what each tells, word for word, and that it
//! tells the same through everything that a log goes through before somebody reads it.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeMap, fmt, fs, path::PathBuf};

use portolan::{
    failures::{Diagnosis, Reader, diagnose},
    knowledge::failures,
};
use serde::Deserialize;

/// What a log is expected to tell.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(default)]
    failure: Vec<One>,
    unknown: Option<String>,
}

/// One failure, with the decisive words as they stand in the log.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
struct One {
    name: String,
    words: String,
    target: Option<String>,
    #[serde(rename = "crate")]
    crate_name: Option<String>,
}

impl fmt::Display for One {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{ name = {:?}, words = '''{}'''", self.name, self.words)?;
        for (key, value) in [("target", &self.target), ("crate", &self.crate_name)] {
            if let Some(value) = value {
                write!(f, ", {key} = {value:?}")?;
            }
        }
        write!(f, " }}")
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/failures")
}

fn logs() -> Vec<(String, Vec<u8>, Expected)> {
    let text = fs::read_to_string(folder().join("expected.toml")).unwrap();
    let mut expected: BTreeMap<String, Expected> = toml_edit::de::from_str(&text).unwrap();
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".log").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() > 50, "the logs are not where they are looked for");
    let logs = names.into_iter().map(|name| {
        let log = fs::read(folder().join(format!("{name}.log"))).unwrap();
        let wanted = expected.remove(&name).unwrap_or_else(|| panic!("{name} is not in expected.toml"));
        (name, log, wanted)
    });
    let logs = logs.collect();
    assert!(expected.is_empty(), "expected.toml speaks of logs that are not there: {:?}", expected.keys());
    logs
}

/// What was found, with the words that stand at the place in the log.
fn found(diagnosis: &Diagnosis, log: &[u8]) -> Vec<One> {
    let one = |failure: &portolan::failures::Failure| {
        let (start, end) = (failure.place.start.byte as usize, failure.place.end.byte as usize);
        One {
            name: failure.name().to_owned(),
            words: String::from_utf8_lossy(&log[start..end]).into_owned(),
            target: failure.target.clone(),
            crate_name: failure.crate_name.clone(),
        }
    };
    diagnosis.failures.iter().map(one).collect()
}

fn list(found: &[One]) -> String {
    found.iter().map(|one| format!("    {one},")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_log_tells_its_own_failure_and_no_other() {
    let mut wrong = Vec::new();
    for (name, log, expected) in logs() {
        let diagnosis = diagnose(&log);
        let found = found(&diagnosis, &log);
        let unknown = diagnosis.unknown.as_ref().map(|place| place.excerpt.trim().to_owned());
        if found != expected.failure || unknown != expected.unknown {
            wrong.push(format!("[{name}]\nfailure = [\n{}]\nunknown = {unknown:?}", list(&found)));
        }
    }
    assert!(wrong.is_empty(), "found instead:\n{}", wrong.join("\n\n"));
}

/// A short piece of a log, as somebody pastes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wording {
    /// Who says so.
    from: String,
    /// The failure's name; empty for none.
    says: String,
    /// The decisive words, where they are worth a look.
    words: Option<String>,
    log: String,
}

fn wordings() -> Vec<Wording> {
    #[derive(Deserialize)]
    struct File {
        wording: Vec<Wording>,
    }
    let text = fs::read_to_string(folder().join("wordings.toml")).unwrap();
    toml_edit::de::from_str::<File>(&text).unwrap().wording
}

#[test]
fn other_wordings_are_understood() {
    let mut wrong = Vec::new();
    for Wording { from, says, words, log } in wordings() {
        let diagnosis = diagnose(log.as_bytes());
        let found = found(&diagnosis, log.as_bytes());
        let mut names: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
        names.dedup();
        let has_words = words.is_none_or(|words| found.iter().any(|one| one.words == words));
        let is_right = names == says.split_whitespace().collect::<Vec<_>>() && has_words;
        if !is_right || (says.is_empty() && diagnosis.has_failed()) {
            wrong.push(format!("{says} ({from}):\n{}unknown {:?}", list(&found), diagnosis.unknown));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_failure_has_a_log() {
    let of_logs = logs().into_iter().flat_map(|(_, _, expected)| expected.failure).map(|one| one.name);
    let seen: Vec<String> = of_logs.chain(wordings().into_iter().map(|wording| wording.says)).collect();
    for failure in failures() {
        assert!(seen.iter().any(|name| name == failure.name), "no log tells of {}", failure.name);
    }
}

#[test]
fn sentences_are_whole() {
    let wordings = wordings().into_iter().map(|wording| (wording.from, wording.log.into_bytes()));
    for (name, log) in logs().into_iter().map(|(name, log, _)| (name, log)).chain(wordings) {
        for failure in diagnose(&log).failures {
            for text in [failure.message(), failure.help()] {
                let is_whole = ["…", "{?", "?}", "|", "  "].iter().all(|trace| !text.contains(trace));
                assert!(is_whole && !text.is_empty(), "{name}: {text}");
            }
        }
    }
}

/// Lines as the log has them.
fn lines(log: &[u8]) -> impl Iterator<Item = &[u8]> {
    log.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

fn prefixed(log: &[u8], prefix: &str) -> Vec<u8> {
    lines(log).flat_map(|line| [prefix.as_bytes(), line, b"\n"].concat()).collect()
}

fn is_plain(log: &[u8]) -> bool {
    !lines(log).any(|line| line.starts_with(b"{") || line.starts_with(b"@nix"))
}

/// What happens to logs on their way.
fn ways(name: &str, log: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut ways = vec![
        ("GitHub's timestamps", prefixed(log, "2026-01-01T00:00:00.1234567Z ")),
        ("gh run view --log", prefixed(log, "build (arm)\tRun cargo\t2026-01-01T00:00:00.1234567Z ")),
        ("GitLab's timestamps", prefixed(log, "2026-01-01T00:00:00.123456Z 00O ")),
        ("Jenkins' timestamps", prefixed(log, "[2026-01-01T00:00:00.123Z] ")),
        ("Kubernetes", prefixed(log, "2026-01-01T00:00:00.123456789Z stderr F ")),
        ("compose", prefixed(log, "builder-1  | ")),
        ("buildkit", prefixed(log, "#9 12.34 ")),
        ("nix build -L", prefixed(log, "app-0.1.0> ")),
        ("the last lines of a builder", prefixed(log, "       > ")),
        (
            "colours around every line",
            lines(log).flat_map(|line| [b"\x1b[0;1m", line, b"\x1b[0m\n"].concat()).collect(),
        ),
        ("CR LF", lines(log).flat_map(|line| [line, b"\r\n"].concat()).collect()),
        ("a progress bar", {
            let bar = b"\x1b[K    Building [=====>         ] 3/17: app\r";
            lines(log).flat_map(|line| [bar, line, b"\n"].concat()).collect()
        }),
        (
            "bytes that are no text",
            lines(log).flat_map(|line| [line, b"\n\xff\xfe\x80\n"].concat()).collect(),
        ),
    ];
    if let Ok(text) = std::str::from_utf8(log) {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        ways.push(("PowerShell", [0xff, 0xfe].into_iter().chain(units).collect()));
    }
    if is_plain(log) {
        let wrap = |line: &[u8]| {
            let text = String::from_utf8_lossy(line).into_owned() + "\n";
            serde_json::json!({"log": text, "stream": "stderr", "time": "2026-01-01"}).to_string() + "\n"
        };
        ways.push(("docker's JSON", lines(log).flat_map(|line| wrap(line).into_bytes()).collect()));
    }
    assert!(!name.is_empty());
    ways
}

#[test]
fn a_log_tells_the_same_however_it_comes() {
    let mut wrong = Vec::new();
    for (name, log, expected) in logs() {
        // What a prefix says of the crate ("[ring 0.17.14]") may be hidden behind another one.
        let bare = |one: &One| (one.name.clone(), one.target.clone(), one.crate_name.clone());
        let wanted: Vec<_> = expected.failure.iter().map(bare).collect();
        for (way, log) in ways(&name, &log) {
            let diagnosis = diagnose(&log);
            let found: Vec<_> = found(&diagnosis, &log).iter().map(bare).collect();
            if found != wanted || diagnosis.unknown.is_some() != expected.unknown.is_some() {
                wrong.push(format!("{name} through {way}: {found:?}, unknown {:?}", diagnosis.unknown));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn where_the_stream_is_cut_does_not_matter() {
    for (name, log, _) in logs() {
        let whole = found(&diagnose(&log), &log);
        for size in [1, 2, 3, 7, 61, 1021] {
            let mut reader = Reader::new();
            for piece in log.chunks(size) {
                reader.push(piece);
            }
            assert_eq!(found(&reader.finish(), &log), whole, "{name} in pieces of {size}");
        }
    }
}

/// Two jobs whose lines alternate tell what each of them tells alone.
#[test]
fn interleaved_jobs_are_told_apart() {
    let logs = logs();
    let plain: Vec<_> = logs.iter().filter(|(_, log, _)| is_plain(log) && log.len() < 10_000).collect();
    for pair in plain.windows(2) {
        let [(one_name, one, one_wanted), (two_name, two, two_wanted)] = pair else { continue };
        let mut mixed = Vec::new();
        let (mut a, mut b) = (lines(one), lines(two));
        loop {
            let (left, right) = (a.next(), b.next());
            for (prefix, line) in [("arm | ", left), ("x86 | ", right)] {
                if let Some(line) = line {
                    mixed.extend([prefix.as_bytes(), line, b"\n"].concat());
                }
            }
            if left.is_none() && right.is_none() {
                break;
            }
        }
        let key = |one: &One| (one.name.clone(), one.words.clone());
        let mut wanted: Vec<_> = one_wanted.failure.iter().chain(&two_wanted.failure).map(key).collect();
        let mut found: Vec<_> = found(&diagnose(&mixed), &mixed).iter().map(key).collect();
        // One cause in both jobs is told once.
        wanted.sort();
        wanted.dedup_by(|a, b| a.0 == b.0);
        found.sort();
        found.dedup_by(|a, b| a.0 == b.0);
        let names = |all: &[(String, String)]| all.iter().map(|one| one.0.clone()).collect::<Vec<_>>();
        assert_eq!(names(&found), names(&wanted), "{one_name} and {two_name}");
    }
}

/// Every cut of every log: a reader must not stumble, and must not see what is not there.
#[test]
fn a_log_that_ends_early_tells_no_other_failure() {
    for (name, log, expected) in logs() {
        let wanted: Vec<&str> = expected.failure.iter().map(|one| one.name.as_str()).collect();
        for line in 0..lines(&log).count() {
            let part: Vec<u8> = lines(&log).take(line).flat_map(|line| [line, b"\n"].concat()).collect();
            for failure in diagnose(&part).failures {
                assert!(wanted.contains(&failure.name()), "{name} cut after line {line}: {}", failure.name());
            }
        }
    }
}

#[test]
fn the_names_are_those_that_were_promised() {
    let promised = [
        "builder-killed",
        "c-compiler-not-found",
        "cannot-execute-architecture",
        "container-engine-missing",
        "crt-static-crate-type",
        "flake-evaluation-failed",
        "flake-file-untracked",
        "fortify-with-musl",
        "glibc-too-old",
        "hash-mismatch",
        "interpreter-not-found",
        "libclang-not-found",
        "linker-cannot-run",
        "linker-not-found",
        "linker-wrong-architecture",
        "mingw-pthreads-missing",
        "no-space",
        "openssl-not-found",
        "pkg-config-cross-refused",
        "pkg-config-missing",
        "protoc-not-found",
        "shared-library-not-found",
        "system-library-not-found",
        "target-std-mismatch",
        "target-std-missing",
        "unknown-target",
        "zig-not-found",
        "zigbuild-not-found",
    ];
    assert_eq!(failures().iter().map(|failure| failure.name).collect::<Vec<_>>(), promised);
}

#[test]
fn every_page_is_complete() {
    for failure in failures() {
        for heading in ["## What it says", "## What it means", "## What to do", "## References"] {
            assert!(failure.page.contains(heading), "the page of {} lacks {heading}", failure.name);
        }
        assert!(failure.page.lines().all(|line| line.len() <= 130), "{}", failure.name);
    }
}

/// What a job only tried is kept once, however often it says so.
#[test]
fn a_long_log_that_says_the_same_again_and_again_is_one_failure() {
    let mut reader = Reader::new();
    for number in 0..20_000 {
        reader.push(format!("checking {number}\nconftest: cannot find -lfoo\n").as_bytes());
    }
    let diagnosis = reader.finish();
    let names: Vec<&str> = diagnosis.failures.iter().map(portolan::failures::Failure::name).collect();
    assert_eq!((names.as_slice(), diagnosis.untold), (&["system-library-not-found"][..], 0));
}
