# Builders of Rust programs.
{ lib }:
final: prev:
let
  inherit (final) stdenv;

  # What is vendored: of what the lock file names, only the hashes are there to be seen.
  vendored =
    lock: "cargo-deps" + lib.optionalString (lock ? outputHashes) " ${builtins.toJSON lock.outputHashes}";

  platformWith =
    { stdenv, rustc, cargo }:
    {
      buildRustPackage =
        given:
        let
          package =
            args:
            builtins.removeAttrs args [
              "cargoLock"
              "cargoUpdateHook"
              "RUSTFLAGS"
            ]
            // {
              env = {
                PKG_CONFIG_ALLOW_CROSS = if stdenv.buildPlatform.config != stdenv.hostPlatform.config then 1 else 0;
                RUST_LOG = args.logLevel or "";
                # Either way of setting it counts; `env` is first.
                ${if args ? RUSTFLAGS || args ? env.RUSTFLAGS then "RUSTFLAGS" else null} =
                  let flags = args.env.RUSTFLAGS or args.RUSTFLAGS; in if lib.isList flags then toString flags else flags;
              }
              // args.env or { };
              cargoDeps =
                if args ? cargoLock || args ? cargoHash || args ? cargoSha256 || args ? cargoVendorDir || args ? cargoDeps then
                  args.cargoDeps or (vendored (args.cargoLock or { }))
                else
                  throw "cargoHash, cargoVendorDir, cargoDeps, or cargoLock must be set";
              nativeBuildInputs = (args.nativeBuildInputs or [ ]) ++ [ rustc cargo ];
              buildInputs = (args.buildInputs or [ ]) ++ lib.optional stdenv.hostPlatform.isMinGW final.windows.pthreads;
              doCheck = args.doCheck or true;
              strictDeps = true;
              cargoBuildType = args.buildType or "release";
            };
        in
        stdenv.mkDerivation (if lib.isFunction given then (finalAttrs: package (given finalAttrs)) else package given);
      bindgenHook = final.stubPackage "rustPlatform.bindgenHook" { };
      cargoSetupHook = final.stubPackage "rustPlatform.cargoSetupHook" { };
      cargoBuildHook = final.stubPackage "rustPlatform.cargoBuildHook" { };
      maturinBuildHook = final.stubPackage "rustPlatform.maturinBuildHook" { };
      rustLibSrc = final.stubPackage "rustPlatform.rustLibSrc" { };
      rustcSrc = final.stubPackage "rustPlatform.rustcSrc" { };
      importCargoLock = vendored;
      fetchCargoVendor = _: final.stubPackage "rustPlatform.fetchCargoVendor" { };
      fetchCargoTarball = _: final.stubPackage "rustPlatform.fetchCargoTarball" { };
      rust = { inherit rustc cargo; };
    };
in
{
  rustPlatform = platformWith { inherit (final) stdenv rustc cargo; };
  makeRustPlatform =
    given: lib.makeOverridable platformWith { stdenv = given.stdenv or final.stdenv; inherit (given) rustc cargo; };
  rust = {
    toRustTarget = platform: platform.rust.rustcTarget;
    toRustTargetSpec = platform: platform.rust.rustcTargetSpec;
    toRustTargetSpecShort = platform: platform.rust.cargoShortTarget;
    toRustTargetForUseInEnvVars = platform: platform.rust.cargoEnvVarTarget;
    envVars = {
      rustHostPlatform = stdenv.hostPlatform.rust.rustcTarget;
      ccForHost = "${stdenv.cc}/bin/${stdenv.cc.targetPrefix}cc";
      linkerForHost = "${stdenv.cc}/bin/${stdenv.cc.targetPrefix}cc";
    };
  };
}
