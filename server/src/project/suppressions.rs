//! `# portolan: allow(rule) reason`: findings that somebody has decided about.

use super::Project;
use crate::{
    syntax::Source,
    text::{Origin, Span},
};

/// What a suppression covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuppressionScope {
    /// One line of its file, from 0.
    Line(usize),
    /// All of its file.
    File,
}

/// One rule's name in one suppression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The name as written.
    pub rule: String,
    /// The name's place.
    pub origin: Origin,
    /// The whole comment.
    pub comment: Span,
    /// How many names the comment holds.
    pub names: usize,
    /// What it covers.
    pub scope: SuppressionScope,
}

impl Project {
    /// Every suppression in the files that findings can stand in, by file and place.
    pub fn suppressions(&self) -> Vec<Suppression> {
        self.sources().iter().flat_map(|source| in_source(source)).collect()
    }

    /// The files that findings can stand in, sorted by path, each once.
    pub fn sources(&self) -> Vec<std::sync::Arc<Source>> {
        let cargo = &self.cargo;
        let mut sources: Vec<_> = cargo.config.files.iter().map(|file| file.source.clone()).collect();
        let manifests = cargo.workspace.iter().flat_map(crate::cargo::Workspace::manifests);
        sources.extend(manifests.map(|manifest| manifest.source.clone()));
        sources.extend(cargo.toolchain.toolchain().map(|toolchain| toolchain.source.clone()));
        let named = [cargo.cross.file.as_ref(), cargo.portolan.file.as_ref()].into_iter().flatten();
        sources.extend(named.filter_map(|file| self.source(file)));
        // Flakes read JSON and other data too; no finding stands there.
        let flake = self.flake.iter().flat_map(|flake| &flake.files);
        sources
            .extend(flake.filter(|file| file.name().ends_with(".nix")).filter_map(|file| self.source(file)));
        sources.sort_by(|a, b| a.file().cmp(b.file()));
        sources.dedup_by(|a, b| a.file() == b.file());
        sources
    }
}

fn in_source(source: &Source) -> Vec<Suppression> {
    let comments =
        if source.file().name().ends_with(".nix") { &source.nix().comments } else { &source.toml().comments };
    let mut below = Below::default();
    comments.iter().flat_map(|comment| in_comment(source, *comment, &mut below)).collect()
}

fn in_comment(source: &Source, comment: Span, below: &mut Below) -> Vec<Suppression> {
    let document = source.document();
    let text = document.slice(comment);
    let Some(directive) = text.trim_start_matches('#').trim_start().strip_prefix("portolan:") else {
        return Vec::new();
    };
    let directive = directive.trim_start();
    let line = document.line_at(comment.start());
    let alone = document
        .slice(Span::new(document.line_range(line).start, comment.start()))
        .trim_matches(['\u{feff}', ' ', '\t'])
        .is_empty();
    let (scope, rest) = if let Some(rest) = directive.strip_prefix("allow-file") {
        (SuppressionScope::File, rest)
    } else if let Some(rest) = directive.strip_prefix("allow") {
        (SuppressionScope::Line(if alone { below.next_line(source, line) } else { line }), rest)
    } else {
        return Vec::new();
    };
    let Some((names, _)) = rest.trim_start().strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
        return Vec::new();
    };
    let start = comment.start() + (text.len() - rest.len()) + (rest.len() - rest.trim_start().len()) + 1;
    let count = names.split(',').count();
    let mut at = start;
    let mut found = Vec::new();
    for name in names.split(',') {
        let lead = name.len() - name.trim_start().len();
        let span = Span::new(at + lead, at + lead + name.trim().len());
        at += name.len() + 1;
        found.push(Suppression {
            rule: name.trim().to_owned(),
            origin: Origin::new(source.file().clone(), span),
            comment,
            names: count,
            scope,
        });
    }
    found
}

/// The line below a comment that the comment speaks of: other comments in between do not count.
#[derive(Default)]
struct Below {
    /// The last line that was asked about, and its answer: what stands between has the same one, and a text of
    /// comments only is gone through once.
    last: Option<(usize, usize)>,
}

impl Below {
    fn next_line(&mut self, source: &Source, line: usize) -> usize {
        if let Some((asked, found)) = self.last
            && (asked..found).contains(&line)
        {
            return found;
        }
        let document = source.document();
        let below = line + 1..document.line_count();
        let is_code = |line: &usize| !document.line_text(*line).trim_start().starts_with('#');
        let found = below.into_iter().find(is_code).unwrap_or(document.line_count().max(line + 1));
        self.last = Some((line, found));
        found
    }
}
