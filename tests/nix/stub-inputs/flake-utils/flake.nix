# A stand-in for numtide/flake-utils.
{
  outputs =
    { self }:
    let
      inherit (import ../../stub-nixpkgs/lib.nix) foldl' attrNames genAttrs recursiveUpdate filterAttrs isDerivation;
      defaultSystems = import ../systems;
      # { packages.default = …; } of each system becomes packages.SYSTEM.default.
      eachSystem =
        systems: f:
        foldl' (
          all: system:
          let
            outputs = f system;
          in
          foldl' (all: kind: all // { ${kind} = (all.${kind} or { }) // { ${system} = outputs.${kind}; }; }) all (attrNames outputs)
        ) { } systems;
      eachSystemPassThrough = systems: f: foldl' (all: system: all // f system) { } systems;
    in
    {
      lib = {
        inherit defaultSystems eachSystem eachSystemPassThrough;
        allSystems = defaultSystems;
        eachDefaultSystem = eachSystem defaultSystems;
        eachDefaultSystemPassThrough = eachSystemPassThrough defaultSystems;
        eachSystemMap = genAttrs;
        eachDefaultSystemMap = genAttrs defaultSystems;
        system = genAttrs defaultSystems (system: system);
        flattenTree = filterAttrs (_: isDerivation);
        filterPackages = _: packages: packages;
        mkApp =
          { drv, name ? drv.pname or drv.name, exePath ? "/bin/${drv.meta.mainProgram or name}" }:
          { type = "app"; program = "${drv}${exePath}"; };
        meld = inputs: foldl' (all: path: recursiveUpdate all (import path inputs)) { };
      };
    };
}
