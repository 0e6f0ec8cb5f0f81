#!/usr/bin/env python3
"""A second language server for the same files: a finding, a hover, an action and a formatter for whatever is opened."""

import json
import sys


def read():
    length = 0
    while line := sys.stdin.buffer.readline().strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


HERE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 4}}
CAPABILITIES = {
    "textDocumentSync": 1,
    "hoverProvider": True,
    "codeActionProvider": True,
    "documentFormattingProvider": True,
}


def answer(method, params):
    if method == "initialize":
        return {"capabilities": CAPABILITIES, "serverInfo": {"name": "stub"}}
    if method == "textDocument/hover":
        return {"contents": {"kind": "plaintext", "value": "the stub's hover"}}
    if method == "textDocument/codeAction":
        edit = {"range": {"start": HERE["start"], "end": HERE["start"]}, "newText": "# by the stub\n"}
        uri = params["textDocument"]["uri"]
        return [{"title": "the stub's action", "kind": "quickfix", "edit": {"changes": {uri: [edit]}}}]
    if method == "textDocument/formatting":
        return [{"range": {"start": HERE["start"], "end": HERE["start"]}, "newText": "# formatted by the stub\n"}]
    return None


while message := read():
    method, params = message.get("method"), message.get("params")
    if method == "exit":
        break
    if "id" in message and method:
        send({"id": message["id"], "result": answer(method, params)})
    elif method in ("textDocument/didOpen", "textDocument/didChange"):
        finding = {"range": HERE, "severity": 2, "source": "stub", "code": "stubbed", "message": "the stub's finding"}
        uri = params["textDocument"]["uri"]
        send({"method": "textDocument/publishDiagnostics", "params": {"uri": uri, "diagnostics": [finding]}})
