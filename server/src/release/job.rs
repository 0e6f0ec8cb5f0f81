//! What one target takes: which machine builds it, with what, and what its binary may need.

use crate::{
    knowledge::{self, Target},
    project::{Builder, Context, Project, is_rust_package},
};

/// The glibc of `ubuntu-22.04`, the oldest image that GitHub offers.
const IMAGE_GLIBC: &str = "2.35";

/// The oldest glibc that rustc's own std runs with.
const OLDEST_GLIBC: &str = "2.17";

/// One entry of the workflow's matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The target triple.
    pub target: String,
    /// The image that builds it.
    pub runner: &'static str,
    /// Packages of Debian to install first.
    pub packages: Vec<&'static str>,
    /// What else is needed first: "cross", "zigbuild", "nix", or nothing.
    pub tool: Option<&'static str>,
    /// The command.
    pub build: String,
    /// The folder that it leaves the programs in.
    pub folder: String,
    /// The policy of the audit.
    pub policy: Option<String>,
}

/// The jobs for all targets that the project ships, and the targets that no job is for, with the reason.
/// A project that names none is built for the host.
pub fn jobs(project: &Project) -> (Vec<Job>, Vec<(String, &'static str)>) {
    let mut triples: Vec<&str> = project.targets.iter().map(|target| target.triple.as_str()).collect();
    if triples.is_empty() {
        triples.push(&project.host);
    }
    let mut jobs = Vec::new();
    let mut left = Vec::new();
    for triple in triples {
        match job(project, triple) {
            Ok(job) => jobs.push(job),
            Err(why) => left.push((triple.to_owned(), why)),
        }
    }
    (jobs, left)
}

fn job(project: &Project, triple: &str) -> Result<Job, &'static str> {
    let target = knowledge::target(triple).ok_or("rustc does not have it")?;
    if target.is_bare_metal() || target.os == "uefi" {
        return Err("it has no operating system to run a program on");
    }
    if !matches!(target.os, "linux" | "macos" | "windows") && !target.is_wasm() {
        return Err("none of GitHub's machines builds it without more tools");
    }
    match project.builder(triple) {
        Builder::Nix => nix(project, target),
        Builder::Cross if target.is_linux() => Ok(cross(target)),
        Builder::Zigbuild if target.is_linux() => Ok(zigbuild(target)),
        _ => cargo(project, target),
    }
}

impl Job {
    fn new(target: &Target, runner: &'static str, build: String) -> Self {
        let folder = format!("target/{}/release", target.triple);
        Self {
            target: target.triple.to_owned(),
            runner,
            packages: Vec::new(),
            tool: None,
            build,
            folder,
            policy: policy(target, IMAGE_GLIBC),
        }
    }
}

fn policy(target: &Target, glibc: &str) -> Option<String> {
    if target.is_linux() && target.is_musl() {
        return Some("static".to_owned());
    }
    (target.is_linux() && target.is_glibc()).then(|| format!("glibc-{glibc}"))
}

fn cargo(project: &Project, target: &Target) -> Result<Job, &'static str> {
    let build = format!("cargo build --release --locked --target {}", target.triple);
    let plain = |runner| Job::new(target, runner, build.clone());
    match (target.os, target.arch) {
        ("macos", _) => Ok(plain("macos-15")),
        ("windows", "aarch64") if target.env == "msvc" => Ok(plain("windows-11-arm")),
        ("windows", _) if target.env == "msvc" => Ok(plain("windows-2025")),
        ("windows", "x86_64") if target.abi.is_empty() => {
            Ok(Job { packages: vec!["gcc-mingw-w64-x86-64"], ..plain("ubuntu-24.04") })
        }
        ("windows", "x86") if target.abi.is_empty() => {
            Ok(Job { packages: vec!["gcc-mingw-w64-i686"], ..plain("ubuntu-24.04") })
        }
        ("windows", _) => Err("its toolchain is on none of GitHub's machines"),
        // A machine of the target's own kind: nothing has to be set up, and its tests could run.
        ("linux", "x86_64") => Ok(Job { packages: musl_tools(target), ..plain("ubuntu-22.04") }),
        ("linux", "aarch64") => Ok(Job { packages: musl_tools(target), ..plain("ubuntu-22.04-arm") }),
        ("linux", _) => Ok(foreign_linux(project, target, build)),
        _ => Ok(plain("ubuntu-24.04")),
    }
}

/// C code of a crate is compiled by musl-gcc; rustc itself links without it.
fn musl_tools(target: &Target) -> Vec<&'static str> {
    if target.is_musl() { vec!["musl-tools"] } else { Vec::new() }
}

/// A processor that GitHub has no machine of: Debian's cross compiler where the project names it, else zig.
fn foreign_linux(project: &Project, target: &Target, build: String) -> Job {
    let named = project.cargo.config.linker(target.triple).map(|linker| linker.value);
    let debian = target.names.debian.filter(|tool| tool.linker.is_some() && tool.linker == named.as_deref());
    match debian {
        Some(tool) => Job { packages: vec![tool.package], ..Job::new(target, "ubuntu-22.04", build) },
        None if target.names.zigbuild == Some(true) => zigbuild(target),
        None => cross(target),
    }
}

fn zigbuild(target: &Target) -> Job {
    let glibc = oldest_glibc(target);
    let suffix = if target.is_glibc() { format!(".{glibc}") } else { String::new() };
    let build = format!("cargo zigbuild --release --locked --target {}{suffix}", target.triple);
    Job { tool: Some("zigbuild"), policy: policy(target, glibc), ..Job::new(target, "ubuntu-24.04", build) }
}

/// The oldest glibc that the target's std runs with: the table says "glibc 2.27, Linux 4.15".
fn oldest_glibc(target: &Target) -> &'static str {
    let minimum = target.names.minimum.and_then(|minimum| minimum.strip_prefix("glibc "));
    minimum.and_then(|minimum| minimum.split(',').next()).unwrap_or(OLDEST_GLIBC)
}

fn cross(target: &Target) -> Job {
    let build = format!("cross build --release --locked --target {}", target.triple);
    // The glibc is that of cross's image, whatever that is.
    let policy = policy(target, IMAGE_GLIBC).filter(|policy| policy == "static");
    Job { tool: Some("cross"), policy, ..Job::new(target, "ubuntu-24.04", build) }
}

fn nix(project: &Project, target: &Target) -> Result<Job, &'static str> {
    let is_for = |one: &crate::nix::facts::Derivation| {
        one.platform.triple.as_deref() == Some(target.triple)
            || one.targets.iter().any(|named| named.literal().as_deref() == Some(target.triple))
    };
    let packages = project.derivations().filter(|(context, one)| {
        matches!(context, Context::Package(_)) && is_rust_package(one) && is_for(one)
    });
    // The attribute goes into a shell's words.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let packages = packages.filter(|(_, one)| one.attribute.bytes().all(is_plain));
    let found = packages.filter_map(|(_, one)| Some((one, runner(one.system.as_deref()?)?))).min_by_key(
        |(one, runner)| (!runner.starts_with("ubuntu"), *runner != "ubuntu-24.04", one.attribute.clone()),
    );
    let Some((package, runner)) = found else { return cargo(project, target) };
    Ok(Job {
        target: target.triple.to_owned(),
        runner,
        packages: Vec::new(),
        tool: Some("nix"),
        build: format!("nix build --print-build-logs '.#{}'", package.attribute),
        folder: "result/bin".to_owned(),
        policy: policy(target, IMAGE_GLIBC).filter(|policy| policy == "static"),
    })
}

/// The image that builds a system of Nix.
fn runner(system: &str) -> Option<&'static str> {
    Some(match system {
        "x86_64-linux" => "ubuntu-24.04",
        "aarch64-linux" => "ubuntu-24.04-arm",
        "aarch64-darwin" => "macos-15",
        "x86_64-darwin" => "macos-15-intel",
        _ => return None,
    })
}
