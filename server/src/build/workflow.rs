//! A workflow of GitHub Actions that releases the project's targets: each on a runner where it is built with the least
//! trouble, archives of what passed the audit, and the audit once more on what is about to be published.

// The text is put together in the way that reads best.
#![allow(clippy::format_push_string)]

use super::plan::package_for;
use crate::{
    audit::Policy,
    knowledge::{self, Target},
    project::{Builder, Project},
};

/// Where the workflow is written, from the workspace folder.
pub const PATH: &str = ".github/workflows/release.yml";

// By commit: a tag can be moved. The hashes are those of the tags behind them.
const CHECKOUT: &str = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";
const UPLOAD: &str = "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0";
const DOWNLOAD: &str = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1";
const NIX: &str = "cachix/install-nix-action@630ae543ea3a38a9a4166f03376c02c50f408342 # v31.11.0";

const LINUX: &str = "ubuntu-24.04";
const LINUX_ARM: &str = "ubuntu-24.04-arm";
const MACOS: &str = "macos-15";
const WINDOWS: &str = "windows-2025";

/// How one target is built.
struct Leg {
    triple: &'static str,
    runner: &'static str,
    /// Arguments of `portolan build` behind the triple.
    arguments: String,
    /// A command that gets what the runner lacks.
    prepare: &'static str,
    needs_nix: bool,
}

/// The workflow; `None` for a project that makes no program, or names no target that rustc has.
pub fn release(project: &Project) -> Option<String> {
    if !project.has_program() || project.cargo.workspace.is_none() {
        return None;
    }
    let known: Vec<&Target> =
        project.targets.iter().filter_map(|target| knowledge::target(&target.triple)).collect();
    let legs: Vec<Leg> = known.into_iter().filter_map(|target| leg(project, target)).collect();
    (!legs.is_empty()).then(|| render(&legs))
}

fn leg(project: &Project, target: &'static Target) -> Option<Leg> {
    let runner = match target.os {
        "macos" => MACOS,
        "windows" if target.env == "msvc" => WINDOWS,
        "linux" if target.arch == "aarch64" => LINUX_ARM,
        "linux" | "windows" | "freebsd" | "netbsd" | "illumos" => LINUX,
        _ if target.is_wasm() => LINUX,
        // Nothing but its own tools builds it.
        _ => return None,
    };
    let leg = |arguments: String, prepare| Leg {
        triple: target.triple,
        runner,
        arguments,
        prepare,
        needs_nix: false,
    };
    let zig = "pip install --break-system-packages cargo-zigbuild";
    Some(match project.other_builder(target.triple) {
        Some(Builder::Nix) if package_for(project, target.triple).is_some() && target.is_linux() => {
            Leg { needs_nix: true, ..leg(" --builder nix".to_owned(), "") }
        }
        Some(Builder::Cross) if runner == LINUX && target.arch != "x86_64" => {
            leg(" --builder cross".to_owned(), "cargo install --locked cross")
        }
        _ if target.is_glibc() => {
            // What the audit allows when nobody says more: systems that still get updates.
            let floor = Policy::default().glibc.map(|version| version.to_string()).unwrap_or_default();
            leg(format!(" --glibc {floor}"), zig)
        }
        _ if target.os == "linux" => leg(" --builder zigbuild".to_owned(), zig),
        _ if target.os == "windows" && runner == LINUX => {
            leg(" --builder cargo".to_owned(), "sudo apt-get install --yes gcc-mingw-w64")
        }
        _ if runner == LINUX && !target.is_wasm() => {
            leg(" --builder cross".to_owned(), "cargo install --locked cross")
        }
        _ => leg(" --builder cargo".to_owned(), ""),
    })
}

fn render(legs: &[Leg]) -> String {
    let mut text = String::from(
        "# Builds the programs for every target, audits them, and publishes what runs elsewhere.\n\
         # Written by Portolan; it is yours to change.\n\
         name: release\n\n\
         on:\n  push:\n    tags: [\"v*\"]\n  workflow_dispatch:\n\n\
         permissions:\n  contents: read\n\n\
         jobs:\n  build:\n    name: ${{ matrix.target }}\n    runs-on: ${{ matrix.runner }}\n    strategy:\n      \
         fail-fast: false\n      matrix:\n        include:\n",
    );
    for leg in legs {
        text += &format!("          - target: {}\n            runner: {}\n", leg.triple, leg.runner);
        if !leg.arguments.is_empty() {
            text += &format!("            arguments: \"{}\"\n", leg.arguments.trim());
        }
        if !leg.prepare.is_empty() {
            text += &format!("            prepare: {}\n", leg.prepare);
        }
        if leg.needs_nix {
            text += "            nix: true\n";
        }
    }
    text += &format!(
        "    steps:\n      - uses: {CHECKOUT}\n        with:\n          persist-credentials: false\n"
    );
    // A key that no leg has is not asked for: actionlint takes it for a slip.
    let any_nix = legs.iter().any(|leg| leg.needs_nix);
    if any_nix {
        text += &format!("      - uses: {NIX}\n        if: matrix.nix\n");
    }
    if legs.iter().any(|leg| !leg.prepare.is_empty()) {
        text += "      - name: Get what the runner lacks\n        if: matrix.prepare\n        run: ${{ matrix.prepare }}\n";
    }
    text += "      - run: rustup target add ${{ matrix.target }}\n";
    if any_nix {
        text += "        if: ${{ !matrix.nix }}\n";
    }
    text += "      - run: cargo install --locked portolan\n";
    text += "      # The audit is part of it: what does not run elsewhere is not archived, and fails here.\n      \
             - run: portolan build ${{ matrix.target }} ${{ matrix.arguments }} --dist dist\n";
    text += &format!(
        "      - uses: {UPLOAD}\n        with:\n          name: ${{{{ matrix.target }}}}\n          path: |\n            \
         dist/*.tar.gz\n            dist/*.zip\n          if-no-files-found: error\n\n"
    );
    text += "  publish:\n    needs: build\n    runs-on: ubuntu-24.04\n    permissions:\n      contents: write\n    steps:\n";
    text += &format!(
        "      - uses: {DOWNLOAD}\n        with:\n          path: dist\n          merge-multiple: true\n"
    );
    text += "      - run: cargo install --locked portolan\n";
    text += "      - name: Audit what is published\n        run: |\n          mkdir unpacked\n          \
             for archive in dist/*.tar.gz; do tar --extract --gzip --file \"$archive\" --directory unpacked; done\n          \
             for archive in dist/*.zip; do [ ! -e \"$archive\" ] || unzip -q \"$archive\" -d unpacked; done\n          \
             find unpacked -type f \\( -perm -u+x -o -name '*.exe' -o -name '*.wasm' \\) -exec portolan audit {} +\n";
    text +=
        "      - run: sha256sum * > ../SHA256SUMS && mv ../SHA256SUMS .\n        working-directory: dist\n";
    text += "      - run: gh release create \"$GITHUB_REF_NAME\" dist/* --verify-tag --generate-notes\n        \
             if: startsWith(github.ref, 'refs/tags/')\n        env:\n          GH_TOKEN: ${{ github.token }}\n          \
             GH_REPO: ${{ github.repository }}\n";
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::MemoryFiles;

    const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

    fn workflow(targets: &str) -> Option<String> {
        let files = MemoryFiles::new("/p").with("Cargo.toml", MANIFEST).with("src/main.rs", "");
        let files = files.with("portolan.toml", format!("targets = {targets}\n"));
        release(&Project::read(&files.snapshot()))
    }

    #[test]
    fn each_target_has_the_runner_that_builds_it_with_least_trouble() {
        let text = workflow(
            "[\"x86_64-unknown-linux-gnu\", \"aarch64-unknown-linux-musl\", \"aarch64-apple-darwin\", \
             \"x86_64-pc-windows-msvc\", \"x86_64-pc-windows-gnu\", \"wasm32-wasip1\", \"aarch64-apple-ios\"]",
        )
        .unwrap_or_default();
        for (triple, runner, arguments) in [
            ("x86_64-unknown-linux-gnu", LINUX, "--glibc 2.28"),
            ("aarch64-unknown-linux-musl", LINUX_ARM, "--builder zigbuild"),
            ("aarch64-apple-darwin", MACOS, "--builder cargo"),
            ("x86_64-pc-windows-msvc", WINDOWS, "--builder cargo"),
            ("x86_64-pc-windows-gnu", LINUX, "--builder cargo"),
            ("wasm32-wasip1", LINUX, "--builder cargo"),
        ] {
            let leg = format!(
                "- target: {triple}\n            runner: {runner}\n            arguments: \"{arguments}\""
            );
            assert!(text.contains(&leg), "{leg} in {text}");
        }
        assert!(!text.contains("ios"), "{text}");
        // Every action by its commit, with the version behind it.
        for line in text.lines().filter(|line| line.contains("uses:")) {
            let (_, pin) = line.split_once('@').unwrap_or_default();
            let (hash, version) = pin.split_once(" # v").unwrap_or_default();
            assert!(
                hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && !version.is_empty(),
                "{line}"
            );
        }
        assert!(text.contains("portolan build") && text.contains("portolan audit"), "{text}");
    }

    #[test]
    fn a_library_and_a_project_without_targets_have_none() {
        assert_eq!(workflow("[]"), None);
        let library = MemoryFiles::new("/p").with("Cargo.toml", MANIFEST).with("src/lib.rs", "");
        let library = library.with("portolan.toml", "targets = [\"x86_64-unknown-linux-gnu\"]\n");
        assert_eq!(release(&Project::read(&library.snapshot())), None);
    }
}
