# nix-cargo-integration: what `config.nci.outputs` has. Which outputs it makes by itself is not modelled.
{ lib, frameworks, input, ... }:
let
  flakeModule = {
    imports = [ input.outputsThatAreNotModelled ];
    perSystem = { config, pkgs, ... }:
      let
        names = lib.attrNames (config.nci.projects // config.nci.crates);
        crate = name: config.nci.crates.${name} or { };
        craneLib = frameworks.crane.mkLib pkgs;
        package = name: craneLib.buildPackage ((crate name).drvConfig.mkDerivation or { } // { pname = name; env = (crate name).drvConfig.env or { }; });
      in
      {
        nci.outputs = lib.genAttrs names (name: {
          packages = { release = package name; dev = package name; };
          devShell = pkgs.mkShell { inputsFrom = [ (package name) ]; };
        });
      };
    options.perSystem = frameworks.flake-parts.lib.mkPerSystemOption {
      options.nci = {
        projects = lib.mkOption { default = { }; };
        crates = lib.mkOption { default = { }; };
      };
    };
  };
in
{
  inherit flakeModule;
  flakeModules.default = flakeModule;
}
