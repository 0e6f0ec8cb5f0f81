// A real workbench for one test: code-server on a free port with folders of its own, and Chromium showing it.

import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/** What the test says that a person would have set. */
const SETTINGS = {
  "portolan.host": "x86_64-unknown-linux-gnu",
  // The workbench knows no TOML. This colours it well enough, and shows that we go by names and not by languages.
  "files.associations": { "*.toml": "ini" },
  "security.workspace.trust.startupPrompt": "never",
  "security.workspace.trust.banner": "never",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.colorTheme": "Default Dark Modern",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.layoutControl.enabled": false,
  // Editors of settings and of extensions stand among the others, not in a window of bounded size before them.
  "workbench.editor.useModal": "off",
  "window.commandCenter": false,
  "chat.disableAIFeatures": true,
  "chat.commandCenter.enabled": false,
  "breadcrumbs.enabled": false,
  "editor.minimap.enabled": false,
  "editor.fontSize": 14,
  "editor.stickyScroll.enabled": false,
  "editor.occurrencesHighlight": "off",
  "explorer.openEditors.visible": 0,
  "extensions.ignoreRecommendations": true,
  "git.enabled": false,
  "files.autoSave": "off",
  "telemetry.telemetryLevel": "off",
  "update.showReleaseNotes": false,
};

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function answers(url, milliseconds) {
  const end = Date.now() + milliseconds;
  for (;;) {
    try {
      return await fetch(url);
    } catch (error) {
      if (Date.now() > end) throw new Error(`code-server did not answer within ${milliseconds} ms: ${error}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/**
 * Opens a copy of the folder `fixture` (an empty one without) in a workbench with the extension `vsix`, whose server is
 * `server`; without `server` it has to find one by itself. `trust` is "off" (the editor asks for none) or "restricted";
 * `prepare` may change the copy before it is opened, and name a workspace file to open in place of the folder;
 * `more` are other extensions, `environment` is what else the workbench finds in its own. Gives the page, the copy's path and what else a test asks for; `close` ends all of it.
 */
export async function openWorkbench({ tools, chromium, vsix, server, fixture, trust = "off", prepare, more = [], environment: extra = {} }) {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "portolan-vscode-")));
  const folder = join(scratch, "soundings");
  if (fixture) cpSync(fixture, folder, { recursive: true });
  else mkdirSync(folder);
  // A copy, so that a look at the running processes finds this test's servers and no others.
  const program = join(scratch, "bin", "portolan");
  mkdirSync(join(scratch, "bin"));
  if (server) copyFileSync(server, program);
  const workspace = prepare?.(folder, program);
  const settings = (kind, values) => {
    mkdirSync(join(scratch, "user", kind), { recursive: true });
    writeFileSync(join(scratch, "user", kind, "settings.json"), JSON.stringify(values));
  };
  settings("User", { ...SETTINGS, "security.workspace.trust.enabled": trust !== "off" });
  // Paths of programs are settings of the machine that the server runs on.
  settings("Machine", server ? { "portolan.server.path": program } : {});

  const entry = join(tools, "node_modules/code-server/out/node/entry.js");
  const places = ["--user-data-dir", join(scratch, "user"), "--extensions-dir", join(scratch, "extensions")];
  const environment = {
    ...process.env,
    HOME: scratch,
    XDG_CONFIG_HOME: join(scratch, "config"),
    // Builds are real: with this machine's toolchain, and nobody's settings.
    RUSTUP_HOME: process.env.RUSTUP_HOME ?? join(homedir(), ".rustup"),
    CARGO_HOME: join(scratch, "cargo"),
    ...extra,
    // No gallery: a test asks nobody on the network.
    EXTENSIONS_GALLERY: JSON.stringify({ serviceUrl: "http://127.0.0.1:9", itemUrl: "", resourceUrlTemplate: "" }),
  };
  // An editor's own terminal sets these, and then code-server asks the outer editor to open the folder.
  delete environment.VSCODE_IPC_HOOK_CLI;
  delete environment.PORT;
  delete environment.PORTOLAN_SERVER;
  delete environment.CARGO_TARGET_DIR;
  // The workbench asks a login shell for the PATH.
  writeFileSync(join(scratch, ".profile"), `export PATH='${process.env.PATH}'\n`);
  const extensions = [vsix, ...more].flatMap((one) => ["--install-extension", one]);
  const installed = spawnSync(process.execPath, [entry, ...places, ...extensions], { env: environment, encoding: "utf8" });
  if (installed.status !== 0) throw new Error(`the extension could not be installed:\n${installed.stdout}${installed.stderr}`);

  const port = await freePort();
  const serving = spawn(
    process.execPath,
    [entry, ...places, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"],
    { env: environment, stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  let output = "";
  for (const stream of [serving.stdout, serving.stderr]) stream.on("data", (data) => (output += data));

  const servers = () =>
    readdirSync("/proc").filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return words[0].startsWith(scratch) && words[0].endsWith("/portolan") && words[1] === "server";
      } catch {
        return false; // no process, or one that has just ended
      }
    });
  const stopServing = async () => {
    // The whole group: code-server's own children are the extension host and, through it, our server.
    const exited = new Promise((resolve) => serving.once("exit", resolve));
    if (serving.exitCode === null) {
      process.kill(-serving.pid, "SIGTERM");
      await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 10_000))]);
    }
  };

  let browser;
  const close = async () => {
    await browser?.close();
    await stopServing();
    try {
      process.kill(-serving.pid, "SIGKILL");
    } catch {
      // All of the group has ended already.
    }
    rmSync(scratch, { recursive: true, force: true });
  };
  try {
    await answers(`http://127.0.0.1:${port}/healthz`, 30_000);
    const { chromium: launcher } = createRequire(join(tools, "package.json"))("playwright-core");
    browser = await launcher.launch({
      executablePath: chromium,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
    const page = await browser.newPage({ viewport: { width: 1180, height: 760 }, deviceScaleFactor: 1.5 });
    page.setDefaultTimeout(45_000);
    const opened = workspace ? `workspace=${encodeURIComponent(workspace)}` : `folder=${encodeURIComponent(folder)}`;
    await page.goto(`http://127.0.0.1:${port}/?${opened}`);
    // Now and then the page of a workspace of several folders comes up without its explorer, until it is loaded again.
    const explorer = page.locator(".monaco-workbench .explorer-folders-view");
    await explorer.waitFor({ timeout: 20_000 }).catch(() => page.reload());
    await explorer.waitFor();
    return { page, folder, servers, stopServing, close, output: () => output };
  } catch (error) {
    await close();
    throw new Error(`${error}\n${output.slice(-2000)}`);
  }
}
