// What people do every day: fixes on save, tasks, a reloaded window, settings that change, a binary from elsewhere, the
// walkthrough.

import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { inWorkbench, picture, required } from "./stage.mjs";
import { becomes, openFile, row, runCommand, step, toast } from "./steps.mjs";
import { HOST, view, write } from "./project.mjs";

const CONFIG = `[build]\ntarget = ["${HOST}"]\n`;
const lens = (page, words) => page.locator(".codelens-decoration a").filter({ hasText: words }).first();
const problem = (page, ...words) =>
  words.reduce((rows, word) => rows.filter({ hasText: word }), page.locator(".markers-panel .monaco-list-row")).first();

/** Chooses a line of the list that the palette shows, by its words. */
async function choose(page, words) {
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: words }).first().click();
}

/** Writes a whole settings file in the editor, as a person would. */
async function writeSettings(page, settings) {
  await openFile(page, "settings.json");
  await page.locator(".editor-instance .view-lines").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(JSON.stringify(settings));
  await page.keyboard.press("Control+S");
}

/** Fixes on save, settings that count at once, and what another program does to the lock file. */
export const mendsOnSave = () => inWorkbench({
  fixture: undefined,
  prepare: (folder) => {
    write(folder, CONFIG);
    const manifest = readFileSync(join(folder, "Cargo.toml"), "utf8");
    writeFileSync(join(folder, "Cargo.toml"), `${manifest}\n[dependencies]\nopenssl-sys = "0.9"\n`);
    const settings = { "editor.codeActionsOnSave": { "source.fixAll.portolan": "explicit" } };
    writeFileSync(join(folder, ".vscode/settings.json"), JSON.stringify(settings));
  },
}, async ({ page, folder }) => {
  const config = join(folder, ".cargo/config.toml");
  await step("a typo that is typed gets its squiggle", async () => {
    await openFile(page, ".cargo/config.toml");
    await lens(page, `Build ${HOST}`).waitFor();
    await page.locator(".editor-instance .view-lines").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("\n[target.aarch64-unknown-linux-gnuu]\nrustflags = []\n");
    await page.locator(".editor-instance .squiggly-warning").first().waitFor();
  });
  await step("saved, it is mended on the disk", async () => {
    await page.keyboard.press("Control+S");
    const mended = `${CONFIG}\n[target.aarch64-unknown-linux-gnu]\nrustflags = []\n`;
    await becomes(() => readFileSync(config, "utf8"), (text) => text === mended, "the triple should be right, and nothing else new");
    await page.locator(".editor-instance .squiggly-warning").first().waitFor({ state: "detached" });
  });
  await step("undo takes the fix back, and the squiggle comes again", async () => {
    await page.keyboard.press("Control+Z");
    await page.locator(".editor-instance .squiggly-warning").first().waitFor();
    await page.keyboard.press("Control+Shift+Z");
    await page.locator(".editor-instance .squiggly-warning").first().waitFor({ state: "detached" });
  });
  await step("lenses go when a setting says so, and come again", async () => {
    await writeSettings(page, { "portolan.codeLens.enable": false });
    await openFile(page, ".cargo/config.toml");
    await lens(page, "Build").waitFor({ state: "detached" });
    await writeSettings(page, { "portolan.diagnostics.severity": { "unknown-target": "off" } });
    await openFile(page, ".cargo/config.toml");
    await lens(page, `Build ${HOST}`).waitFor();
  });
  await step("a hint behind the target says how it is linked, until a setting says no", async () => {
    const hint = page.locator(".editor-instance .view-line").filter({ hasText: HOST }).getByText("dynamic", { exact: true });
    await hint.first().waitFor();
    await writeSettings(page, { "portolan.inlayHints.enable": false });
    await openFile(page, ".cargo/config.toml");
    await hint.first().waitFor({ state: "detached" });
  });
  await step("a lock file that cargo writes counts", async () => {
    await page.locator(".statusbar-item").filter({ hasText: "Portolan" }).first().click();
    await row(page, HOST).locator(".monaco-tl-twistie").click();
    await row(page, "native crates").filter({ hasText: "none" }).waitFor();
    const sums = 'source = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "0000000000000000000000000000000000000000000000000000000000000000"\n';
    writeFileSync(join(folder, "Cargo.lock"), `version = 4\n\n[[package]]\nname = "openssl-sys"\nversion = "0.9.100"\n${sums}\n[[package]]\nname = "soundings"\nversion = "0.3.1"\ndependencies = [\n "openssl-sys",\n]\n`);
    await row(page, "native crates").filter({ hasText: "1" }).waitFor();
  });
});

/** A build's verdict after the window is loaded anew; the audit of any file; tasks, with their problems. */
export const remembersAndRunsTasks = () => inWorkbench({
  fixture: undefined,
  prepare: (folder) => write(folder, CONFIG),
}, async ({ page, folder, servers }) => {
  await step("a build from a lens: the lens has its verdict", async () => {
    await openFile(page, ".cargo/config.toml");
    await lens(page, `Build ${HOST}`).click();
    await lens(page, new RegExp(`Build ${HOST} · built \\d\\d:\\d\\d`)).waitFor({ timeout: 120_000 });
    await lens(page, new RegExp(`Audit ${HOST} · (portable|limited|not portable)`)).waitFor();
  });
  await step("the window is loaded anew: the view and the lens know it still", async () => {
    const [old] = servers();
    await page.reload();
    await becomes(servers, (pids) => pids.length === 1 && pids[0] !== old, "another server should run");
    // The workbench may have forgotten its editors, and it keeps lenses of its own until it has asked.
    await openFile(page, ".cargo/config.toml");
    await lens(page, new RegExp(`Build ${HOST} · built \\d\\d:\\d\\d`)).waitFor();
    await page.locator(".statusbar-item").filter({ hasText: "Portolan" }).first().click();
    if ((await row(page, "last build", view).count()) === 0) await row(page, HOST).locator(".monaco-tl-twistie").click();
    await row(page, "last build").filter({ hasText: "built" }).waitFor();
    await row(page, "last audit").waitFor();
  });
  await step("and audits what was built before", async () => {
    // It asks for no lenses while the cursor is elsewhere.
    await page.locator(".editor-instance .view-lines").click();
    await lens(page, `Audit ${HOST}`).click();
    await toast(page, "soundings:").waitFor();
    await page.keyboard.press("Escape");
  });
  await step("Audit Binary: a file of another project", async () => {
    const other = join(folder, "../bin/other");
    copyFileSync(required("PORTOLAN_SERVER"), other);
    await runCommand(page, "Portolan: Audit Binary");
    // The dialog writes the folder that it starts in once it has listed it.
    await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: ".." }).first().waitFor();
    await page.locator(".quick-input-widget input").first().fill(other);
    await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "other" }).first().waitFor();
    await page.keyboard.press("Enter");
    await toast(page, "other:").waitFor();
  });
  await step("a task that fails fills the Problems panel", async () => {
    writeFileSync(join(folder, ".cargo/config.toml"), `${CONFIG}\n[target.${HOST}]\nlinker = "no-such-linker"\n`);
    await runCommand(page, "Tasks: Run Task");
    await choose(page, "portolan");
    await choose(page, `build ${HOST}`);
    // The terminal comes to the front when the task begins: what was opened before would be behind it.
    await page.locator(".editor-instance .squiggly-error").first().waitFor({ timeout: 120_000 });
    await page.keyboard.press("Control+Shift+M");
    await problem(page, "linker-not-found").waitFor();
    await picture(page, "vscode-task.png");
  });
});

/** Each step of the walkthrough shows its text, and its buttons do what they say. */
export const walksThrough = () => inWorkbench({
  fixture: undefined,
  prepare: (folder) => write(folder, CONFIG),
}, async ({ page }) => {
  const steps = page.locator(".getting-started-step");
  const open = async (title) => {
    await runCommand(page, "Welcome: Open Walkthrough");
    await choose(page, "Take your program to other machines");
    const one = steps.filter({ hasText: title }).first();
    await one.waitFor();
    if (!(await one.getAttribute("class")).includes("expanded")) await one.click();
    return one;
  };
  const press = async (title, button) => {
    const one = await open(title);
    await one.locator("a, .monaco-button").filter({ hasText: button }).first().click();
  };
  await step("the walkthrough opens, with its four steps", async () => {
    await openFile(page, ".cargo/config.toml");
    await lens(page, "Build").waitFor();
    await open("The server");
    for (const title of ["See and mend", "Every target at a glance", "Build, and know where it runs"]) await steps.filter({ hasText: title }).first().waitFor();
    await picture(page, "vscode-walkthrough.png");
  });
  await step("it opens the settings", async () => {
    await press("The server", "Name It in the Settings");
    await page.locator('.settings-editor [data-key="portolan.server.path"]').first().waitFor();
  });
  await step("it explains a rule", async () => {
    await press("See and mend", "Explain a Rule");
    await page.locator(".quick-input-list .monaco-list-row").first().waitFor();
    await page.locator(".quick-input-widget input").fill("missing-linker");
    await choose(page, "missing-linker");
    await page.locator(".tab").filter({ hasText: "Preview missing-linker" }).waitFor();
  });
  await step("it opens the targets", async () => {
    await press("Every target at a glance", "Open the Targets");
    await row(page, HOST).waitFor();
  });
  await step("it asks for a target to build", async () => {
    await press("Build, and know where it runs", "Build for a Target");
    await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: HOST }).first().waitFor();
    await page.keyboard.press("Escape");
  });
  await step("it asks for a binary to audit", async () => {
    await press("Build, and know where it runs", "Audit a Binary");
    await page.locator(".quick-input-widget").filter({ hasText: "A binary to audit" }).waitFor();
    await page.keyboard.press("Escape");
  });
});
