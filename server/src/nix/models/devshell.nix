# numtide's devshell: dev shells from modules; `env` is a list of `{ name; value; }`.
{ lib, systems, frameworks, ... }:
let
  base = {
    options = {
      name = lib.mkOption { default = "devshell"; };
      env = lib.mkOption { default = [ ]; };
      packages = lib.mkOption { default = [ ]; };
      packagesFrom = lib.mkOption { default = [ ]; };
      commands = lib.mkOption { default = [ ]; };
      devshell = {
        packages = lib.mkOption { default = [ ]; };
        packagesFrom = lib.mkOption { default = [ ]; };
        name = lib.mkOption { default = "devshell"; };
      };
    };
  };
  mkShell = pkgs: module:
    let
      config = (lib.evalModules {
        modules = [ base module ];
        specialArgs = { inherit pkgs; };
      }).config.__closed;
      package = command: if command ? package then [ command.package ] else [ ];
    in
    pkgs.mkShell {
      name = config.devshell.name;
      packages = config.packages ++ config.devshell.packages ++ lib.concatMap package config.commands;
      inputsFrom = config.packagesFrom ++ config.devshell.packagesFrom;
      env = config.env;
    };
  flakeModule = {
    perSystem = { config, pkgs, ... }: {
      devShells = lib.mapAttrs (_: mkShell pkgs) config.devshells;
    };
    options.perSystem = frameworks.flake-parts.lib.mkPerSystemOption {
      options.devshells = lib.mkOption { default = { }; };
    };
  };
in
{
  inherit flakeModule;
  flakeModules.default = flakeModule;
  legacyPackages = lib.genAttrs systems (system: {
    mkShell = mkShell frameworks.nixpkgs.legacyPackages.${system};
  });
}
