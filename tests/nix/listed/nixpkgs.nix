# nixpkgs for flakes whose outputs' names are asked: nixpkgs' own lib, the stand-in of the tests, and for each other
# name that the flake uses, anything.
{ lib, names }:
given:
let
  anything = import ./anything.nix { inherit lib names; };
  fill =
    final: prev:
    lib.genAttrs (builtins.filter (name: !(prev ? ${name})) names) (_: anything)
    // {
      inherit lib;
      callPackage = lib.callPackageWith final;
      callPackages = lib.callPackagesWith final;
      newScope = extra: lib.callPackageWith (final // extra);
      makeScopeWithSplicing' = lib.makeScopeWithSplicing' { splicePackages = sets: sets.pkgsHostTarget or { }; inherit (final) newScope; };
    };
in
import ../stub-nixpkgs (given // { overlays = [ fill ] ++ (given.overlays or [ ]); })
