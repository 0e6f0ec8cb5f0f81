// Other servers on the same files: each keeps its own findings, hovers and formatting.

import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { inWorkbench, picture, repository, required } from "./stage.mjs";
import { becomes, goTo, openFile, runCommand, step } from "./steps.mjs";

const CONFIG = '[build]\ntarget = "x86_64-unknown-linux-gnuu"\n';
const MANIFEST = '[package]\nname = "soundings"\nversion = "0.3.1"\nedition = "2024"\n';

export const livesBesideOthers = () => {
  const given = process.env.NEIGHBOURS;
  if (!given) throw new Error("NEIGHBOURS is not set; start this through tests/run");
  const neighbours = JSON.parse(given);
  const prepare = (folder) => {
    writeFileSync(join(folder, "Cargo.toml"), MANIFEST);
    writeFileSync(join(folder, ".cargo/config.toml"), CONFIG);
    copyFileSync(join(repository, "tests/neighbours/flake.nix"), join(folder, "flake.nix"));
    writeFileSync(join(folder, "src/main.rs"), "fn main() {\n    let depth = ;\n}\n");
  };
  return inWorkbench({
    prepare,
    more: [required("NEIGHBOURS_VSIX")],
    environment: { NEIGHBOURS: given },
  }, async ({ page, folder }) => {
    const problems = page.locator(".markers-panel");
    await step(`opens .cargo/config.toml beside ${Object.keys(neighbours).join(", ")}`, () => openFile(page, ".cargo/config.toml"));
    const oneRow = async (...words) => {
      let row = problems.locator(".monaco-list-row");
      for (const word of words) row = row.filter({ hasText: word });
      await becomes(() => row.count(), (count) => count === 1, `one row with ${words.join(" and ")}`);
    };
    await step("each server's finding stands once, under its own name", async () => {
      await page.keyboard.press("Control+Shift+M");
      await oneRow("unknown-target", "portolan");
      await oneRow("the stub's finding", "stub");
      await page.locator(".editor-instance .view-lines").click();
    });
    await step("the hover has both, each once", async () => {
      await goTo(page, CONFIG, "x86_64-unknown-linux-gnuu");
      await runCommand(page, "Show or Focus Hover");
      const hover = page.locator(".monaco-hover:visible").filter({ hasText: "the stub's hover" });
      await hover.first().waitFor();
      const text = await becomes(async () => (await hover.first().innerText()).replaceAll("\u00a0", " "), (text) => text.includes("rustc has no target"), "our finding is in it");
      const count = (words) => text.split(words).length - 1;
      if (count("the stub's hover") !== 1 || count("rustc has no target") !== 1) throw new Error(`not each once:\n${text}`);
      await page.keyboard.press("Escape");
    });
    await step("formatting is the others' alone", async () => {
      await runCommand(page, "Format Document With...");
      const formatters = page.locator(".quick-input-list .monaco-list-row");
      await formatters.filter({ hasText: "Neighbours" }).first().waitFor();
      const names = await formatters.allInnerTexts();
      if (names.some((name) => name.includes("Portolan"))) throw new Error(names.join(", "));
      await page.keyboard.press("Escape");
    });
    await step("our quick fix works beside the other's action", async () => {
      await goTo(page, CONFIG, "x86_64-unknown-linux-gnuu");
      await page.keyboard.press("Control+.");
      await page.locator(".action-widget .monaco-list-row").filter({ hasText: "the stub's action" }).first().waitFor();
      await page.locator(".action-widget .monaco-list-row").filter({ hasText: "x86_64-unknown-linux-gnu`" }).first().click();
      await problems.locator(".monaco-list-row").filter({ hasText: "unknown-target" }).first().waitFor({ state: "detached" });
      await page.keyboard.press("Control+S");
      await becomes(() => readFileSync(join(folder, ".cargo/config.toml"), "utf8"), (text) => text === CONFIG.replace("gnuu", "gnu"), "only the triple should change");
      await problems.locator(".monaco-list-row").filter({ hasText: "the stub's finding" }).first().waitFor();
    });
    const nix = Object.keys(neighbours).filter((name) => name !== "stub" && neighbours[name].filetypes.includes("nix"));
    await step(`the same in flake.nix${nix.length ? `, beside ${nix.join(" and ")}` : ""}`, async () => {
      await openFile(page, "flake.nix");
      await oneRow("linker-not-executable", "portolan");
      // The stub's stands in each file; the list holds the rows only that fit into it.
      await becomes(() => problems.locator(".monaco-list-row").filter({ hasText: "the stub's finding" }).count(), (count) => count > 0, "the stub's too");
      const unused = problems.locator(".monaco-list-row").filter({ hasText: /unused/i });
      await becomes(() => unused.count(), (count) => count === nix.length, `${nix.length} for the binding that nothing uses`);
      await picture(page, "vscode-neighbours.png");
    });
    if (neighbours["rust-analyzer"]) {
      await step("rust-analyzer has the Rust files to itself", async () => {
        await openFile(page, "src/main.rs");
        await oneRow("expected expression", "rust-analyzer");
      });
    }
  });
};
