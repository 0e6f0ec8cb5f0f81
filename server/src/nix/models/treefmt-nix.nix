# treefmt-nix: formatters. Its modules add a formatter and a check; what shells take from it are
# programs that format.
{ lib, ... }:
let
  build = pkgs: {
    wrapper = pkgs.treefmt;
    programs = { };
    configFile = "treefmt.toml";
    devShell = pkgs.mkShell { };
    check = _: pkgs.treefmt;
  };
  evalModule = pkgs: _: { config = { build = build pkgs; package = pkgs.treefmt; }; };
  flakeModule = {
    perSystem = { pkgs, ... }: {
      treefmt = {
        build = build pkgs;
        package = lib.mkDefault pkgs.treefmt;
      };
    };
  };
in
{
  inherit flakeModule;
  flakeModules.default = flakeModule;
  lib = {
    inherit evalModule;
    mkWrapper = pkgs: _: pkgs.treefmt;
  };
}
