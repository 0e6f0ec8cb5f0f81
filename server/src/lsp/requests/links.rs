//! Document links: rules' names to their pages, programs and files of cargo's configuration to the files.
//!
//! What other servers link (dependencies, members, inputs of flakes, imports) is left to them.

use std::path::{Path, PathBuf};

use crate::{
    cargo::config::Program,
    lsp::{convert::uri, state::Look},
    project::Project,
    rules,
    snapshot::Kind,
    syntax::Source,
    text::{FileId, Origin, Span},
};

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What is linked.
    pub span: Span,
    /// Where it leads.
    pub uri: String,
    /// What is there.
    pub title: String,
}

/// The links of a file, in the order of the text.
pub fn of_file(look: &Look, source: &Source) -> Vec<Link> {
    let project = &look.analysis.project;
    let file = source.file();
    let mut links: Vec<Link> = rule_names(project, file).chain(files(project, file)).collect();
    for link in &mut links {
        link.span = without_quotes(source.document().slice(link.span), link.span);
    }
    links.sort_by_key(|link| link.span);
    links.dedup_by_key(|link| link.span);
    links
}

/// Names of rules: in comments that allow them, and in portolan.toml.
fn rule_names<'p>(project: &'p Project, file: &'p FileId) -> impl Iterator<Item = Link> + 'p {
    let allowed = project.suppressions().into_iter().map(|one| (one.rule, one.origin));
    let severity = project.cargo.portolan.severity.iter();
    let severity = severity.map(|(rule, _)| (rule.value.clone(), rule.origin.clone()));
    allowed.chain(severity).filter(|(_, origin)| origin.file == *file).filter_map(|(name, origin)| {
        let rule = rules::find(&name)?;
        Some(Link { span: origin.span, uri: rule.url(), title: format!("The page of {name}") })
    })
}

/// Paths in cargo's configuration and in Cross.toml that lead to a file.
fn files<'p>(project: &'p Project, file: &'p FileId) -> impl Iterator<Item = Link> + 'p {
    let config = &project.cargo.config;
    let mut paths: Vec<(&Origin, PathBuf)> = Vec::new();
    for table in &config.targets {
        let runner = table.runner.iter().filter_map(|runner| runner.values.first());
        // A runner of several words in one text is no path.
        let runner = runner.filter(|word| !word.value.contains(' '));
        for value in [&table.linker, &table.ar].into_iter().flatten().chain(runner) {
            if let Program::Path(path) = config.program(&value.value, Some(table.file)) {
                paths.push((&value.origin, path));
            }
        }
    }
    for entry in config.env.iter().filter(|entry| entry.relative) {
        paths.push((&entry.value.origin, PathBuf::from(config.env_value(entry))));
    }
    for target in &project.cargo.cross.targets {
        if let Some(dockerfile) = &target.dockerfile {
            paths.push((&dockerfile.origin, project.root().join(&dockerfile.value)));
        }
    }
    let is_there = |path: &Path| matches!(project.snapshot.files.program(path), Kind::File { .. });
    let here = paths.into_iter().filter(|(origin, _)| origin.file == *file);
    here.filter(move |(_, path)| is_there(path)).map(|(origin, path)| Link {
        span: origin.span,
        uri: uri::from_path(&path),
        title: format!("Open {}", path.display()),
    })
}

fn without_quotes(text: &str, span: Span) -> Span {
    let is_quoted = text.len() > 1 && text.starts_with(['"', '\'']) && text.ends_with(['"', '\'']);
    if is_quoted { Span::new(span.start() + 1, span.end() - 1) } else { span }
}
