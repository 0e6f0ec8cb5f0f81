//! `rust-toolchain.toml` and `rust-toolchain`: what rustup installs for the project.

use std::{path::Path, sync::Arc};

use super::{Gap, Sourced, values::Reader};
use crate::{
    snapshot::{Read, Snapshot},
    syntax::{Source, toml::Value},
    text::{FileId, Origin, Span},
};

/// What became of the toolchain file.
#[derive(Clone, Debug)]
pub enum ToolchainFile {
    /// There is none.
    Absent,
    /// It is there and says nothing that could be relied on.
    Broken(Gap),
    /// What it asks for.
    Read(Box<Toolchain>),
}

impl ToolchainFile {
    /// What it asks for, when it could be read.
    pub fn toolchain(&self) -> Option<&Toolchain> {
        match self {
            Self::Read(toolchain) => Some(toolchain),
            Self::Absent | Self::Broken(_) => None,
        }
    }

    /// Why it could not.
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Broken(gap) => Some(gap),
            Self::Absent | Self::Read(_) => None,
        }
    }
}

/// What the toolchain file asks for.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// The file.
    pub source: Arc<Source>,
    /// The other file of the two, which rustup ignores.
    pub shadowed: Option<FileId>,
    /// Whether the whole text is a channel's name.
    pub bare: bool,
    /// `channel`.
    pub channel: Option<Sourced<String>>,
    /// `targets`; `None` when the key is not there.
    pub targets: Option<TargetList>,
    /// `components`.
    pub components: Vec<Sourced<String>>,
    /// `profile`.
    pub profile: Option<Sourced<String>>,
    /// `path`: a toolchain of the user's own.
    pub path: Option<Sourced<String>>,
    /// The header of `[toolchain]`.
    pub header: Option<Origin>,
}

/// The key `targets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetList {
    /// The key.
    pub key: Origin,
    /// The array.
    pub value: Origin,
    /// Its entries.
    pub values: Vec<Sourced<String>>,
}

/// Reads the toolchain file that rustup would use in `folder`: the nearest one up to the workspace folder.
/// Measured with rustup 1.29: `rust-toolchain` wins over `rust-toolchain.toml` beside it, and is a channel's
/// name when it has one line, TOML otherwise.
pub fn read(snapshot: &Snapshot, folder: &Path) -> ToolchainFile {
    for parent in folder.ancestors().take_while(|parent| parent.starts_with(&snapshot.root)) {
        let legacy = parent.join("rust-toolchain");
        let modern = parent.join("rust-toolchain.toml");
        let found = match (snapshot.files.read(&legacy), snapshot.files.read(&modern)) {
            (Read::Absent, Read::Absent) => continue,
            (Read::Absent, read) => file(read, &modern, None),
            (read, Read::Absent) => file(read, &legacy, None),
            (read, _) => file(read, &legacy, Some(FileId::new(modern))),
        };
        return found;
    }
    ToolchainFile::Absent
}

fn file(read: Read, path: &Path, shadowed: Option<FileId>) -> ToolchainFile {
    let source = match read {
        Read::Text(source) => source,
        Read::Absent => return ToolchainFile::Absent,
        Read::Unreadable(why) => return ToolchainFile::Broken(Gap::file(FileId::new(path), why)),
    };
    let may_be_bare = path.extension().is_none();
    if may_be_bare && let Some(channel) = bare(&source) {
        return ToolchainFile::Read(Box::new(Toolchain {
            shadowed,
            bare: true,
            channel: Some(channel),
            ..empty(source)
        }));
    }
    let reader = Reader::new(&source);
    if let Some(gap) = reader.gap() {
        return ToolchainFile::Broken(gap);
    }
    let Some(table) = reader.root().get("toolchain").and_then(Value::as_table) else {
        return ToolchainFile::Read(Box::new(Toolchain { shadowed, ..empty(source) }));
    };
    let targets = table.entry("targets").map(|entry| TargetList {
        key: reader.origin(entry.key.span),
        value: reader.origin(entry.value.span),
        values: reader.strings(&entry.value),
    });
    ToolchainFile::Read(Box::new(Toolchain {
        shadowed,
        bare: false,
        channel: reader.string_at(table, "channel"),
        targets,
        components: table.get("components").map(|value| reader.strings(value)).unwrap_or_default(),
        profile: reader.string_at(table, "profile"),
        path: reader.string_at(table, "path"),
        header: Some(reader.origin(table.span)),
        source: Arc::clone(&source),
    }))
}

/// The one line of a text that is nothing but a channel's name.
fn bare(source: &Source) -> Option<Sourced<String>> {
    let text = source.document().text();
    let name = text.trim_start_matches('\u{feff}').trim();
    if name.is_empty() || text.lines().count() != 1 {
        return None;
    }
    let start = text.len() - text.trim_start_matches('\u{feff}').trim_start().len();
    let span = Span::new(start, start + name.len());
    Some(Sourced::new(name.to_owned(), Origin::new(source.file().clone(), span)))
}

fn empty(source: Arc<Source>) -> Toolchain {
    Toolchain {
        source,
        shadowed: None,
        bare: false,
        channel: None,
        targets: None,
        components: Vec::new(),
        profile: None,
        path: None,
        header: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::MemoryFiles;

    fn toolchain(files: MemoryFiles) -> ToolchainFile {
        read(&files.snapshot(), Path::new("/p/sub"))
    }

    fn files() -> MemoryFiles {
        MemoryFiles::new("/p")
    }

    fn channel(files: MemoryFiles) -> Option<String> {
        let file = toolchain(files);
        file.toolchain()?.channel.as_ref().map(|channel| channel.value.clone())
    }

    #[test]
    fn the_nearest_file_counts_and_the_legacy_one_wins() {
        let modern = |channel: &str| format!("[toolchain]\nchannel = \"{channel}\"");
        assert_eq!(channel(files()), None);
        assert_eq!(channel(files().with("rust-toolchain.toml", modern("a"))).as_deref(), Some("a"));
        let both =
            files().with("rust-toolchain.toml", modern("a")).with("sub/rust-toolchain.toml", modern("b"));
        assert_eq!(channel(both).as_deref(), Some("b"));
        let legacy = files().with("rust-toolchain.toml", modern("a")).with("rust-toolchain", "nightly\n");
        let file = toolchain(legacy);
        let shadowed = file.toolchain().and_then(|toolchain| toolchain.shadowed.clone());
        assert_eq!(shadowed, Some(FileId::new("/p/rust-toolchain.toml")));
    }

    #[test]
    fn a_legacy_file_is_a_name_or_toml() {
        for text in ["nightly", "nightly\n", " nightly \r\n"] {
            let file = toolchain(files().with("rust-toolchain", text));
            let channel = file.toolchain().and_then(|toolchain| toolchain.channel.clone());
            let place = channel.map(|channel| {
                text.get(channel.origin.span.start()..channel.origin.span.end()).map(str::to_owned)
            });
            assert_eq!(place.flatten().as_deref(), Some("nightly"), "{text}");
        }
        assert_eq!(
            channel(files().with("rust-toolchain", "[toolchain]\nchannel = \"1.95\"")).as_deref(),
            Some("1.95")
        );
        assert!(
            toolchain(files().with("rust-toolchain.toml", "nightly")).gap().is_some(),
            "never a bare name"
        );
    }

    #[test]
    fn targets_know_their_places() {
        for text in [
            "[toolchain]\r\ntargets = [\"a\", 'b']\r\n",
            "\u{feff}toolchain.targets = [\n  \"a\", # first\n  \"b\",\n]",
            "toolchain = { targets = [\"a\", \"b\"] }",
        ] {
            let file = toolchain(files().with("rust-toolchain.toml", text));
            let targets = file.toolchain().and_then(|toolchain| toolchain.targets.clone());
            let written: Vec<&str> = targets
                .iter()
                .flat_map(|targets| &targets.values)
                .filter_map(|target| text.get(target.origin.span.start()..target.origin.span.end()))
                .map(|written| written.trim_matches(['"', '\'']))
                .collect();
            assert_eq!(written, ["a", "b"], "{text}");
            let key = targets.and_then(|targets| text.get(targets.key.span.start()..targets.key.span.end()));
            assert_eq!(key, Some("targets"), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_broken_and_not_absent() {
        for broken in [
            files().with("rust-toolchain.toml", "[toolchain\nchannel = 1"),
            files().with("rust-toolchain.toml", "<<<<<<< HEAD\n[toolchain]\n=======\n>>>>>>> x\n"),
            files().with_unreadable("rust-toolchain", "permission denied").with("rust-toolchain.toml", ""),
        ] {
            assert!(toolchain(broken).gap().is_some());
        }
        let file = toolchain(files().with("rust-toolchain.toml", "[toolchain]\nchannel = \"stable\""));
        assert!(
            file.toolchain()
                .is_some_and(|toolchain| toolchain.targets.is_none() && toolchain.header.is_some())
        );
    }
}
