#!/usr/bin/env bash
# Real cross toolchains for the tests of builds: tests/toolchains.sh FOLDER [STD-TARGET]...
#
# The host's rustup has std for the host alone. Debian's security suite has a rustc with std for arm64 and with the
# sources of std, which is compiled for any other target; zig and cargo-zigbuild are wheels. All of it goes into
# FOLDER, nothing of the machine changes but Debian's packages of cross compilers, which tests/run installs.
# A second run finds what is there. About 300 MB of downloads, 40 s; 60 to 100 s more for each STD-TARGET.
set -euo pipefail

folder=$(realpath -m "${1:?a folder}")
shift
zig_version=0.17.0
zigbuild_version=0.24.0
# It has protoc, under a name that no build script finds.
grpcio_version=1.85.1
packages=$folder/packages
usr=$folder/rust/usr
host=x86_64-unknown-linux-gnu
note() { printf 'toolchains: %s\n' "$*" >&2; }

# A list of packages of our own: the machine's stays as it is.
mkdir -p "$folder"/{bin,rust}
own=(-qq -o APT::Architectures::=amd64 -o APT::Architectures::=arm64 -o "Dir::State::Lists=$folder/lists"
  -o "Dir::Cache=$folder" -o Acquire::Languages=none -o "APT::Sandbox::User=$(id -un)")
apt=(apt-get "${own[@]}")
apt_cache=(apt-cache "${own[@]}")

# The packages whose names carry a version, which Debian's security updates raise.
versioned() { # package, what the names begin with
  "${apt_cache[@]}" depends "$1:amd64" | sed -n "s/.*Depends: \($2[0-9][0-9.]*\).*/\1/p" | head -n 1
}

fetch_rust() {
  [ -e "$folder/rust/.complete" ] && return
  note "Debian's rustc"
  mkdir -p "$packages" "$folder"/{lists,archives}/partial
  "${apt[@]}" update
  local package library llvm
  library=$(versioned libstd-rust-web-dev libstd-rust-web-)
  llvm=$(versioned "$library" libllvm)
  (cd "$packages" && "${apt[@]}" download rustc-web:amd64 "$library:amd64" libstd-rust-web-dev:amd64 \
    "$llvm:amd64" libz3-4:amd64 libedit2:amd64 libstd-rust-web-dev:arm64 rust-web-src)
  for package in "$packages"/*.deb; do dpkg -x "$package" "$folder/rust"; done
  rm -rf "$packages" "$folder/lists" "$folder/archives" "$folder"/*.bin
  touch "$folder/rust/.complete"
}

# Debian's rustc without rust-lld and rust-objcopy borrows those of the machine's own toolchain.
wrap_rust() {
  local tool own
  own=$(rustc --print sysroot)/lib/rustlib/$host/bin
  mkdir -p "$usr/lib/rustlib/$host/bin"
  for tool in rust-lld rust-objcopy gcc-ld; do ln -sfn "$own/$tool" "$usr/lib/rustlib/$host/bin/$tool"; done
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%s/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec %s/bin/rustc "$@"\n' \
    "$usr" "$usr" >"$folder/bin/rustc"
  chmod +x "$folder/bin/rustc"
  "$folder/bin/rustc" --version >&2
}

fetch_wheels() {
  local wheels=("ziglang==$zig_version" "cargo-zigbuild==$zigbuild_version" "grpcio-tools==$grpcio_version")
  [ "$(cat "$folder/python/.complete" 2>/dev/null)" = "${wheels[*]}" ] && return
  note "${wheels[*]}"
  rm -rf "$folder/python"
  python3 -m pip install --quiet --disable-pip-version-check --no-input --root-user-action=ignore \
    --target "$folder/python" "${wheels[@]}" >&2
  ln -sfn "$folder/python/bin/cargo-zigbuild" "$folder/bin/cargo-zigbuild"
  printf '#!/bin/sh\nexec %s/python/ziglang/zig "$@"\n' "$folder" >"$folder/bin/zig"
  chmod +x "$folder/bin/zig"
  printf '%s' "${wheels[*]}" >"$folder/python/.complete"
}

write_std_builder() { # folder
  local library
  library=$(echo "$usr"/src/rustc-*/library)
  mkdir -p "$1/src"
  echo '#![feature(no_core)] #![no_core]' >"$1/src/lib.rs"
  cp "$library/Cargo.lock" "$1/"
  cat >"$1/Cargo.toml" <<TOML
cargo-features = ["profile-rustflags"]
[package]
name = "std-builder"
version = "0.0.0"
edition = "2021"
[dependencies]
std = { path = "$library/std", features = ["panic-unwind", "backtrace"] }
proc_macro = { path = "$library/proc_macro" }
test = { path = "$library/test" }
[patch.crates-io]
rustc-std-workspace-core = { path = "$library/rustc-std-workspace-core" }
rustc-std-workspace-alloc = { path = "$library/rustc-std-workspace-alloc" }
rustc-std-workspace-std = { path = "$library/rustc-std-workspace-std" }
[profile.release]
debug = 0
strip = "none"
opt-level = 1
codegen-units = 16
[profile.release.package.panic_abort]
rustflags = ["-Cpanic=abort"]
[workspace]
TOML
}

build_std() { # target
  local target=$1 lib=$usr/lib/rustlib/$1/lib command=build part
  [ -e "$lib/.complete" ] && return
  note "std for $target"
  write_std_builder "$folder/std"
  rm -rf "$usr/lib/rustlib/$target" "$folder/std-target/$target"
  case $target in *-apple-*) command=zigbuild ;; esac
  RUSTC=$folder/bin/rustc RUSTC_BOOTSTRAP=1 __CARGO_DEFAULT_LIB_METADATA=stablestd \
    RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes" CARGO_TARGET_DIR=$folder/std-target PATH=$folder/bin:$PATH \
    cargo $command --quiet --release --offline --manifest-path "$folder/std/Cargo.toml" --target "$target" \
    --config 'source.crates-io.replace-with="vendor"' \
    --config "source.vendor.directory=\"$(echo "$usr"/src/rustc-*/library/vendor)\"" >&2
  mkdir -p "$lib"
  cp "$folder/std-target/$target/release/deps"/*.rlib "$lib/"
  rm -f "$lib"/libstd_builder* && rm -rf "$folder/std-target"
  # zig brings its own start files; rustc asks for these by name.
  case $target in *-musl)
    mkdir -p "$lib/self-contained"
    for part in crt1 rcrt1 Scrt1 crti crtn crtbegin crtbeginS crtend crtendS; do : >"$lib/self-contained/$part.o"; done ;;
  esac
  touch "$lib/.complete"
}

fetch_rust
wrap_rust
fetch_wheels
for target in "$@"; do build_std "$target"; done
printf '%s\n' "$folder"
