//! How much of real flakes is understood: `cargo run --release --example flake_figures -- FOLDER…`
//!
//! One row of a Markdown table per folder that holds a `flake.nix`. `--why` lists below each row what is
//! not known, and why. `docs/flakes.md` says what the columns mean.

#![allow(clippy::print_stdout)]

use std::{collections::BTreeMap, path::Path};

use portolan::{
    nix::{
        facts::{Builder, Derivation, FlakeFacts, Known, Piece, Text, Toolchain},
        read_flake,
    },
    snapshot::{MemoryFiles, Snapshot},
    workspace::Vfs,
};

/// Variables that decide what cargo builds, with what, and against which libraries: by their beginnings …
const BEGINNINGS: &[&str] = &[
    "CARGO",
    "RUST",
    "CC",
    "CXX",
    "AR",
    "CFLAGS",
    "LDFLAGS",
    "LD_",
    "DYLD_",
    "NIX_LDFLAGS",
    "NIX_CFLAGS",
    "LIBRARY_PATH",
    "HOST_",
    "TARGET_",
    "PKG_CONFIG",
    "OPENSSL",
    "LIBCLANG",
    "BINDGEN",
    "PROTOC",
    "SDKROOT",
    "MACOSX",
    "JEMALLOC",
];

/// … and their ends.
const ENDS: &[&str] = &["_LIB_DIR", "_INCLUDE_DIR", "_LIB_PATH", "_STATIC", "_NO_VENDOR", "_LINKER", "_DIR"];

fn main() {
    let mut folders: Vec<String> = std::env::args().skip(1).collect();
    let with_reasons = folders.iter().any(|argument| argument == "--why");
    folders.retain(|argument| argument != "--why");
    println!("| flake | files | packages | shells | values | unknown | complete |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | --- |");
    let run = move || {
        let mut all = Count::default();
        for folder in &folders {
            if let Some(count) = figures(Path::new(folder), with_reasons) {
                all.values += count.values;
                all.unknown += count.unknown;
                all.packages += count.packages;
                all.shells += count.shells;
            }
        }
        println!("| all | | {} | {} | {} | {} % | |", all.packages, all.shells, all.values, all.share());
    };
    // The evaluator's promise to its callers: 64 MB of stack.
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run);
    if thread.is_ok_and(|thread| thread.join().is_err()) {
        println!("the evaluation failed");
    }
}

/// Values that matter, how many of them are not known, and why.
#[derive(Default)]
struct Count {
    packages: usize,
    shells: usize,
    values: usize,
    unknown: usize,
    reasons: BTreeMap<String, usize>,
}

impl Count {
    fn share(&self) -> String {
        let tenths = (self.unknown * 1000).checked_div(self.values).unwrap_or(0);
        format!("{}.{}", tenths / 10, tenths % 10)
    }

    fn value(&mut self, unknown: Option<String>) {
        self.values += 1;
        if let Some(why) = unknown {
            self.unknown += 1;
            *self.reasons.entry(why).or_default() += 1;
        }
    }

    fn derivation(&mut self, derivation: &Derivation) {
        let builder = match &derivation.builder {
            Builder::Unknown(why) => Some(format!("builder: {why}")),
            _ => None,
        };
        let unknown_builder = builder.is_some();
        self.value(builder);
        if unknown_builder {
            return;
        }
        let platform = &derivation.platform;
        let why = match &platform.is_static {
            Known::Unknown(why) => Some(format!("platform: {why}")),
            Known::Value(_) if platform.config.is_none() => Some("platform".to_owned()),
            Known::Value(_) => None,
        };
        self.value(why);
        self.value((!derivation.complete).then(|| "more attributes or inputs".to_owned()));
        if matches!(derivation.builder, Builder::BuildRustPackage | Builder::Crane | Builder::Naersk) {
            let why = (derivation.toolchain == Toolchain::Unknown).then(|| "toolchain".to_owned());
            self.value(why);
        }
        for target in &derivation.targets {
            self.value(reason(target).map(|why| format!("a target: {why}")));
        }
        for variable in &derivation.env {
            match &variable.name {
                Known::Value(name) if matters(name) => {
                    self.value(reason(&variable.value).map(|why| format!("{name}: {why}")));
                }
                Known::Value(_) => {}
                Known::Unknown(name) => self.value(Some(format!("a variable's name: {name}"))),
            }
        }
    }
}

fn matters(name: &str) -> bool {
    BEGINNINGS.iter().any(|start| name.starts_with(start)) || ENDS.iter().any(|end| name.ends_with(end))
}

/// Why a text is not known, if it is not. What the shell computes where it runs is no gap of the reader,
/// and neither is a path of the project or `$out`.
fn reason(text: &Text) -> Option<String> {
    text.pieces.iter().find_map(|piece| match piece {
        Piece::Unknown { why, .. }
            if ["the shell computes", "a path of the project", "the package's own output"]
                .iter()
                .any(|known| why.starts_with(known)) =>
        {
            None
        }
        Piece::Unknown { why, .. } => Some(why.clone()),
        Piece::Either { texts, .. } => texts.iter().find_map(reason).or(Some("one of several".to_owned())),
        Piece::Literal { .. } | Piece::Store { .. } => None,
    })
}

fn figures(folder: &Path, with_reasons: bool) -> Option<Count> {
    let files = Vfs::new(folder, None).snapshot();
    let snapshot = Snapshot { files, ..MemoryFiles::new(folder).snapshot() };
    let facts = read_flake(&snapshot)?;
    let mut count = Count { packages: facts.packages.len(), shells: facts.shells.len(), ..Count::default() };
    facts.packages.iter().chain(&facts.shells).for_each(|derivation| count.derivation(derivation));
    println!(
        "| {} | {} | {} | {} | {} | {} % | {} |",
        folder.file_name().unwrap_or_default().to_string_lossy().replace('+', "/"),
        facts.files.len(),
        facts.packages.len(),
        facts.shells.len(),
        count.values,
        count.share(),
        if facts.complete { "yes" } else { "no" },
    );
    if with_reasons {
        reasons(&facts, &count);
    }
    Some(count)
}

fn reasons(facts: &FlakeFacts, count: &Count) {
    for (why, times) in &count.reasons {
        println!("    {times} × {why}");
    }
    for gap in facts.gaps.iter().take(12) {
        println!("    {}:{} {}", gap.origin.file.name(), gap.origin.span.start(), gap.why);
    }
}
