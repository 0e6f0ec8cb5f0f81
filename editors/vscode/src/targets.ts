//! The Targets view: every target that the projects ship, and what each still lacks.

import { basename, join } from "node:path";
import {
  Disposable,
  EventEmitter,
  MarkdownString,
  Range,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  Uri,
} from "vscode";

import type { Fact, Outcome, Place, Project, Target } from "./protocol";

/** A line of the view. */
export interface Node {
  item: TreeItem;
  children: Node[];
  /** The target that it belongs to. */
  project?: Project;
  triple?: string;
  /** Where it is written. */
  origin?: Place;
}

const MARKS: Record<Fact["state"], [icon: string, colour: string | undefined, word: string]> = {
  ok: ["pass", "testing.iconPassed", ""],
  missing: ["error", "testing.iconFailed", "missing"],
  broken: ["error", "testing.iconFailed", "broken"],
  "not-needed": ["circle-slash", undefined, "not needed"],
  unknown: ["question", undefined, "unknown"],
};

const OUTCOMES: Record<Outcome, [icon: string, colour: string | undefined]> = {
  running: ["sync~spin", undefined],
  built: ["pass", "testing.iconPassed"],
  failed: ["error", "testing.iconFailed"],
  missing: ["error", "testing.iconFailed"],
  cancelled: ["circle-slash", undefined],
};

function icon(name: string, colour?: string): ThemeIcon {
  return new ThemeIcon(name, colour === undefined ? undefined : new ThemeColor(colour));
}

function line(label: string, description: string, mark: ThemeIcon, children: Node[] = []): Node {
  const folded = children.length > 0 ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None;
  const item = new TreeItem(label, folded);
  item.description = description;
  item.iconPath = mark;
  item.tooltip = description === "" ? label : `${label}: ${description}`;
  return { item, children };
}

/** Makes a line lead to where it is written. */
function leadTo(node: Node, project: Project, origin: Place | null): Node {
  if (origin !== null) {
    node.origin = origin;
    node.project = project;
    node.item.contextValue = "origin";
    node.item.command = { command: "portolan.openOrigin", title: "Open", arguments: [node] };
    node.item.tooltip = `${node.item.tooltip as string}\n${origin.file}:${origin.range.start.line}`;
  }
  return node;
}

function fact(label: string, fact: Fact, project: Project): Node {
  const [mark, colour, word] = MARKS[fact.state];
  const said = [word, fact.value ?? ""].filter((part) => part !== "").join(": ");
  return leadTo(line(label, said, icon(mark, colour)), project, fact.from);
}

/** What a target lacks, in a few words. */
function verdict(target: Target): string {
  const facts: [string, Fact][] = [["std", target.std], ["linker", target.linker], ["C compiler", target.c_compiler]];
  const lacking = facts.filter(([, fact]) => fact.state === "missing" || fact.state === "broken");
  if (target.tier === null) {
    return "rustc has no such target";
  }
  return lacking.length > 0 ? lacking.map(([name, fact]) => `${name} ${fact.state}`).join(", ") : "";
}

/** What the last build and the last audit came to, in the server's words. */
function last({ last_build: build, last_audit: audit }: Target): Node[] {
  const lines: Node[] = [];
  if (build) {
    const [mark, colour] = OUTCOMES[build.outcome];
    lines.push(line("last build", build.words, icon(mark, colour)));
  }
  if (audit) {
    const good = audit.verdict === "portable";
    const mark = good ? icon("verified", "testing.iconPassed") : icon("warning", "problemsWarningIcon.foreground");
    lines.push(line("last audit", audit.words, mark));
  }
  return lines;
}

function row(project: Project, target: Target): Node {
  const why = verdict(target);
  const declared = target.declared.map((place) => {
    const known = place.file !== undefined && place.range !== undefined ? (place as Place) : null;
    return leadTo(line(place.as, known?.file ?? "", icon("symbol-reference")), project, known);
  });
  const native = target.native.map((one) => line(one.crate, `${one.version ?? ""}  ${one.path.join(" → ")}`, icon("package")));
  const children = [
    fact("std", target.std, project),
    fact("linker", target.linker, project),
    fact("C compiler", target.c_compiler, project),
    line("linkage", target.linkage, icon("link")),
    line("native crates", native.length === 0 ? "none" : `${native.length}`, icon("library"), native),
    line("builder", target.builder, icon("tools")),
    line("named in", `${declared.length} ${declared.length === 1 ? "place" : "places"}`, icon("references"), declared),
    ...last(target),
  ];
  const [mark, colour] = target.ready
    ? ["pass-filled", "testing.iconPassed"]
    : why === "" ? ["question", undefined] : ["error", "testing.iconFailed"];
  const node = line(target.triple, why, icon(mark, colour), children);
  const [first] = declared.filter((one) => one.origin !== undefined);
  Object.assign(node, { project, triple: target.triple, origin: first?.origin });
  node.item.contextValue = first === undefined ? "target" : "target origin";
  node.item.id = `${project.root} ${target.triple}`;
  const tier = target.tier === null ? "" : ` · tier ${target.tier}`;
  node.item.tooltip = new MarkdownString(`\`${target.triple}\`${tier}\n\n${why === "" ? (target.ready ? "Nothing stands in the way of a build." : "The files do not tell all that a build needs.") : why}`);
  return node;
}

/** The tree, from what the server last said. */
export class Targets extends Disposable implements TreeDataProvider<Node> {
  private readonly changed = new EventEmitter<undefined>();
  private roots: Node[] = [];

  readonly onDidChangeTreeData = this.changed.event;
  /** The projects that the server knows. */
  projects: Project[] = [];

  constructor() {
    super(() => this.changed.dispose());
  }

  /** Shows these projects in place of what was there. */
  show(projects: Project[]): void {
    this.projects = projects;
    const shipped = projects.filter((project) => project.targets.length > 0);
    const rows = (project: Project): Node[] => project.targets.map((target) => row(project, target));
    const [only] = shipped;
    this.roots =
      shipped.length === 1 && only !== undefined
        ? rows(only)
        : shipped.map((project) => {
            const node = line(basename(project.root), "", icon("root-folder"), rows(project));
            node.item.collapsibleState = TreeItemCollapsibleState.Expanded;
            node.item.tooltip = project.root;
            return node;
          });
    this.changed.fire(undefined);
  }

  /** How many targets there are, and how many of them could be built now. */
  sum(): { ready: number; all: number } {
    const targets = this.projects.flatMap((project) => project.targets);
    return { ready: targets.filter((target) => target.ready).length, all: targets.length };
  }

  getTreeItem(node: Node): TreeItem {
    return node.item;
  }

  getChildren(node?: Node): Node[] {
    return node === undefined ? this.roots : node.children;
  }
}

/** The document and the range of a line's origin. */
export function placeOf(node: Node): { uri: Uri; range: Range } | undefined {
  const { project, origin } = node;
  if (project === undefined || origin === undefined) {
    return undefined;
  }
  const { start, end } = origin.range;
  return {
    uri: Uri.file(join(project.root, origin.file)),
    range: new Range(start.line - 1, start.column - 1, end.line - 1, end.column - 1),
  };
}
