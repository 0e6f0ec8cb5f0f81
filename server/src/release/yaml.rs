//! The workflow's text.

use super::Job;

/// Actions by the commit of the version in the comment: a tag can be moved.
const CHECKOUT: &str = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";
const UPLOAD: &str = "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0";
const DOWNLOAD: &str = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1";
const NIX: &str = "cachix/install-nix-action@630ae543ea3a38a9a4166f03376c02c50f408342 # v31.11.0";

pub(super) fn text(name: &str, binaries: &[&str], jobs: &[Job], left: &[(String, &str)]) -> String {
    let mut text = String::from(
        "# Builds every target that the project ships, audits the programs, and publishes those that passed.\n\
         # Written by Portolan from the project's own files. It is yours: change it.\n",
    );
    for (target, why) in left {
        text += &format!("# Not built: {target} ({why}).\n");
    }
    text += "name: release\n\non:\n  push:\n    tags: [\"v*\"]\n  workflow_dispatch:\n\npermissions:\n  contents: read\n\n";
    text += "jobs:\n  build:\n    name: ${{ matrix.target }}\n    runs-on: ${{ matrix.runner }}\n";
    text += "    strategy:\n      fail-fast: false\n      matrix:\n        include:\n";
    for job in jobs {
        text += &entry(job);
    }
    text += "    defaults:\n      run:\n        shell: bash\n    steps:\n";
    text += &step(&format!("uses: {CHECKOUT}"), &["with:", "  persist-credentials: false"]);
    text += &preparations(jobs);
    text += &step("name: Build", &["run: ${{ matrix.build }}"]);
    text += &step("name: Install Portolan", &["run: cargo install --locked portolan"]);
    text += &audit(binaries, jobs);
    text += &pack(name, binaries, ending(jobs));
    text += &step(
        &format!("uses: {UPLOAD}"),
        &["with:", "  name: ${{ matrix.target }}", "  path: dist/*", "  if-no-files-found: error"],
    );
    text + &publish()
}

fn entry(job: &Job) -> String {
    let mut text = format!("          - target: {}\n            runner: {}\n", job.target, job.runner);
    text += &format!("            build: {}\n            folder: {}\n", quote(&job.build), job.folder);
    for (key, value) in [
        ("tool", job.tool.map(str::to_owned)),
        ("packages", (!job.packages.is_empty()).then(|| job.packages.join(" "))),
        ("policy", job.policy.as_ref().map(|policy| format!("--policy {policy}"))),
    ] {
        text += &value.map(|value| format!("            {key}: {value}\n")).unwrap_or_default();
    }
    text
}

/// Only the steps that some job needs.
fn preparations(jobs: &[Job]) -> String {
    let uses = |tool: &str| jobs.iter().any(|job| job.tool == Some(tool));
    let mut text = String::new();
    if jobs.iter().any(|job| job.tool != Some("nix")) {
        text += &step(
            "name: Install the target's standard library",
            &[
                "if: matrix.tool != 'nix' && matrix.tool != 'cross'",
                "run: rustup target add ${{ matrix.target }}",
            ],
        );
    }
    if jobs.iter().any(|job| !job.packages.is_empty()) {
        text += &step(
            "name: Install compilers",
            &[
                "if: matrix.packages",
                "run: sudo apt-get update && sudo apt-get install --yes ${{ matrix.packages }}",
            ],
        );
    }
    if uses("zigbuild") {
        text += &step(
            "name: Install cargo-zigbuild",
            &[
                "if: matrix.tool == 'zigbuild'",
                "run: pip3 install --break-system-packages cargo-zigbuild ziglang",
            ],
        );
    }
    if uses("cross") {
        text += &step(
            "name: Install cross",
            &["if: matrix.tool == 'cross'", "run: cargo install --locked cross"],
        );
    }
    if uses("nix") {
        text += &step("name: Install Nix", &["if: matrix.tool == 'nix'", &format!("uses: {NIX}")]);
    }
    text
}

/// A binary that would not run elsewhere stops here.
fn audit(binaries: &[&str], jobs: &[Job]) -> String {
    let ending = ending(jobs);
    let files: Vec<String> =
        binaries.iter().map(|name| format!("\"${{{{ matrix.folder }}}}/{name}{ending}\"")).collect();
    let command = format!(
        "run: portolan audit --target ${{{{ matrix.target }}}} ${{{{ matrix.policy }}}} {}",
        files.join(" ")
    );
    step("name: Audit", &[&command])
}

/// What the programs' names end in on some targets.
fn ending(jobs: &[Job]) -> &'static str {
    let is = |part: &str| jobs.iter().any(|job| job.target.contains(part));
    match (is("-windows-"), is("wasm32")) {
        (true, true) => {
            "${{ contains(matrix.target, 'windows') && '.exe' || contains(matrix.target, 'wasm32') && '.wasm' || '' }}"
        }
        (true, false) => "${{ contains(matrix.target, 'windows') && '.exe' || '' }}",
        (false, true) => "${{ contains(matrix.target, 'wasm32') && '.wasm' || '' }}",
        (false, false) => "",
    }
}

fn pack(name: &str, binaries: &[&str], ending: &str) -> String {
    let mut lines = vec![
        "run: |".to_owned(),
        format!("  folder={name}-$GITHUB_REF_NAME-${{{{ matrix.target }}}}"),
        "  folder=${folder//\\//-}".to_owned(),
        "  mkdir -p dist \"$folder\"".to_owned(),
    ];
    lines.extend(
        binaries
            .iter()
            .map(|binary| format!("  cp -L \"${{{{ matrix.folder }}}}/{binary}{ending}\" \"$folder\"")),
    );
    lines.push(
        "  if [ \"$RUNNER_OS\" = Windows ]; then 7z a \"dist/$folder.zip\" \"$folder\"; \
                else tar czf \"dist/$folder.tar.gz\" \"$folder\"; fi"
            .to_owned(),
    );
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    step("name: Pack", &lines)
}

fn publish() -> String {
    let mut text = String::from(
        "\n  publish:\n    needs: build\n    if: startsWith(github.ref, 'refs/tags/')\n    runs-on: ubuntu-24.04\n    \
         permissions:\n      contents: write\n    steps:\n",
    );
    text += &step(&format!("uses: {DOWNLOAD}"), &["with:", "  path: dist", "  merge-multiple: true"]);
    text += &step("name: Sum up", &["run: cd dist && sha256sum -- * > SHA256SUMS"]);
    text += &step(
        "name: Publish",
        &[
            "env:",
            "  GH_TOKEN: ${{ github.token }}",
            "  GH_REPO: ${{ github.repository }}",
            "run: gh release create \"$GITHUB_REF_NAME\" --generate-notes dist/*",
        ],
    );
    text
}

fn step(first: &str, more: &[&str]) -> String {
    let mut text = format!("      - {first}\n");
    for line in more {
        text += &format!("        {line}\n");
    }
    text
}

/// A string of YAML; what it holds are words of a command line.
fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
