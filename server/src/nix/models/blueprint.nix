# numtide's blueprint: outputs by where files lie.
{ lib, systems, frameworks, ... }:
let
  entries = folder: if builtins.pathExists folder then builtins.readDir folder else { };
  # `name.nix`, or `name/` with a default.nix.
  files = folder:
    lib.listToAttrs (
      lib.concatLists (
        lib.mapAttrsToList (
          name: kind:
          if kind == "directory" && builtins.pathExists (folder + "/${name}/default.nix") then
            [ (lib.nameValuePair name (folder + "/${name}")) ]
          else if lib.hasSuffix ".nix" name then
            [ (lib.nameValuePair (lib.removeSuffix ".nix" name) (folder + "/${name}")) ]
          else
            [ ]
        ) (entries folder)
      )
    );
  one = path: lib.optionalAttrs (builtins.pathExists path) { default = path; };
in
{
  __functor =
    _:
    {
      inputs,
      prefix ? "",
      systems ? import inputs.systems or frameworks.systems,
      nixpkgs ? { },
      ...
    }:
    let
      flake = inputs.self;
      root = if builtins.isPath prefix then prefix else flake + "/${prefix}";
      packagesOf = system: import inputs.nixpkgs (nixpkgs // { inherit system; });
      arguments = system: {
        inherit inputs flake system;
        pkgs = packagesOf system;
        lib = lib;
        perSystem = lib.mapAttrs (_: input: input.packages.${system}) inputs;
      };
      calls = system: lib.mapAttrs (pname: path: import path (arguments system // { inherit pname; }));
      each = lib.genAttrs systems;
      formatter = root + "/formatter.nix";
    in
    {
      packages = each (
        system:
        calls system (
          one (root + "/package.nix")
          // lib.optionalAttrs (builtins.pathExists formatter) { inherit formatter; }
          // files (root + "/packages")
        )
      );
      devShells = each (system: calls system (one (root + "/devshell.nix") // files (root + "/devshells")));
      checks = each (system: calls system (files (root + "/checks")));
    };
}
