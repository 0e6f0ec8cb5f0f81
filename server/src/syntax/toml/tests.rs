#![allow(clippy::format_collect)]

use std::fmt::Write as _;

use super::{Data, Table, TableKind, Tree, Value, parse};
use crate::text::{Document, FileId};

fn tree(text: &str) -> Tree {
    parse(&Document::new(FileId::new("/p/a.toml"), text))
}

/// A table as one line: entries with the way in which tables are written.
fn show(table: &Table) -> String {
    let mut out = String::new();
    for entry in &table.entries {
        let _ = write!(out, "{}={};", entry.key.name, show_value(&entry.value));
    }
    out
}

fn show_value(value: &Value) -> String {
    match &value.data {
        Data::String(text) => format!("{text:?}"),
        Data::Integer(value) => value.to_string(),
        Data::Float => "float".into(),
        Data::Boolean(value) => value.to_string(),
        Data::Datetime => "date".into(),
        Data::Array(values) => format!("[{}]", values.iter().map(show_value).collect::<Vec<_>>().join(",")),
        Data::Table(table) => {
            let kind = match table.kind {
                TableKind::Root => 'R',
                TableKind::Header => 'H',
                TableKind::ArrayElement => 'A',
                TableKind::Implicit => 'M',
                TableKind::Dotted => 'D',
                TableKind::Inline => 'I',
            };
            format!("{kind}{{{}}}", show(table))
        }
        Data::Invalid => "?".into(),
    }
}

fn check(text: &str, expected: &str, errors: usize) {
    let tree = tree(text);
    assert_eq!(show(&tree.root), expected, "{text}");
    assert_eq!(tree.errors.len(), errors, "{text}: {:?}", tree.errors);
}

#[test]
fn spellings_of_the_same_table() {
    check("[a.b]\nc = 1", "a=M{b=H{c=1;};};", 0);
    check("a.b.c = 1", "a=D{b=D{c=1;};};", 0);
    check("a = { b = { c = 1 } }", "a=I{b=I{c=1;};};", 0);
    check("[a]\nb.c = 1\nb.d = 2", "a=H{b=D{c=1;d=2;};};", 0);
    check("[a]\nx = 1\n[a.b]\nc = 1\n", "a=H{x=1;b=H{c=1;};};", 0);
    check("[a.b]\nc = 1\n[a]\nx = 1", "a=H{b=H{c=1;};x=1;};", 0);
    check("[[a]]\nb = 1\n[a.c]\nd = 1\n[[a]]\nb = 2", "a=[A{b=1;c=H{d=1;};},A{b=2;}];", 0);
    check("[target.'cfg(windows)']\n\"k\" = 'v'", "target=M{cfg(windows)=H{k=\"v\";};};", 0);
}

#[test]
fn values() {
    check(
        "a = [1, 0x10, \"x\\n\", '''y''', true, 1.5, 1979-05-27]",
        "a=[1,16,\"x\\n\",\"y\",true,float,date];",
        0,
    );
    check("a = [\n  'x', # why\n  'y',\n]", "a=[\"x\",\"y\"];", 0);
}

#[test]
fn half_typed_texts_keep_the_rest() {
    check("[build]\ntarget =\n[env]\nA = 'b'", "build=H{target=?;};env=H{A=\"b\";};", 1);
    let tree = tree("[build]\ntarget = \"x86\n[env]\nA = 'b'");
    assert!(!tree.errors.is_empty());
    assert_eq!(tree.root.path(&["env", "A"]).and_then(Value::as_str), Some("b"));
}

#[test]
fn duplicates_are_errors_and_the_first_stands() {
    check("a = 1\na = 2", "a=1;", 1);
    check("[a]\nb = 1\n[a]\nc = 2", "a=H{b=1;c=2;};", 1);
    check("a = 1\n[a.b]\nc = 2", "a=1;", 1);
}

#[test]
fn spans_are_those_of_the_text() {
    let text = "\u{feff}[target.x]\r\nlinker = \"ä\" # c\r\na.b = 1\r\n";
    let tree = tree(text);
    let table = tree.root.path(&["target", "x"]).and_then(Value::as_table).expect("table");
    let slice = |span: crate::text::Span| &text[span.start()..span.end()];
    assert_eq!(slice(table.span), "[target.x]");
    let linker = table.entry("linker").expect("entry");
    assert_eq!(slice(linker.value.span), "\"ä\"");
    assert_eq!(slice(linker.statement), "linker = \"ä\"");
    assert_eq!(slice(table.entry("a").expect("entry").statement), "a.b = 1");
    assert_eq!(&text[..table.body_end], &text[..text.len() - 2]);
    assert_eq!(tree.comments.iter().map(|span| slice(*span)).collect::<Vec<_>>(), ["# c"]);
}

#[test]
fn hostile_texts_end() {
    for text in
        ["[".repeat(100_000), "a=".to_owned() + &"[".repeat(100_000), "a=".to_owned() + &"{a=".repeat(50_000)]
    {
        assert!(!tree(&text).errors.is_empty());
    }
    let deep_key = format!("{}a = 1\n[{}a]\nb = 1", "a.".repeat(100_000), "b.".repeat(100_000));
    assert_eq!(tree(&deep_key).errors.len(), 2, "the key and the header");
    let wide: String = (0..100_000).map(|number| format!("a{number} = 1\n")).collect();
    assert_eq!(tree(&wide).root.entries.len(), 100_000);
}
