# Derivations that are changed after they were made.
{
  outputs =
    { self, nixpkgs }:
    let
      system = "x86_64-linux";
      pkgs = import nixpkgs { inherit system; overlays = [ self.overlays.default ]; };
      base = pkgs.rustPlatform.buildRustPackage (finalAttrs: {
        pname = "base";
        version = "1.2.3";
        src = ./.;
        cargoLock.lockFile = ./Cargo.lock;
        TAG = "v${finalAttrs.version}";
        buildInputs = [ pkgs.zlib ];
        postInstall = "echo ${finalAttrs.pname}";
      });
    in
    {
      overlays.default = final: prev: {
        mytool = final.callPackage ({ rustPlatform, lib, stdenv, openssl, withTls ? false }: rustPlatform.buildRustPackage {
          pname = "mytool";
          version = "0.1.0";
          src = ./.;
          cargoLock.lockFile = ./Cargo.lock;
          buildInputs = lib.optional withTls openssl;
          FEATURES = lib.optionalString withTls "tls";
          PLATFORM = stdenv.hostPlatform.config;
        }) { };
        openssl = prev.openssl.override { static = true; };
      };
      packages.${system} = {
        inherit base;
        inherit (pkgs) mytool;
        tls = pkgs.mytool.override { withTls = true; };
        static = pkgs.pkgsStatic.mytool;
        arm = pkgs.pkgsCross.aarch64-multiplatform.mytool;
        musl = pkgs.pkgsMusl.mytool;
        more = base.overrideAttrs (old: {
          buildInputs = old.buildInputs ++ [ pkgs.sqlite ];
          EXTRA = "${old.TAG}-more";
        });
        twice = (base.overrideAttrs (_: { ONE = "1"; })).overrideAttrs (final: prev: { TWO = prev.ONE + "2"; });
        default = self.packages.${system}.base;
        crossed = (import nixpkgs { inherit system; crossSystem = { config = "riscv64-unknown-linux-gnu"; }; overlays = [ self.overlays.default ]; }).mytool;
        string = (import nixpkgs { localSystem = system; crossSystem = "aarch64-linux"; }).rustPlatform.buildRustPackage {
          pname = "string";
          version = "1";
          src = ./.;
          cargoLock.lockFile = ./Cargo.lock;
        };
      };
      devShells.${system} = {
        default = pkgs.mkShell {
          inputsFrom = [ base self.packages.${system}.tls ];
          packages = [ pkgs.cargo-nextest ];
          shellHook = ''
            export ROOT=$PWD
            export LEVEL="debug"
          '';
        };
        derived = self.devShells.${system}.default.overrideAttrs (old: { MORE = "1"; });
        clang = pkgs.mkShell.override { stdenv = pkgs.clangStdenv; } { CC_IS = "clang"; };
        cross = pkgs.pkgsCross.aarch64-multiplatform.mkShell {
          nativeBuildInputs = [ pkgs.pkg-config ];
          WHICH = "cross";
        };
      };
    };
}
