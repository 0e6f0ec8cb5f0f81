# A stand-in for oxalica/rust-overlay.
{
  outputs =
    { self }:
    let
      lib = import ../../stub-nixpkgs/lib.nix;
      overlay = import ./.;
      sets = lib.genAttrs lib.systems.flakeExposed (system: import ../../stub-nixpkgs { inherit system; overlays = [ overlay ]; });
    in
    {
      overlays = { default = overlay; rust-overlay = overlay; };
      inherit overlay;
      lib.mkRustBin = _: pkgs: (overlay pkgs pkgs).rust-bin;
      packages = lib.mapAttrs (_: pkgs: rec { rust = pkgs.rust-bin.stable.latest.default; default = rust; rust-nightly = rust; }) sets;
    };
}
