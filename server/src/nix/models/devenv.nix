# devenv: dev shells from modules.
{ lib, frameworks, ... }:
let
  base = { config, pkgs, ... }: {
    options = {
      name = lib.mkOption { default = "devenv-shell"; };
      env = lib.mkOption { default = { }; };
      packages = lib.mkOption { default = [ ]; };
      inputsFrom = lib.mkOption { default = [ ]; };
      enterShell = lib.mkOption { default = ""; };
      stdenv = lib.mkOption { default = pkgs.stdenv; };
      procfileScript = lib.mkOption { default = pkgs.writeShellScript "devenv-up" ""; };
      languages.rust = {
        enable = lib.mkOption { default = false; };
        channel = lib.mkOption { default = "nixpkgs"; };
        version = lib.mkOption { default = "latest"; };
        targets = lib.mkOption { default = [ ]; };
        toolchainFile = lib.mkOption { default = null; };
        toolchainPackage = lib.mkOption {
          default =
            let rust = config.languages.rust; in
            if rust.toolchainFile != null then
              pkgs.rust-bin.fromRustupToolchainFile rust.toolchainFile
            else if rust.channel == "nixpkgs" then
              pkgs.rustc
            else
              pkgs.rust-bin.${rust.channel}.${rust.version}.default.override { inherit (rust) targets; };
        };
      };
    };
  };
  toolchain = pkgs: rust:
    if !rust.enable then
      [ ]
    else if rust.toolchainFile == null && rust.channel == "nixpkgs" then
      [ pkgs.rustc pkgs.cargo ]
    else
      [ rust.toolchainPackage ];
  mkShell = { pkgs, inputs ? { }, modules ? [ ], ... }:
    let
      config = (lib.evalModules {
        modules = [ base ] ++ modules;
        specialArgs = { inherit pkgs inputs; };
      }).config;
      known = config.__closed;
    in
    (pkgs.mkShell.override { inherit (known) stdenv; }) {
      name = known.name;
      packages = known.packages ++ toolchain pkgs known.languages.rust;
      inputsFrom = known.inputsFrom;
      env = known.env;
      shellHook = known.enterShell;
    }
    // {
      inherit config;
    };
  flakeModule = {
    perSystem = { config, pkgs, ... }: {
      devShells = lib.mapAttrs (_: module: mkShell { inherit pkgs; modules = [ module ]; }) config.devenv.shells;
    };
    options.perSystem = frameworks.flake-parts.lib.mkPerSystemOption {
      options.devenv.shells = lib.mkOption { default = { }; };
    };
  };
in
{
  inherit flakeModule;
  flakeModules.default = flakeModule;
  lib = {
    inherit mkShell;
    mkConfig = arguments: (mkShell arguments).config;
  };
}
