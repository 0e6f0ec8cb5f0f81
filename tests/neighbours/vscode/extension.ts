//! Starts other servers on the files that Portolan looks at, as their extensions do: the stub, and tombi.
//! NEIGHBOURS in the environment: JSON, name to command line.

import type { ExtensionContext } from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

export async function activate(context: ExtensionContext): Promise<void> {
  const neighbours = JSON.parse(process.env["NEIGHBOURS"] ?? "{}") as Record<string, string[]>;
  for (const [name, [command = "", ...args]] of Object.entries(neighbours)) {
    const client = new LanguageClient(name, name, { command, args }, {
      documentSelector: [{ scheme: "file", pattern: "**/*.toml" }],
    });
    context.subscriptions.push(client);
    await client.start();
  }
}
