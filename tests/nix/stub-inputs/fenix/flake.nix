# A stand-in for nix-community/fenix.
{
  outputs =
    { self }:
    let
      lib = import ../../stub-nixpkgs/lib.nix;
      fenixOf =
        pkgs:
        let
          make = (import ../toolchains.nix { inherit lib; }).make pkgs;
          components = [ "toolchain" "rustc" "cargo" "clippy" "rustfmt" "rust-src" "rust-std" "rust-analyzer" "defaultToolchain" "minimalToolchain" "completeToolchain" "llvm-tools" "miri" ];
          profile = name: lib.genAttrs components (component: make "fenix.${name}.${component}") // {
            withComponents = _: make "fenix.${name}.withComponents";
          };
          profiles = lib.genAttrs [ "stable" "beta" "latest" "complete" "minimal" "default" ] profile;
          triples = map (platform: (lib.systems.elaborate platform).rust.rustcTarget) (lib.attrValues lib.systems.examples) ++ [
            "x86_64-pc-windows-msvc"
            "aarch64-pc-windows-msvc"
            "wasm32-unknown-unknown"
            "thumbv7em-none-eabihf"
            "aarch64-apple-ios"
            "x86_64-unknown-none"
          ];
          told = _: make "fenix.fromToolchainFile";
        in
        profiles
        // {
          combine = _: make "fenix.combine";
          fromToolchainFile = told;
          fromToolchainName = given: profile "fromToolchainName";
          toolchainOf = given: profile "toolchainOf";
          fromManifest = given: profile "fromManifest";
          rust-analyzer = make "fenix.rust-analyzer";
          rust-analyzer-nightly = make "fenix.rust-analyzer-nightly";
          rust-analyzer-vscode-extension = make "fenix.rust-analyzer-vscode-extension";
          targets = lib.genAttrs triples (triple: lib.mapAttrs (name: _: profile "targets.${triple}.${name}") profiles // {
            fromToolchainFile = told;
            fromToolchainName = given: profile "targets.${triple}.fromToolchainName";
            toolchainOf = given: profile "targets.${triple}.toolchainOf";
          });
        };
      overlay = final: prev: { fenix = fenixOf final; rust-analyzer-nightly = (fenixOf final).rust-analyzer; };
    in
    {
      packages = lib.genAttrs lib.systems.flakeExposed (system: fenixOf (import ../../stub-nixpkgs { inherit system; }));
      overlays.default = overlay;
      inherit overlay;
    };
}
