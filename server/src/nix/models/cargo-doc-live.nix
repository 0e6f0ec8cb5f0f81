# cargo-doc-live: a program that serves documentation while it is written.
{ ... }:
let
  flakeModule = {
    perSystem = { pkgs, ... }: {
      process-compose.cargo-doc-live.outputs.package = pkgs.process-compose;
      packages.cargo-doc-live = pkgs.process-compose;
    };
  };
in
{
  inherit flakeModule;
  flakeModules.default = flakeModule;
}
