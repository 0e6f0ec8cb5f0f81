//! One project, read and looked at.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{
    Stop,
    args::{DeepOptions, ProjectOptions},
    catalog::{self, Entry},
    output::Output,
    suggest,
};
use crate::{
    analysis::{self, Analysis},
    deep,
    finding::Finding,
    rules,
    snapshot::{Host, Level, Read, Settings, Snapshot},
    syntax::Source,
    text::FileId,
    workspace::{self, Vfs},
};

/// The folder that a command means: one project.
pub(super) fn root_of(path: Option<&Path>) -> Result<PathBuf, Stop> {
    let mut roots = roots_of(path)?;
    match (roots.pop(), roots.is_empty()) {
        (Some(root), true) => Ok(root),
        (last, _) => {
            let names: Vec<String> =
                roots.iter().chain(&last).map(|root| root.display().to_string()).collect();
            Err(Stop::Failed(format!("there are several projects, name one of them: {}", names.join(", "))))
        }
    }
}

/// The projects that a path means: itself, the one around the current folder, or else those below.
pub(super) fn roots_of(path: Option<&Path>) -> Result<Vec<PathBuf>, Stop> {
    match path {
        Some(path) => named_roots(path),
        None => current_roots(),
    }
}

fn named_roots(path: &Path) -> Result<Vec<PathBuf>, Stop> {
    let shown = path.display();
    let root = workspace::find_root(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Stop::Nothing(format!("there is no file or folder {shown}"))
        }
        _ => Stop::Failed(format!("cannot look at {shown}: {error}")),
    })?;
    if workspace::is_project(&root) {
        return Ok(vec![root]);
    }
    if let Err(error) = std::fs::read_dir(&root) {
        return Err(Stop::Failed(format!("cannot look into {shown}: {error}")));
    }
    let below = workspace::projects_below(&root);
    if below.is_empty() {
        return Err(Stop::Nothing(format!(
            "nothing to look at in {shown}: no Cargo.toml, .cargo/config.toml or flake.nix in it or below it; name \
             the project's folder"
        )));
    }
    Ok(below)
}

fn current_roots() -> Result<Vec<PathBuf>, Stop> {
    let current = std::env::current_dir()
        .map_err(|error| Stop::Failed(format!("the current folder cannot be read: {error}")))?;
    if let Some(root) = workspace::enclosing_project(&current) {
        return Ok(vec![root]);
    }
    let below = workspace::projects_below(&current);
    if below.is_empty() {
        return Err(Stop::Nothing(format!(
            "nothing to look at: no Cargo.toml, .cargo/config.toml or flake.nix in {}, above it or below it; name the \
             project's folder",
            current.display()
        )));
    }
    Ok(below)
}

/// The machine that builds: the one that was named, else this one.
pub(super) fn host(options: &ProjectOptions) -> Arc<Host> {
    let here = workspace::host::triple();
    match &options.host {
        Some(triple) if *triple != here => Arc::new(Host::foreign(triple)),
        _ => Arc::new(workspace::host::detect()),
    }
}

/// The project in `root`, as one analysis sees it.
pub(super) fn snapshot(root: &Path, host: Arc<Host>, options: &ProjectOptions) -> Snapshot {
    let cargo_home = workspace::host::cargo_home();
    let settings = Settings { targets: options.targets.clone(), ..Settings::default() };
    Snapshot {
        root: root.into(),
        files: Vfs::new(root, cargo_home.as_deref()).snapshot(),
        host,
        settings: Arc::new(settings),
        settled: Arc::default(),
    }
}

/// Turns rules on that are off by default, where they are asked for by name.
pub(super) fn turn_on(snapshot: Snapshot, named: &[String]) -> Snapshot {
    let mut settings = Settings::clone(&snapshot.settings);
    for name in named.iter().filter(|name| rules::OFF_BY_DEFAULT.contains(&name.as_str())) {
        if let Some(rule) = rules::find(name) {
            settings.severity.insert(name.clone(), Level::As(rule.severity));
        }
    }
    Snapshot { settings: Arc::new(settings), ..snapshot }
}

/// A snapshot and what it came to.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) snapshot: Snapshot,
    pub(super) analysis: Analysis,
}

impl Session {
    pub(super) fn open(root: &Path, host: Arc<Host>, options: &ProjectOptions) -> Self {
        Self::with_rules(root, host, options, &[])
    }

    /// The same, with rules that are asked for by name: one that is off by default is then on.
    pub(super) fn with_rules(
        root: &Path,
        host: Arc<Host>,
        options: &ProjectOptions,
        named: &[String],
    ) -> Self {
        let snapshot = turn_on(snapshot(root, host, options), named);
        let analysis = analysis::analyze(&snapshot);
        Self { snapshot, analysis }
    }

    /// The same, and with what Nix and cargo say where somebody asks for it; what there is to say of the asking is
    /// said.
    pub(super) fn asked(
        root: &Path,
        host: Arc<Host>,
        options: &ProjectOptions,
        named: &[String],
        deep: &DeepOptions,
        output: Output,
    ) -> Self {
        if !deep.deep {
            return Self::with_rules(root, host, options, named);
        }
        let limit = Duration::from_secs(deep.deep_limit);
        let (session, notes) = Self::open_deep(root, host, options, named, limit);
        for note in &notes {
            output.note(&note.to_string());
        }
        session
    }

    /// What Nix and cargo say stands in the place of what was unknown.
    fn open_deep(
        root: &Path,
        host: Arc<Host>,
        options: &ProjectOptions,
        named: &[String],
        limit: Duration,
    ) -> (Self, Vec<deep::Note>) {
        let plain = turn_on(snapshot(root, host, options), named);
        let asked = deep::Options { limit, ..deep::Options::default() };
        let outcome = deep::ask(&plain, &asked, &|| true);
        let snapshot = Snapshot { settled: Arc::new(outcome.settled), ..plain };
        let analysis = analysis::analyze(&snapshot);
        (Self { snapshot, analysis }, outcome.notes)
    }

    /// Triple of the machine that builds.
    pub(super) fn host(&self) -> &str {
        &self.analysis.project.host
    }

    /// Triples that the project ships.
    pub(super) fn shipped(&self) -> Vec<String> {
        self.analysis.project.targets.iter().map(|target| target.triple.clone()).collect()
    }
}

/// The texts of all files that findings speak of.
#[derive(Debug, Default)]
pub(super) struct Texts(BTreeMap<FileId, Arc<Source>>);

impl Texts {
    pub(super) fn gather<'f>(
        &mut self,
        snapshot: &Snapshot,
        findings: impl IntoIterator<Item = &'f Finding>,
    ) {
        for finding in findings {
            let places = std::iter::once(&finding.origin).chain(finding.all_related().map(|r| &r.origin));
            let edited = finding.fixes.iter().flat_map(|fix| fix.edits.iter().map(|edit| &edit.file));
            for file in places.map(|origin| &origin.file).chain(edited) {
                if !self.0.contains_key(file)
                    && let Some(source) = text_of(snapshot, file)
                {
                    self.0.insert(file.clone(), source);
                }
            }
        }
    }

    pub(super) fn get(&self, file: &FileId) -> Option<&Source> {
        self.0.get(file).map(|source| &**source)
    }
}

/// The text of a file, wherever a snapshot may read it.
pub(super) fn text_of(snapshot: &Snapshot, file: &FileId) -> Option<Arc<Source>> {
    match snapshot.files.read(file.path()) {
        Read::Text(source) => Some(source),
        Read::Absent | Read::Unreadable(_) => snapshot.files.read_cargo_config(file.path()).text().cloned(),
    }
}

/// Refuses a rule that does not exist: a misspelt `--ignore` would otherwise say nothing.
pub(super) fn known_rule(name: &str) -> Result<(), Stop> {
    if rules::find(name).is_some() {
        return Ok(());
    }
    if catalog::find(name).is_some() {
        return Err(Stop::Failed(format!(
            "{name} is a rule for finished binaries: `portolan audit FILE` runs it"
        )));
    }
    Err(unknown_rule(name, &catalog::of_projects()))
}

/// Says that there is no rule of that name, and which of `rules` may be meant.
pub(super) fn unknown_rule(name: &str, rules: &[Entry]) -> Stop {
    Stop::Failed(match suggest::nearest(name, rules.iter().map(|rule| rule.name())) {
        Some(near) => format!("there is no rule {name}; did you mean {near}?"),
        None => format!("there is no rule {name}; `portolan rules` lists all"),
    })
}

/// The nearest folder that holds all of them.
pub(super) fn common_root<'p>(roots: impl IntoIterator<Item = &'p Path>) -> PathBuf {
    let mut roots = roots.into_iter();
    let Some(first) = roots.next() else { return PathBuf::new() };
    roots.fold(first.to_path_buf(), |common, root| {
        let shared = common.components().zip(root.components()).take_while(|(a, b)| a == b);
        shared.map(|(component, _)| component).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_roots_meet_in_the_nearest_folder_above() {
        let common = |roots: &[&str]| common_root(roots.iter().map(Path::new));
        assert_eq!(common(&["/a/b"]), Path::new("/a/b"));
        assert_eq!(common(&["/a/b", "/a/b/c"]), Path::new("/a/b"));
        assert_eq!(common(&["/a/bc", "/a/bd"]), Path::new("/a"));
        assert_eq!(common(&["/a", "/b"]), Path::new("/"));
    }
}
