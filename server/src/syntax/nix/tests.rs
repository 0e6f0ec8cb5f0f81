//! Tests of the tree; the language as a whole is tested against Nix where it is evaluated.
#![allow(clippy::unwrap_used)]

use super::{EntryValue, Expr, NameKind, Part, Tree, parse};
use crate::{
    syntax::limits,
    text::{Document, FileId},
};

fn document(text: &str) -> Document {
    Document::new(FileId::new("/f.nix"), text)
}

fn tree(text: &str) -> Tree {
    // A caller has 64 MB; nothing here needs more than a test's 2 MB.
    parse(&document(text))
}

/// The names that the root set defines.
fn names(tree: &Tree) -> Vec<String> {
    let set = tree.set(tree.root().unwrap()).unwrap();
    let name = |kind| match kind {
        NameKind::Static(name) => tree.names().get(name).to_owned(),
        NameKind::Dynamic(_) => "?".to_owned(),
    };
    set.entries.iter().map(|entry| name(entry.name.kind)).collect()
}

#[test]
fn half_typed_bindings_cost_themselves_only() {
    for (text, error_at, expected) in [
        ("{ a = 1; b = [ pkgs. ]; c = 2; }", "]", vec!["a", "b", "c"]),
        ("{ a = mkShell { FOO }; c = 2; }", "}; c", vec!["a", "c"]),
        ("{ a = 1 b = 2; c = 3; }", "b =", vec!["a", "b", "c"]),
        ("{ a = f x\n  b.c = 2; c = 3; }", "b.c", vec!["a", "b", "c"]),
        ("{ a = pkgs.\n  b = 2; }", "b = 2", vec!["a", "b"]),
        ("{ a = ; b = 2; }", "; b", vec!["a", "b"]),
        ("{ a = [ 1 2; b = 2; }", "; b", vec!["a", "b"]),
        ("{ a = (f 1; b = 2; }", "; b", vec!["a", "b"]),
        ("{ a\n  b = 2; }", "b =", vec!["b"]),
        ("{ a = 1; = 3; b = 2; }", "= 3", vec!["a", "b"]),
        ("{ inherit a b c = 2; }", "c =", vec!["a", "b", "c"]),
        ("{ a = if x then y; b = 2; }", "; b", vec!["a", "b"]),
        ("{ a = { b = 1; c = 2; ", "", vec!["a"]),
        ("{ a = let b = 1; c; d = 2; }", "; d", vec!["a"]),
    ] {
        let tree = tree(text);
        assert!(tree.is_broken(), "{text}");
        let first = tree.errors.first().unwrap().span.start();
        assert_eq!(&text[first..first + error_at.len()], error_at, "{text}");
        assert_eq!(names(&tree), expected, "{text}");
    }
}

#[test]
fn nested_paths_are_one_set() {
    let tree = tree("{ env.A = 1; env.B.C = 2; env = { D = 3; }; \"env\".E = 4; }");
    assert!(!tree.is_broken());
    assert_eq!(names(&tree), ["env"]);
    let root = tree.set(tree.root().unwrap()).unwrap();
    assert_eq!(root.written.len(), 4);
    let EntryValue::Expr(env) = root.entries[0].value else { panic!("env is a set") };
    let env = tree.set(env).unwrap();
    assert!(env.implied);
    assert_eq!(env.entries.len(), 4);
    // Each knows the binding that it is written in.
    let text = "{ env.A = 1; env.B.C = 2; env = { D = 3; }; \"env\".E = 4; }";
    let bindings: Vec<&str> = env
        .entries
        .iter()
        .map(|entry| tree.set(entry.owner).unwrap().written[entry.written as usize].span)
        .map(|span| &text[span.start()..span.end()])
        .collect();
    assert_eq!(bindings, ["env.A = 1;", "env.B.C = 2;", "D = 3;", "\"env\".E = 4;"]);
}

/// Text parts without escapes are as long as their spans, and are what stands there.
#[test]
fn parts_of_strings_know_their_places() {
    for text in [
        "\"plain\"",
        "\"a\\nb${x}c\"",
        "''\n    two\n      lines ${x} é ''${y}\n  ''",
        "\u{feff}''\r\n  a\r\n  b\r\n''",
        "\"${\"in\"}${''out''}\"",
    ] {
        let document = document(text);
        let tree = parse(&document);
        assert!(!tree.is_broken(), "{text}");
        let mut exact = 0;
        for index in 0.. {
            let Some((expr, _)) = tree.nodes.get(index) else { break };
            let Expr::Str(parts) = expr else { continue };
            for part in parts {
                if let Part::Text { text, span } = part
                    && text.len() == span.len()
                    && document.slice(*span) != "\r"
                {
                    assert_eq!(document.slice(*span), &**text);
                    exact += 1;
                }
            }
        }
        assert!(exact > 0);
    }
}

#[test]
fn comments_are_kept_apart() {
    let text = "# one\n{ a = \"# no\"; /* two */ b = ''# no''; # three\n}";
    let tree = tree(text);
    let comments: Vec<&str> = tree.comments.iter().map(|span| &text[span.start()..span.end()]).collect();
    assert_eq!(comments, ["# one", "/* two */", "# three"]);
}

#[test]
fn bounds_are_one_error_and_no_tree() {
    for text in [
        "[".repeat(limits::MAX_DEPTH + 1),
        "a: ".repeat(100_000),
        format!("1{}", " // 1".repeat(100_000)),
        " ".repeat(limits::MAX_FILE_BYTES + 1),
        format!("a{}", ".b".repeat(100_000)),
    ] {
        let tree = tree(&text);
        assert_eq!(tree.errors.len(), 1);
        assert!(tree.root().is_none());
    }
    // Just below, all is read.
    let deep = format!("{}1{}", "[".repeat(limits::MAX_DEPTH), "]".repeat(limits::MAX_DEPTH));
    assert!(!tree(&deep).is_broken());
    let long = format!("f{}", " x".repeat(100_000));
    assert!(!tree(&long).is_broken());
}

/// Where rnix's parser and ours knowingly judge a text differently.
#[derive(Debug, PartialEq, Eq)]
enum Difference {
    /// rnix reads a function as an argument or in a list without parentheses, which Nix does not.
    FunctionWithoutParentheses,
    /// rnix takes any token for the `)` that it waits for.
    ParenthesisClosedByAnything,
}

fn known_difference(ours: &Tree) -> Option<Difference> {
    match ours.errors.first() {
        Some(error) if error.message == "expected `)`" => Some(Difference::ParenthesisClosedByAnything),
        Some(error) if error.message.starts_with("a function ") => {
            Some(Difference::FunctionWithoutParentheses)
        }
        _ => None,
    }
}

/// Texts that only one of the two parsers refuses, unless it is known why.
fn differing<'t>(texts: impl Iterator<Item = &'t String>) -> Vec<String> {
    let mut differing = Vec::new();
    for text in texts {
        let ours = tree(text);
        let theirs = !rnix::Root::parse(text).errors().is_empty();
        if ours.is_broken() != theirs && known_difference(&ours).is_none() {
            differing.push(format!("{} {text:?}", if theirs { "rnix refuses" } else { "we refuse" }));
        }
    }
    differing
}

#[test]
fn rnix_agrees_on_what_is_an_error_in_expressions() {
    let table = include_str!("../../nix/tests/language.txt");
    let whole: Vec<String> = table.lines().step_by(2).map(|line| line.replace('⏎', "\n")).collect();
    let prefixes = whole.iter().flat_map(|text| {
        (0..=text.len()).filter_map(|end| text.get(..end).map(str::to_owned)).collect::<Vec<_>>()
    });
    let texts: Vec<String> = prefixes.collect();
    let differing = differing(texts.iter());
    assert!(differing.is_empty(), "{} of {}:\n{}", differing.len(), texts.len(), differing.join("\n"));
}

#[test]
fn rnix_agrees_on_what_is_an_error_in_flakes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/seeds");
    let mut texts = Vec::new();
    for (number, entry) in std::fs::read_dir(folder).unwrap().enumerate() {
        let text = std::fs::read_to_string(entry.unwrap().path().join("flake.nix")).unwrap();
        // Another part of the places in each file: all of them would take a minute.
        for at in (number % 5..text.len()).step_by(5) {
            let (Some(before), Some(after)) = (text.get(..at), text.get(at + 1..)) else { continue };
            texts.push(before.to_owned());
            for replacement in ["", ";", "}", "\"", "''", "(", "=", ".", "a b", "${", "\n"] {
                texts.push(format!("{before}{replacement}{after}"));
            }
        }
        texts.push(text);
    }
    let differing = differing(texts.iter());
    assert!(differing.is_empty(), "{} of {}:\n{}", differing.len(), texts.len(), differing.join("\n"));
}
