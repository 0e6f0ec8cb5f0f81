// Zed's extension without Zed: the compiled module is run by a host that answers as Zed does, and the program that it
// names is started and asked.
//   node tests/zed/run.mjs EXTENSION.wasm    (PORTOLAN_SERVER and COMPONENT_HOST in the environment)

import { deepStrictEqual, rejects } from "node:assert";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { argv, env, exit } from "node:process";
import { pathToFileURL } from "node:url";

const host = createRequire(join(resolve(env.COMPONENT_HOST), "package.json"));
const load = (name) => import(pathToFileURL(host.resolve(name)).href);
const { transpileBytes } = await load("@bytecodealliance/jco-transpile");
const { WASIShim } = await load("@bytecodealliance/preview2-shim/instantiation");
const rpc = host("vscode-jsonrpc/node");

const server = resolve(env.PORTOLAN_SERVER);
const folder = mkdtempSync(join(tmpdir(), "portolan-zed-"));

/** What Zed knows for one project: its settings for our server, and what is on PATH. */
class Worktree {
  constructor(onPath) {
    this.onPath = onPath;
  }
  id() {
    return 7n;
  }
  rootPath() {
    return folder;
  }
  shellEnv() {
    return [];
  }
  readTextFile() {
    throw "no such file";
  }
  which(name) {
    return this.onPath[name];
  }
}

/** The extension, in a Zed with these settings (`lsp.portolan`). */
const extension = async (lsp) => {
  const { files } = await transpileBytes(readFileSync(argv[2]), { name: "portolan", instantiation: "async", noTypescript: true });
  const written = join(folder, "extension.mjs");
  writeFileSync(written, files["portolan.js"]);
  const { instantiate } = await import(pathToFileURL(written).href);
  const asked = ([category, key]) => category === "lsp" && key === "portolan";
  const getSettings = (location, ...what) => {
    if (!asked(what) || location?.worktreeId !== 7n) throw `asked for ${what}`;
    return JSON.stringify({ binary: null, initialization_options: null, settings: null, ...lsp });
  };
  const imports = {
    ...new WASIShim().getImportObject(),
    "get-settings": { default: getSettings },
    worktree: { default: Worktree },
    project: { default: class Project {} },
    "key-value-store": { default: class KeyValueStore {} },
  };
  const core = (path) => WebAssembly.compile(files[path]);
  const running = await instantiate(core, imports);
  running.initExtension();
  return running;
};

let good = 0;
let bad = 0;
const step = async (name, run) => {
  try {
    await run();
    good += 1;
    console.log(`ok ${good + bad} - ${name}`);
  } catch (error) {
    bad += 1;
    console.log(`not ok ${good + bad} - ${name}\n    ${String(error?.stack ?? error).replaceAll("\n", "\n    ")}`);
  }
};

await step("the program on PATH is started, as a server", async () => {
  const command = (await extension({})).languageServerCommand("portolan", new Worktree({ portolan: server }));
  deepStrictEqual(command, { command: server, args: ["server"], env: [] });
});
await step("without one, it says what to do", async () => {
  const running = await extension({});
  await rejects(async () => running.languageServerCommand("portolan", new Worktree({})), (error) => {
    const words = error.payload ?? String(error);
    return words.includes("not on PATH") && words.includes("lsp.portolan.binary.path");
  });
});
await step("the program that the settings name comes first, with its arguments and variables", async () => {
  const running = await extension({ binary: { path: "/opt/portolan", arguments: ["--log", "debug", "server"], env: { RUST_LOG: "debug" } } });
  const command = running.languageServerCommand("portolan", new Worktree({ portolan: server }));
  deepStrictEqual(command, { command: "/opt/portolan", args: ["--log", "debug", "server"], env: [["RUST_LOG", "debug"]] });
});
await step("settings reach the server as its section; a project's word about trust does not", async () => {
  const settings = { targets: ["aarch64-unknown-linux-gnu"], trusted: true, portolan: { trusted: true, host: "x86_64-unknown-linux-gnu" } };
  const running = await extension({ settings, initialization_options: { trusted: true, targets: [] } });
  const configuration = JSON.parse(running.languageServerWorkspaceConfiguration("portolan", new Worktree({})));
  deepStrictEqual(configuration, { portolan: { targets: ["aarch64-unknown-linux-gnu"], portolan: { host: "x86_64-unknown-linux-gnu" } } });
  deepStrictEqual(JSON.parse(running.languageServerInitializationOptions("portolan", new Worktree({}))), { targets: [] });
});

await step("the server that it names reads the settings that it hands on, and diagnoses", async () => {
  const project = join(folder, "project");
  mkdirSync(join(project, "src"), { recursive: true });
  const text = '[package]\nname = "sample"\nversion = "0.1.0"\nedition = "2024"\n';
  writeFileSync(join(project, "Cargo.toml"), text);
  writeFileSync(join(project, "Cargo.lock"), 'version = 4\n\n[[package]]\nname = "sample"\nversion = "0.1.0"\n');
  writeFileSync(join(project, "src/main.rs"), "fn main() {}\n");
  const uri = pathToFileURL(join(project, "Cargo.toml")).href;

  const settings = { host: "x86_64-unknown-linux-gnu", targets: ["aarch64-unknown-linux-gnu"] };
  const running = await extension({ settings });
  const worktree = new Worktree({ portolan: server });
  const { command, args, env: more } = running.languageServerCommand("portolan", worktree);
  const child = spawn(command, args, { cwd: project, env: { ...env, ...Object.fromEntries(more) }, stdio: ["pipe", "pipe", "ignore"] });
  const connection = rpc.createMessageConnection(new rpc.StreamMessageReader(child.stdout), new rpc.StreamMessageWriter(child.stdin));
  try {
    connection.onRequest("workspace/configuration", ({ items }) => {
      const sections = JSON.parse(running.languageServerWorkspaceConfiguration("portolan", worktree));
      return items.map(({ section }) => (section ? sections[section] ?? null : sections));
    });
    connection.onRequest("client/registerCapability", () => null);
    const found = new Promise((done, failed) => {
      setTimeout(() => failed(new Error("no finding within 20 s")), 20_000).unref();
      connection.onNotification("textDocument/publishDiagnostics", ({ diagnostics }) => {
        const codes = diagnostics.map(({ code }) => code);
        if (codes.includes("missing-linker")) done(codes);
      });
    });
    connection.listen();
    await connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(project).href,
      workspaceFolders: [{ name: "project", uri: pathToFileURL(project).href }],
      capabilities: { workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } } },
    });
    await connection.sendNotification("initialized", {});
    await connection.sendNotification("textDocument/didOpen", { textDocument: { uri, languageId: "toml", version: 1, text } });
    await found;
    await connection.sendRequest("shutdown");
    await connection.sendNotification("exit");
  } finally {
    connection.dispose();
    child.kill();
  }
});

rmSync(folder, { recursive: true, force: true });
console.log(`zed: ${good} ok, ${bad} not ok`);
exit(bad === 0 ? 0 : 1);
