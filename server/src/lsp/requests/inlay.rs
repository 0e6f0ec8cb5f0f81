//! Inlay hints: behind each target that a file names, how its programs are linked here.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use crate::{
    knowledge,
    lsp::{requests::lens::named_targets, state::Look},
    project::{FlagSet, Linkage, Project},
    text::FileId,
};

/// A hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The byte that it stands before.
    pub at: usize,
    /// Its words.
    pub label: String,
    /// Who says so.
    pub why: String,
}

/// The hints of a file, in the order of the text.
pub fn of_file(look: &Look, file: &FileId) -> Vec<Hint> {
    let project = &look.analysis.project;
    let mut hints: Vec<Hint> = Vec::new();
    for (origin, triple) in named_targets(project) {
        if origin.file != *file || !hints_at_all(&triple) {
            continue;
        }
        let (linkage, by) = project.linkage_by(&triple);
        if linkage == Linkage::Unknown {
            continue;
        }
        let why = why(&triple, by.as_ref(), project);
        hints.push(Hint { at: origin.span.end(), label: linkage.label().to_owned(), why });
    }
    hints.sort_by_key(|hint| hint.at);
    hints.dedup_by_key(|hint| hint.at);
    hints
}

/// Whether any target's linkage is another than it was, in whatever file that was decided.
pub fn has_changed(before: &[Arc<Look>], now: &[Arc<Look>]) -> bool {
    let said = |looks: &[Arc<Look>]| -> BTreeMap<(PathBuf, String), &'static str> {
        let of_project = |look: &Arc<Look>| {
            let project = Arc::clone(&look.analysis.project);
            let root = look.snapshot.root.to_path_buf();
            let triples: BTreeSet<String> =
                named_targets(&project).into_iter().map(|(_, triple)| triple).collect();
            let labels = triples.into_iter().map(move |triple| {
                let label = project.linkage(&triple).label();
                ((root.clone(), triple), label)
            });
            labels.collect::<Vec<_>>()
        };
        looks.iter().flat_map(of_project).collect()
    };
    let is_same = before.len() == now.len() && before.iter().zip(now).all(|(a, b)| Arc::ptr_eq(a, b));
    !is_same && said(before) != said(now)
}

/// Whether there is a C library that programs for a target may need where they run.
fn hints_at_all(triple: &str) -> bool {
    knowledge::target(triple).is_some_and(|target| {
        target.os != "none" && !target.arch.starts_with("wasm") && target.std != Some(false)
    })
}

fn why(triple: &str, by: Option<&FlagSet>, project: &Project) -> String {
    match by {
        Some(set) => {
            let file = set.origin().map(|origin| format!(" in `{}`", project.display(&origin.file)));
            format!("`crt-static` is set by `{}`{}", set.setting, file.unwrap_or_default())
        }
        None => format!("rustc's default for `{triple}`: nothing here sets `crt-static`"),
    }
}

#[cfg(test)]
mod tests {
    use super::hints_at_all;

    #[test]
    fn only_where_a_c_library_may_be_needed() {
        for (triple, expected) in [
            ("x86_64-unknown-linux-musl", true),
            ("x86_64-pc-windows-msvc", true),
            ("aarch64-apple-darwin", true),
            ("wasm32-unknown-unknown", false),
            ("wasm32-wasip1", false),
            ("thumbv7em-none-eabihf", false),
            ("x86_64-unknown-none", false),
            ("no-such-target", false),
        ] {
            assert_eq!(hints_at_all(triple), expected, "{triple}");
        }
    }
}
