//! What builds print, and what audits say of each binary.

import { basename } from "node:path";
import { Disposable, type OutputChannel, window } from "vscode";

import type { Audited, BuildOutput } from "./protocol";

/** What an audit came to, as a person would say it. */
export function sentence(one: Audited): string {
  const verdict = one.verdict.replace("-", " ");
  return one.runs_on && one.runs_on.length > 0 ? `${verdict}: ${one.runs_on.join(", ")}` : verdict;
}

/** The output of this window's builds. */
export class Builds extends Disposable {
  private readonly output: OutputChannel;
  /** The projects of which something was printed: with several, it is said whose build ends. */
  private readonly roots = new Set<string>();

  constructor() {
    const output = window.createOutputChannel("Portolan Builds");
    super(() => output.dispose());
    this.output = output;
  }

  /** Shows what is printed. */
  show(): void {
    this.output.show(true);
  }

  /** Takes what the server tells of a build. */
  take({ target, root, lines, end }: BuildOutput): void {
    this.roots.add(root);
    for (const line of lines) {
      this.output.appendLine(line);
    }
    if (end !== undefined) {
      const whose = this.roots.size > 1 ? `${basename(root)}: ` : "";
      this.output.appendLine(`== ${whose}${target}: ${end.outcome === "missing" ? "a tool is missing" : end.outcome}`);
      this.print(end.audited);
    }
  }

  /** Prints what an audit came to. */
  print(audited: Audited[]): void {
    for (const one of audited) {
      this.output.appendLine(`== ${basename(one.file)}: ${sentence(one)}  (${one.file})`);
      for (const finding of one.findings ?? []) {
        this.output.appendLine(`   ${finding.severity}[${finding.rule}]: ${finding.message}`);
        if (finding.help) {
          this.output.appendLine(`      help: ${finding.help}`);
        }
      }
    }
  }
}
