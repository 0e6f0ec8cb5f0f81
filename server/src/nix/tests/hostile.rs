//! Input that means harm, or is only half typed: an answer in time, and never a crash.

use std::time::{Duration, Instant};

use super::support::{as_files, facts, flake, on_large_stack, project, seed};
use crate::nix::{evaluator::FUEL, facts::FlakeFacts, read_flake};

/// Far above what a release build needs (50 ms): tests run unoptimised, on busy machines. What one edit may take is
/// held by the steps that were taken, here and in `bounds`.
const PATIENCE: Duration = Duration::from_secs(30);

/// Evaluates a flake whose outputs are an expression.
fn outputs(expression: &str) -> FlakeFacts {
    let text = format!("{{ outputs = {{ self, nixpkgs }}: {expression}; }}");
    let started = Instant::now();
    let facts = flake(&text);
    let took = started.elapsed();
    let shown: String = expression.chars().take(60).collect();
    assert!(took < PATIENCE, "{took:?} for {shown}");
    assert!(facts.work <= FUEL, "{} steps for {shown}", facts.work);
    facts
}

#[test]
fn nesting_ends_as_one_error() {
    for (open, close) in [
        ("[", "]"),
        ("(", ")"),
        ("{ a = ", "; }"),
        ("\"${", "}\""),
        ("''${", "}''"),
        ("a: ", ""),
        ("!", ""),
        ("-", ""),
        ("let in ", ""),
        ("if a then b else ", ""),
        ("with a; ", ""),
        ("assert a; ", ""),
        ("{ }: ", ""),
        ("a @ { }: ", ""),
        ("x // ", ""),
        ("x ++ ", ""),
        ("x -> ", ""),
        ("f <| ", ""),
        ("{ a ? ", "}: a"),
    ] {
        for count in [100, 1_000, 100_000] {
            let text = format!("{}1{}", open.repeat(count), close.repeat(count));
            let facts = outputs(&text);
            assert!(!facts.complete || count == 100);
            // Half of it is what a person has typed so far.
            outputs(&open.repeat(count));
        }
    }
}

#[test]
fn long_chains_are_read() {
    for (start, link) in [
        ("f", " x"),
        ("a", ".b"),
        ("1", " + 1"),
        ("1", " * 1"),
        ("a", " && a"),
        ("a", " || a"),
        ("a", " ? a"),
        ("[ ]", " ++ [ ]"),
        ("a", " |> a"),
        ("a", " or b"),
        ("./a", "/b"),
        ("\"a", " $${ ${b}"),
        ("''a", " ''$ '''"),
        ("a", "."),
        ("-", "-"),
        ("+", "+"),
        ("/", "/"),
        ("a", "\n.a"),
        ("a = ", "a = "),
        ("inherit ", "a "),
    ] {
        for count in [1_000, 100_000] {
            outputs(&format!("{start}{}", link.repeat(count)));
        }
    }
}

#[test]
fn what_goes_in_circles_ends() {
    for expression in [
        "let x = x; in x",
        "let f = x: f x; in f 1",
        "let f = x: f (x + 1); in f 1",
        "let f = x: f (f x); in f 1",
        "let f = x: [ (f x) ] ++ f x; in f 1",
        "let f = x: (f x) + \"a${f x}\"; in f \"\"",
        "let x = { a = x; } // x; in x",
        "let a = b.c; b = a.c; in a",
        "rec { packages.x86_64-linux = packages.x86_64-linux; }",
        "{ packages = self.packages; }",
        "self",
        "self // { devShells = self.devShells; }",
        "let w = with w; w; in w",
        "let f = { a ? b, b ? a }: a; in f { }",
        "let s = { outPath = s; }; in \"${s}\"",
        "let s = { __toString = s: s; }; in \"${s}\"",
        "let s = { __functor = self: self; }; in s 1",
        "let l = [ l ]; in nixpkgs.lib.flatten l",
        "let a = rec { b = { inherit a; }; }; c = rec { b = { a = c; }; }; in a == c",
        "nixpkgs.lib.fix (self: self)",
        "nixpkgs.lib.fix (self: { a = self.b; b = self.a; }).a",
        "let p = import nixpkgs { system = \"x86_64-linux\"; overlays = [ (final: prev: { x = final.x; }) ]; }; in { packages.x86_64-linux.x = p.x; }",
        "let p = import nixpkgs { system = \"x86_64-linux\"; overlays = [ (final: prev: final) ]; }; in { packages.x86_64-linux.x = p.x; }",
        "let f = n: { a = f n; }; in { packages.x86_64-linux = f 1; }",
        "import ./flake.nix",
        "(import ./flake.nix).outputs { inherit self nixpkgs; }",
        "let double = x: [ x x ]; in builtins.foldl' (l: _: l ++ l) [ 1 ] (builtins.genList (x: x) 100)",
        "builtins.foldl' (s: _: s + s) \"x\" (builtins.genList (x: x) 100)",
        "builtins.foldl' (s: _: s // { a = s; b = s; }) { } (builtins.genList (x: x) 10000000)",
        "builtins.genList (x: x) 1000000000000",
        "nixpkgs.lib.range 1 1000000000000",
        "nixpkgs.lib.cartesianProduct { a = nixpkgs.lib.range 1 1000; b = nixpkgs.lib.range 1 1000; c = nixpkgs.lib.range 1 1000; }",
        "let f = x: if nixpkgs.unknown then f [ x ] else f { inherit x; }; in f 1",
        "let p = nixpkgs.legacyPackages.x86_64-linux; f = p: f p.pkgsStatic; in f p",
        "let p = nixpkgs.legacyPackages.x86_64-linux; in { packages.x86_64-linux.a = p.mkShell (final: final); }",
        "let d = nixpkgs.legacyPackages.x86_64-linux.mkShell { inputsFrom = [ d ]; }; in { devShells.x86_64-linux.a = d; }",
        "let d = nixpkgs.legacyPackages.x86_64-linux.mkShell { buildInputs = [ d ]; FOO = d; name = d.name; }; in { devShells.x86_64-linux.a = d; }",
        "let s = builtins.foldl' (s: _: \"${if nixpkgs.u then s else \"b\"}x\") \"a\" (builtins.genList (x: x) 50000); in { devShells.x86_64-linux.a = nixpkgs.legacyPackages.x86_64-linux.mkShell { A_B = s; shellHook = s; }; }",
        "let s = builtins.concatStringsSep \"\" (builtins.genList (x: \"export A=${nixpkgs.u}\") 50000); in { devShells.x86_64-linux = builtins.listToAttrs (builtins.genList (x: { name = toString x; value = nixpkgs.legacyPackages.x86_64-linux.mkShell { A_B = s; shellHook = s; }; }) 1000); }",
        "builtins.match \"((a*)*)*b\" \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
        "builtins.sort (a: b: true) (builtins.genList (x: x) 100000)",
        "nixpkgs.lib.unique (builtins.genList (x: x) 100000)",
    ] {
        outputs(expression);
    }
}

fn repeated(line: impl Fn(usize) -> String) -> String {
    (0..40_000).map(line).collect::<Vec<_>>().concat()
}

#[test]
fn a_million_bytes_of_attributes_take_no_time() {
    let many = repeated(|number| format!("a{number} = {{ b = {number}; }};\n"));
    outputs(&format!("{{ {many} }}"));
    outputs(&format!("let {many} in {{ packages.x86_64-linux = {{ inherit a1; }}; }}"));
    outputs(&format!("let x = rec {{ {many} }}; in x // x // x"));
    let nested = repeated(|number| format!("a.b{number}.c = {number};\n"));
    outputs(&format!("{{ {nested} }}"));
    let formals = repeated(|number| format!("a{number}, "));
    outputs(&format!("({{ {formals} ... }}: 1) {{ a1 = 2; }}"));
}

#[test]
fn ten_thousand_overlays_end() {
    let overlays = "(final: prev: { x = prev.x; })".repeat(10_000);
    let facts = outputs(&format!(
        "let p = import nixpkgs {{ system = \"x86_64-linux\"; overlays = [ {overlays} ]; }}; in {{ packages.x86_64-linux = {{ inherit (p) x y; }}; }}"
    ));
    assert!(!facts.complete || facts.packages.len() == 2);
}

#[test]
fn files_that_import_each_other_end() {
    let files = [
        (
            "flake.nix",
            "{ outputs = { self, nixpkgs }: { packages.x86_64-linux = import ./a.nix; devShells = import ./b; }; }",
        ),
        ("a.nix", "import ./b"),
        ("b/default.nix", "import ../a.nix"),
    ];
    let facts = facts(&files);
    assert!(!facts.complete);
    assert_eq!(facts.files.len(), 3);
}

#[test]
fn what_cannot_be_read_is_a_gap_and_no_claim() {
    for text in [
        "",
        "}",
        "{",
        "[",
        "1",
        "\"",
        "''",
        "/*",
        "{ outputs = 1; }",
        "{ outputs = _: 1; }",
        "{ outputs = { nixpkgs }: ",
        "\u{feff}",
        "\0",
        "{ outputs = _: { packages = 1; }; }",
        "{ outputs = _: { packages.x = 1; }; }",
    ] {
        let facts = flake(text);
        assert!(facts.packages.is_empty());
        let is_whole = text.ends_with("}; }");
        assert_eq!(facts.complete, is_whole, "{text:?}");
    }
    let bytes = format!("{{ outputs = _: {{ }}; }} # {}", "x".repeat(5_000_000));
    assert!(!flake(&bytes).complete);
}

/// Every prefix of a flake is what somebody has typed so far.
#[test]
fn half_typed_flakes_never_harm() {
    for name in ["000-static-portable", "001-cross-shell", "002-zigbuild", "003-matrix"] {
        let files = seed(name);
        let text = files.iter().find(|(path, _)| path == "flake.nix").unwrap().1.clone();
        let others: Vec<_> = files.into_iter().filter(|(path, _)| path != "flake.nix").collect();
        on_large_stack(move || {
            for end in 0..text.trim_end().len() {
                let Some(prefix) = text.get(..end) else { continue };
                let mut files = as_files(&others);
                files.push(("flake.nix", prefix));
                let facts = read_flake(&project(&files)).unwrap();
                assert!(!facts.complete, "the first {end} bytes of {name}");
            }
        });
    }
}

/// A character gone, doubled or replaced, anywhere.
#[test]
fn mistyped_flakes_never_harm() {
    for name in ["001-cross-shell", "003-matrix"] {
        let files = seed(name);
        let text = files.iter().find(|(path, _)| path == "flake.nix").unwrap().1.clone();
        let others: Vec<_> = files.into_iter().filter(|(path, _)| path != "flake.nix").collect();
        on_large_stack(move || {
            // Each third place: all of them would take half a minute.
            for at in (0..text.len()).step_by(3) {
                for replacement in ["", "}", "\"", "''", "${", ";", "(", "é"] {
                    let changed = format!("{}{replacement}{}", &text[..at], &text[at + 1..]);
                    let mut files = as_files(&others);
                    files.push(("flake.nix", &changed));
                    read_flake(&project(&files)).unwrap();
                }
            }
        });
    }
}

/// The same text, the same facts.
#[test]
fn facts_are_deterministic() {
    for name in ["000-static-portable", "001-cross-shell", "003-matrix"] {
        let files = seed(name);
        let files = as_files(&files);
        let shown = |facts: &FlakeFacts| format!("{facts:?}");
        assert_eq!(shown(&facts(&files)), shown(&facts(&files)));
    }
}

#[test]
fn data_that_grows_without_end_ends() {
    let deep = format!("{{ }} {}", "// { a = 1; } ".repeat(20_000));
    let nested =
        format!("({})", (0..5_000).map(|n| format!("{{ a{n} = {n}; }}")).collect::<Vec<_>>().join(" // "));
    let json = format!("builtins.fromJSON ''[{}1]''", "1,".repeat(200_000));
    for expression in [
        "let f = s: f (s + s); in f \"ab\"",
        "let f = l: f (l ++ l); in f [ 1 ]",
        "let f = s: f (s // { ${toString (builtins.length (builtins.attrNames s))} = s; }); in f { }",
        "builtins.foldl' (sum: n: sum + n) 0 (builtins.genList (n: n) 100000000)",
        "builtins.foldl' (all: n: all // { ${toString n} = n; }) { } (builtins.genList (n: n) 100000)",
        "builtins.sort (a: b: a < b) (builtins.genList (n: 0 - n) 1000000)",
        "builtins.concatMap (n: builtins.genList (m: m) n) (builtins.genList (n: n) 100000)",
        "builtins.match \"(a|aa)+(a|aa)+(a|aa)+b\" (builtins.concatStringsSep \"\" (builtins.genList (n: \"a\") 5000))",
        "builtins.split \"a*a*a*a*a*b\" (builtins.concatStringsSep \"\" (builtins.genList (n: \"a\") 5000))",
        "builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; }",
        "builtins.groupBy (n: toString n) (builtins.genList (n: n) 1000000)",
        "builtins.toJSON (let x = { a = x; b = x; }; in x)",
        "builtins.replaceStrings [ \"a\" ] [ \"aaaaaaaaaaaaaaaa\" ] (builtins.concatStringsSep \"\" (builtins.genList (n: \"a\") 100000))",
        "nixpkgs.lib.fix (self: { x = self.x; })",
        "nixpkgs.lib.cartesianProduct (builtins.listToAttrs (builtins.genList (n: { name = toString n; value = [ 1 2 3 ]; }) 100))",
        "(nixpkgs.lib.evalModules { modules = builtins.genList (n: { x = [ n ]; }) 100000; }).config.x",
        "(let m = { imports = [ m m ]; }; in nixpkgs.lib.evalModules { modules = [ m ]; }).config",
        deep.as_str(),
        nested.as_str(),
        json.as_str(),
    ] {
        let facts = outputs(&format!(
            "{{ packages.x86_64-linux.x = nixpkgs.legacyPackages.x86_64-linux.mkShell {{ A_B = builtins.toJSON ({expression}); }}; }}"
        ));
        assert!(facts.packages.len() <= 1, "{expression}");
    }
}
