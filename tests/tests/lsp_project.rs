//! Findings in the editor: shown, followed across files, and mended.

use std::{collections::BTreeMap, time::Duration};

use portolan_tests::{
    Folder,
    edits::{Encoding, apply_workspace, span},
    lsp::{Editor, Start, uri},
};
use serde_json::{Value, json};

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
/// A typo behind characters of one, two and four bytes, with another one on the same line.
const TYPOS: &str =
    "[build]\r\n# é𝄞\r\ntarget = [ 'x86_64-unknown-linux-gnuu', 'wasm32-unknown-unknwon' ] # é𝄞\r\n";
const NEEDS_LINKER: &str = "[build]\ntarget = \"aarch64-unknown-linux-gnu\"\n";
const LINKER: &str = "[target.aarch64-unknown-linux-gnu]\nlinker = \"aarch64-linux-gnu-gcc\"\n";
const SHELL: &str = "{
  inputs.nixpkgs.url = \"github:NixOS/nixpkgs\";
  outputs = { self, nixpkgs }:
    let pkgs = import nixpkgs { system = \"x86_64-linux\"; };
    in {
      devShells.x86_64-linux.default = pkgs.mkShell {
        packages = [ pkgs.cargo ];
      };
    };
}
";

fn shell_with_linker() -> String {
    let linker = "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER = \"aarch64-unknown-linux-gnu-gcc\";";
    SHELL.replace("packages = [ pkgs.cargo ];", &format!("packages = [ pkgs.cargo ];\n        {linker}"))
}

fn project(config: &str) -> Folder {
    Folder::new(&[
        ("Cargo.toml", MANIFEST),
        ("src/main.rs", "fn main() {}\n"),
        (".cargo/config.toml", config),
        ("flake.nix", SHELL),
    ])
}

fn has(diagnostics: &[Value], rule: &str) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic["code"] == rule)
}

fn whole(text: &str) -> Value {
    json!({"start": {"line": 0, "character": 0}, "end": {"line": text.lines().count(), "character": 0}})
}

/// The position of a text in another, in UTF-16.
fn at(text: &str, part: &str) -> Value {
    let offset = text.find(part).expect("the part is in the text");
    let (line, character) = portolan_tests::edits::position(text, offset, Encoding::Utf16);
    json!({"line": line, "character": character})
}

fn changed(editor: &mut Editor, uri: &str) {
    let changes = json!({"changes": [{"uri": uri, "type": 2}]});
    editor.notify("workspace/didChangeWatchedFiles", &changes);
}

#[test]
fn files_that_are_not_open_have_diagnostics_too() {
    let folder = project(TYPOS);
    let mut editor = Start::in_folder(&folder).start();
    let config = uri(&folder.path(".cargo/config.toml"));
    let diagnostics = editor.diagnostics_that(&config, |diagnostics| has(diagnostics, "unknown-target"));
    let typo = diagnostics.iter().find(|one| one["code"] == "unknown-target").expect("found");
    assert_eq!(typo["source"], "portolan");
    assert!(typo["codeDescription"]["href"].as_str().is_some_and(|page| page.contains("unknown_target")));
    assert_eq!(typo["data"]["rule"], "unknown-target");
}

#[test]
fn ranges_are_exact_in_every_encoding() {
    for encoding in Encoding::ALL {
        let folder = project(TYPOS);
        let mut editor = Start::in_folder(&folder).with_encodings(&[encoding]).start();
        let config = uri(&folder.path(".cargo/config.toml"));
        let unsaved = TYPOS.replace("[ '", "[ 'é𝄞', '");
        editor.open(&config, &unsaved);
        let diagnostics = editor.diagnostics(&config, 1);
        let mut places: Vec<&str> = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic["code"] == "unknown-target")
            .map(|diagnostic| {
                let (start, end) = span(&unsaved, &diagnostic["range"], encoding);
                unsaved[start..end].trim_matches('\'')
            })
            .collect();
        places.sort_unstable();
        for triple in ["wasm32-unknown-unknwon", "x86_64-unknown-linux-gnuu"] {
            assert!(places.contains(&triple), "{encoding:?}: {places:?}");
        }
    }
}

#[test]
fn a_quick_fix_applied_mends_and_the_diagnostic_goes() {
    for (encoding, versioned) in
        [(Encoding::Utf8, true), (Encoding::Utf16, true), (Encoding::Utf32, true), (Encoding::Utf16, false)]
    {
        let folder = project(TYPOS);
        let mut start = Start::in_folder(&folder).with_encodings(&[encoding]);
        if !versioned {
            start = start.with("/workspace/workspaceEdit", Value::Null);
        }
        let mut editor = start.start();
        let config = uri(&folder.path(".cargo/config.toml"));
        editor.open(&config, TYPOS);
        let typo = editor.diagnostics(&config, 1);
        let typo = typo.iter().find(|one| one["message"].to_string().contains("gnuu")).expect("found");
        let actions = editor.actions(&config, &typo["range"], Some("quickfix"));
        let fix = actions.iter().find(|action| action["isPreferred"] == true).expect("a safe fix");
        assert_eq!(fix["kind"], "quickfix");
        assert_eq!(fix["diagnostics"][0]["code"], "unknown-target");
        assert_eq!(fix["edit"]["documentChanges"].is_array(), versioned);
        if versioned {
            assert_eq!(fix["edit"]["documentChanges"][0]["textDocument"]["version"], 1);
        }
        let mut files = BTreeMap::from([(config.clone(), TYPOS.to_owned())]);
        apply_workspace(&mut files, &fix["edit"], encoding);
        assert_eq!(files[&config], TYPOS.replace("gnuu", "gnu"));
        editor.replace(&config, 2, &files[&config]);
        let left = editor.diagnostics(&config, 2);
        assert!(!left.iter().any(|one| one["message"].to_string().contains("gnuu")), "{left:#?}");
    }
}

#[test]
fn suppressing_here_silences_the_place_in_toml_and_nix() {
    let folder = project(TYPOS);
    let mut editor = Start::in_folder(&folder).start();
    let config = uri(&folder.path(".cargo/config.toml"));
    editor.open(&config, TYPOS);
    let typo = editor.diagnostics(&config, 1);
    let typo = typo.iter().find(|one| one["code"] == "unknown-target").expect("found");
    let actions = editor.actions(&config, &typo["range"], None);
    let is_suppression = |action: &&Value| action["title"] == "Suppress `unknown-target` here";
    let action = actions.iter().find(is_suppression).expect("a suppression");
    assert_eq!(action["isPreferred"], Value::Null);
    let mut files = BTreeMap::from([(config.clone(), TYPOS.to_owned())]);
    apply_workspace(&mut files, &action["edit"], Encoding::Utf16);
    assert!(files[&config].contains("\r\n# portolan: allow(unknown-target)\r\ntarget"), "{files:?}");
    editor.replace(&config, 2, &files[&config]);
    let left = editor.diagnostics(&config, 2);
    assert!(!has(&left, "unknown-target") && !has(&left, "unused-suppression"), "{left:#?}");
}

#[test]
fn fixing_all_is_what_the_command_line_does() {
    let folder = project(TYPOS);
    let mut editor = Start::in_folder(&folder).start();
    let config = uri(&folder.path(".cargo/config.toml"));
    editor.open(&config, TYPOS);
    editor.diagnostics(&config, 1);
    let actions = editor.actions(&config, &whole(TYPOS), Some("source.fixAll"));
    assert_eq!(actions.len(), 1, "{actions:#?}");
    assert_eq!(actions[0]["kind"], "source.fixAll.portolan");

    editor.command("portolan.fixAll", &json!([{"uri": config}]));
    editor.wait_up_to(Duration::from_millis(200), |_| false);
    assert_eq!(editor.applied, [actions[0]["edit"].clone()], "the command asks for the same edit");

    let files: Vec<&str> = vec!["Cargo.toml", ".cargo/config.toml", "flake.nix"];
    let mut mended: BTreeMap<String, String> =
        files.iter().map(|file| (uri(&folder.path(file)), folder.read(file))).collect();
    apply_workspace(&mut mended, &actions[0]["edit"], Encoding::Utf16);
    let outcome = portolan_tests::binary::run(folder.root(), ["fix"]);
    assert!(outcome.code.is_some_and(|code| code < 2), "{outcome:?}");
    for file in files {
        assert_eq!(mended[&uri(&folder.path(file))], folder.read(file), "{file}");
    }
    assert_ne!(folder.read(".cargo/config.toml"), TYPOS);
}

#[test]
fn an_edit_that_is_resolved_later_is_the_same_edit() {
    let folder = project(TYPOS);
    let mut eager = Start::in_folder(&folder).start();
    let config = uri(&folder.path(".cargo/config.toml"));
    let action = eager.actions(&config, &whole(TYPOS), Some("source.fixAll")).remove(0);
    let support = json!({"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}},
        "dataSupport": true, "resolveSupport": {"properties": ["edit"]}});
    let mut lazy = Start::in_folder(&folder).with("/textDocument/codeAction", support).start();
    let unresolved = lazy.actions(&config, &whole(TYPOS), Some("source.fixAll")).remove(0);
    assert_eq!(unresolved["edit"], Value::Null);
    let resolved = lazy.call("codeAction/resolve", &unresolved);
    assert_eq!(resolved["result"]["edit"], action["edit"], "{resolved}");
}

/// Opens `other`, whose unsaved text `after` says who links, over a configuration that does not.
fn edit_elsewhere(other: &str, before: &str, after: &str) {
    let folder = project(NEEDS_LINKER);
    let mut editor = Start::in_folder(&folder).start();
    let (config, other) = (uri(&folder.path(".cargo/config.toml")), uri(&folder.path(other)));
    editor.diagnostics_that(&config, |diagnostics| has(diagnostics, "missing-linker"));
    editor.open(&other, before);
    editor.replace(&other, 2, after);
    editor.diagnostics_that(&config, |diagnostics| !has(diagnostics, "missing-linker"));
    // The text goes back to the disk's when the document is closed unsaved.
    editor.notify("textDocument/didClose", &json!({"textDocument": {"uri": other}}));
    editor.diagnostics_that(&config, |diagnostics| has(diagnostics, "missing-linker"));
}

#[test]
fn an_unsaved_edit_of_one_file_changes_the_diagnostics_of_another() {
    edit_elsewhere("portolan.toml", "", "build.builder = \"zigbuild\"\n");
    edit_elsewhere(".cargo/config", "", &format!("{NEEDS_LINKER}{LINKER}"));
}

#[test]
fn an_unsaved_edit_of_the_flake_changes_the_diagnostics_of_another() {
    edit_elsewhere("flake.nix", SHELL, &shell_with_linker());
}

#[test]
fn changes_on_disk_are_seen_with_a_watcher_and_without_one() {
    for watched in [true, false] {
        let folder = project(NEEDS_LINKER);
        let mut start = Start::in_folder(&folder);
        if !watched {
            start = start.with("/workspace/didChangeWatchedFiles", Value::Null);
        }
        let mut editor = start.start();
        let (config, flake) = (uri(&folder.path(".cargo/config.toml")), uri(&folder.path("flake.nix")));
        editor.diagnostics_that(&config, |diagnostics| has(diagnostics, "missing-linker"));
        editor.open(&flake, SHELL);
        editor.diagnostics(&flake, 1);
        editor.assert_alive();
        let asked = editor.registered.iter().any(|one| one["method"] == "workspace/didChangeWatchedFiles");
        assert_eq!(asked, watched, "{:?}", editor.registered);
        folder.write(".cargo/config.toml", format!("{NEEDS_LINKER}{LINKER}"));
        if watched {
            changed(&mut editor, &config);
        } else {
            editor.notify("textDocument/didSave", &json!({"textDocument": {"uri": flake}}));
        }
        editor.diagnostics_that(&config, |diagnostics| !has(diagnostics, "missing-linker"));
    }
}

/// What an analysis reads beyond the documents that an editor opens.
#[test]
fn build_scripts_workflows_and_ignored_files_are_watched() {
    let folder = project(NEEDS_LINKER);
    let mut editor = Start::in_folder(&folder).start();
    editor.assert_alive();
    let registered = editor.registered.iter().find(|one| one["method"] == "workspace/didChangeWatchedFiles");
    let watchers = registered.expect("it asks")["registerOptions"]["watchers"].clone();
    let kind_of = |glob: &str| {
        let watcher = watchers.as_array().into_iter().flatten().find(|one| one["globPattern"] == glob);
        watcher.map(|one| one["kind"].as_u64().unwrap_or(7))
    };
    for glob in [
        "**/*.rs",
        "**/.gitignore",
        "**/.git/index",
        "**/flake.lock",
        "**/.github/workflows/*.yml",
        "**/scripts/*",
    ] {
        assert_eq!(kind_of(glob), Some(7), "{glob} in {watchers}");
    }
    assert!(!watchers.to_string().contains("{config"), "Emacs takes no wildcard in braces: {watchers}");
    assert_eq!(kind_of("**/*-*.json"), Some(5), "a custom target is there or not: {watchers}");
}

#[test]
fn who_asks_is_told_of_the_targets_when_they_change() {
    let folder = project(NEEDS_LINKER);
    let mut start = Start::in_folder(&folder);
    start.params["initializationOptions"] = json!({"experimental": {"targets": true}});
    start.settings = json!({"host": "x86_64-unknown-linux-gnu"});
    let mut editor = start.start();
    let config = uri(&folder.path(".cargo/config.toml"));
    let told =
        |message: &Value, linker: &str| {
            message["method"] == "portolan/targets"
                && message["params"]["projects"][0]["targets"].as_array().into_iter().flatten().any(|row| {
                    row["triple"] == "aarch64-unknown-linux-gnu" && row["linker"]["state"] == linker
                })
        };
    editor.wait_for("a target without a linker", |message| told(message, "missing"));
    editor.open(&config, NEEDS_LINKER);
    editor.replace(&config, 2, &format!("{NEEDS_LINKER}{LINKER}"));
    editor.wait_for("the linker, before any save", |message| told(message, "ok"));
    editor.replace(&config, 3, &format!("{NEEDS_LINKER}{LINKER}# a comment\n"));
    editor.diagnostics(&config, 3);
    let more = editor.drain(Duration::from_millis(400));
    // The linker's range is the same, so nothing is to be told.
    assert!(!more.iter().any(|message| message["method"] == "portolan/targets"), "{more:?}");

    let mut editor = Start::in_folder(&folder).start();
    editor.diagnostics_that(&config, |diagnostics| has(diagnostics, "missing-linker"));
    let all = editor.drain(Duration::from_millis(400));
    assert!(!all.iter().any(|message| message["method"] == "portolan/targets"), "nobody asked: {all:?}");
}

#[test]
fn settings_come_at_the_start_by_question_and_by_message() {
    let off = json!({"diagnostics": {"severity": {"unknown-target": "off"}}});
    let error = json!({"diagnostics": {"severity": {"unknown-target": "error"}}});
    let is_off = |diagnostics: &[Value]| !has(diagnostics, "unknown-target");
    let is_error = |diagnostics: &[Value]| {
        diagnostics.iter().any(|one| one["code"] == "unknown-target" && one["severity"] == 1)
    };
    let folder = project(TYPOS);
    let config = uri(&folder.path(".cargo/config.toml"));

    // The client is asked, then says that something changed and is asked again.
    let mut start = Start::in_folder(&folder);
    start.settings = off.clone();
    let mut editor = start.start();
    editor.open(&config, TYPOS);
    editor.diagnostics_that(&config, is_off);
    editor.settings = error.clone();
    editor.notify("workspace/didChangeConfiguration", &json!({"settings": null}));
    editor.diagnostics_that(&config, is_error);

    // The client answers no questions: what it says at the start, and what it sends later.
    let mut start = Start::in_folder(&folder).with("/workspace/configuration", Value::Null);
    start.params["initializationOptions"] = error;
    let mut editor = start.start();
    editor.open(&config, TYPOS);
    assert!(is_error(&editor.diagnostics(&config, 1)));
    editor.notify("workspace/didChangeConfiguration", &json!({"settings": {"portolan": off}}));
    editor.diagnostics_that(&config, is_off);
    let nonsense = json!({"settings": {"portolan": {"targets": 7, "diagnostics": []}}});
    editor.notify("workspace/didChangeConfiguration", &nonsense);
    editor.diagnostics_that(&config, |diagnostics| has(diagnostics, "unknown-target"));
    editor.wait_for("a word about the wrong type", |message| {
        message["method"] == "window/logMessage" && message.to_string().contains("portolan.targets")
    });
}

#[test]
fn a_client_that_answers_nothing_gets_its_diagnostics_all_the_same() {
    let folder = project(TYPOS);
    let mut editor = Start::in_folder(&folder).start();
    editor.answers = false;
    let config = uri(&folder.path(".cargo/config.toml"));
    editor.open(&config, TYPOS);
    assert!(has(&editor.diagnostics(&config, 1), "unknown-target"));
    for _ in 0..10 {
        editor.notify("workspace/didChangeConfiguration", &json!({"settings": null}));
    }
    editor.replace(&config, 2, "");
    assert!(!has(&editor.diagnostics(&config, 2), "unknown-target"));
    editor.assert_alive();
}

#[test]
fn folders_come_and_go_with_their_diagnostics() {
    let (first, second) = (project(TYPOS), project(TYPOS));
    let mut editor = Start::in_folder(&first).start();
    let has_typo = |diagnostics: &[Value]| has(diagnostics, "unknown-target");
    let configs = [&first, &second].map(|folder| uri(&folder.path(".cargo/config.toml")));
    editor.diagnostics_that(&configs[0], has_typo);
    let event = |added: &[&Folder], removed: &[&Folder]| {
        let list = |folders: &[&Folder]| -> Value {
            folders.iter().map(|folder| json!({"uri": uri(folder.root()), "name": "x"})).collect()
        };
        json!({"event": {"added": list(added), "removed": list(removed)}})
    };
    editor.notify("workspace/didChangeWorkspaceFolders", &event(&[&second], &[]));
    editor.diagnostics_that(&configs[1], has_typo);
    editor.notify("workspace/didChangeWorkspaceFolders", &event(&[], &[&first]));
    editor.diagnostics_that(&configs[0], <[Value]>::is_empty);
    let rest = editor.drain(Duration::from_millis(100));
    assert!(!rest.iter().any(|message| message["params"]["uri"] == configs[1].as_str()), "{rest:#?}");
}

#[test]
fn without_a_folder_a_document_brings_its_project() {
    let folder = project(TYPOS);
    folder.write("nested/Cargo.toml", MANIFEST);
    let mut start = Start::in_folder(&folder);
    start.folders = None;
    let mut editor = start.start();
    let config = uri(&folder.path(".cargo/config.toml"));
    let nested = uri(&folder.path("nested/Cargo.toml"));
    editor.open(&nested, MANIFEST);
    editor.diagnostics_that(&config, |diagnostics| has(diagnostics, "unknown-target"));
    editor.notify("textDocument/didClose", &json!({"textDocument": {"uri": nested}}));
    editor.diagnostics_that(&config, <[Value]>::is_empty);
}

#[test]
fn a_project_that_begins_in_the_editor_is_seen() {
    let folder = Folder::new(&[("README.md", "")]);
    let mut editor = Start::in_folder(&folder).start();
    let config = uri(&folder.path(".cargo/config.toml"));
    editor.open(&config, TYPOS);
    assert!(has(&editor.diagnostics(&config, 1), "unknown-target"), "neither saved nor in a known project");
}

#[test]
fn hover_names_what_a_triple_is_and_what_a_rule_says() {
    let text = "[build]\n# portolan: allow(unknown-target)\ntarget = \"aarch64-unknown-linux-musl\"\n";
    let folder = project(text);
    let mut editor = Start::in_folder(&folder).start();
    let config = uri(&folder.path(".cargo/config.toml"));
    editor.open(&config, text);
    let mut hover = |part: &str| {
        let params = json!({"textDocument": {"uri": config}, "position": at(text, part)});
        editor.call("textDocument/hover", &params)["result"].clone()
    };
    let target = hover("unknown-linux-musl");
    let page = target["contents"]["value"].as_str().expect("a page");
    assert!(page.contains("Tier 2") && page.contains("statically"), "{page}");
    let (start, end) = span(text, &target["range"], Encoding::Utf16);
    assert_eq!(&text[start..end], "aarch64-unknown-linux-musl");
    let rule = hover("known-target");
    assert!(rule["contents"]["value"].as_str().is_some_and(|page| page.len() > 100), "{rule}");
    assert_eq!(hover("build"), Value::Null);
}

#[test]
fn completion_offers_triples_in_a_text_that_does_not_parse() {
    let text = "[build]\ntarget = \"aarch64-\n[target.\n";
    let folder = project(text);
    let mut editor = Start::in_folder(&folder).start();
    let config = uri(&folder.path(".cargo/config.toml"));
    editor.open(&config, text);
    for (line, character, replaced) in [(1, 18, "aarch64-"), (2, 8, "")] {
        let place = json!({"line": line, "character": character});
        let params = json!({"textDocument": {"uri": config}, "position": place});
        let answer = editor.call("textDocument/completion", &params);
        let items = answer["result"].as_array().expect("items");
        let item =
            items.iter().find(|item| item["label"] == "aarch64-unknown-linux-gnu").expect("the triple");
        let (start, end) = span(text, &item["textEdit"]["range"], Encoding::Utf16);
        assert_eq!(&text[start..end], replaced);
        assert_eq!(item["textEdit"]["newText"], "aarch64-unknown-linux-gnu");
    }
}

#[test]
fn the_targets_of_a_project_are_told() {
    let folder = project(NEEDS_LINKER);
    let mut editor = Start::in_folder(&folder).start();
    for arguments in [json!([]), json!([{"uri": uri(&folder.path("flake.nix"))}])] {
        let answer = editor.command("portolan.targets", &arguments);
        let triples: Vec<&Value> = answer["result"][0]["targets"]
            .as_array()
            .expect("targets")
            .iter()
            .map(|one| &one["triple"])
            .collect();
        assert!(triples.contains(&&json!("aarch64-unknown-linux-gnu")), "{answer}");
    }
}

#[test]
fn refactorings_are_offered_where_nothing_is_wrong() {
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let folder = Folder::new(&[
        ("Cargo.toml", manifest),
        ("src/main.rs", "fn main() {}\n"),
        ("rust-toolchain.toml", "[toolchain]\ntargets = [\"x86_64-unknown-linux-musl\"]\n"),
    ]);
    let mut editor = Start::in_folder(&folder).start();
    let at = |line: u32, column: u32| {
        let place = json!({"line": line, "character": column});
        json!({"start": place, "end": place})
    };
    let toolchain = uri(&folder.path("rust-toolchain.toml"));
    let added = editor.actions(&toolchain, &at(1, 12), Some("refactor"));
    let titles: Vec<&str> = added.iter().filter_map(|action| action["title"].as_str()).collect();
    assert!(titles.contains(&"Add target aarch64-unknown-linux-gnu"), "{titles:?}");
    assert!(!titles.contains(&"Add target x86_64-unknown-linux-musl"), "{titles:?}");

    let manifest = uri(&folder.path("Cargo.toml"));
    let written = editor.actions(&manifest, &at(1, 9), None);
    let workflow = written.iter().find(|action| action["kind"] == "refactor").expect("a refactoring");
    let text = workflow["edit"].to_string();
    assert!(text.contains("release.yml") && text.contains("portolan audit"), "{text}");
    assert!(editor.actions(&manifest, &at(3, 0), Some("refactor")).is_empty(), "not everywhere");
}
