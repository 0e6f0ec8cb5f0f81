# process-compose-flake: each `process-compose.NAME` is a package that starts the processes.
{ lib, frameworks, ... }:
let
  flakeModule = {
    perSystem = { config, pkgs, ... }: {
      packages = lib.mapAttrs (name: _: pkgs.writeShellApplication { inherit name; }) config.__closed.process-compose;
    };
    options.perSystem = frameworks.flake-parts.lib.mkPerSystemOption {
      options.process-compose = lib.mkOption { default = { }; };
    };
  };
in
{
  inherit flakeModule;
  flakeModules.default = flakeModule;
}
