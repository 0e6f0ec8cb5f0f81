//! The targets that the project's releases are built for, as the jobs of its release workflows name them.
//!
//! A job is lines (see `workflows`), so only what is plain counts: a triple that rustc has, on a line that says
//! "target", in a job that runs cargo and hands out what it built. Python wheels, npm's modules and the like are no
//! programs, and jobs in a container bring libraries that nobody here knows.

use std::sync::Arc;

use super::Job;
use crate::{cargo::Sourced, knowledge};

/// What makes files public. In a workflow, one of these makes it one for releases.
const PUBLISHES: &[&str] = &[
    "gh release",
    "action-gh-release",
    "release-action",
    "upload-release",
    "upload-to-release",
    "upload-rust-binary-action",
    "publish-release",
    "release create",
    "ghr ",
];

/// What hands the files of a job on.
const HANDS_ON: &[&str] = &["upload-artifact", "upload-github-release", "aws s3 cp", "rsync ", "scp "];

/// What builds programs.
const BUILDS: &[&str] =
    &["cargo build", "cargo zigbuild", "cargo xwin", "cross build", "upload-rust-binary-action", "use-cross"];

/// What makes other things than programs, or bundles with the libraries that a program needs.
const OTHERS: &[&str] =
    &["maturin", "cibuildwheel", "napi", "wasm-pack", "tauri", "neon", "flutter", "nix build"];

/// Lines that speak of a triple without building for it.
const ASIDES: &[&str] =
    &["if:", "if [", "==", "!=", "rustup", "toolchain", "path:", "cp ", "mv ", "tar ", "files:", "contains("];

/// The triples that a workflow builds programs for, if it is one for releases.
pub(super) fn released(text: &str, jobs: &[Arc<Job>]) -> Vec<Sourced<String>> {
    if !PUBLISHES.iter().any(|word| text.contains(word)) {
        return Vec::new();
    }
    jobs.iter().filter(|job| builds_programs(job)).flat_map(|job| triples(job)).collect()
}

fn builds_programs(job: &Job) -> bool {
    // "${{ env.CARGO }} build --release"
    let mut lines = job.lines.iter().map(|line| line.text.as_str());
    let builds =
        job.has_any(BUILDS) || lines.any(|line| line.contains(" build ") && line.contains("--release"));
    builds && !job.has_any(OTHERS) && (job.has_any(PUBLISHES) || job.has_any(HANDS_ON))
}

/// The triples that a job names as its targets.
fn triples(job: &Job) -> impl Iterator<Item = Sourced<String>> {
    let lines = job.lines.iter().filter(|line| {
        let is_item =
            line.text.strip_prefix("- ").is_some_and(|item| knowledge::target(bare(item)).is_some());
        (is_item || line.text.contains("target") || line.text.contains("triple"))
            && !ASIDES.iter().any(|aside| line.text.contains(aside))
    });
    lines.flat_map(|line| {
        let text = line.text.split(" #").next().unwrap_or_default();
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'));
        let known = words.filter(|word| knowledge::target(word).is_some());
        known.map(|word| Sourced::new(word.to_owned(), line.origin.clone()))
    })
}

fn bare(item: &str) -> &str {
    item.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use crate::{project::Project, snapshot::MemoryFiles};

    fn targets(job: &str) -> Vec<String> {
        let workflow =
            format!("on: push\njobs:\n  build:\n{job}\n  end:\n    steps:\n      - run: gh release create\n");
        let files = MemoryFiles::new("/p").with(".github/workflows/release.yml", workflow.as_str());
        let project = Project::read(&files.snapshot());
        project.targets.iter().map(|target| target.triple.clone()).collect()
    }

    const BUILD: &str = "    steps:\n      - run: cargo build --release --target ${{ matrix.target }}\n      - uses: actions/upload-artifact@v4";

    #[test]
    fn a_matrix_names_targets() {
        let musl = "x86_64-unknown-linux-musl";
        for matrix in [
            format!("        include:\n          - target: {musl}"),
            format!("        include:\n          - {{ os: ubuntu-latest, target: \"{musl}\" }}"),
            format!("        target: [{musl}]"),
            format!("        target:\n          - '{musl}' # static"),
        ] {
            assert_eq!(targets(&format!("{matrix}\n{BUILD}")), [musl], "{matrix}");
        }
    }

    #[test]
    fn what_ships_no_programs_names_none() {
        let matrix = "        target: [x86_64-unknown-linux-musl]";
        let wheels = BUILD.replace("cargo build", "maturin build");
        let tests = "    steps:\n      - run: cargo build --target ${{ matrix.target }}";
        for job in [format!("{matrix}\n{wheels}"), format!("{matrix}\n{tests}")] {
            assert!(targets(&job).is_empty(), "{job}");
        }
        let aside = "      - run: rustup target add wasm32-unknown-unknown";
        assert!(targets(&format!("{aside}\n{BUILD}")).is_empty());
    }
}
