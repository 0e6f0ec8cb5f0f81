#![allow(clippy::unwrap_used)]

use std::{path::Path, sync::Arc};

use super::{super::facts::Builder, *};
use crate::{
    nix::{
        FlakeFacts,
        facts::{Derivation, Known, Piece, Text},
        read_flake,
    },
    snapshot::{MemoryFiles, Snapshot},
};

const HASH: &str = "pnivv2ds052hy12rb5xrvxpkh5hah4if";

fn snapshot(flake: &str) -> Snapshot {
    MemoryFiles::new("/project").with("flake.nix", flake).snapshot()
}

/// The facts of a flake with answers to it.
fn settled(flake: &str, answer: impl FnOnce(&mut Settled)) -> FlakeFacts {
    let snapshot = snapshot(flake);
    let source = snapshot.files.read(Path::new("/project/flake.nix")).text().cloned();
    let mut settled =
        Settled { files: vec![(FileId::new("/project/flake.nix"), source)], ..Settled::default() };
    answer(&mut settled);
    read(Snapshot { settled: Arc::new(settled), ..snapshot })
}

fn read(snapshot: Snapshot) -> FlakeFacts {
    let run = move || read_flake(&snapshot).unwrap();
    std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap().join().unwrap()
}

fn variables(derivation: &Derivation) -> Vec<(String, String)> {
    let shown = derivation.env.iter().map(|variable| {
        let name = match &variable.name {
            Known::Value(name) => name.clone(),
            Known::Unknown(name) => format!("«{name}»"),
        };
        (name, show(&variable.value))
    });
    shown.collect()
}

fn show(text: &Text) -> String {
    let pieces = text.pieces.iter().map(|piece| match piece {
        Piece::Literal { text, .. } => text.clone(),
        Piece::Store { item, .. } => {
            format!("<{} {}>", item.attribute, item.platform.config.as_deref().unwrap_or("?"))
        }
        Piece::Either { .. } => "«either»".to_owned(),
        Piece::Unknown { .. } => "«unknown»".to_owned(),
    });
    pieces.collect()
}

fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const FLAKE: &str = r#"{
  outputs = { nixpkgs, company, ... }: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {
    devShells.x86_64-linux.default = pkgs.mkShell (company.lib.environment // {
      "CARGO_TARGET_${company.lib.target}_LINKER" = "${company.lib.cc}/bin/cc";
      KNOWN = "yes";
      GONE = company.lib.nothing;
      FLAGS = "-C ${company.lib.flag}";
    });
  };
}"#;

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn what_was_unknown_is_what_nix_says() {
    let cc = format!("/nix/store/{HASH}-aarch64-unknown-linux-gnu-gcc-wrapper-13.3.0/bin/cc");
    let facts = settled(FLAKE, |settled| {
        let values = env(&[
            ("CARGO_TARGET_A_LINKER", &cc),
            ("KNOWN", "yes"),
            ("FLAGS", "-C x"),
            ("MORE", "1"),
            ("RUST_LOG", ""),
        ]);
        let output = Output { env: values, ..Output::default() };
        settled.outputs.insert("devShells.x86_64-linux.default".to_owned(), output);
    });
    let shell = &facts.shells[0];
    assert!(shell.complete);
    let mut found = variables(shell);
    found.sort();
    assert_eq!(
        found,
        [
            pair("CARGO_TARGET_A_LINKER", "<stdenv.cc aarch64-unknown-linux-gnu>/bin/cc"),
            pair("FLAGS", "-C x"),
            pair("KNOWN", "yes"),
            pair("MORE", "1"),
        ]
    );
}

#[test]
fn what_nix_could_not_say_stays_unknown() {
    let facts = settled(FLAKE, |settled| {
        let failed = BTreeSet::from(["FLAGS".to_owned(), "GONE".to_owned()]);
        let output = Output { env: env(&[("KNOWN", "no")]), failed, ..Output::default() };
        settled.outputs.insert("devShells.x86_64-linux.default".to_owned(), output);
    });
    let shell = &facts.shells[0];
    assert!(!shell.complete, "two values are still not known");
    let mut found = variables(shell);
    found.sort();
    // A computed name that nothing fits is none, and where we were wrong Nix is right.
    assert_eq!(found, [pair("FLAGS", "-C «unknown»"), pair("GONE", "«unknown»"), pair("KNOWN", "no")]);
}

#[test]
fn answers_count_for_the_text_that_they_are_about() {
    let edited = FLAKE.replace("yes", "changed");
    let stale = snapshot(FLAKE).files.read(Path::new("/project/flake.nix")).text().cloned();
    let output = Output { env: env(&[("KNOWN", "no")]), ..Output::default() };
    let settled = Settled {
        files: vec![(FileId::new("/project/flake.nix"), stale)],
        outputs: BTreeMap::from([("devShells.x86_64-linux.default".to_owned(), output)]),
        ..Settled::default()
    };
    let facts = read(Snapshot { settled: Arc::new(settled), ..snapshot(&edited) });
    assert!(!facts.shells[0].complete);
    assert!(variables(&facts.shells[0]).contains(&pair("KNOWN", "changed")));
}

#[test]
fn outputs_that_only_nix_knows_are_listed_and_ghosts_are_gone() {
    let flake = "{ outputs = { company, nixpkgs, ... }: company.lib.flake (system: {
      packages.guessed = nixpkgs.legacyPackages.${system}.hello;
    }); }";
    let facts = settled(flake, |settled| {
        for kind in ["packages", "devShells"] {
            settled.kinds.insert(kind.to_owned());
        }
        let names = BTreeSet::from(["tool".to_owned()]);
        settled.names.insert("packages.x86_64-linux".to_owned(), names);
        for system in ["aarch64-linux", "x86_64-darwin", "aarch64-darwin"] {
            settled.names.insert(format!("packages.{system}"), BTreeSet::new());
        }
        let platform = OutputPlatform {
            config: "x86_64-unknown-linux-musl".to_owned(),
            triple: Some("x86_64-unknown-linux-musl".to_owned()),
            is_static: true,
            is_cross: true,
        };
        let output = Output { platform: Some(platform), name: Some("tool".to_owned()), ..Output::default() };
        settled.outputs.insert("packages.x86_64-linux.tool".to_owned(), output);
    });
    assert!(facts.complete);
    let names: Vec<&str> = facts.packages.iter().map(|package| package.attribute.as_str()).collect();
    assert_eq!(names, ["packages.x86_64-linux.tool"]);
    let tool = &facts.packages[0];
    assert_eq!(tool.platform.config.as_deref(), Some("x86_64-unknown-linux-musl"));
    assert_eq!(tool.platform.is_static, Known::Value(true));
    assert!(matches!(tool.builder, Builder::Unknown(_)));
}

#[test]
fn store_paths_tell_their_package_and_platform() {
    let shown = |text: &str| {
        let origin = crate::text::Origin::new(FileId::new("/x"), crate::text::Span::at(0));
        show(&store::text(text, &origin))
    };
    let path = |name: &str| format!("/nix/store/{HASH}-{name}");
    assert_eq!(shown(&format!("-L{}/lib", path("openssl-3.0.14-dev"))), "-L<openssl ?>/lib");
    assert_eq!(
        shown(&format!("{}:{}", path("zlib-aarch64-unknown-linux-gnu-1.3.1"), path("jq-1.7-bin"))),
        "<zlib aarch64-unknown-linux-gnu>:<jq ?>"
    );
    assert_eq!(shown(&path("gcc-wrapper-13.2.0")), "<stdenv.cc ?>");
    assert_eq!(shown(&path("tool-static-x86_64-unknown-linux-musl-0.1")), "<tool x86_64-unknown-linux-musl>");
    assert_eq!(shown("/nix/store/short /store/ x"), "/nix/store/short /store/ x");
}

#[test]
fn a_reading_agrees_with_an_answer_or_it_does_not() {
    let facts = settled(
        r#"{ outputs = { nixpkgs, ... }: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {
          devShells.x86_64-linux.default = pkgs.mkShell { A = "${pkgs.zlib}/lib"; B = "b"; };
        }; }"#,
        |_| {},
    );
    let [a, b] = facts.shells[0].env.as_slice() else { panic!("two variables") };
    assert!(store::agrees(&a.value, &format!("/nix/store/{HASH}-zlib-1.3/lib")));
    assert!(!store::agrees(&a.value, &format!("/nix/store/{HASH}-zlib-1.3/lib64")));
    assert!(!store::agrees(&a.value, "/usr/lib"));
    assert!(store::agrees(&b.value, "b") && !store::agrees(&b.value, "bc"));
}
