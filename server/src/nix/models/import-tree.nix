# import-tree: every Nix file below a folder is a module, but for paths with a part that starts with `_`.
{ lib, ... }:
let
  modules = folder:
    lib.concatLists (
      lib.mapAttrsToList (
        name: kind:
        if lib.hasPrefix "_" name then
          [ ]
        else if kind == "directory" then
          modules (folder + "/${name}")
        else if lib.hasSuffix ".nix" name then
          [ (folder + "/${name}") ]
        else
          [ ]
      ) (builtins.readDir folder)
    );
  one = path: if lib.hasSuffix ".nix" (baseNameOf path) then [ path ] else modules path;
in
{
  __functor = _: paths: {
    imports = if builtins.isList paths then lib.concatMap one paths else one paths;
  };
}
