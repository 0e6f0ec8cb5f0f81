//! A build script that asks the host what the target is.
//!
//! ## What it does
//!
//! Finds build scripts that print link directives (`cargo:rustc-link-lib` and relatives) depending on
//! `cfg!(target_os = …)`, `cfg!(windows)`, `#[cfg(unix)]` and the like.
//!
//! ## Why it matters
//!
//! For every cross build: a build script is compiled for the machine that builds, so its `cfg` speaks of that
//! machine. Built on Linux for Windows, the script takes the Linux branch: a library is missing, or one is asked
//! for that the target does not have.
//!
//! ## Example
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//! ```
//!
//! ```rust file:build.rs
//! fn main() {
//!     if cfg!(target_os = "macos") {
//!         println!("cargo::rustc-link-lib=framework=Security");
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```rust file:build.rs
//! fn main() {
//!     if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("macos") {
//!         println!("cargo::rustc-link-lib=framework=Security");
//!     }
//! }
//! ```
//!
//! ## When it stays silent
//!
//! When the branch prints no link directive: choosing a tool or a path of the host by `cfg!` is right.
//!
//! ## Fix safety
//!
//! For review: on the host nothing changes, in cross builds the other branch is taken, as was meant.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/environment-variables.html#environment-variables-cargo-sets-for-build-scripts>

use std::str::FromStr as _;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::{FixKind, Rule};
use crate::{
    cargo::{Manifest, Workspace},
    finding::{Confidence, Edit, Finding, Fix, Severity},
    project::Project,
    text::{FileId, Origin, Span},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "missing-build-script-guard",
    summary: "a build script that links by `cfg!` of the host instead of the target",
    severity: Severity::Hint,
    fix: FixKind::Review,
    source: include_str!("missing_build_script_guard.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let packages = project.cargo.workspace.iter().flat_map(Workspace::packages);
    packages.flat_map(|manifest| in_script(project, manifest)).collect()
}

fn in_script(project: &Project, manifest: &Manifest) -> Vec<Finding> {
    let script = manifest.package.as_ref().and_then(|package| package.build_script.as_ref());
    let Some(script) = script else { return Vec::new() };
    let file = FileId::new(manifest.folder.join(script));
    let Some(source) = project.source(&file) else { return Vec::new() };
    let text = source.document().parser_text();
    // Most scripts do neither, and need no lexer.
    if !text.contains("rustc-link") || !text.contains("cfg") {
        return Vec::new();
    }
    let Ok(tokens) = TokenStream::from_str(&text) else { return Vec::new() };
    let mut found = Vec::new();
    let mut open = vec![tokens];
    while let Some(tokens) = open.pop() {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        branches(&trees, &mut found);
        open.extend(trees.into_iter().filter_map(|tree| match tree {
            TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        }));
    }
    // The tokens are gone; what the lexer remembers of them would stay for the life of the thread.
    proc_macro2::extra::invalidate_current_thread_spans();
    found.sort_by_key(|guard| guard.span);
    found.into_iter().map(|guard| finding(&file, guard)).collect()
}

/// A question about the host that decides what is linked.
struct Guard {
    span: Span,
    /// The same question about the target, when it is a simple one.
    instead: Option<String>,
}

fn finding(file: &FileId, guard: Guard) -> Finding {
    let message =
        "this asks for the machine that builds, not for the target: a cross build links for the wrong system";
    let fix = guard.instead.map(|text| {
        let edit = Edit { file: file.clone(), start: guard.span.start(), end: guard.span.end(), text };
        Fix::review("Ask for the target", vec![edit])
    });
    Finding::new(RULE.name, Severity::Hint, Origin::new(file.clone(), guard.span), message)
        .with_confidence(Confidence::Likely)
        .with_help("read CARGO_CFG_TARGET_OS, CARGO_CFG_TARGET_ENV or CARGO_CFG_WINDOWS from the environment")
        .with_fixes(fix)
}

/// `if cfg!(…) { links }` and `#[cfg(…)] links` in one list of tokens.
fn branches(trees: &[TokenTree], found: &mut Vec<Guard>) {
    for (index, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(word) if *word == "if" => {
                let rest = trees.get(index + 1..).unwrap_or_default();
                let end = rest.iter().position(is_block).unwrap_or(rest.len());
                let (condition, bodies) = rest.split_at(end);
                if bodies_of(bodies).any(|body| links(&body.stream())) {
                    questions(condition, found);
                }
            }
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                let Some(TokenTree::Group(attribute)) = trees.get(index + 1) else { continue };
                let rest = trees.get(index + 2..).unwrap_or_default();
                let end = rest.iter().position(|tree| is_block(tree) || is_mark(tree, ';'));
                let item = rest.get(..end.map_or(rest.len(), |end| end + 1)).unwrap_or_default();
                if is_cfg_attribute(attribute) && links(&item.iter().cloned().collect()) {
                    let span = bytes(attribute.span_open()).cover(bytes(attribute.span_close()));
                    found.push(Guard { span, instead: None });
                }
            }
            _ => (),
        }
    }
}

/// The block behind a condition, and those of its `else`.
fn bodies_of(trees: &[TokenTree]) -> impl Iterator<Item = &Group> {
    let belongs = |(index, tree): &(usize, &TokenTree)| {
        *index == 0 || is_block(tree) || matches!(tree, TokenTree::Ident(word) if *word == "else")
    };
    let blocks = trees.iter().enumerate().take_while(belongs);
    blocks.filter_map(|(_, tree)| match tree {
        TokenTree::Group(group) => Some(group),
        _ => None,
    })
}

/// `cfg!(…)` about the target in a condition.
fn questions(condition: &[TokenTree], found: &mut Vec<Guard>) {
    for (index, window) in condition.windows(3).enumerate() {
        let [TokenTree::Ident(word), mark, TokenTree::Group(group)] = window else { continue };
        if *word != "cfg" || !is_mark(mark, '!') || !is_about_target(&group.stream()) {
            continue;
        }
        let is_negated = index
            .checked_sub(1)
            .and_then(|before| condition.get(before))
            .is_some_and(|tree| is_mark(tree, '!'));
        let span = bytes(word.span()).cover(bytes(group.span_close()));
        let instead = of_target(group).map(|text| if is_negated { format!("({text})") } else { text });
        found.push(Guard { span, instead });
    }
}

/// The question put to cargo's variables: `target_os = "x"`, `windows`, `unix`.
fn of_target(group: &Group) -> Option<String> {
    let trees: Vec<TokenTree> = group.stream().into_iter().collect();
    match trees.as_slice() {
        [TokenTree::Ident(name)] => {
            let name = name.to_string().to_uppercase();
            Some(format!("std::env::var_os(\"CARGO_CFG_{name}\").is_some()"))
        }
        // Of these a target has exactly one.
        [TokenTree::Ident(name), equals, TokenTree::Literal(value)] if is_mark(equals, '=') => {
            let name = name.to_string();
            let is_single =
                matches!(name.as_str(), "target_os" | "target_arch" | "target_env" | "target_vendor");
            is_single.then(|| {
                format!("std::env::var(\"CARGO_CFG_{}\").as_deref() == Ok({value})", name.to_uppercase())
            })
        }
        _ => None,
    }
}

fn is_cfg_attribute(attribute: &Group) -> bool {
    let mut inner = attribute.stream().into_iter();
    let name = inner.next();
    match (name, inner.next()) {
        (Some(TokenTree::Ident(name)), Some(TokenTree::Group(group))) => {
            name == "cfg" && attribute.delimiter() == Delimiter::Bracket && is_about_target(&group.stream())
        }
        _ => false,
    }
}

fn is_about_target(tokens: &TokenStream) -> bool {
    any(tokens, &|tree| match tree {
        TokenTree::Ident(word) => {
            let word = word.to_string();
            matches!(
                word.as_str(),
                "windows"
                    | "unix"
                    | "target_os"
                    | "target_arch"
                    | "target_env"
                    | "target_family"
                    | "target_vendor"
            )
        }
        _ => false,
    })
}

/// Whether a link directive is printed there.
fn links(tokens: &TokenStream) -> bool {
    any(tokens, &|tree| match tree {
        TokenTree::Literal(text) => {
            let text = text.to_string();
            text.contains("cargo:rustc-link") || text.contains("cargo::rustc-link")
        }
        _ => false,
    })
}

/// Whether a token is there at any depth.
fn any(tokens: &TokenStream, wanted: &dyn Fn(&TokenTree) -> bool) -> bool {
    let mut open = vec![tokens.clone()];
    while let Some(tokens) = open.pop() {
        for tree in tokens {
            if wanted(&tree) {
                return true;
            }
            if let TokenTree::Group(group) = tree {
                open.push(group.stream());
            }
        }
    }
    false
}

fn is_block(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn is_mark(tree: &TokenTree, mark: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn bytes(span: proc_macro2::Span) -> Span {
    let range = span.byte_range();
    Span::new(range.start, range.end)
}
