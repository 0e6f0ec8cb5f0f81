# A stand-in for hercules-ci/flake-parts: modules of functions and sets, merged in order.
{
  outputs =
    { self }:
    let
      lib = import ../../stub-nixpkgs/lib.nix;
      inherit (lib) isFunction concatMap foldl' recursiveUpdate genAttrs attrNames mapAttrs;

      mkFlake =
        { inputs, specialArgs ? { }, ... }:
        module:
        let
          flakeSelf = inputs.self;
          systemOf = set: system: mapAttrs (_: value: value.${system} or value) set;
          withSystem = system: f: f (moduleArguments system);
          arguments = specialArgs // {
            inherit inputs lib withSystem config;
            self = flakeSelf;
            options = { };
            flake-parts-lib = { importApply = path: given: import path given; };
            getSystem = system: perSystem system;
            moduleWithSystem = f: f;
          };
          # A module is a path, a function or a set, and may import others.
          load =
            module:
            let
              loaded = if lib.isPath module || lib.isString module then import module else module;
              set = if isFunction loaded then loaded arguments else loaded;
            in
            concatMap load (set.imports or [ ]) ++ [ (builtins.removeAttrs (set.config or set) [ "imports" "options" "debug" "_file" ]) ];
          modules = load module;
          config = { systems = concatMap (module: module.systems or [ ]) modules; inherit flake; };
          flake = foldl' recursiveUpdate { } (map (module: module.flake or { }) modules);

          parts = concatMap (module: lib.optional (module ? perSystem) module.perSystem) modules;
          merged =
            system: foldl' recursiveUpdate { } (map (part: if isFunction part then part (argumentsOf part system) else part) parts);
          # What a module says with `_module.args` may not be asked for its names: they may depend on it.
          told = system: (merged system)._module.args or { };
          argumentsOf =
            part: system:
            let
              known = moduleArguments system;
            in
            known // mapAttrs (name: _: (told system).${name}) (builtins.removeAttrs (builtins.functionArgs part) (attrNames known));
          moduleArguments = system: {
            inherit system lib inputs;
            pkgs = (told system).pkgs or inputs.nixpkgs.legacyPackages.${system};
            config = merged system;
            options = { };
            self' = systemOf (withoutMeta flakeSelf) system;
            inputs' = mapAttrs (_: input: systemOf (withoutMeta input) system) (builtins.removeAttrs inputs [ "self" ]);
          };
          withoutMeta = flake: builtins.removeAttrs flake [ "outPath" "sourceInfo" "inputs" "outputs" "lib" "_type" ];
          perSystem = system: builtins.removeAttrs (merged system) [ "_module" "imports" ];
          kinds = system: attrNames (perSystem system);
          transposed = foldl' (
            all: system:
            foldl' (all: kind: all // { ${kind} = (all.${kind} or { }) // { ${system} = (perSystem system).${kind}; }; }) all (kinds system)
          ) { } config.systems;
        in
        recursiveUpdate transposed flake;
    in
    {
      lib = { inherit mkFlake; inherit (lib) mkIf; };
      flakeModules = { easyOverlay = { }; partitions = { }; modules = { }; };
    };
}
