// The product in one scenario: a mistake, a build that fails of it, the fix, the same build, and an audit that says where
// the program runs. It wants cross toolchains (TOOLCHAINS, from tests/toolchains.sh) and their runner, and can keep what
// it showed as pictures one after the other.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { frames, inWorkbench, required } from "./stage.mjs";
import { becomes, goTo, openFile, row, runCommand, step, toast } from "./steps.mjs";

const TARGET = "aarch64-unknown-linux-gnu";
const CONFIG = `[build]
target = "${TARGET}"

[target.${TARGET}]
rustflags = ["-C", "target-feature=+crt-static"]
`;

/** Drags the side bar's edge, so that its lines are seen whole. */
async function widen(page) {
  const { x, y, width } = await page.locator(".part.sidebar").boundingBox();
  await page.mouse.move(x + width, y + 200);
  await page.mouse.down();
  await page.mouse.move(x + width + 110, y + 200, { steps: 5 });
  await page.mouse.up();
}

function write(folder) {
  const file = (path, text) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  file("Cargo.toml", '[package]\nname = "soundings"\nversion = "0.3.1"\nedition = "2024"\n\n[workspace]\n');
  file("Cargo.lock", 'version = 4\n\n[[package]]\nname = "soundings"\nversion = "0.3.1"\n');
  file("src/main.rs", 'fn main() {\n    println!("by the mark, seven");\n}\n');
  file(".cargo/config.toml", CONFIG);
  // Left alone, Portolan would let zig link where there is zig, and nothing would fail.
  file(".vscode/settings.json", '{ "portolan.build.builder": "cargo" }\n');
}

const environment = () => ({
  RUSTC: join(required("TOOLCHAINS"), "bin/rustc"),
  CARGO_HOME: process.env.CARGO_HOME ?? join(homedir(), ".cargo"),
});

export const fromMistakeToProgram = () => inWorkbench({ fixture: undefined, prepare: (folder) => write(folder), environment: environment() }, async ({ page, folder }) => {
  const config = join(folder, ".cargo/config.toml");
  const film = frames(page);
  const problems = page.locator(".markers-panel");
  const lens = (words) => page.locator(".codelens-decoration a").filter({ hasText: words }).first();
  const build = () => page.locator(".codelens-decoration a").filter({ hasText: `Build ${TARGET}` }).first().click();
  await step("a target that nothing links is underlined", async () => {
    await page.setViewportSize({ width: 1080, height: 560 });
    await openFile(page, ".cargo/config.toml");
    await page.locator(".editor-instance .squiggly-error").first().waitFor();
    await page.locator(".statusbar-item").filter({ hasText: "Portolan" }).first().click();
    await row(page, TARGET).filter({ hasText: "linker missing" }).waitFor();
    await row(page, TARGET).locator(".monaco-tl-twistie").click();
    await widen(page);
    await page.locator(".editor-instance .view-lines").click();
    await page.keyboard.press("Control+Home");
    await film.take(2500);
  });
  await step("the build fails of it, and the failure stands at the line", async () => {
    await build();
    await toast(page, `Building ${TARGET}`).waitFor();
    await film.take(900);
    await toast(page, `${TARGET} was not built`).waitFor({ timeout: 120_000 });
    await row(page, "last build").filter({ hasText: "failed" }).waitFor();
    await lens("failed").waitFor();
    await page.keyboard.press("Control+Shift+M");
    await problems.locator("a").filter({ hasText: "linker-wrong-architecture" }).first().waitFor();
    await film.take(3000);
    await page.keyboard.press("Control+Shift+M");
    await runCommand(page, "Notifications: Clear All Notifications");
    await page.locator(".editor-instance .view-lines").click();
  });
  await step("the quick fix names the linker", async () => {
    await goTo(page, CONFIG, `"${TARGET}"`);
    const choices = page.locator(".action-widget .monaco-list-row").filter({ hasText: "aarch64-linux-gnu-gcc" });
    const choice = choices.first();
    await becomes(async () => {
      await page.keyboard.press("Control+.");
      await choice.waitFor({ timeout: 3000 }).catch(() => {});
      return choices.count();
    }, (count) => count > 0, "the menu should open");
    // The rule and the failed build come to the same edit: it is offered once.
    if ((await choices.count()) !== 1) throw new Error("the same fix is offered twice");
    await choice.hover();
    await film.take(2500);
    await choice.click();
    await page.locator(".action-widget").first().waitFor({ state: "hidden" });
    await page.locator(".editor-instance .view-line").filter({ hasText: "aarch64-linux-gnu-gcc" }).waitFor();
    await page.keyboard.press("Control+S");
    const wanted = CONFIG + 'linker = "aarch64-linux-gnu-gcc"\n';
    await becomes(() => readFileSync(config, "utf8"), (text) => text === wanted, "the linker should be in the file");
    await row(page, TARGET).filter({ hasNotText: "missing" }).waitFor();
    await page.locator(".squiggly-error").first().waitFor({ state: "detached" });
    await film.take(2500);
  });
  await step("the same build succeeds, and the audit says where the program runs", async () => {
    await build();
    await toast(page, `Building ${TARGET}`).waitFor();
    await film.take(900);
    await toast(page, `${TARGET} is built and portable`).waitFor({ timeout: 120_000 });
    await row(page, "last build").filter({ hasText: "built" }).waitFor();
    await row(page, "last audit").filter({ hasText: "portable" }).waitFor();
    await lens("portable").waitFor();
    // For the recording: the message whole, as long as it stands there.
    await toast(page, `${TARGET} is built and portable`).locator(".codicon-notifications-expand").click({ timeout: 3000 }).catch(() => {});
    await film.take(4000);
  });
  await step("it does run", () => {
    const program = join(folder, "target", TARGET, "release/soundings");
    const said = execFileSync("qemu-aarch64-static", [program], { encoding: "utf8" });
    if (said !== "by the mark, seven\n") throw new Error(`it says ${JSON.stringify(said)}`);
  });
  film.end();
});
