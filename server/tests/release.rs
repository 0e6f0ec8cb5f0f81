//! The workflow that releases every target. `UPDATE_RELEASE=1` renews the sample beside the fixtures.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use portolan::{analysis::analyze, project::Project, release, snapshot::MemoryFiles};

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[[bin]]\nname = \"app\"\n\
                        path = \"src/main.rs\"\n\n[[bin]]\nname = \"app-helper\"\npath = \"src/helper.rs\"\n";

const TARGETS: &str = r#"[toolchain]
channel = "1.90"
targets = [
  "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-musl", "armv7-unknown-linux-gnueabihf",
  "riscv64gc-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu",
  "wasm32-wasip1", "thumbv7em-none-eabihf",
]
"#;

const CONFIG: &str = "[target.armv7-unknown-linux-gnueabihf]\nlinker = \"arm-linux-gnueabihf-gcc\"\n";

const FLAKE: &str = r#"{
  outputs = { nixpkgs, ... }: let
    pkgs = nixpkgs.legacyPackages.x86_64-linux;
  in {
    packages.x86_64-linux.static = pkgs.pkgsStatic.rustPlatform.buildRustPackage {
      pname = "app";
      version = "0.1.0";
      src = ./.;
      cargoLock.lockFile = ./Cargo.lock;
    };
  };
}
"#;

fn project(files: &[(&str, &str)]) -> Arc<Project> {
    let files = files.iter().fold(MemoryFiles::new("/p"), |files, (path, text)| files.with(*path, *text));
    analyze(&files.snapshot()).project
}

#[test]
fn every_target_has_a_job_or_a_reason() {
    let project = project(&[
        ("Cargo.toml", MANIFEST),
        ("rust-toolchain.toml", TARGETS),
        (".cargo/config.toml", CONFIG),
        ("flake.nix", FLAKE),
    ]);
    let (jobs, left) = release::jobs(&project);
    let shown: Vec<(&str, &str, &str, Option<&str>)> = jobs
        .iter()
        .map(|job| (job.target.as_str(), job.runner, job.build.as_str(), job.policy.as_deref()))
        .collect();
    let cargo = |target: &str| format!("cargo build --release --locked --target {target}");
    assert_eq!(
        shown,
        [
            ("aarch64-apple-darwin", "macos-15", &*cargo("aarch64-apple-darwin"), None),
            (
                "aarch64-unknown-linux-musl",
                "ubuntu-22.04-arm",
                &*cargo("aarch64-unknown-linux-musl"),
                Some("static")
            ),
            (
                "armv7-unknown-linux-gnueabihf",
                "ubuntu-22.04",
                &*cargo("armv7-unknown-linux-gnueabihf"),
                Some("glibc-2.35")
            ),
            (
                "riscv64gc-unknown-linux-gnu",
                "ubuntu-24.04",
                "cargo zigbuild --release --locked --target riscv64gc-unknown-linux-gnu.2.29",
                Some("glibc-2.29")
            ),
            ("wasm32-wasip1", "ubuntu-24.04", &*cargo("wasm32-wasip1"), None),
            ("x86_64-pc-windows-gnu", "ubuntu-24.04", &*cargo("x86_64-pc-windows-gnu"), None),
            ("x86_64-pc-windows-msvc", "windows-2025", &*cargo("x86_64-pc-windows-msvc"), None),
            (
                "x86_64-unknown-linux-gnu",
                "ubuntu-22.04",
                &*cargo("x86_64-unknown-linux-gnu"),
                Some("glibc-2.35")
            ),
            (
                "x86_64-unknown-linux-musl",
                "ubuntu-24.04",
                "nix build --print-build-logs '.#packages.x86_64-linux.static'",
                Some("static")
            ),
        ]
    );
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].0, "thumbv7em-none-eabihf");

    let text = release::text(&project).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/release/release.yml");
    if std::env::var_os("UPDATE_RELEASE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(path).unwrap(), "UPDATE_RELEASE=1 renews {path}");
}

#[test]
fn nothing_is_written_over_and_no_name_becomes_a_command() {
    let plain = [("Cargo.toml", MANIFEST)];
    assert!(release::workflow(&project(&plain)).is_some());
    let there = [("Cargo.toml", MANIFEST), (release::PATH, "name: mine\n")];
    assert!(release::workflow(&project(&there)).is_none());
    let hostile = MANIFEST.replace("app-helper", "a; rm -rf $HOME");
    assert!(release::text(&project(&[("Cargo.toml", &hostile)])).is_none());
    let library = "[package]\nname = \"lib\"\nversion = \"0.1.0\"\n";
    assert!(release::text(&project(&[("Cargo.toml", library)])).is_none());
}
