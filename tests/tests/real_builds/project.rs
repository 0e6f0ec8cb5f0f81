//! A copy of a project of `fixtures/builds`, which is checked, built, fixed, audited and run.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use portolan_tests::{Folder, Outcome, portolan};
use serde_json::Value;

use super::toolchain::{self, Rust};

/// The copy, and whose rustc compiles it.
pub struct Project {
    folder: Folder,
    rust: Rust,
}

/// What cargo came to: whether it succeeded, and both its streams in the order of their lines.
pub struct Built {
    pub succeeded: bool,
    pub log: String,
}

impl Project {
    /// A copy of a fixture.
    pub fn new(fixture: &str, rust: Rust) -> Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/builds").join(fixture);
        let folder = Folder::new(&[]);
        copy(&from, &folder.path("project"));
        fs::create_dir(folder.path("scratch")).unwrap();
        Self { folder, rust }
    }

    /// The same with one more file.
    pub fn with(self, path: &str, text: &str) -> Self {
        self.folder.write(&format!("project/{path}"), text);
        self
    }

    /// A path in the project.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path("project").join(path)
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    fn prepared(&self, mut command: Command) -> Command {
        toolchain::environment(&mut command, self.rust, &self.folder.path("scratch"));
        command.current_dir(self.path("")).stdin(Stdio::null());
        command
    }

    /// Runs cargo.
    pub fn cargo(&self, arguments: &[&str]) -> Built {
        let log = self.folder.path("scratch/build.log");
        let file = fs::File::create(&log).unwrap();
        let mut command = self.prepared(toolchain::cargo_command(arguments));
        command.stderr(file.try_clone().unwrap()).stdout(file);
        let succeeded = command.status().expect("cargo can be started").success();
        Built { succeeded, log: String::from_utf8_lossy(&fs::read(log).unwrap()).into_owned() }
    }

    /// Runs the product in the same environment.
    pub fn portolan(&self, arguments: &[&str]) -> Outcome {
        self.portolan_with(arguments, |_| {})
    }

    /// The same, with a change of the environment.
    pub fn portolan_with(&self, arguments: &[&str], change: impl FnOnce(&mut Command)) -> Outcome {
        let mut command = Command::new(portolan());
        command.args(arguments);
        let mut command = self.prepared(command);
        change(&mut command);
        outcome(command)
    }

    /// The same, started by another program.
    pub fn wrapped(&self, by: &[&str], arguments: &[&str]) -> Outcome {
        let mut command = Command::new(by[0]);
        command.args(&by[1..]).arg(portolan()).args(arguments);
        outcome(self.prepared(command))
    }

    /// `portolan build`, which succeeds.
    pub fn build(&self, arguments: &[&str]) -> Outcome {
        let outcome = self.portolan(&[&["build"], arguments].concat());
        assert_eq!(outcome.code, Some(0), "{arguments:?}: {outcome:#?}");
        outcome
    }

    /// `portolan build`, which fails for one reason, at this place.
    pub fn fails(&self, arguments: &[&str], failure: &str, place: &str) -> Outcome {
        let outcome = self.portolan(&[&["build"], arguments].concat());
        assert_eq!(outcome.code, Some(1), "{arguments:?}: {outcome:#?}");
        assert!(outcome.out.contains(&format!("error[{failure}]")), "{failure}: {outcome:#?}");
        assert!(outcome.out.contains(&format!("--> {place}")), "{place}: {outcome:#?}");
        let causes = outcome.out.lines().filter(|line| line.starts_with("error["));
        assert_eq!(causes.count(), 1, "one cause: {outcome:#?}");
        outcome
    }

    /// The findings of a rule: for each the file, the line, and the text that is marked.
    pub fn findings(&self, rule: &str) -> Vec<(String, u64, String)> {
        let json = self.portolan(&["check", "--format", "json", "--rule", rule]).json();
        let findings = json["findings"].as_array().expect("findings are a list").clone();
        findings.iter().map(|finding| self.place(finding)).collect()
    }

    fn place(&self, finding: &Value) -> (String, u64, String) {
        let file = finding["file"].as_str().expect("a finding has a file");
        let byte = |end: &str| finding["range"][end]["byte"].as_u64().expect("a byte") as usize;
        let line = finding["range"]["start"]["line"].as_u64().expect("a line");
        (file.to_owned(), line, self.read(file)[byte("start")..byte("end")].to_owned())
    }

    /// The names of the failures in a log.
    pub fn failures(&self, log: &str) -> Vec<String> {
        let path = self.folder.path("scratch/read.log");
        fs::write(&path, log).unwrap();
        let outcome = self.portolan(&["log", "--format", "json", path.to_str().unwrap()]);
        let json = outcome.json();
        let findings = json["findings"].as_array().expect("findings are a list").iter();
        let mut names: Vec<String> = findings.map(|one| one["rule"].as_str().unwrap().to_owned()).collect();
        if names.is_empty() && json["unknown"].is_object() {
            names.push(format!("unknown: {}", json["unknown"]["message"]));
        }
        assert_eq!(outcome.code, Some(i32::from(!names.is_empty())), "{json}");
        names
    }

    /// The audit of one file.
    pub fn audit(&self, file: &str, arguments: &[&str]) -> Value {
        let all = [&["audit", "--format", "json"], arguments, &[file]].concat();
        self.portolan(&all).json()["files"][0].clone()
    }

    /// What a program prints, run by itself or by one that can.
    pub fn says(&self, file: &str, runner: &[&str]) -> String {
        let file = self.path(file).display().to_string();
        let words = [runner, &[file.as_str()]].concat();
        let output = Command::new(words[0]).args(&words[1..]).current_dir(self.path("")).output();
        let output = output.unwrap_or_else(|error| panic!("{words:?}: {error}"));
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }
}

fn outcome(mut command: Command) -> Outcome {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Outcome { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
