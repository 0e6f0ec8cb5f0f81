{
  inputs = {
    nixpkgs.url = "github:nixos/nixpkgs?ref=nixos-unstable";
    utils.url = "github:numtide/flake-utils";
    rust-overlay = {
      url = "github:oxalica/rust-overlay";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };
  outputs =
    { self, nixpkgs, utils, rust-overlay, ... }@inputs:
    utils.lib.eachSystem [ "x86_64-linux" "aarch64-darwin" ] (
      system:
      let
        pkgs = import nixpkgs {
          inherit system;
          overlays = [ rust-overlay.overlays.default (import ./overlay.nix) ];
        };
        toolchain = pkgs.rust-bin.stable."1.83.0".default.override {
          extensions = [ "rust-src" ];
          targets = [ "x86_64-unknown-linux-musl" "wasm32-unknown-unknown" ];
        };
        nightly = pkgs.rust-bin.selectLatestNightlyWith (t: t.minimal);
        platform = pkgs.makeRustPlatform { cargo = toolchain; rustc = toolchain; };
        darwin = pkgs.lib.optionals pkgs.stdenv.isDarwin (with pkgs.darwin.apple_sdk.frameworks; [ Security SystemConfiguration ]);
      in
      rec {
        packages = {
          default = packages.app;
          app = platform.buildRustPackage {
            pname = "app";
            version = (builtins.fromTOML (builtins.readFile ./Cargo.toml)).package.version;
            src = self;
            cargoLock = { lockFile = ./Cargo.lock; };
            buildInputs = [ pkgs.openssl ] ++ darwin;
            CARGO_BUILD_TARGET = "x86_64-unknown-linux-musl";
            BRANCH = pkgs.theBranch;
          };
        };
        apps.default = utils.lib.mkApp { drv = packages.app; };
        devShells.default = pkgs.mkShell {
          inherit (packages.app) buildInputs;
          nativeBuildInputs = [ toolchain pkgs.pkg-config ];
          RUST_SRC_PATH = "${toolchain}/lib/rustlib/src/rust/library";
          RUST_BACKTRACE = "1";
        };
        devShells.nightly = pkgs.mkShell { packages = [ nightly ]; };
      }
    );
}
