// Pictures one after the other as one that moves: film.mjs FOLDER-WITH-FRAMES FILE.gif

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.VSCODE_TOOLS, "package.json"));
const { GIFEncoder, applyPalette, quantize } = require("gifenc");
const { PNG } = require("pngjs");

const [folder, file] = process.argv.slice(2);
const frames = JSON.parse(readFileSync(join(folder, "frames.json"), "utf8")).map((frame) => ({
  ...frame,
  picture: PNG.sync.read(readFileSync(join(folder, frame.file))),
}));
const film = GIFEncoder();
// One palette for all: what does not change must not flicker.
const all = new Uint8Array(Buffer.concat(frames.map(({ picture }) => picture.data)));
const palette = quantize(all, 255);
const clear = palette.length;
palette.push([0, 0, 0]);
let before;
for (const { picture: { data, width, height }, milliseconds } of frames) {
  const shown = applyPalette(data, palette.slice(0, clear));
  // Only what changed is written.
  const index = before === undefined ? shown : shown.map((colour, at) => (colour === before[at] ? clear : colour));
  film.writeFrame(index, width, height, { palette: before === undefined ? palette : undefined, delay: milliseconds, transparent: before !== undefined, transparentIndex: clear, dispose: 1 });
  before = shown;
}
film.finish();
writeFileSync(file, film.bytes());
console.log(`${file}: ${frames.length} pictures, ${Math.round(film.bytes().length / 1000)} kB`);
