# A Rust toolchain as rust-overlay and fenix give it: a package with what it was asked for.
{ lib }:
{
  make =
    pkgs: name:
    let
      toolchain =
        asked:
        pkgs.stubPackage name {
          inherit asked;
          targets = asked.targets or [ ];
          override = more: toolchain (asked // (if lib.isFunction more then more asked else more));
        };
    in
    toolchain { };
}
