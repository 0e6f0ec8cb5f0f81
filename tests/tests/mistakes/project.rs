//! A copy of a project of `fixtures/builds`, which is checked, built, fixed and audited.

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

/// What a build came to: whether it succeeded, and both its streams in the order of their lines.
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
    pub fn build(&self, arguments: &[&str]) -> Built {
        let log = self.folder.path("scratch").join("build.log");
        let file = fs::File::create(&log).unwrap();
        let mut command = self.prepared(toolchain::cargo_command(arguments));
        command.stderr(file.try_clone().unwrap()).stdout(file);
        let succeeded = command.status().expect("cargo can be started").success();
        Built { succeeded, log: String::from_utf8_lossy(&fs::read(log).unwrap()).into_owned() }
    }

    /// Runs the product in the same environment.
    pub fn portolan(&self, arguments: &[&str]) -> Outcome {
        let mut command = Command::new(portolan());
        command.args(arguments);
        let output = self.prepared(command).output().expect("portolan can be started");
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Outcome { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// The findings of a rule, each as the file and the text that is marked.
    pub fn findings(&self, rule: &str) -> Vec<(String, String)> {
        let json = self.portolan(&["check", "--format", "json", "--rule", rule]).json();
        let findings = json["findings"].as_array().expect("findings are a list").clone();
        findings.iter().map(|finding| self.place(finding)).collect()
    }

    fn place(&self, finding: &Value) -> (String, String) {
        let file = finding["file"].as_str().expect("a finding has a file");
        let byte = |end: &str| finding["range"][end]["byte"].as_u64().expect("a byte") as usize;
        (file.to_owned(), self.read(file)[byte("start")..byte("end")].to_owned())
    }

    /// The names of the failures in a log.
    pub fn failures(&self, log: &str) -> Vec<String> {
        let path = self.folder.path("scratch").join("read.log");
        fs::write(&path, log).unwrap();
        let outcome = self.portolan(&["log", "--format", "json", path.to_str().unwrap()]);
        let json = outcome.json();
        let findings = json["findings"].as_array().expect("findings are a list");
        let names: Vec<String> =
            findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect();
        let expected = i32::from(!names.is_empty() || json["unknown"].is_object());
        assert_eq!(outcome.code, Some(expected), "{json}");
        if names.is_empty() && json["unknown"].is_object() {
            return vec![format!("unknown: {}", json["unknown"]["message"])];
        }
        names
    }

    /// The audit of one file.
    pub fn audit(&self, file: &str, arguments: &[&str]) -> Value {
        let all = [&["audit", "--format", "json"], arguments, &[file]].concat();
        self.portolan(&all).json()["files"][0].clone()
    }

    /// Runs a program that was built, by itself or through one that can, and gives what it prints.
    pub fn run(&self, runner: &[&str], file: &str) -> String {
        let file = self.path(file);
        let mut command = match runner {
            [] => Command::new(&file),
            [program, rest @ ..] => {
                let mut command = Command::new(program);
                command.args(rest).arg(&file);
                command
            }
        };
        command.current_dir(self.path("")).stdin(Stdio::null());
        let output = command.output().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(output.status.success(), "{}: {output:?}", file.display());
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }
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
