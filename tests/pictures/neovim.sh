# shellcheck shell=bash
# Neovim with the demonstration project, drawn as it stands in a terminal.

neovim_picture() { # nvim, picture
  local nvim=$1 picture=$2 scratch session=portolan-picture-$$ screen=""
  scratch=$(mktemp -d)
  cp -R "$repository/fixtures/demo" "$scratch/soundings"
  tmux -f /dev/null -L "$session" new-session -d -x 104 -y 27 -c "$scratch/soundings" \
    -e PORTOLAN_REPOSITORY="$repository" -e COLORTERM=truecolor -e TERM=tmux-256color -e HOME="$scratch" \
    -e PATH="$(dirname "$PORTOLAN_SERVER"):$PATH" \
    "'$nvim' --clean -S '$repository/tests/pictures/neovim.lua' .cargo/config.toml"
  for _ in $(seq 100); do
    screen=$(tmux -L "$session" capture-pane -p)
    case $screen in *"aarch64-unknown-linux-gnuu"*└*) break ;; esac
    sleep 0.1
  done
  sleep 0.3
  tmux -L "$session" capture-pane -e -p >"$scratch/screen"
  tmux -L "$session" kill-server
  "$NODE" "$repository/tests/pictures/terminal.mjs" ".cargo/config.toml - Neovim" "$picture" <"$scratch/screen"
  rm -rf "$scratch"
}
