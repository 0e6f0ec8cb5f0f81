//! The extension: puts its parts together. What it knows of targets, fixes and builds is the server's.

import { elapsed } from "./clock";

import { commands, env, type ExtensionContext, tasks, window, workspace } from "vscode";

import { Actions } from "./actions";
import { Builds } from "./builds";
import { BUILD_OUTPUT, type BuildOutput, type Project, TARGETS } from "./protocol";
import { Session } from "./session";
import { showStatus } from "./status";
import { Targets } from "./targets";
import { KIND, Tasks } from "./tasks";

let session: Session | undefined;

/** Called by the editor when one of our files is opened or a workspace holds one. */
export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel("Portolan", { log: true });
  const running = new Session(context, log);
  session = running;
  const builds = new Builds();
  const targets = new Targets();
  const actions = new Actions(running, targets, builds);
  running.onCommand = (command, args) => actions.pass(command, args);
  running.listen<{ projects: Project[] }>(TARGETS, ({ projects }) => targets.show(projects));
  running.listen<BuildOutput>(BUILD_OUTPUT, (told) => builds.take(told));

  context.subscriptions.push(
    log,
    running,
    builds,
    targets,
    ...actions.register(),
    ...showStatus(running, targets),
    // A server that has just started is asked once, in case that it tells nothing by itself.
    running.onStarted(() => void actions.refresh().catch((error: unknown) => log.warn(String(error)))),
    window.createTreeView("portolan.targets", { treeDataProvider: targets, showCollapseAll: true }),
    tasks.registerTaskProvider(KIND, new Tasks(running, targets)),
    commands.registerCommand("portolan.restartServer", running.restart),
    commands.registerCommand("portolan.showLog", () => log.show()),
    commands.registerCommand("portolan.openServerSetting", () =>
      // Where the server runs on another machine than the window, the setting is that machine's.
      env.remoteName === undefined
        ? commands.executeCommand("workbench.action.openSettings", "portolan.server.path")
        : commands.executeCommand("workbench.action.openRemoteSettings", { query: "portolan.server.path" }),
    ),
    // A trusted workspace may name its own server, and allows more.
    workspace.onDidGrantWorkspaceTrust(running.restart),
    workspace.onDidChangeConfiguration((change) =>
      change.affectsConfiguration("portolan.server.path") ? running.restart() : undefined,
    ),
  );
  // Not awaited: the editor need not wait for a server, and what it logs below is our own time.
  void running.restart();
  log.info(`Activated in ${elapsed().toFixed(1)} ms`);
}

/** Called by the editor when it closes. */
export async function deactivate(): Promise<void> {
  await session?.end();
}
