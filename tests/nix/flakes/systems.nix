# Package sets for other platforms, one on top of the other.
{
  outputs =
    { self, nixpkgs, ... }:
    let
      lib = nixpkgs.lib;
      build = pkgs: extra: pkgs.rustPlatform.buildRustPackage (
        {
          pname = "app";
          version = "1";
          src = ./.;
          cargoLock.lockFile = ./Cargo.lock;
          HOST = pkgs.stdenv.hostPlatform.config;
          BUILD = pkgs.stdenv.buildPlatform.config;
          TRIPLE = pkgs.stdenv.hostPlatform.rust.rustcTarget;
          PREFIX = pkgs.stdenv.cc.targetPrefix;
          STATIC = pkgs.stdenv.hostPlatform.isStatic;
          TOOLS = pkgs.buildPackages.stdenv.hostPlatform.config;
        }
        // extra
      );
      perSystem = system: let
        pkgs = nixpkgs.legacyPackages.${system};
        with' = crossSystem: import nixpkgs { inherit system crossSystem; };
        windows = with' { config = "x86_64-w64-mingw32"; };
      in {
        native = build pkgs { };
        musl64 = build pkgs.pkgsCross.musl64 { };
        static = build pkgs.pkgsStatic { };
        static-arm = build pkgs.pkgsCross.aarch64-multiplatform.pkgsStatic { };
        arm-musl = build pkgs.pkgsCross.aarch64-multiplatform-musl { };
        arm-musl-static = build pkgs.pkgsCross.aarch64-multiplatform-musl.pkgsStatic { };
        pi = build pkgs.pkgsCross.raspberryPi { };
        armv7 = build pkgs.pkgsCross.armv7l-hf-multiplatform { };
        armv7-static = build pkgs.pkgsCross.armv7l-hf-multiplatform.pkgsStatic { };
        riscv = build pkgs.pkgsCross.riscv64 { };
        windows = build pkgs.pkgsCross.mingwW64 { };
        windows-static = build windows.pkgsStatic { };
        windows32 = build pkgs.pkgsCross.mingw32 { };
        string = build (with' "aarch64-linux") { };
        config = build (with' { config = "aarch64-unknown-linux-musl"; isStatic = true; }) { };
        told = build (with' { config = "x86_64-unknown-linux-musl"; rustc.config = "x86_64-unknown-linux-musl"; }) { };
        android = build pkgs.pkgsCross.aarch64-android { };
        ppc = build pkgs.pkgsCross.ppc64 { };
        s390 = build pkgs.pkgsCross.s390x { };
        freebsd = build pkgs.pkgsCross.x86_64-freebsd { };
        i686 = build pkgs.pkgsCross.gnu32 { };
        wasi = build pkgs.pkgsCross.wasi32 { };
        loongarch = build pkgs.pkgsCross.loongarch64-linux { };
        same = build (with' system) { };
      }
      // lib.optionalAttrs pkgs.stdenv.isLinux {
        musl = build pkgs.pkgsMusl { };
        musl-static = build pkgs.pkgsMusl.pkgsStatic { };
      }
      // lib.optionalAttrs pkgs.stdenv.isDarwin {
        intel = build pkgs.pkgsCross.x86_64-darwin { };
      };
    in
    {
      packages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" "aarch64-darwin" ] perSystem;
    };
}
