# Platforms as `lib.systems` has them.
{ mapAttrs, hasPrefix, removeSuffix, replaceStrings, toUpper, elem, optionalString, ... }:
let
  match = builtins.match;

  flakeExposed = [
    "x86_64-linux"
    "aarch64-linux"
    "x86_64-darwin"
    "armv6l-linux"
    "armv7l-linux"
    "i686-linux"
    "aarch64-darwin"
    "powerpc64le-linux"
    "riscv64-linux"
    "x86_64-freebsd"
  ];

  linuxAbi =
    cpu:
    if cpu == "armv5tel" then
      "gnueabi"
    else if hasPrefix "armv" cpu then
      "gnueabihf"
    else if cpu == "powerpc64" then
      "gnuabielfv2"
    else if hasPrefix "mips64" cpu then
      "gnuabi64"
    else
      "gnu";

  # What a system ("x86_64-linux") is as a config.
  configOfSystem =
    system:
    let
      parts = match "([^-]+)-(.+)" system;
      cpu = builtins.elemAt parts 0;
      os = builtins.elemAt parts 1;
    in
    if parts == null then
      throw "system `${system}' is unknown"
    else if os == "linux" then
      "${cpu}-unknown-linux-${linuxAbi cpu}"
    else if os == "darwin" then
      (if cpu == "aarch64" then "arm64" else cpu) + "-apple-darwin"
    else if os == "windows" then
      "${cpu}-w64-mingw32"
    else if os == "none" then
      "${cpu}-none-elf"
    else
      "${cpu}-unknown-${os}";

  cpuNames = {
    arm64 = "aarch64";
    amd64 = "x86_64";
    i386 = "i386";
    armv6 = "armv6l";
    armv7 = "armv7l";
  };

  parse =
    config:
    let
      all = builtins.filter builtins.isString (builtins.split "-" config);
      at = builtins.elemAt all;
      count = builtins.length all;
      rest = from: builtins.concatStringsSep "-" (builtins.genList (i: at (i + from)) (count - from));
      split =
        if count == 4 then
          { vendor = at 1; kernel = at 2; abi = at 3; }
        else if count == 3 && at 2 == "mingw32" then
          { vendor = at 1; kernel = "windows"; abi = "gnu"; }
        else if count == 3 && (at 1 == "linux" || at 1 == "none" || at 1 == "windows") then
          { vendor = if at 1 == "windows" then "pc" else "unknown"; kernel = at 1; abi = at 2; }
        else if count == 3 then
          { vendor = at 1; kernel = at 2; abi = ""; }
        else if count == 2 then
          { vendor = "unknown"; kernel = if at 1 == "elf" then "none" else at 1; abi = if at 1 == "elf" then "elf" else ""; }
        else
          throw "config `${config}' has ${toString count} parts";
      cpu = cpuNames.${at 0} or (at 0);
      # A Linux without an ABI is the usual one.
      abi = if split.kernel == "linux" && split.abi == "" then linuxAbi cpu else split.abi;
    in
    {
      cpu = { name = cpu; bits = if match ".*64.*|s390x" cpu != null then 64 else 32; };
      vendor.name = split.vendor;
      kernel.name = if hasPrefix "macos" split.kernel then "darwin" else split.kernel;
      abi.name = abi;
    };

  rustTargetOf =
    args: parsed: is:
    let
      said = args.rust.rustcTarget or args.rustc.config or null;
      cpu = parsed.cpu.name;
      cpuOfRust =
        {
          armv7a = "armv7";
          armv7l = "armv7";
          armv6l = "arm";
          armv5tel = "armv5te";
          riscv32 = "riscv32gc";
          riscv64 = "riscv64gc";
        }
        .${cpu} or cpu;
      abi = if hasPrefix "gnuabielfv" abiName then "gnu" else abiName;
      abiName = parsed.abi.name;
      vendor = if parsed.vendor.name == "w64" then "pc" else parsed.vendor.name;
    in
    if said != null then
      said
    else if is.isWasi then
      "${cpu}-wasip1"
    else if is.isWindows then
      "${cpuOfRust}-pc-windows-${if abiName == "" then "gnu" else abiName}"
    else if is.isDarwin then
      "${cpuOfRust}-apple-darwin"
    else
      "${cpuOfRust}-${vendor}-${parsed.kernel.name}" + optionalString (abi != "") "-${abi}";

  elaborate =
    systemOrArgs:
    let
      all = if builtins.isAttrs systemOrArgs then systemOrArgs else { system = systemOrArgs; };
      args = builtins.removeAttrs all [ "parsed" "system" "data" ];
      given = args.config or all.system;
      config = if match "[^-]+-[^-]+" given != null && !(args ? config) then configOfSystem given else given;
      parsed = parse config;
      cpu = parsed.cpu.name;
      kernel = parsed.kernel.name;
      abi = parsed.abi.name;
      is = rec {
        isLinux = kernel == "linux";
        isDarwin = kernel == "darwin" || kernel == "ios";
        isMacOS = kernel == "darwin";
        isiOS = kernel == "ios";
        isWindows = kernel == "windows";
        isMinGW = isWindows && abi != "msvc";
        isCygwin = kernel == "cygwin";
        isFreeBSD = kernel == "freebsd";
        isNetBSD = kernel == "netbsd";
        isOpenBSD = kernel == "openbsd";
        isBSD = isFreeBSD || isNetBSD || isOpenBSD;
        isUnix = isLinux || isDarwin || isBSD || isCygwin;
        isWasi = kernel == "wasi";
        isWasm = hasPrefix "wasm" cpu;
        isNone = kernel == "none";
        isAndroid = hasPrefix "android" abi;
        isMusl = isLinux && hasPrefix "musl" abi;
        isGnu = hasPrefix "gnu" abi;
        isx86_64 = cpu == "x86_64";
        isx86_32 = elem cpu [ "i386" "i486" "i586" "i686" ];
        isi686 = cpu == "i686";
        isx86 = isx86_64 || isx86_32;
        isAarch64 = hasPrefix "aarch64" cpu;
        isAarch32 = hasPrefix "armv" cpu || cpu == "arm";
        isArmv7 = hasPrefix "armv7" cpu;
        isAarch = isAarch64 || isAarch32;
        isRiscV64 = cpu == "riscv64";
        isRiscV32 = cpu == "riscv32";
        isRiscV = isRiscV64 || isRiscV32;
        isPower = hasPrefix "powerpc" cpu;
        isPower64 = hasPrefix "powerpc64" cpu;
        isMips = hasPrefix "mips" cpu;
        isMips64 = hasPrefix "mips64" cpu;
        isLoongArch64 = cpu == "loongarch64";
        isS390x = cpu == "s390x";
        is64bit = parsed.cpu.bits == 64;
        is32bit = parsed.cpu.bits == 32;
        isBigEndian = elem cpu [ "powerpc" "powerpc64" "s390" "s390x" "mips" "mips64" "aarch64_be" ];
        isLittleEndian = !isBigEndian;
      };
      rustcTarget = rustTargetOf args parsed is;
      final =
        is
        // {
          inherit parsed;
          config = config;
          system = "${if is.isx86_32 then "i686" else cpu}-${kernel}";
          isStatic = is.isWasi;
          libc =
            if is.isDarwin then
              "libSystem"
            else if is.isMinGW then
              "msvcrt"
            else if is.isWasi then
              "wasilibc"
            else if is.isMusl then
              "musl"
            else if abi == "uclibc" then
              "uclibc"
            else if is.isAndroid then
              "bionic"
            else if is.isLinux then
              "glibc"
            else
              # Of others it is a libc that no fixture asks for.
              "newlib";
          extensions = {
            executable = if is.isWindows then ".exe" else "";
            staticLibrary = if is.isWindows then ".lib" else ".a";
            sharedLibrary = if is.isDarwin then ".dylib" else if is.isWindows then ".dll" else ".so";
            library = if final.isStatic then final.extensions.staticLibrary else final.extensions.sharedLibrary;
          };
          hasSharedLibraries = !final.isStatic && !is.isNone;
          linuxArch = { aarch64 = "arm64"; armv7l = "arm"; armv6l = "arm"; i686 = "i386"; riscv64 = "riscv"; riscv32 = "riscv"; loongarch64 = "loongarch"; s390x = "s390"; }.${cpu}
            or (if is.isPower then "powerpc" else cpu);
          darwinArch = { aarch64 = "arm64"; }.${cpu} or cpu;
          qemuArch = { armv7l = "arm"; armv6l = "arm"; i686 = "i386"; }.${cpu} or cpu;
          canExecute =
            other:
            is.isAndroid == other.isAndroid
            && kernel == other.parsed.kernel.name
            && (
              cpu == other.parsed.cpu.name
              || (is.isx86_64 && other.isx86_32)
              || (is.isAarch32 && other.isAarch32 && other.parsed.cpu.name < cpu)
            );
          emulatorAvailable = _: true;
          emulator =
            pkgs:
            if pkgs.stdenv.hostPlatform.canExecute final then
              "${pkgs.coreutils}/bin/env"
            else if is.isWindows then
              "${pkgs.wine}/bin/wine"
            else
              "${pkgs.qemu-user}/bin/qemu-${final.qemuArch}";
          rustc = args.rustc or { };
        }
        // args
        // {
          rust = {
            inherit rustcTarget;
            rustcTargetSpec = rustcTarget;
            cargoShortTarget = removeSuffix ".json" rustcTarget;
            cargoEnvVarTarget = replaceStrings [ "-" ] [ "_" ] (toUpper rustcTarget);
          }
          // (args.rust or { });
        };
    in
    final;

  removeFunctions = platform: builtins.removeAttrs platform [ "canExecute" "emulator" "emulatorAvailable" ];

  simple = mapAttrs (_: config: { inherit config; });

  examples = {
    aarch64-android-prebuilt = {
      config = "aarch64-unknown-linux-android";
      rust.rustcTarget = "aarch64-linux-android";
    };
  }
  // simple {
    aarch64-android = "aarch64-unknown-linux-android";
    aarch64-darwin = "arm64-apple-darwin";
    aarch64-embedded = "aarch64-none-elf";
    aarch64-freebsd = "aarch64-unknown-freebsd";
    aarch64-multiplatform = "aarch64-unknown-linux-gnu";
    aarch64-multiplatform-musl = "aarch64-unknown-linux-musl";
    arm-embedded = "arm-none-eabi";
    armhf-embedded = "arm-none-eabihf";
    armv7l-hf-multiplatform = "armv7l-unknown-linux-gnueabihf";
    gnu32 = "i686-unknown-linux-gnu";
    gnu64 = "x86_64-unknown-linux-gnu";
    loongarch64-linux = "loongarch64-unknown-linux-gnu";
    mingw32 = "i686-w64-mingw32";
    mingwW64 = "x86_64-w64-mingw32";
    ucrt64 = "x86_64-w64-mingw32";
    mingw-msvcrt-x86_64 = "x86_64-w64-mingw32";
    mingw-ucrt-x86_64 = "x86_64-w64-mingw32";
    ucrtAarch64 = "aarch64-w64-mingw32";
    musl32 = "i686-unknown-linux-musl";
    musl64 = "x86_64-unknown-linux-musl";
    muslpi = "armv6l-unknown-linux-musleabihf";
    musl-power = "powerpc64le-unknown-linux-musl";
    powernv = "powerpc64le-unknown-linux-gnu";
    ppc64 = "powerpc64-unknown-linux-gnuabielfv2";
    raspberryPi = "armv6l-unknown-linux-gnueabihf";
    remarkable2 = "armv7l-unknown-linux-gnueabihf";
    ppc64-musl = "powerpc64-unknown-linux-musl";
    riscv32-embedded = "riscv32-none-elf";
    riscv64 = "riscv64-unknown-linux-gnu";
    riscv64-embedded = "riscv64-none-elf";
    riscv64-musl = "riscv64-unknown-linux-musl";
    s390x = "s390x-unknown-linux-gnu";
    wasi32 = "wasm32-unknown-wasi";
    x86_64-darwin = "x86_64-apple-darwin";
    x86_64-freebsd = "x86_64-unknown-freebsd";
    x86_64-netbsd = "x86_64-unknown-netbsd";
    x86_64-openbsd = "x86_64-unknown-openbsd";
  };
in
{
  inherit elaborate examples flakeExposed;
  # Functions cannot be compared.
  equals = one: other: removeFunctions one == removeFunctions other;
  # Not in nixpkgs under this name: what pkgsMusl and pkgsStatic build for.
  muslConfig =
    platform:
    let
      abi =
        {
          gnueabihf = "musleabihf";
          gnueabi = "musleabi";
          gnuabi64 = "muslabi64";
        }
        .${platform.parsed.abi.name} or "musl";
    in
    if platform.isMusl then
      platform.config
    else
      "${platform.parsed.cpu.name}-${platform.parsed.vendor.name}-linux-${abi}";
}
