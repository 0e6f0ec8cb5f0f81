# juspay's rust-flake: packages for every crate of the workspace, by crane.
{ lib, frameworks, input, ... }:
let
  members = root: pattern:
    if lib.hasSuffix "/*" pattern then
      let
        folder = lib.removeSuffix "/*" pattern;
        entries = builtins.readDir (root + "/${folder}");
      in
      map (name: "${folder}/${name}") (lib.attrNames (lib.filterAttrs (_: kind: kind == "directory") entries))
    else
      [ pattern ];
  manifest = path: builtins.fromTOML (builtins.readFile (path + "/Cargo.toml"));
  crateModule = { config, ... }: {
    options = {
      autoWire = lib.mkOption { default = [ "crate" "doc" "clippy" ]; };
      crane = {
        args = lib.mkOption { default = { }; };
        extraBuildArgs = lib.mkOption { default = { }; };
      };
    };
  };
  perSystem = { config, pkgs, self, system, ... }:
    let
      project = config.__closed.rust-project;
      paths =
        if project.cargoToml ? workspace then
          map (path: project.src + "/${path}") (lib.concatMap (members project.src) project.cargoToml.workspace.members)
        else
          [ project.src ];
      crate = path: lib.nameValuePair (manifest path).package.name path;
      # What the flake says of a crate, and what a file beside its manifest says.
      settings = name: path:
        let
          file = path + "/${project.crateNixFile}";
          beside = lib.optionals (project.crateNixFile != null && builtins.pathExists file) [ file ];
        in
        (lib.evalModules {
          modules = [ crateModule ] ++ beside ++ lib.optional (project.crates ? ${name}) project.crates.${name};
          specialArgs = { inherit pkgs; rust-project = project; flake = { inputs = { }; }; };
        }).config.__closed;
      arguments = name: path: (settings name path).crane.args // {
        src = project.src;
        pname = name;
        cargoExtraArgs = "-p ${name}";
      };
      build = name: path: project.crane-lib.buildPackage (arguments name path // (settings name path).crane.extraBuildArgs);
      packages = name: path:
        lib.optionalAttrs (lib.elem "crate" (settings name path).autoWire) { ${name} = build name path; }
        // lib.optionalAttrs (lib.elem "doc" (settings name path).autoWire) {
          "${name}-doc" = project.crane-lib.cargoDoc (arguments name path);
        };
      all = lib.listToAttrs (map crate paths);
      inputsOf = kind: lib.concatLists (lib.mapAttrsToList (name: path: (arguments name path).${kind} or [ ]) all);
    in
    {
      packages = lib.concatMapAttrs packages all;
      devShells.rust = pkgs.mkShell {
        name = "rust-flake-devshell";
        buildInputs = [ pkgs.libiconv ] ++ inputsOf "buildInputs";
        packages = [ project.toolchain ] ++ inputsOf "nativeBuildInputs";
        shellHook = ''
          export RUST_SRC_PATH="${project.toolchain}/lib/rustlib/src/rust/library";
        '';
      };
      rust-project.crates = lib.mapAttrs (name: path: {
        crane.args = { };
        crane.outputs.drv.crate = build name path;
      }) all;
    };
  flakeModule = {
    inherit perSystem;
    options.perSystem = frameworks.flake-parts.lib.mkPerSystemOption ({ config, pkgs, self, ... }: {
      options.rust-project = {
        crates = lib.mkOption { default = { }; };
        crateNixFile = lib.mkOption { default = null; };
        src = lib.mkOption { default = self; };
        cargoToml = lib.mkOption { default = manifest self; };
        toolchain = lib.mkOption { default = pkgs.rust-bin.fromRustupToolchainFile (self + "/rust-toolchain.toml"); };
        crane-lib = lib.mkOption {
          default = (frameworks.crane.mkLib pkgs).overrideToolchain config.__closed.rust-project.toolchain;
        };
      };
    });
  };
in
{
  inherit flakeModule;
  flakeModules = {
    default = flakeModule;
    nixpkgs = { };
  };
}
