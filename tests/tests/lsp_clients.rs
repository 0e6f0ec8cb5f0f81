//! Clients that can less, or do it otherwise; texts and places as they really are.

use std::{fs, time::Duration};

use portolan_tests::{
    Folder,
    edits::{Encoding, apply_workspace},
    lsp::{Editor, Start, uri},
};
use serde_json::{Value, json};

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const TYPO: &str = "[build]\ntarget = \"x86_64-unknown-linux-gnuu\"\n";
const NEEDS_LINKER: &str = "[build]\ntarget = \"aarch64-unknown-linux-gnu\"\n";
const LINKER: &str = "[target.aarch64-unknown-linux-gnu]\nlinker = \"aarch64-linux-gnu-gcc\"\n";
const REFRESH: &str = "workspace/diagnostic/refresh";

fn project(config: &str) -> Folder {
    Folder::new(&[
        ("Cargo.toml", MANIFEST),
        ("src/main.rs", "fn main() {}\n"),
        (".cargo/config.toml", config),
    ])
}

/// A client that pulls, and says so when it can be told to pull again.
fn pulling(folder: &Folder, refreshes: bool) -> Editor {
    let mut start = Start::in_folder(folder)
        .with("/textDocument/publishDiagnostics", Value::Null)
        .with("/textDocument/diagnostic", json!({"dynamicRegistration": false}));
    if refreshes {
        start = start.with("/workspace/diagnostics", json!({"refreshSupport": true}));
    }
    start.settings = json!({"host": "x86_64-unknown-linux-gnu"});
    start.start()
}

fn pulled(editor: &mut Editor, uri: &str) -> Vec<String> {
    let answer = editor.call("textDocument/diagnostic", &json!({"textDocument": {"uri": uri}}));
    let items = answer["result"]["items"].as_array().unwrap_or_else(|| panic!("{answer}"));
    items.iter().map(|item| item["code"].as_str().unwrap_or_default().to_owned()).collect()
}

fn asked(editor: &mut Editor, method: &str) -> usize {
    editor.drain(Duration::from_millis(300));
    let count = editor.asked.iter().filter(|one| *one == method).count();
    editor.asked.clear();
    count
}

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().filter_map(|one| one["code"].as_str()).collect()
}

fn disk_changed(editor: &mut Editor, uri: &str) {
    editor.notify("workspace/didChangeWatchedFiles", &json!({"changes": [{"uri": uri, "type": 2}]}));
}

#[test]
fn a_client_that_pulls_is_told_to_pull_again_when_others_change_its_diagnostics() {
    let folder = project(NEEDS_LINKER);
    let mut editor = pulling(&folder, true);
    let config = uri(&folder.path(".cargo/config.toml"));
    editor.open(&config, NEEDS_LINKER);
    assert_eq!(pulled(&mut editor, &config), ["missing-linker"]);
    assert_eq!(asked(&mut editor, REFRESH), 0, "it pulled what it opened by itself");
    // Its own edit: it pulls by itself.
    editor.replace(&config, 2, "[build]\n");
    assert_eq!(pulled(&mut editor, &config), Vec::<String>::new());
    editor.replace(&config, 3, NEEDS_LINKER);
    assert_eq!(pulled(&mut editor, &config), ["missing-linker"]);
    assert_eq!(asked(&mut editor, REFRESH), 0);
    // A file that something else writes.
    folder.write("Cross.toml", "[target.aarch64-unknown-linux-gnu]\nimage = \"mine\"\n");
    disk_changed(&mut editor, &uri(&folder.path("Cross.toml")));
    editor.drain(Duration::from_millis(300));
    assert_eq!(pulled(&mut editor, &config), Vec::<String>::new(), "cross brings its linker");
    assert_eq!(asked(&mut editor, REFRESH), 1);
    // A change that changes nothing for it.
    folder.write("Cross.toml", "[target.aarch64-unknown-linux-gnu]\nimage = \"yours\"\n");
    disk_changed(&mut editor, &uri(&folder.path("Cross.toml")));
    assert_eq!(asked(&mut editor, REFRESH), 0);
    // Its own edit of another file.
    fs::remove_file(folder.path("Cross.toml")).expect("it is there");
    disk_changed(&mut editor, &uri(&folder.path("Cross.toml")));
    assert_eq!(asked(&mut editor, REFRESH), 1);
    let portolan = uri(&folder.path("portolan.toml"));
    editor.open(&portolan, "");
    editor.replace(&portolan, 2, "[diagnostics.severity]\nmissing-linker = \"off\"\n");
    assert_eq!(pulled(&mut editor, &config), Vec::<String>::new());
    assert_eq!(asked(&mut editor, REFRESH), 1);
    // And the settings.
    editor.replace(&portolan, 3, "");
    assert_eq!(asked(&mut editor, REFRESH), 1);
    editor.settings = json!({"host": "aarch64-unknown-linux-gnu"});
    editor.notify("workspace/didChangeConfiguration", &json!({"settings": null}));
    assert_eq!(asked(&mut editor, REFRESH), 1);
    assert_eq!(pulled(&mut editor, &config), Vec::<String>::new());
}

#[test]
fn a_client_that_pulls_and_cannot_be_told_is_left_alone() {
    let folder = project(NEEDS_LINKER);
    let mut editor = pulling(&folder, false);
    let config = uri(&folder.path(".cargo/config.toml"));
    editor.open(&config, NEEDS_LINKER);
    assert_eq!(pulled(&mut editor, &config), ["missing-linker"]);
    folder.write("Cross.toml", "[target.aarch64-unknown-linux-gnu]\n");
    disk_changed(&mut editor, &uri(&folder.path("Cross.toml")));
    assert_eq!(asked(&mut editor, REFRESH), 0);
    // One that takes pushed diagnostics is told nothing, either.
    let mut start = Start::in_folder(&folder).with("/workspace/diagnostics", json!({"refreshSupport": true}));
    start.settings = json!({"host": "x86_64-unknown-linux-gnu"});
    let mut editor = start.start();
    editor.open(&config, NEEDS_LINKER);
    editor.diagnostics(&config, 1);
    fs::remove_file(folder.path("Cross.toml")).expect("it is there");
    disk_changed(&mut editor, &uri(&folder.path("Cross.toml")));
    editor.diagnostics_that(&config, |found| codes(found) == ["missing-linker"]);
    assert_eq!(asked(&mut editor, REFRESH), 0);
}

#[test]
fn every_name_that_a_diagnostic_may_have_is_explained() {
    let folder = project(TYPO);
    let mut editor = Start::in_folder(&folder).start();
    for (name, words) in [
        ("missing-linker", "linker"),
        ("glibc-floor", "glibc"),
        ("linker-not-found", "linker"),
        ("protoc-not-found", "protoc"),
    ] {
        let answer = editor.command("portolan.explain", &json!([{"rule": name}]));
        let page = answer["result"]["page"].as_str().unwrap_or_else(|| panic!("{name}: {answer}"));
        assert!(page.to_lowercase().contains(words) && page.len() > 100, "{name}: {page}");
        assert!(answer["result"]["url"].to_string().contains("https://"), "{answer}");
    }
    let list = editor.command("portolan.explain", &json!([]))["result"].clone();
    let names: Vec<&str> =
        list.as_array().into_iter().flatten().filter_map(|one| one["rule"].as_str()).collect();
    for name in ["missing-linker", "glibc-floor", "linker-not-found"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let none = editor.command("portolan.explain", &json!([{"rule": "no-such-rule"}]));
    assert_eq!(none["error"]["code"], -32602, "{none}");
}

#[test]
fn a_client_that_registers_nothing_sees_the_disk_when_it_opens_and_saves() {
    let folder = project(NEEDS_LINKER);
    let mut start = Start::in_folder(&folder)
        .with("/workspace/didChangeWatchedFiles", Value::Null)
        .with("/workspace/didChangeConfiguration", Value::Null)
        .with("/workspace/configuration", Value::Null);
    start.params["initializationOptions"] = json!({"host": "x86_64-unknown-linux-gnu"});
    let mut editor = start.start();
    let config = uri(&folder.path(".cargo/config.toml"));
    editor.diagnostics_that(&config, |found| codes(found) == ["missing-linker"]);
    assert!(editor.registered.is_empty(), "{:?}", editor.registered);
    folder.write("Cross.toml", "[target.aarch64-unknown-linux-gnu]\n");
    let manifest = uri(&folder.path("Cargo.toml"));
    editor.open(&manifest, MANIFEST);
    editor.diagnostics_that(&config, <[Value]>::is_empty);
    fs::remove_file(folder.path("Cross.toml")).expect("it is there");
    editor.notify("textDocument/didSave", &json!({"textDocument": {"uri": manifest}}));
    editor.diagnostics_that(&config, |found| codes(found) == ["missing-linker"]);
    // Settings come with the message itself.
    let settings = json!({"settings": {"portolan": {"diagnostics.severity": {"missing-linker": "off"}}}});
    editor.notify("workspace/didChangeConfiguration", &settings);
    editor.diagnostics_that(&config, <[Value]>::is_empty);
}

/// Fixes all of a document in every form that a text may have: only the triple changes.
#[test]
fn line_ends_marks_and_missing_ends_are_kept_by_fixes() {
    let plain = "# é𝄞\n[build]\ntarget = \"x86_64-unknown-linux-gnuu\"";
    let forms = [
        plain.to_owned(),
        format!("{plain}\n"),
        format!("{plain}\n").replace('\n', "\r\n"),
        format!("\u{feff}{plain}\n"),
        format!("\u{feff}{plain}").replace('\n', "\r\n"),
        format!("{plain}\r\n# the rest has other ends\n"),
    ];
    for form in forms {
        // Editors keep the mark to themselves: the document comes without it, the disk has it.
        for shown in [form.clone(), form.trim_start_matches('\u{feff}').to_owned()] {
            let folder = project(&form);
            let mut editor = Start::in_folder(&folder).start();
            let config = uri(&folder.path(".cargo/config.toml"));
            editor.open(&config, &shown);
            let found = editor.diagnostics(&config, 1);
            assert_eq!(codes(&found), ["unknown-target"], "{shown:?}");
            let actions = editor.actions(&config, &found[0]["range"], Some("quickfix"));
            let fix = actions.iter().find(|one| one["isPreferred"] == true);
            let fix = fix.unwrap_or_else(|| panic!("{shown:?}: {actions:?}"));
            let mut texts = [(config.clone(), shown.clone())].into_iter().collect();
            apply_workspace(&mut texts, &fix["edit"], Encoding::Utf16);
            assert_eq!(texts[&config], shown.replace("gnuu", "gnu"));
        }
    }
}

#[test]
fn a_document_that_is_on_no_disk_is_diagnosed_where_its_path_puts_it() {
    let folder = Folder::new(&[("Cargo.toml", MANIFEST), ("src/main.rs", "fn main() {}\n")]);
    let mut editor = Start::in_folder(&folder).start();
    // Named, and not saved yet.
    let config = uri(&folder.path(".cargo/config.toml"));
    editor.open(&config, TYPO);
    assert_eq!(codes(&editor.diagnostics(&config, 1)), ["unknown-target"]);
    // Without a path it is nobody's, and nothing is said of it.
    editor.open("untitled:Untitled-1", TYPO);
    editor.open("untitled:/config.toml", TYPO);
    editor.assert_alive();
    let rest = editor.drain(Duration::from_millis(200));
    assert!(!rest.iter().any(|one| one["params"]["uri"].to_string().contains("untitled")), "{rest:#?}");
    editor.notify("textDocument/didClose", &json!({"textDocument": {"uri": config}}));
    editor.diagnostics_that(&config, <[Value]>::is_empty);
}

#[test]
fn odd_paths_are_projects_like_others() {
    for name in ["with space", "100%25 sure", "ünïcode 目", "a#b?c", "[brackets]", "c:drive"] {
        let folder = Folder::new(&[]);
        for (path, text) in
            [("Cargo.toml", MANIFEST), ("src/main.rs", "fn main() {}\n"), (".cargo/config.toml", TYPO)]
        {
            folder.write(&format!("{name}/{path}"), text);
        }
        let mut start = Start::in_folder(&folder);
        start.folders = Some(vec![uri(&folder.path(name))]);
        let mut editor = start.start();
        let config = uri(&folder.path(&format!("{name}/.cargo/config.toml")));
        let found = editor.diagnostics_that(&config, |found| !found.is_empty());
        assert_eq!(codes(&found), ["unknown-target"], "{name}");
        // The client's own spelling of the same file.
        let spelled = config.replace("%20", " ").replace("%3A", ":").replace("%5B", "[").replace("%5D", "]");
        let spelled = if spelled.contains([' ', '[']) { config.clone() } else { spelled };
        editor.open(&spelled, TYPO);
        assert_eq!(codes(&editor.diagnostics(&spelled, 1)), ["unknown-target"], "{spelled}");
    }
}

#[cfg(unix)]
#[test]
fn a_root_that_is_a_link_is_a_project_under_the_name_that_the_editor_uses() {
    let folder = project(TYPO);
    let other = Folder::new(&[]);
    let link = other.path("link");
    std::os::unix::fs::symlink(folder.root(), &link).expect("a link");
    let mut start = Start::in_folder(&folder);
    start.folders = Some(vec![uri(&link)]);
    let mut editor = start.start();
    let config = uri(&link.join(".cargo/config.toml"));
    let found = editor.diagnostics_that(&config, |found| !found.is_empty());
    assert_eq!(codes(&found), ["unknown-target"]);
    editor.open(&config, TYPO);
    let found = editor.diagnostics(&config, 1);
    let actions = editor.actions(&config, &found[0]["range"], Some("quickfix"));
    assert!(actions[0]["edit"].to_string().contains(&config), "{actions:?}");
}

#[test]
fn a_root_that_vanishes_takes_its_diagnostics_with_it_and_comes_back() {
    let folder = Folder::new(&[]);
    let write = || {
        folder.write("app/Cargo.toml", MANIFEST);
        folder.write("app/src/main.rs", "fn main() {}\n");
        folder.write("app/.cargo/config.toml", TYPO);
    };
    write();
    let mut start = Start::in_folder(&folder);
    start.folders = Some(vec![uri(&folder.path("app"))]);
    let mut editor = start.start();
    let config = uri(&folder.path("app/.cargo/config.toml"));
    editor.diagnostics_that(&config, |found| codes(found) == ["unknown-target"]);
    fs::remove_dir_all(folder.path("app")).expect("it is there");
    let gone = |path: &str| json!({"uri": uri(&folder.path(path)), "type": 3});
    let changes = json!({"changes": [gone("app/Cargo.toml"), gone("app/.cargo/config.toml")]});
    editor.notify("workspace/didChangeWatchedFiles", &changes);
    editor.diagnostics_that(&config, <[Value]>::is_empty);
    editor.assert_alive();
    write();
    disk_changed(&mut editor, &uri(&folder.path("app/Cargo.toml")));
    disk_changed(&mut editor, &config);
    editor.diagnostics_that(&config, |found| codes(found) == ["unknown-target"]);
}

#[test]
fn a_build_script_of_any_name_counts_as_it_is_on_the_disk() {
    let guarded = "fn main() {\n    if cfg!(windows) {\n        println!(\"cargo::rustc-link-lib=ws2_32\");\n    }\n}\n";
    let manifest = MANIFEST.replace("edition", "build = \"tools/generate.rs\"\nedition");
    let folder = Folder::new(&[
        ("Cargo.toml", &manifest),
        ("src/main.rs", "fn main() {}\n"),
        ("tools/generate.rs", "fn main() {}\n"),
        (
            ".cargo/config.toml",
            "[build]\ntarget = \"x86_64-pc-windows-gnu\"\n[target.x86_64-pc-windows-gnu]\nlinker = \"x86_64-w64-mingw32-gcc\"\n",
        ),
    ]);
    let mut editor = Start::in_folder(&folder).start();
    let script = uri(&folder.path("tools/generate.rs"));
    editor.assert_alive();
    folder.write("tools/generate.rs", guarded);
    disk_changed(&mut editor, &script);
    editor.diagnostics_that(&script, |found| codes(found) == ["missing-build-script-guard"]);
    folder.write("tools/generate.rs", "fn main() {}\n");
    disk_changed(&mut editor, &script);
    editor.diagnostics_that(&script, <[Value]>::is_empty);
    folder.write("tools/generate.rs", guarded);
    disk_changed(&mut editor, &script);
    editor.diagnostics_that(&script, |found| !found.is_empty());
    fs::remove_file(folder.path("tools/generate.rs")).expect("it is there");
    editor.notify("workspace/didChangeWatchedFiles", &json!({"changes": [{"uri": script, "type": 3}]}));
    editor.diagnostics_that(&script, <[Value]>::is_empty);
}

#[test]
fn completions_and_hovers_between_edits_speak_of_the_newest_text() {
    let folder = project(NEEDS_LINKER);
    let mut editor = Start::in_folder(&folder).start();
    let config = uri(&folder.path(".cargo/config.toml"));
    editor.open(&config, NEEDS_LINKER);
    // Typed letter by letter, a question after each: none of them is about an older text.
    let mut text = format!("{NEEDS_LINKER}{LINKER}");
    editor.replace(&config, 2, &text);
    let line = text.lines().count();
    for (count, letter) in "\n[target.x86_64-unknown-linux-mu".chars().enumerate() {
        let at = {
            let last = text.rsplit('\n').next().unwrap_or_default();
            json!({"line": text.matches('\n').count(), "character": last.len()})
        };
        text.push(letter);
        let version = i64::try_from(count).expect("small") + 3;
        editor.change(
            &config,
            version,
            &json!([{"range": {"start": at, "end": at}, "text": letter.to_string()}]),
        );
        let end = json!({"line": text.matches('\n').count(), "character": text.rsplit('\n').next().map_or(0, str::len)});
        let params = json!({"textDocument": {"uri": config}, "position": end});
        editor.request("textDocument/completion", &params);
        editor.request("textDocument/hover", &params);
        editor.request("textDocument/codeAction", &json!({"textDocument": {"uri": config}, "range": {"start": end, "end": end}, "context": {"diagnostics": []}}));
    }
    let end = json!({"line": text.matches('\n').count(), "character": text.rsplit('\n').next().map_or(0, str::len)});
    let params = json!({"textDocument": {"uri": config}, "position": end});
    let answer = editor.call("textDocument/completion", &params);
    let labels: Vec<&str> =
        answer["result"].as_array().into_iter().flatten().filter_map(|item| item["label"].as_str()).collect();
    assert!(labels.contains(&"x86_64-unknown-linux-musl"), "line {line}: {labels:?}");
}
