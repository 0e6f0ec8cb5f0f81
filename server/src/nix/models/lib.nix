# Functions of nixpkgs' lib that are easier to say in Nix than in Rust.
{ lib, ... }:
let
  inherit (builtins)
    attrNames
    concatMap
    elemAt
    filter
    foldl'
    genList
    head
    isAttrs
    isFunction
    isList
    isString
    length
    listToAttrs
    map
    mapAttrs
    stringLength
    substring
    tail
    ;
  inherit (lib) mapAttrsToList nameValuePair optionalString;

  flip = f: a: b: f b a;
  characters = text: genList (at: substring at 1 text) (stringLength text);
  number = text: builtins.fromJSON text;
  pick = names: set: listToAttrs (concatMap (name: if set ? ${name} then [ { inherit name; value = set.${name}; } ] else [ ]) names);
  names = sets: attrNames (foldl' (all: set: all // set) { } sets);
  zipWith = f: all: listToAttrs (map (name: nameValuePair name (f name (lib.catAttrs name all))) (names all));
  kindOf = path:
    if builtins.pathExists path then
      (builtins.readDir (dirOf path)).${baseNameOf path} or "unknown"
    else
      throw "there is no such path";
  recurse = condition: f:
    let
      go = path: mapAttrs (
        name: value:
        if isAttrs value && condition value then go (path ++ [ name ]) value else f (path ++ [ name ]) value
      );
    in
    go [ ];
  toList = recurseInto: f: set:
    let
      go = path: value:
        concatMap (
          name:
          let inner = value.${name}; at = path ++ [ name ]; in
          if isAttrs inner && recurseInto at inner then go at inner else [ (f at inner) ]
        ) (attrNames value);
    in
    go [ ] set;
  digits = "0123456789ABCDEF";
  inBase = base: n: if n < base then [ n ] else inBase base (n / base) ++ [ (lib.mod n base) ];
  part = index: version: let parts = builtins.splitVersion version; in if length parts > index then elemAt parts index else "";
  escapeWith = list: lib.replaceStrings list (map (c: "\\${c}") list);
  commandLine = { mkOptionName ? k: if stringLength k == 1 then "-${k}" else "--${k}"
    , mkBool ? k: v: if v then [ (mkOptionName k) ] else [ ]
    , mkList ? k: v: concatMap (mkOption k) v
    , mkOption ? k: v: if v == null then [ ] else if optionValueSeparator == null then [ (mkOptionName k) (text v) ] else [ "${mkOptionName k}${optionValueSeparator}${text v}" ]
    , optionValueSeparator ? null
    , ...
    }: options:
    let
      one = k: v: if builtins.isBool v then mkBool k v else if isList v then mkList k v else mkOption k v;
    in
    builtins.concatLists (mapAttrsToList one options);
  text = v: if v == true then "true" else if v == false then "false" else if v == null then "null" else toString v;
in
{
  allUnique = list: length (lib.unique list) == length list;
  assertOneOf = _: value: allowed: if lib.elem value allowed then true else throw "not one of the allowed values";
  boolToYesNo = value: if value then "yes" else "no";
  cmakeBool = name: value: "-D${name}:BOOL=${if value then "TRUE" else "FALSE"}";
  cmakeFeature = name: value: "-D${name}:STRING=${value}";
  cmakeOptionType = kind: name: value: "-D${name}:${lib.toUpper kind}=${value}";
  collect = condition: set:
    if condition set then
      [ set ]
    else if isAttrs set then
      builtins.concatLists (mapAttrsToList (_: value: lib.collect condition value) set)
    else
      [ ];
  compare = a: b: if a < b then -1 else if a > b then 1 else 0;
  concat = a: b: a ++ b;
  concatAttrValues = builtins.foldl' (all: list: all ++ list) [ ];
  concatImapStrings = f: list: lib.concatStrings (lib.imap1 f list);
  concatImapStringsSep = separator: f: list: lib.concatStringsSep separator (lib.imap1 f list);
  concatMapAttrsStringSep = separator: f: set: lib.concatStringsSep separator (mapAttrsToList f set);
  count = condition: list: length (filter condition list);
  crossLists = f: foldl' (functions: values: concatMap (function: map function values) functions) [ f ];
  deepSeq = builtins.deepSeq;
  seq = builtins.seq;
  defaultTo = default: value: if value == null then default else value;
  div = builtins.div;
  dropEnd = n: list: lib.take (lib.max 0 (length list - n)) list;
  takeEnd = n: list: lib.drop (lib.max 0 (length list - n)) list;
  enableFeature = on: name: "--${if on then "enable" else "disable"}-${name}";
  enableFeatureAs = on: name: value: "--${if on then "enable-${name}=${value}" else "disable-${name}"}";
  withFeature = on: name: "--${if on then "with" else "without"}-${name}";
  withFeatureAs = on: name: value: "--${if on then "with-${name}=${value}" else "without-${name}"}";
  mesonBool = name: value: "-D${name}=${if value then "true" else "false"}";
  mesonEnable = name: value: "-D${name}=${if value then "enabled" else "disabled"}";
  mesonOption = name: value: "-D${name}=${value}";
  escape = list: escapeWith list;
  escapeRegex = escapeWith (characters "\\[{()^$?*+|.");
  escapeShellArgs = lib.concatMapStringsSep " " lib.escapeShellArg;
  escapeXML = lib.replaceStrings [ "\"" "'" "<" ">" "&" ] [ "&quot;" "&apos;" "&lt;" "&gt;" "&amp;" ];
  fakeHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  fakeSha256 = "0000000000000000000000000000000000000000000000000000000000000000";
  fileContents = path: lib.removeSuffix "\n" (builtins.readFile path);
  # A set of files is not looked into: what is not in it is gone.
  fileset.toSource = { root, fileset, ... }: builtins.filterSource (path: type: fileset == root) root;
  filterAttrsRecursive = keep: set:
    listToAttrs (
      concatMap (
        name:
        let value = set.${name}; in
        if keep name value then
          [ (nameValuePair name (if isAttrs value then lib.filterAttrsRecursive keep value else value)) ]
        else
          [ ]
      ) (attrNames set)
    );
  findSingle = condition: default: multiple: list:
    let found = filter condition list; in
    if found == [ ] then default else if length found == 1 then head found else multiple;
  fixedWidthString = width: filler: text:
    if stringLength text >= width then text else lib.fixedWidthString width filler (filler + text);
  fixedWidthNumber = width: n: lib.fixedWidthString width "0" (toString n);
  foldAttrs = f: start: sets:
    listToAttrs (map (name: nameValuePair name (lib.foldr f start (lib.catAttrs name sets))) (names sets));
  genAttrs' = list: f: listToAttrs (map f list);
  getAttrs = list: set: listToAttrs (map (name: nameValuePair name set.${name}) list);
  getValues = map (x: x.value);
  groupBy = builtins.groupBy;
  groupBy' = f: start: key: list: mapAttrs (_: foldl' f start) (builtins.groupBy key list);
  hasContext = _: false;
  ifilter0 = keep: list:
    map (x: x.value) (filter (x: keep x.index x.value) (lib.imap0 (index: value: { inherit index value; }) list));
  inNixShell = false;
  intersperse = between: list:
    if length list < 2 then list else tail (concatMap (x: [ between x ]) list);
  isOption = value: isAttrs value && value ? _type && value._type == "option";
  isOptionType = value: isAttrs value && value ? _type && value._type == "option-type";
  isStringLike = value: isString value || builtins.isPath value || value ? outPath || value ? __toString;
  isType = type: value: isAttrs value && value ? _type && value._type == type;
  setType = type: value: value // { _type = type; };
  join = lib.concatStringsSep;
  lowerChars = characters "abcdefghijklmnopqrstuvwxyz";
  upperChars = characters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  makeExtensible = f:
    lib.fix (self: f self // { extend = change: lib.makeExtensible (lib.extends change f); });
  mapAttrsRecursive = recurse (_: true);
  mapAttrsRecursiveCond = recurse;
  mapAttrsToListRecursive = toList (_: _: true);
  mapAttrsToListRecursiveCond = toList;
  mapCartesianProduct = f: sets: map f (lib.cartesianProduct sets);
  mapNullable = f: value: if value == null then value else f value;
  matchAttrs = pattern: set:
    lib.all (
      name:
      set ? ${name}
      && (if isAttrs pattern.${name} then isAttrs set.${name} && lib.matchAttrs pattern.${name} set.${name} else pattern.${name} == set.${name})
    ) (attrNames pattern);
  mirrorFunctionArgs = _: function: function;
  mod = a: b: a - b * (a / b);
  mutuallyExclusive = a: b: lib.intersectLists a b == [ ];
  optionalDrvAttr = condition: value: if condition then value else null;
  overrideDerivation = package: change: package.overrideAttrs change;
  overrideExisting = old: new: mapAttrs (name: value: new.${name} or value) old;
  packagesFromDirectoryRecursive = { callPackage, directory, ... }@arguments:
    let
      entry = name: kind:
        let path = directory + "/${name}"; in
        if kind == "directory" then
          [ (nameValuePair name (lib.packagesFromDirectoryRecursive (arguments // { directory = path; }))) ]
        else if lib.hasSuffix ".nix" name then
          [ (nameValuePair (lib.removeSuffix ".nix" name) (callPackage path { })) ]
        else
          [ ];
    in
    if builtins.pathExists (directory + "/package.nix") then
      callPackage (directory + "/package.nix") { }
    else
      listToAttrs (builtins.concatLists (mapAttrsToList entry (builtins.readDir directory)));
  pathIsDirectory = path: builtins.pathExists path && kindOf path == "directory";
  pathIsRegularFile = path: builtins.pathExists path && kindOf path == "regular";
  pathType = kindOf;
  readFileType = kindOf;
  recursiveUpdateUntil = stop: left: right:
    let
      go = path: zipWith (
        name: values:
        let at = path ++ [ name ]; in
        if length values == 1 || stop at (elemAt values 1) (head values) then
          head values
        else
          go at [ (elemAt values 1) (head values) ]
      );
    in
    go [ ] [ right left ];
  replaceElemAt = list: index: value: lib.take index list ++ [ value ] ++ lib.drop (index + 1) list;
  replaceString = from: to: lib.replaceStrings [ from ] [ to ];
  replicate = n: value: genList (_: value) n;
  showAttrPath = lib.concatStringsSep ".";
  sortOn = f: lib.sort (a: b: f a < f b);
  stringAsChars = f: text: lib.concatStrings (map f (characters text));
  sublist = start: count: list: lib.take count (lib.drop start list);
  testAllTrue = lib.all (x: x);
  toBaseDigits = inBase;
  toExtension = f: if isFunction f then (final: previous: let once = f previous; in if isFunction once then f final previous else once) else (_: _: f);
  toHexString = n: lib.concatMapStrings (digit: substring digit 1 digits) (inBase 16 n);
  toIntBase10 = text: number (let m = builtins.match "[[:space:]]*0*([0-9]+)[[:space:]]*" text; in head m);
  toSentenceCase = text: lib.toUpper (substring 0 1 text) + lib.toLower (substring 1 (stringLength text) text);
  tryEval = builtins.tryEval;
  typeOf = builtins.typeOf;
  uniqueStrings = list: attrNames (listToAttrs (map (name: nameValuePair name null) list));
  zipAttrsWith = zipWith;
  zipAttrs = zipWith (_: values: values);
  zipAttrsWithNames = list: f: sets: listToAttrs (map (name: nameValuePair name (f name (lib.catAttrs name sets))) list);

  # lib.versions
  major = part 0;
  minor = part 1;
  patch = part 2;
  majorMinor = version: lib.concatStringsSep "." (lib.take 2 (builtins.splitVersion version));
  pad = n: version:
    let
      matched = builtins.match "([0-9.]*)(-.*)?" version;
      numbers = lib.splitString "." (head matched);
      suffix = let last = elemAt matched 1; in if last == null then "" else last;
    in
    lib.concatStringsSep "." (lib.take n (numbers ++ genList (_: "0") n)) + suffix;

  cli = {
    toGNUCommandLine = commandLine;
    toGNUCommandLineShell = how: options: lib.escapeShellArgs (commandLine how options);
  };
}
