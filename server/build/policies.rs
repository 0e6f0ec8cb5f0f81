//! `knowledge/policies.toml` as tables.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Deserialize;

use crate::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PolicyFile {
    distribution: Vec<Distribution>,
    interpreters: Interpreters,
    libraries: Vec<Group>,
    windows: Windows,
    windows_minimum: Vec<WindowsMinimum>,
    runtime: Vec<Runtime>,
    policy: Vec<Policy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Distribution {
    name: String,
    arches: Vec<String>,
    #[serde(default)]
    since: BTreeMap<String, String>,
    releases: Vec<(String, String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Interpreters {
    paths: Vec<String>,
    prefixes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    system: String,
    names: Vec<String>,
    prefixes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Windows {
    prefixes: Vec<String>,
    dlls: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowsMinimum {
    prefix: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Runtime {
    prefixes: Vec<String>,
    what: String,
    remedy: String,
    certain: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    glibc: Option<String>,
    #[serde(default, rename = "static")]
    is_static: bool,
    #[serde(default)]
    store: bool,
    libraries: Vec<String>,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    symbols: Vec<(String, String)>,
    macos: Option<String>,
    windows: Option<String>,
    strict: bool,
}

/// The tables, as Rust.
pub fn tables(mut file: PolicyFile) -> Outcome<String> {
    check(&file)?;
    let mut code = String::from("static DISTRIBUTIONS: &[Distribution] = &[\n");
    for Distribution { name, arches, since, releases } in &file.distribution {
        let since: Vec<(&String, &String)> = since.iter().collect();
        let mut rows = String::new();
        for (name, glibc, libstdcxx) in releases {
            write!(rows, "Release {{ name: {name:?}, glibc: {glibc:?}, libstdcxx: {libstdcxx:?} }}, ")?;
        }
        writeln!(
            code,
            "Distribution {{ name: {name:?}, arches: &{arches:?}, since: &{since:?}, releases: &[{rows}] }},"
        )?;
    }
    code.push_str("];\nstatic LIBRARIES: &[LibraryGroup] = &[\n");
    for Group { system, names, prefixes } in &file.libraries {
        writeln!(code, "LibraryGroup {{ system: {system:?}, names: &{names:?}, prefixes: &{prefixes:?} }},")?;
    }
    let Interpreters { paths, prefixes } = &file.interpreters;
    writeln!(code, "];\nstatic INTERPRETERS: &[&str] = &{paths:?};")?;
    writeln!(code, "static INTERPRETER_PREFIXES: &[&str] = &{prefixes:?};")?;
    file.windows.dlls.sort();
    let Windows { prefixes, dlls } = &file.windows;
    writeln!(code, "static WINDOWS_DLLS: &[&str] = &{dlls:?};")?;
    writeln!(code, "static WINDOWS_PREFIXES: &[&str] = &{prefixes:?};")?;
    let minimum = file.windows_minimum.iter().map(|one| (&one.prefix, &one.version)).collect::<Vec<_>>();
    writeln!(code, "static WINDOWS_MINIMUM: &[(&str, &str)] = &{minimum:?};")?;
    code.push_str("static RUNTIMES: &[Runtime] = &[\n");
    for Runtime { prefixes, what, remedy, certain } in &file.runtime {
        writeln!(
            code,
            "Runtime {{ prefixes: &{prefixes:?}, what: {what:?}, remedy: {remedy:?}, is_certain: {certain} }},"
        )?;
    }
    code.push_str("];\nstatic POLICIES: &[NamedPolicy] = &[\n");
    for policy in &file.policy {
        writeln!(
            code,
            "NamedPolicy {{ name: {:?}, aliases: &{:?}, glibc: {:?}, is_static: {}, allows_store: {}, libraries: &{:?}, \
             also: &{:?}, symbols: &{:?}, macos: {:?}, windows: {:?}, is_strict: {} }},",
            policy.name,
            policy.aliases,
            policy.glibc,
            policy.is_static,
            policy.store,
            policy.libraries,
            policy.also,
            policy.symbols,
            policy.macos,
            policy.windows,
            policy.strict,
        )?;
    }
    code.push_str("];\n");
    Ok(code)
}

/// A slip in the data is a mistake of the build.
fn check(file: &PolicyFile) -> Outcome<()> {
    let groups: Vec<&String> = file.libraries.iter().map(|group| &group.system).collect();
    for policy in &file.policy {
        if let Some(unknown) = policy.libraries.iter().find(|name| !groups.contains(name)) {
            return Err(format!("policies.toml: {} names libraries {unknown:?}", policy.name).into());
        }
    }
    for distribution in &file.distribution {
        let is_release = |wanted: &String| distribution.releases.iter().any(|(name, ..)| name == wanted);
        for (arch, first) in &distribution.since {
            if !is_release(first) || !distribution.arches.contains(arch) {
                return Err(
                    format!("policies.toml: {} has no {arch} or no {first}", distribution.name).into()
                );
            }
        }
    }
    let mut versions: Vec<&String> = file.windows_minimum.iter().map(|one| &one.version).collect();
    for policy in &file.policy {
        versions.extend([&policy.glibc, &policy.macos, &policy.windows].into_iter().flatten());
        versions.extend(policy.symbols.iter().map(|(_, version)| version));
    }
    for distribution in &file.distribution {
        versions.extend(distribution.releases.iter().map(|(_, glibc, _)| glibc));
        versions
            .extend(distribution.releases.iter().map(|(.., newest)| newest).filter(|text| !text.is_empty()));
    }
    match versions.iter().find(|text| !text.split('.').all(|part| part.parse::<u32>().is_ok())) {
        Some(bad) => Err(format!("policies.toml: {bad:?} is no version").into()),
        None => Ok(()),
    }
}
