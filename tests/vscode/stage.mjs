// What the scenarios share: the environment that tests/run sets, the workbench, pictures.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { step } from "./steps.mjs";
import { openWorkbench } from "./workbench.mjs";

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

export const required = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; start this through tests/run`);
  return resolve(value);
};

/** The pictures that the documentation shows. */
const SHOWN = ["vscode.png", "vscode-targets.png"];

export async function picture(page, name) {
  const updated = process.env.UPDATE_SCREENSHOTS === "1" && SHOWN.includes(name);
  const folder = updated ? join(repository, "docs/images") : required("ARTIFACTS");
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, name) });
}

/** Pictures one after the other, with the milliseconds that each stands, for the README's recording. */
export function frames(page) {
  const folder = process.env.FRAMES;
  const taken = [];
  return {
    take: async (milliseconds) => {
      if (!folder) return;
      mkdirSync(folder, { recursive: true });
      // The pointer, and whatever still moves, settle first.
      await page.waitForTimeout(milliseconds < 1000 ? 200 : 400);
      const file = `${String(taken.length).padStart(2, "0")}.png`;
      await page.screenshot({ path: join(folder, file), scale: "css" });
      taken.push({ file, milliseconds });
    },
    end: () => {
      if (folder) writeFileSync(join(folder, "frames.json"), JSON.stringify(taken));
    },
  };
}

/** The workbench; what keeps it from opening is a failed step like the others. */
export async function opened(options = {}) {
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

/** Runs a scenario in a workbench, keeps a picture of what went wrong, and ends the workbench. */
export async function inWorkbench(options, run) {
  const bench = await opened(options);
  try {
    await run(bench);
  } catch (error) {
    await picture(bench.page, "vscode-failure.png").catch(() => {});
    console.log(bench.output().slice(-1000).replace(/^/gm, "    | "));
    throw error;
  } finally {
    await bench.close();
  }
}
