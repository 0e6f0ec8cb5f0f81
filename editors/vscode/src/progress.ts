//! The progress of builds, as messages that can be cancelled. The client library would show it in the status bar, where
//! nobody can.

import { type Progress, ProgressLocation, window } from "vscode";
import type { WorkDoneProgressBegin, WorkDoneProgressEnd, WorkDoneProgressReport } from "vscode-languageclient/node";

interface Shown {
  percent: number;
  /** There as soon as the editor shows the message; what is said before that waits. */
  tell: Progress<{ message?: string; increment?: number }> | undefined;
  last: WorkDoneProgressBegin | WorkDoneProgressReport;
  end: () => void;
}

/** Shows what a server says under tokens of its own. */
export class BuildProgress {
  private readonly shown = new Map<number | string, Shown>();

  /** Takes one word of the server; `cancel` tells it that the person wants no more. */
  take(
    token: number | string,
    said: WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd,
    cancel: () => void,
  ): void {
    if (said.kind === "begin") {
      const options = { location: ProgressLocation.Notification, title: said.title, cancellable: true };
      let end = (): void => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      const shown: Shown = { percent: 0, tell: undefined, last: said, end };
      this.shown.set(token, shown);
      void window.withProgress(options, (tell, wish) => {
        wish.onCancellationRequested(cancel);
        shown.tell = tell;
        report(shown);
        return ended;
      });
    } else if (said.kind === "report") {
      const shown = this.shown.get(token);
      if (shown !== undefined) {
        shown.last = { ...shown.last, ...said };
        report(shown);
      }
    } else {
      this.shown.get(token)?.end();
      this.shown.delete(token);
    }
  }

  /** Ends all of it: the server is gone. */
  clear(): void {
    for (const shown of this.shown.values()) {
      shown.end();
    }
    this.shown.clear();
  }
}

function report(shown: Shown): void {
  const { message, percentage } = shown.last;
  if (shown.tell !== undefined) {
    const percent = percentage ?? shown.percent;
    shown.tell.report({ ...(message !== undefined && { message }), increment: percent - shown.percent });
    shown.percent = percent;
  }
}
