//! Tools that a build needs and this machine lacks, and how to get them here.

use super::{UNIVERSAL, choose::Choice, commands::joiner};
use crate::{
    knowledge,
    project::{Builder, Project},
    snapshot::Host,
};

/// A tool that is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub tool: String,
    /// What is wrong, and what it was for: a sentence.
    pub problem: String,
    /// How to get it on this machine: a sentence.
    pub get: String,
}

/// What a choice lacks. What is not known is not missing.
pub(super) fn missing(project: &Project, triple: &str, choice: &Choice) -> Vec<Missing> {
    let host = &project.snapshot.host;
    let mut missing = Vec::new();
    let mut need = |tool: &str, purpose: &str| {
        if host.has_program(tool) == Some(false) {
            let problem = format!("{tool} is not on this machine: {purpose}");
            let get = how_to_get(tool, triple, host);
            missing.push(Missing { tool: tool.to_owned(), problem, get });
        }
    };
    if choice.builder == Builder::Nix {
        need("nix", "it builds the flake's package");
        if choice.attribute.is_none() {
            missing.push(Missing {
                tool: format!("a package for {triple}"),
                problem: format!("the flake has no package for {triple} that Portolan can find"),
                get: "name one with `--attr NAME`, or choose another builder with `--builder`".to_owned(),
            });
        }
        return missing;
    }
    if choice.shell.is_some() {
        need("nix", "it enters the flake's dev shell");
        return missing;
    }
    match choice.builder {
        Builder::Cross => {
            need("cross", "it builds in a container for the target");
            if !has_engine(project) {
                need("docker", "cross builds in a container");
            }
        }
        Builder::Zigbuild => {
            need("cargo", "it compiles");
            need("cargo-zigbuild", "it lets zig link");
            // zig may also be a package of Python's, which only asking Python would tell.
            let may_be_elsewhere = host.has_program("python3") != Some(false)
                || project.host_variable("CARGO_ZIGBUILD_ZIG_PATH").is_some()
                || project.host_variable("CARGO_ZIGBUILD_PYTHON_PATH").is_some();
            if !may_be_elsewhere {
                need("zig", "it links for the target");
            }
        }
        Builder::Cargo | Builder::Nix => {
            need("cargo", "it compiles");
            if triple == UNIVERSAL {
                need(joiner(project), "it joins the two architectures");
            }
        }
    }
    if let Some(linker) = &choice.linker {
        if linker.contains('/') {
            missing.push(Missing {
                tool: linker.clone(),
                problem: format!("there is no file {linker}, which is to link {triple}"),
                get: how_to_get(linker, triple, host),
            });
        } else if host.has_program(linker) == Some(false) && project.has_program() {
            missing.push(Missing {
                tool: linker.clone(),
                problem: format!("{linker} is not on this machine: it is to link {triple}"),
                get: how_to_get(linker, triple, host),
            });
        }
    }
    if choice.no_linker && project.host_is_here {
        missing.push(Missing {
            tool: format!("a linker for {triple}"),
            problem: format!(
                "nothing links {triple}: the project names no linker, and rustc's own choice makes no programs for it \
                 here"
            ),
            get: how_to_get("", triple, host),
        });
    }
    missing
}

fn has_engine(project: &Project) -> bool {
    let host = &project.snapshot.host;
    project.host_variable("CROSS_CONTAINER_ENGINE").is_some()
        || ["docker", "podman"].iter().any(|engine| host.has_program(engine) != Some(false))
}

/// One sentence.
fn how_to_get(tool: &str, triple: &str, host: &Host) -> String {
    let has = |name: &str| host.has_program(name) == Some(true);
    let (apt, brew, nix) = (has("apt-get"), has("brew"), has("nix"));
    match tool {
        "cargo" => "install Rust with rustup: https://rustup.rs".to_owned(),
        "nix" => "install Nix: https://nixos.org/download".to_owned(),
        "cargo-zigbuild" if brew => "`brew install cargo-zigbuild`".to_owned(),
        "cargo-zigbuild" if has("pip") || has("pip3") || has("pipx") => {
            "`pip install cargo-zigbuild` (it brings zig), or `cargo install --locked cargo-zigbuild`"
                .to_owned()
        }
        "cargo-zigbuild" if nix => "`nix shell nixpkgs#cargo-zigbuild nixpkgs#zig`".to_owned(),
        "cargo-zigbuild" => "`cargo install --locked cargo-zigbuild`".to_owned(),
        "zig" if brew => "`brew install zig`".to_owned(),
        "zig" if nix => "`nix shell nixpkgs#zig`".to_owned(),
        "zig" => "`pip install ziglang`, or https://ziglang.org/download".to_owned(),
        "cross" => "`cargo install --locked cross`".to_owned(),
        "docker" if apt => "`apt-get install podman`, or https://docs.docker.com/engine/install".to_owned(),
        "docker" => {
            "https://podman.io/docs/installation, or https://docs.docker.com/engine/install".to_owned()
        }
        "lipo" if apt => "`apt-get install llvm` has llvm-lipo".to_owned(),
        "lipo" => "`xcode-select --install`".to_owned(),
        _ => linker(triple, host),
    }
}

fn linker(triple: &str, host: &Host) -> String {
    let has = |name: &str| host.has_program(name) == Some(true);
    let mut ways = Vec::new();
    if let Some(target) = knowledge::target(triple) {
        let names = &target.names;
        if let Some(tool) = names.debian.filter(|_| has("apt-get")) {
            let is = tool.linker.map(|linker| format!(" ({linker})")).unwrap_or_default();
            ways.push(format!("`apt-get install {}`{is}", tool.package));
        }
        if let Some(tool) = names.homebrew.filter(|_| has("brew")) {
            ways.push(format!("`brew install {}`", tool.package));
        }
        if let Some(tool) = names.nixpkgs.filter(|_| has("nix")) {
            ways.push(format!("a dev shell with pkgsCross.{}.stdenv.cc", tool.package));
        }
        if names.zigbuild == Some(true) {
            ways.push("cargo-zigbuild, which links it with zig (`--builder zigbuild`)".to_owned());
        }
        if target.env == "msvc" {
            ways.push("cargo-xwin, or a build on Windows".to_owned());
        }
        if target.is_apple() {
            ways.push("a build on macOS".to_owned());
        }
    }
    match ways.as_slice() {
        [] => format!("`portolan check --target {triple}` says what is missing"),
        ways => ways.join("; or "),
    }
}
