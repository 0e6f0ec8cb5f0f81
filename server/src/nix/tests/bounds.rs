//! What a flake that grows without end comes to: an end after so many steps, which are the same on every machine, and
//! a reason in the place of the value.

use super::support::{facts, flake};
use crate::nix::{
    evaluator::FUEL,
    facts::{FlakeFacts, Piece, Text},
};

/// A shell whose variable is an expression.
fn shell(expression: &str) -> FlakeFacts {
    flake(&format!(
        "{{ outputs = {{ self, nixpkgs }}: let pkgs = nixpkgs.legacyPackages.x86_64-linux; inherit (nixpkgs) lib; in {{
           devShells.x86_64-linux.default = pkgs.mkShell {{ A_B = {expression}; }}; }}; }}"
    ))
}

fn reason(text: &Text) -> Option<&str> {
    text.pieces.iter().find_map(|piece| match piece {
        Piece::Unknown { why, .. } => Some(why.as_str()),
        Piece::Either { texts, .. } => texts.iter().find_map(reason),
        _ => None,
    })
}

/// Steps that were taken, and why the variable is not known.
fn ends(expression: &str) -> (u32, String) {
    let facts = shell(expression);
    assert!(facts.work <= FUEL);
    let [shell] = facts.shells.as_slice() else { panic!("{expression}: {:?}", facts.gaps) };
    let variable = shell.env.iter().find(|variable| variable.name.value().is_some_and(|name| name == "A_B"));
    let Some(variable) = variable else {
        assert!(!shell.complete, "{expression}");
        return (facts.work, "not reached".to_owned());
    };
    let reason = reason(&variable.value).unwrap_or_else(|| panic!("{expression}: {:?}", variable.value));
    (facts.work, reason.to_owned())
}

#[test]
fn what_grows_without_end_says_that_it_does() {
    // `x0 = { a = x1; b = x1; }; x1 = …`: sixty of them are 2^60 values.
    let tower = |step: &str, last: &str| {
        let steps: Vec<String> =
            (0..60).map(|n| format!("x{n} = {};", step.replace('@', &format!("x{}", n + 1)))).collect();
        format!("(let {} x60 = {last}; in x0)", steps.concat())
    };
    for (expression, words) in [
        ("let f = x: f x; in f 1".to_owned(), "the evaluation goes too deep"),
        ("let f = x: f (x + 1); in f 1".to_owned(), "the evaluation goes too deep"),
        ("let x = x; in x".to_owned(), "it refers to itself"),
        ("let y = y + 1; in y".to_owned(), "it refers to itself"),
        (tower("\"${@}${@}\"", "\"ab\""), "more parts than are looked at"),
        (tower("\"${@}${@}\"", "lib.unheard"), "a value that cannot be known here"),
        (tower("@ + @", "\"ab\""), "more parts than are looked at"),
        (tower("[ @ @ ]", "\"ab\""), "too much work"),
        (format!("builtins.toJSON {}", tower("{ a = @; b = @; }", "1")), "a value as JSON"),
        ("builtins.foldl' (s: _: s + s) \"x\" (lib.range 1 100)".to_owned(), "more parts than are looked at"),
        ("toString (builtins.genList (x: x) 1000000000)".to_owned(), "too much work"),
        (
            "let f = n: if n < 2 then n else f (n - 1) + f (n - 2); in toString (f 60)".to_owned(),
            "too much work",
        ),
        (
            "let a = lib.concatStrings (lib.genList (_: \"aaaaaaaaaa\") 9000); in builtins.replaceStrings [ \"a\" ] [ a ] a"
                .to_owned(),
            "grows longer than is looked at",
        ),
    ] {
        let (_, reason) = ends(&expression);
        let shown: String = expression.chars().take(60).collect();
        assert!(reason.contains(words), "{shown}: {reason}");
    }
}

/// The steps are the measure of the time: what is cheap takes few, and each class of costly things takes some.
#[test]
fn steps_are_spent_by_what_takes_time() {
    let work = |expression: &str| shell(expression).work;
    let plain = work("\"a\"");
    assert!(plain < 600, "{plain}");
    // A thousand of each takes at least a thousand steps more.
    for (what, costs) in [
        ("values", "lib.concatStrings (lib.genList toString 1000)"),
        (
            "matches",
            "toString (map (n: builtins.match \"(a|aa)+b\" \"aaaaaaaaaaaaaaaaaaaaaa\") (lib.range 1 1000))",
        ),
        ("comparisons", "toString (builtins.filter (n: \"a\" == \"b\") (lib.range 1 1000))"),
        ("names", "toString (map (n: with { a = 1; }; with { b = 1; }; a) (lib.range 1 1000))"),
    ] {
        let spent = work(costs) - plain;
        assert!((1_000..FUEL).contains(&spent), "{what}: {spent}");
    }
    let shells = |count: usize| {
        let one =
            |n: usize| format!("s{n} = nixpkgs.legacyPackages.x86_64-linux.mkShell {{ A_{n} = \"b\"; }}; ");
        let all: String = (0..count).map(one).collect();
        flake(&format!("{{ outputs = {{ self, nixpkgs }}: {{ devShells.x86_64-linux = {{ {all} }}; }}; }}"))
    };
    assert!(shells(100).work - shells(1).work >= 99 * 200);
    assert!(shells(100).complete);
    let many = shells(9_000);
    assert!(!many.complete && many.shells.len() < 5_000, "{}", many.shells.len());
    assert!(many.gaps.iter().any(|gap| gap.why.contains("too much work")), "{:?}", many.gaps);
}

#[test]
fn files_cost_steps() {
    let imports = |count: usize| {
        let one = |n: usize| format!("x{n} = import ./a{n}.nix; ");
        (0..count).map(one).collect::<String>()
    };
    let text = |count| format!("{{ outputs = _: {{ packages.x86_64-linux = {{ {} }}; }}; }}", imports(count));
    let some = facts(&[("flake.nix", &text(100))]);
    assert_eq!(some.files.len(), 101);
    assert!(some.work >= 100 * 200, "{}", some.work);
    let many = facts(&[("flake.nix", &text(20_000))]);
    assert!(!many.complete && many.files.len() < 6_000, "{}", many.files.len());
}

#[test]
fn bytes_that_are_no_text_are_a_gap() {
    for text in [
        "\0".repeat(1_000_000),
        "{ outputs = _: { a\0 = 1; }; }".to_owned(),
        format!("{{ outputs = _: {{ a = \"{}\"; }}; }}", "\u{fffd}".repeat(300_000)),
        format!("{{ outputs = _: {{ checks.x86_64-linux.a = {}; }}; }}", "xy ".repeat(300_000)),
    ] {
        let facts = flake(&text);
        assert!(facts.packages.is_empty() && facts.shells.is_empty());
        assert!(facts.work <= FUEL, "{}", facts.work);
    }
}

#[test]
fn a_script_without_end_is_not_read_to_its_end() {
    let exports = "export A_B=1; ".repeat(40_000);
    let facts = shell(&format!("\"1\"; shellHook = ''{exports}''"));
    let [shell] = facts.shells.as_slice() else { panic!("{:?}", facts.gaps) };
    assert!(!shell.complete && shell.env.len() < 10, "{}", shell.env.len());
    assert!(shell.unknown.iter().any(|gap| gap.why.contains("script")), "{:?}", shell.unknown);
}

/// Each level may be looked at twice, as its conditions ask for it: not twice for each look of the level around it.
#[test]
fn submodules_in_each_other_do_not_double_the_work() {
    let nested = |depth: usize| {
        let inner = (0..depth).fold("lib.types.str".to_owned(), |inner, _| {
            format!(
                "lib.types.submodule ({{ config, ... }}: {{ options.a = lib.mkOption {{ type = {inner}; default = {{ }}; }}; \
                 config = lib.mkIf (config.b or true) {{ b = false; }}; }})"
            )
        });
        shell(&format!(
            "toString (lib.evalModules {{ modules = [ {{ options.a = lib.mkOption {{ type = {inner}; default = {{ }}; }}; }} ]; }}).config.a{}.b",
            ".a".repeat(depth - 1)
        ))
        .work
    };
    let (ten, twenty) = (nested(10), nested(20));
    assert!(twenty < ten * 8, "{ten} {twenty}");
}

#[test]
fn a_generated_set_of_crates_ends() {
    let one = |n: usize| format!("c{n} = rustPackages.unknown.c{n}.\"1.0.0\"; ");
    let crates: String = (0..20_000).map(one).collect();
    let facts = flake(&format!(
        "{{ outputs = {{ self, nixpkgs }}: let p = nixpkgs.legacyPackages.x86_64-linux; r = p.rustBuilder.makePackageSet {{ \
         packageFun = {{ rustPackages, ... }}: {{ workspace = {{ {crates} }}; }}; }}; in {{ \
         packages.x86_64-linux = p.lib.mapAttrs (_: c: c {{ }}) r.workspace; }}; }}"
    ));
    assert!(
        !facts.complete && facts.work <= FUEL && facts.packages.len() < 5_000,
        "{}",
        facts.packages.len()
    );
}
