// taplo over standard input and output: its server as npm has it (WebAssembly), with the files of this machine.
//   node taplo.mjs FOLDER-WITH-node_modules

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { argv, cwd, env, exit, stderr, stdin, stdout } from "node:process";
import { fileURLToPath } from "node:url";

const { TaploLsp } = createRequire(join(resolve(argv[2]), "package.json"))("@taplo/lsp");

const send = (message) => {
  const body = Buffer.from(JSON.stringify(message));
  stdout.write(`Content-Length: ${body.length}\r\n\r\n`);
  stdout.write(body);
};

// No schemas from elsewhere: what a test says must not depend on the network.
globalThis.fetch = () => Promise.reject(new Error("no network in a test"));

const taplo = await TaploLsp.initialize({
  now: () => new Date(),
  envVar: (name) => env[name],
  envVars: () => Object.entries(env),
  stdErrAtty: () => false,
  stdin: () => Promise.resolve(new Uint8Array()),
  stdout: (bytes) => Promise.resolve(bytes.length),
  stderr,
  glob: () => [],
  readFile: (path) => readFile(path),
  writeFile: (path, bytes) => writeFile(path, bytes),
  urlToFilePath: (url) => fileURLToPath(url),
  isAbsolute: (path) => isAbsolute(path),
  cwd: () => cwd(),
  findConfigFile: (from) => [".taplo.toml", "taplo.toml"].map((name) => join(from, name)).find(existsSync),
}, { onMessage: send });

let waiting = Buffer.alloc(0);
stdin.on("data", (bytes) => {
  waiting = Buffer.concat([waiting, bytes]);
  for (;;) {
    const end = waiting.indexOf("\r\n\r\n");
    const length = Number(/content-length: *(\d+)/i.exec(waiting.subarray(0, end).toString())?.[1]);
    if (end < 0 || waiting.length < end + 4 + length) return;
    const message = JSON.parse(waiting.subarray(end + 4, end + 4 + length).toString());
    waiting = waiting.subarray(end + 4 + length);
    if (message.method === "exit") exit(0);
    taplo.send(message);
  }
});
stdin.on("end", () => exit(0));
