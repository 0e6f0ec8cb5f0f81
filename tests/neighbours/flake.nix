{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

  outputs =
    { nixpkgs, ... }:
    let
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      unused = 1;
    in
    {
      devShells.x86_64-linux.default = pkgs.mkShell {
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER = pkgs.pkgsCross.aarch64-multiplatform.stdenv.cc;
      };
    };
}
