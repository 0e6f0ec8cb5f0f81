# A stand-in for nixpkgs, so that the tests can evaluate flakes with real Nix and no network. It has what the
# fixtures use, and means by it what nixpkgs means; nothing in it can be built into a program.
{
  outputs =
    { self }:
    let
      lib = import ./lib.nix;
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs lib.systems.flakeExposed (system: import ./. { inherit system; });
    };
}
