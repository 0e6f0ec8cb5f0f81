//! Bytes that are no message cost one answer, never the session.

use std::time::Duration;

use portolan_tests::{
    Folder,
    lsp::{Editor, Start, framed},
};
use serde_json::{Value, json};

fn editor() -> (Folder, Editor) {
    let folder = Folder::new(&[("flake.nix", "{ }\n")]);
    let editor = Start::in_folder(&folder).start();
    (folder, editor)
}

fn error(editor: &mut Editor) -> Value {
    editor.wait_for("an error", |message| message["error"].is_object() && message["id"].is_null())
}

#[test]
fn each_kind_of_nonsense_is_answered_and_the_next_message_is_understood() {
    for (bytes, code) in [
        (&b"this is no header\r\n\r\n"[..], -32700),
        (b"Content-Length: many\r\n\r\n", -32700),
        (b"Content-Length: -5\r\n\r\n", -32700),
        (b"Content-Length: 99999999999999\r\n\r\n", -32700),
        (b"Content-Length: 70000000\r\n\r\n", -32700),
        (b"Content-Length: 9\r\n\r\n{\"a\":\"\xff\"}", -32700),
        (b"Content-Length: 7\r\n\r\n{\"a\": 1", -32700),
        (b"Content-Length: 2\r\n\r\n[]", -32600),
        (b"Content-Length: 2\r\n\r\n{}", -32600),
        (b"Content-Length: 4\r\n\r\nnull", -32600),
        (b"Content-Length: 17\r\n\r\n{\"id\":{},\"a\":\"b\"}", -32600),
        (b"\0\x01\x02\xff\xfe\n", -32700),
    ] {
        let (_folder, mut editor) = editor();
        editor.send_raw(bytes);
        let answer = error(&mut editor);
        assert_eq!(answer["error"]["code"], code, "{:?}: {answer}", String::from_utf8_lossy(bytes));
        editor.assert_alive();
    }
}

#[test]
fn a_length_that_is_too_large_costs_one_message() {
    let (_folder, mut editor) = editor();
    editor.send_raw(b"Content-Length: 60\r\n\r\n{}");
    editor.assert_alive();
}

#[test]
fn a_request_that_nobody_knows_gets_its_answer() {
    let (_folder, mut editor) = editor();
    for method in ["no/such", "$/no/such"] {
        let answer = editor.call(method, &json!({}));
        assert_eq!(answer["error"]["code"], -32601, "{method}: {answer}");
    }
    editor.notify("$/no/such", &json!({}));
    let answer = editor.call("textDocument/hover", &json!({"textDocument": 7}));
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    editor.assert_alive();
}

#[test]
fn messages_cut_and_glued_anyhow_are_the_same_messages() {
    let (_folder, mut editor) = editor();
    let command = json!({"command": "portolan.explain", "arguments": []});
    let request = |id: &str| {
        framed(&json!({"jsonrpc": "2.0", "id": id, "method": "workspace/executeCommand", "params": command}))
    };
    let mut bytes = request("a");
    bytes.extend(request("b"));
    for byte in &bytes {
        editor.send_raw(&[*byte]);
    }
    editor.send_raw(&[request("c"), request("d")].concat());
    for id in ["a", "b", "c", "d"] {
        editor.wait_for(id, |message| message["id"] == id && message["result"].is_array());
    }
}

#[test]
fn a_large_document_is_taken() {
    let (folder, mut editor) = editor();
    let uri = portolan_tests::lsp::uri(&folder.path("flake.nix"));
    let text = format!("{{ }}\n{}", "# a comment that is long\n".repeat(100_000));
    editor.open(&uri, &text);
    let held = editor.command("portolan.test.text", &json!([uri]));
    assert_eq!(held["result"].as_str().map(str::len), Some(text.len()));
    assert!(editor.drain(Duration::from_millis(50)).iter().all(|message| message["error"].is_null()));
}
