//! Outputs under the names that Nix used before 2.7.

use super::RULE;
use crate::{
    finding::{Edit, Finding, Fix, Severity},
    fix::toml::replace,
    nix::facts::{FlakeFacts, OutputKind},
    project::Project,
    syntax::nix::{Expr, NameKind, Set, Tree, Written},
    text::{Document, Span},
};

/// An output's old name, and the kind that has it as its `default` now.
struct Old {
    name: &'static str,
    now: &'static str,
    /// Whether it is made for each system.
    per_system: bool,
    /// Whether only people and Nix itself ask for it, not other flakes.
    is_private: bool,
}

const OLD: &[Old] = &[
    Old { name: "defaultApp", now: "apps", per_system: true, is_private: true },
    Old { name: "defaultBundler", now: "bundlers", per_system: true, is_private: true },
    Old { name: "defaultPackage", now: "packages", per_system: true, is_private: false },
    Old { name: "defaultTemplate", now: "templates", per_system: false, is_private: true },
    Old { name: "devShell", now: "devShells", per_system: true, is_private: true },
    Old { name: "nixosModule", now: "nixosModules", per_system: false, is_private: false },
    Old { name: "overlay", now: "overlays", per_system: false, is_private: false },
];

pub(super) fn old_outputs(project: &Project) -> Vec<Finding> {
    let Some(flake) = &project.flake else { return Vec::new() };
    let old = |kind: &OutputKind| OLD.iter().find(|old| old.name == kind.name);
    let kinds = flake.kinds.iter().filter_map(|kind| Some((kind, old(kind)?)));
    kinds
        .filter(|(_, old)| !has_new(flake, old))
        .map(|(kind, old)| finding(project, flake, kind, old))
        .collect()
}

/// Whether the flake offers the same under the new name: then the old one is there for old versions.
fn has_new(flake: &FlakeFacts, old: &Old) -> bool {
    if !old.per_system || old.now == "bundlers" {
        return flake.kinds.iter().any(|kind| kind.name == old.now);
    }
    let attributes = flake.packages.iter().chain(&flake.shells).map(|one| (&one.attribute, &one.name));
    let apps = flake.apps.iter().map(|app| (&app.attribute, &app.name));
    let mut all = attributes.chain(apps);
    let is_new = |attribute: &str| attribute.strip_prefix(old.now).is_some_and(|rest| rest.starts_with('.'));
    // A set that cannot be known may hold it.
    let may_have = !flake.complete && flake.kinds.iter().any(|kind| kind.name == old.now);
    may_have || all.any(|(attribute, name)| name == "default" && is_new(attribute))
}

fn finding(project: &Project, flake: &FlakeFacts, kind: &OutputKind, old: &Old) -> Finding {
    let now = match old.per_system {
        true => format!("{}.<system>.default", old.now),
        false => format!("{}.default", old.now),
    };
    let message = format!("{} is an old name: since Nix 2.7 it is {now}", old.name);
    let title = format!("Rename it to {}", if old.per_system { now.as_str() } else { &now });
    let fix = rename(project, flake, kind, old).map(|edits| match old.is_private {
        true => Fix::safe(title, edits),
        false => Fix::review(title, edits),
    });
    Finding::new(RULE.name, Severity::Hint, kind.origin.clone(), message)
        .with_help(format!("call it {now}"))
        .with_fixes(fix)
}

/// Renames the binding, where it is written as one and nothing else in the flake speaks of it.
fn rename(project: &Project, flake: &FlakeFacts, kind: &OutputKind, old: &Old) -> Option<Vec<Edit>> {
    let source = project.source(&kind.origin.file)?;
    let (tree, document) = (source.nix(), source.document());
    if tree.is_broken() || is_used(project, flake, old.name) {
        return None;
    }
    let (set, written) = binding(tree, kind.origin.span)?;
    let parts = parts(document.slice(written.path));
    let is_direct = if old.per_system {
        // `devShell = …` is one shell only in what is made for each system.
        let mut outputs = flake.packages.iter().chain(&flake.shells).map(|one| (&one.attribute, &one.origin));
        let is_here = outputs.any(|(attribute, origin)| {
            attribute.strip_prefix(old.name).is_some_and(|rest| rest.starts_with('.'))
                && *origin == kind.origin
        });
        parts == 2 || (parts == 1 && is_here)
    } else {
        parts == 1
    };
    if !is_direct {
        return None;
    }
    // `devShell.x86_64-linux` and `devShell.aarch64-linux` go together.
    let is_same = |written: &&Written| {
        let rest = document.slice(written.path).strip_prefix(old.name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let same: Vec<&Written> = set.written.iter().filter(is_same).collect();
    if same
        .iter()
        .any(|one| self::parts(document.slice(one.path)) != parts || collides(document, set, one, old))
    {
        return None;
    }
    let file = document.file();
    let edits = same.into_iter().flat_map(|one| {
        let name = Span::new(one.path.start(), one.path.start() + old.name.len());
        [replace(file, name, old.now), replace(file, Span::at(one.path.end()), ".default")]
    });
    Some(edits.collect())
}

/// The binding whose path begins with the name at a place, and the set that it is in.
fn binding(tree: &Tree, name: Span) -> Option<(&Set, &Written)> {
    tree.sets().find_map(|(_, set, _)| {
        let found = set
            .written
            .iter()
            .find(|written| written.path.start() == name.start() && written.value.is_some());
        found.map(|written| (set, written))
    })
}

/// Names in an attribute path: dots inside of `${…}` and quotes do not count.
fn parts(path: &str) -> usize {
    let (mut depth, mut quoted, mut parts) = (0_usize, false, 1);
    for character in path.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '"' => quoted = !quoted,
            '.' if depth == 0 && !quoted => parts += 1,
            _ => {}
        }
    }
    parts
}

/// Whether the set has the new name already, in a form that cannot be added to.
fn collides(document: &Document, set: &Set, renamed: &Written, old: &Old) -> bool {
    let rest = document.slice(renamed.path).strip_prefix(old.name).unwrap_or_default();
    let new = format!("{}{rest}", old.now);
    set.written.iter().any(|written| {
        let path = document.slice(written.path);
        path == new || path == old.now || path == format!("{new}.default") || path == "inherit"
    })
}

/// Whether something in the flake asks for the output under its old name.
fn is_used(project: &Project, flake: &FlakeFacts, name: &str) -> bool {
    let sources = flake.files.iter().filter_map(|file| project.source(file));
    sources.into_iter().any(|source| {
        let tree = source.nix();
        let Some(id) = tree.names().find(name) else { return false };
        tree.expressions().any(|(_, expr, _)| match expr {
            Expr::Select { path, .. } | Expr::HasAttr { path, .. } => {
                path.iter().any(|part| matches!(part.kind, NameKind::Static(part) if part == id))
            }
            Expr::Variable(variable) => *variable == id,
            _ => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn paths_are_counted_by_their_names() {
        for (path, count) in
            [("devShell", 1), ("devShell.${system}", 2), ("devShell.\"x86_64.linux\"", 2), ("a.${b.c}.d", 3)]
        {
            assert_eq!(parts(path), count, "{path}");
        }
    }
}
