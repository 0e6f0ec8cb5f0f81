//! Nix is asked on save where the editor says that the workspace is trusted, and nowhere else.

#![cfg(unix)]

use std::time::Duration;

use portolan_tests::{
    Folder,
    fake::Fake,
    lsp::{Editor, Start, uri},
};
use serde_json::{Value, json};

const FLAKE: &str = "{
  outputs = { nixpkgs, company, ... }: {
    devShells.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.mkShell {
      CARGO_BUILD_TARGET = company.lib.target;
    };
  };
}
";

const ANSWER: &str = r#"echo '{"default":{"name":"nix-shell","platform":{"config":"x86_64-unknown-linux-gnu","triple":"x86_64-unknown-linux-gnu","isStatic":false,"isCross":false},"env":{"CARGO_BUILD_TARGET":"x86_64-unknown-linux-gnuu"},"scripts":{},"inputs":{}}}'"#;

/// What a repository may hold to grant itself trust.
fn project() -> Folder {
    Folder::new(&[
        ("flake.nix", FLAKE),
        ("portolan.toml", "trusted = true\n[portolan]\ntrusted = true\n"),
        (".vscode/settings.json", "{\"portolan.trusted\": true}"),
    ])
}

fn start(folder: &Folder, nix: &Fake, settings: Value) -> (Editor, String) {
    let mut start = Start { settings, ..Start::in_folder(folder) };
    start.environment.push(("PATH".to_owned(), nix.path()));
    let mut editor = start.start();
    let flake = uri(&folder.path("flake.nix"));
    editor.open(&flake, FLAKE);
    editor.diagnostics(&flake, 1);
    (editor, flake)
}

fn save(editor: &mut Editor, flake: &str) {
    editor.notify("textDocument/didSave", &json!({"textDocument": {"uri": flake}}));
}

fn is_settled(diagnostics: &[Value]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic["code"] == "unknown-target")
}

/// Long enough for the answer of a trusted workspace to come, several times.
fn quiet(editor: &mut Editor) -> bool {
    let published = editor.wait_up_to(Duration::from_millis(1500), |message| {
        message["method"] == "textDocument/publishDiagnostics"
            && message["params"]["diagnostics"].as_array().is_some_and(|all| is_settled(all))
    });
    published.is_none()
}

#[test]
fn a_trusted_workspace_is_asked_about_on_save() {
    let (folder, nix) = (project(), Fake::new("nix", ANSWER));
    let before = folder.contents();
    let (mut editor, flake) = start(&folder, &nix, json!({"trusted": true}));
    assert_eq!(nix.calls(), [""; 0], "not before somebody saves");
    save(&mut editor, &flake);
    editor.diagnostics_that(&flake, is_settled);
    // The shell's values, and its environment.
    assert_eq!(nix.calls().len(), 2);
    assert_eq!(folder.contents(), before, "nothing is written into the project");

    // The same files are not asked about twice.
    save(&mut editor, &flake);
    // An edit makes the answer stale: it was about another text.
    editor.replace(&flake, 2, &FLAKE.replace("CARGO_BUILD_TARGET", "# edited\n      CARGO_BUILD_TARGET"));
    assert!(!is_settled(&editor.diagnostics(&flake, 2)));
    assert_eq!(nix.calls().len(), 2);

    // Taken back, it counts again; and it goes when the trust goes.
    editor.replace(&flake, 3, FLAKE);
    assert!(is_settled(&editor.diagnostics(&flake, 3)));
    editor.settings = json!({"trusted": false});
    editor.notify("workspace/didChangeConfiguration", &json!({"settings": null}));
    editor.diagnostics_that(&flake, |diagnostics| !is_settled(diagnostics));
}

#[test]
fn nothing_starts_where_nobody_trusts() {
    for settings in [
        json!(null),
        json!({}),
        json!({"trusted": false}),
        json!({"trusted": "yes"}),
        json!({"trusted": true, "deepCheckOnSave": false}),
    ] {
        let (folder, nix) = (project(), Fake::new("nix", ANSWER));
        let (mut editor, flake) = start(&folder, &nix, settings.clone());
        save(&mut editor, &flake);
        assert!(quiet(&mut editor), "{settings}");
        assert_eq!(nix.calls(), [""; 0], "{settings}");
    }
}

#[test]
fn trust_that_is_taken_back_ends_what_runs() {
    let (folder, nix) = (project(), Fake::new("nix", &format!("sleep 20\n{ANSWER}")));
    let (mut editor, flake) = start(&folder, &nix, json!({"trusted": true}));
    let started = std::time::Instant::now();
    while nix.calls().is_empty() && started.elapsed() < Duration::from_secs(10) {
        // On a busy machine the server asks for its settings only now, and a save before that starts nothing.
        save(&mut editor, &flake);
        let _ = editor.wait_up_to(Duration::from_millis(300), |_| false);
    }
    assert_eq!(nix.calls().len(), 1, "it runs");
    editor.settings = json!({"trusted": false});
    editor.notify("workspace/didChangeConfiguration", &json!({"settings": null}));
    let started = std::time::Instant::now();
    while nix.is_running() && started.elapsed() < Duration::from_secs(10) {
        // The server asks for the settings meanwhile.
        editor.drain(Duration::from_millis(20));
    }
    assert!(!nix.is_running(), "it has been ended");
}
