//! The extension: finds the server, starts it, and starts it again. All else is the server's.

import { commands, type ExtensionContext, type LogOutputChannel, window, workspace } from "vscode";
import { type DocumentFilter, LanguageClient, State } from "vscode-languageclient/node";

import { findServer } from "./server";

// By file name, not by language: TOML and Nix documents are many, few are ours, and the languages are other extensions'.
const DOCUMENTS: DocumentFilter[] = [
  "**/flake.nix",
  "**/*.nix",
  "**/Cargo.toml",
  "**/Cargo.lock",
  "**/.cargo/config.toml",
  "**/.cargo/config",
  "**/rust-toolchain.toml",
  "**/rust-toolchain",
  "**/Cross.toml",
  "**/portolan.toml",
].map((pattern) => ({ scheme: "file", pattern }));

let log: LogOutputChannel;
let client: LanguageClient | undefined;
/** Starts and stops happen one after the other: two at once leave a server that nobody owns. */
let queue: Promise<void> = Promise.resolve();

function enqueue(step: () => Promise<void>): Promise<void> {
  queue = queue.then(step).catch((error: unknown) => log.error(String(error)));
  return queue;
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  if (running !== undefined && running.state !== State.Stopped) {
    await running.stop();
  }
  await running?.dispose();
}

async function start(context: ExtensionContext): Promise<void> {
  const setting = workspace.getConfiguration("portolan").get<string>("server.path", "");
  const search = findServer(setting, context.extensionPath, process.env);
  if ("missing" in search) {
    log.error(search.missing);
    // Not awaited: the person may leave the message standing, and the next start must not wait for that.
    void window.showErrorMessage(`Portolan: ${search.missing}`, "Open Settings").then((choice) => {
      if (choice !== undefined) {
        void commands.executeCommand("workbench.action.openSettings", "portolan.server.path");
      }
    });
    return;
  }
  log.info(`Starting ${search.found} (named by ${search.by})`);
  client = new LanguageClient(
    "portolan",
    "Portolan",
    { command: search.found, args: ["server"] },
    {
      documentSelector: DOCUMENTS,
      outputChannel: log,
      middleware: {
        workspace: {
          // Trust is the person's answer to the editor's question. No setting can give it, least of all one that the
          // workspace brings along.
          configuration: async (params, token, next) => {
            const answers = await next(params, token);
            return Array.isArray(answers)
              ? answers.map((answer: unknown, index) =>
                  params.items[index]?.section === "portolan" && typeof answer === "object"
                    ? { ...answer, trusted: workspace.isTrusted }
                    : answer,
                )
              : answers;
          },
        },
      },
    },
  );
  try {
    await client.start();
  } catch (error) {
    log.error(`${search.found} did not start: ${String(error)}`);
    void window
      .showErrorMessage(`Portolan: the server ${search.found} did not start.`, "Show Log")
      .then((choice) => choice !== undefined && log.show());
  }
}

/** Called by the editor when one of our files is opened or a workspace holds one. */
export async function activate(context: ExtensionContext): Promise<void> {
  log = window.createOutputChannel("Portolan", { log: true });
  const restart = (): Promise<void> =>
    enqueue(async () => {
      await stop();
      await start(context);
    });
  context.subscriptions.push(
    log,
    commands.registerCommand("portolan.restartServer", restart),
    commands.registerCommand("portolan.showLog", () => log.show()),
    // A trusted workspace may name its own server, and allows more.
    workspace.onDidGrantWorkspaceTrust(restart),
    workspace.onDidChangeConfiguration((change) =>
      change.affectsConfiguration("portolan.server.path") ? restart() : undefined,
    ),
  );
  await restart();
}

/** Called by the editor when it closes. */
export async function deactivate(): Promise<void> {
  await enqueue(stop);
}
