//! What people write between the frameworks: scopes, modules, scripts, files, odd corners of lib.

use super::support::{at, eval_str, facts, flake, show_text, variable};
use crate::nix::facts::{Builder, Piece, Toolchain};

#[test]
fn packages_in_a_scope_take_each_other() {
    let facts = facts(&[
        (
            "flake.nix",
            r#"{
              inputs = { nixpkgs.url = "nixpkgs"; crane.url = "github:ipetkov/crane"; };
              outputs = inputs: let
                mkScope = pkgs: pkgs.lib.makeScope pkgs.newScope (self: {
                  inherit pkgs inputs;
                  craneLib = inputs.crane.mkLib pkgs;
                  toolName = "app";
                  main = self.callPackage ./main.nix { };
                  image = self.callPackage ({ dockerTools, main }: dockerTools.buildImage { name = main.pname; }) { };
                });
                pkgs = inputs.nixpkgs.legacyPackages.x86_64-linux;
                scope = mkScope pkgs;
              in {
                packages.x86_64-linux = {
                  inherit (scope) image;
                  default = scope.main;
                  profiled = scope.main.override { profile = "dev"; };
                  static = (mkScope pkgs.pkgsStatic).main;
                  renamed = (scope.overrideScope (final: prev: { toolName = prev.toolName + "-2"; })).main;
                };
              };
            }"#,
        ),
        (
            "main.nix",
            "{ craneLib, stdenv, lib, rust, toolName, profile ? \"release\" }: craneLib.buildPackage { pname = toolName; CARGO_PROFILE = profile; TARGET_CC = stdenv.hostPlatform.rust.rustcTarget; CC_HOST = rust.envVars.ccForHost; LINKER_BUILD = rust.lib.envVars.linkerForBuild; }",
        ),
    ]);
    assert!(facts.complete, "{:?}", facts.gaps);
    let named = |name: &str| at(&facts, &format!("packages.x86_64-linux.{name}"));
    assert_eq!(named("default").package_name.as_deref(), Some("app"));
    assert_eq!(variable(named("default"), "CARGO_PROFILE"), "\"release\"");
    assert_eq!(variable(named("profiled"), "CARGO_PROFILE"), "\"dev\"");
    assert_eq!(named("renamed").package_name.as_deref(), Some("app-2"));
    assert_eq!(named("image").package_name.as_deref(), Some("app"));
    let fixed = named("static");
    assert_eq!(fixed.platform.triple.as_deref(), Some("x86_64-unknown-linux-musl"));
    assert_eq!(variable(fixed, "TARGET_CC"), "\"x86_64-unknown-linux-musl\"");
    assert_eq!(
        variable(fixed, "CC_HOST"),
        "\"${stdenv.cc of cross x86_64-unknown-linux-musl static}/bin/x86_64-unknown-linux-musl-cc\""
    );
    assert_eq!(variable(fixed, "LINKER_BUILD"), "\"${stdenv.cc of x86_64-unknown-linux-gnu}/bin/cc\"");
}

/// penumbra's order: lib stands inside, and packages are looked for in it first.
#[test]
fn what_lib_does_not_have_comes_from_pkgs() {
    let facts = flake(
        r#"{
          outputs = { nixpkgs, ... }: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in
            with pkgs; with pkgs.lib; {
              packages.x86_64-linux.all = symlinkJoin { name = "all"; paths = [ protobuf ]; };
              packages.x86_64-linux.go = (buildGoModule { pname = "go"; meta.license = licenses.mit; })
                .overrideAttrs (_: { doCheck = false; });
              devShells.x86_64-linux.default = mkShell {
                packages = [ buf cargo-hack ] ++ optionals stdenv.isLinux [ rsync ];
                A_B = concatStringsSep "," [ "a" "b" ];
              };
            };
        }"#,
    );
    assert!(facts.complete, "{:?}", facts.gaps);
    let builder = |name: &str| at(&facts, &format!("packages.x86_64-linux.{name}")).builder.clone();
    assert_eq!(builder("all"), Builder::Other("symlinkJoin".to_owned()));
    assert_eq!(builder("go"), Builder::Other("buildGoModule".to_owned()));
    let shell = at(&facts, "devShells.x86_64-linux.default");
    assert!(shell.complete, "{:?}", shell.unknown);
    let inputs: Vec<&str> = shell.inputs.iter().map(|input| input.item.attribute.as_str()).collect();
    assert_eq!(inputs, ["buf", "cargo-hack", "rsync"]);
    assert_eq!(variable(shell, "A_B"), "\"a,b\"");
}

#[test]
fn modules_give_each_other_arguments() {
    let facts = facts(&[
        (
            "flake.nix",
            r#"{
              inputs = { nixpkgs.url = "nixpkgs"; flake-parts.url = "github:hercules-ci/flake-parts"; crane.url = "github:ipetkov/crane"; };
              outputs = inputs: inputs.flake-parts.lib.mkFlake { inherit inputs; } ({ lib, ... }: {
                imports = map (name: lib.path.append ./modules name) (builtins.attrNames (builtins.readDir ./modules));
                systems = lib.intersectLists lib.platforms.linux [ "x86_64-linux" "x86_64-darwin" ];
              });
            }"#,
        ),
        (
            "modules/a.nix",
            "{ inputs, ... }: { perSystem = { pkgs, ... }: { _module.args.craneLib = inputs.crane.mkLib pkgs; }; }",
        ),
        (
            "modules/b.nix",
            "{ inputs, ... }: { perSystem = { system, ... }: { _module.args.pkgs = (import inputs.nixpkgs { inherit system; crossSystem = \"aarch64-linux\"; }); }; }",
        ),
        (
            "modules/c.nix",
            "{ perSystem = { craneLib, pkgs, ... }: { packages.default = craneLib.buildPackage { pname = \"app\"; }; }; }",
        ),
    ]);
    assert_eq!(facts.systems, ["x86_64-linux"]);
    let package = at(&facts, "packages.x86_64-linux.default");
    assert_eq!(package.builder, Builder::Crane);
    assert_eq!(package.platform.triple.as_deref(), Some("aarch64-unknown-linux-gnu"));
}

#[test]
fn cargo_in_scripts_and_flags() {
    let facts = flake(
        r#"{
          inputs = { nixpkgs.url = "nixpkgs"; crane.url = "github:ipetkov/crane"; };
          outputs = { self, nixpkgs, crane }: let
            pkgs = nixpkgs.legacyPackages.x86_64-linux;
            craneLib = crane.mkLib pkgs;
            target = "aarch64-unknown-linux-musl";
          in {
            packages.x86_64-linux = {
              zig = pkgs.rustPlatform.buildRustPackage {
                pname = "zig";
                nativeBuildInputs = [ pkgs.cargo-zigbuild pkgs.zig ];
                buildPhase = ''
                  runHook preBuild
                  cargo zigbuild --release \
                    --target ${target} --bin x
                '';
              };
              derived = pkgs.stdenv.mkDerivation { name = "d"; buildPhase = "cargo build --target=x86_64-pc-windows-gnu"; };
              flags = craneLib.buildPackage { pname = "f"; cargoExtraArgs = "--locked --target wasm32-wasip1"; };
              none = pkgs.rustPlatform.buildRustPackage { pname = "n"; preBuild = "echo cargo build --target x"; checkPhase = "cargo test --target y"; };
            };
          };
        }"#,
    );
    let named = |name: &str| at(&facts, &format!("packages.x86_64-linux.{name}"));
    let targets = |name: &str| named(name).targets.iter().map(show_text).collect::<Vec<_>>();
    assert_eq!(
        (named("zig").builder.clone(), targets("zig")),
        (Builder::Zigbuild, vec!["\"aarch64-unknown-linux-musl\"".into()])
    );
    assert_eq!(targets("derived"), ["\"x86_64-pc-windows-gnu\""]);
    assert_eq!(targets("flags"), ["\"wasm32-wasip1\""]);
    assert!(targets("none").is_empty());
}

#[test]
fn places_inside_strings_are_exact() {
    let text = r#"{
      outputs = { self, nixpkgs }: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {
        devShells.x86_64-linux.default = pkgs.mkShell {
          RUSTFLAGS = "-C link-arg=-s -C target-feature=+crt-static";
          shellHook = ''
            export A_FLAG="-C target-cpu=native"
            export CC_x=${pkgs.stdenv.cc}/bin/cc
          '';
        };
      };
    }"#;
    let text = text.replace("\\'", "'");
    let facts = flake(&text);
    let shell = at(&facts, "devShells.x86_64-linux.default");
    let mut literals = 0;
    for variable in &shell.env {
        for piece in &variable.value.pieces {
            if let Piece::Literal { text: literal, origin } = piece {
                assert_eq!(&text[origin.span.start()..origin.span.end()], literal);
                literals += 1;
            }
        }
    }
    assert_eq!(literals, 3);
}

#[test]
fn derivations_are_sets_of_what_they_were_given() {
    let facts = flake(
        r#"{
          outputs = { self, nixpkgs }: let
            pkgs = nixpkgs.legacyPackages.x86_64-linux;
            app = pkgs.rustPlatform.buildRustPackage rec {
              pname = "app"; version = "1"; env.RUSTFLAGS = "-C a"; passthru.extra = "x"; meta.mainProgram = "prog";
              nativeBuildInputs = [ (pkgs.lib.hiPrio pkgs.pkg-config) ];
            };
          in {
            packages.x86_64-linux.default = app;
            devShells.x86_64-linux.default = pkgs.mkShell {
              A_1 = app.RUSTFLAGS; A_2 = app.extra; A_3 = app.name; A_4 = pkgs.lib.getExe app;
              A_5 = app.stdenv.hostPlatform.system; A_6 = app; A_7 = app.unknown; A_8 = "${app.dev}/include";
              inputsFrom = [ app ];
            };
          };
        }"#,
    );
    let shell = at(&facts, "devShells.x86_64-linux.default");
    for (name, value) in [
        ("A_1", "\"-C a\""),
        ("A_2", "\"x\""),
        ("A_3", "\"app-1\""),
        ("A_4", "\"${app.bin of x86_64-unknown-linux-gnu}/bin/prog\""),
        ("A_5", "\"x86_64-linux\""),
        ("A_6", "\"${app of x86_64-unknown-linux-gnu}\""),
        ("A_7", "\"«an attribute of a package or flake input, which may be any text»\""),
        ("A_8", "\"${app.dev of x86_64-unknown-linux-gnu}/include\""),
    ] {
        assert_eq!(variable(shell, name), value);
    }
    assert_eq!(shell.inputs.len(), 1);
}

#[test]
fn nixpkgs_from_elsewhere() {
    let facts = flake(
        r#"{
          outputs = { self }: let
            lock = builtins.fromJSON "{\"rev\": \"abc\"}";
            pinned = import (fetchTarball "https://github.com/NixOS/nixpkgs/archive/${lock.rev}.tar.gz") { system = "x86_64-linux"; };
            other = import (builtins.fetchTarball { url = "https://example.com/other.tar.gz"; }) { };
          in {
            devShells.x86_64-linux = { default = pinned.mkShell { packages = [ pinned.rustup ]; }; other = other.shell; };
          };
        }"#,
    );
    let shell = at(&facts, "devShells.x86_64-linux.default");
    assert_eq!((shell.builder.clone(), shell.toolchain.clone()), (Builder::Shell, Toolchain::Rustup));
    assert!(matches!(at(&facts, "devShells.x86_64-linux.other").builder, Builder::Unknown(_)));
}

#[test]
fn files_are_read_as_data() {
    for (expression, value) in [
        ("(builtins.fromTOML (builtins.readFile ./data.toml)).a.b", "[ 1 \"x\" ]"),
        ("import ./other.nix 2", "3"),
        ("builtins.attrNames (builtins.readDir ./.)", "[ \"data.toml\" \"main.nix\" \"other.nix\" ]"),
        ("builtins.pathExists ./other.nix", "true"),
        ("builtins.pathExists (./. + \"/no\")", "false"),
        ("builtins.readFile \"${./.}/other.nix\"", "\"x: x + 1\""),
        ("./sub/../data.toml", "/project/data.toml"),
        ("builtins.readFile ./no", "«there is no file no»"),
        ("builtins.readFile /etc/passwd", "«the file lies outside of the workspace»"),
        ("builtins.readFile ../../etc/passwd", "«the file lies outside of the workspace»"),
    ] {
        assert_eq!(eval_str(expression), value, "{expression}");
    }
}

#[test]
fn a_plain_set_gives_a_shell_its_own_inputs() {
    let facts = flake(
        r#"{
          outputs = { self, nixpkgs }: let
            pkgs = nixpkgs.legacyPackages.x86_64-linux;
            app = pkgs.rustPlatform.buildRustPackage { pname = "app"; version = "1"; buildInputs = [ pkgs.openssl ]; };
            common = { buildInputs = [ pkgs.sqlite ]; packages = [ pkgs.git ]; };
          in {
            checks.x86_64-linux.app = app;
            devShells.x86_64-linux = {
              plain = pkgs.mkShell { inputsFrom = [ common ]; };
              systems = pkgs.mkShell { inputsFrom = builtins.attrValues self.checks; };
              checks = pkgs.mkShell { inputsFrom = builtins.attrValues self.checks.x86_64-linux; };
            };
          };
        }"#,
    );
    let inputs = |name: &str| {
        let shell = at(&facts, &format!("devShells.x86_64-linux.{name}"));
        shell.inputs.iter().map(|input| input.item.attribute.clone()).collect::<Vec<_>>()
    };
    assert_eq!(inputs("plain"), ["sqlite"]);
    assert!(inputs("systems").is_empty());
    assert_eq!(inputs("checks"), ["openssl"]);
}

#[test]
fn manifests_machines_and_wrappers() {
    let flake = r#"{
      outputs = { self, nixpkgs }: let
        pkgs = nixpkgs.legacyPackages.x86_64-linux;
        lib = nixpkgs.lib;
        arm = pkgs.pkgsCross.aarch64-multiplatform;
        cargo = lib.importTOML ./Cargo.toml;
        platform = pkgs.makeRustPlatform { cargo = pkgs.cargo; rustc = pkgs.rustc; };
        wrapper = pkgs.writeShellScriptBin "arm-cc" "exec zig cc";
        answer = condition: if condition then "yes" else "no";
      in {
        packages.x86_64-linux.default = platform.buildRustPackage {
          pname = cargo.package.name; version = cargo.package.version; src = ./.;
          A_1 = answer (pkgs.stdenv.buildPlatform.canExecute arm.stdenv.hostPlatform);
          A_2 = answer (pkgs.stdenv.buildPlatform.canExecute pkgs.pkgsMusl.stdenv.hostPlatform);
          A_3 = arm.pkgsStatic.stdenv.hostPlatform.config;
          A_4 = "${wrapper}/bin/arm-cc";
          A_5 = cargo.package.name;
          A_6 = arm.stdenv.cc.targetPrefix;
        };
      };
    }"#;
    let manifest = "[package]\nname = \"from-toml\"\nversion = \"9.9.9\"\n";
    let facts = facts(&[("flake.nix", flake), ("Cargo.toml", manifest)]);
    let package = at(&facts, "packages.x86_64-linux.default");
    assert_eq!((&package.builder, package.complete), (&Builder::BuildRustPackage, true));
    for (name, value) in [
        ("A_1", "\"no\""),
        ("A_2", "\"yes\""),
        ("A_3", "\"aarch64-unknown-linux-musl\""),
        ("A_5", "\"from-toml\""),
        ("A_6", "\"aarch64-unknown-linux-gnu-\""),
    ] {
        assert_eq!(variable(package, name), value, "{name}");
    }
    assert!(variable(package, "A_4").contains("arm-cc"), "{}", variable(package, "A_4"));
}
