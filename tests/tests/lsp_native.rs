//! Native code in the editor: what a dependency brings, the way to it, and the features that change it.

use std::time::Duration;

use portolan_tests::{
    Folder,
    edits::{Encoding, position, span},
    lsp::{Editor, Start, uri},
};
use serde_json::{Value, json};

/// rusqlite without its bundled SQLite, for musl, with a lock file and cargo's caches.
const FIXTURE: &str = include_str!("../../fixtures/rules/system-library/sqlite-on-musl.txt");

fn project() -> (Folder, String) {
    let files: Vec<(String, String)> = FIXTURE
        .split("#- ")
        .skip(1)
        .map(|file| {
            let (path, text) = file.split_once('\n').expect("a path and a text");
            let lines = text.lines().filter(|line| !line.starts_with("#^"));
            let text: Vec<&str> = lines.collect();
            (path.trim().replace("$CARGO_HOME/", "no-cargo-home/"), format!("{}\n", text.join("\n")))
        })
        .collect();
    let all: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let manifest = files.iter().find(|(path, _)| path == "Cargo.toml").expect("a manifest");
    (Folder::new(&all), manifest.1.clone())
}

fn at(text: &str, part: &str, behind: usize) -> Value {
    let offset = text.find(part).expect("the part is in the text") + behind;
    let (line, character) = position(text, offset, Encoding::Utf16);
    json!({"line": line, "character": character})
}

fn ask(editor: &mut Editor, method: &str, uri: &str, place: &Value) -> Value {
    editor.call(method, &json!({"textDocument": {"uri": uri}, "position": place}))["result"].clone()
}

#[test]
fn hover_tells_what_native_code_a_dependency_brings() {
    let (folder, text) = project();
    let mut editor = Start::in_folder(&folder).start();
    let manifest = uri(&folder.path("Cargo.toml"));
    editor.open(&manifest, &text);
    let page = ask(&mut editor, "textDocument/hover", &manifest, &at(&text, "rusqlite", 2));
    let markdown = page["contents"]["value"].as_str().unwrap_or_default();
    for part in ["rusqlite", "libsqlite3-sys", "takes SQLite from the system", "x86_64-unknown-linux-musl"] {
        assert!(markdown.contains(part), "{part} is not in {markdown}");
    }
    let (start, end) = span(&text, &page["range"], Encoding::Utf16);
    assert_eq!(&text[start..end], "rusqlite");
}

#[test]
fn completion_offers_the_features_of_the_locked_version() {
    let (folder, text) = project();
    let mut editor = Start::in_folder(&folder).start();
    let manifest = uri(&folder.path("Cargo.toml"));
    let whole = text.replace("\"0.37\"", "{ version = \"0.37\", features = [\"\"] }");
    let half = text.replace("\"0.37\"", "{ version = \"0.37\", features = [\"bun");
    let table = text.replace(
        "rusqlite = \"0.37\"",
        "[dependencies.rusqlite]\nversion = \"0.37\"\nfeatures = [\n    \"bun\n",
    );
    editor.open(&manifest, &text);
    for (version, text, part) in [(2, whole, "features = [\""), (3, half, "[\"bun"), (4, table, "    \"bun")]
    {
        editor.replace(&manifest, version, &text);
        let place = at(&text, part, part.len());
        let items = ask(&mut editor, "textDocument/completion", &manifest, &place);
        let items = items.as_array().unwrap_or_else(|| panic!("no items in {text}"));
        let item = items.iter().find(|item| item["label"] == "bundled").expect("the feature");
        assert_eq!(item["textEdit"]["newText"], "bundled");
        assert!(items.iter().all(|item| item["label"] != "x86_64-unknown-linux-gnu"), "no triples");
    }
}

#[test]
fn an_action_shows_the_path_to_a_native_crate() {
    let (folder, text) = project();
    let mut editor = Start::in_folder(&folder).start();
    let manifest = uri(&folder.path("Cargo.toml"));
    editor.open(&manifest, &text);
    let place = at(&text, "rusqlite", 2);
    let actions = editor.actions(&manifest, &json!({"start": place, "end": place}), Some("quickfix"));
    let titles: Vec<&str> = actions.iter().filter_map(|action| action["title"].as_str()).collect();
    let show = actions.iter().find(|action| action["title"] == "Show the path to libsqlite3-sys");
    let command = show.unwrap_or_else(|| panic!("{titles:?}"))["command"].clone();
    assert!(titles.iter().any(|title| title.starts_with("Build SQLite from source")), "{titles:?}");
    let name = command["command"].as_str().expect("a command").to_owned();
    let answer = editor.command(&name, &command["arguments"]);
    let expected = "app → rusqlite → libsqlite3-sys (x86_64-unknown-linux-musl)";
    assert_eq!(answer["result"], expected);
    let shown = editor.wait_up_to(Duration::from_secs(20), |message| {
        message["method"] == "window/showMessage" && message["params"]["message"] == expected
    });
    assert!(shown.is_some(), "the text is shown, too");
    let refused = editor.command(&name, &json!([{"crate": "serde"}]));
    assert!(refused["error"]["message"].as_str().is_some_and(|why| why.contains("serde")), "{refused}");
}

#[test]
fn hover_says_what_is_likely_before_cargo_has_run() {
    let text = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nserde = \"1\"\nreqwest = \"0.12\"\n";
    let lock = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n";
    let config = "[build]\ntarget = \"x86_64-unknown-linux-musl\"\n";
    let files = [("Cargo.toml", text), (".cargo/config.toml", config), ("src/main.rs", "fn main() {}\n")];
    for (lock, gap) in [(None, "`cargo generate-lockfile`"), (Some(lock), "Cargo.lock does not have reqwest")]
    {
        let lock = lock.map(|lock| ("Cargo.lock", lock));
        let all: Vec<(&str, &str)> = files.into_iter().chain(lock).collect();
        let folder = Folder::new(&all);
        let mut editor = Start::in_folder(&folder).start();
        let manifest = uri(&folder.path("Cargo.toml"));
        editor.open(&manifest, text);
        let page = ask(&mut editor, "textDocument/hover", &manifest, &at(text, "reqwest", 2));
        let markdown = page["contents"]["value"].as_str().unwrap_or_default();
        for part in ["**reqwest** brings native code", "`openssl-sys`: takes OpenSSL from the system", gap] {
            assert!(markdown.contains(part), "{part} is not in {markdown}");
        }
        let page = ask(&mut editor, "textDocument/hover", &manifest, &at(text, "serde", 2));
        assert!(!page.to_string().contains("native code"), "{page}");
    }
}
