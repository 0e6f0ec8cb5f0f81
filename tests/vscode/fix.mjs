// The squiggle, the hover, the Problems panel, the quick fix, the saved file; Restart; and nothing is left at the end.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { inWorkbench, picture } from "./stage.mjs";
import { becomes, goTo, openFile, runCommand, step } from "./steps.mjs";

/** Takes the marks away that say what our tests expect: nobody's project has them. */
function withoutMarks(folder) {
  for (const file of [".cargo/config.toml", "flake.nix"]) {
    const text = readFileSync(join(folder, file), "utf8");
    writeFileSync(join(folder, file), text.replace(/^ *# *\^+ .*\n/gm, ""));
  }
}

/** A mistake is seen, explained, fixed and saved. */
export const fixesAMistake = () => inWorkbench({ prepare: withoutMarks }, async (bench) => {
  const { page, folder, servers } = bench;
  const config = join(folder, ".cargo/config.toml");
  const before = readFileSync(config, "utf8");
  const after = before.replace("[target.aarch64-unknown-linux-gnuu]", "[target.aarch64-unknown-linux-gnu]");
  const squiggles = (kind) => page.locator(`.editor-instance .squiggly-${kind}`);
  const problems = page.locator(".markers-panel");
  await step("opens .cargo/config.toml", () => openFile(page, ".cargo/config.toml"));
  await step("squiggles stand under the mistakes", async () => {
    await squiggles("error").first().waitFor();
    await squiggles("warning").first().waitFor();
    // The lenses, too: the picture below shows them.
    await page.locator(".codelens-decoration a").first().waitFor();
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
  await step("a server that is killed comes back, with the same findings", async () => {
    const [old] = servers();
    process.kill(Number(old), "SIGKILL");
    await becomes(servers, (pids) => pids.length === 1 && pids[0] !== old, "another server should run");
    await squiggles("warning").first().waitFor();
    await page.locator(".statusbar-item").filter({ hasText: /Portolan \d\/\d/ }).first().waitFor();
  });
  await step("the workbench ends: no server is left", async () => {
    await bench.stopServing();
    await becomes(servers, (pids) => pids.length === 0, "no server should be left");
  });
});
