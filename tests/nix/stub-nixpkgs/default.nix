# `import nixpkgs { system, localSystem, crossSystem, overlays, config }`: a package set for a pair of platforms.
{
  system ? builtins.currentSystem,
  localSystem ? { inherit system; },
  crossSystem ? null,
  overlays ? [ ],
  config ? { },
  ...
}:
let
  lib = import ./lib.nix;
  # `crossSystem` may name what `localSystem` is already: then nothing is cross.
  buildPlatform = lib.systems.elaborate localSystem;
  hostPlatform =
    if crossSystem == null then
      buildPlatform
    else
      let
        wanted = lib.systems.elaborate crossSystem;
      in
      if lib.systems.equals wanted buildPlatform then buildPlatform else wanted;

  # Another set with the same overlays and configuration.
  again = arguments: import ./. ({ inherit localSystem overlays config; } // arguments);
  isCross = !(lib.systems.equals buildPlatform hostPlatform);

  sets =
    final: prev:
    let
      forMusl = {
        config = lib.systems.muslConfig hostPlatform;
      };
      # Of a cross set, the compilers of the builder make programs for the host.
      buildSet = if isCross then again { crossSystem = null; } // lib.genAttrs [ "gcc" "clang" "binutils" ] compiler else final;
      compiler =
        name: final.stubPackage "buildPackages.${name}" { targetPrefix = "${hostPlatform.config}-"; };
    in
    {
      buildPackages = buildSet;
      pkgsBuildBuild = buildSet;
      pkgsBuildHost = buildSet;
      pkgsBuildTarget = buildSet;
      pkgs = final;
      pkgsHostTarget = final;
      pkgsHostHost = final;
      targetPackages = final;
      __splicedPackages = final;
      pkgsCross = lib.mapAttrs (_: crossSystem: again { inherit crossSystem; }) lib.systems.examples;
      pkgsMusl =
        if !hostPlatform.isLinux then
          throw "Musl libc only supports Linux systems."
        else
          again (if isCross then { crossSystem = forMusl; } else { localSystem = forMusl; });
      pkgsStatic = again {
        crossSystem = {
          isStatic = true;
        }
        // (if hostPlatform.isLinux then forMusl else { inherit (hostPlatform) config; });
      };
      pkgsLLVM = again { crossSystem = { inherit (hostPlatform) config; useLLVM = true; }; };
      pkgsi686Linux = again { localSystem = "i686-linux"; };
      extend = overlay: again { inherit crossSystem; overlays = overlays ++ [ overlay ]; };
      appendOverlays = more: again { inherit crossSystem; overlays = overlays ++ more; };
      inherit lib config overlays;
      path = ./.;
      inherit (hostPlatform) system;
      inherit hostPlatform buildPlatform;
      targetPlatform = hostPlatform;
    };

  layers = [
    (import ./stdenv.nix { inherit lib buildPlatform hostPlatform isCross; })
    (import ./packages.nix { inherit lib; })
    (import ./rust.nix { inherit lib; })
    sets
  ]
  ++ overlays;
in
lib.fix (final: lib.foldl' (prev: layer: prev // layer final prev) { } layers)
