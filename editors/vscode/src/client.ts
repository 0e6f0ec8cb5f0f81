//! The client library, in a file of its own: the editor reads it after the extension is active.

export * from "vscode-languageclient/node";
