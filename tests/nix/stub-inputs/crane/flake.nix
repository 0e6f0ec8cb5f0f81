# A stand-in for ipetkov/crane.
{
  outputs =
    { self }:
    let
      lib = import ../../stub-nixpkgs/lib.nix;
      mkLib =
        pkgs:
        let
          libWith =
            toolchain:
            let
              # Attributes that crane reads itself.
              own = [ "cargoArtifacts" "cargoVendorDir" "cargoLock" "cargoToml" "outputHashes" "cargoBuildCommand" "cargoClippyExtraArgs" "cargoTestCommand" "inputsFrom" "checks" "cargoDocExtraArgs" "cargoNextestExtraArgs" "partitions" "partitionType" ];
              build =
                suffix: given:
                pkgs.stdenv.mkDerivation (
                  builtins.removeAttrs given own
                  // {
                    pname = "${given.pname or "app"}${suffix}";
                    version = given.version or "0.0.1";
                    cargoVendorDir = "vendored";
                    nativeBuildInputs = (given.nativeBuildInputs or [ ]) ++ [ toolchain ];
                    doCheck = given.doCheck or true;
                  }
                );
              this = {
                buildPackage = build "";
                mkCargoDerivation = build "";
                buildDepsOnly = build "-deps";
                cargoBuild = build "-build";
                cargoTest = build "-test";
                cargoClippy = build "-clippy";
                cargoDoc = build "-doc";
                cargoDocTest = build "-doctest";
                cargoFmt = build "-fmt";
                cargoNextest = build "-nextest";
                cargoAudit = build "-audit";
                cargoDeny = build "-deny";
                cargoTarpaulin = build "-tarpaulin";
                cargoLlvmCov = build "-llvm-cov";
                taploFmt = build "-toml-fmt";
                buildTrunkPackage = build "-trunk";
                devShell =
                  given:
                  pkgs.mkShell (
                    builtins.removeAttrs given [ "checks" ]
                    // {
                      inputsFrom = lib.attrValues (given.checks or { }) ++ (given.inputsFrom or [ ]);
                      packages = [ toolchain ] ++ (given.packages or [ ]);
                    }
                  );
                cleanCargoSource = src: src;
                filterCargoSources = _: _: true;
                path = given: given.path or given;
                fileset = lib.fileset // { commonCargoSources = path: path; cargoTomlAndLock = path: path; rust = path: path; };
                crateNameFromCargoToml =
                  given:
                  let
                    toml = lib.importTOML (given.cargoToml or ((given.src or ./.) + "/Cargo.toml"));
                  in
                  { pname = toml.package.name; version = toml.package.version; };
                vendorCargoDeps = _: "vendored";
                vendorMultipleCargoDeps = _: "vendored";
                overrideToolchain = change: libWith (if lib.isFunction change then change pkgs else change);
                overrideScope = overlay: this // overlay this this;
                "overrideScope'" = this.overrideScope;
                inherit (pkgs) stdenv callPackage;
              };
            in
            this;
        in
        libWith pkgs.cargo;
    in
    {
      inherit mkLib;
      lib = lib.genAttrs lib.systems.flakeExposed (system: mkLib (import ../../stub-nixpkgs { inherit system; })) // { inherit mkLib; };
    };
}
