//! Turns the data files of `knowledge/` into Rust tables, so that looking something up costs no parsing
//! when the program runs, and a mistake in the data is a mistake of the build. And tells the program which
//! triple it is built for: at run time nothing else knows.

#[path = "build/policies.rs"]
mod policies;

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

use serde::Deserialize;
use toml_edit::de;

#[path = "build/brings.rs"]
mod brings;
#[path = "build/failures.rs"]
mod failures;
#[path = "build/features.rs"]
mod features;
#[path = "build/native.rs"]
mod native;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetFile {
    target: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Target {
    triple: String,
    tier: u8,
    std: Option<bool>,
    host_tools: bool,
    arch: String,
    os: String,
    #[serde(default)]
    env: String,
    #[serde(default)]
    abi: String,
    vendor: String,
    endian: String,
    pointer_width: u8,
    #[serde(default)]
    families: Vec<String>,
    #[serde(default)]
    atomics: Vec<String>,
    #[serde(default)]
    features: Vec<String>,
    panic: String,
    crt_static_default: bool,
    crt_static_on: bool,
    crt_static_off: bool,
    linker: String,
    linker_flavor: String,
    self_contained: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameFile {
    target: Vec<Names>,
    retired: Vec<Retired>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Names {
    triple: String,
    debian: Option<Debian>,
    homebrew: Option<Homebrew>,
    nixpkgs: Option<Nixpkgs>,
    #[serde(default)]
    linkers: Vec<String>,
    #[serde(default)]
    cc: Vec<String>,
    minimum: Option<String>,
    loader: Option<String>,
    zigbuild: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Debian {
    package: String,
    linker: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Homebrew {
    formula: String,
    linker: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nixpkgs {
    attribute: String,
    linker: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Retired {
    triple: String,
    now: String,
    since: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemedyFile {
    remedy: Vec<Remedy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Remedy {
    #[serde(rename = "crate")]
    crate_name: String,
    requirement: String,
    class: String,
    goal: Option<String>,
    #[serde(default, rename = "use")]
    applies_to: Vec<String>,
    #[serde(default)]
    pulls: Vec<String>,
    default_features: Option<bool>,
    #[serde(default)]
    remove: Vec<String>,
    #[serde(default)]
    keep: Vec<String>,
    #[serde(default)]
    add: Vec<String>,
    upgrade: Option<String>,
    replace: Option<String>,
    #[serde(default)]
    dependencies: Vec<Extra>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    code_change: bool,
    #[serde(default)]
    note: String,
    verified: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Extra {
    name: String,
    version: String,
    #[serde(default = "yes")]
    default_features: bool,
    #[serde(default)]
    features: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpensslFile {
    #[serde(rename = "crate")]
    users: Vec<OpensslUser>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpensslUser {
    name: String,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    always: bool,
    #[serde(default)]
    default: bool,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default)]
    vendored: Vec<String>,
    #[serde(default)]
    keep: Vec<String>,
    #[serde(default)]
    add: Vec<String>,
    lost: Option<String>,
}

fn yes() -> bool {
    true
}

fn main() -> Outcome<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=knowledge");
    println!("cargo::rustc-env=PORTOLAN_BUILT_FOR={}", env::var("TARGET").unwrap_or_default());
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    let targets = de::from_str(&fs::read_to_string("knowledge/targets.toml")?)?;
    let names = de::from_str(&fs::read_to_string("knowledge/targets-names.toml")?)?;
    let remedies = de::from_str(&fs::read_to_string("knowledge/crates.toml")?)?;
    let openssl = de::from_str(&fs::read_to_string("knowledge/openssl.toml")?)?;
    let natives = de::from_str(&fs::read_to_string("knowledge/native.toml")?)?;
    let renamed = de::from_str(&fs::read_to_string("knowledge/features.toml")?)?;
    let brings = de::from_str(&fs::read_to_string("knowledge/brings.toml")?)?;
    let policies = de::from_str(&fs::read_to_string("knowledge/policies.toml")?)?;
    fs::write(Path::new(&out).join("policies.rs"), policies::tables(policies)?)?;
    fs::write(Path::new(&out).join("openssl.rs"), openssl_table(openssl)?)?;
    fs::write(Path::new(&out).join("targets.rs"), target_tables(targets, names)?)?;
    fs::write(Path::new(&out).join("crates.rs"), remedy_table(remedies)?)?;
    fs::write(Path::new(&out).join("features.rs"), features::table(renamed)?)?;
    fs::write(Path::new(&out).join("brings.rs"), brings::table(brings)?)?;
    fs::write(Path::new(&out).join("native.rs"), native::table(natives)?)?;
    failures::write(Path::new(&out))?;
    Ok(())
}

fn openssl_table(file: OpensslFile) -> Outcome<String> {
    let mut out =
        String::from("/// In the order of the data file.\nstatic OPENSSL_USERS: &[OpensslUser] = &[\n");
    for user in file.users {
        writeln!(
            out,
            "    OpensslUser {{ name: {:?}, versions: &{:?}, always: {}, default: {}, features: &{:?}, vendored: &{:?}, \
             keep: &{:?}, add: &{:?}, lost: {:?} }},",
            user.name,
            user.versions,
            user.always,
            user.default,
            user.features,
            user.vendored,
            user.keep,
            user.add,
            user.lost
        )?;
    }
    out.push_str("];\n");
    Ok(out)
}

fn target_tables(file: TargetFile, names: NameFile) -> Outcome<String> {
    let mut targets = file.target;
    targets.sort_by(|one, other| one.triple.cmp(&other.triple));
    let known = |triple: &String| targets.iter().any(|target| target.triple == *triple);
    for triple in
        names.target.iter().map(|names| &names.triple).chain(names.retired.iter().map(|one| &one.now))
    {
        if !known(triple) {
            return Err(format!("targets-names.toml: rustc has no target {triple}").into());
        }
    }
    let nothing = Names::default();
    let mut code = String::from("static TARGETS: &[Target] = &[\n");
    for target in &targets {
        let names = names.target.iter().find(|names| names.triple == target.triple).unwrap_or(&nothing);
        writeln!(
            code,
            "Target {{ triple: {:?}, tier: {}, std: {:?}, host_tools: {}, arch: {:?}, os: {:?}, env: {:?}, \
             abi: {:?}, vendor: {:?}, endian: {:?}, pointer_width: {}, families: &{:?}, atomics: &{:?}, \
             features: &{:?}, panic: {:?}, crt_static: {}, linker: {:?}, linker_flavor: {:?}, \
             self_contained: {}, names: {} }},",
            target.triple,
            target.tier,
            target.std,
            target.host_tools,
            target.arch,
            target.os,
            target.env,
            target.abi,
            target.vendor,
            target.endian,
            target.pointer_width,
            target.families,
            target.atomics,
            target.features,
            target.panic,
            crt_static(target),
            target.linker,
            target.linker_flavor,
            target.self_contained != "false",
            target_names(names),
        )?;
    }
    code.push_str("];\nstatic RETIRED: &[Retired] = &[\n");
    let mut retired = names.retired;
    retired.sort_by(|one, other| one.triple.cmp(&other.triple));
    for Retired { triple, now, since } in &retired {
        writeln!(code, "Retired {{ triple: {triple:?}, now: {now:?}, since: {since:?} }},")?;
    }
    code.push_str("];\n");
    Ok(code)
}

fn crt_static(target: &Target) -> String {
    format!(
        "CrtStatic {{ default: {}, can_be_on: {}, can_be_off: {} }}",
        target.crt_static_default, target.crt_static_on, target.crt_static_off
    )
}

fn target_names(names: &Names) -> String {
    let tool = |pair: Option<(&String, Option<&String>)>| match pair {
        Some((package, linker)) => format!("Some(Tool {{ package: {package:?}, linker: {linker:?} }})"),
        None => "None".to_owned(),
    };
    format!(
        "Names {{ debian: {}, homebrew: {}, nixpkgs: {}, linkers: &{:?}, cc: &{:?}, minimum: {:?}, \
         loader: {:?}, zigbuild: {:?} }}",
        tool(names.debian.as_ref().map(|tool| (&tool.package, Some(&tool.linker)))),
        tool(names.homebrew.as_ref().map(|tool| (&tool.formula, Some(&tool.linker)))),
        tool(names.nixpkgs.as_ref().map(|tool| (&tool.attribute, tool.linker.as_ref()))),
        names.linkers,
        names.cc,
        names.minimum,
        names.loader,
        names.zigbuild,
    )
}

fn remedy_table(file: RemedyFile) -> Outcome<String> {
    let mut remedies = file.remedy;
    // A stable sort: rows of one crate stay in the order of the file.
    remedies.sort_by(|one, other| one.crate_name.cmp(&other.crate_name));
    let mut code = String::from("static REMEDIES: &[Remedy] = &[\n");
    for remedy in &remedies {
        let (from, below) = versions(&remedy.requirement).ok_or_else(|| {
            format!("crates.toml: {}: what does {:?} mean?", remedy.crate_name, remedy.requirement)
        })?;
        let needs: Vec<String> =
            remedy.needs.iter().map(|need| format!("Need::{}", camel_case(need))).collect();
        writeln!(
            code,
            "Remedy {{ crate_name: {:?}, requirement: {:?}, versions: Versions {{ from: {from:?}, below: {below:?} }}, \
             class: Class::{}, goal: {:?}, applies_to: &{:?}, pulls: &{:?}, default_features: {:?}, \
             remove: &{:?}, keep: &{:?}, add: &{:?}, upgrade: {:?}, replace: {:?}, dependencies: &[{}], needs: &[{}], \
             code_change: {}, note: {:?}, verified: {:?} }},",
            remedy.crate_name,
            remedy.requirement,
            camel_case(&remedy.class),
            remedy.goal,
            remedy.applies_to,
            remedy.pulls,
            remedy.default_features,
            remedy.remove,
            remedy.keep,
            remedy.add,
            remedy.upgrade,
            remedy.replace,
            remedy.dependencies.iter().map(extra).collect::<String>(),
            needs.join(", "),
            remedy.code_change,
            remedy.note,
            remedy.verified,
        )?;
    }
    code.push_str("];\n");
    Ok(code)
}

fn extra(extra: &Extra) -> String {
    format!(
        "Extra {{ name: {:?}, version: {:?}, default_features: {}, features: &{:?} }}, ",
        extra.name, extra.version, extra.default_features, extra.features
    )
}

fn camel_case(name: &str) -> String {
    let mut camel = String::new();
    for word in name.split('-') {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

type Version = (u64, u64, u64);

/// The versions of `*`, `^1.2` or `>=1.2, <3` as a half-open range.
fn versions(requirement: &str) -> Option<(Version, Version)> {
    const NONE: Version = (0, 0, 0);
    // Far behind every version that anybody will publish.
    const ALL: Version = (9999, 0, 0);
    let number = |text: &str| {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        Some((parts.next()??, parts.next().unwrap_or(Some(0))?, parts.next().unwrap_or(Some(0))?))
    };
    if requirement == "*" {
        return Some((NONE, ALL));
    }
    if let Some(version) = requirement.strip_prefix('^') {
        let from: Version = number(version)?;
        let below = if from.0 > 0 { (from.0 + 1, 0, 0) } else { (0, from.1 + 1, 0) };
        return Some((from, below));
    }
    let (from, below) = requirement.split_once(", ")?;
    Some((number(from.strip_prefix(">=")?)?, number(below.strip_prefix('<')?)?))
}
