//! The evaluator, held to Nix: thousands of random expressions, each of which comes to the same here and
//! there, or to something that we say we do not know.
//!
//! `PORTOLAN_DIFFERENTIAL=20000` asks so many, `PORTOLAN_SEED=7` other ones. Without Nix on PATH the test says so
//! and does nothing; `tests/run` installs Nix and then insists (`PORTOLAN_REQUIRE_NIX`).

#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "nix_differential/generate.rs"]
mod generate;

use std::{fmt::Write, path::Path, process::Command};

use generate::Generator;
use portolan::{
    nix::{facts::Known, read_flake},
    snapshot::MemoryFiles,
};

const EXPRESSIONS: usize = 4_000;
const BATCH: usize = 200;

/// Of a hundred expressions, so many must be known: to know nothing would be easy.
const LEAST_KNOWN: usize = 97;

/// What an expression comes to, as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Value(String),
    /// Something is thrown.
    Thrown,
    /// Not known to us; nothing that can be caught to Nix.
    Nothing,
}

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn random_expressions_come_to_what_nix_says() {
    if Command::new("nix-instantiate").arg("--version").output().is_err() {
        assert!(std::env::var_os("PORTOLAN_REQUIRE_NIX").is_none(), "nix-instantiate is not on PATH");
        println!("skipped: there is no nix-instantiate on PATH");
        return;
    }
    let count = number("PORTOLAN_DIFFERENTIAL", EXPRESSIONS);
    let mut generator = Generator::new(number("PORTOLAN_SEED", 1) as u64);
    let scratch = std::env::temp_dir().join(format!("portolan-differential-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).unwrap();
    let (mut compared, mut known) = (0, 0);
    let mut different = Vec::new();
    for _ in 0..count.div_ceil(BATCH) {
        let expressions: Vec<String> = (0..BATCH).map(|_| generator.expression()).collect();
        let theirs = nix(&expressions, &scratch);
        for ((expression, ours), theirs) in expressions.iter().zip(ours(&expressions)).zip(theirs) {
            if theirs == Answer::Nothing {
                continue;
            }
            compared += 1;
            if ours == Answer::Nothing
                && theirs != Answer::Thrown
                && std::env::var_os("PORTOLAN_SHOW_UNKNOWN").is_some()
            {
                println!("unknown: {}", expression.replace('\n', "⏎"));
            }
            known += usize::from(ours != Answer::Nothing || theirs == Answer::Thrown);
            if ours != Answer::Nothing && ours != theirs {
                different.push(format!("{expression}\n  Nix: {theirs:?}\n  we:  {ours:?}"));
            }
        }
    }
    std::fs::remove_dir_all(&scratch).unwrap();
    println!("{compared} expressions, {known} known, {} different", different.len());
    different.sort_by_key(String::len);
    let shown: Vec<String> = different.iter().take(10).map(|one| one.chars().take(1_500).collect()).collect();
    assert!(different.is_empty(), "{}", shown.join("\n"));
    assert!(compared * 100 >= count * 95, "of {count} expressions Nix evaluated only {compared}");
    assert!(known * 100 >= compared * LEAST_KNOWN, "of {compared} expressions only {known} are known");
}

/// Ours. Few at once: the work that one flake may take is bounded.
fn ours(expressions: &[String]) -> Vec<Answer> {
    expressions.chunks(20).flat_map(of_shell).collect()
}

/// Ours, by way of a flake's facts: a shell has a variable for each expression.
fn of_shell(expressions: &[String]) -> Vec<Answer> {
    let mut shell = String::new();
    for (index, expression) in expressions.iter().enumerate() {
        writeln!(shell, "V_{index} = builtins.toJSON [ {expression} ];").unwrap();
    }
    let flake = format!(
        "{{ outputs = {{ self, nixpkgs }}: {{
             devShells.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.mkShell {{
               {shell} }}; }}; }}"
    );
    let run = move || read_flake(&MemoryFiles::new("/project").with("flake.nix", flake).snapshot()).unwrap();
    let facts = std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap().join().unwrap();
    let variables = &facts.shells.first().unwrap().env;
    (0..expressions.len())
        .map(|index| {
            let name = Known::Value(format!("V_{index}"));
            let found = variables.iter().find(|variable| variable.name == name);
            match found.and_then(|variable| variable.value.literal()) {
                Some(json) => Answer::Value(json),
                None => Answer::Nothing,
            }
        })
        .collect()
}

/// Nix's: all at once, and in halves when an expression stops it.
fn nix(expressions: &[String], scratch: &Path) -> Vec<Answer> {
    let mut text = String::from("map builtins.tryEval [\n");
    for expression in expressions {
        writeln!(text, "(builtins.toJSON [ {expression} ])").unwrap();
    }
    text.push(']');
    let file = scratch.join("expressions.nix");
    std::fs::write(&file, text).unwrap();
    let output = Command::new("nix-instantiate")
        .args(["--eval", "--strict", "--json"])
        .arg(&file)
        .env("NIX_STORE_DIR", scratch.join("store"))
        .env("NIX_STATE_DIR", scratch.join("var"))
        .env("NIX_LOG_DIR", scratch.join("log"))
        .env("NIX_CONFIG", "build-users-group =")
        .env("NIX_USER_CONF_FILES", "/dev/null")
        .output()
        .unwrap();
    if output.status.success() {
        // A string may hold a part of a character, which is no JSON.
        let text = String::from_utf8_lossy(&output.stdout);
        let answers: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        return answers
            .iter()
            .map(|answer| match answer["value"].as_str() {
                Some(json) if json.contains('\u{fffd}') => Answer::Nothing,
                Some(json) => Answer::Value(json.to_owned()),
                None => Answer::Thrown,
            })
            .collect();
    }
    if let [expression] = expressions {
        if std::env::var_os("PORTOLAN_SHOW_STOPPED").is_some() {
            println!("{expression}\n  {}", String::from_utf8_lossy(&output.stderr));
        }
        return vec![Answer::Nothing];
    }
    let (front, back) = expressions.split_at(expressions.len() / 2);
    [nix(front, scratch), nix(back, scratch)].concat()
}
