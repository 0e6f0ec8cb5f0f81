//! What cargo says.

use std::{collections::BTreeSet, path::Path, process::Command};

use portolan::cargo::graph::Kinds;

use super::Fact;

/// Runs cargo in a project; the error is what it wrote.
pub fn run(root: &Path, home: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    command.args(arguments).current_dir(root).env("CARGO_HOME", home);
    // What the test itself runs under must not reach the project.
    for name in ["RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_ENCODED_RUSTFLAGS"] {
        command.env_remove(name);
    }
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("cargo {}\n{}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)))
    }
}

/// The packages and features of `cargo tree`.
pub fn tree(
    root: &Path,
    home: &Path,
    target: &str,
    kinds: Kinds,
    all: bool,
) -> Result<BTreeSet<Fact>, String> {
    let edges = match kinds {
        Kinds::Normal => "normal",
        Kinds::Build => "normal,build",
        Kinds::All => "normal,build,dev",
    };
    let mut arguments =
        vec!["tree", "--offline", "--locked", "--target", target, "--prefix", "none", "--edges", edges];
    arguments.extend(["--format", "|{p}|{f}|"]);
    if all {
        arguments.push("--workspace");
    }
    let printed = run(root, home, &arguments)?;
    let mut facts = BTreeSet::new();
    for line in printed.lines() {
        // Besides packages there are blank lines between the trees.
        let mut fields = line.split('|').skip(1);
        let (Some(package), Some(features)) = (fields.next(), fields.next()) else { continue };
        let mut words = package.split(' ');
        let (Some(name), Some(version)) = (words.next(), words.next()) else { continue };
        let version = version.trim_start_matches('v').to_owned();
        facts.insert((name.to_owned(), version.clone(), None));
        for feature in features.split(',').filter(|feature| !feature.is_empty()) {
            facts.insert((name.to_owned(), version.clone(), Some(feature.to_owned())));
        }
    }
    if facts.is_empty() { Err(format!("no package in {printed:?}")) } else { Ok(facts) }
}
