# A stand-in for nix-community/naersk.
{
  outputs =
    { self }:
    let
      lib = import ../../stub-nixpkgs/lib.nix;
    in
    {
      lib = lib.genAttrs lib.systems.flakeExposed (system: (import ../../stub-nixpkgs { inherit system; }).callPackage ./. { });
      overlays.default = final: prev: { naersk = final.callPackage ./. { }; };
    };
}
