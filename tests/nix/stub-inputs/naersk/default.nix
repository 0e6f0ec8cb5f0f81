{ lib, stdenv, cargo, rustc, ... }:
{
  buildPackage =
    given:
    let
      attrs = if lib.isAttrs given && !(lib.isDerivation given) then given else { src = given; };
      own = [ "override" "overrideMain" "mode" "cargoBuildOptions" "cargoOptions" "cargoTestOptions" "gitSubmodules" "root" "copyLibs" "singleStep" "release" ];
    in
    stdenv.mkDerivation (
      builtins.removeAttrs attrs own
      // {
        pname = attrs.pname or attrs.name or "app";
        version = attrs.version or "0.0.1";
        nativeBuildInputs = (attrs.nativeBuildInputs or [ ]) ++ [ cargo rustc ];
      }
    );
}
