//! Starts other servers on the files that Portolan looks at, as their extensions do.
//! NEIGHBOURS in the environment: JSON, name to command line and file types.

import type { ExtensionContext } from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

interface Neighbour {
  command: string[];
  filetypes: string[];
}

const PATTERNS: Record<string, string> = { toml: "**/*.toml", nix: "**/*.nix", rust: "**/*.rs" };

export async function activate(context: ExtensionContext): Promise<void> {
  const neighbours = JSON.parse(process.env["NEIGHBOURS"] ?? "{}") as Record<string, Neighbour>;
  for (const [name, { command: [command = "", ...args], filetypes }] of Object.entries(neighbours)) {
    const client = new LanguageClient(name, name, { command, args }, {
      documentSelector: filetypes.map((type) => ({ scheme: "file", pattern: PATTERNS[type] ?? type })),
    });
    context.subscriptions.push(client);
    await client.start();
  }
}
