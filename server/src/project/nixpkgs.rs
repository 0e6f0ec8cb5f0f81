//! Which nixpkgs the flake uses, by its lock file: things that a newer one lacks are no mistake with an
//! older one.

use serde_json::Value as Json;

use super::Project;
use crate::{
    snapshot::Read,
    syntax::nix::{Expr, Part},
};

/// Seconds since 1970 at the start of a day.
const fn date(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_era = year % 400;
    let of_year = (153 * shifted + 2) / 5 + day - 1;
    ((year / 400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468) * 86_400
}

/// A state of nixpkgs since which something holds: the release that has it, and the day since which the
/// unstable branch has it for sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    release: (u16, u16),
    unstable: i64,
}

impl Since {
    /// Release "25.11" is `(25, 11)`; the day is year, month, day.
    pub const fn new(release: (u16, u16), (year, month, day): (i64, i64, i64)) -> Self {
        Self { release, unstable: date(year, month, day) }
    }

    /// The release, as people write it.
    pub fn release(self) -> String {
        format!("{}.{:02}", self.release.0, self.release.1)
    }
}

/// How long a release gets changes: a commit that is younger than that belongs to a later one.
const RELEASE_LIFE: i64 = 220 * 86_400;

/// One nixpkgs that the flake has as an input of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pin {
    /// The release that its branch is for.
    release: Option<(u16, u16)>,
    /// When its commit was made.
    modified: Option<i64>,
    /// Whether it is a commit that may lie on any branch.
    is_commit: bool,
}

impl Pin {
    fn is_since(self, since: Since) -> Option<bool> {
        if let Some(release) = self.release {
            return Some(release >= since.release);
        }
        let modified = self.modified?;
        let wait = if self.is_commit { RELEASE_LIFE } else { 0 };
        Some(modified >= since.unstable + wait)
    }
}

impl Project {
    /// Whether every nixpkgs of the flake has something; `None` when that cannot be known.
    pub fn nixpkgs_is_since(&self, since: Since) -> Option<bool> {
        let pins = match self.snapshot.files.read(&self.root().join("flake.lock")) {
            Read::Text(source) => locked(source.document().text())?,
            Read::Unreadable(_) => return None,
            Read::Absent => self.written_releases(),
        };
        let mut all = None;
        for pin in pins {
            match pin.is_since(since)? {
                true => all = Some(true),
                false => return Some(false),
            }
        }
        all
    }

    /// Releases that `flake.nix` itself names: `github:NixOS/nixpkgs/nixos-25.05`.
    fn written_releases(&self) -> Vec<Pin> {
        let flake = self.flake.as_ref().and_then(|flake| flake.files.first());
        let Some(source) = flake.and_then(|file| self.source(file)) else { return Vec::new() };
        let strings = source.nix().expressions().filter_map(|(_, expr, _)| match expr {
            Expr::Str(parts) => match &**parts {
                [Part::Text { text, .. }] if text.to_lowercase().contains("nixpkgs/") => release_of(text),
                _ => None,
            },
            _ => None,
        });
        strings.map(|release| Pin { release: Some(release), ..Pin::default() }).collect()
    }
}

/// The nixpkgs among the inputs of the root of a lock file.
fn locked(text: &str) -> Option<Vec<Pin>> {
    let lock: Json = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let nodes = lock.get("nodes")?;
    let root = lock.get("root").and_then(Json::as_str).unwrap_or("root");
    let inputs = nodes.get(root)?.get("inputs").and_then(Json::as_object)?;
    let mut pins = Vec::new();
    for reference in inputs.values() {
        let Some(node) = resolve(nodes, root, reference, 16).and_then(|name| nodes.get(&name)) else {
            continue;
        };
        if is_nixpkgs(node) {
            pins.push(pin(node));
        }
    }
    Some(pins)
}

/// The node that an input leads to: its name, or the path of inputs that it follows.
fn resolve(nodes: &Json, root: &str, reference: &Json, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    match reference {
        Json::String(name) => Some(name.clone()),
        Json::Array(path) => {
            let mut at = root.to_owned();
            for step in path {
                let next = nodes.get(&at)?.get("inputs")?.get(step.as_str()?)?;
                at = resolve(nodes, root, next, depth)?;
            }
            Some(at)
        }
        _ => None,
    }
}

fn text_at<'j>(node: &'j Json, part: &str, name: &str) -> &'j str {
    node.get(part).and_then(|part| part.get(name)).and_then(Json::as_str).unwrap_or_default()
}

fn is_nixpkgs(node: &Json) -> bool {
    let is_repo = text_at(node, "locked", "repo").eq_ignore_ascii_case("nixpkgs");
    // Tarballs: https://flakehub.com/f/NixOS/nixpkgs/0.1, https://channels.nixos.org/nixos-unstable/….
    let url = text_at(node, "original", "url").to_lowercase();
    is_repo || url.contains("/nixos/nixpkgs") || url.contains("channels.nixos.org/nix")
}

fn pin(node: &Json) -> Pin {
    let branch = text_at(node, "original", "ref");
    let named = [branch, text_at(node, "original", "url"), text_at(node, "locked", "url")];
    Pin {
        release: named.into_iter().find_map(release_of),
        modified: node.get("locked").and_then(|locked| locked.get("lastModified")).and_then(Json::as_i64),
        is_commit: branch.is_empty() && !text_at(node, "original", "rev").is_empty(),
    }
}

/// "nixos-25.05", "release-25.05", "nixpkgs-25.05-darwin"; "0.2505.*" at FlakeHub.
fn release_of(text: &str) -> Option<(u16, u16)> {
    let plausible =
        |year: u16, month: u16| (year >= 13 && matches!(month, 3 | 5 | 9 | 11)).then_some((year, month));
    let number = |text: &str| -> Option<u16> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
    };
    for (at, _) in text.match_indices(['-', '/']) {
        let rest = &text[at + 1..];
        if let (Some(year), Some("."), Some(month)) = (rest.get(..2), rest.get(2..3), rest.get(3..5))
            && let (Some(year), Some(month)) = (number(year), number(month))
            && let Some(release) = plausible(year, month)
        {
            return Some(release);
        }
        if let (Some("0."), Some(year), Some(month)) = (rest.get(..2), rest.get(2..4), rest.get(4..6))
            && let (Some(year), Some(month)) = (number(year), number(month))
            && let Some(release) = plausible(year, month)
        {
            return Some(release);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted() {
        assert_eq!(date(1970, 1, 1), 0);
        assert_eq!(date(2000, 3, 1), 951_868_800);
        assert_eq!(date(2026, 11, 21), 1_795_219_200);
    }

    #[test]
    fn releases_are_found_in_branches() {
        for (text, release) in [
            ("github:NixOS/nixpkgs/nixos-25.05", Some((25, 5))),
            ("nixpkgs-24.11-darwin", Some((24, 11))),
            ("https://flakehub.com/f/NixOS/nixpkgs/0.2411.*.tar.gz", Some((24, 11))),
            ("https://flakehub.com/f/NixOS/nixpkgs/0.1", None),
            ("github:NixOS/nixpkgs/nixos-unstable", None),
            ("github:NixOS/nixpkgs/-", None),
        ] {
            assert_eq!(release_of(text), release, "{text}");
        }
    }

    #[test]
    fn locks_are_read_through_follows() {
        let lock = r#"{"nodes": {
            "a": {"inputs": {"nixpkgs": "n"}, "locked": {"repo": "a"}},
            "n": {"locked": {"repo": "nixpkgs", "lastModified": 1700000000}, "original": {"ref": "nixos-unstable"}},
            "root": {"inputs": {"a": "a", "nixpkgs": ["a", "nixpkgs"]}}
        }, "root": "root", "version": 7}"#;
        let pins = locked(lock).unwrap_or_default();
        assert_eq!(pins, [Pin { modified: Some(1_700_000_000), ..Pin::default() }]);
        assert_eq!(locked("{"), None);
    }

    #[test]
    fn a_commit_may_lie_on_an_old_branch() {
        let since = Since::new((25, 11), (2025, 9, 1));
        let pin = |modified, is_commit| Pin { modified: Some(modified), is_commit, release: None };
        assert_eq!(pin(date(2025, 10, 1), false).is_since(since), Some(true));
        assert_eq!(pin(date(2025, 10, 1), true).is_since(since), Some(false));
        assert_eq!(pin(date(2026, 10, 1), true).is_since(since), Some(true));
        assert_eq!(Pin::default().is_since(since), None);
    }
}
