//! Fixes that rename or create files: as resource operations for editors that know them, and not at all
//! for editors that do not.

use portolan_tests::{
    Folder,
    lsp::{Editor, Start, uri},
};
use serde_json::{Value, json};

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

fn start_of_file() -> Value {
    json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 3}})
}

fn quick_fixes(editor: &mut Editor, uri: &str, range: &Value) -> Vec<Value> {
    let actions = editor.actions(uri, range, Some("quickfix"));
    actions.into_iter().filter(|action| !action["title"].to_string().contains("Suppress")).collect()
}

#[test]
fn a_rename_is_offered_to_editors_that_can_rename() {
    for can_rename in [true, false] {
        let config = "[build]\ntarget = \"x86_64-unknown-linux-gnu\"\n";
        let folder = Folder::new(&[("Cargo.toml", MANIFEST), ("src/main.rs", ""), (".cargo/config", config)]);
        let operations = if can_rename { json!(["create", "rename", "delete"]) } else { json!(["create"]) };
        let start = Start::in_folder(&folder).with("/workspace/workspaceEdit/resourceOperations", operations);
        let mut editor = start.start();
        let legacy = uri(&folder.path(".cargo/config"));
        editor.open(&legacy, config);
        let found = editor.diagnostics(&legacy, 1);
        assert!(found.iter().any(|one| one["code"] == "legacy-cargo-config"), "{found:#?}");
        let fixes = quick_fixes(&mut editor, &legacy, &start_of_file());
        if !can_rename {
            assert!(fixes.is_empty(), "{fixes:#?}");
            continue;
        }
        let fix = fixes.iter().find(|fix| fix["isPreferred"] == true).expect("a safe fix");
        let operation = &fix["edit"]["documentChanges"][0];
        assert_eq!(operation["kind"], "rename", "{fix:#}");
        assert_eq!(operation["oldUri"], json!(legacy));
        assert_eq!(operation["newUri"], json!(uri(&folder.path(".cargo/config.toml"))));
    }
}

#[test]
fn a_new_file_is_created_before_it_is_written() {
    let toolchain = "[toolchain]\nchannel = \"1.95\"\ntargets = [\"x86_64-pc-windows-msvc\"]\n";
    let folder =
        Folder::new(&[("Cargo.toml", MANIFEST), ("src/main.rs", ""), ("rust-toolchain.toml", toolchain)]);
    let mut editor = Start::in_folder(&folder).start();
    let file = uri(&folder.path("rust-toolchain.toml"));
    editor.open(&file, toolchain);
    let found = editor.diagnostics(&file, 1);
    let absent = found.iter().find(|one| one["code"] == "crt-static-absent").expect("found");
    let fixes = quick_fixes(&mut editor, &file, &absent["range"]);
    let fix = fixes.iter().find(|fix| fix["isPreferred"] == true).expect("a safe fix");
    let changes = fix["edit"]["documentChanges"].as_array().expect("document changes");
    let new = json!(uri(&folder.path(".cargo/config.toml")));
    let created = changes.iter().position(|change| change["kind"] == "create" && change["uri"] == new);
    let written = changes.iter().position(|change| change["textDocument"]["uri"] == new);
    assert!(created.is_some() && created < written, "{fix:#}");
    let text = changes[written.expect("written")]["edits"][0]["newText"].as_str().expect("a text");
    assert!(text.contains("+crt-static") && text.contains("target_env = \"msvc\""), "{text}");
}
