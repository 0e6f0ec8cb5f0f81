# The functions of nixpkgs' `lib` that flakes for Rust programs use, with the same meaning.
let
  inherit (builtins)
    attrNames
    attrValues
    concatLists
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    genList
    hasAttr
    head
    isAttrs
    isFunction
    isList
    isString
    length
    listToAttrs
    mapAttrs
    replaceStrings
    stringLength
    substring
    tail
    ;

  lib = rec {
    inherit (builtins)
      add
      addErrorContext
      all
      any
      attrNames
      attrValues
      baseNameOf
      catAttrs
      compareVersions
      concatLists
      concatMap
      concatStringsSep
      deepSeq
      dirOf
      div
      elem
      elemAt
      filter
      foldl'
      fromJSON
      functionArgs
      genList
      groupBy
      hasAttr
      hashString
      head
      intersectAttrs
      isAttrs
      isBool
      isFloat
      isFunction
      isInt
      isList
      isPath
      isString
      length
      lessThan
      listToAttrs
      match
      mul
      parseDrvName
      partition
      pathExists
      readFile
      removeAttrs
      replaceStrings
      seq
      sort
      splitVersion
      stringLength
      sub
      substring
      tail
      toJSON
      trace
      tryEval
      typeOf
      unsafeGetAttrPos
      zipAttrsWith
      ;
    inherit mapAttrs;

    # Functions
    id = x: x;
    const = x: _: x;
    flip = f: a: b: f b a;
    pipe = foldl' (value: f: f value);
    fix = f: let x = f x; in x;
    extends = overlay: f: final: let prev = f final; in prev // overlay final prev;
    composeExtensions = f: g: final: prev: let first = f final prev; in first // g final (prev // first);
    composeManyExtensions = foldr composeExtensions (_: _: { });
    makeExtensible = makeExtensibleWithCustomName "extend";
    makeExtensibleWithCustomName =
      name: f:
      fix' f // { ${name} = overlay: makeExtensibleWithCustomName name (extends overlay f); };
    fix' = f: let x = f x // { __unfix__ = f; }; in x;
    toFunction = v: if isFunction v then v else _: v;
    setFunctionArgs = f: args: { __functor = _: f; __functionArgs = args; };
    functionArgsOf = f: if f ? __functor then f.__functionArgs or (functionArgsOf (f.__functor f)) else builtins.functionArgs f;
    min = a: b: if a < b then a else b;
    max = a: b: if a > b then a else b;
    and = a: b: a && b;
    or = a: b: a || b;
    xor = a: b: a != b;
    importJSON = path: builtins.fromJSON (builtins.readFile path);
    importTOML = path: builtins.fromTOML (builtins.readFile path);
    warn = message: builtins.trace "warning: ${message}";
    info = message: builtins.trace "INFO: ${message}";
    warnIf = condition: message: if condition then warn message else id;
    warnIfNot = condition: warnIf (!condition);
    throwIf = condition: message: if condition then throw message else id;
    throwIfNot = condition: throwIf (!condition);
    assertMsg = condition: message: condition || throw message;
    traceVal = x: builtins.trace x x;
    boolToString = b: if b then "true" else "false";
    version = "26.05pre";
    trivial.release = "26.05";
    trivial.version = version;

    # Lists
    singleton = x: [ x ];
    toList = x: if isList x then x else [ x ];
    optional = condition: x: if condition then [ x ] else [ ];
    optionals = condition: list: if condition then list else [ ];
    forEach = list: f: map f list;
    foldr =
      op: nul: list:
      let
        count = length list;
        fold = n: if n == count then nul else op (elemAt list n) (fold (n + 1));
      in
      fold 0;
    fold = foldr;
    foldl = op: nul: list: foldl' op nul list;
    imap0 = f: list: genList (n: f n (elemAt list n)) (length list);
    imap1 = f: list: genList (n: f (n + 1) (elemAt list n)) (length list);
    flatten = x: if isList x then builtins.concatMap flatten x else [ x ];
    remove = x: filter (y: y != x);
    findFirst = f: default: list: let found = filter f list; in if found == [ ] then default else head found;
    unique = foldl' (all: x: if elem x all then all else all ++ [ x ]) [ ];
    reverseList = list: let n = length list; in genList (i: elemAt list (n - i - 1)) n;
    subtractLists = gone: filter (x: !(elem x gone));
    intersectLists = kept: filter (x: elem x kept);
    take = count: sublist 0 count;
    drop = count: list: sublist count (length list) list;
    sublist = start: count: list: genList (n: elemAt list (n + start)) (max 0 (min count (length list - start)));
    last = list: elemAt list (length list - 1);
    init = list: take (length list - 1) list;
    range = first: last: if first > last then [ ] else genList (n: first + n) (last - first + 1);
    zipListsWith = f: a: b: genList (n: f (elemAt a n) (elemAt b n)) (min (length a) (length b));
    zipLists = zipListsWith (fst: snd: { inherit fst snd; });
    count = f: list: length (filter f list);
    naturalSort = builtins.sort builtins.lessThan;

    # Attribute sets
    nameValuePair = name: value: { inherit name value; };
    mapAttrs' = f: set: listToAttrs (map (name: f name set.${name}) (attrNames set));
    mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
    attrsToList = mapAttrsToList nameValuePair;
    genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
    genAttrs' = list: f: listToAttrs (map f list);
    filterAttrs = f: set: listToAttrs (builtins.concatMap (name: optional (f name set.${name}) (nameValuePair name set.${name})) (attrNames set));
    filterAttrsRecursive =
      f: set:
      mapAttrs (_: value: if isAttrs value then filterAttrsRecursive f value else value) (filterAttrs f set);
    concatMapAttrs = f: set: foldl' mergeAttrs { } (attrValues (mapAttrs f set));
    foldlAttrs = f: init: set: foldl' (all: name: f all name set.${name}) init (attrNames set);
    mergeAttrs = a: b: a // b;
    mergeAttrsList = foldl' mergeAttrs { };
    optionalAttrs = condition: set: if condition then set else { };
    recursiveUpdate = recursiveUpdateUntil (_: a: b: !(isAttrs a && isAttrs b));
    recursiveUpdateUntil =
      stop:
      let
        update =
          path: a: b:
          a
          // mapAttrs (
            name: value:
            if hasAttr name a && !(stop (path ++ [ name ]) a.${name} value) then
              update (path ++ [ name ]) a.${name} value
            else
              value
          ) b;
      in
      update [ ];
    attrByPath =
      path: default: set:
      if path == [ ] then
        set
      else if isAttrs set && hasAttr (head path) set then
        attrByPath (tail path) default set.${head path}
      else
        default;
    hasAttrByPath = path: set: path == [ ] || (isAttrs set && hasAttr (head path) set && hasAttrByPath (tail path) set.${head path});
    getAttrFromPath = path: attrByPath path (throw "cannot find attribute `${concatStringsSep "." path}'");
    setAttrByPath = path: value: if path == [ ] then value else { ${head path} = setAttrByPath (tail path) value; };
    attrVals = names: set: map (name: set.${name}) names;
    getAttrs = names: set: genAttrs names (name: set.${name});
    zipAttrs = builtins.zipAttrsWith (_: values: values);
    mapCartesianProduct = f: set: map f (cartesianProduct set);
    cartesianProduct =
      set:
      foldl' (all: name: builtins.concatMap (one: map (value: one // { ${name} = value; }) set.${name}) all) [ { } ] (attrNames set);
    cartesianProductOfSets = cartesianProduct;
    recurseIntoAttrs = set: set // { recurseForDerivations = true; };
    dontRecurseIntoAttrs = set: set // { recurseForDerivations = false; };
    hydraJob = id;
    hiPrio = id;
    lowPrio = id;
    setPrio = _: id;
    isDerivation = x: x.type or null == "derivation";

    # Strings
    concatStrings = concatStringsSep "";
    concatLines = lines: concatStrings (map (line: line + "\n") lines);
    concatMapStrings = f: list: concatStrings (map f list);
    concatMapStringsSep = separator: f: list: concatStringsSep separator (map f list);
    concatImapStringsSep = separator: f: list: concatStringsSep separator (imap1 f list);
    concatMapAttrsStringSep = separator: f: set: concatStringsSep separator (mapAttrsToList f set);
    intersperse = separator: list: if length list < 2 then list else tail (builtins.concatMap (x: [ separator x ]) list);
    optionalString = condition: string: if condition then string else "";
    stringToCharacters = string: genList (n: substring n 1 string) (stringLength string);
    hasPrefix = prefix: string: substring 0 (stringLength prefix) string == prefix;
    hasSuffix =
      suffix: string:
      let
        start = stringLength string - stringLength suffix;
      in
      start >= 0 && substring start (-1) string == suffix;
    hasInfix = infix: string: length (builtins.split (escapeRegex infix) string) > 1;
    removePrefix = prefix: string: if hasPrefix prefix string then substring (stringLength prefix) (-1) string else string;
    removeSuffix =
      suffix: string: if hasSuffix suffix string then substring 0 (stringLength string - stringLength suffix) string else string;
    splitString = separator: string: filter isString (builtins.split (escapeRegex separator) (toString string));
    escapeRegex = escape (stringToCharacters "\\[{()^$?*+|.");
    escape = characters: replaceStrings characters (map (c: "\\${c}") characters);
    escapeShellArg =
      argument:
      let
        string = toString argument;
      in
      if builtins.match "[[:alnum:],._+:@%/-]+" string != null then string else "'${replaceStrings [ "'" ] [ "'\\''" ] string}'";
    escapeShellArgs = concatMapStringsSep " " escapeShellArg;
    upperChars = stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    lowerChars = stringToCharacters "abcdefghijklmnopqrstuvwxyz";
    toUpper = replaceStrings lowerChars upperChars;
    toLower = replaceStrings upperChars lowerChars;
    replaceString = from: to: replaceStrings [ from ] [ to ];
    replaceChars = replaceStrings;
    trim = string: let m = builtins.match "[ \t\r\n]*(.*[^ \t\r\n])?[ \t\r\n]*" string; in if head m == null then "" else head m;
    toInt = string: builtins.fromJSON string;
    fileContents = path: removeSuffix "\n" (builtins.readFile path);
    versionOlder = a: b: builtins.compareVersions b a == 1;
    versionAtLeast = a: b: !(versionOlder a b);
    getName = x: if isString x then (builtins.parseDrvName x).name else x.pname or (builtins.parseDrvName x.name).name;
    getVersion = x: if isString x then (builtins.parseDrvName x).version else x.version or (builtins.parseDrvName x.name).version;
    versions.major = version: elemAt (builtins.splitVersion version) 0;
    versions.majorMinor = version: concatStringsSep "." (take 2 (builtins.splitVersion version));
    makeSearchPath = folder: paths: concatStringsSep ":" (map (path: "${path}/${folder}") (filter (x: x != null) paths));
    makeSearchPathOutput = output: folder: paths: makeSearchPath folder (map (getOutput output) paths);
    makeBinPath = makeSearchPathOutput "bin" "bin";
    makeLibraryPath = makeSearchPathOutput "lib" "lib";
    makeIncludePath = makeSearchPathOutput "dev" "include";

    # Packages
    fakeHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    fakeSha256 = "0000000000000000000000000000000000000000000000000000";
    getOutput =
      output: package: if !(package ? outputSpecified) || !package.outputSpecified then package.${output} or package.out or package else package;
    getFirstOutput =
      outputs: package:
      let
        found = findFirst (output: hasAttr output package) null outputs;
      in
      if package.outputSpecified or false || found == null then package else package.${found};
    getBin = getOutput "bin";
    getLib = getFirstOutput [ "lib" "out" ];
    getStatic = getFirstOutput [ "static" "lib" "out" ];
    getDev = getOutput "dev";
    getInclude = getFirstOutput [ "include" "dev" "out" ];
    getMan = getOutput "man";
    chooseDevOutputs = map getDev;
    getExe = package: getExe' package (package.meta.mainProgram or (getName package));
    getExe' = package: program: "${getBin package}/bin/${program}";
    licenses = genAttrs [ "asl20" "mit" "gpl3" "gpl3Only" "gpl3Plus" "mpl20" "isc" "bsd3" "unlicense" "agpl3Only" "agpl3Plus" ] (spdxId: { inherit spdxId; });
    maintainers = { };
    sourceTypes = { };
    platforms = {
      all = systems.flakeExposed;
      unix = systems.flakeExposed;
      linux = filter (hasSuffix "-linux") systems.flakeExposed;
      darwin = filter (hasSuffix "-darwin") systems.flakeExposed;
    };
    meta = { inherit getExe getExe'; availableOn = platform: package: !(package ? meta.platforms) || elem platform.system package.meta.platforms; };
    makeOverridable =
      f: args:
      let
        result = f args;
        overridden = change: makeOverridable f (args // (if isFunction change then change args else change));
      in
      if isAttrs result then
        result
        // {
          override = overridden;
          ${if result ? overrideAttrs then "overrideAttrs" else null} =
            change: makeOverridable (args: (f args).overrideAttrs change) args;
        }
      else if isFunction result then
        { __functor = _: result; override = overridden; }
      else
        result;
    callPackageWith =
      set: given: args:
      let
        f = if isFunction given || given ? __functor then given else import given;
        known = builtins.intersectAttrs (functionArgsOf f) set;
      in
      makeOverridable f (known // args);
    callPackagesWith = set: f: args: callPackageWith set f args;
    makeScope =
      newScope: f:
      let
        self = f self // { newScope = scope: newScope (self // scope); callPackage = self.newScope { }; packages = f; };
      in
      self;

    # Sources
    cleanSource = src: src;
    cleanSourceWith = { src, ... }: src;
    sourceByRegex = src: _: src;
    sourceFilesBySuffices = src: _: src;
    fileset = {
      toSource = { root, fileset }: root;
      unions = head;
      union = a: b: a;
      difference = a: b: a;
      maybeMissing = id;
      fileFilter = _: id;
      gitTracked = id;
      fromSource = id;
    };

    # What a module system would read
    mkIf = condition: content: if condition then content else { };
    mkMerge = foldl' recursiveUpdate { };
    mkForce = id;
    mkDefault = id;
    mkBefore = id;
    mkAfter = id;
    mkOverride = _: id;
    mkOption = id;
    mkEnableOption = id;
    types = { };

    systems = import ./systems.nix lib;
    attrsets = lib;
    lists = lib;
    strings = lib;
    customisation = lib;
    fixedPoints = lib;
    sources = lib;
    derivations = lib;
    debug = lib;
    modules = lib;
  };
in
lib
