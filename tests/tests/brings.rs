//! What `knowledge/brings.toml` says of crates, held to the registry: each row is measured again with the feature graph of a
//! scratch project that depends on the row's version, with nothing, with its defaults, and with each feature alone.
//!
//! By hand, before a release and when rows were added: about twenty minutes, and what crates bring changes with what they
//! depend on, whatever this repository does. `PORTOLAN_BRINGS="name name@version …"` measures the newest versions of those
//! crates instead (or those named) and writes the rows into the file. Needs the registry's index: without it the test says
//! so and passes.

#![allow(clippy::unwrap_used, clippy::print_stdout, dead_code)]

#[path = "feature_graph/cargo.rs"]
mod cargo;
#[path = "feature_graph/scratch.rs"]
mod scratch;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use portolan::{
    finding::Confidence,
    knowledge::{self, NativeKind},
    project::{Library, Project},
    snapshot::{Host, Settings, Snapshot},
    workspace::Vfs,
};

const MUSL: &str = "x86_64-unknown-linux-musl";

/// How many lines of versions that are compatible with each other are measured of a new crate.
const LINES: usize = 4;

type Fact = (String, String, Option<String>);

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/knowledge/brings.toml")
}

/// The native crates that a dependency brings: `+` before one that builds its own copy though it need not.
type Brought = BTreeSet<String>;

/// One row: by feature; "" for any, "default" for the defaults.
struct Row {
    name: String,
    version: String,
    brings: BTreeMap<String, Brought>,
}

impl Row {
    fn text(&self) -> String {
        let mut text = format!("[[crate]]\nname = \"{}\"\nverified = \"{}\"\n", self.name, self.version);
        for (feature, brought) in &self.brings {
            let key = if feature.is_empty() { "always" } else { feature };
            let table = if feature.is_empty() || feature == "default" { "" } else { "features." };
            writeln!(text, "{table}{} = {brought:?}", quoted(key)).unwrap();
        }
        // A set is shown in braces.
        text.replace('{', "[").replace('}', "]")
    }
}

fn quoted(key: &str) -> String {
    let is_bare = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if is_bare { key.to_owned() } else { format!("\"{key}\"") }
}

/// The versions and features of a crate in the index, as (version, features), withdrawn ones left out.
fn index(home: &Path, name: &str) -> Vec<(String, BTreeSet<String>)> {
    let lower = name.to_lowercase();
    let folder = match lower.len() {
        1 => "1".to_owned(),
        2 => "2".to_owned(),
        3 => format!("3/{}", &lower[..1]),
        _ => format!("{}/{}", &lower[..2], &lower[2..4]),
    };
    let indices = fs::read_dir(home.join("registry/index")).unwrap();
    let files = indices.map(|one| one.unwrap().path().join(".cache").join(&folder).join(&lower));
    let mut files = files;
    let Some(bytes) = files.find_map(|file| fs::read(file).ok()) else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let records = text.split('\0').filter(|part| part.starts_with('{'));
    let records = records.filter_map(|record| serde_json::from_str::<serde_json::Value>(record).ok());
    let mut versions = Vec::new();
    for record in records.filter(|record| record["yanked"] != true) {
        let mut features: BTreeSet<String> = BTreeSet::new();
        let mut spoken_of: BTreeSet<String> = BTreeSet::new();
        for table in ["features", "features2"] {
            for (name, values) in record[table].as_object().into_iter().flatten() {
                features.insert(name.clone());
                let values = values.as_array().unwrap().iter().filter_map(|value| value.as_str());
                spoken_of.extend(values.filter_map(|value| value.strip_prefix("dep:")).map(str::to_owned));
            }
        }
        let optional = record["deps"].as_array().unwrap().iter().filter(|one| one["optional"] == true);
        let optional =
            optional.filter_map(|one| one["name"].as_str()).filter(|name| !spoken_of.contains(*name));
        features.extend(optional.map(str::to_owned));
        versions.push((record["vers"].as_str().unwrap().to_owned(), features));
    }
    versions
}

/// The newest version of each line, the newest lines only.
fn newest(versions: &[(String, BTreeSet<String>)]) -> Vec<String> {
    let number = |version: &str| -> Option<(u64, u64, u64)> {
        let mut parts = version.split('+').next()?.split('.').map(|part| part.parse().ok());
        Some((parts.next()??, parts.next()??, parts.next()??))
    };
    let mut lines: BTreeMap<(u64, u64), (u64, u64, u64)> = BTreeMap::new();
    for found in versions.iter().filter_map(|(version, _)| number(version)) {
        let line = if found.0 > 0 { (found.0, 0) } else { (0, found.1) };
        let best = lines.entry(line).or_insert(found);
        *best = found.max(*best);
    }
    lines.values().rev().take(LINES).map(|(major, minor, patch)| format!("{major}.{minor}.{patch}")).collect()
}

fn manifest(name: &str, version: &str, features: &[&str], defaults: bool, all: &BTreeSet<String>) -> String {
    let own: Vec<String> = all
        .iter()
        .filter(|feature| *feature != "default")
        .enumerate()
        .map(|(position, feature)| format!("f{position} = [\"{name}/{feature}\"]\n"))
        .collect();
    format!(
        "[package]\nname = \"scratch-app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n\n[dependencies]\n\
         {name} = {{ version = \"={version}\", default-features = {defaults}, features = {features:?} }}\n\n\
         [features]\nall-of-it = [\"{name}/default\"]\n{}",
        own.concat()
    )
    .replace("all-of-it = ", if all.contains("default") { "all-of-it = " } else { "# " })
}

fn measure(name: &str, version: &str, homes: &scratch::Homes) -> Result<Row, String> {
    let features = index(homes.whole(), name).into_iter().find(|(known, _)| known == version);
    let features = features.ok_or("is not in the index")?.1;
    let root = homes.folder().join("brings").join(format!("{name}-{version}"));
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(root.join("src")).unwrap();
    fs::write(root.join("src/main.rs"), "fn main() {}\n").unwrap();
    let path = root.join("Cargo.toml");
    fs::write(&path, manifest(name, version, &[], false, &features)).unwrap();
    cargo::run(&root, homes.whole(), &["generate-lockfile", "--quiet"])?;
    let mut files = Vfs::new(&root, Some(homes.index()));
    let mut ask = |asked: &[&str], defaults: bool| -> Brought {
        files.set_overlay(&path, manifest(name, version, asked, defaults, &features));
        let snapshot = Snapshot {
            root: root.as_path().into(),
            files: files.snapshot(),
            host: Host::foreign("x86_64-unknown-linux-gnu").into(),
            settings: Settings::default().into(),
            settled: std::sync::Arc::default(),
        };
        let uses = Project::read(&snapshot).native_uses(MUSL);
        let sure = uses.iter().filter(|one| one.confidence == Confidence::Certain);
        sure.map(|one| match (one.library, one.known.kind) {
            (Library::Compiled, NativeKind::System | NativeKind::Fallback) => format!("+{}", one.known.name),
            _ => one.known.name.to_owned(),
        })
        .collect()
    };
    let mut brings = BTreeMap::new();
    let nothing = ask(&[], false);
    let with_defaults = ask(&[], true);
    let more = |found: &Brought, than: &Brought| found.difference(than).cloned().collect::<Brought>();
    let mut note = |feature: &str, brought: Brought| {
        if !brought.is_empty() {
            brings.entry(feature.to_owned()).or_insert_with(BTreeSet::new).extend(brought);
        }
    };
    note("default", more(&with_defaults, &nothing));
    let single: Vec<&str> = features.iter().map(String::as_str).filter(|one| *one != "default").collect();
    // Many crates have nothing to find, and one look tells.
    let all = ask(&single, true);
    if all != nothing {
        for feature in &single {
            note(feature, more(&ask(&[feature], false), &nothing));
            // What only changes the library of a crate that something else brings.
            if ["vendor", "bundle", "static", "src", "source"].iter().any(|word| feature.contains(word)) {
                note(feature, more(&ask(&[feature], true), &with_defaults));
            }
        }
    }
    note("", nothing);
    Ok(Row { name: name.to_owned(), version: version.to_owned(), brings })
}

/// The rows of the file as their texts.
fn rows(text: &str) -> Vec<String> {
    text.split("[[crate]]").skip(1).map(|row| format!("[[crate]]{}\n", row.trim_end())).collect()
}

fn named(row: &str) -> (String, String) {
    let value = |key: &str| {
        let line = row.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
        line.trim_matches([' ', '=', '"']).to_owned()
    };
    (value("name"), value("verified"))
}

#[test]
#[ignore = "takes minutes and the registry: `tests/run --only remedies`"]
fn rows_are_what_the_registry_says() {
    let homes = scratch::Homes::new();
    let text = fs::read_to_string(data()).unwrap();
    let head = text.split("[[crate]]").next().unwrap().to_owned();
    let known = rows(&text);
    if let Ok(wanted) = std::env::var("PORTOLAN_BRINGS") {
        let mut all: BTreeMap<(String, String), String> =
            known.iter().map(|row| (named(row), row.clone())).collect();
        for one in wanted.split_whitespace() {
            let (name, version) = one.split_once('@').unwrap_or((one, ""));
            add(name, version, &homes, &mut all);
            let rows: Vec<&str> = all.values().map(String::as_str).collect();
            fs::write(data(), format!("{head}{}", rows.join("\n"))).unwrap();
        }
        return;
    }
    let (mut right, mut wrong) = (0, Vec::new());
    for row in &known {
        let (name, version) = named(row);
        if let Err(why) = fetch(&name, &version, &homes) {
            println!("NOT TRIED: {name} cannot be had ({})", why.lines().last().unwrap_or_default());
            continue;
        }
        match measure(&name, &version, &homes) {
            Ok(measured) if measured.text() == *row => right += 1,
            Ok(measured) => wrong.push(format!("in the file:\n{row}measured:\n{}", measured.text())),
            Err(why) => wrong.push(format!("{name} {version}: {why}")),
        }
    }
    println!("{right} rows are right");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Has cargo fetch the index's record of a crate.
fn fetch(name: &str, version: &str, homes: &scratch::Homes) -> Result<(), String> {
    let root = homes.folder().join("brings/one");
    let requirement = if version.is_empty() { "*".to_owned() } else { format!("={version}") };
    fs::create_dir_all(root.join("src")).unwrap();
    fs::write(root.join("src/main.rs"), "fn main() {}\n").unwrap();
    let none = BTreeSet::new();
    let text = manifest(name, "", &[], false, &none).replace("\"=\"", &format!("\"{requirement}\""));
    fs::write(root.join("Cargo.toml"), text).unwrap();
    cargo::run(&root, homes.whole(), &["generate-lockfile", "--quiet"]).map(drop)
}

fn add(name: &str, version: &str, homes: &scratch::Homes, all: &mut BTreeMap<(String, String), String>) {
    if let Err(why) = fetch(name, version, homes) {
        println!("{name}: {why}");
        return;
    }
    let versions =
        if version.is_empty() { newest(&index(homes.whole(), name)) } else { vec![version.to_owned()] };
    for version in versions {
        match measure(name, &version, homes) {
            // A row without anything says that there is nothing, which is worth as much.
            Ok(row) => _ = all.insert((row.name.clone(), row.version.clone()), row.text()),
            Err(why) => println!("{name} {version}: {}", why.lines().last().unwrap_or_default()),
        }
    }
}

#[test]
fn every_row_speaks_of_known_native_crates() {
    let text = fs::read_to_string(data()).unwrap();
    let rows = rows(&text);
    assert!(rows.len() > 100, "{} rows", rows.len());
    for row in rows {
        let lists = row.lines().filter_map(|line| line.split_once(" = [")).map(|(_, list)| list);
        for name in lists.flat_map(|list| list.trim_end_matches(']').split(", ")) {
            let name = name.trim_matches('"').trim_start_matches('+');
            assert!(knowledge::native_crate(name).is_some(), "{name} in {row}");
        }
    }
}
