# Evaluates flakes with the stand-ins for their inputs, and says what each package and shell is made with.
#
#   nix-instantiate --eval --strict --json read.nix --arg projects '[ /folder … ]'
#
# A variable's value is as the builder sees it; a path in the project is "PROJECT/…". What fails because of an input
# that has no stand-in says so in `error`; every other error ends the evaluation.
{ projects }:
let
  lib = import ./stub-nixpkgs/lib.nix;
  inherit (builtins) mapAttrs tryEval attrNames isAttrs;

  # A flake of a stand-in, as flakes see their inputs.
  standIn =
    folder:
    let
      outputs = (import (folder + "/flake.nix")).outputs { self = flake; };
      flake = outputs // { outPath = folder; inherit outputs; inputs = { }; _type = "flake"; };
    in
    flake;
  known = {
    nixpkgs = standIn ./stub-nixpkgs;
  }
  // mapAttrs (name: _: standIn (./stub-inputs + "/${name}")) (lib.filterAttrs (_: kind: kind == "directory") (builtins.readDir ./stub-inputs));

  # "github:numtide/flake-utils/v1?dir=x" is flake-utils.
  repository =
    url:
    let
      parts = lib.splitString "/" (builtins.head (lib.splitString "?" url));
    in
    if builtins.match "(github|gitlab):.*" url != null then
      builtins.elemAt parts 1
    else
      lib.removePrefix "flake:" (builtins.head parts);

  inputOf =
    name: declared:
    let
      named = if declared ? url then repository declared.url else name;
      key = if known ? ${named} then named else if lib.hasPrefix "nixpkgs" named then "nixpkgs" else name;
    in
    if !(declared.flake or true) then
      { outPath = ./stub-inputs; }
    else
      known.${key} or (throw "the input ${name} has no stand-in");

  # Inputs are declared, or only named by the function `outputs`.
  inputsOf =
    file:
    let
      named = mapAttrs (_: _: { }) (builtins.removeAttrs (builtins.functionArgs file.outputs) [ "self" ]);
    in
    mapAttrs inputOf (named // (file.inputs or { }));

  call =
    folder: file: inputs:
    let
      self = outputs // { outPath = folder; inherit inputs outputs; sourceInfo = { }; _type = "flake"; };
      outputs = file.outputs (inputs // { inherit self; });
    in
    outputs;

  # A value as a derivation's environment has it.
  show =
    folder: value:
    if value == null then
      ""
    else if builtins.isBool value then
      (if value then "1" else "")
    else if builtins.isList value then
      builtins.concatStringsSep " " (map (show folder) value)
    else if builtins.isPath value then
      "PROJECT" + lib.removePrefix (toString folder) (toString value)
    else if isAttrs value && !(value ? outPath) then
      "SET"
    else
      "${toString value}";

  describe =
    folder: drv:
    let
      attrs = builtins.removeAttrs drv.drvAttrs [ "args" "builder" "src" "stdenv" "outputs" ];
      named = lib.filterAttrs (_: value: value != null) attrs;
      # With structured attributes, only `env` is exported: of the rest only what builders read themselves is shown.
      exported =
        if attrs.__structuredAttrs or false then
          lib.filterAttrs (name: _: builtins.match "[a-z][A-Za-z]*" name != null) named // attrs.env
        else
          named;
      env = mapAttrs (_: show folder) (builtins.removeAttrs exported [ "env" ]);
      platform = drv.stdenv.hostPlatform or null;
    in
    if lib.isDerivation drv then
      {
        env = env // (if drv ? meta.mainProgram then { "meta.mainProgram" = drv.meta.mainProgram; } else { });
        platform =
          if platform == null then
            null
          else
            { inherit (platform) config isStatic; triple = platform.rust.rustcTarget; isCross = drv.stdenv.buildPlatform.config != platform.config || (drv.stdenv.buildPlatform.isStatic != platform.isStatic); };
      }
    else
      { error = "not a derivation"; };

  # `throw` and `assert` are answers; they hide nothing else.
  careful =
    value:
    let
      tried = tryEval (builtins.deepSeq value value);
    in
    if tried.success then tried.value else { error = "throws"; };

  kinds = {
    packages = 2;
    devShells = 2;
    defaultPackage = 1;
    defaultApp = 1;
    devShell = 1;
    apps = 2;
    checks = 2;
  };

  # { "packages.x86_64-linux.default" = …; }
  flatten =
    depth: prefix: value: f:
    if depth == 0 then
      { ${prefix} = careful (f value); }
    else
      let
        tried = tryEval (if isAttrs value then attrNames value else [ ]);
      in
      if tried.success then
        lib.concatMapAttrs (name: inner: flatten (depth - 1) "${prefix}.${name}" inner f) value
      else
        { ${prefix} = { error = "throws"; }; };

  readProject =
    folder:
    let
      file = import (folder + "/flake.nix");
      inputs = inputsOf file;
      outputs = call folder file inputs;
      tried = tryEval (attrNames outputs);
      ofKind =
        kind: depth:
        flatten depth kind outputs.${kind} (
          value:
          if kind == "apps" || kind == "defaultApp" then
            { env.program = show folder (value.program or ""); }
          else
            describe folder value
        );
    in
    {
      kinds = if tried.success then tried.value else [ ];
      unknown = attrNames (lib.filterAttrs (_: input: !(tryEval (builtins.seq input true)).success) inputs);
      outputs =
        if tried.success then
          lib.concatMapAttrs ofKind (builtins.intersectAttrs outputs kinds)
        else
          { "" = { error = "throws"; }; };
    };
in
map readProject projects
