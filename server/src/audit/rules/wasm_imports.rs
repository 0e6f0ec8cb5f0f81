//! A WebAssembly module that asks its host for something of its own.
//!
//! ## What it does
//!
//! Looks at the imports of a module. Those of WASI are known to runtimes; those of `env` are what a C
//! library or a linker left open; `__wbindgen_describe` is there until `wasm-bindgen` has run. It stays silent
//! when Emscripten, Go or napi-rs wrote the module: their JavaScript offers what it asks for.
//!
//! ## Why it matters
//!
//! For everybody who loads it: a module with one import that the host does not offer is not instantiated
//! at all. An import of `env` is often a C function that was never linked, and no error of the build said so.
//!
//! ## Example
//!
//! ```console
//! $ portolan audit target/wasm32-unknown-unknown/release/app.wasm
//! warning[wasm-imports]: app.wasm asks its host for env.malloc and env.sqlite3_open
//! ```
//!
//! ## Use instead
//!
//! For `env`: find the crate that brings C code, and a feature that goes without; or build for
//! `wasm32-wasip1`, which has a C library. For the placeholder: run `wasm-bindgen`, `wasm-pack` or `trunk` on
//! the module, and ship what they write.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/rustc/platform-support/wasm32-unknown-unknown.html>
//! - <https://rustwasm.github.io/docs/wasm-bindgen/reference/cli.html>

use super::{ArtefactRule, Subject, support};
use crate::{
    audit::artefact::{Image, System},
    finding::{Finding, Severity},
};

/// The rule.
pub const RULE: ArtefactRule = ArtefactRule {
    name: "wasm-imports",
    summary: "a WebAssembly module that asks its host for something of its own",
    severity: Severity::Warning,
    source: include_str!("wasm_imports.rs"),
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let modules = subject.images().iter().filter(|image| image.system == System::Wasm);
    modules.flat_map(|image| of_module(subject, image)).collect()
}

fn of_module(subject: &Subject<'_>, image: &Image) -> Vec<Finding> {
    let name = subject.name(image);
    let is_of = |wanted: fn(&str) -> bool| {
        let imports = image.imports.iter().filter(move |(module, _)| wanted(module));
        imports.map(
            |(module, field)| if field.is_empty() { module.clone() } else { format!("{module}.{field}") },
        )
    };
    let mut findings = Vec::new();
    if image.imports.iter().any(support::awaits_wasm_bindgen) {
        let message = format!(
            "{name} is not finished: it still has the placeholders of wasm-bindgen, which no host offers"
        );
        let help = "run wasm-bindgen, wasm-pack or trunk on it, and ship what they write";
        findings.push(subject.finding(&RULE, Severity::Error, message).with_help(help));
    }
    if is_of(|module| module == "wasi_unstable").next().is_some() {
        let message =
            format!("{name} asks for WASI as it was before preview 1, which newer runtimes no longer offer");
        let help = "build for wasm32-wasip1 with a current toolchain";
        findings.push(subject.finding(&RULE, Severity::Warning, message).with_help(help));
    }
    let others: Vec<String> = is_of(is_other).collect();
    if !others.is_empty() && support::other_glue(image).is_none() {
        let shown: Vec<&str> = others.iter().map(String::as_str).collect();
        let message = format!(
            "{name} asks its host for {}: it runs only where somebody offers that",
            support::listed(&shown, 4)
        );
        let help = "if that is C code which was never linked, choose a feature without it or build for wasm32-wasip1; \
                    if your host offers it, say so where you describe the module";
        findings.push(subject.finding(&RULE, Severity::Warning, message).with_help(help));
    }
    findings
}

fn is_other(module: &str) -> bool {
    let is_wasi = module.starts_with("wasi_snapshot_preview1")
        || module == "wasi_unstable"
        || module.starts_with("wasi:");
    !(is_wasi || module.starts_with("__wbindgen_") || support::is_wasm_bindgen_glue(module))
}
