//! `portolan build` with this machine's own cargo.

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use portolan_tests::{Folder, Outcome, binary};

const MANIFEST: &str =
    "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[profile.release]\nopt-level = 0\n";
const MAIN: &str = "fn main() { println!(\"hello\"); }\n";

fn project(more: &[(&str, &str)]) -> Folder {
    Folder::new(&[&[("Cargo.toml", MANIFEST), ("src/main.rs", MAIN)], more].concat())
}

fn build(folder: &Folder, arguments: &[&str]) -> Outcome {
    binary::run(folder.root(), [&["build"], arguments].concat())
}

/// The triple that this machine's rustc calls its host.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("there is a rustc");
    let text = String::from_utf8(output.stdout).expect("rustc speaks UTF-8");
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    line.expect("rustc has a host").to_owned()
}

#[test]
fn a_program_is_built_and_audited() {
    let folder = project(&[]);
    let outcome = build(&folder, &[]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.out.contains("target/release/app"), "{outcome:?}");
    assert!(outcome.out.contains("runs on") && outcome.err.contains("Compiling app"), "{outcome:?}");
    let named = build(&folder, &[&host(), "--debug"]);
    assert_eq!(named.code, Some(0), "{named:?}");
    assert!(named.out.contains(&format!("target/{}/debug/app", host())), "{named:?}");
}

#[test]
fn a_dry_run_shows_the_command_and_starts_nothing() {
    let folder = project(&[]);
    let arguments =
        ["--dry-run", "--builder", "cargo", "aarch64-unknown-linux-gnu", "--bin", "app", "--", "--locked"];
    let outcome = build(&folder, &arguments);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let command = "cargo build --release --target aarch64-unknown-linux-gnu --bin app --locked \
                   --message-format=json-render-diagnostics";
    assert!(outcome.out.contains(command), "{outcome:?}");
    assert!(!folder.path("target").exists());
    let zigbuild = build(&folder, &["--dry-run", "--builder", "zigbuild", "x86_64-unknown-linux-gnu.2.17"]);
    assert!(
        zigbuild.out.contains("cargo zigbuild --release --target x86_64-unknown-linux-gnu.2.17"),
        "{zigbuild:?}"
    );
}

#[test]
fn a_missing_tool_is_named_before_anything_starts() {
    let folder = project(&[]);
    let mut command =
        binary::command(folder.root(), ["build", "--builder", "cross", "aarch64-unknown-linux-gnu"]);
    let output = command.env("PATH", folder.root()).output().expect("portolan can be started");
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{out}");
    assert!(out.contains("missing: cross is not on this machine"), "{out}");
    assert!(out.contains("cargo install --locked cross"), "{out}");
    assert!(!folder.path("target").exists());
}

#[test]
fn a_failure_stands_at_the_line_that_causes_it() {
    let host = host();
    let config = format!("[target.{host}]\nlinker = \"no-such-linker\"\n");
    let folder = project(&[(".cargo/config.toml", &config)]);
    // Asked for by name, the build is tried even where a tool is known to be missing.
    let outcome = build(&folder, &["--builder", "cargo"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.out.contains("error[linker-not-found]"), "{outcome:?}");
    assert!(outcome.out.contains(".cargo/config.toml:2:10"), "{outcome:?}");
    assert!(outcome.out.contains("the build says: error: linker `no-such-linker` not found"), "{outcome:?}");
    let log = folder.read(&format!("target/portolan/{host}.log"));
    assert!(log.contains("no-such-linker"), "{log}");
}

#[test]
fn an_unknown_failure_shows_its_own_first_error() {
    let folder = project(&[("src/main.rs", "fn main() { nothing_of_that_name(); }\n")]);
    let outcome = build(&folder, &[]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.out.contains("in a way that Portolan does not know"), "{outcome:?}");
    assert!(outcome.out.contains("error[E0425]"), "{outcome:?}");
}

#[test]
fn a_target_folder_that_cannot_be_written_is_told_plainly() {
    // A file where the folder should be: root may write anywhere, but not there.
    let folder = project(&[("target", "a file\n")]);
    let outcome = build(&folder, &[]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let text = outcome.out.replace('\n', " ");
    assert!(text.contains("nothing can be written into the target folder"), "{outcome:?}");
}

#[test]
fn wrong_names_are_refused() {
    let folder = project(&[]);
    let outcome = build(&folder, &["x86_64-unknown-linux-gnux"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.err.contains("did you mean x86_64-unknown-linux-gnu?"), "{outcome:?}");
    assert_eq!(build(&folder, &["--glibc", "new"]).code, Some(2));
    let empty = Folder::new(&[("a.txt", "")]);
    assert_eq!(build(&empty, &[]).code, Some(3));
}

#[test]
fn archives_hold_what_passed_and_are_the_same_each_time() {
    let folder = project(&[("README.md", "# app\n"), ("LICENSE-MIT", "MIT\n"), ("notes.txt", "no\n")]);
    let outcome = build(&folder, &[&host(), "--dist", "dist"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let name = format!("app-0.1.0-{}", host());
    let archive = folder.path(&format!("dist/{name}.tar.gz"));
    let listed = Command::new("tar").arg("-tvzf").arg(&archive).output().expect("there is a tar");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let files: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().last()).collect();
    let expected = ["LICENSE-MIT", "README.md", "app"].map(|file| format!("{name}/{file}"));
    assert_eq!(files, expected, "{listed}");
    assert!(listed.contains("-rwxr-xr-x") && listed.contains("1980"), "{listed}");
    let first = fs::read(&archive).expect("the archive can be read");
    let sums = Command::new("sha256sum").args(["-c", "SHA256SUMS"]).current_dir(folder.path("dist")).status();
    assert!(sums.is_ok_and(|status| status.success()));
    let again = build(&folder, &[&host(), "--dist", "dist"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(fs::read(&archive).expect("the archive can be read"), first);
    // What does not pass is not shipped.
    let refused = build(&folder, &[&host(), "--dist", "other", "--policy", "static"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.out.contains("No archives"), "{refused:?}");
    assert_eq!(fs::read_dir(folder.path("other")).map(Iterator::count).ok(), Some(0));
}

#[cfg(unix)]
#[test]
fn all_targets_make_a_table() {
    let config = format!(
        "[build]\ntarget = [\"{}\", \"aarch64-unknown-linux-gnu\"]\n\n[target.x86_64-pc-windows-msvc]\n\
         rustflags = [\"-Ctarget-feature=+crt-static\"]\n",
        host()
    );
    let folder = project(&[(".cargo/config.toml", &config)]);
    let mut command = binary::command(folder.root(), ["build", "--all"]);
    // Cargo and rustc alone: nothing that could link another architecture.
    let tools = Command::new("rustup").args(["which", "cargo"]).output().expect("rustup is here");
    let tools = String::from_utf8_lossy(&tools.stdout).trim().to_owned();
    let path = std::path::Path::new(&tools).parent().expect("a folder").to_owned();
    folder.write("bin/.keep", "");
    for tool in ["cc", "gcc", "as", "ld"] {
        let real = Command::new("which").arg(tool).output().expect("there is a which");
        let real = String::from_utf8_lossy(&real.stdout).trim().to_owned();
        std::os::unix::fs::symlink(real, folder.path("bin").join(tool)).expect("a link can be made");
    }
    let path = std::env::join_paths([path, folder.path("bin")]).expect("a PATH");
    let output = command.env("PATH", path).output().expect("portolan can be started");
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{out}");
    let row = |triple: &str| out.lines().find(|line| line.starts_with(triple)).unwrap_or_default().to_owned();
    assert!(row("aarch64-unknown-linux-gnu ").contains("not started, missing: "), "{out}");
    assert!(row(&format!("{} ", host())).contains("(1 file)"), "{out}");
    assert!(row("x86_64-pc-windows-msvc").contains("not from here"), "{out}");
}

/// Ctrl-C, to the program alone: who it started is ended by it.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_ends_the_whole_tree() {
    let mark = format!("96{:05}.1", std::process::id());
    let script =
        format!("fn main() {{ std::process::Command::new(\"sleep\").arg(\"{mark}\").status().unwrap(); }}\n");
    let folder = project(&[("build.rs", &script)]);
    let living = || {
        let lines = fs::read_dir("/proc").expect("there is /proc").flatten();
        let lines = lines.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
        lines.filter(|line| String::from_utf8_lossy(line).contains(&mark)).count()
    };
    let mut child = binary::command(folder.root(), ["build"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("portolan can be started");
    let start = Instant::now();
    while living() == 0 {
        assert!(start.elapsed() < Duration::from_mins(1), "the build script does not start");
        thread::sleep(Duration::from_millis(20));
    }
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.is_ok_and(|status| status.success()));
    let start = Instant::now();
    assert_eq!(binary::wait(&mut child), Some(1));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(living(), 0);
}

/// On a terminal a bar shows how far it is; elsewhere there is nothing of it, and nothing that steers a terminal.
#[cfg(target_os = "linux")]
#[test]
fn progress_is_for_terminals() {
    let script = "fn main() { std::thread::sleep(std::time::Duration::from_millis(1500)); }\n";
    let folder = project(&[("build.rs", script)]);
    let program = portolan_tests::portolan().display().to_string();
    // util-linux's script gives the program a terminal of its own.
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &format!("{program} build"), "/dev/null"]);
    binary::without_settings(&mut command);
    command.env("CARGO_HOME", folder.path("no-cargo-home")).env("TERM", "xterm").current_dir(folder.root());
    let shown = command.stdin(Stdio::null()).output().expect("there is a script");
    assert!(shown.status.success(), "{shown:?}");
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    let has_bar =
        text.split('\r').any(|line| line.contains("% ") && line.contains("/3 ") && line.contains("app"));
    assert!(has_bar, "no bar with percent, units and the crate: {text:?}");
    assert!(text.contains("runs on") && text.contains("\u{1b}["), "{text:?}");

    fs::remove_dir_all(folder.path("target")).expect("the target folder can be removed");
    let plain = build(&folder, &[]);
    assert_eq!(plain.code, Some(0), "{plain:?}");
    for text in [&plain.out, &plain.err] {
        assert!(!text.contains(['\u{1b}', '\r']) && !text.contains('%'), "{text:?}");
    }
    assert!(plain.err.contains("   Compiling app v0.1.0"), "{plain:?}");
}
