#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::*;
use crate::snapshot::{Host, MemoryFiles, Settings, Snapshot};

const HOST: &str = "x86_64-unknown-linux-gnu";
const ARM: &str = "aarch64-unknown-linux-gnu";
const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// A project on a host with these programs.
fn project(host: &str, programs: &[&str], files: &[(&str, &str)]) -> Project {
    let mut memory = MemoryFiles::new("/p").with("src/main.rs", "");
    for (path, text) in files {
        memory = memory.with(*path, *text);
    }
    let programs: BTreeSet<String> = programs.iter().map(|name| (*name).to_owned()).collect();
    let host = Host {
        triple: host.to_owned(),
        programs: Some(Arc::new(programs)),
        cargo_home: None,
        environment: Arc::new(BTreeMap::new()),
    };
    let settings = Settings { targets: vec![ARM.to_owned()], ..Settings::default() };
    let snapshot = Snapshot { host: Arc::new(host), settings: Arc::new(settings), ..memory.snapshot() };
    Project::read(&snapshot)
}

fn planned(project: &Project, target: Option<&str>) -> Plan {
    let wish = target.map_or_else(Wish::default, |target| Wish::default().of(target));
    plan(project, &wish)
}

/// The commands without their variables.
fn commands(plan: &Plan) -> Vec<String> {
    let shown = |step: &Step| Invocation { environment: Vec::new(), ..step.command.clone() }.shown();
    plan.steps.iter().map(shown).collect()
}

fn missing(plan: &Plan) -> Vec<&str> {
    plan.missing.iter().map(|missing| missing.tool.as_str()).collect()
}

#[test]
fn the_host_is_built_by_cargo_without_a_name() {
    let project = project(HOST, &["cargo"], &[("Cargo.toml", MANIFEST)]);
    let plan = planned(&project, None);
    assert_eq!((plan.builder, missing(&plan).len()), (Builder::Cargo, 0));
    assert_eq!(commands(&plan), ["cargo build --release --message-format=json-render-diagnostics"]);
    assert_eq!(plan.folder, Some("/p/target".into()));
}

#[test]
fn the_target_folder_is_cargos_own() {
    let config = "[build]\ntarget-dir = \"out\"\n";
    let project = project(HOST, &["cargo"], &[("Cargo.toml", MANIFEST), (".cargo/config.toml", config)]);
    for (extra, folder) in [
        (&[][..], "/p/out"),
        (&["--locked", "--target-dir", "mine"], "/p/mine"),
        (&["--target-dir=/t", "--locked"], "/t"),
        (&["--target-dir"], "/p/out"),
    ] {
        let extra = extra.iter().map(|word| (*word).to_owned()).collect();
        let plan = plan(&project, &Wish { extra, ..Wish::default() });
        assert_eq!(plan.folder, Some(folder.into()), "{:?}", commands(&plan));
    }
}

#[test]
fn a_linker_that_is_here_makes_it_cargos() {
    let config = format!("[target.{ARM}]\nlinker = \"aarch64-linux-gnu-gcc\"\n");
    let files = [("Cargo.toml", MANIFEST), (".cargo/config.toml", config.as_str())];
    let plan = planned(&project(HOST, &["cargo", "aarch64-linux-gnu-gcc"], &files), Some(ARM));
    assert_eq!((plan.builder, missing(&plan).len()), (Builder::Cargo, 0), "{plan:?}");
    assert!(plan.why.contains("aarch64-linux-gnu-gcc"), "{}", plan.why);
    // Without it another builder takes over, and without that one it is said what is missing.
    let plan = planned(&project(HOST, &["cargo", "cargo-zigbuild", "zig"], &files), Some(ARM));
    assert_eq!((plan.builder, missing(&plan).len()), (Builder::Zigbuild, 0), "{plan:?}");
    let plan = planned(&project(HOST, &["cargo", "apt-get"], &files), Some(ARM));
    assert_eq!((plan.builder, missing(&plan)), (Builder::Cargo, vec!["aarch64-linux-gnu-gcc"]));
    assert!(
        plan.missing.iter().all(|one| one.get.contains("apt-get install gcc-aarch64-linux-gnu")),
        "{plan:?}"
    );
}

#[test]
fn what_the_project_uses_comes_first() {
    let cross = format!("[target.{ARM}]\nimage = \"x\"\n");
    let files = [("Cargo.toml", MANIFEST), ("Cross.toml", cross.as_str())];
    let tools = ["cargo", "cross", "docker", "cargo-zigbuild", "zig"];
    let plan = planned(&project(HOST, &tools, &files), Some(ARM));
    assert_eq!(plan.builder, Builder::Cross, "{plan:?}");
    assert_eq!(
        commands(&plan),
        [format!("cross build --release --target {ARM} --message-format=json-render-diagnostics")]
    );
    // Its container engine is not here; zig is.
    let plan = planned(&project(HOST, &["cargo", "cross", "cargo-zigbuild", "zig"], &files), Some(ARM));
    assert_eq!(plan.builder, Builder::Zigbuild, "{plan:?}");
    // A setting is no guess: what it needs is said.
    let settings = [("Cargo.toml", MANIFEST), ("portolan.toml", "[build]\nbuilder = \"zigbuild\"\n")];
    let plan = planned(&project(HOST, &["cargo"], &settings), Some(ARM));
    assert_eq!((plan.builder, missing(&plan)), (Builder::Zigbuild, vec!["cargo-zigbuild", "zig"]));
}

#[test]
fn an_old_glibc_is_zigs_matter() {
    let project = project(HOST, &["cargo", "cargo-zigbuild", "zig"], &[("Cargo.toml", MANIFEST)]);
    let plan = planned(&project, Some("x86_64-unknown-linux-gnu.2.17"));
    assert_eq!((plan.builder, plan.target.as_str()), (Builder::Zigbuild, HOST));
    assert_eq!(plan.glibc.as_deref(), Some("2.17"));
    let expected = "cargo zigbuild --release --target x86_64-unknown-linux-gnu.2.17";
    assert!(commands(&plan).first().is_some_and(|command| command.starts_with(expected)), "{plan:?}");
}

const FLAKE: &str = r#"{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
  outputs = { self, nixpkgs }: let
    pkgs = nixpkgs.legacyPackages.x86_64-linux;
    app = p: p.rustPlatform.buildRustPackage {
      pname = "app"; version = "0.1.0"; src = ./.; cargoLock.lockFile = ./Cargo.lock;
    };
  in {
    packages.x86_64-linux.default = app pkgs;
    packages.x86_64-linux.static = app pkgs.pkgsStatic;
    devShells.x86_64-linux.default = pkgs.mkShell {
      packages = [ pkgs.cargo ];
      CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER =
        "${pkgs.pkgsCross.aarch64-multiplatform.stdenv.cc}/bin/aarch64-unknown-linux-gnu-cc";
    };
  };
}
"#;

#[test]
fn a_package_for_the_target_is_built_by_nix() {
    let files = [("Cargo.toml", MANIFEST), ("flake.nix", FLAKE)];
    let musl = "x86_64-unknown-linux-musl";
    let project = project(HOST, &["cargo", "nix"], &files);
    let plan = planned(&project, Some(musl));
    assert_eq!(plan.builder, Builder::Nix, "the project has a package for it: {plan:?}");
    let wish = Wish { builder: Some(Builder::Nix), ..Wish::default() };
    let by_nix = super::plan(&project, &wish.of(musl));
    assert!(
        commands(&by_nix).first().is_some_and(|command| command.starts_with("nix build .#static --no-link"))
    );
    let default = super::plan(&project, &wish);
    assert!(commands(&default).first().is_some_and(|command| command.starts_with("nix build .#default ")));
    let none = super::plan(&project, &wish.of("aarch64-apple-darwin"));
    assert_eq!(missing(&none), ["a package for aarch64-apple-darwin"]);
    let named =
        Wish { attribute: Some("other".to_owned()), nix_builders: Some("@m".to_owned()), ..Wish::default() };
    let named = commands(&super::plan(&project, &named));
    assert!(
        named
            .first()
            .is_some_and(|command| command.contains("build .#other") && command.contains("--builders @m"))
    );
}

#[test]
fn a_dev_shell_that_names_the_linker_is_entered() {
    let files = [("Cargo.toml", MANIFEST), ("flake.nix", FLAKE)];
    let plan = planned(&project(HOST, &["cargo", "nix"], &files), Some(ARM));
    let command = commands(&plan).join("");
    assert!(command.starts_with("nix develop . "), "{command}");
    assert!(command.contains(&format!("--command cargo build --release --target {ARM}")), "{command}");
}

#[test]
fn a_flake_alone_is_nixs() {
    let plan = planned(&project(HOST, &["nix"], &[("flake.nix", FLAKE)]), None);
    assert_eq!((plan.builder, plan.folder.clone()), (Builder::Nix, None), "{plan:?}");
}

#[test]
fn a_universal_program_is_zigs_or_two_builds_and_a_join() {
    let on_linux = project(HOST, &["cargo", "cargo-zigbuild", "zig"], &[("Cargo.toml", MANIFEST)]);
    let plan = planned(&on_linux, Some(UNIVERSAL));
    assert_eq!((plan.builder, plan.steps.len()), (Builder::Zigbuild, 1));
    let on_apple = project("aarch64-apple-darwin", &["cargo", "lipo"], &[("Cargo.toml", MANIFEST)]);
    let plan = planned(&on_apple, Some(UNIVERSAL));
    assert_eq!((plan.builder, missing(&plan).len()), (Builder::Cargo, 0), "{plan:?}");
    let commands = commands(&plan);
    assert!(commands.iter().zip(HALVES).all(|(command, half)| command.contains(half)), "{commands:?}");
    assert_eq!(commands.get(2).map(String::as_str), Some("lipo"));
}

#[test]
fn configured_targets_are_what_a_plain_build_makes() {
    let config = "[build]\ntarget = [\"x86_64-unknown-linux-musl\", \"host-tuple\"]\n";
    let files = [("Cargo.toml", MANIFEST), (".cargo/config.toml", config)];
    let wishes = default_wishes(&project(HOST, &["cargo"], &files), &Wish::default());
    let targets: Vec<_> = wishes.iter().map(|wish| wish.target.as_deref()).collect();
    assert_eq!(targets, [Some("x86_64-unknown-linux-musl"), Some(HOST)]);
}

#[test]
fn a_bare_table_says_that_a_target_is_built_elsewhere() {
    let config = "[target.x86_64-pc-windows-msvc]\nrustflags = [\"-Ctarget-feature=+crt-static\"]\n";
    let files = [("Cargo.toml", MANIFEST), (".cargo/config.toml", config)];
    let (wishes, elsewhere) = all_wishes(&project(HOST, &["cargo"], &files), &Wish::default());
    assert_eq!(wishes.iter().map(|wish| wish.target.as_deref()).collect::<Vec<_>>(), [Some(ARM)]);
    assert_eq!(elsewhere, ["x86_64-pc-windows-msvc"]);
}

#[test]
fn nothing_is_missing_on_a_host_that_is_not_known() {
    let snapshot = MemoryFiles::new("/p").with("Cargo.toml", MANIFEST).with("src/main.rs", "").snapshot();
    let snapshot = Snapshot { host: Arc::new(Host::foreign(HOST)), ..snapshot };
    let plan = planned(&Project::read(&snapshot), Some(ARM));
    assert_eq!(missing(&plan), Vec::<&str>::new(), "{plan:?}");
}

#[test]
fn c_code_without_a_compiler_is_zigs_if_zig_is_here() {
    let manifest = format!("{MANIFEST}[build-dependencies]\ncc = \"1\"\n");
    let lock = "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"cc\"]\n\
                [[package]]\nname = \"cc\"\nversion = \"1.2.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let files = [("Cargo.toml", manifest.as_str()), ("Cargo.lock", lock), ("build.rs", "")];
    let musl = "x86_64-unknown-linux-musl";
    for (programs, builder) in [
        (&["cargo", "cargo-zigbuild", "zig"][..], Builder::Zigbuild),
        (&["cargo", "cargo-zigbuild", "zig", "x86_64-linux-musl-gcc"][..], Builder::Cargo),
        (&["cargo"][..], Builder::Cargo),
    ] {
        let plan = planned(&project(HOST, programs, &files), Some(musl));
        assert_eq!((plan.builder, missing(&plan).len()), (builder, 0), "{programs:?}: {plan:?}");
    }
    let pure =
        planned(&project(HOST, &["cargo", "cargo-zigbuild", "zig"], &[("Cargo.toml", MANIFEST)]), Some(musl));
    assert_eq!(pure.builder, Builder::Cargo, "rustc links it by itself: {pure:?}");
}

#[test]
fn packages_of_another_system_are_built_there() {
    let flake = FLAKE.replace(
        "packages.x86_64-linux.default = app pkgs;",
        "packages.x86_64-linux.default = app pkgs;\n    packages.aarch64-darwin.default = app nixpkgs.legacyPackages.aarch64-darwin;",
    );
    let files = [("Cargo.toml", MANIFEST), ("flake.nix", flake.as_str())];
    let project = project(HOST, &["cargo", "nix", "cargo-zigbuild", "zig"], &files);
    let (wishes, elsewhere) = all_wishes(&project, &Wish::default());
    let targets: Vec<_> = wishes.iter().filter_map(|wish| wish.target.as_deref()).collect();
    assert_eq!(targets, [ARM, HOST, "x86_64-unknown-linux-musl"]);
    assert_eq!(elsewhere, ["aarch64-apple-darwin"]);
    // Asked for by name, it is not Nix's here.
    let plan = planned(&project, Some("aarch64-apple-darwin"));
    assert_eq!(plan.builder, Builder::Zigbuild, "{plan:?}");
}

#[test]
fn zig_is_told_how_old_a_macos_may_be() {
    let told = |files: &[(&str, &str)]| {
        let files = [&[("Cargo.toml", MANIFEST)], files].concat();
        let project = project(HOST, &["cargo", "cargo-zigbuild", "zig"], &files);
        planned(&project, Some("aarch64-apple-darwin")).steps[0].command.shown()
    };
    assert!(told(&[]).contains("MACOSX_DEPLOYMENT_TARGET=11.0"));
    let own = told(&[(".cargo/config.toml", "env.MACOSX_DEPLOYMENT_TARGET = \"12.0\"\n")]);
    assert!(own.contains("MACOSX_DEPLOYMENT_TARGET=12.0"), "{own}");
}

#[test]
fn what_plain_nix_builds_stays_here_unless_somebody_says_otherwise() {
    let package = |name: &str, packages: &str| {
        format!(
            "packages.x86_64-linux.{name} = {packages}.rustPlatform.buildRustPackage {{ pname = \"app\"; \
             version = \"1\"; src = ./.; cargoLock.lockFile = ./Cargo.lock; }};"
        )
    };
    let pkgs = "nixpkgs.legacyPackages.x86_64-linux";
    let flake = format!(
        "{{ outputs = {{ self, nixpkgs }}: {{ {} {} {} {} }}; }}",
        package("default", pkgs),
        package("app-portable", pkgs),
        package("small", &format!("{pkgs}.pkgsStatic")),
        package("arm", &format!("{pkgs}.pkgsCross.aarch64-multiplatform")),
    );
    let project = project(HOST, &["cargo", "nix"], &[("Cargo.toml", MANIFEST), ("flake.nix", &flake)]);
    let is_for_others =
        |wish: Wish| plan(&project, &Wish { builder: Some(Builder::Nix), ..wish }).is_for_others;
    let of = |attribute: &str| Wish { attribute: Some(attribute.to_owned()), ..Wish::default() };
    for (attribute, expected) in [
        ("default", false),
        (".#default", false),
        ("packages.x86_64-linux.default", false),
        ("checks.x86_64-linux.anything", false),
        ("app-portable", true),
        ("small", true),
        ("arm", true),
        ("legacyPackages.x86_64-linux.app-static", true),
    ] {
        assert_eq!(is_for_others(of(attribute)), expected, "{attribute}");
    }
    // What is said now counts more.
    assert!(!is_for_others(Wish::default()));
    assert!(is_for_others(Wish { is_packed: true, ..of("default") }));
    assert!(is_for_others(Wish::default().of(HOST)));
    assert!(!is_for_others(of("default").of(HOST)), "the lens of a package names both");
    assert!(is_for_others(Wish { builder: Some(Builder::Cargo), ..Wish::default() }.of(HOST)));
}
