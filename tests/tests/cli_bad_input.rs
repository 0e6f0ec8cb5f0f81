//! Hostile and broken input: a clear finding or nothing, never a crash or a hang.

#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::{Command, Stdio},
};

use portolan_tests::{
    Folder,
    binary::{Outcome, command, run, wait},
};

const MANIFEST: &str = "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// Every file that Portolan reads, in turn made into what `make` makes of it.
const FILES: [&str; 8] = [
    "flake.nix",
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    ".cargo/config",
    "rust-toolchain.toml",
    "Cross.toml",
    "portolan.toml",
];

/// Looks at the folder with every command; each must end by itself with an answer.
fn survive(folder: &Folder, what: &str) -> Outcome {
    for arguments in [&["targets"][..], &["fix", "--diff"], &["check", "--format", "sarif"], &["check"]] {
        let outcome = run(folder.root(), arguments);
        assert!(
            matches!(outcome.code, Some(0 | 1)),
            "{what}, {arguments:?}: {:?}: {:.2000}",
            outcome.code,
            outcome.err
        );
        assert!(!outcome.err.contains("panicked"), "{what}: {}", outcome.err);
    }
    let outcome = run(folder.root(), ["check", "--format", "json"]);
    assert_eq!(outcome.json()["version"], 1, "{what}");
    outcome
}

fn each_file(what: &str, make: impl Fn(&Folder, &str)) {
    for file in FILES {
        let folder = Folder::new(&[("src/main.rs", "fn main() {}\n"), (".cargo/keep", "")]);
        if file != "Cargo.toml" {
            folder.write("Cargo.toml", MANIFEST);
        }
        make(&folder, file);
        survive(&folder, &format!("{what} {file}"));
    }
}

#[test]
fn bytes_that_are_no_text() {
    each_file("non-UTF-8", |folder, file| folder.write(file, b"a = \"\xff\xfe\"\n"));
    each_file("NUL", |folder, file| folder.write(file, b"\0\0\0"));
}

#[test]
fn empty_files_and_folders_instead_of_files() {
    each_file("empty", |folder, file| folder.write(file, ""));
    each_file("BOM only", |folder, file| folder.write(file, "\u{feff}"));
    each_file("folder", |folder, file| fs::create_dir_all(folder.path(file)).expect("a folder can be made"));
}

#[test]
fn pipes_never_block() {
    each_file("FIFO", |folder, file| {
        let made = Command::new("mkfifo").arg(folder.path(file)).status().expect("mkfifo can be started");
        assert!(made.success());
    });
}

fn link(target: &Path, path: &Path) {
    symlink(target, path).expect("a link can be made");
}

#[test]
fn links_that_lead_in_circles_or_out() {
    each_file("loop", |folder, file| link(&folder.path(file), &folder.path(file)));
    each_file("device", |folder, file| link(Path::new("/dev/zero"), &folder.path(file)));
    each_file("outside", |folder, file| link(Path::new("/etc/passwd"), &folder.path(file)));
    each_file("nowhere", |folder, file| link(Path::new("nowhere"), &folder.path(file)));
}

#[test]
fn nothing_from_outside_the_project_is_shown() {
    let outside = Folder::new(&[("secret.toml", "build = \"correct horse battery staple\n")]);
    each_file("secret", |folder, file| {
        link(&outside.path("secret.toml"), &folder.path(file));
        let outcome = run(folder.root(), ["check", "--fail-on", "hint"]);
        assert!(!format!("{outcome:?}").contains("battery"), "{file}: {outcome:?}");
    });
}

#[test]
fn five_megabytes() {
    each_file("5 MB of comments", |folder, file| folder.write(file, "# comment\n".repeat(500_000)));
    each_file("5 MB in one line", |folder, file| folder.write(file, "x".repeat(5_000_000)));
}

#[test]
fn a_hundred_thousand_brackets() {
    for bracket in ["[", "{", "(", "a.", "!", "a = {", "x: ", "[[", "\"${"] {
        each_file("nested", |folder, file| folder.write(file, format!("a = {}", bracket.repeat(100_000))));
    }
}

#[test]
fn a_folder_without_permission() {
    let folder =
        Folder::new(&[("p/Cargo.toml", MANIFEST), ("q/Cargo.toml", MANIFEST), ("q/.cargo/config.toml", "")]);
    if fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("SKIPPED: root may read every folder; run as an ordinary user");
        }
        return;
    }
    let close = |path: &str, mode| {
        fs::set_permissions(folder.path(path), fs::Permissions::from_mode(mode)).expect("a mode can be set");
    };
    close("p", 0o000);
    close("q/.cargo", 0o000);
    let whole = run(folder.root(), ["check", "p"]);
    let part = run(folder.root(), ["check", "q"]);
    close("p", 0o755);
    close("q/.cargo", 0o755);
    assert_eq!(whole.code, Some(2), "{whole:?}");
    assert!(whole.err.contains("ermission denied"), "{whole:?}");
    assert!(matches!(part.code, Some(0 | 1)), "{part:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = Folder::new(&[(".cargo/config.toml", "[build]\ntarget = \"x86_64-unknown-linux-gnuu\"\n")]);
    for arguments in [&["check", "--format", "sarif"][..], &["rules", "--format", "markdown"], &["--help"]] {
        let whole = run(folder.root(), arguments);
        let mut child = command(folder.root(), arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("portolan can be started");
        // Closed before the first byte is read.
        drop(child.stdout.take());
        let mut err = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().expect("is piped"), &mut err)
            .expect("is text");
        assert_eq!(wait(&mut child), whole.code, "{arguments:?}: {err}");
        assert_eq!(err, "", "{arguments:?}");
    }
}

/// The messages of `unreadable-file`.
fn unread(folder: &Folder) -> Vec<String> {
    let report = run(folder.root(), ["check", "--format", "json"]).json();
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    let own = findings.iter().filter(|finding| finding["rule"] == "unreadable-file");
    own.map(|finding| finding["message"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn bounds_are_findings() {
    let folder = Folder::new(&[("src/main.rs", "fn main() {}\n"), ("Cargo.toml", MANIFEST)]);
    folder.write("Cargo.toml", format!("{MANIFEST}# {}\n", "x".repeat(5 << 20)));
    assert!(
        matches!(unread(&folder).as_slice(), [one] if one.contains("larger than")),
        "{:?}",
        unread(&folder)
    );
    folder.write("Cargo.toml", MANIFEST);
    let targets: Vec<String> =
        (0..5_000).map(|index| format!("\"x86_64-unknown-linux-mus{index}\"")).collect();
    folder.write("portolan.toml", format!("targets = [{}]\n", targets.join(", ")));
    assert!(
        matches!(unread(&folder).as_slice(), [one] if one.contains("too many targets")),
        "{:?}",
        unread(&folder)
    );
}

/// Each of these once took a time that grew with the square of its size, minutes for some.
#[test]
fn large_files_end_soon() {
    let many = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let lock = |index: usize| {
        format!(
            "[[package]]\nname = \"p\"\nversion = \"1.0.{index}\"\ndependencies = [\n \"p 1.0.{}\",\n]\n\n",
            index + 1
        )
    };
    let cases: [(&str, String); 6] = [
        (
            "Cargo.toml",
            format!("{MANIFEST}\n[dependencies]\n{}", many(20_000, &|i| format!("c{i} = \"1\"\n"))),
        ),
        ("Cargo.toml", format!("{MANIFEST}\n{}", "# portolan: allow(missing-linker) x\n".repeat(20_000))),
        ("Cargo.lock", format!("version = 4\n\n{}", many(20_000, &lock))),
        // A blank more than cargo writes, so that it is read as a tree.
        ("Cargo.lock", format!("version  = 4\n\n{}", many(20_000, &lock))),
        (".cargo/config.toml", format!("[env]\n{}", many(20_000, &|i| format!("A{i} = \"1\"\n")))),
        (".cargo/config.toml", many(5_000, &|i| format!("[target.'cfg(a{i})']\nrustflags = [\"-g\"]\n"))),
    ];
    for (file, text) in cases {
        let folder = Folder::new(&[("src/main.rs", "fn main() {}\n"), ("Cargo.toml", MANIFEST)]);
        folder.write(file, &text);
        let started = std::time::Instant::now();
        let outcome = run(folder.root(), ["check", "--format", "json"]);
        assert!(matches!(outcome.code, Some(0 | 1)), "{file}: {:?}: {:.500}", outcome.code, outcome.err);
        // A debug build on a busy machine; before, it was minutes.
        assert!(started.elapsed().as_secs() < 60, "{file} took {:?}", started.elapsed());
    }
}
