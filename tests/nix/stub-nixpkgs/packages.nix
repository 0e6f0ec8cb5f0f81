# Packages by name: none has a content, all have the outputs that nixpkgs gives them.
{ lib }:
final: prev:
let
  package = final.stubPackage;
  plain = names: lib.genAttrs names (name: package name { });
  within = set: names: lib.genAttrs names (name: package "${set}.${name}" { });

  libraryNamed = name: outputs: package name { inherit outputs; };
  llvm = version: {
    libclang = libraryNamed "${version}.libclang" [ "out" "dev" "lib" "python" ];
    clang = package "${version}.clang" { targetPrefix = ""; };
    clang-unwrapped = libraryNamed "${version}.clang-unwrapped" [ "out" "lib" "dev" ];
    llvm = libraryNamed "${version}.llvm" [ "out" "lib" "dev" ];
    bintools = package "${version}.bintools" { };
    lld = package "${version}.lld" { };
    libcxx = libraryNamed "${version}.libcxx" [ "out" "dev" ];
    inherit (final) stdenv;
  };
  versions = map toString (lib.range 14 22);
  withVersions = prefix: make: lib.listToAttrs (map (version: lib.nameValuePair "${prefix}${version}" (make "${prefix}${version}")) versions);
in
plain [
  "alejandra" "bacon" "bash" "bashInteractive" "binaryen" "bison" "bun" "cacert" "cargo" "cargo-audit" "cargo-auditable"
  "cargo-binstall" "cargo-bloat" "cargo-cross" "cargo-deny" "cargo-edit" "cargo-expand" "cargo-flamegraph"
  "cargo-hack" "cargo-insta" "cargo-leptos" "cargo-llvm-cov" "cargo-machete" "cargo-make" "cargo-msrv" "cargo-ndk"
  "cargo-nextest" "cargo-outdated" "cargo-release" "cargo-semver-checks" "cargo-tarpaulin" "cargo-udeps"
  "cargo-watch" "cargo-xwin" "cargo-zigbuild" "clang-tools" "clippy" "cmake" "coreutils" "cross" "curlMinimal" "deno"
  "diffutils" "direnv" "docker" "doxygen" "findutils" "flex" "gawk" "gdb" "gettext" "git" "gitMinimal" "gnugrep" "gnumake"
  "gnused" "gnutar" "go" "gperf" "hello" "hyperfine" "installShellFiles" "jdk" "jq" "just" "lld" "lldb" "makeWrapper"
  "makeBinaryWrapper" "mdbook" "meson" "minisign" "mold" "mold-wrapped" "nasm" "nil" "ninja" "nix" "nixfmt" "nixfmt-rfc-style"
  "nixpkgs-fmt" "nodejs" "nodejs_20" "nodejs_22" "openssh" "patchelf" "perl" "pkg-config" "pkgconf" "podman"
  "pnpm" "podman-compose" "pre-commit" "protobuf" "protobuf_21" "protoc-gen-prost" "python3" "python311" "python312" "qemu" "qemu-user"
  "remarshal" "rust-analyzer" "rust-bindgen" "rust-cbindgen" "rust-script" "rustc" "rustfmt" "rustup" "sccache"
  "shellcheck" "sqlx-cli" "strace" "swig" "taplo" "tree" "treefmt" "trunk" "typos" "unzip" "upx" "valgrind" "wasm-bindgen-cli" "wasm-pack"
  "wasmtime" "watchexec" "which" "wine" "wine64" "xmlstarlet" "xwin" "yarn" "zig" "zip" "bubblewrap" "autoPatchelfHook" "removeReferencesTo" "nukeReferences"
  "wrapGAppsHook" "wrapGAppsHook3" "wrapGAppsHook4" "copyDesktopItems" "desktop-file-utils" "autoconf" "automake" "autoreconfHook" "libtool" "m4" "ocaml" "buf" "grpcurl" "rust-analyzer-unwrapped" "dioxus-cli" "tailwindcss" "darwin-stubs"
  "onnxruntime" "libtorch-bin" "opencv" "duckdb" "cctools" "sigtool" "bindgen" "musl-obstack" "linuxHeaders" "scdoc" "asciidoctor" "pandoc" "zsh" "fish" "nushell"
]
// lib.mapAttrs libraryNamed {
  alsa-lib = [ "out" "dev" ];
  atk = [ "out" "dev" ];
  boost = [ "out" "dev" ];
  bzip2 = [ "bin" "dev" "out" "man" ];
  cairo = [ "out" "dev" ];
  curl = [ "bin" "dev" "out" "man" ];
  cyrus_sasl = [ "bin" "dev" "out" "man" ];
  dbus = [ "out" "lib" "dev" "man" ];
  eudev = [ "out" "dev" ];
  expat = [ "out" "dev" ];
  ffmpeg = [ "bin" "lib" "dev" "out" ];
  fontconfig = [ "bin" "dev" "lib" "out" ];
  freetype = [ "out" "dev" ];
  gdk-pixbuf = [ "out" "dev" "man" ];
  glib = [ "bin" "out" "dev" ];
  glibc = [ "out" "bin" "dev" "static" "getent" ];
  gmp = [ "out" "dev" "info" ];
  gtk3 = [ "out" "dev" ];
  gtk4 = [ "out" "dev" ];
  harfbuzz = [ "out" "dev" ];
  jemalloc = [ "out" ];
  krb5 = [ "out" "lib" "dev" ];
  leptonica = [ "out" ];
  libGL = [ "out" "dev" ];
  libbfd = [ "out" "dev" ];
  libclang = [ "out" "dev" "lib" "python" ];
  libdrm = [ "out" "dev" "bin" ];
  libevdev = [ "out" ];
  libffi = [ "out" "dev" "man" "info" ];
  libgcc = [ "out" "libgcc" "lib" ];
  libgit2 = [ "out" "dev" "lib" ];
  libiconv = if final.stdenv.hostPlatform.isDarwin then [ "out" "dev" ] else [ "out" "bin" "dev" "static" ];
  libiconvReal = [ "out" "static" ];
  libinput = [ "bin" "out" "dev" ];
  libmysqlclient = [ "out" "dev" ];
  libpq = [ "out" "dev" ];
  libsodium = [ "out" "dev" ];
  libssh2 = [ "out" "dev" ];
  libudev-zero = [ "out" ];
  libusb1 = [ "out" "dev" ];
  libwebp = [ "out" ];
  libxkbcommon = [ "out" "dev" ];
  libxml2 = [ "bin" "dev" "out" "man" ];
  libzip = [ "out" "dev" ];
  lz4 = [ "dev" "lib" "out" ];
  mariadb-connector-c = [ "out" "dev" ];
  musl = [ "out" "bin" "dev" ];
  ncurses = [ "out" "dev" "man" ];
  oniguruma = [ "out" "dev" "lib" ];
  openblas = [ "out" "dev" ];
  openssl = [ "bin" "dev" "out" "man" ];
  openssl_3 = [ "bin" "dev" "out" "man" ];
  openssl_1_1 = [ "bin" "dev" "out" "man" ];
  pam = [ "out" "doc" "man" ];
  pango = [ "bin" "out" "dev" ];
  pcre2 = [ "bin" "dev" "out" "doc" "man" ];
  pcsclite = [ "out" "lib" "dev" ];
  pipewire = [ "out" "jack" "dev" ];
  pixman = [ "out" ];
  postgresql = [ "out" "dev" "lib" "doc" "man" ];
  rdkafka = [ "out" ];
  readline = [ "out" "dev" "man" ];
  rocksdb = [ "out" "tools" ];
  seatd = [ "bin" "out" "dev" "man" ];
  snappy = [ "out" "dev" ];
  SDL2 = [ "out" "dev" ];
  sqlite = [ "bin" "dev" "out" "man" ];
  systemd = [ "out" "dev" "man" ];
  systemdLibs = [ "out" "dev" "man" ];
  systemdMinimal = [ "out" "dev" "man" ];
  tesseract = [ "out" ];
  udev = [ "out" "dev" "man" ];
  unixODBC = [ "out" ];
  vulkan-headers = [ "out" ];
  vulkan-loader = [ "out" "dev" ];
  wayland = [ "out" "bin" "dev" ];
  webkitgtk_4_1 = [ "out" "dev" ];
  xz = [ "bin" "dev" "out" "man" "doc" ];
  zlib = [ "out" "dev" "static" ];
  zlib-ng = [ "out" "bin" "dev" ];
  zstd = [ "bin" "dev" "man" "out" ];
}
// withVersions "llvmPackages_" llvm
// withVersions "clang_" (name: package name { targetPrefix = ""; })
// withVersions "lld_" (name: package name { })
// {
  llvmPackages = llvm "llvmPackages";
  llvmPackages_latest = llvm "llvmPackages_latest";
  binutils = package "binutils" { targetPrefix = final.stdenv.cc.targetPrefix; };
  bintools = package "bintools" { targetPrefix = final.stdenv.cc.targetPrefix; };
  buildRustCrate = final.stdenv.mkDerivation;
  wineWowPackages = within "wineWowPackages" [ "stable" "staging" "minimal" "full" ];
  wine64Packages = within "wine64Packages" [ "stable" "staging" "minimal" ];
  windows = within "windows" [ "mingw_w64_pthreads" "pthreads" "mcfgthreads" "mingw_w64" "mingw_w64_headers" ];
  darwin = within "darwin" [ "cctools" "libiconv" "sigtool" "autoSignDarwinBinariesHook" "libobjc" ] // {
    apple_sdk.frameworks = within "darwin.apple_sdk.frameworks" [
      "AppKit" "ApplicationServices" "Carbon" "Cocoa" "CoreAudio" "CoreFoundation" "CoreGraphics" "CoreServices"
      "Foundation" "IOKit" "Metal" "QuartzCore" "Security" "SystemConfiguration" "WebKit"
    ];
  };
  apple-sdk = package "apple-sdk" { };
  apple-sdk_11 = package "apple-sdk_11" { };
  apple-sdk_15 = package "apple-sdk_15" { };
  darwinMinVersionHook = _: package "darwinMinVersionHook" { };
  gst_all_1 = within "gst_all_1" [ "gstreamer" "gst-plugins-base" "gst-plugins-good" "gst-plugins-bad" ];
  nodePackages = within "nodePackages" [ "npm" "pnpm" "yarn" "prettier" ];
  python3Packages = within "python3Packages" [ "python" "pip" "setuptools" "numpy" ];
  rustPackages = within "rustPackages" [ "clippy" "rustfmt" "rustc" "cargo" ];
  xorg = within "xorg" [ "libX11" "libXcursor" "libXi" "libXrandr" "libxcb" "libXext" "libXrender" "libXinerama" ];
  glibcLocales = package "glibcLocales" { };
  gccForLibs = libraryNamed "gccForLibs" [ "out" "lib" ];
}
