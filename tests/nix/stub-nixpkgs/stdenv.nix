# stdenv and what builds derivations: mkDerivation, mkShell, the writers.
{ lib, buildPlatform, hostPlatform, isCross }:
final: prev:
let
  inherit (lib) optionals flatten isFunction isAttrs isList;

  # A derivation of the stub; its name says which package it is, of which platform.
  # "openssl" with outputs [ "bin" "dev" "out" ] is ".../HASH-openssl=x86_64-unknown-linux-gnu-bin".
  package =
    attribute: extra:
    let
      outputs = extra.outputs or [ "out" ];
      static = if hostPlatform.isStatic then "=static" else "";
      plain = derivation {
        name = "${attribute}=${hostPlatform.config}${static}";
        inherit (buildPlatform) system;
        inherit outputs;
        builder = "/bin/sh";
        args = [
          "-c"
          "for output in $outputs; do eval folder=\\$$output; : > $folder; done; exit 0"
        ];
      };
      withExtra =
        drv:
        drv
        // {
          pname = lib.last (lib.splitString "." attribute);
          version = "1.0";
          meta = { mainProgram = lib.last (lib.splitString "." attribute); };
          override = _: withExtra drv;
          overrideAttrs = _: withExtra drv;
          stdenv = final.stdenv;
        }
        // builtins.removeAttrs extra [ "outputs" ]
        // lib.genAttrs outputs (output: drv.${output} // { outputSpecified = true; });
    in
    withExtra plain;

  inputLists = {
    depsBuildBuild = [ ];
    nativeBuildInputs = [ ];
    depsBuildTarget = [ ];
    depsHostHost = [ ];
    buildInputs = [ ];
    depsTargetTarget = [ ];
    propagatedNativeBuildInputs = [ ];
    propagatedBuildInputs = [ ];
  };

  # Attributes that do not reach the derivation.
  dropped = [
    "meta"
    "passthru"
    "pos"
    "env"
    "checkInputs"
    "nativeCheckInputs"
    "installCheckInputs"
    "nativeInstallCheckInputs"
    "__impureHostDeps"
    "sandboxProfile"
  ];

  checkedEnv =
    env: attrs:
    let
      twice = builtins.attrNames (builtins.intersectAttrs env attrs);
      wrong = lib.filterAttrs (_: value: !(lib.isString value || lib.isBool value || lib.isInt value || lib.isDerivation value)) env;
    in
    if !(isAttrs env) then
      throw "The ‘env’ argument has to be an attribute set"
    else if twice != [ ] then
      throw "The ‘env’ attribute set cannot contain any attributes passed to derivation. The following attributes are overlapping: ${toString twice}"
    else if wrong != { } then
      throw "The ‘env’ attribute set can only contain derivation, string, boolean or integer attributes: ${toString (builtins.attrNames wrong)}"
    else
      env;

  makeDerivation =
    stdenv: rattrs:
    let
      fixed = isFunction rattrs;
      attrs = if fixed then rattrs finalAttrs else rattrs;
      finalAttrs = attrs // { finalPackage = result; overrideAttrs = result.overrideAttrs; };
      canCheck = stdenv.buildPlatform.canExecute stdenv.hostPlatform;
      doCheck = (attrs.doCheck or false) && canCheck;
      inputs = inputLists // lib.mapAttrs (name: _: attrs.${name} or [ ]) inputLists;
      native =
        inputs.nativeBuildInputs
        ++ optionals doCheck ((attrs.nativeCheckInputs or [ ]) ++ (attrs.checkInputs or [ ]));
      deps = lib.mapAttrs (_: list: lib.chooseDevOutputs (lib.filter (x: x != null) (flatten list))) (inputs // { nativeBuildInputs = native; });
      suffix = if isCross then "-${hostPlatform.config}" else "";
      structured = attrs.__structuredAttrs or false;
      given =
        builtins.removeAttrs attrs dropped
        // {
          name =
            if attrs ? name && !(attrs ? pname) then
              attrs.name + suffix
            else
              "${attrs.pname}${lib.optionalString hostPlatform.isStatic "-static"}${suffix}-${attrs.version or "unknown"}";
          system = stdenv.buildPlatform.system;
          builder = attrs.realBuilder or "/bin/bash";
          args = attrs.args or [ "-e" "-c" "for output in $outputs; do eval folder=\\$$output; : > $folder; done; exit 0" ];
          inherit stdenv doCheck;
          outputs = attrs.outputs or [ "out" ];
          strictDeps = attrs.strictDeps or isCross;
        }
        // deps;
      env = checkedEnv (attrs.env or { }) given;
      arguments = if structured then given // { inherit env; } else given // env;
      drv = derivation arguments;
      again = change: makeDerivation stdenv (
        if fixed then
          lib.extends (final: prev: apply change final prev) rattrs
        else
          rattrs // apply change rattrs rattrs
      );
      # `old: { … }`, `final: old: { … }` or a set.
      apply =
        change: final: prev:
        if isFunction change then
          let first = change prev; in if isFunction first then change final prev else first
        else
          change;
      result =
        drv
        // lib.optionalAttrs (attrs ? pname) { inherit (attrs) pname; version = attrs.version or "unknown"; }
        // {
          inherit stdenv;
          overrideAttrs = again;
          meta = attrs.meta or { };
          passthru = attrs.passthru or { };
        }
        // (attrs.passthru or { });
    in
    result;

  compiler =
    attribute: isTarget:
    let
      prefix = if isTarget && isCross then "${hostPlatform.config}-" else "";
      bintools = package "stdenv.cc.bintools" { targetPrefix = prefix; };
    in
    package attribute {
      targetPrefix = prefix;
      inherit bintools;
      cc = package "stdenv.cc.cc" { outputs = [ "out" "lib" "libgcc" ]; };
      libc = package "stdenv.cc.libc" { outputs = [ "out" "bin" "dev" "static" ]; };
      isGNU = !hostPlatform.isDarwin;
      isClang = hostPlatform.isDarwin;
      nativePrefix = "";
    };

  makeStdenv =
    cc:
    let
      # A folder with the file that `nix develop` sources.
      drv = derivation {
        name = "stdenv=${hostPlatform.config}${if hostPlatform.isStatic then "=static" else ""}";
        inherit (buildPlatform) system;
        builder = "/bin/sh";
        PATH = "/bin:/usr/bin";
        args = [
          "-c"
          # A hook, as packages of nixpkgs have them in files.
          "mkdir $out && echo 'genericBuild() { :; }; eval \"\${HOOK-}\"' > $out/setup; exit 0"
        ];
      };
      stdenv = drv // {
        inherit cc buildPlatform hostPlatform;
        targetPlatform = hostPlatform;
        inherit (hostPlatform) isLinux isDarwin isx86_64 isAarch64 isi686 system;
        shell = "/bin/bash";
        shellPackage = final.bash;
        mkDerivation = makeDerivation stdenv;
        override = _: stdenv;
      };
    in
    stdenv;

  # Of the inputs of other derivations a shell takes those that are not among these.
  mergeInputs =
    name: attrs:
    (attrs.${name} or [ ])
    ++ lib.subtractLists (attrs.inputsFrom or [ ]) (flatten (lib.catAttrs name (attrs.inputsFrom or [ ])));

  mkShellWith =
    stdenv: given:
    let
      shell =
        attrs:
        let
          rest = builtins.removeAttrs attrs [
            "name"
            "packages"
            "inputsFrom"
            "buildInputs"
            "nativeBuildInputs"
            "propagatedBuildInputs"
            "propagatedNativeBuildInputs"
            "shellHook"
          ];
        in
        {
          name = attrs.name or "nix-shell";
          buildInputs = mergeInputs "buildInputs" attrs;
          nativeBuildInputs = (attrs.packages or [ ]) ++ mergeInputs "nativeBuildInputs" attrs;
          propagatedBuildInputs = mergeInputs "propagatedBuildInputs" attrs;
          propagatedNativeBuildInputs = mergeInputs "propagatedNativeBuildInputs" attrs;
          shellHook = lib.concatStringsSep "\n" (
            lib.catAttrs "shellHook" (lib.reverseList (attrs.inputsFrom or [ ]) ++ [ attrs ])
          );
          phases = attrs.phases or [ "buildPhase" ];
          preferLocalBuild = attrs.preferLocalBuild or true;
        }
        // rest;
    in
    stdenv.mkDerivation (if isFunction given then (finalAttrs: shell (given finalAttrs)) else shell given);

  overridableShell = stdenv: {
    __functor = _: mkShellWith stdenv;
    override = change: overridableShell (change.stdenv or (change { inherit stdenv; }).stdenv or stdenv);
  };

  script = name: attrs: final.stdenv.mkDerivation ({ inherit name; } // attrs);
in
{
  # Not in nixpkgs: how the stub makes its packages.
  stubPackage = package;

  stdenv = makeStdenv (compiler "stdenv.cc" true);
  stdenvNoCC = makeStdenv null;
  clangStdenv = makeStdenv (compiler "clangStdenv.cc" true);
  gccStdenv = makeStdenv (compiler "gccStdenv.cc" true);
  stdenvAdapters = { useMoldLinker = lib.id; useWildLinker = lib.id; };
  gcc = compiler "gcc" true;
  clang = compiler "clang" true;

  mkShell = overridableShell final.stdenv;
  mkShellNoCC = overridableShell final.stdenvNoCC;

  callPackage = lib.callPackageWith final;
  callPackages = lib.callPackagesWith final;
  newScope = extra: lib.callPackageWith (final // extra);

  runCommand = name: attrs: buildCommand: script name (attrs // { inherit buildCommand; });
  runCommandNoCC = final.runCommand;
  runCommandLocal = final.runCommand;
  runCommandCC = final.runCommand;
  writeText = name: text: script name { inherit text; };
  writeTextFile = given: script given.name { inherit (given) text; };
  writeTextDir = name: text: script (baseNameOf name) { inherit text; };
  writeScript = final.writeText;
  writeScriptBin = final.writeText;
  writeShellScript = final.writeText;
  writeShellScriptBin = name: text: script name { inherit text; meta.mainProgram = name; };
  writeShellApplication =
    given: script given.name { inherit (given) text; meta.mainProgram = given.name; };
  symlinkJoin = given: script given.name (builtins.removeAttrs given [ "name" ]);
  buildEnv = final.symlinkJoin;
  linkFarm = name: entries: script name { entries = toString (map (entry: entry.path) entries); };
  makeSetupHook = given: _: script given.name { };
  fetchurl = given: script "source" { url = given.url or ""; };
  fetchzip = final.fetchurl;
  fetchgit = final.fetchurl;
  fetchFromGitHub = given: script "source" { url = "github:${given.owner}/${given.repo}"; };
  fetchpatch = final.fetchurl;
  dockerTools = {
    buildImage = given: script given.name { };
    buildLayeredImage = given: script given.name { };
    streamLayeredImage = given: script given.name { };
  };
  formats.toml = _: { generate = name: value: script name { }; };
}
