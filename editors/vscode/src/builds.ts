//! What builds print, and what became of the last one for each target.

import { basename } from "node:path";
import { Disposable, EventEmitter, type OutputChannel, window } from "vscode";

import type { Audited, BuildOutput } from "./protocol";

/** A line of the Targets view about a build. */
export interface Line {
  label: string;
  description: string;
  icon: string;
  colour?: string;
}

interface Record {
  outcome: "running" | NonNullable<BuildOutput["end"]>["outcome"];
  when: Date;
  audited: Audited[];
}

const OUTCOMES: { [outcome in Record["outcome"]]: [icon: string, colour: string | undefined, word: string] } = {
  running: ["sync~spin", undefined, "running"],
  built: ["pass", "testing.iconPassed", "built"],
  failed: ["error", "testing.iconFailed", "failed"],
  missing: ["error", "testing.iconFailed", "a tool is missing"],
  cancelled: ["circle-slash", undefined, "cancelled"],
};

const ORDER = ["portable", "limited", "not-portable", "unreadable"];

/** The verdict over several binaries: the worst one's. */
function worst(audited: Audited[]): Audited | undefined {
  return [...audited].sort((a, b) => ORDER.indexOf(b.verdict) - ORDER.indexOf(a.verdict))[0];
}

/** What an audit came to, as a person would say it. */
export function sentence(one: Audited): string {
  const verdict = one.verdict.replace("-", " ");
  return one.runs_on && one.runs_on.length > 0 ? `${verdict}: ${one.runs_on.join(", ")}` : verdict;
}

/** The builds of this window. */
export class Builds extends Disposable {
  private readonly records = new Map<string, Record>();
  private readonly changed = new EventEmitter<void>();
  private readonly output: OutputChannel;

  /** Rings when a build starts or ends, or something is audited. */
  readonly onChange = this.changed.event;

  constructor() {
    const output = window.createOutputChannel("Portolan Builds");
    super(() => {
      this.changed.dispose();
      output.dispose();
    });
    this.output = output;
  }

  /** Shows what is printed. */
  show(): void {
    this.output.show(true);
  }

  /** Takes what the server tells of a build. */
  take({ target, lines, end }: BuildOutput): void {
    if (end !== undefined || this.records.get(target)?.outcome !== "running") {
      this.records.set(target, { outcome: end?.outcome ?? "running", when: new Date(), audited: end?.audited ?? [] });
      this.changed.fire();
    }
    for (const line of lines) {
      this.output.appendLine(line);
    }
    if (end !== undefined) {
      this.output.appendLine(`== ${target}: ${OUTCOMES[end.outcome][2]}`);
      this.print(end.audited);
    }
  }

  /** Takes what an audit came to, of a target's binaries or of one file. */
  audited(target: string | undefined, audited: Audited[]): void {
    const known = target === undefined ? undefined : this.records.get(target);
    if (known !== undefined) {
      known.audited = audited;
      this.changed.fire();
    }
    this.print(audited);
  }

  /** What is known of the last build for a target. */
  lines(target: string): Line[] {
    const record = this.records.get(target);
    if (record === undefined) {
      return [];
    }
    const [icon, colour, word] = OUTCOMES[record.outcome];
    const time = record.when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const lines: Line[] = [{ label: "last build", description: `${word}, ${time}`, icon, ...(colour && { colour }) }];
    const one = worst(record.audited);
    if (one !== undefined) {
      const good = one.verdict === "portable";
      const paint = good ? "testing.iconPassed" : "problemsWarningIcon.foreground";
      lines.push({ label: "last audit", description: sentence(one), icon: good ? "verified" : "warning", colour: paint });
    }
    return lines;
  }

  private print(audited: Audited[]): void {
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
