//! Which diagnostics the client must be told.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use super::{
    convert::{
        capabilities::Features,
        diagnostic::{self, Client, Diagnostic, UriOf},
        position::Encoding,
        uri,
    },
    outbox::Outbox,
    state::Look,
};
use crate::{finding::Finding, text::FileId};

/// An open document at the time of an analysis.
#[derive(Clone, Debug)]
pub struct OpenFile {
    /// The client's URI.
    pub uri: String,
    /// Its version.
    pub version: i32,
    /// Its text.
    pub text: Arc<str>,
}

/// What there is to publish from.
#[derive(Debug)]
pub struct View<'a> {
    /// The newest look at each project.
    pub looks: &'a [Arc<Look>],
    /// The open documents.
    pub open: &'a BTreeMap<FileId, OpenFile>,
    /// Projects whose analysis panicked: what was published of them stays.
    pub failed: &'a BTreeSet<PathBuf>,
    /// What the client can.
    pub features: Features,
    /// How it counts.
    pub encoding: Encoding,
}

impl UriOf for BTreeMap<FileId, OpenFile> {
    fn uri_of(&self, file: &FileId) -> String {
        self.get(file).map_or_else(|| uri::from_path(file.path()), |open| open.uri.clone())
    }

    fn is_open(&self, file: &FileId) -> bool {
        self.contains_key(file)
    }
}

/// Whether the findings of an open document changed though its text did not: somebody else's text did, or the disk.
pub fn changes_unedited(before: &[Arc<Look>], now: &[Arc<Look>]) -> bool {
    let of = |looks: &[Arc<Look>], file: &FileId| -> Vec<Finding> {
        let all = looks.iter().flat_map(|look| &look.analysis.findings);
        all.filter(|finding| finding.origin.file == *file).cloned().collect()
    };
    let version = |looks: &[Arc<Look>], file: &FileId| {
        // Of a project that had nothing to do since, the look is an older one.
        looks.iter().filter_map(|look| look.open.get(file)).map(|open| open.version).max()
    };
    let open: BTreeSet<&FileId> = now.iter().flat_map(|look| look.open.keys()).collect();
    let is_same_text = |file: &FileId| version(before, file) == version(now, file);
    open.iter().any(|file| is_same_text(file) && of(before, file) != of(now, file))
}

/// Remembers what was published, so that nothing is published twice.
#[derive(Debug)]
pub struct Publisher {
    outbox: Outbox,
    published: BTreeMap<FileId, Published>,
}

#[derive(Debug)]
struct Published {
    uri: String,
    message: Vec<u8>,
    empty: bool,
}

/// A file whose diagnostics changed.
#[derive(Debug)]
pub struct Changed {
    file: FileId,
    published: Published,
}

impl Publisher {
    /// Publishes to `outbox`.
    pub fn new(outbox: Outbox) -> Self {
        Self { outbox, published: BTreeMap::new() }
    }

    /// The files whose diagnostics differ from what was published.
    pub fn prepare(&self, view: &View<'_>) -> Vec<Changed> {
        let client = Client { features: view.features, encoding: view.encoding, uri_of: view.open };
        let mut found: BTreeMap<&FileId, Vec<Diagnostic>> = BTreeMap::new();
        for look in view.looks {
            for finding in &look.analysis.findings {
                let diagnostics = found.entry(&finding.origin.file).or_default();
                let diagnostic = diagnostic::from_finding(finding, &look.snapshot, client);
                // Two projects, one within the other, may both speak of a file.
                if !diagnostics.contains(&diagnostic) {
                    diagnostics.push(diagnostic);
                }
            }
        }
        let is_watched =
            |file: &FileId| view.looks.iter().any(|look| file.path().starts_with(&look.snapshot.root));
        for file in self.published.keys().chain(view.open.keys().filter(|file| is_watched(file))) {
            found.entry(file).or_default();
        }
        found.into_iter().filter_map(|(file, diagnostics)| self.changed(file, diagnostics, view)).collect()
    }

    fn changed(&self, file: &FileId, diagnostics: Vec<Diagnostic>, view: &View<'_>) -> Option<Changed> {
        if view.failed.iter().any(|folder| file.path().starts_with(folder)) {
            return None;
        }
        let before = self.published.get(file);
        let open = view.open.get(file);
        let empty = diagnostics.is_empty();
        if empty && open.is_none() && before.is_none_or(|before| before.empty) {
            return None;
        }
        let uri = UriOf::uri_of(view.open, file);
        let message = diagnostic::publish(&uri, open.map(|open| open.version), diagnostics)?;
        if before.is_some_and(|before| before.message == message) {
            return None;
        }
        Some(Changed { file: file.clone(), published: Published { uri, message, empty } })
    }

    /// Tells the client.
    pub fn publish(&mut self, changed: Vec<Changed>) {
        for Changed { file, published } in changed {
            let before =
                self.published.get(&file).filter(|before| before.uri != published.uri && !before.empty);
            // The client spells the file's URI otherwise than we did while it was closed.
            if let Some(clear) = before.and_then(|before| diagnostic::publish(&before.uri, None, Vec::new()))
            {
                let uri = before.map(|before| before.uri.clone()).unwrap_or_default();
                self.outbox.publish(uri, clear);
            }
            self.outbox.publish(published.uri.clone(), published.message.clone());
            self.published.insert(file, published);
        }
    }
}
