//! The status bar's word: whether the server runs, and how many targets could be built.

import { type Disposable, StatusBarAlignment, ThemeColor, window } from "vscode";

import type { Health, Session } from "./session";
import type { Targets } from "./targets";

const ICONS: Record<Health["state"], string> = {
  starting: "$(sync~spin)",
  running: "$(compass)",
  stopped: "$(debug-disconnect)",
  missing: "$(error)",
};

/** Shows how the server is and leads to what helps: the view when all is well, the log when not. */
export function showStatus(session: Session, targets: Targets): Disposable[] {
  const item = window.createStatusBarItem("portolan.status", StatusBarAlignment.Left, 0);
  let health: Health = { state: "starting", detail: "" };
  item.name = "Portolan";
  const show = (): void => {
    const { ready, all } = targets.sum();
    const count = health.state === "running" && all > 0 ? ` ${ready}/${all}` : "";
    item.text = `${ICONS[health.state]} Portolan${count}`;
    item.tooltip = [
      count === "" ? "" : `${ready} of ${all} targets could be built as the files stand.`,
      health.state === "stopped" ? "The server has stopped." : "",
      health.detail,
    ].filter((part) => part !== "").join("\n");
    const well = health.state === "running" || health.state === "starting";
    item.command = well ? "portolan.targets.focus" : "portolan.showLog";
    item.backgroundColor = well ? undefined : new ThemeColor("statusBarItem.errorBackground");
    item.show();
  };
  show();
  return [
    item,
    session.onHealth((now) => {
      health = now;
      show();
    }),
    targets.onDidChangeTreeData(show),
  ];
}
