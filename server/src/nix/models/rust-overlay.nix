# rust-overlay without its overlay: `(mkRustBin { } pkgs).stable.latest.default`.
{ ... }:
{
  lib.mkRustBin = _: pkgs: pkgs.rust-bin;
}
