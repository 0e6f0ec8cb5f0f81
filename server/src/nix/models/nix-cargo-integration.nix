# nix-cargo-integration: a package for each profile of each crate of its projects, and a dev shell for each crate.
{ lib, frameworks, ... }:
let
  # `members` of a workspace, with the one pattern that it knows.
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
  # The names of a project's crates.
  crateNames = root:
    let
      own = manifest root;
    in
    lib.optional (own ? package) own.package.name
    ++ map (path: (manifest (root + "/${path}")).package.name) (
      lib.concatMap (members root) (own.workspace.members or [ ])
    );

  perSystem = { config, pkgs, self, ... }:
    let
      nci = config.__closed.nci;
      # Older versions have the folder's name below the flake.
      pathOf = project: project.path or (if project.relPath or "" == "" then self else self + "/${project.relPath}");
      craneLib = frameworks.crane.mkLib pkgs;
      projectsOfCrates = lib.listToAttrs (
        lib.concatLists (
          lib.mapAttrsToList (_: project: map (name: lib.nameValuePair name project) (crateNames (pathOf project))) nci.projects
        )
      );
      crate = name: nci.crates.${name} or { };
      # What a crate says counts for more than what its project says.
      option = name: option: default:
        if (crate name).${option} or null != null then (crate name).${option} else (projectsOfCrates.${name}).${option} or default;
      package = name: profile:
        let
          given = (crate name).drvConfig.mkDerivation or { };
        in
        craneLib.buildPackage (
          given
          // {
            pname = name;
            src = pathOf (projectsOfCrates.${name});
            CARGO_PROFILE = profile;
            env = { CARGO_BUILD_TARGET = target name; } // (crate name).drvConfig.env or { };
          }
        );
      target = name:
        let
          targets = option name "targets" { };
          marked = lib.attrNames (lib.filterAttrs (_: target: target.default or false) targets);
        in
        if marked == [ ] then pkgs.stdenv.hostPlatform.rust.rustcTarget else lib.head marked;
      profilesOf = name: lib.attrNames (option name "profiles" { dev = { }; release = { }; });
      shell = name: pkgs.mkShell { name = "${name}-devshell"; inputsFrom = [ (package name "dev") ]; };
      ofCrate = name: _: {
        packages = lib.genAttrs (profilesOf name) (package name);
        devShell = shell name;
      };
      crates = lib.mapAttrs ofCrate projectsOfCrates;
      projects = lib.mapAttrs (name: project: { packages = { }; devShell = pkgs.mkShell { name = "${name}-devshell"; inputsFrom = map (name: package name "dev") (crateNames (pathOf project)); }; }) nci.projects;
      isExported = name: _: if projects ? ${name} && !(crates ? ${name}) then nci.projects.${name}.export or true else option name "export" true;
      exported = lib.filterAttrs isExported (projects // crates);
      rename = name: if (crate name).renameTo or null != null then (crate name).renameTo else name;
    in
    {
      nci.outputs = projects // crates;
      packages = lib.concatMapAttrs (
        name: made: lib.mapAttrs' (profile: package: lib.nameValuePair "${rename name}-${profile}" (lib.mkDefault package)) made.packages
      ) exported;
      devShells = lib.mapAttrs' (name: made: lib.nameValuePair (rename name) (lib.mkDefault made.devShell)) exported;
    };
  flakeModule = {
    inherit perSystem;
    options.perSystem = frameworks.flake-parts.lib.mkPerSystemOption {
      options.nci = {
        projects = lib.mkOption { default = { }; };
        crates = lib.mkOption { default = { }; };
      };
    };
  };
in
{
  inherit flakeModule;
  flakeModules.default = flakeModule;
}
