//! The language, against what Nix itself answered.
//!
//! `language.txt` holds expressions, each with the answer of nix-instantiate 2.8 below it (`⏎` stands
//! for a line break): a value, "syntax error", "undefined" (a variable; we do not claim that), "duplicate"
//! (an attribute; neither that), or "error" (Nix stops).

use std::path::Path;

use super::support::{eval_str, eval_with_library, project};

/// Where we knowingly differ.
const DIFFERENT: &[(&str, &str)] = &[
    // Pipes are newer than the Nix that answered.
    ("a <| b", "reads"),
    ("a |> b", "reads"),
    ("1 + 1 |> (x: x)", "2"),
    // What lies outside of the project cannot be known.
    ("builtins.pathExists /nonexistent", "«whether a path exists»"),
    ("builtins.typeOf <nixpkgs>", "\"set\""),
    // A path is copied to the store when it becomes text; which path it was is kept.
    ("toString /a/b", "\"${/a/b}\""),
    // To Nix a CR is an ordinary character, and a blank line that ends with CR LF has no indentation.
    ("''\n a\n\r\n''", "\"a\\n\\n\""),
    // glibc's idea of an empty repetition.
    ("builtins.match \"(a*)*\" \"aa\"", "[ \"aa\" ]"),
];

fn table(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.split_terminator('\n').collect();
    lines.chunks(2).map(|pair| (pair[0].replace('⏎', "\n"), pair[1].trim_start().to_owned())).collect()
}

fn is_broken(expression: &str) -> bool {
    let snapshot = project(&[("main.nix", expression)]);
    let source = snapshot.files.read(Path::new("/project/main.nix"));
    source.text().unwrap().nix().is_broken()
}

#[test]
fn expressions_come_to_what_nix_says() {
    let table = table(include_str!("language.txt"));
    assert!(table.len() > 400);
    let mut wrong = Vec::new();
    for (expression, expected) in &table {
        if let Some((_, ours)) = DIFFERENT.iter().find(|(different, _)| different == expression) {
            assert!(!is_broken(expression), "{expression}");
            assert!(
                *ours == "reads" || eval_str(expression) == *ours,
                "{expression}: {}",
                eval_str(expression)
            );
            continue;
        }
        let broken = is_broken(expression);
        let shown = eval_str(expression);
        let right = match expected.as_str() {
            "syntax error" => broken,
            "undefined" | "duplicate" => !broken,
            "error" => !broken && (shown.starts_with("error") || shown.starts_with('«')),
            expected => !broken && shown == expected,
        };
        if !right {
            wrong.push(format!(
                "{expression}\n  Nix: {expected}\n  we:  {shown}{}",
                if broken { " (broken)" } else { "" }
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

/// `library.txt`: expressions over nixpkgs' lib, each with what the real one gave.
#[test]
fn functions_of_lib_come_to_what_nixpkgs_says() {
    let table = table(include_str!("library.txt"));
    let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
    for (expression, expected) in &table {
        let shown = eval_with_library(expression);
        if shown.contains('«') {
            unknown.push(expression.as_str());
        } else if shown != *expected {
            wrong.push(format!("{expression}\n  nixpkgs: {expected}\n  we:      {shown}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
    assert!(unknown.len() * 20 < table.len(), "not known: {}", unknown.join("\n"));
}

/// `platforms.txt`: platforms, each with the attributes that `lib.systems.elaborate` gave them.
#[test]
fn platforms_have_the_attributes_that_nixpkgs_gives_them() {
    let (mut wrong, mut unknown, mut all) = (Vec::new(), Vec::new(), 0);
    for (system, attributes) in table(include_str!("platforms.txt")) {
        let pairs: Vec<(&str, &str)> =
            attributes.split("; ").filter_map(|pair| pair.split_once('=')).collect();
        for (name, expected) in pairs {
            all += 1;
            let shown = eval_with_library(&format!("(lib.systems.elaborate ({system})).{name}"));
            if shown.contains('«') {
                unknown.push(format!("{system}.{name}"));
            } else if shown != expected {
                wrong.push(format!("{system}.{name} is {expected}, not {shown}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {all}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(unknown.len() * 10 < all, "{} of {all} not known: {}", unknown.len(), unknown.join(" "));
}
