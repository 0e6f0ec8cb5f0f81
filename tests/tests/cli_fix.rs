//! `portolan fix`: what it writes, what it leaves alone, and what it says.

use std::{fs, process::Command};

use portolan_tests::{
    Folder,
    binary::{Outcome, run},
};

const TYPO: &str = "# keep me\r\n[build]\r\ntarget = \"x86_64-unknown-linux-gnuu\" # and me\r\n";

fn project() -> Folder {
    Folder::new(&[(".cargo/config.toml", TYPO)])
}

fn fix(folder: &Folder, arguments: &[&str]) -> Outcome {
    let command = ["fix", "--host", "x86_64-unknown-linux-gnu"];
    run(folder.root(), command.iter().chain(arguments))
}

#[test]
fn safe_fixes_are_written_once_and_then_there_is_nothing_left() {
    let folder = project();
    let outcome = fix(&folder, &[]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome.out.contains("(unknown-target)") && outcome.out.contains("changed .cargo/config.toml"),
        "{outcome:?}"
    );
    assert_eq!(folder.read(".cargo/config.toml"), TYPO.replace("gnuu", "gnu"));

    let before = folder.contents();
    let again = fix(&folder, &[]);
    assert_eq!(again.code, Some(0));
    assert!(again.out.contains("Nothing to fix"), "{again:?}");
    assert_eq!(folder.contents(), before);
}

#[test]
fn a_diff_writes_nothing_and_git_can_apply_it() {
    let folder = project();
    let before = folder.contents();
    let outcome = fix(&folder, &["--diff"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(folder.contents(), before);

    folder.write("fix.diff", &outcome.out);
    let applied = Command::new("git").args(["apply", "fix.diff"]).current_dir(folder.root()).status();
    assert!(applied.expect("git can be started").success(), "{}", outcome.out);
    assert_eq!(folder.read(".cargo/config.toml"), TYPO.replace("gnuu", "gnu"));
    let clean = fix(&folder, &["--diff"]);
    assert_eq!((clean.code, clean.out.as_str()), (Some(0), ""));
}

#[test]
fn only_the_rule_that_was_named_is_fixed() {
    let folder = project();
    let before = folder.contents();
    let other = fix(&folder, &["--rule", "legacy-cargo-config"]);
    assert_eq!(other.code, Some(0), "{other:?}");
    assert_eq!(folder.contents(), before);
    assert_eq!(fix(&folder, &["--rule", "unknown-target"]).code, Some(0));
    assert_ne!(folder.contents(), before);
}

#[test]
fn a_file_gets_its_new_name() {
    let folder = Folder::new(&[(".cargo/config", "[build]\njobs = 2\n")]);
    let diff = fix(&folder, &["--diff"]);
    assert!(diff.out.contains("rename from .cargo/config\nrename to .cargo/config.toml\n"), "{diff:?}");
    let outcome = fix(&folder, &[]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(!folder.path(".cargo/config").exists());
    assert_eq!(folder.read(".cargo/config.toml"), "[build]\njobs = 2\n");
}

#[cfg(unix)]
#[test]
fn modes_and_links_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new(&[("settings/cargo.toml", TYPO), (".cargo/keep", "")]);
    let file = folder.path("settings/cargo.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("a mode can be set");
    symlink("../settings/cargo.toml", folder.path(".cargo/config.toml")).expect("a link can be made");
    assert_eq!(fix(&folder, &[]).code, Some(0));
    let link = fs::symlink_metadata(folder.path(".cargo/config.toml")).expect("the link is there");
    assert!(link.is_symlink());
    assert_eq!(folder.read("settings/cargo.toml"), TYPO.replace("gnuu", "gnu"));
    assert_eq!(fs::metadata(&file).expect("the file is there").permissions().mode() & 0o777, 0o640);
    // Nothing temporary is left.
    assert_eq!(folder.contents().len(), 2);
}

#[test]
fn nothing_to_look_at_and_wrong_words_have_their_own_codes() {
    let empty = Folder::new(&[]);
    assert_eq!(fix(&empty, &["."]).code, Some(3));
    assert_eq!(fix(&project(), &["--rule", "nonsense"]).code, Some(2));
}

#[test]
fn what_lies_above_the_project_is_reported_and_left_alone() {
    let folder = Folder::new(&[
        (".cargo/config.toml", TYPO),
        ("inner/Cargo.toml", "[package]\nname = \"inner\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("inner/src/main.rs", "fn main() {}\n"),
    ]);
    let before = folder.contents();
    let outcome = fix(&folder, &["inner", "--unsafe"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.out.contains("Nothing to fix automatically"), "{outcome:?}");
    assert_eq!(folder.contents(), before);
}

#[test]
fn for_a_target_that_only_a_workflow_names_nothing_is_written_unasked() {
    let workflow = "on: push\njobs:\n  build:\n    runs-on: windows-latest\n    steps:\n      - run: cargo build --release --target x86_64-pc-windows-msvc\n      - uses: softprops/action-gh-release@v2\n";
    let folder = Folder::new(&[
        ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("Cargo.lock", "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n"),
        ("src/main.rs", "fn main() {}\n"),
        (".github/workflows/release.yml", workflow),
    ]);
    let before = folder.contents();
    let outcome = fix(&folder, &[]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(folder.contents(), before);
    fix(&folder, &["--unsafe"]);
    assert!(folder.read(".cargo/config.toml").contains("+crt-static"));
}
