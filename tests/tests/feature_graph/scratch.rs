//! Projects on disk, kept from run to run, so that cargo locks and fetches each of them once.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::cargo;

/// One project of the table.
pub struct Project {
    pub name: String,
    /// Whether cargo is asked without `--workspace`.
    pub default_members: bool,
    files: Vec<(String, String)>,
}

/// The table: `== name`, settings, then either the files (`#- path`) or what stands below `[dependencies]`.
pub fn projects() -> Vec<Project> {
    include_str!("projects.txt").split("== ").filter(|text| !text.is_empty()).map(Project::parse).collect()
}

impl Project {
    fn parse(text: &str) -> Self {
        let (name, mut rest) = text.split_once('\n').unwrap();
        let mut edition = "2021";
        let mut default_members = false;
        while let Some((key, value)) = rest.lines().next().and_then(|line| line.split_once(": ")) {
            match key {
                "edition" => edition = value,
                "members" => default_members = value == "default",
                _ => break,
            }
            rest = rest.split_once('\n').unwrap().1;
        }
        let mut files: Vec<(String, String)> = Vec::new();
        if rest.starts_with("#- ") {
            for file in rest.split("#- ").skip(1) {
                let (path, text) = file.split_once('\n').unwrap();
                files.push((path.to_owned(), text.to_owned()));
            }
        } else {
            let head = format!("[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"{edition}\"\n\n");
            let table = if rest.starts_with('[') { "" } else { "[dependencies]\n" };
            files.push(("Cargo.toml".to_owned(), format!("{head}{table}{rest}")));
        }
        Self { name: name.to_owned(), default_members, files }
    }

    /// Writes, locks and fetches the project; tells where it is.
    pub fn write(&self, homes: &Homes) -> Result<PathBuf, String> {
        let root = homes.folder.join("projects").join(&self.name);
        let repository = homes.folder.join("repositories").join(&self.name);
        let parts: Vec<&str> = self.files.iter().flat_map(|(path, text)| [path.as_str(), text]).collect();
        let text = parts.join("\n");
        let done = root.join(".fetched");
        if fs::read_to_string(&done).is_ok_and(|known| known == text) {
            return Ok(root);
        }
        for folder in [&root, &repository] {
            let _ = fs::remove_dir_all(folder);
        }
        for (path, text) in &self.files {
            let place = path.strip_prefix("{repository}/");
            let path = place.map_or_else(|| root.join(path), |path| repository.join(path));
            let text = text.replace("{repository}", &format!("file://{}", repository.display()));
            let folder = path.parent().unwrap();
            fs::create_dir_all(folder.join("src")).unwrap();
            if text.contains("[package]") {
                fs::write(folder.join("src/lib.rs"), "").unwrap();
            }
            if text.contains("build-dependencies") {
                fs::write(folder.join("build.rs"), "fn main() {}").unwrap();
            }
            fs::write(path, text).unwrap();
        }
        if repository.exists() {
            commit(&repository)?;
        }
        cargo::run(&root, homes.whole(), &["fetch", "--quiet"])?;
        fs::write(done, text).unwrap();
        Ok(root)
    }

    /// Once all projects are fetched: a registry has several servers, one of which may be older than another, so that what
    /// one project was locked to is gone from the index that the next one fetched. Then it is locked again, offline.
    pub fn settle(root: &Path, homes: &Homes) -> Result<(), String> {
        let look = ["tree", "--offline", "--locked", "--target", "all", "--quiet"];
        if cargo::run(root, homes.whole(), &look).is_ok() {
            return Ok(());
        }
        fs::remove_file(root.join("Cargo.lock")).map_err(|error| error.to_string())?;
        cargo::run(root, homes.whole(), &["fetch", "--offline", "--quiet"]).map(drop)
    }
}

fn commit(repository: &Path) -> Result<(), String> {
    let author = ["-c", "user.name=test", "-c", "user.email=test@example.org"];
    for arguments in
        [&["init", "--quiet", "-b", "main"][..], &["add", "."], &["commit", "--quiet", "-m", "all"]]
    {
        let run = Command::new("git").args(author).args(arguments).current_dir(repository).status();
        if !run.is_ok_and(|status| status.success()) {
            return Err(format!("git {}", arguments.join(" ")));
        }
    }
    Ok(())
}

/// Homes of cargo: with everything, with the index and checkouts only, with nothing.
pub struct Homes {
    folder: PathBuf,
    all: [PathBuf; 3],
    /// Two runs at once would take the projects from under each other.
    _lock: fs::File,
}

impl Homes {
    /// The registry's caches are this checkout's own. With the user's, cargo wrote them under the lock of this home while
    /// other cargos wrote them under that of theirs: half-written index files and manifests were read here and there.
    pub fn new() -> Self {
        Self::with_registry(None)
    }

    /// The same with the registry's caches of the user, for projects that are fetched already; nothing is written there.
    pub fn of_user() -> Self {
        let own = user_home();
        fs::create_dir_all(own.join("registry/index")).unwrap();
        Self::with_registry(Some(&own.join("registry")))
    }

    fn with_registry(registry: Option<&Path>) -> Self {
        // Not below this repository: cargo would take the projects for members of its workspace.
        // Nor another checkout's, which may be tested at the same time.
        let mut hash = std::hash::DefaultHasher::new();
        std::hash::Hash::hash(env!("CARGO_MANIFEST_DIR"), &mut hash);
        let name = format!("portolan-feature-graph-{:08x}", std::hash::Hasher::finish(&hash) as u32);
        let folder = fs::canonicalize(std::env::temp_dir()).unwrap().join(name);
        fs::create_dir_all(&folder).unwrap();
        let lock = fs::File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        let kind = if registry.is_some() { "user" } else { "homes" };
        let homes = ["whole", "index", "empty"].map(|name| folder.join(kind).join(name));
        for home in &homes {
            fs::create_dir_all(home).unwrap();
        }
        let own = user_home();
        let [whole, index, _] = &homes;
        fs::create_dir_all(index.join("registry")).unwrap();
        match registry {
            Some(registry) => link(registry, &whole.join("registry")),
            None => {
                // What an older version of this test linked there.
                let _ = fs::remove_file(whole.join("registry"));
                fs::create_dir_all(whole.join("registry/index")).unwrap();
            }
        }
        for name in ["config.toml", "config"] {
            if own.join(name).exists() {
                link(&own.join(name), &whole.join(name));
            }
        }
        link(&whole.join("registry/index"), &index.join("registry/index"));
        fs::create_dir_all(whole.join("git")).unwrap();
        link(&whole.join("git"), &index.join("git"));
        Self { folder, all: homes, _lock: lock }
    }

    /// Where projects are written to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn whole(&self) -> &Path {
        &self.all[0]
    }

    pub fn index(&self) -> &Path {
        &self.all[1]
    }

    pub fn empty(&self) -> &Path {
        &self.all[2]
    }
}

fn user_home() -> PathBuf {
    std::env::var_os("CARGO_HOME")
        .map_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"), PathBuf::from)
}

fn link(to: &Path, from: &Path) {
    if fs::read_link(from).is_ok_and(|known| known == to) {
        return;
    }
    let _ = fs::remove_file(from);
    std::os::unix::fs::symlink(to, from).unwrap();
}
