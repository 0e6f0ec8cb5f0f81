//! Where the server is: the person's choice first, then what came with the extension, then `PATH`.

import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** Where a server was looked for, and what was there. */
export type Search = { found: string; by: string } | { missing: string };

const PROGRAM = process.platform === "win32" ? "portolan.exe" : "portolan";

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function expandHome(path: string): string {
  return /^~[/\\]/.test(path) ? join(homedir(), path.slice(2)) : path;
}

/**
 * Looks for the server. A place that a person named is never passed over in silence: when there is no program, that is
 * the answer, because another version from elsewhere would be a riddle.
 */
export function findServer(setting: string, extensionFolder: string, environment: NodeJS.ProcessEnv): Search {
  const named: [string, string | undefined][] = [
    ["the setting portolan.server.path", setting.trim()],
    ["the environment variable PORTOLAN_SERVER", environment["PORTOLAN_SERVER"]],
  ];
  for (const [by, path] of named) {
    if (path) {
      const found = expandHome(path);
      return isProgram(found) ? { found, by } : { missing: `${by} names ${found}, and there is no program.` };
    }
  }
  const bundled = join(extensionFolder, "server", PROGRAM);
  if (isProgram(bundled)) {
    return { found: bundled, by: "the extension" };
  }
  for (const folder of (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "")) {
    if (isProgram(join(folder, PROGRAM))) {
      return { found: join(folder, PROGRAM), by: "PATH" };
    }
  }
  return { missing: "The program portolan is not on PATH. Install it, or say where it is in portolan.server.path." };
}
