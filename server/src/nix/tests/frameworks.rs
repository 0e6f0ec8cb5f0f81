//! Flakes with the frameworks that people use, and the idioms that they write.

use super::support::{at as package, facts, flake, variable};
use crate::nix::facts::{Builder, Derivation, Known, PlatformSource, Toolchain, VariableForm};

fn inputs(derivation: &Derivation) -> Vec<&str> {
    derivation.inputs.iter().map(|input| input.item.attribute.as_str()).collect()
}

fn declared(targets: &[&str], from_file: bool) -> Toolchain {
    Toolchain::Declared {
        targets: targets.iter().map(ToString::to_string).collect(),
        from_file,
        complete: true,
    }
}

#[test]
fn systems_by_gen_attrs_and_their_like() {
    for (name, helper) in [
        ("genAttrs", "forAll = nixpkgs.lib.genAttrs [ \"x86_64-linux\" \"aarch64-linux\" ];"),
        (
            "genAttrs with pkgs",
            "forAll = f: nixpkgs.lib.genAttrs [ \"x86_64-linux\" \"aarch64-linux\" ] (s: f s);",
        ),
        (
            "listToAttrs",
            "forAll = f: builtins.listToAttrs (map (name: { inherit name; value = f name; }) [ \"x86_64-linux\" \"aarch64-linux\" ]);",
        ),
        (
            "mapAttrs",
            "forAll = f: builtins.mapAttrs (s: _: f s) { x86_64-linux = null; aarch64-linux = null; };",
        ),
        (
            "flakeExposed",
            "forAll = f: nixpkgs.lib.genAttrs (builtins.filter (nixpkgs.lib.hasSuffix \"4-linux\") nixpkgs.lib.systems.flakeExposed) f;",
        ),
    ] {
        let text = format!(
            "{{ outputs = {{ self, nixpkgs }}: let {helper} in {{
                 devShells = forAll (system: let pkgs = import nixpkgs {{ inherit system; }}; in {{
                   default = pkgs.mkShell {{ A_B = pkgs.stdenv.hostPlatform.config; packages = [ pkgs.cargo ]; }};
                 }});
               }}; }}"
        );
        let facts = flake(&text);
        assert!(facts.complete, "{name}: {:?}", facts.gaps);
        assert!(facts.systems.contains(&"aarch64-linux".to_owned()), "{name}");
        let shell = package(&facts, "devShells.x86_64-linux.default");
        assert_eq!(variable(shell, "A_B"), "\"x86_64-unknown-linux-gnu\"", "{name}");
        assert_eq!(shell.toolchain, Toolchain::Nixpkgs);
        assert!(shell.complete);
    }
}

#[test]
fn systems_passed_as_sets_of_arguments() {
    let facts = flake(
        r#"{
          inputs.nixpkgs.url = "https://flakehub.com/f/NixOS/nixpkgs/0.1";
          inputs.rust-overlay = { url = "github:oxalica/rust-overlay"; inputs.nixpkgs.follows = "nixpkgs"; };
          outputs = inputs: let
            supportedSystems = [ "x86_64-linux" "aarch64-darwin" ];
            forEachSupportedSystem = f: inputs.nixpkgs.lib.genAttrs supportedSystems (system: f {
              pkgs = import inputs.nixpkgs {
                inherit system;
                overlays = [ inputs.rust-overlay.overlays.default inputs.self.overlays.default ];
              };
            });
          in {
            overlays.default = final: prev: {
              rustToolchain = let rust = prev.rust-bin; in
                if builtins.pathExists ./rust-toolchain.toml then rust.fromRustupToolchainFile ./rust-toolchain.toml
                else rust.stable.latest.default.override { extensions = [ "rust-src" ]; targets = [ "wasm32-unknown-unknown" ]; };
            };
            devShells = forEachSupportedSystem ({ pkgs }: {
              default = pkgs.mkShell {
                packages = with pkgs; [ rustToolchain openssl pkg-config ] ++ lib.optionals stdenv.isDarwin [ libiconv ];
                env = { RUST_SRC_PATH = "${pkgs.rustToolchain}/lib"; OPENSSL_DIR = pkgs.openssl.dev; };
              };
            });
          };
        }"#,
    );
    assert!(facts.complete, "{:?}", facts.gaps);
    let shell = package(&facts, "devShells.x86_64-linux.default");
    assert_eq!(inputs(shell), ["rust-bin.stable.latest.default", "openssl", "pkg-config"]);
    assert_eq!(shell.toolchain, declared(&["wasm32-unknown-unknown"], false));
    assert_eq!(variable(shell, "OPENSSL_DIR"), "\"${openssl.dev of x86_64-unknown-linux-gnu}\"");
    assert!(shell.env.iter().all(|variable| variable.form == VariableForm::Env));
    let darwin = package(&facts, "devShells.aarch64-darwin.default");
    assert!(inputs(darwin).contains(&"libiconv"));
}

#[test]
fn toolchain_files_are_read() {
    let flake_text = r#"{
      inputs = { nixpkgs.url = "nixpkgs"; fenix.url = "github:nix-community/fenix"; overlay.url = "github:oxalica/rust-overlay"; };
      outputs = { self, nixpkgs, fenix, overlay }: let
        system = "x86_64-linux";
        pkgs = import nixpkgs { inherit system; overlays = [ (import overlay) ]; };
        toolchain = pkgs.rust-bin.fromRustupToolchainFile ./rust-toolchain.toml;
        platform = pkgs.makeRustPlatform { cargo = toolchain; rustc = toolchain; };
        combined = with fenix.packages.${system}; combine [
          stable.cargo stable.rustc targets.aarch64-unknown-linux-musl.stable.rust-std
        ];
      in {
        packages.${system} = {
          default = platform.buildRustPackage { pname = "a"; version = "1"; src = ./.; };
          fenix = (pkgs.makeRustPlatform { cargo = combined; rustc = combined; }).buildRustPackage { pname = "b"; };
        };
        devShells.${system} = {
          overlay = pkgs.mkShell { nativeBuildInputs = [ toolchain ]; };
          fenix = pkgs.mkShell { packages = [ combined pkgs.cargo-zigbuild ]; };
          file = pkgs.mkShell { packages = [ (fenix.packages.${system}.fromToolchainFile { file = ./rust-toolchain.toml; sha256 = ""; }) ]; };
          nightly = pkgs.mkShell { buildInputs = [ (pkgs.rust-bin.selectLatestNightlyWith (t: t.default.override { targets = [ "thumbv7em-none-eabihf" ]; })) ]; };
          plain = pkgs.mkShell { buildInputs = [ pkgs.rustup ]; };
          none = pkgs.mkShell { buildInputs = [ pkgs.hello ]; };
        };
      };
    }"#;
    let facts = facts(&[
        ("flake.nix", flake_text),
        ("rust-toolchain.toml", "[toolchain]\nchannel = \"1.80\"\ntargets = [\"x86_64-pc-windows-gnu\"]\n"),
    ]);
    assert!(facts.complete, "{:?}", facts.gaps);
    let from_file = declared(&["x86_64-pc-windows-gnu"], true);
    let musl = declared(&["aarch64-unknown-linux-musl"], false);
    assert_eq!(package(&facts, "packages.x86_64-linux.default").toolchain, from_file);
    assert_eq!(package(&facts, "packages.x86_64-linux.default").builder, Builder::BuildRustPackage);
    assert_eq!(package(&facts, "packages.x86_64-linux.fenix").toolchain, musl);
    assert_eq!(package(&facts, "devShells.x86_64-linux.overlay").toolchain, from_file);
    assert_eq!(package(&facts, "devShells.x86_64-linux.fenix").toolchain, musl);
    assert!(inputs(package(&facts, "devShells.x86_64-linux.fenix")).contains(&"cargo-zigbuild"));
    assert_eq!(package(&facts, "devShells.x86_64-linux.file").toolchain, from_file);
    assert_eq!(
        package(&facts, "devShells.x86_64-linux.nightly").toolchain,
        declared(&["thumbv7em-none-eabihf"], false)
    );
    assert_eq!(package(&facts, "devShells.x86_64-linux.plain").toolchain, Toolchain::Rustup);
    assert_eq!(package(&facts, "devShells.x86_64-linux.none").toolchain, Toolchain::Unknown);
    assert_eq!(facts.files.len(), 2);
}

#[test]
fn crane_with_shared_arguments() {
    let facts = flake(
        r#"{
          inputs = { nixpkgs.url = "nixpkgs"; crane.url = "github:ipetkov/crane"; flake-utils.url = "github:numtide/flake-utils"; rust-overlay.url = "github:oxalica/rust-overlay"; };
          outputs = { self, nixpkgs, crane, flake-utils, rust-overlay, ... }:
            flake-utils.lib.eachDefaultSystem (localSystem: let
              crossSystem = "aarch64-linux";
              pkgs = import nixpkgs { inherit crossSystem localSystem; overlays = [ (import rust-overlay) ]; };
              craneLib = (crane.mkLib pkgs).overrideToolchain (p: p.rust-bin.stable.latest.default.override { targets = [ "aarch64-unknown-linux-gnu" ]; });
              native = crane.mkLib nixpkgs.legacyPackages.${localSystem};
              src = craneLib.cleanCargoSource ./.;
              commonArgs = { inherit src; strictDeps = true; buildInputs = [ pkgs.openssl ]; };
              cargoArtifacts = native.buildDepsOnly commonArgs;
              app = native.buildPackage (commonArgs // {
                inherit cargoArtifacts;
                CARGO_BUILD_TARGET = "x86_64-unknown-linux-musl";
                CARGO_BUILD_RUSTFLAGS = "-C target-feature=+crt-static";
              });
            in {
              packages.default = craneLib.buildPackage {
                inherit src;
                CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER = "${pkgs.stdenv.cc.targetPrefix}cc";
                HOST_CC = "${pkgs.stdenv.cc.nativePrefix}cc";
              };
              packages.app = app;
              checks = { inherit app; clippy = native.cargoClippy (commonArgs // { inherit cargoArtifacts; }); };
              devShells.default = native.devShell { checks = self.checks.${localSystem}; packages = [ pkgs.ripgrep ]; EXTRA_VARIABLE = "1"; };
            });
        }"#,
    );
    assert!(facts.complete, "{:?}", facts.gaps);
    let cross = package(&facts, "packages.x86_64-linux.default");
    assert_eq!(cross.builder, Builder::Crane);
    assert_eq!(cross.platform.triple.as_deref(), Some("aarch64-unknown-linux-gnu"));
    assert!(cross.platform.is_cross);
    assert_eq!(cross.toolchain, declared(&["aarch64-unknown-linux-gnu"], false));
    assert_eq!(
        variable(cross, "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER"),
        "\"aarch64-unknown-linux-gnu-cc\""
    );
    let app = package(&facts, "packages.x86_64-linux.app");
    assert!(!app.platform.is_cross);
    assert_eq!(
        app.targets.first().and_then(crate::nix::facts::Text::literal).as_deref(),
        Some("x86_64-unknown-linux-musl")
    );
    assert_eq!(inputs(app), ["openssl"]);
    let literal = app.literal.as_ref().unwrap();
    assert_eq!(
        literal.bindings.iter().map(|binding| binding.path.as_str()).collect::<Vec<_>>(),
        ["inherit", "CARGO_BUILD_TARGET", "CARGO_BUILD_RUSTFLAGS"]
    );
    assert!(app.complete);
    // On aarch64-linux the same file makes no cross build.
    assert!(!package(&facts, "packages.aarch64-linux.default").platform.is_cross);
    let shell = package(&facts, "devShells.x86_64-linux.default");
    assert_eq!(shell.builder, Builder::Shell);
    assert!(inputs(shell).contains(&"openssl") && inputs(shell).contains(&"ripgrep"));
    // Checks name the same package: it is listed once.
    assert_eq!(
        facts.packages.iter().filter(|package| package.system.as_deref() == Some("x86_64-linux")).count(),
        2
    );
}

#[test]
fn naersk_in_its_ways() {
    let facts = flake(
        r#"{
          inputs = { nixpkgs.url = "nixpkgs"; naersk.url = "github:nix-community/naersk"; fenix.url = "github:nix-community/fenix"; };
          outputs = { self, nixpkgs, naersk, fenix }: let
            system = "x86_64-linux";
            pkgs = nixpkgs.legacyPackages.${system};
            toolchain = with fenix.packages.${system}; combine [ minimal.rustc minimal.cargo targets.x86_64-unknown-linux-musl.latest.rust-std ];
            naersk' = naersk.lib.${system}.override { cargo = toolchain; rustc = toolchain; };
            called = pkgs.callPackage naersk { };
          in {
            packages.${system} = {
              musl = naersk'.buildPackage { src = ./.; CARGO_BUILD_TARGET = "x86_64-unknown-linux-musl"; CARGO_BUILD_RUSTFLAGS = "-C target-feature=+crt-static"; };
              called = called.buildPackage { src = ./.; nativeBuildInputs = with pkgs; [ pkgsStatic.stdenv.cc ]; };
              path = called.buildPackage ./.;
            };
          };
        }"#,
    );
    assert!(facts.complete, "{:?}", facts.gaps);
    let musl = package(&facts, "packages.x86_64-linux.musl");
    assert_eq!(musl.builder, Builder::Naersk);
    assert_eq!(musl.toolchain, declared(&["x86_64-unknown-linux-musl"], false));
    assert_eq!(musl.targets.len(), 1);
    assert_eq!(musl.platform.triple.as_deref(), Some("x86_64-unknown-linux-gnu"));
    let called = package(&facts, "packages.x86_64-linux.called");
    assert_eq!(
        (called.builder.clone(), called.platform.triple.as_deref()),
        (Builder::Naersk, Some("x86_64-unknown-linux-gnu"))
    );
    let compiler = &called.inputs[0].item;
    assert_eq!(
        (compiler.attribute.as_str(), compiler.platform.how.clone()),
        ("stdenv.cc", PlatformSource::PkgsStatic)
    );
    assert_eq!(package(&facts, "packages.x86_64-linux.path").builder, Builder::Naersk);
}

#[test]
fn flake_parts_with_modules() {
    let facts = facts(&[
        (
            "flake.nix",
            r#"{
              inputs = { nixpkgs.url = "nixpkgs"; flake-parts.url = "github:hercules-ci/flake-parts"; rust-overlay.url = "github:oxalica/rust-overlay"; };
              outputs = inputs@{ self, flake-parts, ... }: flake-parts.lib.mkFlake { inherit inputs; } {
                imports = [ ./nix/shell.nix ];
                systems = [ "x86_64-linux" "aarch64-linux" ];
                perSystem = { config, self', inputs', pkgs, system, lib, ... }: {
                  _module.args.pkgs = import inputs.nixpkgs { inherit system; overlays = [ (import inputs.rust-overlay) ]; config.allowUnfree = true; };
                  packages.default = pkgs.rustPlatform.buildRustPackage { pname = "app"; src = inputs.self; };
                  packages.static = pkgs.pkgsStatic.callPackage ./nix/package.nix { };
                  apps.default.program = lib.getExe self'.packages.default;
                };
                flake.overlays.default = final: prev: { };
              };
            }"#,
        ),
        (
            "nix/shell.nix",
            "{ inputs, ... }: { perSystem = { self', pkgs, ... }: { devShells.default = pkgs.mkShell { inputsFrom = [ self'.packages.default ]; packages = [ pkgs.rust-bin.stable.latest.minimal ]; }; }; }",
        ),
        (
            "nix/package.nix",
            "{ rustPlatform, lib, openssl, stdenv }: rustPlatform.buildRustPackage { pname = \"app\"; src = ../.; buildInputs = [ openssl ]; RUSTFLAGS = lib.optionalString stdenv.hostPlatform.isStatic \"-C relocation-model=static\"; }",
        ),
    ]);
    assert!(facts.complete, "{:?}", facts.gaps);
    assert_eq!(facts.systems, ["aarch64-linux", "x86_64-linux"]);
    let fixed = package(&facts, "packages.x86_64-linux.static");
    assert_eq!(fixed.platform.triple.as_deref(), Some("x86_64-unknown-linux-musl"));
    assert_eq!(variable(fixed, "RUSTFLAGS"), "\"-C relocation-model=static\"");
    assert_eq!(fixed.inputs[0].item.platform.triple.as_deref(), Some("x86_64-unknown-linux-musl"));
    assert_eq!(package(&facts, "devShells.aarch64-linux.default").toolchain, declared(&[], false));
    let names: Vec<&str> = facts.files.iter().map(crate::text::FileId::name).collect();
    assert_eq!(names, ["flake.nix", "shell.nix", "package.nix"]);
}

#[test]
fn variables_with_computed_names() {
    let facts = flake(
        r#"{
          outputs = { self, nixpkgs }: let
            pkgs = nixpkgs.legacyPackages.x86_64-linux;
            lib = pkgs.lib;
            cross = pkgs.pkgsCross.aarch64-multiplatform;
            target = cross.stdenv.hostPlatform.rust.rustcTarget;
            upper = cross.stdenv.hostPlatform.rust.cargoEnvVarTarget;
            under = builtins.replaceStrings [ "-" ] [ "_" ] target;
            targets = { armv7l-hf-multiplatform = "armv7-unknown-linux-gnueabihf"; mingwW64 = "x86_64-pc-windows-gnu"; };
          in {
            devShells.x86_64-linux.default = pkgs.mkShell ({
              "CARGO_TARGET_${upper}_LINKER" = "${cross.stdenv.cc}/bin/${cross.stdenv.cc.targetPrefix}cc";
              "CC_${under}" = lib.getExe' cross.stdenv.cc "${cross.stdenv.cc.targetPrefix}cc";
              "X_${pkgs.unknownThing.value}_Y" = "1";
              BINDGEN_EXTRA_CLANG_ARGS = "--sysroot ${lib.getDev cross.glibc}";
            } // lib.mapAttrs' (attr: triple: lib.nameValuePair
              "CARGO_TARGET_${lib.toUpper (builtins.replaceStrings [ "-" ] [ "_" ] triple)}_LINKER"
              "${pkgs.pkgsCross.${attr}.stdenv.cc}/bin/${pkgs.pkgsCross.${attr}.stdenv.cc.targetPrefix}gcc") targets);
          };
        }"#,
    );
    let shell = package(&facts, "devShells.x86_64-linux.default");
    assert_eq!(
        variable(shell, "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER"),
        "\"${stdenv.cc of cross aarch64-unknown-linux-gnu}/bin/aarch64-unknown-linux-gnu-cc\""
    );
    assert_eq!(
        variable(shell, "CC_aarch64_unknown_linux_gnu"),
        "\"${stdenv.cc.bin of cross aarch64-unknown-linux-gnu}/bin/aarch64-unknown-linux-gnu-cc\""
    );
    assert_eq!(
        variable(shell, "CARGO_TARGET_ARMV7_UNKNOWN_LINUX_GNUEABIHF_LINKER"),
        "\"${stdenv.cc of cross armv7l-unknown-linux-gnueabihf}/bin/armv7l-unknown-linux-gnueabihf-gcc\""
    );
    assert_eq!(
        variable(shell, "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER"),
        "\"${stdenv.cc of cross x86_64-w64-mingw32}/bin/x86_64-w64-mingw32-gcc\""
    );
    assert!(shell.env.iter().any(|variable| matches!(&variable.name, Known::Unknown(_))));
    // Each place where a set is made, for each platform that is made there.
    let places = 1 + 2 + 2;
    assert_eq!(facts.cross_sets.len(), places);
}

#[test]
fn conditions_that_cannot_be_known_stay_alternatives() {
    let facts = flake(
        r#"{
          inputs.other.url = "github:someone/else";
          outputs = { self, nixpkgs, other }: let
            pkgs = nixpkgs.legacyPackages.x86_64-linux;
          in {
            packages.x86_64-linux = {
              default = pkgs.rustPlatform.buildRustPackage {
                pname = "app";
                RUSTFLAGS = if other.fancy then "-C a" else "-C b";
                buildInputs = [ pkgs.zlib ] ++ pkgs.lib.optional other.fancy pkgs.openssl;
              };
              choice = if other.fancy then pkgs.hello else pkgs.pkgsStatic.hello;
              open = pkgs.rustPlatform.buildRustPackage ({ pname = "x"; } // other.attributes);
              gone = throw "not any more";
            };
          };
        }"#,
    );
    let app = package(&facts, "packages.x86_64-linux.default");
    assert_eq!(variable(app, "RUSTFLAGS"), "\"«\"-C a\" | \"-C b\"»\"");
    assert_eq!(inputs(app), ["zlib", "openssl"]);
    assert_eq!(facts.packages.iter().filter(|package| package.name == "choice").count(), 2);
    assert!(!package(&facts, "packages.x86_64-linux.open").complete);
    assert!(facts.packages.iter().all(|package| package.name != "gone"));
}

#[test]
fn overlays_and_overrides() {
    let facts = flake(
        r#"{
          outputs = { self, nixpkgs }: let
            pkgs = import nixpkgs { system = "x86_64-linux"; overlays = [ self.overlays.default (final: prev: { b = final.app; }) ]; };
          in {
            overlays.default = final: prev: {
              app = final.rustPlatform.buildRustPackage { pname = "app"; version = "1"; FOO_BAR = "1"; };
            };
            packages.x86_64-linux = {
              default = pkgs.b;
              static = pkgs.pkgsStatic.app;
              changed = pkgs.app.overrideAttrs (old: { pname = old.pname + "-changed"; FOO_BAR = "${old.FOO_BAR}2"; });
              final = pkgs.app.overrideAttrs (final: old: { pname = "f"; BAR_FOO = final.pname; });
              dated = pkgs.app // { meta = { }; };
              fixpoint = pkgs.stdenv.mkDerivation (finalAttrs: { pname = "p"; SELF_NAME = finalAttrs.pname; });
              clang = pkgs.rustPlatform.buildRustPackage.override { stdenv = pkgs.clangStdenv; } { pname = "c"; };
            };
            devShells.x86_64-linux.default = pkgs.mkShell.override { stdenv = pkgs.clangStdenv; } { CLANG_SHELL = "1"; };
          };
        }"#,
    );
    assert!(facts.complete, "{:?}", facts.gaps);
    let at = |name: &str| package(&facts, &format!("packages.x86_64-linux.{name}"));
    assert_eq!(at("default").package_name.as_deref(), Some("app"));
    assert!(!at("default").platform.is_cross);
    assert_eq!(at("static").platform.triple.as_deref(), Some("x86_64-unknown-linux-musl"));
    assert_eq!(variable(at("static"), "FOO_BAR"), "\"1\"");
    assert_eq!(at("changed").package_name.as_deref(), Some("app-changed"));
    assert_eq!(variable(at("changed"), "FOO_BAR"), "\"12\"");
    assert_eq!(at("dated").builder, Builder::BuildRustPackage);
    assert_eq!(variable(at("fixpoint"), "SELF_NAME"), "\"p\"");
    assert_eq!(at("clang").builder, Builder::BuildRustPackage);
    assert_eq!(variable(package(&facts, "devShells.x86_64-linux.default"), "CLANG_SHELL"), "\"1\"");
}

#[test]
fn platforms_by_every_name() {
    for (set, triple, is_static, is_cross) in [
        ("pkgs", "x86_64-unknown-linux-gnu", Some(false), false),
        ("pkgs.pkgsStatic", "x86_64-unknown-linux-musl", Some(true), true),
        ("pkgs.pkgsMusl", "x86_64-unknown-linux-musl", Some(false), true),
        ("pkgs.pkgsCross.gnu64", "x86_64-unknown-linux-gnu", Some(false), false),
        ("pkgs.pkgsCross.mingwW64", "x86_64-pc-windows-gnu", Some(false), true),
        ("pkgs.pkgsCross.aarch64-multiplatform.pkgsStatic", "aarch64-unknown-linux-musl", Some(true), true),
        ("pkgs.pkgsCross.riscv64", "riscv64gc-unknown-linux-gnu", Some(false), true),
        (
            "(import nixpkgs { system = \"x86_64-linux\"; crossSystem = \"aarch64-linux\"; })",
            "aarch64-unknown-linux-gnu",
            Some(false),
            true,
        ),
        (
            "(import nixpkgs { localSystem = \"x86_64-linux\"; crossSystem.system = \"armv7l-linux\"; })",
            "armv7-unknown-linux-gnueabihf",
            Some(false),
            true,
        ),
        (
            "(import nixpkgs { localSystem.system = \"x86_64-linux\"; crossSystem = nixpkgs.lib.systems.examples.raspberryPi; })",
            "arm-unknown-linux-gnueabihf",
            Some(false),
            true,
        ),
        (
            "(import nixpkgs { system = \"x86_64-linux\"; crossSystem = { config = \"aarch64-unknown-linux-musl\"; isStatic = true; }; })",
            "aarch64-unknown-linux-musl",
            Some(true),
            true,
        ),
        (
            "(import nixpkgs { system = \"x86_64-linux\"; crossSystem = nixpkgs.lib.systems.examples.musl64 // { useLLVM = true; isStatic = nixpkgs.unknown; }; })",
            "x86_64-unknown-linux-musl",
            None,
            true,
        ),
        (
            "(import nixpkgs { system = \"x86_64-linux\"; crossSystem = null; })",
            "x86_64-unknown-linux-gnu",
            Some(false),
            false,
        ),
        (
            "(nixpkgs.legacyPackages.x86_64-linux.extend (final: prev: { }))",
            "x86_64-unknown-linux-gnu",
            Some(false),
            false,
        ),
        (
            "pkgs.pkgsCross.aarch64-multiplatform.buildPackages",
            "x86_64-unknown-linux-gnu",
            Some(false),
            false,
        ),
    ] {
        let facts = flake(&format!(
            "{{ outputs = {{ self, nixpkgs }}: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {{ packages.x86_64-linux.default = {set}.rustPlatform.buildRustPackage {{ pname = \"x\"; }}; }}; }}"
        ));
        let platform = &package(&facts, "packages.x86_64-linux.default").platform;
        assert_eq!(platform.triple.as_deref(), Some(triple), "{set}");
        assert_eq!(platform.is_static.value().copied(), is_static, "{set}");
        assert_eq!(platform.is_cross, is_cross, "{set}");
        assert_eq!(facts.cross_sets.is_empty(), !is_cross && !set.contains("buildPackages"), "{set}");
    }
}

#[test]
fn what_a_fix_needs_of_a_literal() {
    let text = r#"{
      outputs = { self, nixpkgs }: let
        nativePkgs = import nixpkgs { system = "x86_64-linux"; };
      in {
        devShells.x86_64-linux.default = nativePkgs.mkShell {
          # what is there
          env = { A_B = "1"; };
          env.C_D = "2";
          inherit (nativePkgs) hello;
          packages = [ ];
        };
      };
    }"#;
    let facts = flake(text);
    let shell = package(&facts, "devShells.x86_64-linux.default");
    let literal = shell.literal.as_ref().unwrap();
    assert_eq!(literal.pkgs.as_deref(), Some("nativePkgs"));
    let at = |span: crate::text::Span| &text[span.start()..span.end()];
    assert!(at(literal.span).starts_with("{\n          # what") && at(literal.span).ends_with('}'));
    let paths: Vec<&str> = literal.bindings.iter().map(|binding| binding.path.as_str()).collect();
    assert_eq!(paths, ["env", "env.C_D", "inherit", "packages"]);
    assert_eq!(at(literal.bindings[1].span), "env.C_D = \"2\";");
    assert_eq!(at(literal.bindings[1].value), "\"2\"");
    let inner = literal.bindings[0].set.as_ref().unwrap();
    assert_eq!((inner.bindings[0].path.as_str(), inner.pkgs.as_deref()), ("A_B", Some("nativePkgs")));
    let bindings: Vec<&str> =
        shell.env.iter().map(|variable| at(variable.binding.as_ref().unwrap().span)).collect();
    assert_eq!(bindings, ["A_B = \"1\";", "env.C_D = \"2\";"]);
}

#[test]
fn what_flakes_do_not_say_is_not_claimed() {
    // Re-exports, functions of unknown inputs, and systems that come from elsewhere.
    for outputs in [
        "other.outputs",
        "other.lib.mkFlake { inherit self; }",
        "{ packages = other.packages; }",
        "{ packages.x86_64-linux = other.packages.x86_64-linux // { }; }",
        "{ packages.${other.system}.default = 1; }",
        "nixpkgs.lib.recursiveUpdate { } other.more",
    ] {
        let text = format!(
            "{{ inputs.other.url = \"github:a/b\"; outputs = {{ self, nixpkgs, other }}: {outputs}; }}"
        );
        assert!(!flake(&text).complete, "{outputs}");
    }
    for outputs in [
        "{ }",
        "{ nixosConfigurations.x = other.system { }; }",
        "{ packages.x86_64-linux.default = other.packages.x86_64-linux.default; }",
    ] {
        let text = format!(
            "{{ inputs.other.url = \"github:a/b\"; outputs = {{ self, nixpkgs, other }}: {outputs}; }}"
        );
        assert!(flake(&text).complete, "{outputs}");
    }
}
