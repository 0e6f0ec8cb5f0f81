# shellcheck shell=bash
# The README's pictures of terminals, drawn from what the programs really print.
: "${repository:?}"

draw() { # tools, title, picture; ANSI text on standard input
  CHROMIUM=$(chromium_browser) VSCODE_TOOLS=$1 "$(workbench_node "$1")" "$repository/tests/pictures/terminal.mjs" "$2" "$3"
}

# A copy of the demonstration project as its authors would have it: without the marks that say what is expected.
demonstration() { # folder
  cp -R "$repository/fixtures/demo" "$1"
  find "$1" -type f -exec sed -i '/^ *# *^^^* /d' {} +
}

# `portolan check` on the demonstration project.
check_picture() { # tools, program, picture
  local scratch
  scratch=$(mktemp -d)
  demonstration "$scratch/soundings"
  # Exit code 1 only says that there are findings.
  (cd "$scratch/soundings" && { printf '\033[1m$ portolan check\033[0m\n\n'; "$2" --color always check || true; }) |
    draw "$1" "portolan check" "$3"
  rm -rf "$scratch"
}

# What a program shows in a terminal when certain words have come to its screen.
screen_picture() { # tools, picture, title, words, keys to send then (or ""), words then, command...
  local tools=$1 picture=$2 title=$3 words=$4 keys=$5 then=$6 session=portolan-picture-$$ scratch shown=1
  shift 6
  scratch=$(mktemp -d)
  demonstration "$scratch/soundings"
  mkdir -p "$scratch/config/helix"
  cp "$repository/editors/helix/languages.toml" "$scratch/config/helix/"
  # The pictures show the message below the line.
  printf 'theme = "term16_dark"\n[editor]\nline-number = "absolute"\n[editor.inline-diagnostics]\ncursor-line = "hint"\n' \
    >"$scratch/config/helix/config.toml"
  tmux -f /dev/null -L "$session" new-session -d -x 128 -y 26 -c "$scratch/soundings" -e PORTOLAN_REPOSITORY="$repository" \
    -e COLORTERM=truecolor -e TERM=tmux-256color -e HOME="$scratch" -e XDG_CONFIG_HOME="$scratch/config" \
    -e XDG_CACHE_HOME="$scratch/cache" "$@"
  comes_to_screen "$session" "$words" && shown=0
  if [ $shown -eq 0 ] && [ -n "$keys" ]; then
    shown=1
    # Escape apart from what follows, or together they are another key.
    tmux -L "$session" send-keys Escape
    sleep 0.3
    tmux -L "$session" send-keys $keys
    comes_to_screen "$session" "$then" && shown=0
  fi
  sleep 0.3
  tmux -L "$session" capture-pane -e -p -N >"$scratch/screen"
  [ $shown -eq 0 ] || cat "$scratch/screen"
  tmux -L "$session" kill-server
  [ $shown -eq 0 ] && draw "$tools" "$title" "$picture" <"$scratch/screen"
  shown=$?
  rm -rf "$scratch"
  return $shown
}

comes_to_screen() { # session, words
  local _
  for _ in $(seq 200); do
    if tmux -L "$1" capture-pane -p | grep -qF -- "$2"; then return 0; fi
    sleep 0.1
  done
  return 1
}

# The demonstration project in editors that run in a terminal.
neovim_pictures() { # tools, program, nvim, folder
  local start="PATH='$(dirname "$2")':\$PATH exec '$3' --clean -S '$repository/tests/pictures/neovim.lua' .cargo/config.toml"
  # The corner of the message that stands under the line.
  screen_picture "$1" "$4/neovim.png" ".cargo/config.toml in Neovim" '└' "" "" "$start" &&
    screen_picture "$1" "$4/neovim-targets.png" ":Portolan targets in Neovim" '└' ":Portolan Space targets Enter" "C compiler" "$start"
}

helix_picture() { # tools, program, helix, folder
  screen_picture "$1" "$4/helix.png" "flake.nix in Helix" '●' "] d z z" 'is the folder' \
    "PATH='$(dirname "$2")':\$PATH exec '$3' flake.nix"
}

emacs_picture() { # tools, program, emacs, folder
  screen_picture "$1" "$4/emacs.png" ".cargo/config.toml in Emacs" 'rustc has no target' "" "" \
    "PATH='$(dirname "$2")':\$PATH exec '$3' -nw -Q -l '$repository/tests/pictures/emacs.el' .cargo/config.toml"
}
