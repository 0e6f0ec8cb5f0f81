// What a workspace may decide that nobody trusts: nothing that is run.

import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { inWorkbench } from "./stage.mjs";
import { becomes, openFile, runCommand, step, toast } from "./steps.mjs";

const HOST = "x86_64-unknown-linux-gnu";

/** A workspace whose settings name a program of its own as the server, and whose build would leave a trace. */
export async function namesItsOwnServer(trust) {
  const ran = trust !== "restricted";
  let trap, built;
  const prepare = (folder, program) => {
    [trap, built] = [join(folder, "sprung"), join(folder, "built")];
    const script = join(folder, "server.sh");
    writeFileSync(script, `#!/bin/sh\ntouch '${trap}'\nexec '${program}' "$@"\n`);
    chmodSync(script, 0o755);
    mkdirSync(join(folder, ".vscode"));
    const settings = { "portolan.server.path": script, "portolan.trusted": true, "portolan.targets": [HOST] };
    writeFileSync(join(folder, ".vscode/settings.json"), JSON.stringify(settings));
    writeFileSync(join(folder, "portolan.toml"), `trusted = true\nhost = "${HOST}"\n`);
    // It would make rustup download standard libraries.
    rmSync(join(folder, "rust-toolchain.toml"));
    writeFileSync(join(folder, "build.rs"), `fn main() { std::fs::write(${JSON.stringify(built)}, "").unwrap(); }\n`);
  };
  await inWorkbench({ trust, prepare }, async ({ page }) => {
    await step("diagnoses all the same", async () => {
      await openFile(page, ".cargo/config.toml");
      await page.locator(".editor-instance .squiggly-warning").first().waitFor();
    });
    await step(`the workspace's program was ${ran ? "" : "not "}run`, () => {
      if (existsSync(trap) !== ran) throw new Error(ran ? "it was not" : "it was");
    });
    await step(ran ? "a build runs" : "a build is refused, and the way to trust is shown", async () => {
      await runCommand(page, "Portolan: Build for Target");
      if (ran) {
        await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: HOST }).first().click();
        await becomes(() => existsSync(built), (there) => there, "the build should run");
      } else {
        await toast(page, "Restricted Mode").locator("a, .monaco-button").filter({ hasText: "Manage Workspace Trust" }).waitFor();
        await page.waitForTimeout(500);
        if (existsSync(built)) throw new Error("it ran");
      }
    });
    if (ran) return;
    await step("trusted, the server starts anew, as the workspace says", async () => {
      await toast(page, "Restricted Mode").locator("a, .monaco-button").filter({ hasText: "Manage Workspace Trust" }).click();
      await page.locator(".workspace-trust-editor .monaco-button").filter({ hasText: /^Trust$/ }).first().click();
      await becomes(() => existsSync(trap), (there) => there, "the workspace's program should run now");
    });
  });
}
