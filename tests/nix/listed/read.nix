# The names of a flake's packages and dev shells, as Nix has them, with its inputs from folders.
#
#   nix-instantiate --eval --strict --json read.nix --argstr told FILE.json
#
# FILE.json says { project; sources: { "OWNER/NAME" = folder; }; lib; nixpkgs; names }. The lock file says which input
# is which project; one that is no folder throws. Beside each name stands whether it is a package, unless only the
# names are wanted (`names`).
{ told }:
let
  inherit (builtins)
    attrNames
    elemAt
    filter
    foldl'
    fromJSON
    functionArgs
    head
    isAttrs
    isList
    isString
    listToAttrs
    map
    mapAttrs
    match
    pathExists
    readFile
    replaceStrings
    split
    tryEval
    ;
  asked = fromJSON (readFile told);
  lib = import (/. + asked.lib);
  lowered = lib.toLower;

  nixpkgs =
    let
      tree = /. + asked.nixpkgs;
      flake = {
        outPath = tree;
        lib = lib // { nixosSystem = _: { config = { }; }; };
        legacyPackages = lib.genAttrs lib.systems.flakeExposed (system: import tree { inherit system; });
        nixosModules = { };
        rev = "0000000000000000000000000000000000000000";
        shortRev = "0000000";
        lastModified = 1;
        lastModifiedDate = "19700101000000";
        sourceInfo.outPath = tree;
        inputs = { };
        _type = "flake";
      };
    in
    flake;

  # "OWNER/NAME" of a lock file's node or of an input's declaration.
  projectOf =
    ref:
    let
      ofUrl =
        url:
        let
          github = match "(github|gitlab):([^/]+)/([^/?]+).*" url;
          web = match "(git\\+)?https?://(www\\.)?(github\\.com|gitlab\\.com|codeberg\\.org)/([^/]+)/([^/?]+).*" url;
          hub = match "https://(api\\.)?flakehub\\.com/f/(pinned/)?([^/]+)/([^/]+)/.*" url;
          channel = match ".*(nixos|nixpkgs).*/nixexprs\\.tar.*" url;
          plain = match "(flake:)?([a-z-]+)(/.*)?" url;
        in
        if github != null then
          "${elemAt github 1}/${elemAt github 2}"
        else if web != null then
          "${elemAt web 3}/${lib.removeSuffix ".git" (elemAt web 4)}"
        else if hub != null then
          "${elemAt hub 2}/${elemAt hub 3}"
        else if channel != null then
          "NixOS/nixpkgs"
        else if plain != null then
          registry.${elemAt plain 1} or url
        else
          url;
    in
    if ref ? owner && ref ? repo then
      "${ref.owner}/${ref.repo}"
    else if ref ? url then
      ofUrl ref.url
    else if ref ? id then
      registry.${ref.id} or ref.id
    else
      "?";
  registry = {
    nixpkgs = "NixOS/nixpkgs";
    flake-utils = "numtide/flake-utils";
    flake-parts = "hercules-ci/flake-parts";
    home-manager = "nix-community/home-manager";
    systems = "nix-systems/default";
    fenix = "nix-community/fenix";
    crane = "ipetkov/crane";
    naersk = "nix-community/naersk";
    rust-overlay = "oxalica/rust-overlay";
    treefmt-nix = "numtide/treefmt-nix";
    devshell = "numtide/devshell";
  };
  isNixpkgs = project: match ".*/(nixpkgs|nixpkgs\\.lib|devenv-nixpkgs|nixpkgs-.*)" (lowered project) != null;
  sources = lib.mapAttrs' (name: value: lib.nameValuePair (lowered name) value) asked.sources;

  flakeAt =
    folder: isFlake: inputsFor:
    let
      outPath = /. + folder;
      file = import (outPath + "/flake.nix");
      declared = file.inputs or { };
      named = removeAttrs (mapAttrs (_: _: { }) (functionArgs file.outputs)) [ "self" ];
      inputs = mapAttrs inputsFor (named // declared);
      sourceInfo = {
        inherit outPath;
        rev = "0000000000000000000000000000000000000000";
        shortRev = "0000000";
        lastModified = 1;
        lastModifiedDate = "19700101000000";
        narHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
      };
      outputs = file.outputs (inputs // { inherit self; });
      self = outputs // sourceInfo // { inherit inputs outputs sourceInfo; _type = "flake"; };
    in
    if isFlake && pathExists (outPath + "/flake.nix") then self else sourceInfo // { inherit sourceInfo; };

  source =
    project: isFlake: inputsFor:
    if isNixpkgs project then
      nixpkgs
    else if sources ? ${lowered project} then
      flakeAt sources.${lowered project} isFlake inputsFor
    else
      throw "the input ${project} is not here";

  # Inputs that no lock file tells: by their declaration, or their name.
  unlocked = name: declared: source (projectOf (if declared ? url || declared ? owner then declared else { id = name; })) (declared.flake or true) unlocked;

  lock = fromJSON (readFile (/. + asked.project + "/flake.lock"));
  hasLock = pathExists (/. + asked.project + "/flake.lock");
  # A list is a path of inputs from the root ("follows").
  nodeKey = spec: if isList spec then foldl' (key: name: nodeKey lock.nodes.${key}.inputs.${name}) lock.root spec else spec;
  nodes = mapAttrs (
    key: node:
    source (projectOf (node.locked or { })) (node.flake or true) (
      name: declared: if node ? inputs.${name} then nodes.${nodeKey node.inputs.${name}} else unlocked name declared
    )
  ) lock.nodes;
  root = flakeAt asked.project true (
    name: declared:
    if hasLock && lock.nodes.${lock.root} ? inputs.${name} then
      nodes.${nodeKey lock.nodes.${lock.root}.inputs.${name}}
    else
      unlocked name declared
  );

  careful =
    value:
    let
      tried = tryEval value;
    in
    if tried.success then tried.value else null;
  # null is what cannot be told.
  # "package", "set" or "throws".
  sortOf =
    value:
    let
      tried = tryEval (if isAttrs value && value.type or null == "derivation" then "package" else "set");
    in
    if tried.success then tried.value else "throws";
  namesOf = value: careful (if isAttrs value then (if value.type or null == "derivation" then { "" = "package"; } else mapAttrs (_: sortOf) value) else null);
  lazyNamesOf = value: careful (if isAttrs value then (if value.type or null == "derivation" then { "" = "package"; } else mapAttrs (_: _: "package") value) else null);
  kinds = [ "packages" "devShells" "devShell" "defaultPackage" ];
  bySystem = kind: careful (if root ? ${kind} then mapAttrs (_: if asked.names then lazyNamesOf else namesOf) root.${kind} else { });
in
listToAttrs (map (kind: { name = kind; value = bySystem kind; }) kinds)
