//! The feature graph that is resolved from files, held to what cargo itself says of the same projects.
//!
//! Each project of `feature_graph/projects.txt` is written to disk and locked and fetched by cargo; then for
//! several targets and kinds of dependencies the packages and features that `cargo tree` prints are compared
//! with ours. A third of the questions is asked on each run; `PORTOLAN_GRAPH=all` asks all of them,
//! `PORTOLAN_GRAPH=name` those of the projects with that in their name. `cargo test --test feature_graph --
//! --ignored` compares the projects in the folders that `PORTOLAN_GRAPH_FOLDERS` names (with `:` between them).

#![allow(clippy::unwrap_used, clippy::print_stdout, dead_code)]

#[path = "feature_graph/cargo.rs"]
mod cargo;
#[path = "feature_graph/scratch.rs"]
mod scratch;

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use portolan::{
    cargo::graph::{self, Kinds, Members, Question, Resolution},
    finding::Confidence,
    snapshot::{Host, Settings, Snapshot},
    workspace::Vfs,
};
use scratch::{Project, projects};

const HOST: &str = "x86_64-unknown-linux-gnu";

const TARGETS: [&str; 6] = [
    HOST,
    "x86_64-unknown-linux-musl",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "wasm32-unknown-unknown",
    "x86_64-unknown-freebsd",
];

const KINDS: [Kinds; 3] = [Kinds::Build, Kinds::Normal, Kinds::All];

/// A package with one of its features, or with none at all: `None`.
type Fact = (String, String, Option<String>);

fn snapshot(root: &Path, home: &Path) -> Snapshot {
    Snapshot {
        root: root.into(),
        files: Vfs::new(root, Some(home)).snapshot(),
        host: Host::foreign(HOST).into(),
        settings: Settings::default().into(),
        settled: std::sync::Arc::default(),
    }
}

fn ask(snapshot: &Snapshot, question: &Question<'_>) -> std::sync::Arc<Resolution> {
    graph::resolve(snapshot, &portolan::cargo::read(snapshot), question)
}

/// The facts that hold for certain, and those that may hold.
fn facts(resolution: &Resolution) -> (BTreeSet<Fact>, BTreeSet<Fact>) {
    let (mut certain, mut possible) = (BTreeSet::new(), BTreeSet::new());
    for package in &resolution.packages {
        let fact =
            |feature: Option<&String>| (package.name.clone(), package.version.clone(), feature.cloned());
        let itself = if package.certainty == Confidence::Certain { &mut certain } else { &mut possible };
        itself.insert(fact(None));
        certain.extend(package.features.iter().map(|feature| fact(Some(feature))));
        possible.extend(package.possible_features.iter().map(|feature| fact(Some(feature))));
    }
    possible.extend(certain.iter().cloned());
    (certain, possible)
}

fn difference(ours: &BTreeSet<Fact>, theirs: &BTreeSet<Fact>) -> String {
    let show = |(name, version, feature): &Fact| {
        format!("{name} {version}{}", feature.as_ref().map(|name| format!(" [{name}]")).unwrap_or_default())
    };
    let list = |facts: Vec<String>| facts.into_iter().take(12).collect::<Vec<_>>().join(", ");
    format!(
        "only ours: {}\n   only cargo's: {}",
        list(ours.difference(theirs).map(show).collect()),
        list(theirs.difference(ours).map(show).collect())
    )
}

/// Whether a question belongs to this run: all targets and kinds come, each project with some of them.
fn is_due(wanted: &str, project: usize, question: usize) -> bool {
    !wanted.is_empty() || question == 3 || (project + question).is_multiple_of(6)
}

struct Tally {
    questions: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

/// Holds the answers about one project to cargo's. Nothing writes the caches meanwhile.
fn compare(
    (position, project): (usize, &Project),
    root: &Path,
    wanted: &str,
    homes: &scratch::Homes,
    tally: &Tally,
) {
    let fail = |what: String| tally.failures.lock().unwrap().push(format!("== {} {what}", project.name));
    let members = if project.default_members { Members::Default } else { Members::All };
    let due = |question| is_due(wanted, position, question);
    compare_in(root, members, &due, homes, tally, &fail);
}

fn compare_in(
    root: &Path,
    members: Members<'_>,
    is_due: &dyn Fn(usize) -> bool,
    homes: &scratch::Homes,
    tally: &Tally,
    fail: &dyn Fn(String),
) {
    let questions = TARGETS.iter().flat_map(|target| KINDS.iter().map(move |kinds| (*target, *kinds)));
    for (number, (target, kinds)) in questions.enumerate() {
        if !is_due(number) {
            continue;
        }
        tally.questions.fetch_add(1, Ordering::Relaxed);
        let question = Question { kinds, members, ..Question::build(target, HOST) };
        differences(root, members, &question, homes).into_iter().for_each(fail);
    }
}

/// What of the answer to one question is not as cargo says.
fn differences(
    root: &Path,
    members: Members<'_>,
    question: &Question<'_>,
    homes: &scratch::Homes,
) -> Vec<String> {
    let Question { target, kinds, .. } = *question;
    let known = snapshot(root, homes.whole());
    let mut wrong = Vec::new();
    {
        let mut fail = |what: String| wrong.push(what);
        let theirs = match cargo::tree(root, homes.whole(), target, kinds, members == Members::All) {
            Ok(theirs) => theirs,
            Err(why) => {
                fail(format!("{target} {kinds:?}: {why}"));
                return wrong;
            }
        };
        let resolution = ask(&known, question);
        let (certain, possible) = facts(&resolution);
        if certain != theirs {
            fail(format!("{target} {kinds:?}\n   {}", difference(&certain, &theirs)));
        }
        if certain != possible || !resolution.gaps.is_empty() {
            let gaps: Vec<String> = resolution.gaps.iter().map(graph::Gap::explain).collect();
            fail(format!("{target} {kinds:?}: all is there, and still {gaps:?}"));
        }
        // With less at hand: what is called certain must be so, and nothing that is so may be ruled out.
        for (name, home) in [("index only", homes.index()), ("nothing", homes.empty())] {
            let poor = ask(&snapshot(root, home), question);
            let (certain, possible) = facts(&poor);
            if !certain.is_subset(&theirs) {
                let wrong: BTreeSet<Fact> = certain.difference(&theirs).cloned().collect();
                fail(format!(
                    "{target} {kinds:?}, {name}: wrongly certain\n   {}",
                    difference(&wrong, &theirs)
                ));
            }
            if !theirs.is_subset(&possible) && home == homes.index() {
                fail(format!("{target} {kinds:?}, {name}: ruled out\n   {}", difference(&theirs, &possible)));
            }
            let names = |facts: &BTreeSet<Fact>| -> BTreeSet<String> {
                facts.iter().map(|fact| fact.0.clone()).collect()
            };
            if !names(&theirs).is_subset(&names(&possible)) {
                fail(format!("{target} {kinds:?}, {name}: packages ruled out"));
            }
        }
    }
    wrong
}

#[test]
fn agrees_with_cargo_tree() {
    let wanted = std::env::var("PORTOLAN_GRAPH").unwrap_or_default();
    let projects = projects();
    assert!(projects.len() >= 40, "{} projects", projects.len());
    let homes = scratch::Homes::new();
    let tally = Tally { questions: AtomicUsize::new(0), failures: Mutex::default() };
    let is_wanted =
        |project: &Project| wanted.is_empty() || wanted == "all" || project.name.contains(&wanted);
    // First all are fetched, one after the other, and then nothing changes any more.
    let mut written = Vec::new();
    for one in projects.iter().enumerate().filter(|(_, project)| is_wanted(project)) {
        match one.1.write(&homes) {
            Ok(root) => written.push((one, root)),
            Err(why) => tally.failures.lock().unwrap().push(format!("== {} {why}", one.1.name)),
        }
    }
    for (one, root) in &written {
        if let Err(why) = Project::settle(root, &homes) {
            tally.failures.lock().unwrap().push(format!("== {} {why}", one.1.name));
        }
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((one, root)) = written.get(next.fetch_add(1, Ordering::Relaxed)) {
                    compare(*one, root, &wanted, &homes, &tally);
                }
            });
        }
    });
    let questions = tally.questions.into_inner();
    let mut failures = tally.failures.into_inner().unwrap();
    failures.sort();
    println!("{questions} questions about {} projects", projects.len());
    assert!(failures.is_empty(), "{} differences\n{}", failures.len(), failures.join("\n"));
    assert!(questions >= 150 || !wanted.is_empty(), "only {questions} questions were asked");
}

#[test]
#[ignore = "for projects that lie elsewhere, locked and fetched"]
fn agrees_with_cargo_tree_elsewhere() {
    let folders = std::env::var("PORTOLAN_GRAPH_FOLDERS").expect("PORTOLAN_GRAPH_FOLDERS names the folders");
    let homes = scratch::Homes::of_user();
    let tally = Tally { questions: AtomicUsize::new(0), failures: Mutex::default() };
    for folder in folders.split(':') {
        for members in [Members::Default, Members::All] {
            let fail = |what: String| tally.failures.lock().unwrap().push(format!("== {folder} {what}"));
            compare_in(Path::new(folder), members, &|_| true, &homes, &tally, &fail);
        }
    }
    let failures = tally.failures.into_inner().unwrap();
    println!("{} questions", tally.questions.into_inner());
    assert!(failures.is_empty(), "{} differences\n{}", failures.len(), failures.join("\n"));
}
