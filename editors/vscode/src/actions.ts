//! What a person can ask for: a build, an audit, a rule's page, the place of a line.

import { commands, type Disposable, EventEmitter, Uri, window, workspace } from "vscode";

import { type Builds, sentence } from "./builds";
import type { Audited } from "./protocol";
import type { Session } from "./session";
import { type Node, placeOf, type Targets } from "./targets";

/** The scheme of the documents that show a rule's page. */
const PAGES = "portolan-rule";

interface Page {
  rule: string;
  page: string;
  url: string;
}

/** The server's own words, without the protocol's around them. */
function tell(error: unknown): void {
  void window.showErrorMessage(`Portolan: ${error instanceof Error ? error.message : String(error)}`);
}

/** The commands, and what they share. */
export class Actions {
  constructor(
    private readonly session: Session,
    private readonly targets: Targets,
    private readonly builds: Builds,
  ) {}

  /** Everything that has to be taken away again. */
  register(): Disposable[] {
    const run = (name: string, action: (node?: Node) => Promise<void>): Disposable =>
      commands.registerCommand(`portolan.${name}`, (node?: Node) =>
        action(node).catch(tell),
      );
    return [
      run("buildTarget", (node) => this.build(node)),
      run("auditTarget", (node) => this.audit({ uri: this.folder(node), target: node?.triple })),
      run("auditBinary", () => this.auditBinary()),
      run("explainRule", () => this.explain()),
      run("openOrigin", (node) => this.open(node)),
      run("refreshTargets", () => this.refresh()),
      run("showBuilds", async () => this.builds.show()),
      workspace.registerTextDocumentContentProvider(PAGES, {
        onDidChange: new EventEmitter<Uri>().event,
        provideTextDocumentContent: async (uri) => {
          const page = await this.session.execute<Page>("portolan.explain", { rule: uri.query });
          return `# ${page.rule}\n\n${page.page}`;
        },
      }),
    ];
  }

  /** Takes the targets from the server; it tells of changes by itself. */
  async refresh(): Promise<void> {
    this.targets.show(await this.session.execute("portolan.targets"));
  }

  /** Sees commands on their way to the server: those of lenses have nobody else to show what they came to. */
  async pass(command: string, args: unknown[]): Promise<unknown> {
    if (command === "portolan.build" && !(await this.trusted())) {
      return undefined;
    }
    const [argument] = args as [{ target?: string } | undefined];
    try {
      const answer = await this.session.execute<{ files?: Audited[] } | null>(command, argument);
      if (command === "portolan.audit") {
        this.report(answer?.files ?? []);
      }
      return answer;
    } catch (error) {
      tell(error);
      return undefined;
    }
  }

  /** Whether anything may be started; asks the person to decide when not. */
  private async trusted(): Promise<boolean> {
    if (workspace.isTrusted) {
      return true;
    }
    const choice = await window.showWarningMessage(
      "Portolan builds nothing in Restricted Mode: a build runs what the project says.",
      "Manage Workspace Trust",
    );
    if (choice !== undefined) {
      await commands.executeCommand("workbench.trust.manage");
    }
    return false;
  }

  private folder(node?: Node): string | undefined {
    const root = node?.project?.root ?? this.targets.projects[0]?.root;
    return root === undefined ? undefined : Uri.file(root).toString();
  }

  private async build(node?: Node): Promise<void> {
    if (!(await this.trusted())) {
      return;
    }
    const chosen = node?.triple === undefined ? await this.choose() : { triple: node.triple, uri: this.folder(node) };
    if (chosen !== undefined) {
      await this.session.execute("portolan.build", { uri: chosen.uri, target: chosen.triple });
    }
  }

  private async choose(): Promise<{ triple: string; uri: string | undefined } | undefined> {
    const choices = this.targets.projects.flatMap((project) =>
      project.targets.map((target) => ({
        label: target.triple,
        description: target.ready ? "" : "not ready",
        detail: this.targets.projects.length > 1 ? project.root : "",
        uri: Uri.file(project.root).toString(),
      })),
    );
    const choice = await window.showQuickPick(choices, {
      placeHolder: choices.length > 0 ? "The target to build for" : "No file of this project names a target",
      matchOnDetail: true,
      ignoreFocusOut: true,
    });
    return choice && { triple: choice.label, uri: choice.uri };
  }

  private async auditBinary(): Promise<void> {
    const [file] = (await window.showOpenDialog({ openLabel: "Audit", title: "A binary to audit" })) ?? [];
    if (file !== undefined) {
      await this.audit({ path: file.fsPath });
    }
  }

  private async audit(argument: { uri?: string | undefined; target?: string | undefined; path?: string }): Promise<void> {
    const answer = await this.session.execute<{ files?: Audited[] } | null>("portolan.audit", argument);
    this.report(answer?.files ?? []);
  }

  private report(files: Audited[]): void {
    this.builds.print(files);
    const said = files.map((one) => `${one.file.split(/[/\\]/).pop() ?? ""}: ${sentence(one)}`).join("; ");
    const good = files.every((one) => one.verdict === "portable");
    const show = good ? window.showInformationMessage : window.showWarningMessage;
    void show(said === "" ? "There is no binary to audit yet." : said, "Details").then(
      (choice) => choice !== undefined && this.builds.show(),
    );
  }

  private async explain(): Promise<void> {
    const rules = await this.session.execute<{ rule: string; summary: string }[]>("portolan.explain");
    const choice = await window.showQuickPick(
      rules.map((one) => ({ label: one.rule, detail: one.summary })),
      // A walkthrough takes the focus back as soon as its step is done.
      { placeHolder: "The rule to explain", matchOnDetail: true, ignoreFocusOut: true },
    );
    if (choice !== undefined) {
      const page = Uri.from({ scheme: PAGES, path: `${choice.label}.md`, query: choice.label });
      await commands.executeCommand("markdown.showPreview", page);
    }
  }

  private async open(node?: Node): Promise<void> {
    const place = node && placeOf(node);
    if (place !== undefined) {
      await window.showTextDocument(place.uri, { selection: place.range });
    }
  }
}
