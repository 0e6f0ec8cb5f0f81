{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";
    crane.url = "github:ipetkov/crane";
    fenix = { url = "github:nix-community/fenix"; inputs.nixpkgs.follows = "nixpkgs"; };
    flake-utils.url = "github:numtide/flake-utils";
  };
  outputs =
    { self, nixpkgs, crane, fenix, flake-utils, ... }:
    flake-utils.lib.eachDefaultSystem (
      system:
      let
        pkgs = nixpkgs.legacyPackages.${system};
        inherit (pkgs) lib;
        toolchain = with fenix.packages.${system}; combine [
          minimal.rustc
          minimal.cargo
          targets.x86_64-pc-windows-gnu.latest.rust-std
          targets.aarch64-unknown-linux-musl.latest.rust-std
        ];
        craneLib = (crane.mkLib pkgs).overrideToolchain toolchain;
        src = craneLib.cleanCargoSource ./.;
        commonArgs = {
          inherit src;
          strictDeps = true;
          buildInputs = [ pkgs.openssl ] ++ lib.optionals pkgs.stdenv.isDarwin [ pkgs.libiconv ];
          nativeBuildInputs = [ pkgs.pkg-config ];
          COMMON = "1";
        };
        cargoArtifacts = craneLib.buildDepsOnly commonArgs;
        app = craneLib.buildPackage (commonArgs // { inherit cargoArtifacts; APP = "yes"; });
        windows = let
          cross = pkgs.pkgsCross.mingwW64;
        in craneLib.buildPackage (commonArgs // {
          doCheck = false;
          CARGO_BUILD_TARGET = "x86_64-pc-windows-gnu";
          CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER = "${cross.stdenv.cc}/bin/${cross.stdenv.cc.targetPrefix}cc";
          CC_x86_64_pc_windows_gnu = "${cross.stdenv.cc.targetPrefix}cc";
          depsBuildBuild = [ cross.stdenv.cc cross.windows.pthreads ];
        });
        crossLib = crane.mkLib (import nixpkgs { localSystem = system; crossSystem.config = "aarch64-unknown-linux-musl"; });
      in
      {
        checks = {
          inherit app;
          clippy = craneLib.cargoClippy (commonArgs // { inherit cargoArtifacts; cargoClippyExtraArgs = "--all-targets"; });
        };
        packages = {
          default = app;
          inherit windows;
          arm = crossLib.buildPackage { inherit src; strictDeps = true; CARGO_BUILD_RUSTFLAGS = "-C target-feature=+crt-static"; };
        };
        devShells.default = craneLib.devShell {
          checks = self.checks.${system};
          packages = [ pkgs.bacon ];
          IN_SHELL = "1";
        };
      }
    );
}
