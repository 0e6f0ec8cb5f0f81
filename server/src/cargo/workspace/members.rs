//! Which packages belong to a workspace.
//!
//! Measured: `members` may have globs; a path dependency inside the root's folder is a member too, and so
//! are its path dependencies; `exclude` takes away what a glob or a path dependency brings, unless an entry
//! of `members` is the folder itself or one above it.

use std::{
    cell::Cell,
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
};

use crate::{
    cargo::{
        Gap, Sourced, config,
        manifest::{self, Found, Inheritance, Manifest, local_dependency},
    },
    snapshot::{Kind, Snapshot},
    text::Origin,
};

/// Most packages that one workspace may have.
const MAX_MEMBERS: usize = 1_000;

/// Deepest folder that `**` reaches.
const MAX_GLOB_DEPTH: usize = 8;

/// Most folders that all globs together list.
const MAX_LISTED: usize = 20_000;

/// A search for the packages of a workspace.
pub(super) struct Search<'a> {
    snapshot: &'a Snapshot,
    root: &'a Manifest,
    inheritance: &'a Inheritance,
    patterns: &'a [Sourced<String>],
    /// These two are only looked up in, so that their order does not show.
    excluded: HashSet<PathBuf>,
    explicit: HashSet<PathBuf>,
    /// Folders that were looked at.
    seen: BTreeSet<PathBuf>,
    /// How many folders globs may still list.
    left: Cell<usize>,
    /// Whether a bound was met and told.
    is_told: bool,
    pub(super) members: Vec<Manifest>,
    pub(super) local: Vec<Manifest>,
    pub(super) gaps: Vec<Gap>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        root: &'a Manifest,
        inheritance: &'a Inheritance,
        patterns: &'a [Sourced<String>],
        excluded: &[Sourced<String>],
    ) -> Self {
        let absolute = |path: &Sourced<String>| config::plain(&root.folder.join(&path.value));
        Self {
            snapshot,
            root,
            inheritance,
            patterns,
            excluded: excluded.iter().map(absolute).collect(),
            explicit: patterns.iter().map(absolute).collect(),
            seen: BTreeSet::from([root.folder.clone()]),
            left: Cell::new(MAX_LISTED),
            is_told: false,
            members: Vec::new(),
            local: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// Follows the patterns and the path dependencies.
    pub(super) fn run(&mut self, is_workspace: bool) {
        for pattern in self.patterns {
            for folder in self.expand(&pattern.value) {
                if !self.is_excluded(&folder) {
                    self.package(&folder, Some(&pattern.origin), is_workspace);
                }
            }
            if self.left.get() == 0 {
                self.bound(&pattern.origin, "takes more folders than are looked into");
            }
            if self.is_told {
                break;
            }
        }
        self.follow(self.local_folders(self.root), is_workspace);
        // What is found on the way is followed in turn: the lists grow while they are walked.
        let mut next = 0;
        while let Some(member) = self.members.get(next) {
            self.follow(self.local_folders(member), is_workspace);
            next += 1;
        }
        let mut next = 0;
        while let Some(local) = self.local.get(next) {
            self.follow(self.local_folders(local), false);
            next += 1;
        }
        self.members.sort_by(|one, other| one.folder.cmp(&other.folder));
        self.local.sort_by(|one, other| one.folder.cmp(&other.folder));
    }

    fn follow(&mut self, folders: Vec<PathBuf>, are_members: bool) {
        for folder in folders {
            let is_member = are_members && !self.is_excluded(&folder);
            self.package(&folder, None, is_member);
        }
    }

    fn local_folders(&self, manifest: &Manifest) -> Vec<PathBuf> {
        let folders = manifest.dependencies.iter();
        folders.filter_map(|dependency| local_dependency(dependency, &self.root.folder).cloned()).collect()
    }

    fn package(&mut self, folder: &Path, named: Option<&Origin>, is_member: bool) {
        if self.seen.contains(folder) {
            return;
        }
        if self.members.len() + self.local.len() + self.gaps.len() >= MAX_MEMBERS {
            if let Some(origin) = named {
                self.bound(origin, "names more packages than are looked at");
            }
            return;
        }
        self.seen.insert(folder.to_owned());
        match manifest::read(self.snapshot, folder, Some(self.inheritance)) {
            Found::Manifest(manifest) if is_member => self.members.push(*manifest),
            Found::Manifest(manifest) => self.local.push(*manifest),
            Found::Unreadable(gap) => self.gaps.push(gap),
            Found::Absent => {
                if let Some(origin) = named {
                    self.gaps.push(Gap::at(origin.clone(), "names a folder without Cargo.toml"));
                }
            }
        }
    }

    /// Tells of a bound; once is enough, however many patterns meet it.
    fn bound(&mut self, at: &Origin, why: &str) {
        if !std::mem::replace(&mut self.is_told, true) {
            self.gaps.push(Gap::at(at.clone(), why));
        }
    }

    fn is_excluded(&self, folder: &Path) -> bool {
        let below = |folders: &HashSet<PathBuf>| {
            !folders.is_empty() && folder.ancestors().any(|above| folders.contains(above))
        };
        below(&self.excluded) && !below(&self.explicit)
    }

    /// The folders that a pattern names, sorted. A folder that only a glob names counts when it has a
    /// manifest.
    fn expand(&self, pattern: &str) -> Vec<PathBuf> {
        if !pattern.contains(['*', '?', '[']) {
            return vec![config::plain(&self.root.folder.join(pattern))];
        }
        let mut folders = vec![self.root.folder.clone()];
        for part in pattern.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".") {
            let mut next = Vec::new();
            for folder in &folders {
                match part {
                    ".." => next.extend(folder.parent().map(Path::to_owned)),
                    "**" => self.descend(folder, &mut next),
                    _ if part.contains(['*', '?', '[']) => {
                        next.extend(
                            self.folders(folder)
                                .into_iter()
                                .filter(|(name, _)| matches(part, name))
                                .map(|(_, path)| path),
                        );
                    }
                    _ => next.push(folder.join(part)),
                }
            }
            next.truncate(4 * MAX_MEMBERS);
            folders = next;
        }
        folders.retain(|folder| {
            matches!(self.snapshot.files.kind(&folder.join("Cargo.toml")), Kind::File { .. })
        });
        folders.sort();
        folders.dedup();
        folders
    }

    /// A folder and all folders below it.
    fn descend(&self, folder: &Path, found: &mut Vec<PathBuf>) {
        let mut level = vec![folder.to_owned()];
        for _ in 0..=MAX_GLOB_DEPTH {
            found.extend(level.iter().cloned());
            let below = level.iter().flat_map(|folder| self.folders(folder));
            let below = below.filter(|(name, _)| {
                !name.starts_with('.') && !["target", "node_modules"].contains(&name.as_str())
            });
            level = below.map(|(_, path)| path).take((4 * MAX_MEMBERS).saturating_sub(found.len())).collect();
        }
    }

    fn folders(&self, folder: &Path) -> Vec<(String, PathBuf)> {
        let Some(left) = self.left.get().checked_sub(1) else { return Vec::new() };
        self.left.set(left);
        let names = self.snapshot.files.list(folder).unwrap_or_default();
        let paths = names.into_iter().map(|name| (folder.join(&name), name));
        let folders = paths.filter(|(path, _)| self.snapshot.files.kind(path) == Kind::Folder);
        folders.map(|(path, name)| (name, path)).collect()
    }
}

/// Whether a name has the form of one part of a glob: `*`, `?`, `[abc]`, `[a-c]`, `[!a]`.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut read) = (0, 0);
    // Where the last star stands, and how much of the name it has eaten.
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        match step(&pattern, at, name.get(read).copied()) {
            Step::Star => {
                star = Some((at, read));
                at += 1;
            }
            Step::One(next) => {
                at = next;
                read += 1;
            }
            Step::No => match star {
                Some((position, eaten)) => {
                    star = Some((position, eaten + 1));
                    at = position + 1;
                    read = eaten + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|character| *character == '*')
}

enum Step {
    Star,
    One(usize),
    No,
}

fn step(pattern: &[char], at: usize, character: Option<char>) -> Step {
    let (Some(expected), Some(character)) = (pattern.get(at).copied(), character) else { return Step::No };
    match expected {
        '*' => Step::Star,
        '?' => Step::One(at + 1),
        '[' => {
            let class = pattern.get(at + 1..).unwrap_or_default();
            // A bracket right behind the opening one is a member of the class.
            let Some(end) = class.iter().skip(1).position(|one| *one == ']').map(|end| end + 1) else {
                return if character == '[' { Step::One(at + 1) } else { Step::No };
            };
            let members = class.get(..end).unwrap_or_default();
            let (negated, members) = match members.split_first() {
                Some(('!', rest)) => (true, rest),
                _ => (false, members),
            };
            if in_class(members, character) == negated { Step::No } else { Step::One(at + end + 2) }
        }
        _ if expected == character => Step::One(at + 1),
        _ => Step::No,
    }
}

fn in_class(members: &[char], character: char) -> bool {
    let mut rest = members;
    loop {
        rest = match rest {
            [from, '-', to, tail @ ..] => {
                if (*from..=*to).contains(&character) {
                    return true;
                }
                tail
            }
            [one, tail @ ..] => {
                if *one == character {
                    return true;
                }
                tail
            }
            [] => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn globs_match_whole_names() {
        for (pattern, name, expected) in [
            ("*", "anything", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[ab]x", "bx", true),
            ("[a-c]x", "dx", false),
            ("[!a]x", "bx", true),
            ("[!a]x", "ax", false),
            ("[]]", "]", true),
            ("a[", "a[", true),
            ("abc", "abcd", false),
            ("", "a", false),
            ("*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
