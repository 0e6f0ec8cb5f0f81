//! The argument vectors.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use super::{Reads, Step, UNIVERSAL, choose::Choice};
use crate::{
    build::{Profile, Wish},
    process::Invocation,
    project::{Builder, Project},
};

/// How long a container may take to end.
const CONTAINER_GRACE: Duration = Duration::from_secs(4);
/// The variable that says how old a macOS may be.
const DEPLOYMENT_TARGET: &str = "MACOSX_DEPLOYMENT_TARGET";
/// What rustc takes by itself for Apple silicon. Without the variable, zig takes the newest systems it knows: 0.17 makes
/// programs for macOS 15 (measured), which shuts out some that still get updates.
const OLDEST_MACOS: &str = "11.0";
/// The two halves of a universal program.
pub(crate) const HALVES: [&str; 2] = ["aarch64-apple-darwin", "x86_64-apple-darwin"];

/// The commands of a build, in their order.
pub(super) fn steps(project: &Project, wish: &Wish, choice: &Choice) -> Vec<Step> {
    if choice.builder == Builder::Nix {
        return vec![nix(project, wish, choice)];
    }
    if wish.target.as_deref() == Some(UNIVERSAL) && choice.builder == Builder::Cargo {
        let mut steps: Vec<Step> = HALVES
            .iter()
            .map(|half| cargo(project, &Wish { target: Some((*half).to_owned()), ..wish.clone() }, choice))
            .collect();
        let folder = target_folder(project, wish).join(UNIVERSAL).join(profile_folder(wish.profile));
        let join = Invocation::new(joiner(project), workspace_folder(project));
        steps.push(Step { command: join, reads: Reads::Join(folder) });
        return steps;
    }
    vec![cargo(project, wish, choice)]
}

/// The program that joins architectures.
pub(super) fn joiner(project: &Project) -> &'static str {
    let has_llvms = project.snapshot.host.has_program("llvm-lipo") == Some(true);
    let has_apples = project.snapshot.host.has_program("lipo") != Some(false);
    if has_llvms && !has_apples { "llvm-lipo" } else { "lipo" }
}

/// Where cargo is started.
fn workspace_folder(project: &Project) -> PathBuf {
    let workspace = project.cargo.workspace.as_ref();
    workspace.map_or_else(|| project.root().to_owned(), |workspace| workspace.folder().to_owned())
}

/// Cargo's target folder: what the user's own arguments say, then what the environment and the files do.
pub(super) fn target_folder(project: &Project, wish: &Wish) -> PathBuf {
    let folder = workspace_folder(project);
    let mut words = wish.extra.iter();
    while let Some(word) = words.next() {
        let named = word.strip_prefix("--target-dir=").or_else(|| {
            let is_option = word == "--target-dir";
            is_option.then(|| words.next()).flatten().map(String::as_str)
        });
        if let Some(named) = named {
            return folder.join(named);
        }
    }
    project.cargo.config.target_folder().unwrap_or_else(|| folder.join("target"))
}

fn profile_folder(profile: Profile) -> &'static str {
    match profile {
        Profile::Release => "release",
        Profile::Debug => "debug",
    }
}

/// Cargo, or one that takes its arguments.
fn cargo(project: &Project, wish: &Wish, choice: &Choice) -> Step {
    let mut words: Vec<String> = match choice.builder {
        Builder::Zigbuild => vec!["cargo".into(), "zigbuild".into()],
        Builder::Cross => vec!["cross".into(), "build".into()],
        Builder::Cargo | Builder::Nix => vec!["cargo".into(), "build".into()],
    };
    if wish.profile == Profile::Release {
        words.push("--release".into());
    }
    // Both of these choose by the triple, also when it is the host's.
    let needs_target = choice.builder != Builder::Cargo;
    let target = wish.target.clone().or_else(|| needs_target.then(|| project.host.clone()));
    if let Some(triple) = target {
        let suffix = wish.glibc.as_ref().filter(|_| choice.builder == Builder::Zigbuild);
        let suffix = suffix.map(|version| format!(".{version}")).unwrap_or_default();
        words.extend(["--target".into(), triple + &suffix]);
    }
    for package in &wish.packages {
        words.extend(["--package".into(), package.clone()]);
    }
    for program in &wish.programs {
        words.extend(["--bin".into(), program.clone()]);
    }
    words.extend(wish.extra.iter().cloned());
    // Behind the user's own: diagnostics stay text, and what was made is told.
    words.push("--message-format=json-render-diagnostics".into());
    let mut command = in_shell(words, choice, workspace_folder(project))
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "100");
    if choice.builder == Builder::Cross {
        command = command.with_grace(CONTAINER_GRACE);
    }
    if choice.builder == Builder::Zigbuild && is_macos(wish) {
        command.environment.extend(deployment_target(project));
    }
    Step { command, reads: Reads::Cargo }
}

fn is_macos(wish: &Wish) -> bool {
    wish.target.as_deref().is_some_and(|target| target.ends_with("-apple-darwin"))
}

/// How old a macOS zig links for, unless this environment says it. cargo-zigbuild reads the variable in its own
/// environment, where `[env]` does not reach (measured with 0.24).
fn deployment_target(project: &Project) -> Option<(String, Option<OsString>)> {
    if project.host_variable(DEPLOYMENT_TARGET).is_some_and(|version| !version.is_empty()) {
        return None;
    }
    let config = &project.cargo.config;
    let named = config.env(DEPLOYMENT_TARGET).map(|entry| config.env_value(entry));
    Some((DEPLOYMENT_TARGET.to_owned(), Some(named.unwrap_or_else(|| OLDEST_MACOS.to_owned()).into())))
}

fn in_shell(words: Vec<String>, choice: &Choice, folder: PathBuf) -> Invocation {
    let mut words = words.into_iter();
    match &choice.shell {
        Some(shell) => Invocation::new("nix", folder)
            .args(["develop", &shell.installable])
            .args(FEATURES)
            .arg("--command")
            .args(words),
        None => Invocation::new(words.next().unwrap_or_default(), folder).args(words),
    }
}

/// Flakes are behind a switch that not every machine has set.
const FEATURES: [&str; 2] = ["--extra-experimental-features", "nix-command flakes"];

fn nix(project: &Project, wish: &Wish, choice: &Choice) -> Step {
    let attribute = choice.attribute.clone().unwrap_or_else(|| ".".to_owned());
    let installable = if attribute.contains(['#', ':', '/']) || attribute == "." {
        attribute
    } else {
        format!(".#{attribute}")
    };
    let mut command = Invocation::new("nix", project.root())
        .args(["build", installable.as_str(), "--no-link", "--json", "--log-format", "internal-json"])
        .args(FEATURES);
    if let Some(builders) = &wish.nix_builders {
        command = command.args(["--builders", builders.as_str()]);
    }
    let command = command.args(wish.extra.iter().cloned());
    Step { command, reads: Reads::Nix }
}
