// Portolan in a real VS Code workbench: the squiggle, the Problems panel, the hover, the quick fix, the saved file; and
// that a workspace which nobody trusts cannot choose the program that is run.
// tests/run installs what this needs and sets the environment:
//   PORTOLAN_SERVER, PORTOLAN_VSIX, VSCODE_TOOLS (node_modules with code-server), CHROMIUM, ARTIFACTS.

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { becomes, finish, goTo, openFile, runCommand, scenario, step } from "./steps.mjs";
import { openWorkbench } from "./workbench.mjs";

const repository = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const required = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; start this through tests/run`);
  return resolve(value);
};

async function picture(page, name) {
  const updated = process.env.UPDATE_SCREENSHOTS === "1" && name === "vscode.png";
  const folder = updated ? join(repository, "docs/images") : required("ARTIFACTS");
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, name) });
}

/** The workbench; what keeps it from opening is a failed step like the others. */
async function opened(options = {}) {
  let bench;
  await step("the extension installs and the workbench opens", async () => {
    bench = await openWorkbench({
      tools: required("VSCODE_TOOLS"),
      chromium: required("CHROMIUM"),
      vsix: required("PORTOLAN_VSIX"),
      server: required("PORTOLAN_SERVER"),
      fixture: join(repository, "fixtures/demo"),
      ...options,
    });
  });
  return bench;
}

async function fixesAMistake() {
  const bench = await opened();
  const { page, folder, servers } = bench;
  const config = join(folder, ".cargo/config.toml");
  const before = readFileSync(config, "utf8");
  const after = before.replace("[target.aarch64-unknown-linux-gnuu]", "[target.aarch64-unknown-linux-gnu]");
  const squiggles = (kind) => page.locator(`.editor-instance .squiggly-${kind}`);
  const problems = page.locator(".markers-panel");
  try {
    await step("opens .cargo/config.toml", () => openFile(page, ".cargo/config.toml"));
    await step("squiggles stand under the mistakes", async () => {
      await squiggles("error").first().waitFor();
      await squiggles("warning").first().waitFor();
    });
    await step("one server runs", () => becomes(servers, (pids) => pids.length === 1, "one server should run"));
    await step("the hover explains the mistake", async () => {
      await goTo(page, before, "aarch64-unknown-linux-gnuu");
      await runCommand(page, "Show or Focus Hover");
      const hover = page.locator(".monaco-hover:visible").filter({ hasText: "gnuu" });
      await hover.first().waitFor();
      const page_of_rule = await hover.locator('a[href*="unknown_target"], a[data-href*="unknown_target"]').count();
      if (page_of_rule === 0) throw new Error("the rule's name does not lead to its page");
      await picture(page, "vscode-hover.png");
      await page.keyboard.press("Escape");
    });
    await step("the Problems panel names the rules, and their names are links", async () => {
      await page.keyboard.press("Control+Shift+M");
      for (const rule of ["unknown-target", "missing-linker", "musl-gcc-breaks-static-pie"]) {
        const link = problems.locator("a").filter({ hasText: rule }).first();
        await link.waitFor();
      }
      await page.locator(".editor-instance .view-lines").click();
    });
    await step("Ctrl+. offers the right triple", async () => {
      await goTo(page, before, "aarch64-unknown-linux-gnuu");
      await page.keyboard.press("Control+.");
      const choice = page.locator(".action-widget .monaco-list-row").filter({ hasText: "aarch64-unknown-linux-gnu" }).first();
      await choice.waitFor();
      await picture(page, "vscode.png");
      await choice.click();
    });
    await step("applied and saved: the file on the disk is right, and nothing else in it changed", async () => {
      await page.locator(".action-widget").first().waitFor({ state: "hidden" });
      await becomes(
        async () => (await page.locator(".editor-instance .view-lines").innerText()).replaceAll("\u00a0", " "),
        (text) => !text.includes("[target.aarch64-unknown-linux-gnuu]"),
        "the typo should go from the editor",
      );
      await page.keyboard.press("Control+S");
      await becomes(() => readFileSync(config, "utf8"), (text) => text === after, "the saved file should differ in the triple only");
    });
    await step("the mistake is gone, the others stay", async () => {
      await problems.locator("a").filter({ hasText: "unknown-target" }).first().waitFor({ state: "detached" });
      await problems.locator("a").filter({ hasText: "musl-gcc-breaks-static-pie" }).first().waitFor();
    });
    await step("Restart Server: another server, the same findings", async () => {
      const [old] = servers();
      await runCommand(page, "Portolan: Restart Server");
      await becomes(servers, (pids) => pids.length === 1 && pids[0] !== old, "one other server should run");
      await squiggles("warning").first().waitFor();
    });
    await step("the workbench ends: no server is left", async () => {
      await bench.stopServing();
      await becomes(servers, (pids) => pids.length === 0, "no server should be left");
    });
  } catch (error) {
    await picture(page, "vscode-failure.png").catch(() => {});
    console.log(bench.output().slice(-1000).replace(/^/gm, "    | "));
    throw error;
  } finally {
    await bench.close();
  }
}

/** A workspace whose settings name a program of its own as the server. */
async function namesItsOwnServer(trust) {
  let trap;
  const prepare = (folder, program) => {
    trap = join(folder, "sprung");
    const script = join(folder, "server.sh");
    writeFileSync(script, `#!/bin/sh\ntouch '${trap}'\nexec '${program}' "$@"\n`);
    chmodSync(script, 0o755);
    mkdirSync(join(folder, ".vscode"));
    writeFileSync(join(folder, ".vscode/settings.json"), JSON.stringify({ "portolan.server.path": script }));
  };
  const bench = await opened({ trust, prepare });
  try {
    await step("diagnoses all the same", async () => {
      await openFile(bench.page, ".cargo/config.toml");
      await bench.page.locator(".editor-instance .squiggly-warning").first().waitFor();
    });
    const ran = trust !== "restricted";
    await step(`the workspace's program was ${ran ? "" : "not "}run`, () => {
      if (existsSync(trap) !== ran) throw new Error(ran ? "it was not" : "it was");
    });
  } finally {
    await bench.close();
  }
}

await scenario("a mistake is seen, fixed and saved", fixesAMistake);
await scenario("a workspace that is not trusted names its own server", () => namesItsOwnServer("restricted"));
await scenario("without workspace trust the same setting counts", () => namesItsOwnServer("off"));
finish();
