//! Flakes made of modules, and the models of flake inputs that people use.

use super::support::{at, facts, flake, variable};
use crate::nix::facts::{Builder, FlakeFacts, Toolchain};

/// A flake whose modules are these, for one system.
fn of_modules(inputs: &str, module: &str, files: &[(&str, &str)]) -> FlakeFacts {
    let text = format!(
        "{{ inputs = {{ nixpkgs.url = \"github:NixOS/nixpkgs\"; flake-parts.url = \"github:hercules-ci/flake-parts\"; {inputs} }};
           outputs = inputs: inputs.flake-parts.lib.mkFlake {{ inherit inputs; }} {module}; }}"
    );
    let all: Vec<(&str, &str)> =
        [("flake.nix", text.as_str())].into_iter().chain(files.iter().copied()).collect();
    facts(&all)
}

fn builders(facts: &FlakeFacts) -> Vec<(&str, &Builder)> {
    let all = facts.packages.iter().chain(&facts.shells);
    all.map(|derivation| (derivation.attribute.as_str(), &derivation.builder)).collect()
}

#[test]
fn options_have_defaults_and_are_merged() {
    let facts = of_modules(
        "",
        "({ lib, ... }: {
           systems = [ \"x86_64-linux\" ];
           imports = [ ./options.nix ./values.nix ];
         })",
        &[
            (
                "options.nix",
                "{ flake-parts-lib, lib, ... }: {
                   options.perSystem = flake-parts-lib.mkPerSystemOption ({ config, pkgs, ... }: {
                     options.app = {
                       flags = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; };
                       target = lib.mkOption { default = \"x86_64-unknown-linux-musl\"; };
                       name = lib.mkOption { default = \"app\"; };
                       extra = lib.mkOption {
                         type = lib.types.attrsOf (lib.types.submodule ({ name, ... }: {
                           options.value = lib.mkOption { default = \"of ${name}\"; };
                         }));
                         default = { };
                       };
                     };
                     config.packages.default = pkgs.rustPlatform.buildRustPackage {
                       pname = config.app.name;
                       RUSTFLAGS = config.app.flags;
                       CARGO_BUILD_TARGET = config.app.target;
                       EXTRA_A = config.app.extra.a.value;
                       EXTRA_B = config.app.extra.b.value;
                     };
                   });
                 }",
            ),
            (
                "values.nix",
                "{ lib, ... }: {
                   perSystem = { lib, ... }: lib.mkMerge [
                     { app.flags = [ \"-a\" ]; app.name = lib.mkDefault \"weak\"; app.extra.a = { }; }
                     { app.flags = lib.mkIf true [ \"-b\" ]; app.name = \"strong\"; app.extra.b.value = \"own\"; }
                   ];
                 }",
            ),
        ],
    );
    let package = at(&facts, "packages.x86_64-linux.default");
    assert_eq!(package.package_name.as_deref(), Some("strong"));
    assert_eq!(variable(package, "RUSTFLAGS"), "\"-a -b\"");
    assert_eq!(variable(package, "CARGO_BUILD_TARGET"), "\"x86_64-unknown-linux-musl\"");
    assert_eq!(variable(package, "EXTRA_A"), "\"of a\"");
    assert_eq!(variable(package, "EXTRA_B"), "\"own\"");
    assert!(package.complete && facts.complete, "{:?} {:?}", package.unknown, facts.gaps);
}

#[test]
fn with_system_and_module_arguments() {
    let facts = of_modules(
        "",
        "({ withSystem, ... }: {
           systems = [ \"x86_64-linux\" ];
           _module.args.prefix = \"A\";
           imports = [ ({ prefix, ... }: { perSystem = { pkgs, target, ... }: {
             _module.args.target = \"${prefix}-b\";
             devShells.default = pkgs.mkShell { A_B = target; };
           }; }) ];
           flake.packages.aarch64-linux.default = withSystem \"aarch64-linux\" ({ pkgs, config, ... }:
             pkgs.mkShell { C_D = config.devShells.default.A_B; });
         })",
        &[],
    );
    assert_eq!(variable(at(&facts, "devShells.x86_64-linux.default"), "A_B"), "\"A-b\"");
    let package = at(&facts, "packages.aarch64-linux.default");
    assert_eq!(package.platform.triple.as_deref(), Some("aarch64-unknown-linux-gnu"));
}

#[test]
fn an_unknown_module_leaves_room_and_a_quiet_one_does_not() {
    let module = |name: &str| {
        format!(
            "{{ systems = [ \"x86_64-linux\" ]; imports = [ inputs.{name}.flakeModule ];
               perSystem = {{ config, pkgs, ... }}: {{
                 treefmt.programs.rustfmt.enable = true;
                 devShells.default = pkgs.mkShell {{
                   inputsFrom = [ config.treefmt.build.devShell ];
                   packages = [ config.treefmt.build.wrapper pkgs.rustup ];
                 }};
               }}; }}"
        )
    };
    let known = of_modules("fmt.url = \"github:numtide/treefmt-nix\";", &module("fmt"), &[]);
    let shell = at(&known, "devShells.x86_64-linux.default");
    assert!(known.complete && shell.complete, "{:?} {:?}", shell.unknown, known.gaps);
    let other = of_modules("fmt.url = \"github:somebody/something\";", &module("fmt"), &[]);
    let shell = at(&other, "devShells.x86_64-linux.default");
    assert!(!other.complete && !shell.complete);
    assert!(shell.unknown[0].why.contains("config.treefmt.build"), "{:?}", shell.unknown);
}

#[test]
fn rust_flake_makes_a_package_of_each_crate() {
    let facts = of_modules(
        "rust-flake.url = \"github:juspay/rust-flake\";",
        "{ systems = [ \"x86_64-linux\" ];
           imports = [ inputs.rust-flake.flakeModules.default inputs.rust-flake.flakeModules.nixpkgs ];
           perSystem = { config, self', pkgs, ... }: {
             rust-project.crates.\"one\".crane.args = { buildInputs = [ pkgs.openssl ]; CARGO_BUILD_TARGET = \"t\"; };
             packages.default = self'.packages.one;
             devShells.default = pkgs.mkShell { inputsFrom = [ self'.devShells.rust ]; };
           }; }",
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n"),
            ("crates/one/Cargo.toml", "[package]\nname = \"one\"\nversion = \"1.0.0\"\n"),
            ("crates/two/Cargo.toml", "[package]\nname = \"two\"\nversion = \"1.0.0\"\n"),
            ("rust-toolchain.toml", "[toolchain]\nchannel = \"stable\"\ntargets = [\"wasm32-wasip1\"]\n"),
        ],
    );
    let one = at(&facts, "packages.x86_64-linux.one");
    assert_eq!(one.builder, Builder::Crane);
    assert_eq!(variable(one, "CARGO_BUILD_TARGET"), "\"t\"");
    assert!(one.inputs.iter().any(|input| input.item.attribute == "openssl"));
    assert_eq!(
        one.toolchain,
        Toolchain::Declared { targets: vec!["wasm32-wasip1".to_owned()], from_file: true, complete: true }
    );
    assert_eq!(at(&facts, "packages.x86_64-linux.two").builder, Builder::Crane);
    let shell = at(&facts, "devShells.x86_64-linux.default");
    assert!(shell.complete, "{:?}", shell.unknown);
    assert!(facts.complete, "{:?}", facts.gaps);
    // No place in a model leaves the evaluator.
    for derivation in facts.packages.iter().chain(&facts.shells) {
        assert!(derivation.origin.file.name().ends_with(".nix"), "{:?}", derivation.origin);
        assert!(derivation.origin.file.path().starts_with("/project"), "{:?}", derivation.origin);
        assert!(derivation.literal.as_ref().is_none_or(|set| set.file.path().starts_with("/project")));
    }
    assert!(facts.files.iter().all(|file| file.path().starts_with("/project")), "{:?}", facts.files);
}

#[test]
fn devenv_and_devshell_are_shells() {
    let facts = of_modules(
        "devenv.url = \"github:cachix/devenv\"; devshell.url = \"github:numtide/devshell\";",
        "{ systems = [ \"x86_64-linux\" ];
           imports = [ inputs.devenv.flakeModule inputs.devshell.flakeModule ];
           perSystem = { pkgs, ... }: {
             devenv.shells.default = {
               languages.rust = { enable = true; channel = \"nightly\"; targets = [ \"wasm32-unknown-unknown\" ]; };
               env.OPENSSL_DIR = \"/x\";
               packages = [ pkgs.openssl ];
               enterShell = \"export FOO_BAR=1\";
             };
             devshells.other = {
               env = [ { name = \"CC\"; value = \"gcc\"; } ];
               packages = [ pkgs.gcc ];
               commands = [ { package = pkgs.mold; } { name = \"x\"; command = \"y\"; } ];
             };
           }; }",
        &[],
    );
    let shell = at(&facts, "devShells.x86_64-linux.default");
    assert_eq!(shell.builder, Builder::Shell);
    assert_eq!(variable(shell, "OPENSSL_DIR"), "\"/x\"");
    assert_eq!(variable(shell, "FOO_BAR"), "\"1\"");
    let targets = vec!["wasm32-unknown-unknown".to_owned()];
    assert_eq!(shell.toolchain, Toolchain::Declared { targets, from_file: false, complete: true });
    let other = at(&facts, "devShells.x86_64-linux.other");
    assert_eq!(variable(other, "CC"), "\"gcc\"");
    let names: Vec<&str> = other.inputs.iter().map(|input| input.item.attribute.as_str()).collect();
    assert_eq!(names, ["gcc", "mold"]);
    assert!(shell.complete && other.complete, "{:?} {:?}", shell.unknown, other.unknown);
    assert!(facts.complete, "{:?}", facts.gaps);
}

#[test]
fn devenv_without_flake_parts() {
    let facts = flake(
        "{ inputs = { nixpkgs.url = \"nixpkgs\"; devenv.url = \"github:cachix/devenv\"; };
           outputs = { self, nixpkgs, devenv, ... }@inputs: {
             packages.x86_64-linux.up = self.devShells.x86_64-linux.default.config.procfileScript;
             devShells.x86_64-linux.default = devenv.lib.mkShell {
               inherit inputs; pkgs = nixpkgs.legacyPackages.x86_64-linux;
               modules = [ ({ pkgs, ... }: { languages.rust.enable = true; env.A_B = pkgs.stdenv.hostPlatform.config; }) ];
             }; }; }",
    );
    let shell = at(&facts, "devShells.x86_64-linux.default");
    assert_eq!((&shell.builder, &shell.toolchain), (&Builder::Shell, &Toolchain::Nixpkgs));
    assert_eq!(variable(shell, "A_B"), "\"x86_64-unknown-linux-gnu\"");
}

#[test]
fn files_that_are_outputs_by_where_they_lie() {
    let facts = facts(&[
        (
            "flake.nix",
            "{ inputs = { nixpkgs.url = \"nixpkgs\"; blueprint.url = \"github:numtide/blueprint\"; };
               outputs = inputs: inputs.blueprint { inherit inputs; prefix = \"nix/\"; systems = [ \"x86_64-linux\" ]; }; }",
        ),
        ("nix/package.nix", "{ pkgs, pname, ... }: pkgs.rustPlatform.buildRustPackage { inherit pname; }"),
        ("nix/packages/cli.nix", "{ pkgs, pname, ... }: pkgs.mkShell { A_B = pname; }"),
        ("nix/packages/lib/default.nix", "{ pkgs, flake, ... }: pkgs.hello"),
        ("nix/devshell.nix", "{ pkgs, perSystem, ... }: pkgs.mkShell { packages = [ perSystem.self.default ]; }"),
    ]);
    let names: Vec<&str> = builders(&facts).iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "packages.x86_64-linux.cli",
            "packages.x86_64-linux.default",
            "packages.x86_64-linux.lib",
            "devShells.x86_64-linux.default"
        ]
    );
    assert_eq!(variable(at(&facts, "packages.x86_64-linux.cli"), "A_B"), "\"cli\"");
    assert_eq!(at(&facts, "packages.x86_64-linux.default").builder, Builder::BuildRustPackage);
}

#[test]
fn import_tree_takes_every_module_below_a_folder() {
    let facts = facts(&[
        (
            "flake.nix",
            "{ inputs = { nixpkgs.url = \"nixpkgs\"; flake-parts.url = \"github:hercules-ci/flake-parts\";
                 import-tree.url = \"github:vic/import-tree\"; };
               outputs = inputs: inputs.flake-parts.lib.mkFlake { inherit inputs; } (inputs.import-tree ./modules); }",
        ),
        ("modules/systems.nix", "{ systems = [ \"x86_64-linux\" ]; }"),
        ("modules/deep/shell.nix", "{ perSystem = { pkgs, ... }: { devShells.default = pkgs.mkShell { }; }; }"),
        ("modules/_not/x.nix", "{ systems = [ \"aarch64-linux\" ]; }"),
    ]);
    assert_eq!(facts.systems, ["x86_64-linux"]);
    at(&facts, "devShells.x86_64-linux.default");
}

#[test]
fn hooks_and_formatters_bring_nothing_that_matters() {
    let facts = flake(
        "{ inputs = { nixpkgs.url = \"nixpkgs\"; hooks.url = \"github:cachix/git-hooks.nix\";
             fmt.url = \"github:numtide/treefmt-nix\"; rust-overlay.url = \"github:oxalica/rust-overlay\"; };
           outputs = { self, nixpkgs, hooks, fmt, rust-overlay }: let
             pkgs = nixpkgs.legacyPackages.x86_64-linux;
             check = hooks.lib.x86_64-linux.run { src = ./.; hooks.rustfmt.enable = true; };
             treefmt = fmt.lib.evalModule pkgs ./treefmt.nix;
             rust-bin = rust-overlay.lib.mkRustBin { } pkgs;
           in { devShells.x86_64-linux.default = pkgs.mkShell {
             inherit (check) shellHook;
             buildInputs = check.enabledPackages;
             packages = [ treefmt.config.build.wrapper
               (rust-bin.stable.latest.default.override { targets = [ \"x86_64-unknown-linux-musl\" ]; }) ];
           }; }; }",
    );
    let shell = at(&facts, "devShells.x86_64-linux.default");
    assert!(shell.complete, "{:?}", shell.unknown);
    let targets = vec!["x86_64-unknown-linux-musl".to_owned()];
    assert_eq!(shell.toolchain, Toolchain::Declared { targets, from_file: false, complete: true });
}

#[test]
fn attributes_of_derivations_that_the_flake_makes() {
    let facts = flake(
        "{ outputs = { self, nixpkgs }: let
             pkgs = nixpkgs.legacyPackages.x86_64-linux;
             app = pkgs.rustPlatform.buildRustPackage (final: { pname = \"app\"; buildInputs = [ pkgs.openssl ]; });
             wrapped = pkgs.runCommand \"w\" { passthru.runtime = [ pkgs.curl ]; } \"script\";
             changed = app.overrideAttrs (old: { buildInputs = old.buildInputs ++ [ pkgs.zlib ]; });
           in { devShells.x86_64-linux.default = pkgs.mkShell {
             packages = changed.buildInputs ++ app.propagatedBuildInputs ++ wrapped.passthru.runtime;
             A_B = changed.pname;
           }; }; }",
    );
    let shell = at(&facts, "devShells.x86_64-linux.default");
    let names: Vec<&str> = shell.inputs.iter().map(|input| input.item.attribute.as_str()).collect();
    assert_eq!(names, ["openssl", "zlib", "curl"]);
    assert_eq!(variable(shell, "A_B"), "\"app\"");
    assert!(shell.complete, "{:?}", shell.unknown);
}

#[test]
fn what_is_unknown_says_why() {
    let facts = flake(
        "{ inputs.other.url = \"github:somebody/other\";
           outputs = { self, nixpkgs, other }: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {
             devShells.x86_64-linux.default = pkgs.mkShell ({ A_B = \"1\"; } // other.lib.settings);
             devShells.x86_64-linux.list = pkgs.mkShell { packages = [ pkgs.gcc ] ++ other.lib.tools pkgs; };
           }; }",
    );
    let why = |name: &str| {
        let shell = at(&facts, &format!("devShells.x86_64-linux.{name}"));
        assert!(!shell.complete);
        shell.unknown.iter().map(|gap| gap.why.clone()).collect::<Vec<_>>().join("; ")
    };
    assert!(why("default").contains("the flake input other.lib.settings"), "{}", why("default"));
    assert!(why("list").contains("the flake input other.lib.tools"), "{}", why("list"));
}
