// The Targets view, builds from a lens and from the palette, their end and their verdict; settings that change; files
// that change outside.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { HOST, OTHER, TWO_TARGETS, view, write } from "./project.mjs";
import { inWorkbench, picture, repository, required } from "./stage.mjs";
import { activationTime, becomes, goTo, openFile, row, runCommand, statusHover, step, toast } from "./steps.mjs";

/** Of the extension's own time, as the editor measures it (8 on two busy cores). */
const ACTIVATION_MILLISECONDS = 100;

export const showsTargetsAndBuilds = () => inWorkbench({ fixture: undefined, prepare: (folder) => write(folder) }, async (bench) => {
  const { page, folder } = bench;
  await step("opens .cargo/config.toml", () => openFile(page, ".cargo/config.toml"));
  await step("the status bar counts the targets that could be built", async () => {
    await page.locator(".statusbar-item").filter({ hasText: "Portolan 1/2" }).waitFor();
  });
  await step("the Targets view shows what each target lacks", async () => {
    await page.locator(".statusbar-item").filter({ hasText: "Portolan" }).first().click();
    await row(page, HOST).waitFor();
    await row(page, OTHER).filter({ hasText: "linker missing" }).waitFor();
    await row(page, HOST).locator(".monaco-tl-twistie").click();
    for (const text of ["std", "linker", "C compiler", "linkage", "native crates", "builder", "named in"]) await row(page, text).waitFor();
  });
  await step("a line of the view leads to where it is written", async () => {
    await row(page, OTHER).hover();
    await row(page, OTHER).locator('.action-label[aria-label*="Go to Where"]').click();
    await page.locator(".statusbar-item").filter({ hasText: "Ln 4, Col 3" }).waitFor();
  });
  await step("a lens builds, and the view has the verdict", async () => {
    await page.locator(".codelens-decoration a").filter({ hasText: `Build ${HOST}` }).first().click();
    await toast(page, `${HOST} is built`).waitFor({ timeout: 120_000 });
    await row(page, "last build").filter({ hasText: "built" }).waitFor();
    await row(page, "last audit").waitFor();
    await page.waitForTimeout(300);
    await picture(page, "vscode-targets.png");
  });
  await step("Show Build Output opens the channel", async () => {
    await runCommand(page, "Portolan: Show Build Output");
    // Its lines cannot be seen here: they go through a native logger, which this workbench is installed without.
    const chosen = () => page.locator(".panel option:checked").allTextContents();
    await becomes(chosen, (names) => names.includes("Portolan Builds"), "its channel should be shown");
    await runCommand(page, "View: Hide Panel");
  });
  await step("a build can be cancelled", async () => {
    writeFileSync(join(folder, "slow"), "");
    await runCommand(page, "Portolan: Build for Target");
    await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: HOST }).first().click();
    await row(page, "last build").filter({ hasText: "running" }).waitFor();
    const progress = toast(page, `Building ${HOST}`);
    await progress.waitFor();
    await picture(page, "vscode-progress.png");
    await progress.locator(".monaco-button").filter({ hasText: "Cancel" }).click();
    await row(page, "last build").filter({ hasText: "cancelled" }).waitFor();
    await progress.waitFor({ state: "detached" });
  });
  await step("a server that is killed while it builds leaves no message that says it builds", async () => {
    await page.locator(".codelens-decoration a").filter({ hasText: `Build ${HOST}` }).first().click();
    await row(page, "last build").filter({ hasText: "running" }).waitFor();
    const progress = toast(page, `Building ${HOST}`);
    await progress.waitFor();
    const [old] = bench.servers();
    process.kill(Number(old), "SIGKILL");
    await progress.waitFor({ state: "detached" });
    await becomes(bench.servers, (pids) => pids.length === 1 && pids[0] !== old, "another server should run");
    await row(page, "last build").filter({ hasText: "cancelled" }).waitFor();
  });
  await step("a linker that is typed, not saved, shows at once", async () => {
    await page.locator(".editor-instance .view-lines").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type(`\n[target.${OTHER}]\nlinker = "aarch64-linux-gnu-gcc"`);
    await row(page, OTHER).filter({ hasNotText: "missing" }).waitFor();
    if (readFileSync(join(folder, ".cargo/config.toml"), "utf8") !== TWO_TARGETS) throw new Error("something was saved");
  });
  await step("a setting counts as soon as it is saved", async () => {
    await openFile(page, "settings.json");
    await page.locator(".editor-instance .view-lines").click();
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText('{ "portolan.targets": ["x86_64-unknown-linux-musl"] }');
    await page.keyboard.press("Control+S");
    await row(page, "x86_64-unknown-linux-musl").waitFor();
    await page.locator(".statusbar-item").filter({ hasText: "/3" }).waitFor();
  });
  await step("a file that something else writes counts", async () => {
    writeFileSync(join(folder, "rust-toolchain.toml"), '[toolchain]\nchannel = "stable"\ntargets = ["riscv64gc-unknown-linux-gnu"]\n');
    await row(page, "riscv64gc-unknown-linux-gnu").waitFor();
  });
  await step("Explain Rule shows the rule's page", async () => {
    await runCommand(page, "Portolan: Explain Rule");
    await page.locator(".quick-input-widget input").fill("unknown-target");
    await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "unknown-target" }).first().click();
    await page.locator(".tab").filter({ hasText: "Preview unknown-target" }).waitFor();
  });
  await step("the extension's own time until it is active", async () => {
    const times = [];
    // Other programs run here, too: what the extension itself takes is the shortest of a few starts.
    for (let start = 0; start < 4; start++) {
      times.push(await activationTime(page));
      if (times.at(-1) < ACTIVATION_MILLISECONDS) break;
      await runCommand(page, "Developer: Restart Extension Host");
      await page.locator(".statusbar-item").filter({ hasText: /Portolan \d/ }).waitFor();
    }
    console.log(`    activated in ${times.join(", ")} ms`);
    if (!(times.at(-1) < ACTIVATION_MILLISECONDS)) throw new Error(`that is not less than ${ACTIVATION_MILLISECONDS} ms`);
  });
});

/** Two folders are two projects, with one server; the extension has brought it along. */
export const showsTwoFolders = () => inWorkbench({
  fixture: undefined,
  vsix: required("PORTOLAN_PLATFORM_VSIX"),
  server: undefined,
  prepare: (folder) => {
    write(join(folder, "one"), `[build]\ntarget = ["${HOST}", "${OTHER}"]\n`);
    write(join(folder, "two"), `[build]\ntarget = "${HOST}u"\n`);
    const workspace = join(folder, "both.code-workspace");
    writeFileSync(workspace, JSON.stringify({ folders: [{ path: "one" }, { path: "two" }] }));
    return workspace;
  },
}, async ({ page, folder, servers }) => {
  await step("the server that came with the extension runs, once", async () => {
    await becomes(servers, (pids) => pids.length === 1, "one server should run");
    await statusHover(page, "named by the extension");
  });
  await step("each folder has its findings", async () => {
    await page.keyboard.press("Control+Shift+M");
    for (const rule of ["missing-linker", "unknown-target"]) {
      await page.locator(".markers-panel a").filter({ hasText: rule }).first().waitFor();
    }
  });
  await step("the Targets view shows both", async () => {
    await page.locator(".statusbar-item").filter({ hasText: "Portolan" }).first().click();
    for (const text of ["one", "two", OTHER]) await row(page, text, view).waitFor();
  });
  const config = (name) => readFileSync(join(folder, name, ".cargo/config.toml"), "utf8");
  await step("a fix in the second folder changes the second folder only", async () => {
    const before = config("one");
    await openFile(page, ".cargo/config.toml", "two");
    await page.locator(".editor-instance .squiggly-error").first().waitFor();
    await goTo(page, config("two"), `${HOST}u`);
    await page.keyboard.press("Control+.");
    await page.locator(".action-widget .monaco-list-row").filter({ hasText: HOST }).first().click();
    await page.locator(".action-widget").first().waitFor({ state: "hidden" });
    await page.keyboard.press("Control+S");
    await becomes(() => config("two"), (text) => text === `[build]\ntarget = "${HOST}"\n`, "the second folder's file should be mended");
    if (config("one") !== before) throw new Error("the first folder's file changed");
  });
  const built = (name) => existsSync(join(folder, name, `target/${HOST}/release/soundings`));
  await step("a build from the second folder's lens builds the second folder, and only its row says so", async () => {
    await page.locator(".codelens-decoration a").filter({ hasText: `Build ${HOST}` }).first().click();
    await toast(page, `${HOST} is built`).waitFor({ timeout: 120_000 });
    if (built("one") || !built("two")) throw new Error(`built: one ${built("one")}, two ${built("two")}`);
    // The Problems speak of the host, too.
    await runCommand(page, "View: Hide Panel");
    const rows = page.locator(`${view} .monaco-list-row`).filter({ hasText: HOST });
    await becomes(() => rows.count(), (count) => count === 2, "both folders have the target");
    await rows.nth(0).locator(".monaco-tl-twistie").click();
    await row(page, "named in", view).waitFor();
    if ((await row(page, "last build", view).count()) !== 0) throw new Error("the first folder has a last build");
    await rows.nth(0).locator(".monaco-tl-twistie").click();
    await rows.nth(1).locator(".monaco-tl-twistie").click();
    await row(page, "last build", view).filter({ hasText: "built" }).waitFor();
    await rows.nth(1).locator(".monaco-tl-twistie").click();
  });
  await step("a button of the first folder's row builds the first folder", async () => {
    const first = page.locator(`${view} .monaco-list-row`).filter({ hasText: HOST }).nth(0);
    await first.hover();
    await first.locator('.action-label[aria-label*="Build for Target"]').click();
    await becomes(() => built("one"), (there) => there, "the first folder should be built");
  });
});

/** A server that is none is told in words. */
export const saysWhatIsWrongWithTheServer = () => inWorkbench({
  server: join(repository, "tests/run"),
}, async ({ page }) => {
  await step("the message names the program and the setting", async () => {
    await toast(page, "is not Portolan").waitFor();
    await toast(page, "portolan.server.path").waitFor();
    await page.locator(".statusbar-item").filter({ hasText: "Portolan" }).waitFor();
  });
});
