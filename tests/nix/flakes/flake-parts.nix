{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    flake-parts.url = "github:hercules-ci/flake-parts";
    rust-overlay.url = "github:oxalica/rust-overlay";
    systems.url = "github:nix-systems/default";
    crane.url = "github:ipetkov/crane";
  };
  outputs =
    inputs@{ self, flake-parts, ... }:
    flake-parts.lib.mkFlake { inherit inputs; } {
      systems = import inputs.systems;
      imports = [
        {
          perSystem =
            { pkgs, ... }:
            {
              packages.helper = pkgs.writeShellScriptBin "helper" ''
                exec cargo "$@"
              '';
            };
        }
      ];
      flake.overlays.default = final: prev: { };
      perSystem =
        { config, self', inputs', pkgs, system, lib, ... }:
        let
          craneLib = (inputs.crane.mkLib pkgs).overrideToolchain (p: p.rust-bin.stable.latest.default);
        in
        {
          _module.args.pkgs = import inputs.nixpkgs {
            inherit system;
            overlays = [ inputs.rust-overlay.overlays.default ];
          };
          packages.default = pkgs.rustPlatform.buildRustPackage {
            pname = "app";
            version = "0.1.0";
            src = ./.;
            cargoLock.lockFile = ./Cargo.lock;
            buildInputs = [ pkgs.zstd ];
            SYSTEM = system;
          };
          packages.crane = craneLib.buildPackage { src = ./.; pname = "crane-app"; ZSTD_SYS_USE_PKG_CONFIG = true; };
          packages.static = if pkgs.stdenv.isLinux then pkgs.pkgsStatic.callPackage ./package.nix { } else config.packages.default;
          devShells.default = pkgs.mkShell {
            inputsFrom = [ self'.packages.default ];
            packages = [ config.packages.helper pkgs.rust-analyzer ];
            env.LIBCLANG_PATH = "${pkgs.libclang.lib}/lib";
            env.LD_LIBRARY_PATH = lib.makeLibraryPath [ pkgs.vulkan-loader pkgs.wayland ];
          };
        };
    };
}
