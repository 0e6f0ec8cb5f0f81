//! Running Nix, with a store of our own.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

use super::projects::Project;

/// How many projects one call evaluates.
const BATCH: usize = 25;

/// A place to run Nix in.
pub struct Nix {
    folder: PathBuf,
    /// What the configuration says besides: newer versions start a hook for builds on other machines.
    more: &'static str,
}

/// What Nix says of a project.
#[derive(Clone, Debug)]
pub struct Answer {
    /// By attribute path.
    pub outputs: BTreeMap<String, Made>,
    /// The kinds of outputs.
    pub kinds: BTreeSet<String>,
    /// Inputs that have no stand-in.
    unknown: Vec<String>,
}

/// What Nix says of one output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    pub env: BTreeMap<String, String>,
    /// config, triple, static, cross.
    pub platform: Option<(String, String, bool, bool)>,
    /// It cannot be evaluated.
    pub error: Option<String>,
}

impl Drop for Nix {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Nix {
    pub fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("portolan-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("registry.json"), r#"{"flakes":[],"version":2}"#).unwrap();
        let version = Command::new("nix").arg("--version").output().expect("nix is on PATH");
        let is_old = String::from_utf8_lossy(&version.stdout).contains(" 2.8.");
        Self { folder, more: if is_old { "" } else { "\nbuild-hook =" } }
    }

    /// The folder with the stand-ins.
    pub fn stand_ins() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/nix").canonicalize().unwrap()
    }

    pub fn command(&self, program: &str) -> Command {
        let configuration = format!(
            "experimental-features = nix-command flakes\nsubstituters =\nbuild-users-group =\nsandbox = false\n\
             flake-registry = {}\nwarn-dirty = false{}",
            self.folder.join("registry.json").display(),
            self.more
        );
        let mut command = Command::new(program);
        command
            .env("NIX_CONFIG", configuration)
            .env("NIX_USER_CONF_FILES", "/dev/null")
            .env("NIX_STORE_DIR", self.folder.join("store"))
            .env("NIX_STATE_DIR", self.folder.join("var"))
            .env("NIX_LOG_DIR", self.folder.join("log"))
            .env("HOME", self.folder.join("home"));
        command
    }

    /// A new folder with a project in it.
    pub fn write(&self, project: &Project, name: &str) -> PathBuf {
        let folder = self.folder.join("projects").join(name);
        let _ = fs::remove_dir_all(&folder);
        project.write(&folder);
        folder
    }

    /// What each project comes to; the error of those that end the evaluation.
    pub fn evaluate(&self, projects: &[Project]) -> Vec<Result<Answer, String>> {
        let folders: Vec<PathBuf> = projects
            .iter()
            .enumerate()
            .map(|(number, project)| self.write(project, &number.to_string()))
            .collect();
        let mut answers = Vec::new();
        for batch in folders.chunks(BATCH) {
            match self.read(batch) {
                Ok(all) => answers.extend(all.into_iter().map(Ok)),
                // One of them ends the evaluation of all: each on its own.
                Err(_) => answers.extend(
                    batch
                        .iter()
                        .map(|folder| self.read(std::slice::from_ref(folder)).map(|mut one| one.remove(0))),
                ),
            }
        }
        answers
    }

    fn read(&self, folders: &[PathBuf]) -> Result<Vec<Answer>, String> {
        let list: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        let output = self
            .command("nix-instantiate")
            .args(["--eval", "--strict", "--json"])
            .arg(Self::stand_ins().join("read.nix"))
            .args(["--arg", "projects", &format!("[ {} ]", list.join(" "))])
            .output()
            .expect("nix-instantiate is on PATH");
        if !output.status.success() {
            return Err(message(&output));
        }
        let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answers.len(), folders.len());
        Ok(answers.iter().map(answer).collect())
    }

    /// The Nix files of projects that Nix cannot read, with why.
    pub fn unreadable<'p>(&self, projects: impl Iterator<Item = &'p Project>) -> Vec<String> {
        let mut paths = Vec::new();
        for (number, project) in projects.enumerate().filter(|(_, project)| !project.is_broken()) {
            let folder = self.write(project, &format!("read-{number}"));
            paths.extend(project.nix_files().map(|(path, _)| (project.name.clone(), folder.join(path))));
        }
        assert!(!paths.is_empty(), "there is nothing to read");
        let parse = |paths: &[(String, PathBuf)]| {
            let files = paths.iter().map(|(_, path)| path);
            let output = self.command("nix-instantiate").arg("--parse").args(files).output().unwrap();
            if output.status.success() { None } else { Some(message(&output)) }
        };
        let mut unreadable = Vec::new();
        for batch in paths.chunks(BATCH).filter(|batch| parse(batch).is_some()) {
            for one in batch {
                if let Some(why) = parse(std::slice::from_ref(one)) {
                    unreadable.push(format!("{}: {why}\n{}", one.0, fs::read_to_string(&one.1).unwrap()));
                }
            }
        }
        unreadable
    }

    /// The folder of a flake for each stand-in, as `--override-input` wants it.
    pub fn inputs(&self) -> BTreeMap<String, PathBuf> {
        let mut inputs = BTreeMap::from([("nixpkgs".to_owned(), Self::stand_ins().join("stub-nixpkgs"))]);
        for entry in fs::read_dir(Self::stand_ins().join("stub-inputs")).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_dir() {
                continue;
            }
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let folder = self.folder.join("inputs").join(&name);
            if !folder.exists() {
                copy(&Self::stand_ins(), &folder.join("nix"));
                let flake = format!(
                    "{{ outputs = {{ self }}: (import ./nix/stub-inputs/{name}/flake.nix).outputs {{ inherit self; }}; }}"
                );
                fs::write(folder.join("flake.nix"), flake).unwrap();
                fs::write(folder.join("default.nix"), format!("import ./nix/stub-inputs/{name}")).unwrap();
            }
            inputs.insert(name, folder);
        }
        inputs
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// The first lines of what Nix says of an error.
pub fn message(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let from = text.find("error:").unwrap_or(0);
    text[from..].lines().take(8).collect::<Vec<_>>().join("\n")
}

fn answer(value: &Value) -> Answer {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let outputs = value["outputs"].as_object().unwrap().iter().map(|(attribute, output)| {
        let env = output["env"].as_object().into_iter().flatten();
        let platform = &output["platform"];
        let output = Made {
            env: env.map(|(name, value)| (name.clone(), with_names(&text(value)))).collect(),
            platform: platform.is_object().then(|| {
                let is = |key: &str| platform[key].as_bool().unwrap();
                (text(&platform["config"]), text(&platform["triple"]), is("isStatic"), is("isCross"))
            }),
            error: output["error"].as_str().map(str::to_owned),
        };
        (attribute.clone(), output)
    });
    let names = |key: &str| value[key].as_array().unwrap().iter().map(text);
    Answer {
        outputs: outputs.collect(),
        kinds: names("kinds").collect(),
        unknown: names("unknown").collect(),
    }
}

impl Answer {
    /// Why a part of the project is not evaluated, if it is not: a good reason, or what is wrong with that.
    pub fn reason_for_silence(&self, project: &Project) -> Option<Result<String, String>> {
        let silent: Vec<&str> = self
            .outputs
            .iter()
            .filter(|(_, output)| output.error.is_some())
            .map(|(name, _)| name.as_str())
            .collect();
        if silent.is_empty() {
            return (self.outputs.is_empty()).then(|| Ok("it has no packages and shells".to_owned()));
        }
        Some(match (self.unknown.as_slice(), project.told()) {
            (_, Some(told)) => Ok(told.to_owned()),
            ([], None) => Err(format!("Nix throws at {silent:?}, and all inputs are known")),
            (unknown, None) => Ok(format!("no stand-in for {}", unknown.join(", "))),
        })
    }
}

/// `/nix/store/HASH-NAME/bin` as `⟨NAME⟩/bin`: a name of a stand-in says all there is to know.
pub fn with_names(text: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    // The hash has 32 characters, and the store may lie anywhere.
    while let Some(at) = rest.find("/store/") {
        let name = &rest[at + "/store/".len()..];
        let is_hash = name.len() > 33
            && name.as_bytes()[32] == b'-'
            && name.as_bytes()[..32].iter().all(u8::is_ascii_alphanumeric);
        if !is_hash {
            out.push_str(&rest[..at + "/store/".len()]);
            rest = name;
            continue;
        }
        // From the blank, colon or quote before the path.
        let start = rest[..at].rfind(|c: char| !(c.is_ascii_alphanumeric() || "/-_.".contains(c)));
        let start = start.map_or(0, |start| start + rest[start..].chars().next().map_or(1, char::len_utf8));
        // `-L/nix/store`: the path begins at its slash.
        let start = rest[start..at].find('/').map_or(at, |slash| start + slash);
        let end = name[33..].find(|c: char| !(c.is_ascii_alphanumeric() || "+-._?=".contains(c)));
        let end = end.map_or(name.len(), |end| end + 33);
        out.push_str(&rest[..start]);
        out.push('⟨');
        out.push_str(&name[33..end]);
        out.push('⟩');
        rest = &name[end..];
    }
    out + rest
}

#[test]
fn store_paths_become_names() {
    let hash = "pnivv2ds052hy12rb5xrvxpkh5hah4if";
    let text = format!("-L/nix/store/{hash}-zlib=x-dev/lib -L /tmp/a/store/{hash}-b/x:/nix/store/y");
    assert_eq!(with_names(&text), "-L⟨zlib=x-dev⟩/lib -L ⟨b⟩/x:/nix/store/y");
}
