#!/usr/bin/env bash
# Portolan in a real Helix, driven by keys in tmux; what counts is what stands on its screen and on the disk.
#   HELIX=path/to/hx PORTOLAN_SERVER=path/to/portolan tests/helix/run.sh
# `tests/run` does this with a Helix that it installs. With SCREEN=FILE the last picture of the fault is kept there.

set -u
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd) || exit 2
: "${HELIX:?}" "${PORTOLAN_SERVER:?}"

passed=0
failed=0
scratch=$(mktemp -d)
session=portolan-helix-$$
screen() { tmux -L "$session" capture-pane -p 2>/dev/null; }
keys() { tmux -L "$session" send-keys "$@"; sleep 0.2; }

check() { # name, exit code
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1))
    printf 'ok %d - %s\n' $((passed + failed)) "$1"
  else
    failed=$((failed + 1))
    printf 'not ok %d - %s\n' $((passed + failed)) "$1"
    screen | sed 's/^/    | /'
  fi
}

# Waits until a command holds.
waits() { # command...
  local _
  for _ in $(seq 100); do
    if "$@"; then return 0; fi
    sleep 0.2
  done
  return 1
}

shows() { screen | grep -qF -- "$1"; }
shows_not() { ! shows "$1"; }
holds() { cmp -s "$1" "$2"; }

# Escape and what follows apart: together they are Alt and a key.
command_line() { # text
  keys Escape
  keys ':'
  keys -l "$1"
  keys Enter
}

start() { # folder, file
  tmux -f /dev/null -L "$session" new-session -d -x 140 -y 32 -c "$1" -e XDG_CONFIG_HOME="$scratch/config" \
    -e XDG_CACHE_HOME="$scratch/cache" -e HOME="$scratch" -e TERM=tmux-256color \
    "PATH='$scratch/bin':\$PATH exec '$HELIX' '$2'"
}

stop() {
  command_line 'q!'
  waits ended || tmux -L "$session" kill-server
}
ended() { ! tmux -L "$session" has-session 2>/dev/null; }
no_server() { ! pgrep -f "$scratch/bin/portolan" >/dev/null; }

# A name of its own, so that only this test's servers are looked for.
mkdir -p "$scratch/bin" "$scratch/config/helix"
cp "$PORTOLAN_SERVER" "$scratch/bin/portolan"
# The configuration that we hand out, and a setting that Helix has to carry to the server.
sed "s|^command = \"portolan\"|command = \"$scratch/bin/portolan\"\nconfig = { host = \"x86_64-unknown-linux-gnu\" }|" \
  "$repository/editors/helix/languages.toml" >"$scratch/config/helix/languages.toml"
printf '[editor]\nauto-info = false\nend-of-line-diagnostics = "hint"\n[editor.inline-diagnostics]\ncursor-line = "warning"\n' >"$scratch/config/helix/config.toml"

project() { # name, configuration
  mkdir -p "$scratch/$1/.cargo" "$scratch/$1/src"
  printf '[package]\nname = "sample"\nversion = "0.1.0"\nedition = "2024"\n' >"$scratch/$1/Cargo.toml"
  printf 'version = 4\n\n[[package]]\nname = "sample"\nversion = "0.1.0"\n' >"$scratch/$1/Cargo.lock"
  printf 'fn main() {}\n' >"$scratch/$1/src/main.rs"
  printf '%b' "$2" >"$scratch/$1/.cargo/config.toml"
}

echo "# a typo: seen, fixed by a code action, saved"
before='# für 𝄞\n[build]\ntarget = [ "x86_64-unknown-linux-musl", "x86_64-unknown-linux-gnuu" ] # 𝄞\n'
project one "$before"
printf '%b' "${before/gnuu/gnu}" >"$scratch/right"
start "$scratch/one" .cargo/config.toml
waits shows "no target"; check "the diagnostic is on the screen" $?
keys Escape; keys ']'; keys d
keys Space; keys a
waits shows 'x86_64-unknown-linux-gnu`'; check "a code action offers the right triple" $?
keys Enter
waits shows_not gnuu; check "it is in the text" $?
command_line w
waits holds "$scratch/one/.cargo/config.toml" "$scratch/right"; check "and in the file, and nothing else has changed" $?
waits shows_not "no target"; check "the diagnostic is gone" $?
stop
waits no_server; check "Helix has ended, and no server is left" $?

echo "# a command without arguments"
before='[build]\ntarget = ["x86_64-unknown-linux-gnuu"]\n\n[target.aarch64-unknown-linux-muslx]\nrustflags = []\n'
project two "$before"
fixed=${before/gnuu/gnu}
printf '%b' "${fixed/muslx/musl}" >"$scratch/right"
start "$scratch/two" .cargo/config.toml
waits shows "no target"; check "the diagnostics are on the screen" $?
command_line 'lsp-workspace-command portolan.fixAll'
waits shows_not gnuu; check "portolan.fixAll mends the text" $?
command_line w
waits holds "$scratch/two/.cargo/config.toml" "$scratch/right"; check "every safe fix is in the file" $?
stop
waits no_server; check "no server is left" $?

echo "# flake.nix, beside servers that are not installed"
project three '[build]\ntarget = "x86_64-unknown-linux-musl"\n'
cp "$repository/fixtures/demo/flake.nix" "$scratch/three/flake.nix"
start "$scratch/three" flake.nix
waits shows "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER"
keys G; keys g g; keys ']'; keys d
waits shows "is the folder"; check "a finding of the flake is on the screen" $?
if [ -n "${SCREEN:-}" ]; then tmux -L "$session" capture-pane -e -p >"$SCREEN"; fi
stop

rm -rf "$scratch"
printf 'helix: %d ok, %d not ok\n' $passed $failed
[ $failed -eq 0 ] && [ $passed -gt 0 ]
