# What kinds of values become in the environment of a shell and of a package.
{
  outputs =
    { nixpkgs, ... }:
    let
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      inherit (pkgs) lib;
    in
    {
      devShells.x86_64-linux.default = pkgs.mkShell {
        A_TRUE = true;
        A_FALSE = false;
        A_NULL = null;
        A_NUMBER = 64;
        A_LIST = [ "a" "b c" pkgs.zlib ];
        A_NESTED = [ [ "a" ] [ "b" "c" ] ];
        A_PACKAGE = pkgs.openssl;
        A_FOLDER = "${pkgs.openssl}/lib";
        A_LIBRARY = "${pkgs.openssl.out}/lib:${lib.getLib pkgs.zlib}/lib";
        A_HEADER = "${pkgs.openssl.dev}/include";
        A_DEV = lib.getDev pkgs.sqlite;
        A_PATH = lib.makeLibraryPath [ pkgs.openssl pkgs.libGL pkgs.stdenv.cc.cc ];
        A_BIN = lib.makeBinPath (with pkgs; [ git jq ]);
        A_SEARCH = lib.makeSearchPathOutput "dev" "lib/pkgconfig" [ pkgs.openssl pkgs.zlib ];
        A_PROGRAM = lib.getExe pkgs.jq;
        A_NAMED = lib.getExe' pkgs.openssl "openssl";
        AN_INDENTED = ''
          -C link-arg=-fuse-ld=mold
            -C target-cpu=x86-64-v2 ''${HOME}
        '';
        AN_ESCAPE = "a\"b\\n\${c}";
        A_JSON = builtins.toJSON { a = 1; b = [ true null ]; };
        A_TEXT = toString [ 1 2 "x" ];
        A_CHOICE = if pkgs.stdenv.isDarwin then "mac" else "linux";
        OPTIONAL_YES = lib.optionalString pkgs.stdenv.isLinux "-C link-arg=-s";
        OPTIONAL_NO = lib.optionalString pkgs.stdenv.isDarwin "-C link-arg=-s";
        lower_case = "too";
        camelCase = "also";
      };
      packages.x86_64-linux.default = pkgs.rustPlatform.buildRustPackage {
        pname = "app";
        version = "0.1.0";
        src = ./.;
        cargoHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        OPENSSL_NO_VENDOR = 1;
        RUSTFLAGS = [ "-C" "target-feature=+crt-static" ];
        env = {
          PKG_CONFIG_PATH = "${pkgs.openssl.dev}/lib/pkgconfig";
          A_BOOL = true;
          AN_INT = 3;
        };
        nativeBuildInputs = [ pkgs.pkg-config pkgs.rustPlatform.bindgenHook ];
        buildInputs = [ pkgs.openssl ] ++ lib.optionals pkgs.stdenv.isDarwin [ pkgs.libiconv ];
        nativeCheckInputs = [ pkgs.git ];
      };
      packages.x86_64-linux.structured = pkgs.stdenv.mkDerivation {
        name = "structured";
        __structuredAttrs = true;
        NOT_EXPORTED = "x";
        env.EXPORTED = "y";
      };
      packages.x86_64-linux.both = pkgs.rustPlatform.buildRustPackage {
        pname = "both";
        version = "1";
        src = ./.;
        cargoLock.lockFile = ./Cargo.lock;
        RUSTFLAGS = "-C opt-level=1";
        env.RUSTFLAGS = "-C opt-level=3";
      };
    };
}
