//! Tasks: the command line's check and builds, for those who bind tasks to keys.

import {
  ProcessExecution,
  Task,
  type TaskDefinition,
  TaskGroup,
  type TaskProvider,
  TaskScope,
  Uri,
  workspace,
  type WorkspaceFolder,
} from "vscode";

import type { Session } from "./session";
import type { Targets } from "./targets";

/** The kind of our tasks, and of their problem matcher. */
export const KIND = "portolan";

interface Definition extends TaskDefinition {
  command: "check" | "build";
  target?: string;
}

function argumentsOf(definition: Definition): string[] {
  const target = definition.target === undefined ? [] : [definition.target];
  return definition.command === "build" ? ["build", ...target] : ["check", ...target.flatMap((one) => ["--target", one])];
}

/** Offers `check`, and a build of each target that the view shows. */
export class Tasks implements TaskProvider {
  constructor(
    private readonly session: Session,
    private readonly targets: Targets,
  ) {}

  provideTasks(): Task[] {
    return this.targets.projects.flatMap((project) => {
      const folder = workspace.getWorkspaceFolder(Uri.file(project.root));
      const definitions: Definition[] = [
        { type: KIND, command: "check" },
        ...project.targets.map((target) => ({ type: KIND, command: "build" as const, target: target.triple })),
      ];
      return definitions.flatMap((definition) => this.task(definition, folder ?? TaskScope.Workspace, project.root));
    });
  }

  resolveTask(task: Task): Task | undefined {
    const definition = task.definition as Definition;
    const scope = task.scope ?? TaskScope.Workspace;
    const folder = typeof scope === "object" ? scope.uri.fsPath : undefined;
    // The same definition: the editor looks for what it asked for.
    return this.task(definition, scope as WorkspaceFolder | TaskScope.Workspace, folder)[0];
  }

  private task(definition: Definition, scope: WorkspaceFolder | TaskScope.Workspace, cwd: string | undefined): Task[] {
    const program = this.session.program;
    if (program === undefined || (definition.command !== "check" && definition.command !== "build")) {
      return [];
    }
    const name = [definition.command, definition.target].filter(Boolean).join(" ");
    const run = new ProcessExecution(program, argumentsOf(definition), cwd === undefined ? {} : { cwd });
    // What `check` finds, the server shows already.
    const matchers = definition.command === "build" ? [`$${KIND}`] : [];
    const task = new Task(definition, scope, name, KIND, run, matchers);
    if (definition.command === "build") {
      task.group = TaskGroup.Build;
    }
    return [task];
  }
}
