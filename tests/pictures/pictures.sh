# shellcheck shell=bash
# The README's pictures of terminals, drawn from what the programs really print.
: "${repository:?}"

draw() { # tools, title, picture; ANSI text on standard input
  CHROMIUM=$(chromium_browser) VSCODE_TOOLS=$1 "$(workbench_node "$1")" "$repository/tests/pictures/terminal.mjs" "$2" "$3"
}

# `portolan check` on the demonstration project.
check_picture() { # tools, program, picture
  # Exit code 1 only says that there are findings.
  (cd "$repository/fixtures/demo" && { printf '\033[1m$ portolan check\033[0m\n\n'; "$2" --color always check || true; }) |
    draw "$1" "portolan check" "$3"
}

# Neovim with the demonstration project's configuration and its diagnostics.
neovim_picture() { # tools, program, nvim, picture
  local scratch session=portolan-picture-$$ shown=1
  scratch=$(mktemp -d)
  cp -R "$repository/fixtures/demo" "$scratch/soundings"
  tmux -f /dev/null -L "$session" new-session -d -x 128 -y 22 -c "$scratch/soundings" \
    -e PORTOLAN_REPOSITORY="$repository" -e COLORTERM=truecolor -e TERM=tmux-256color -e HOME="$scratch" \
    "PATH='$(dirname "$2")':\$PATH exec '$3' --clean -S '$repository/tests/pictures/neovim.lua' .cargo/config.toml"
  for _ in $(seq 100); do
    # The corner of the message that stands under the line.
    if tmux -L "$session" capture-pane -p | grep -q '└'; then shown=0; break; fi
    sleep 0.1
  done
  tmux -L "$session" capture-pane -e -p >"$scratch/screen"
  tmux -L "$session" kill-server
  [ $shown -eq 0 ] && draw "$1" ".cargo/config.toml in Neovim" "$4" <"$scratch/screen"
  shown=$?
  rm -rf "$scratch"
  return $shown
}
