final: prev:
let
  lib = import ../../stub-nixpkgs/lib.nix;
  make = (import ../toolchains.nix { inherit lib; }).make final;
  profiles = channel: lib.genAttrs [ "default" "minimal" "complete" "rust" "rustc" "cargo" "rust-std" "rust-src" "clippy" "rustfmt" "rust-analyzer" ] (profile: make "rust-bin.${channel}.${profile}");
  versions = lib.concatMap (minor: map (patch: "1.${toString minor}.${toString patch}") [ 0 1 2 ]) (lib.range 50 99);
  two = n: if n < 10 then "0${toString n}" else toString n;
  dates = lib.concatMap (year: lib.concatMap (month: map (day: "${toString year}-${two month}-${two day}") (lib.range 1 31)) (lib.range 1 12)) (lib.range 2023 2026);
  channel = name: versions: lib.genAttrs ([ "latest" ] ++ versions) (version: profiles "${name}.${version}");
  fromFile = _: make "rust-bin.fromRustupToolchainFile";
in
{
  rust-bin = {
    stable = channel "stable" versions;
    beta = channel "beta" dates;
    nightly = channel "nightly" dates;
    fromRustupToolchainFile = fromFile;
    fromRustupToolchain = fromFile;
    selectLatestNightlyWith = select: select (profiles "nightly.latest");
  };
}
