# Keys of variables from platforms, by every way that flakes take to them.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [ "x86_64-linux" "aarch64-linux" "aarch64-darwin" ];
      forAll = f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      screaming = triple: lib.toUpper (builtins.replaceStrings [ "-" "." ] [ "_" "_" ] triple);
    in
    {
      devShells = forAll (
        pkgs:
        let
          musl = pkgs.pkgsCross.musl64;
          arm = pkgs.pkgsCross.aarch64-multiplatform;
          windows = pkgs.pkgsCross.mingwW64;
          linkerOf = cross: {
            name = "CARGO_TARGET_${cross.stdenv.hostPlatform.rust.cargoEnvVarTarget}_LINKER";
            value = "${cross.stdenv.cc}/bin/${cross.stdenv.cc.targetPrefix}cc";
          };
        in
        {
          default = pkgs.mkShell (
            {
              packages = [ pkgs.rustup arm.stdenv.cc ];
              "CARGO_TARGET_${screaming musl.stdenv.hostPlatform.rust.rustcTarget}_LINKER" = "${musl.stdenv.cc.targetPrefix}cc";
              "CC_${builtins.replaceStrings [ "-" ] [ "_" ] "aarch64-unknown-linux-gnu"}" = "${arm.stdenv.cc}/bin/${arm.stdenv.cc.targetPrefix}gcc";
            }
            // builtins.listToAttrs (map linkerOf [ arm windows ])
          );
          each = pkgs.mkShellNoCC {
            env = lib.mapAttrs' (name: cross: lib.nameValuePair "AR_${name}" "${cross.stdenv.cc.bintools}/bin/${cross.stdenv.cc.targetPrefix}ar") {
              arm = arm;
              inherit windows;
            };
            TARGETS = lib.concatMapStringsSep "," (cross: cross.stdenv.hostPlatform.config) [ arm windows musl ];
            SELF = pkgs.stdenv.hostPlatform.config;
            IS_LINUX = pkgs.stdenv.isLinux;
            IS_MUSL = musl.stdenv.hostPlatform.isMusl;
            CAN_RUN = pkgs.stdenv.buildPlatform.canExecute arm.stdenv.hostPlatform;
            LIBC = arm.stdenv.hostPlatform.libc;
            EXTENSION = windows.stdenv.hostPlatform.extensions.executable;
            QEMU = arm.stdenv.hostPlatform.qemuArch;
            ENV_TARGET = pkgs.rust.toRustTargetForUseInEnvVars windows.stdenv.hostPlatform;
          };
        }
      );
    };
}
