//! How the server begins and ends.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use portolan_tests::{
    Folder,
    edits::Encoding,
    lsp::{Editor, Start, uri},
};
use serde_json::{Value, json};

const SECOND: Duration = Duration::from_secs(1);

fn start() -> (Folder, Editor) {
    let folder = Folder::new(&[("flake.nix", "{ }\n")]);
    let editor = Start::in_folder(&folder).start();
    (folder, editor)
}

/// Requests that keep the server busy for half a minute.
fn keep_busy(editor: &mut Editor, count: usize) -> Vec<i64> {
    let sleep = json!({"command": "portolan.test.sleep", "arguments": [30_000]});
    (0..count).map(|_| editor.request("workspace/executeCommand", &sleep)).collect()
}

#[test]
fn the_greeting_names_what_is_offered() {
    let (_folder, editor) = start();
    let offered = &editor.greeting["capabilities"];
    assert_eq!(editor.greeting["serverInfo"]["name"], "portolan");
    assert_eq!(offered["textDocumentSync"]["change"], 2);
    assert_eq!(offered["textDocumentSync"]["openClose"], true);
    assert!(offered["textDocumentSync"]["save"].is_object());
    let kinds = offered["codeActionProvider"]["codeActionKinds"].as_array().expect("kinds");
    assert!(kinds.contains(&json!("quickfix")) && kinds.contains(&json!("source.fixAll.portolan")));
    assert_eq!(offered["workspace"]["workspaceFolders"]["supported"], true);
    for other_servers_own in ["documentFormattingProvider", "foldingRangeProvider", "diagnosticProvider"] {
        assert_eq!(offered[other_servers_own], Value::Null, "{other_servers_own}");
    }
}

#[test]
fn the_encoding_is_one_that_both_know() {
    use Encoding::{Utf8, Utf16, Utf32};
    for (offered, expected) in [
        (&[Utf16][..], "utf-16"),
        (&[Utf32, Utf16], "utf-16"),
        (&[Utf32, Utf8, Utf16], "utf-8"),
        (&[Utf32], "utf-32"),
        (&[], "utf-16"),
    ] {
        let folder = Folder::new(&[("flake.nix", "{ }\n")]);
        let editor = Start::in_folder(&folder).with_encodings(offered).start();
        assert_eq!(editor.greeting["capabilities"]["positionEncoding"], expected, "{offered:?}");
    }
}

#[test]
fn pull_is_offered_only_to_a_client_that_takes_no_push() {
    let folder = Folder::new(&[("flake.nix", "{ }\n")]);
    let start = Start::in_folder(&folder)
        .with("/textDocument/publishDiagnostics", Value::Null)
        .with("/textDocument/diagnostic", json!({}));
    let mut editor = start.start();
    assert!(editor.greeting["capabilities"]["diagnosticProvider"].is_object());
    let flake = uri(&folder.path("flake.nix"));
    editor.open(&flake, "{ }\n");
    let report = editor.call("textDocument/diagnostic", &json!({"textDocument": {"uri": flake}}));
    assert_eq!(report["result"]["kind"], "full", "{report}");
    let pushed = |message: &Value| message["method"] == "textDocument/publishDiagnostics";
    assert!(!editor.drain(Duration::from_millis(100)).iter().any(pushed));
}

#[test]
fn a_client_that_says_of_neither_way_is_pushed_to() {
    for (pointer, value) in
        [("/textDocument/publishDiagnostics", Value::Null), ("/textDocument", Value::Null)]
    {
        let folder =
            Folder::new(&[(".cargo/config.toml", "[build]\ntarget = \"x86_64-unknown-linux-gnuu\"\n")]);
        let mut editor = Start::in_folder(&folder).with(pointer, value).start();
        assert!(editor.greeting["capabilities"]["diagnosticProvider"].is_null(), "{pointer}");
        let config = uri(&folder.path(".cargo/config.toml"));
        editor.open(&config, "[build]\ntarget = \"x86_64-unknown-linux-gnuu\"\n");
        let found = editor.diagnostics(&config, 1);
        assert_eq!(found[0]["code"], "unknown-target", "{pointer}: {found:?}");
    }
}

#[test]
fn exit_after_shutdown_is_0_and_without_it_1_at_once_and_when_busy() {
    for (orderly, busy) in [(true, 0), (true, 20), (false, 0), (false, 20)] {
        let (_folder, mut editor) = start();
        keep_busy(&mut editor, busy);
        if orderly {
            editor.shut_down();
        }
        editor.notify("exit", &Value::Null);
        let (code, time) = editor.end();
        assert_eq!(code, Some(i32::from(!orderly)), "orderly: {orderly}, busy: {busy}");
        assert!(time < SECOND, "orderly: {orderly}, busy: {busy}: {time:?}");
    }
}

#[test]
fn the_end_of_the_input_is_the_end() {
    for (orderly, busy) in [(true, 20), (false, 20), (false, 0)] {
        let (_folder, mut editor) = start();
        keep_busy(&mut editor, busy);
        if orderly {
            editor.shut_down();
        }
        editor.close_input();
        let (code, time) = editor.end();
        assert_eq!(code, Some(i32::from(!orderly)), "orderly: {orderly}, busy: {busy}");
        assert!(time < SECOND, "{time:?}");
    }
}

#[test]
fn the_end_of_the_input_is_the_end_though_nobody_reads_the_output() {
    let (folder, mut editor) = start();
    let flake = uri(&folder.path("flake.nix"));
    editor.set_stuck(true);
    for _ in 0..2000 {
        editor.request("portolan/nothing-of-that-name-is-known-here-and-the-answer-says-so", &json!({}));
    }
    editor.open(&flake, "{ }\n");
    editor.close_input();
    let (code, time) = editor.end();
    assert_eq!(code, Some(1));
    assert!(time < SECOND, "{time:?}");
}

#[test]
fn an_editor_that_is_no_more_takes_the_server_with_it() {
    let folder = Folder::new(&[("flake.nix", "{ }\n")]);
    let mut other = Command::new("sleep").arg("60").stdout(Stdio::null()).spawn().expect("sleep");
    let mut start = Start::in_folder(&folder);
    start.params["processId"] = other.id().into();
    let mut editor = start.start();
    editor.assert_alive();
    other.kill().and_then(|()| other.wait()).expect("an end");
    let (code, time) = editor.end();
    assert_eq!(code, Some(1));
    assert!(time < 3 * SECOND, "{time:?}");
}

#[test]
fn before_initialize_and_after_shutdown_requests_are_refused() {
    let mut editor = Editor::spawn(Vec::new());
    let hover =
        json!({"textDocument": {"uri": "file:///flake.nix"}, "position": {"line": 0, "character": 0}});
    assert_eq!(editor.call("textDocument/hover", &hover)["error"]["code"], -32002);
    let answer = editor.call("initialize", &json!({"processId": null, "rootUri": null, "capabilities": {}}));
    assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-16", "{answer}");
    editor.notify("initialized", &json!({}));
    editor.shut_down();
    assert_eq!(editor.call("textDocument/hover", &hover)["error"]["code"], -32600);
}

#[test]
fn cancelling_is_answered_while_a_hundred_requests_are_busy() {
    let (_folder, mut editor) = start();
    let ids = keep_busy(&mut editor, 100);
    for id in &ids {
        editor.notify("$/cancelRequest", &json!({"id": id}));
    }
    let begin = std::time::Instant::now();
    for id in ids {
        let answer = editor.answer(id);
        assert_eq!(answer["error"]["code"], -32800, "{answer}");
    }
    assert!(begin.elapsed() < SECOND, "{:?}", begin.elapsed());
}

#[test]
fn other_requests_are_answered_while_a_hundred_are_busy() {
    let (folder, mut editor) = start();
    keep_busy(&mut editor, 100);
    let flake = uri(&folder.path("flake.nix"));
    editor.open(&flake, "{ }\n");
    editor.diagnostics(&flake, 1);
    let begin = std::time::Instant::now();
    editor.assert_alive();
    assert!(begin.elapsed() < SECOND, "{:?}", begin.elapsed());
}

#[test]
fn a_panic_in_a_request_is_an_error_of_that_request() {
    let (_folder, mut editor) = start();
    for _ in 0..5 {
        let answer = editor.command("portolan.test.panic", &json!([]));
        assert_eq!(answer["error"]["code"], -32603, "{answer}");
    }
    editor.assert_alive();
}

#[test]
fn a_panic_in_the_analysis_is_survived() {
    let (folder, mut editor) = start();
    let flake = uri(&folder.path("flake.nix"));
    editor.open(&flake, "{ }\n");
    editor.diagnostics(&flake, 1);
    folder.write("portolan-test-panic", "");
    let event = json!({"changes": [{"uri": uri(&folder.path("portolan-test-panic")), "type": 1}]});
    editor.notify("workspace/didChangeWatchedFiles", &event);
    editor.replace(&flake, 2, "{ a = 1; }\n");
    // The request for actions waits for the analysis, and learns that there is none.
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}});
    assert_eq!(editor.actions(&flake, &range, None), Vec::<Value>::new());
    std::fs::remove_file(folder.path("portolan-test-panic")).expect("it is there");
    editor.notify("workspace/didChangeWatchedFiles", &event);
    editor.replace(&flake, 3, "{ }\n");
    editor.diagnostics(&flake, 3);
}

#[test]
fn commands_of_later_versions_say_so() {
    let (_folder, mut editor) = start();
    for (command, part) in [("portolan.build", "not trusted"), ("portolan.nonsense", "no command")] {
        let answer = editor.command(command, &json!([]));
        assert_eq!(answer["error"]["code"], -32803, "{answer}");
        assert!(
            answer["error"]["message"].as_str().is_some_and(|message| message.contains(part)),
            "{answer}"
        );
    }
    let answer = editor.call("workspace/executeCommand", &json!({"command": "portolan.explain"}));
    assert!(answer["result"].is_array(), "an editor may send no arguments: {answer}");
}

#[test]
fn hooks_are_off_unless_asked_for() {
    let folder = Folder::new(&[("flake.nix", "{ }\n")]);
    let mut start = Start::in_folder(&folder);
    start.environment.retain(|(name, _)| name != "PORTOLAN_TEST_HOOKS");
    let answer = start.start().command("portolan.test.panic", &json!([]));
    assert_eq!(answer["error"]["code"], -32803, "{answer}");
}
