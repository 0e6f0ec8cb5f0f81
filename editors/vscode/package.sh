#!/usr/bin/env bash
# Packs the extension with a server into a .vsix for each platform that the server runs on.
#   package.sh TRIPLE SERVER [FOLDER]     (FOLDER: where the .vsix files go; this one without it)
#   VSCE                                  how to call vsce (default: npx @vscode/vsce)
# The bundle has to be made first: npm ci && npm run build

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
triple=${1:?the target triple of the server}
server=$(realpath "${2:?the server}")
folder=$(realpath "${3:-$here}")

# VS Code's names. A static program runs on every Linux, so it serves Alpine, too.
case $triple in
  x86_64-unknown-linux-musl) platforms=(linux-x64 alpine-x64) ;;
  aarch64-unknown-linux-musl) platforms=(linux-arm64 alpine-arm64) ;;
  x86_64-unknown-linux-gnu) platforms=(linux-x64) ;;
  aarch64-unknown-linux-gnu) platforms=(linux-arm64) ;;
  armv7-unknown-linux-musleabihf | armv7-unknown-linux-gnueabihf) platforms=(linux-armhf) ;;
  x86_64-apple-darwin) platforms=(darwin-x64) ;;
  aarch64-apple-darwin) platforms=(darwin-arm64) ;;
  x86_64-pc-windows-*) platforms=(win32-x64) ;;
  aarch64-pc-windows-*) platforms=(win32-arm64) ;;
  *) echo "package.sh: VS Code does not run on $triple" >&2; exit 2 ;;
esac
name=portolan
case $triple in *-windows-*) name=portolan.exe ;; esac
[ -e "$here/dist/extension.js" ] || { echo "package.sh: make the bundle first: npm ci && npm run build" >&2; exit 2; }

# A copy: no server is left behind in the sources.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$here"/{package.json,README.md,.vscodeignore,dist,images,walkthrough} "$work/"
cp "$here"/../../LICENSE-MIT "$work/LICENSE.txt"
printf '!LICENSE.txt\n' >>"$work/.vscodeignore"
mkdir "$work/server"
install -m 755 "$server" "$work/server/$name"
for platform in "${platforms[@]}"; do
  # Unquoted: it may be a command with arguments.
  (cd "$work" && ${VSCE:-npx @vscode/vsce} package --no-dependencies --target "$platform" --out "$folder/portolan-$platform.vsix")
done
