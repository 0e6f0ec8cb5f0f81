# What Portolan asks of a set of derivations: `nix eval FLAKE#packages.SYSTEM --apply '(this)'`.
# A value that cannot be told is null: it throws, or it is no text. Nothing is built for the answer.
set:
let
  inherit (builtins)
    any
    attrNames
    concatStringsSep
    deepSeq
    filter
    isAttrs
    isBool
    isFunction
    isList
    isPath
    isString
    listToAttrs
    map
    mapAttrs
    match
    parseDrvName
    toString
    tryEval
    ;

  careful =
    value:
    let
      tried = tryEval (deepSeq value value);
    in
    if tried.success then tried.value else null;

  # A value as the environment of a build has it.
  show =
    value:
    if isString value then
      value
    else if isBool value then
      (if value then "1" else "")
    else if isList value then
      let
        items = map show value;
      in
      if any (item: item == null) items then null else concatStringsSep " " items
    else if isAttrs value then
      (if value ? outPath || value ? __toString then "${toString value}" else null)
    else if isPath value || isFunction value then
      null
    else
      # A number; null is an attribute that is not there, and is left out before.
      toString value;

  select =
    matches: attrs:
    listToAttrs (
      map (name: {
        inherit name;
        value = careful (show attrs.${name});
      }) (filter (name: matches name && (tryEval (attrs.${name} != null)).value or true) (attrNames attrs))
    );

  isVariable = name: match "[A-Z].*|.*_.*" name != null && match "__.*" name == null;
  isScript =
    name: match "(pre|post)[A-Z][A-Za-z]*|[a-zA-Z]+Phase|shellHook|buildCommand|text|script" name != null;

  lists = [
    "nativeBuildInputs"
    "buildInputs"
    "propagatedNativeBuildInputs"
    "propagatedBuildInputs"
    "depsBuildBuild"
  ];
  itemOf =
    item:
    if isAttrs item && item ? name then
      {
        inherit (item) name;
        output = item.outputName or "out";
      }
    else
      null;

  describe =
    drv:
    let
      attrs = drv.drvAttrs;
      # With structured attributes only `env` is exported.
      exported = if attrs.__structuredAttrs or false then attrs.env or { } else attrs;
      stdenv = drv.stdenv or attrs.stdenv or { };
      host = stdenv.hostPlatform or null;
      build = stdenv.buildPlatform or host;
    in
    {
      name = drv.pname or (parseDrvName drv.name).name;
      platform =
        if host == null then
          null
        else
          {
            inherit (host) config;
            triple = host.rust.rustcTarget or host.rustc.config or null;
            isStatic = host.isStatic or false;
            isCross = build.config != host.config || (build.isStatic or false) != (host.isStatic or false);
          };
      env = select isVariable exported;
      scripts = select isScript attrs;
      inputs = listToAttrs (
        map (name: {
          inherit name;
          value = careful (map itemOf (attrs.${name} or [ ]));
        }) lists
      );
    };
in
mapAttrs (_: drv: if isAttrs drv && drv ? drvAttrs then careful (describe drv) else null) set
