//! One call of `nix eval`: what may happen in it, and what its errors mean.

use std::path::Path;

use serde_json::Value;

use super::{MayRun, Options, run::run};
use crate::process::{Ending, Invocation};

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There is no `nix`.
    NoNix,
    /// The inputs cannot be had.
    Offline,
    /// The flake has no such attribute.
    NoAttribute,
    /// It took too long.
    TookTooLong,
    /// It would have to be built first.
    NotBuilt,
    /// Somebody has ended it, or does not allow it any more.
    Stopped,
    /// What Nix says.
    Error(String),
}

/// Options of every call. What the user's own configuration says stays, but: nothing of the project's `nixConfig`,
/// nothing is built for the sake of evaluation, and a network that is not there is noticed soon.
const OPTIONS: &[(&str, &str)] = &[
    ("accept-flake-config", "false"),
    ("allow-import-from-derivation", "false"),
    ("max-jobs", "0"),
    ("warn-dirty", "false"),
    ("connect-timeout", "5"),
    ("download-attempts", "1"),
];

/// The call that evaluates `attribute` of the flake in `folder` and applies a function to it.
pub(super) fn invocation(folder: &Path, attribute: &str, function: &str, options: &Options) -> Invocation {
    let mut call = Invocation::new("nix", folder)
        .args(["--extra-experimental-features", "nix-command flakes", "eval", "--json"])
        // An unlocked input is resolved in memory: the project's lock file is the project's.
        .args(["--no-write-lock-file"]);
    for (name, value) in OPTIONS {
        call = call.args(["--option", name, value]);
    }
    call.arg(format!(".#{attribute}")).args(["--apply", function]).limited(options.limit)
}

/// The call that tells the environment of a dev shell, which its setup hooks make. It is a derivation of its own, that
/// `nix develop` builds: whoever has entered the shell has it in the store. Here nothing is built or fetched for it.
pub(super) fn environment(folder: &Path, attribute: &str, options: &Options) -> Invocation {
    let mut call = Invocation::new("nix", folder)
        .args(["--extra-experimental-features", "nix-command flakes", "print-dev-env", "--json"])
        .args(["--no-write-lock-file"]);
    for (name, value) in OPTIONS.iter().chain(&[("builders", ""), ("substitute", "false")]) {
        call = call.args(["--option", name, value]);
    }
    call.arg(format!(".#{attribute}")).limited(options.limit)
}

/// Evaluates, and gives the answer.
pub(super) fn evaluate(invocation: &Invocation, may_run: MayRun<'_>) -> Result<Value, Failure> {
    if invocation.find().is_none() {
        return Err(Failure::NoNix);
    }
    if !may_run() {
        return Err(Failure::Stopped);
    }
    tracing::debug!(command = invocation.shown(), folder = %invocation.folder.display(), "asking Nix");
    let output = run(invocation, may_run).map_err(|error| Failure::Error(error.to_string()))?;
    match output.ending {
        Ending::Exited(0) if output.is_cut => Err(Failure::Error("the answer is too long".to_owned())),
        Ending::Exited(0) => serde_json::from_str(&output.out)
            .map_err(|error| Failure::Error(format!("it is no JSON: {error}"))),
        Ending::TookTooLong => Err(Failure::TookTooLong),
        Ending::Cancelled => Err(Failure::Stopped),
        Ending::Exited(_) | Ending::Killed(_) => Err(failure(&output.err)),
    }
}

/// What an error of Nix means.
fn failure(text: &str) -> Failure {
    const OFFLINE: &[&str] = &[
        "unable to download",
        "could not resolve host",
        "couldn't resolve host",
        "couldn't connect to server",
        "could not connect",
        "connection refused",
        "connection timed out",
        "network is unreachable",
        "temporary failure in name resolution",
        "failed to connect",
        "unable to access 'http",
        "cannot find flake 'flake:",
        "in the flake registries",
    ];
    const NOT_BUILT: &[&str] = &["unable to start any build", "either increase '--max-jobs'"];
    let lower = text.to_lowercase();
    if OFFLINE.iter().any(|sign| lower.contains(sign)) {
        return Failure::Offline;
    }
    if NOT_BUILT.iter().any(|sign| lower.contains(sign)) {
        return Failure::NotBuilt;
    }
    if lower.contains("does not provide attribute") {
        return Failure::NoAttribute;
    }
    Failure::Error(message(text))
}

/// The error itself: the last one, as newer versions of Nix show the way to it first.
fn message(text: &str) -> String {
    let plain = without_escapes(text);
    let mut errors = plain.lines().filter_map(|line| line.trim().strip_prefix("error: "));
    let last = errors.next_back().map(str::to_owned);
    last.or_else(|| plain.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned))
        .unwrap_or_else(|| "it ended without a word".to_owned())
}

fn without_escapes(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        let behind = behind.strip_prefix('[').unwrap_or(behind);
        let end = behind.find(|c: char| c.is_ascii_alphabetic()).map_or(behind.len(), |end| end + 1);
        rest = behind.get(end..).unwrap_or_default();
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_old_and_new_nix_are_understood() {
        for (text, wanted) in [
            (
                "warning: x\nerror: unable to download 'https://github.com/x.tar.gz': Couldn't resolve host name (6)",
                Failure::Offline,
            ),
            ("error: cannot find flake 'flake:nixpkgs' in the flake registries", Failure::Offline),
            (
                "error: flake 'path:/x' does not provide attribute 'packages.x86_64-linux.packages' or 'packages'",
                Failure::NoAttribute,
            ),
            (
                "error: unable to start any build; either increase '--max-jobs' or enable remote builds.\n       https://nixos.org/x.html",
                Failure::NotBuilt,
            ),
            // 2.8
            (
                "error: undefined variable 'x'\n\n       at /nix/store/a-source/flake.nix:3:1:",
                Failure::Error("undefined variable 'x'".to_owned()),
            ),
            // 2.20 and later
            (
                "\u{1b}[31;1merror:\u{1b}[0m\n       … while evaluating the attribute 'x'\n         at /nix/store/s:3\n\n       \
                 \u{1b}[31;1merror:\u{1b}[0m attribute 'cc' missing\n       at «string»:1:2",
                Failure::Error("attribute 'cc' missing".to_owned()),
            ),
            ("", Failure::Error("it ended without a word".to_owned())),
        ] {
            assert_eq!(failure(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_call_writes_nothing_and_builds_nothing() {
        let environment = environment(Path::new("/p"), "devShells.x.default", &Options::default());
        let shown = environment.shown();
        assert!(shown.contains("substitute false") && shown.contains("builders ''"), "{shown}");
        let call = invocation(Path::new("/p"), "packages", "f", &Options::default());
        for call in [&call, &environment] {
            let shown = call.shown();
            for option in [
                "--no-write-lock-file",
                "accept-flake-config false",
                "allow-import-from-derivation false",
                "max-jobs 0",
            ] {
                assert!(shown.contains(option), "{shown}");
            }
            assert!(!shown.contains("--impure"), "{shown}");
            assert_eq!(call.limit, Some(Options::default().limit));
        }
    }
}
