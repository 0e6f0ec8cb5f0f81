// Portolan in a real VS Code workbench.
// tests/run installs what this needs and sets the environment:
//   PORTOLAN_SERVER, PORTOLAN_VSIX, PORTOLAN_PLATFORM_VSIX (with a server in it), VSCODE_TOOLS (node_modules with
//   code-server), CHROMIUM, ARTIFACTS, NEIGHBOURS_VSIX, TOMBI (where there is one), TOOLCHAINS (for the loop alone).
// With words behind it, only the scenarios that have one of them in their names run.

import { mendsOnSave, remembersAndRunsTasks, walksThrough } from "./daily.mjs";
import { fixesAMistake } from "./fix.mjs";
import { fromMistakeToProgram } from "./loop.mjs";
import { livesBesideOthers } from "./neighbours.mjs";
import { finish, scenario } from "./steps.mjs";
import { saysWhatIsWrongWithTheServer, showsTargetsAndBuilds, showsTwoFolders } from "./targets.mjs";
import { namesItsOwnServer } from "./trust.mjs";

const SCENARIOS = [
  ["a mistake is seen, fixed and saved", fixesAMistake],
  ["targets are shown, built and audited", showsTargetsAndBuilds],
  ["mended on save, settings and the lock file count", mendsOnSave],
  ["a verdict outlives the window, any binary is audited, tasks have problems", remembersAndRunsTasks],
  ["the walkthrough", walksThrough],
  ["two folders, and the server that the extension brings", showsTwoFolders],
  ["beside other servers", livesBesideOthers],
  ["a server that is none", saysWhatIsWrongWithTheServer],
  ["a workspace that is not trusted names its own server", () => namesItsOwnServer("restricted")],
  ["without workspace trust the same setting counts", () => namesItsOwnServer("off")],
];

if (process.env.TOOLCHAINS) SCENARIOS.push(["from a mistake to a program that runs", fromMistakeToProgram]);

const words = process.argv.slice(2);
for (const [name, run] of SCENARIOS) {
  if (words.length === 0 || words.some((word) => name.includes(word))) await scenario(name, run);
}
finish();
