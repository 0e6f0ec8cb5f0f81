{
  inputs = {
    nixpkgs.url = "nixpkgs/nixos-unstable";
    naersk.url = "github:nix-community/naersk";
    fenix.url = "github:nix-community/fenix";
  };
  outputs =
    { nixpkgs, naersk, fenix, ... }:
    let
      system = "x86_64-linux";
      pkgs = import nixpkgs { inherit system; };
      toolchain = fenix.packages.${system}.fromToolchainFile { file = ./rust-toolchain.toml; sha256 = "sha256-AAAA"; };
      lib' = naersk.lib.${system}.override { cargo = toolchain; rustc = toolchain; };
      lib'' = pkgs.callPackage naersk { };
    in
    {
      packages.${system} = {
        default = lib''.buildPackage { src = ./.; nativeBuildInputs = with pkgs; [ cmake ]; };
        static = lib'.buildPackage {
          src = ./.;
          pname = "static";
          CARGO_BUILD_TARGET = "x86_64-unknown-linux-musl";
          CARGO_BUILD_RUSTFLAGS = "-C target-feature=+crt-static";
          doCheck = true;
        };
        plain = naersk.lib.${system}.buildPackage ./.;
      };
      defaultPackage.${system} = lib''.buildPackage ./.;
      devShell.${system} = with pkgs; mkShell { nativeBuildInputs = [ rustc cargo clippy ]; RUST_LIB = "${rustPlatform.rustLibSrc}"; };
    };
}
