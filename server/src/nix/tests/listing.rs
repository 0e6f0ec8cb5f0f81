//! Every package and dev shell is listed, wherever its name comes from.

use super::support::{at, facts, flake, variable};
use crate::nix::facts::{Builder, FlakeFacts};

fn names(facts: &FlakeFacts) -> Vec<&str> {
    let all = facts.packages.iter().chain(&facts.shells);
    let mut names: Vec<&str> = all.map(|derivation| derivation.attribute.as_str()).collect();
    names.sort_unstable();
    names
}

#[test]
fn packages_of_files_of_an_input_are_listed() {
    let facts = flake(
        r#"{
          inputs.nixpkgs.url = "nixpkgs";
          inputs.tool = { url = "github:somebody/tool"; flake = false; };
          outputs = { nixpkgs, tool, ... }: let
            pkgs = import nixpkgs { system = "x86_64-linux"; overlays = [ overlay ]; };
            overlay = final: prev: {
              interpolated = final.callPackage "${tool}/package.nix" { };
              added = final.callPackage (tool + "/package.nix") { };
            };
          in {
            packages.x86_64-linux = { inherit (pkgs) interpolated added; imported = import "${tool}/x.nix" { inherit pkgs; }; };
          };
        }"#,
    );
    let wanted = ["added", "imported", "interpolated"].map(|name| format!("packages.x86_64-linux.{name}"));
    assert_eq!(names(&facts), wanted);
    assert!(facts.packages.iter().all(|package| matches!(package.builder, Builder::Unknown(_))));
}

#[test]
fn nixpkgs_lib_by_its_folder_is_lib() {
    let facts = flake(
        r#"{
          inputs.nixpkgs.url = "github:NixOS/nixpkgs";
          outputs = { nixpkgs, ... }: let lib = import "${nixpkgs}/lib"; in {
            devShells = lib.genAttrs [ "x86_64-linux" ] (system: { default = nixpkgs.legacyPackages.${system}.mkShell { }; });
          };
        }"#,
    );
    assert_eq!(names(&facts), ["devShells.x86_64-linux.default"]);
    assert!(facts.complete, "{:?}", facts.gaps);
}

#[test]
fn what_throws_is_told_apart() {
    let facts = flake(
        r#"{
          outputs = { nixpkgs, ... }: {
            packages.x86_64-linux = { good = nixpkgs.legacyPackages.x86_64-linux.hello; bad = throw "not here"; };
          };
        }"#,
    );
    assert_eq!(names(&facts), ["packages.x86_64-linux.good"]);
    let failing: Vec<_> = facts.failing.iter().map(|(path, gap)| (path.as_str(), gap.why.as_str())).collect();
    assert_eq!(failing.len(), 1, "{failing:?}");
    assert_eq!(failing[0].0, "packages.x86_64-linux.bad");
}

#[test]
fn systems_may_come_from_the_flake_itself() {
    let facts = flake(
        r#"{
          inputs.flake-parts.url = "github:hercules-ci/flake-parts";
          outputs = inputs: inputs.flake-parts.lib.mkFlake { inherit inputs; } ({ self, ... }: {
            systems = self.lib.ours;
            flake.lib.ours = [ "x86_64-linux" "riscv64-linux" ];
            perSystem = { pkgs, ... }: { devShells.default = pkgs.mkShell { }; };
          });
        }"#,
    );
    assert_eq!(names(&facts), ["devShells.riscv64-linux.default", "devShells.x86_64-linux.default"]);
    assert!(facts.complete, "{:?}", facts.gaps);
}

/// Nobody defines the option: its packages are not there.
#[test]
fn an_option_that_nobody_defines_is_empty() {
    let facts = flake(
        r#"{
          inputs.flake-parts.url = "github:hercules-ci/flake-parts";
          outputs = inputs: inputs.flake-parts.lib.mkFlake { inherit inputs; } ({ flake-parts-lib, lib, ... }: {
            systems = [ "x86_64-linux" ];
            options.perSystem = flake-parts-lib.mkPerSystemOption ({ ... }: {
              options.company.projects = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule { }); };
              options.company.extra = lib.mkOption { type = lib.types.listOf lib.types.str; };
            });
            config.perSystem = { pkgs, config, ... }: lib.mkMerge [
              (lib.mkIf (config.company.projects != { }) { packages.project = pkgs.hello; })
              (lib.mkIf (config.company.extra != [ ]) { packages.extra = pkgs.hello; })
              { packages.default = pkgs.hello; }
            ];
          });
        }"#,
    );
    assert_eq!(names(&facts), ["packages.x86_64-linux.default"]);
    assert!(facts.complete, "{:?}", facts.gaps);
}

#[test]
fn the_crates_of_a_generated_cargo_nix_are_listed() {
    let facts = facts(&[
        (
            "flake.nix",
            r#"{
              inputs.cargo2nix.url = "github:cargo2nix/cargo2nix";
              inputs.nixpkgs.url = "nixpkgs";
              outputs = { nixpkgs, cargo2nix, ... }: let
                pkgs = import nixpkgs { system = "x86_64-linux"; overlays = [ cargo2nix.overlays.default ]; };
                rustPkgs = pkgs.rustBuilder.makePackageSet {
                  rustVersion = "1.85.0";
                  packageFun = arguments: import ./Cargo.nix (arguments // { profileOpts = null; });
                };
              in {
                packages.x86_64-linux = pkgs.lib.mapAttrs (_: crate: (crate { }).overrideAttrs { dontStrip = true; }) rustPkgs.workspace
                  // { default = rustPkgs.workspace.server { }; };
              };
            }"#,
        ),
        (
            "Cargo.nix",
            r#"args@{ release ? true, rustPackages, hostPlatform, mkRustCrate, rustLib, lib, workspaceSrc, ignoreLockHash, cargoConfig ? { }, profileOpts ? null }:
            let
              workspaceSrc = if args.workspaceSrc == null then ./. else args.workspaceSrc;
              currentLockHash = builtins.hashFile "sha256" (workspaceSrc + /Cargo.lock);
              lockHashIgnored = if ignoreLockHash then builtins.trace "Ignoring lock hash" ignoreLockHash else ignoreLockHash;
            in if !lockHashIgnored && ("x" != currentLockHash) then throw "out of sync" else {
              cargo2nixVersion = "0.12.0";
              workspace = {
                client = rustPackages.unknown.client."0.1.0";
                server = rustPackages.unknown.server."0.1.0";
              };
              "unknown".server."0.1.0" = lib.makeOverridable mkRustCrate { name = "server"; version = "0.1.0"; };
            }"#,
        ),
    ]);
    let wanted = ["client", "default", "server"].map(|name| format!("packages.x86_64-linux.{name}"));
    assert_eq!(names(&facts), wanted, "{:?}", facts.gaps);
    assert!(facts.complete, "{:?}", facts.gaps);
    let server = at(&facts, "packages.x86_64-linux.server");
    assert!(matches!(server.builder, Builder::Other(_)), "{:?}", server.builder);
}

#[test]
fn nix_cargo_integration_makes_outputs_of_each_crate() {
    let crate_of = |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n");
    let (api, tool, plain) = (crate_of("api"), crate_of("tool"), crate_of("plain"));
    let facts = facts(&[
        (
            "flake.nix",
            r#"{
              inputs.nci.url = "github:yusdacra/nix-cargo-integration";
              inputs.parts.url = "github:hercules-ci/flake-parts";
              inputs.process-compose.url = "github:Platonic-Systems/process-compose-flake";
              outputs = inputs: inputs.parts.lib.mkFlake { inherit inputs; } {
                systems = [ "x86_64-linux" ];
                imports = [ inputs.nci.flakeModule inputs.process-compose.flakeModule ];
                perSystem = { config, ... }: {
                  process-compose.stack = { settings.processes = { }; };
                  nci.projects.services = { path = ./.; export = false; };
                  nci.crates.api = { export = true; drvConfig.env.OPENSSL_NO_VENDOR = "1"; };
                  nci.crates.tool = { export = true; renameTo = "cli"; profiles = { release = { }; }; };
                  packages.default = config.nci.outputs.plain.packages.release;
                };
              };
            }"#,
        ),
        ("Cargo.toml", "[workspace]\nmembers = [\"./crates/*\", \"plain\"]\n"),
        ("crates/api/Cargo.toml", &api),
        ("crates/tool/Cargo.toml", &tool),
        ("plain/Cargo.toml", &plain),
    ]);
    let wanted = [
        "devShells.x86_64-linux.api",
        "devShells.x86_64-linux.cli",
        "packages.x86_64-linux.api-dev",
        "packages.x86_64-linux.api-release",
        "packages.x86_64-linux.cli-release",
        "packages.x86_64-linux.default",
        "packages.x86_64-linux.stack",
    ];
    assert_eq!(names(&facts), wanted, "{:?}", facts.gaps);
    assert!(facts.complete, "{:?}", facts.gaps);
    let api = at(&facts, "packages.x86_64-linux.api-release");
    assert_eq!(api.builder, Builder::Crane);
    assert_eq!(variable(api, "OPENSSL_NO_VENDOR"), "\"1\"");
    assert_eq!(variable(api, "CARGO_BUILD_TARGET"), "\"x86_64-unknown-linux-gnu\"");
}

#[test]
fn blueprints_folders_have_defaults_and_a_formatter() {
    let facts = facts(&[
        (
            "flake.nix",
            r#"{
              inputs.nixpkgs.url = "github:NixOS/nixpkgs";
              inputs.blueprint.url = "github:numtide/blueprint";
              outputs = inputs: inputs.blueprint { inherit inputs; prefix = "nix"; systems = [ "x86_64-linux" ]; };
            }"#,
        ),
        ("nix/formatter.nix", "{ pkgs, ... }: pkgs.nixfmt"),
        ("nix/packages/default.nix", "{ perSystem, ... }: perSystem.self.app"),
        (
            "nix/packages/app/default.nix",
            "{ pkgs, ... }: pkgs.rustPlatform.buildRustPackage { pname = \"app\"; }",
        ),
        ("nix/devshells/default.nix", "{ pkgs, ... }: pkgs.mkShell { A_B = \"1\"; }"),
    ]);
    let wanted = [
        "devShells.x86_64-linux.default",
        "packages.x86_64-linux.app",
        "packages.x86_64-linux.default",
        "packages.x86_64-linux.formatter",
    ];
    assert_eq!(names(&facts), wanted, "{:?}", facts.gaps);
    assert_eq!(at(&facts, "packages.x86_64-linux.default").builder, Builder::BuildRustPackage);
}

/// The function gets crane's library of each build, and not what it gives itself.
#[test]
fn a_function_that_an_unknown_one_gets_is_no_fixed_point() {
    let facts = flake(
        r#"{
          inputs.flakebox.url = "github:rustshop/flakebox";
          outputs = { nixpkgs, flakebox, ... }: let
            lib = flakebox.lib.mkLib nixpkgs.legacyPackages.x86_64-linux { };
            multiBuild = (lib.craneMultiBuild { }) (craneLib': let craneLib = craneLib'.overrideArgs { pname = "app"; }; in {
              app = craneLib.buildPackage { };
            });
          in { packages.x86_64-linux.default = multiBuild.app; };
        }"#,
    );
    assert_eq!(names(&facts), ["packages.x86_64-linux.default"]);
    assert_eq!(facts.failing, []);
}
