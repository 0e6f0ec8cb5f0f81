//! Inlay hints (how each target is linked) and document links, over the wire.

use std::time::Duration;

use portolan_tests::{
    Folder,
    lsp::{Editor, Start, uri},
};
use serde_json::{Value, json};

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const CONFIG: &str = "[build]\ntarget = [\n  \"x86_64-unknown-linux-musl\",\n  \"x86_64-pc-windows-msvc\",\n  \
                      \"wasm32-unknown-unknown\",\n]\n\n[target.aarch64-unknown-linux-gnu]\nlinker = \"tools/ld.sh\"\n";
const REFRESH: &str = "workspace/inlayHint/refresh";

fn project(more: &[(&str, &str)]) -> Folder {
    let mut files = vec![
        ("Cargo.toml", MANIFEST),
        ("src/main.rs", "fn main() {}\n"),
        (".cargo/config.toml", CONFIG),
        ("tools/ld.sh", "#!/bin/sh\n"),
    ];
    files.retain(|(path, _)| more.iter().all(|(other, _)| other != path));
    files.extend_from_slice(more);
    Folder::new(&files)
}

fn start(folder: &Folder, settings: Value) -> Editor {
    let mut start = Start::in_folder(folder).with("/workspace/inlayHint", json!({"refreshSupport": true}));
    start.settings = settings;
    start.start()
}

fn open(editor: &mut Editor, folder: &Folder, path: &str) -> String {
    let file = uri(&folder.path(path));
    editor.open(&file, &folder.read(path));
    file
}

/// `line: words`, from 1, of the hints between two lines, and each one's column.
fn hints(editor: &mut Editor, file: &str, lines: std::ops::Range<u32>) -> Vec<(u64, u64, String)> {
    let range =
        json!({"start": {"line": lines.start, "character": 0}, "end": {"line": lines.end, "character": 0}});
    let answer =
        editor.call("textDocument/inlayHint", &json!({"textDocument": {"uri": file}, "range": range}));
    let hints = answer["result"].as_array().cloned().unwrap_or_default();
    let one = |hint: &Value| {
        let place = &hint["position"];
        let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{hint}"));
        (
            number(&place["line"]),
            number(&place["character"]),
            hint["label"].as_str().unwrap_or_default().to_owned(),
        )
    };
    hints.iter().map(one).collect()
}

fn words(hints: &[(u64, u64, String)]) -> Vec<(u64, &str)> {
    hints.iter().map(|(line, _, label)| (*line, label.as_str())).collect()
}

#[test]
fn each_target_says_how_it_is_linked() {
    let folder = project(&[]);
    let mut editor = start(&folder, Value::Null);
    let config = open(&mut editor, &folder, ".cargo/config.toml");
    let all = hints(&mut editor, &config, 0..20);
    assert_eq!(words(&all), [(2, "static"), (3, "dynamic"), (7, "dynamic")]);
    // Behind the closing quote, and behind the table's bracket.
    assert_eq!(all[0].1, 29);
    assert_eq!(all[2].1, 34);
    assert_eq!(words(&hints(&mut editor, &config, 3..4)), [(3, "dynamic")]);
}

#[test]
fn flags_in_another_file_change_them_and_the_editor_is_told() {
    let folder = project(&[("rust-toolchain.toml", "[toolchain]\n")]);
    let mut editor = start(&folder, Value::Null);
    let config = open(&mut editor, &folder, ".cargo/config.toml");
    let flags = "\n[target.x86_64-pc-windows-msvc]\nrustflags = [\"-C\", \"target-feature=+crt-static\"]\n";
    editor.replace(&config, 2, &format!("{CONFIG}{flags}"));
    assert_eq!(words(&hints(&mut editor, &config, 0..4)), [(2, "static"), (3, "static")]);
    let range = json!({"start": {"line": 3, "character": 0}, "end": {"line": 4, "character": 0}});
    let answer =
        editor.call("textDocument/inlayHint", &json!({"textDocument": {"uri": config}, "range": range}));
    let why = answer["result"][0]["tooltip"].as_str().unwrap_or_default();
    assert!(
        why.contains("target.x86_64-pc-windows-msvc.rustflags") && why.contains(".cargo/config.toml"),
        "{why}"
    );

    editor.drain(Duration::from_millis(300));
    editor.asked.clear();
    // A toolchain that names one more target changes no file that is open.
    let toolchain = open(&mut editor, &folder, "rust-toolchain.toml");
    editor.replace(&toolchain, 2, "[toolchain]\ntargets = [\"i686-unknown-linux-musl\"]\n");
    let asked = (0..50).any(|_| {
        editor.drain(Duration::from_millis(200));
        editor.asked.iter().any(|method| method == REFRESH)
    });
    assert!(asked, "{:?}", editor.asked);
    assert_eq!(words(&hints(&mut editor, &toolchain, 0..4)), [(1, "static")]);
    assert_eq!(words(&hints(&mut editor, &config, 0..4)), [(2, "static"), (3, "static")]);
}

#[test]
fn settings_turn_them_off_and_the_user_has_the_last_word() {
    let off = ("portolan.toml", "[inlayHints]\nenable = false\n");
    for (settings, more, shown) in [
        (json!({"inlayHints": {"enable": false}}), None, false),
        (Value::Null, Some(off), false),
        (json!({"inlayHints": {"enable": true}}), Some(off), true),
        (Value::Null, None, true),
    ] {
        let folder = project(more.as_slice());
        let mut editor = start(&folder, settings.clone());
        let config = open(&mut editor, &folder, ".cargo/config.toml");
        // The settings come when the server has asked for them.
        let is_right = (0..50).any(|_| {
            editor.drain(Duration::from_millis(50));
            hints(&mut editor, &config, 0..20).is_empty() != shown
        });
        assert!(is_right, "{settings} {more:?}");
    }
}

fn links(editor: &mut Editor, file: &str) -> Vec<(u64, u64, u64, String)> {
    let answer = editor.call("textDocument/documentLink", &json!({"textDocument": {"uri": file}}));
    let links = answer["result"].as_array().cloned().unwrap_or_default();
    let one = |link: &Value| {
        let (start, end) = (&link["range"]["start"], &link["range"]["end"]);
        let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{link}"));
        let target = link["target"].as_str().unwrap_or_default().to_owned();
        (number(&start["line"]), number(&start["character"]), number(&end["character"]), target)
    };
    links.iter().map(one).collect()
}

#[test]
fn names_of_rules_lead_to_their_pages_and_paths_to_files() {
    let config = "# portolan: allow-file(missing-linker, no-such-rule) the boat links it\n\
                  [target.aarch64-unknown-linux-gnu]\nlinker = \"tools/ld.sh\"\nrunner = 'tools/absent.sh'\nar = \"ar\"\n";
    let severity = "[diagnostics.severity]\nmissing-linker = \"hint\"\nno-such = \"off\"\n";
    let cross = "[target.aarch64-unknown-linux-gnu]\ndockerfile = \"tools/ld.sh\"\n";
    let folder =
        project(&[(".cargo/config.toml", config), ("portolan.toml", severity), ("Cross.toml", cross)]);
    let mut editor = start(&folder, Value::Null);
    let script = uri(&folder.path("tools/ld.sh"));

    let file = open(&mut editor, &folder, ".cargo/config.toml");
    let found = links(&mut editor, &file);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((found[0].0, found[0].1, found[0].2), (0, 23, 37));
    assert!(found[0].3.ends_with("/rules/missing_linker/index.html"), "{found:?}");
    assert_eq!(found[1], (2, 10, 21, script.clone()));

    let file = open(&mut editor, &folder, "portolan.toml");
    let found = links(&mut editor, &file);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].3.ends_with("/rules/missing_linker/index.html"), "{found:?}");

    let file = open(&mut editor, &folder, "Cross.toml");
    assert_eq!(links(&mut editor, &file), [(1, 14, 25, script)]);
}
