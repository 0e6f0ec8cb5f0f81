//! The server's life: found, asked for its version, started, and started again.

import { commands, type Disposable, EventEmitter, type ExtensionContext, type LogOutputChannel, window, workspace } from "vscode";
import type { DocumentFilter, LanguageClient } from "vscode-languageclient/node";

import { BuildProgress } from "./progress";
import { askVersion, findServer } from "./server";

// By file name, not by language: TOML and Nix documents are many, few are ours, and the languages are other extensions'.
const DOCUMENTS: DocumentFilter[] = [
  "**/*.nix",
  "**/Cargo.toml",
  "**/Cargo.lock",
  "**/.cargo/*.toml",
  "**/.cargo/config",
  "**/rust-toolchain.toml",
  "**/rust-toolchain",
  "**/Cross.toml",
  "**/portolan.toml",
].map((pattern) => ({ scheme: "file", pattern }));

/** How the server is, for the status bar. */
export type Health = { state: "starting" | "running" | "stopped" | "missing"; detail: string };

/** Runs a command of the server that a lens or somebody's key asked for. */
export type OnCommand = (command: string, args: unknown[]) => Promise<unknown>;

/** The one server of this window. */
export class Session implements Disposable {
  private client: LanguageClient | undefined;
  /** Starts and stops happen one after the other: two at once leave a server that nobody owns. */
  private queue: Promise<void> = Promise.resolve();
  private readonly changed = new EventEmitter<Health>();
  private readonly listeners = new Map<string, (params: unknown) => void>();
  private readonly started = new EventEmitter<void>();
  private readonly progress = new BuildProgress();

  /** Rings when the server starts, runs, or is no more. */
  readonly onHealth = this.changed.event;
  /** Rings when a server has just started. */
  readonly onStarted = this.started.event;
  /** The program that runs, or ran last. */
  program: string | undefined;
  /** Runs the commands that lenses and code actions ask for. */
  onCommand: OnCommand | undefined;

  constructor(
    private readonly context: ExtensionContext,
    readonly log: LogOutputChannel,
  ) {}

  /** Starts the server anew. */
  readonly restart = (): Promise<void> =>
    this.enqueue(async () => {
      await this.stop();
      await this.start();
    });

  /** Stops the server for good. */
  readonly end = (): Promise<void> => this.enqueue(() => this.stop());

  /** Listens to a notification of this server and of those that follow it. */
  listen<T>(method: string, listener: (params: T) => void): void {
    this.listeners.set(method, (params) => listener(params as T));
  }

  /** What the server answers to a command of its own. */
  async execute<T>(command: string, argument?: object): Promise<T> {
    await this.queue;
    if (this.client?.isRunning() !== true) {
      throw new Error("Portolan's server does not run: see Portolan: Show Log.");
    }
    return this.client.sendRequest<T>("workspace/executeCommand", {
      command,
      arguments: argument === undefined ? [] : [argument],
    });
  }

  dispose(): void {
    this.changed.dispose();
    this.started.dispose();
  }

  private enqueue(step: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(step).catch((error: unknown) => this.log.error(String(error)));
    return this.queue;
  }

  private async stop(): Promise<void> {
    const running = this.client;
    this.client = undefined;
    if (running?.needsStop()) {
      await running.stop();
    }
    await running?.dispose();
    this.progress.clear();
  }

  private fail(why: string, button: string, act: () => void): void {
    this.log.error(why);
    this.changed.fire({ state: "missing", detail: why });
    // Not awaited: the person may leave the message standing, and the next start must not wait for that.
    void window.showErrorMessage(`Portolan: ${why}`, button).then((choice) => choice !== undefined && act());
  }

  private async start(): Promise<void> {
    const setting = workspace.getConfiguration("portolan").get<string>("server.path", "");
    const search = findServer(setting, this.context.extensionPath, process.env);
    const openSettings = (): void => void commands.executeCommand("portolan.openServerSetting");
    if ("missing" in search) {
      this.fail(search.missing, "Open Settings", openSettings);
      return;
    }
    this.changed.fire({ state: "starting", detail: search.found });
    const own = (this.context.extension.packageJSON as { version: string }).version;
    const answer = await askVersion(search.found, own);
    if ("unfit" in answer) {
      this.fail(`${answer.unfit} It is named by ${search.by}.`, "Open Settings", openSettings);
      return;
    }
    this.log.info(`Starting ${search.found} ${answer.version} (named by ${search.by})`);
    if (answer.remark !== undefined) {
      this.log.warn(answer.remark);
      void window.showWarningMessage(`Portolan: ${answer.remark}`);
    }
    this.program = search.found;
    // Read only now: most of this extension is that library, and the editor waits for `activate`.
    const library = await import("./client.js");
    const client = this.create(search.found, library);
    this.client = client;
    client.onDidChangeState(({ newState }) => {
      // Another one may have taken its place meanwhile.
      if (this.client === client) {
        const { Running, Starting } = library.State;
        const state = newState === Running ? "running" : newState === Starting ? "starting" : "stopped";
        if (state !== "running") {
          // A server that was killed ends no message of its builds; the library starts the next one.
          this.progress.clear();
        }
        this.changed.fire({ state, detail: `${search.found} ${answer.version}, named by ${search.by}` });
      }
    });
    try {
      await client.start();
    } catch (error) {
      this.fail(`${search.found} did not start: ${String(error)}`, "Show Log", () => this.log.show());
      return;
    }
    this.started.fire();
  }

  private create(program: string, library: typeof import("./client.js")): LanguageClient {
    const client = new library.LanguageClient(
      "portolan",
      "Portolan",
      { command: program, args: ["server"] },
      {
        documentSelector: DOCUMENTS,
        outputChannel: this.log,
        initializationOptions: { experimental: { targets: true } },
        middleware: {
          handleWorkDoneProgress: (token, params) =>
            this.progress.take(token, params, () => {
              void client.sendNotification("window/workDoneProgress/cancel", { token });
            }),
          executeCommand: (command, args, next) =>
            this.onCommand?.(command, args as unknown[]) ?? next(command, args),
          workspace: {
            // Trust is the person's answer to the editor's question. No setting can give it, least of all one that
            // the workspace brings along.
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
    for (const [method, listener] of this.listeners) {
      client.onNotification(method, listener);
    }
    return client;
  }
}
