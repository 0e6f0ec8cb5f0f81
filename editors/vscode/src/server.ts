//! Where the server is: the person's choice first, then what came with the extension, then `PATH`.

import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** Where a server was looked for, and what was there. */
export type Search = { found: string; by: string } | { missing: string };

/** What a program says of itself. */
export type Version = { version: string; remark?: string } | { unfit: string };

const PROGRAM = process.platform === "win32" ? "portolan.exe" : "portolan";
/** A program that takes longer to say its version is none of ours. */
const PATIENCE = 10_000;

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

/** Asks a program for its version. A wrong one would start, and then fail without a word that anybody understands. */
export function askVersion(program: string, wanted: string): Promise<Version> {
  return new Promise((resolve) => {
    execFile(program, ["--version"], { timeout: PATIENCE }, (error, output) => {
      const version = /^portolan (\d+\.\d+\.\d+\S*)/.exec(output.trim())?.[1];
      if (version !== undefined) {
        resolve(compare(version, wanted));
      } else if (error?.killed) {
        resolve({ unfit: `${program} did not say its version within ${PATIENCE / 1000} seconds.` });
      } else if (error && typeof error.code === "string") {
        resolve({ unfit: `${program} cannot be run on this machine (${error.code}).` });
      } else {
        resolve({ unfit: `${program} is not Portolan: it does not say its version.` });
      }
    });
  });
}

/** Versions before 1.0 promise each other nothing when their second number differs, later ones by their first. */
function compare(version: string, wanted: string): Version {
  const era = (text: string): string => {
    const [major = "", minor = ""] = text.split(".");
    return major === "0" ? `0.${minor}` : major;
  };
  if (era(version) === era(wanted)) {
    return { version };
  }
  return { version, remark: `The server is Portolan ${version}, the extension ${wanted}: some commands may be missing.` };
}
