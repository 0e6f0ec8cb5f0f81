// Draws what a terminal shows: ANSI text on standard input, a PNG at the path given.
//   tmux capture-pane -e -p | CHROMIUM=… VSCODE_TOOLS=… node terminal.mjs TITLE PICTURE.png

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const BASIC = [
  "#1d1f21", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
  "#6b7280", "#ff7b86", "#b5e890", "#ffd68a", "#82c4ff", "#e29bf5", "#7fdbe6", "#ffffff",
];
const BACKGROUND = "#16181d";
const FOREGROUND = "#d7dae0";

/** Colour number 0 to 255 of a terminal. */
function indexed(number) {
  if (number < 16) return BASIC[number];
  if (number >= 232) return `rgb(${Array(3).fill(8 + (number - 232) * 10).join()})`;
  const level = (part) => (part === 0 ? 0 : 55 + part * 40);
  const cube = number - 16;
  return `rgb(${[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level).join()})`;
}

/** The colour that `codes[at]` (38, 48 or 58) introduces, and how many codes it takes. */
function extended(codes, at) {
  if (codes[at + 1] === 5) return [indexed(codes[at + 2]), 3];
  if (codes[at + 1] === 2) return [`rgb(${codes.slice(at + 2, at + 5).join()})`, 5];
  return [undefined, 1];
}

/** The style after one "select graphic rendition" sequence. */
function styled(style, sequence) {
  const next = { ...style };
  // Sub-parameters (`4:3`, `58:2::r:g:b`) become plain ones; 4:3, the curly underline, keeps a number of its own.
  const codes = sequence
    .replace(/\b4:(\d)/g, (_, kind) => (kind === "0" ? "24" : kind === "3" ? "4003" : "4"))
    .replace(/\b([345]8):2::?/g, "$1;2;")
    .split(/[;:]/)
    .map((code) => Number(code || 0));
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at];
    if (code === 0) for (const key of Object.keys(next)) delete next[key];
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4 || code === 4003) next.underline = code === 4 ? "solid" : "wavy";
    else if (code === 7) next.reverse = true;
    else if (code === 22) next.bold = next.dim = undefined;
    else if (code === 23) next.italic = undefined;
    else if (code === 24) next.underline = undefined;
    else if (code === 27) next.reverse = undefined;
    else if (code === 39) next.fore = undefined;
    else if (code === 49) next.back = undefined;
    else if (code === 59) next.line = undefined;
    else if (code === 38 || code === 48 || code === 58) {
      const [colour, taken] = extended(codes, at);
      next[{ 38: "fore", 48: "back", 58: "line" }[code]] = colour;
      at += taken - 1;
    } else if (code >= 30 && code <= 37) next.fore = BASIC[code - 30];
    else if (code >= 90 && code <= 97) next.fore = BASIC[code - 82];
    else if (code >= 40 && code <= 47) next.back = BASIC[code - 40];
    else if (code >= 100 && code <= 107) next.back = BASIC[code - 92];
  }
  return next;
}

const escaped = (text) => text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);

function css({ bold, dim, italic, underline, reverse, fore, back, line }) {
  const [front, behind] = reverse ? [back ?? BACKGROUND, fore ?? FOREGROUND] : [fore, back];
  return [
    front && `color:${front}`,
    behind && `background:${behind}`,
    bold && "font-weight:bold",
    dim && "opacity:.65",
    italic && "font-style:italic",
    underline && `text-decoration:underline ${underline} ${line ?? ""};text-underline-offset:3px`,
  ].filter(Boolean).join(";");
}

function html(ansi) {
  let style = {};
  let result = "";
  // Hyperlinks and other strings for the terminal show nothing.
  for (const part of ansi.replace(/\x1b\][^\x07\x1b]*(\x07|\x1b\\)/g, "").split(/(\x1b\[[\d;:]*m)/)) {
    const sequence = /^\x1b\[([\d;:]*)m$/.exec(part);
    if (sequence) style = styled(style, sequence[1]);
    else if (part !== "") result += `<span style="${css(style)}">${escaped(part)}</span>`;
  }
  return result;
}

const [title, target] = process.argv.slice(2);
const document = `<!doctype html><meta charset="utf-8"><style>
  body { margin: 0; padding: 18px; background: transparent; display: inline-block }
  main { background: ${BACKGROUND}; color: ${FOREGROUND}; border-radius: 9px; overflow: hidden; border: 1px solid #3a3f4b }
  header { font: 12px "DejaVu Sans", sans-serif; color: #9aa1ad; text-align: center; padding: 7px; background: #23262d }
  pre { margin: 0; padding: 10px 14px; font: 14px/19px "DejaVu Sans Mono", monospace }
</style><main><header>${escaped(title)}</header><pre>${html(readFileSync(0, "utf8").trimEnd())}</pre></main>`;

const { chromium } = createRequire(join(process.env.VSCODE_TOOLS, "package.json"))("playwright-core");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1400, height: 900 }, deviceScaleFactor: 1.5 });
await page.setContent(document);
await page.locator("main").screenshot({ path: target });
await browser.close();
