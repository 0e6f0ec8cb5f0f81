//! Texts: what the editor shows is what the server has.

use std::time::Duration;

use portolan_tests::{
    Folder,
    edits::{Encoding, position},
    lsp::{Editor, Start, uri},
};
use serde_json::{Value, json};

/// A small generator with a seed: a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound.max(1)).expect("a bound")).expect("small")
    }
}

const PIECES: [&str; 12] = ["a", "é", "𝄞", "\n", "\r\n", "\"", "{", "}", "日本", " = ", "", "# x\n"];

fn text_of(editor: &mut Editor, uri: &str) -> String {
    let answer = editor.command("portolan.test.text", &json!([uri]));
    answer["result"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// A place where an editor's cursor can stand.
fn place(text: &str, random: &mut Random) -> usize {
    let mut offset = random.below(text.len() + 1);
    while !text.is_char_boundary(offset)
        || (text[..offset].ends_with('\r') && text[offset..].starts_with('\n'))
    {
        offset -= 1;
    }
    offset
}

#[test]
fn random_edits_keep_both_texts_alike_in_every_encoding() {
    for (seed, encoding) in Encoding::ALL.into_iter().enumerate() {
        let folder = Folder::new(&[("flake.nix", "")]);
        let mut editor = Start::in_folder(&folder).with_encodings(&[encoding]).start();
        let flake = uri(&folder.path("flake.nix"));
        let mut random = Random(0x9e37_79b9_7f4a_7c15 + u64::try_from(seed).expect("small"));
        let mut text = "{\r\n  é = \"𝄞\";\n}\r\n".to_owned();
        editor.open(&flake, &text);
        for version in 2..300 {
            let mut changes = Vec::new();
            for _ in 0..=random.below(3) {
                if random.below(40) == 0 {
                    text = PIECES.concat().repeat(1 + random.below(4));
                    changes.push(json!({"text": text}));
                    continue;
                }
                let (first, second) = (place(&text, &mut random), place(&text, &mut random));
                let (start, end) = (first.min(second), first.max(second).min(first.min(second) + 8));
                let end = (start..=end).rev().find(|end| {
                    text.is_char_boundary(*end)
                        && !(text[..*end].ends_with('\r') && text[*end..].starts_with('\n'))
                });
                let end = end.unwrap_or(start);
                let piece = PIECES[random.below(PIECES.len())];
                let on_wire = |offset| {
                    let (line, character) = position(&text, offset, encoding);
                    json!({"line": line, "character": character})
                };
                let range = json!({"start": on_wire(start), "end": on_wire(end)});
                changes.push(json!({"range": range, "text": piece}));
                text.replace_range(start..end, piece);
            }
            editor.change(&flake, version, &json!(changes));
            if version % 20 == 0 {
                assert_eq!(text_of(&mut editor, &flake), text, "{encoding:?}, version {version}");
            }
        }
        assert_eq!(text_of(&mut editor, &flake), text, "{encoding:?}");
    }
}

#[test]
fn a_version_that_does_not_increase_is_dropped() {
    let folder = Folder::new(&[("flake.nix", "{ }\n")]);
    let mut editor = Start::in_folder(&folder).start();
    let flake = uri(&folder.path("flake.nix"));
    editor.open(&flake, "{ a = 1; }\n");
    editor.replace(&flake, 5, "{ a = 5; }\n");
    editor.replace(&flake, 5, "{ a = 6; }\n");
    editor.replace(&flake, 4, "{ a = 4; }\n");
    assert_eq!(text_of(&mut editor, &flake), "{ a = 5; }\n");
    editor.replace(&flake, 6, "{ a = 7; }\n");
    assert_eq!(text_of(&mut editor, &flake), "{ a = 7; }\n");
}

#[test]
fn odd_uris_and_foreign_files_are_passed_over() {
    let folder = Folder::new(&[("flake.nix", "{ }\n"), ("a b/ü/flake.nix", "{ }\n")]);
    let mut editor = Start::in_folder(&folder).start();
    for odd in [
        "untitled:Untitled-1",
        "git:/x/flake.nix?%7B%7D",
        "file:///c%3A/x/flake.nix",
        "file:///c:/x/flake.nix",
        "file://server/share/flake.nix",
        "file:///",
        "file:",
        "",
        "not a uri",
        "file:///%00/flake.nix",
        "file:///%ff/flake.nix",
        "file:///x/pyproject.toml",
        "vscode-notebook-cell:/x/flake.nix#W0",
    ] {
        editor.open(odd, "{ }\n");
        editor.replace(odd, 2, "{ a = 1; }\n");
        let params = json!({"textDocument": {"uri": odd}, "position": {"line": 0, "character": 1}});
        let answer = editor.call("textDocument/hover", &params);
        assert!(answer.get("result").is_some() || answer["error"]["code"] == -32602, "{odd}: {answer}");
        editor.notify("textDocument/didSave", &json!({"textDocument": {"uri": odd}}));
        editor.notify("textDocument/didClose", &json!({"textDocument": {"uri": odd}}));
    }
    let spaced = uri(&folder.path("a b/ü/flake.nix"));
    editor.open(&spaced, "{ }\n");
    editor.diagnostics(&spaced, 1);
}

#[test]
fn positions_outside_of_the_text_are_borne() {
    let folder = Folder::new(&[("flake.nix", "{ }\n")]);
    let mut editor = Start::in_folder(&folder).start();
    let flake = uri(&folder.path("flake.nix"));
    editor.open(&flake, "{ }\n");
    for (line, character) in [(0, 99), (99, 0), (4_000_000_000_u32, 4_000_000_000_u32)] {
        let place = json!({"line": line, "character": character});
        let params = json!({"textDocument": {"uri": flake}, "position": place});
        for method in ["textDocument/hover", "textDocument/completion"] {
            assert!(editor.call(method, &params).get("result").is_some());
        }
        editor.actions(&flake, &json!({"start": place, "end": place}), None);
    }
    let far = json!({"line": 99, "character": 99});
    editor.change(&flake, 2, &json!([{"range": {"start": far, "end": far}, "text": "# end"}]));
    assert_eq!(text_of(&mut editor, &flake), "{ }\n# end");
}

#[test]
fn a_flood_under_a_client_that_does_not_read_ends_in_one_publication_of_the_last_version() {
    let folder = Folder::new(&[("flake.nix", "{ }\n")]);
    let mut editor = Start::in_folder(&folder).start();
    let flake = uri(&folder.path("flake.nix"));
    editor.open(&flake, "{ }\n");
    editor.diagnostics(&flake, 1);
    editor.drain(Duration::from_millis(100));

    editor.set_stuck(true);
    // Answers that fill the pipe: from here on the server cannot write.
    let filler = "x".repeat(2000);
    for _ in 0..200 {
        editor.request("portolan/unknown", &json!({}));
        editor.command_without_waiting(&filler);
    }
    // They are answered by tasks of their own: the edits come when the answers have filled the pipe.
    std::thread::sleep(Duration::from_millis(500));
    let last = 3000;
    for version in 2..=last {
        editor.replace(&flake, version, &format!("{{ a = {version}; }}\n"));
    }
    std::thread::sleep(Duration::from_millis(300));
    editor.set_stuck(false);
    editor.diagnostics(&flake, last);
    let rest = editor.drain(Duration::from_millis(200));
    let published = rest.iter().filter(|message| message["method"] == "textDocument/publishDiagnostics");
    // One more if the client read on before the last analysis was done.
    assert!(published.count() <= 1, "{rest:#?}");
}

#[test]
fn a_burst_of_edits_is_a_handful_of_publications() {
    let folder = Folder::new(&[("flake.nix", "{ }\n")]);
    let mut editor = Start::in_folder(&folder).start();
    let flake = uri(&folder.path("flake.nix"));
    editor.open(&flake, "{ }\n");
    editor.diagnostics(&flake, 1);
    let mut bytes = Vec::new();
    for version in 2..=201 {
        let document = json!({"uri": flake, "version": version});
        let params = json!({"textDocument": document, "contentChanges": [{"text": format!("{{ a = {version}; }}\n")}]});
        bytes.extend(portolan_tests::lsp::framed(
            &json!({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params}),
        ));
    }
    editor.send_raw(&bytes);
    editor.diagnostics(&flake, 201);
    let rest = editor.drain(Duration::from_millis(100));
    let is_publication = |message: &&Value| message["method"] == "textDocument/publishDiagnostics";
    let published = rest.iter().filter(is_publication).count() + 1;
    assert!(published <= 10, "{published} publications");
}

#[test]
fn the_same_diagnostics_of_a_version_are_published_once() {
    let folder = Folder::new(&[("flake.nix", "{ }\n"), ("Cargo.toml", "[package]\nname = \"a\"\n")]);
    let mut editor = Start::in_folder(&folder).start();
    let (flake, manifest) = (uri(&folder.path("flake.nix")), uri(&folder.path("Cargo.toml")));
    editor.open(&flake, "{ }\n");
    editor.open(&manifest, "[package]\nname = \"a\"\n");
    editor.diagnostics(&flake, 1);
    editor.diagnostics(&manifest, 1);
    for version in 2..20 {
        editor.replace(&flake, version, &format!("{{ }} # {version}\n"));
        editor.notify("textDocument/didSave", &json!({"textDocument": {"uri": manifest}}));
        editor.diagnostics(&flake, version);
    }
    let rest = editor.drain(Duration::from_millis(100));
    assert!(!rest.iter().any(|message| message["params"]["uri"] == manifest.as_str()), "{rest:#?}");
}
