//! Each fact here was seen with cargo 1.95 first.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use super::*;
use crate::{cargo, snapshot::MemoryFiles};

const LINUX: &str = "x86_64-unknown-linux-gnu";
const ARM: &str = "aarch64-unknown-linux-gnu";

fn read(files: MemoryFiles, variables: &[(&str, &str)]) -> Config {
    let mut snapshot = files.snapshot();
    let host = Arc::make_mut(&mut snapshot.host);
    host.cargo_home = Some(Arc::from(Path::new("/home/me/.cargo")));
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    host.environment = Arc::new(variables.collect::<BTreeMap<_, _>>());
    super::read(&snapshot, Path::new("/w/p"))
}

fn files() -> MemoryFiles {
    MemoryFiles::new("/w/p")
}

fn project(text: &str) -> Config {
    read(files().with(".cargo/config.toml", text), &[])
}

fn linker(config: &Config, triple: &str) -> Option<String> {
    config.linker(triple).map(|linker| linker.value)
}

fn flags(config: &Config, triple: &str) -> Vec<String> {
    config.rustflags(triple).effective().into_iter().map(|given| given.flag).collect()
}

#[test]
fn the_chain_goes_up_to_the_root_and_then_home() {
    let table = |name: &str| format!("[target.{ARM}]\nlinker = \"{name}\"\nrustflags = [\"{name}\"]\n");
    let config = read(
        files()
            .with(".cargo/config.toml", table("project"))
            .with("/w/.cargo/config", table("parent"))
            .with("/w/.cargo/config.toml", table("shadowed"))
            .with("/.cargo/config.toml", table("top"))
            .with("/home/me/.cargo/config.toml", table("home")),
        &[],
    );
    let scopes: Vec<Scope> = config.files.iter().map(|file| file.scope).collect();
    assert_eq!(scopes, [Scope::Project, Scope::Parent, Scope::Parent, Scope::Home]);
    assert_eq!(linker(&config, ARM).as_deref(), Some("project"));
    assert_eq!(flags(&config, ARM), ["home", "top", "parent", "project"], "weaker files come first");
    let legacy: Vec<bool> = config.files.iter().map(|file| file.legacy).collect();
    assert_eq!(legacy, [false, true, false, false]);
    let shadowed = config.files.get(1).and_then(|file| file.shadowed.clone());
    assert_eq!(shadowed.map(|shadowed| shadowed.same_text), Some(false));
    assert!(config.gaps.is_empty());
}

#[test]
fn home_inside_the_chain_is_read_once() {
    let mut snapshot = files().with("/w/.cargo/config.toml", "[build]\nrustflags = [\"-g\"]").snapshot();
    Arc::make_mut(&mut snapshot.host).cargo_home = Some(Arc::from(Path::new("/w/.cargo")));
    let config = super::read(&snapshot, Path::new("/w/p"));
    assert_eq!(config.files.iter().map(|file| file.scope).collect::<Vec<_>>(), [Scope::Home]);
    assert_eq!(flags(&config, LINUX), ["-g"]);
}

#[test]
fn linkers_by_precedence() {
    let text = format!("[target.'cfg(unix)']\nlinker = \"by-cfg\"\n[target.{ARM}]\nlinker = \"by-triple\"");
    let config = project(&text);
    assert_eq!(linker(&config, ARM).as_deref(), Some("by-triple"));
    assert_eq!(linker(&config, LINUX).as_deref(), Some("by-cfg"));
    assert_eq!(linker(&config, "x86_64-pc-windows-msvc"), None);
    let variable = ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "by-variable");
    let config = read(files().with(".cargo/config.toml", text), &[variable]);
    assert_eq!(linker(&config, ARM).as_deref(), Some("by-variable"));
}

#[test]
fn a_triple_in_a_weaker_file_beats_an_expression_in_a_stronger() {
    let config = read(
        files()
            .with(".cargo/config.toml", "[target.'cfg(unix)']\nlinker = \"by-cfg\"")
            .with("/w/.cargo/config.toml", format!("[target.{ARM}]\nlinker = \"by-triple\"")),
        &[],
    );
    assert_eq!(linker(&config, ARM).as_deref(), Some("by-triple"));
}

#[test]
fn two_matching_expressions_are_rivals() {
    let two = "[target.'cfg(unix)']\nlinker = \"a\"\n[target.'cfg(target_os = \"linux\")']\nlinker = \"b\"\n";
    let rivals = |text: &str| project(text).linker(ARM).map(|linker| linker.rivals.len());
    assert_eq!(rivals(two), Some(1));
    assert_eq!(rivals(&format!("{two}[target.{ARM}]\nlinker = \"c\"")), Some(0));
    let same_key = read(
        files()
            .with(".cargo/config.toml", "[target.'cfg(unix)']\nlinker = \"near\"")
            .with("/w/.cargo/config.toml", "[target.'cfg(unix)']\nlinker = \"far\""),
        &[],
    );
    let linker = same_key.linker(ARM);
    assert_eq!(linker.map(|linker| (linker.value, linker.rivals.len())), Some(("near".to_owned(), 0)));
}

#[test]
fn the_env_table_does_not_reach_cargo_itself() {
    let config = project(
        "[env]\nCARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER = \"x\"\nRUSTFLAGS = \"-g\"\n\
         SDK = { value = \"sdk\", relative = true, force = true }",
    );
    assert_eq!(linker(&config, ARM), None);
    assert!(flags(&config, ARM).is_empty());
    let sdk = config.env("SDK");
    assert_eq!(sdk.map(|entry| config.env_value(entry)).as_deref(), Some("/w/p/sdk"));
    assert_eq!(sdk.map(|entry| (entry.force, entry.relative)), Some((true, true)));
}

#[test]
fn programs_with_a_slash_are_meant_from_the_folder_of_the_file() {
    let text = |linker: &str| format!("[target.{ARM}]\nlinker = \"{linker}\"");
    let program = |config: &Config| config.linker(ARM).map(|linker| linker.program);
    let path = |path: &str| Some(Program::Path(PathBuf::from(path)));
    assert_eq!(program(&project(&text("tools/ld"))), path("/w/p/tools/ld"));
    assert_eq!(program(&project(&text("../ld"))), path("/w/ld"));
    assert_eq!(program(&project(&text("/usr/bin/ld"))), path("/usr/bin/ld"));
    assert_eq!(program(&project(&text("ld"))), Some(Program::Name("ld".to_owned())));
    let parent = read(files().with("/w/.cargo/config.toml", text("./ld")), &[]);
    assert_eq!(program(&parent), path("/w/ld"));
    let included =
        files().with(".cargo/config.toml", "include = [\"../x/y/a.toml\"]").with("x/y/a.toml", text("./ld"));
    assert_eq!(program(&read(included, &[])), path("/w/p/x/ld"));
    let variable = read(files(), &[("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "tools/ld")]);
    assert_eq!(program(&variable), path("/w/p/tools/ld"));
}

#[test]
fn flags_have_four_sources_and_one_wins() {
    let text = format!(
        "[build]\nrustflags = [\"build\"]\n[target.'cfg(unix)']\nrustflags = \"cfg-unix\"\n\
         [target.'cfg(all())']\nrustflags = [\"cfg-all\"]\n[target.{ARM}]\nrustflags = [\"own\"]"
    );
    let with = |variables: &[(&str, &str)]| read(files().with(".cargo/config.toml", text.clone()), variables);
    assert_eq!(flags(&with(&[]), ARM), ["own", "cfg-all", "cfg-unix"]);
    let own = ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS", "variable");
    assert_eq!(flags(&with(&[own]), ARM), ["own", "variable", "cfg-all", "cfg-unix"]);
    let plain = with(&[("RUSTFLAGS", " -g  -v ")]);
    assert_eq!(flags(&plain, ARM), ["-g", "-v"]);
    assert_eq!(plain.rustflags(ARM).winner(), Some(FlagSource::Environment));
    assert_eq!(plain.rustflags(ARM).of(FlagSource::Build).len(), 1, "what loses can still be asked for");
    let empty = with(&[("RUSTFLAGS", "")]);
    assert_eq!((flags(&empty, ARM).len(), empty.rustflags(ARM).winner()), (0, Some(FlagSource::Environment)));
    let encoded = with(&[("RUSTFLAGS", "-g"), ("CARGO_ENCODED_RUSTFLAGS", "a b\u{1f}c")]);
    assert_eq!(flags(&encoded, ARM), ["a b", "c"]);
    assert_eq!(with(&[("CARGO_ENCODED_RUSTFLAGS", "")]).rustflags(ARM).encoded, Some(Vec::new()));
}

#[test]
fn empty_target_flags_do_not_hide_build_flags() {
    let config = project(&format!("[build]\nrustflags = [\"build\"]\n[target.{ARM}]\nrustflags = []"));
    assert_eq!(flags(&config, ARM), ["build"]);
    let variables = [("CARGO_BUILD_RUSTFLAGS", "more")];
    let config = read(files().with(".cargo/config.toml", "build.rustflags = \"build\""), &variables);
    assert_eq!(flags(&config, ARM), ["build", "more"]);
}

#[test]
fn strings_replace_and_arrays_join() {
    let pair = |near: &str, far: &str| {
        let near = format!("[build]\nrustflags = {near}\ntarget = {near}");
        let far = format!("[build]\nrustflags = {far}\ntarget = {far}");
        read(files().with(".cargo/config.toml", near).with("/w/.cargo/config.toml", far), &[])
    };
    let targets =
        |config: &Config| config.built_targets().into_iter().map(|(triple, _)| triple).collect::<Vec<_>>();
    let arrays = pair("['near']", "['far']");
    assert_eq!(
        (flags(&arrays, ARM), targets(&arrays)),
        (vec!["far".into(), "near".into()], vec!["far".into(), "near".into()])
    );
    let strings = pair("'near'", "'far'");
    assert_eq!((flags(&strings, ARM), targets(&strings)), (vec!["near".into()], vec!["near".into()]));
    assert!(arrays.gaps.is_empty() && strings.gaps.is_empty());
    assert_eq!(pair("'near'", "['far']").gaps.len(), 2, "cargo refuses to mix them");
}

#[test]
fn the_target_variable_replaces_a_string_and_joins_an_array() {
    let built = |text: &str, variable: &str| {
        let config = read(files().with(".cargo/config.toml", text), &[("CARGO_BUILD_TARGET", variable)]);
        config.built_targets().into_iter().map(|(triple, _)| triple).collect::<Vec<_>>()
    };
    assert_eq!(built("build.target = 'a'", "b"), ["b"]);
    assert_eq!(built("build.target = ['a']", "b a"), ["a", "b"]);
    assert_eq!(built("build.target = 'a'", ""), ["a"]);
    assert_eq!(built("", "b"), ["b"]);
}

#[test]
fn includes_are_weaker_than_the_file_and_later_ones_stronger() {
    let table = |name: &str| format!("[target.{ARM}]\nrustflags = [\"{name}\"]\n");
    let config = read(
        files()
            .with(
                ".cargo/config.toml",
                format!("include = [\"n.toml\", {{ path = \"a.toml\" }}, {{ path = \"no.toml\", optional = true }}]\n{}", table("main")),
            )
            .with(".cargo/n.toml", format!("include = [\"b.toml\"]\n{}", table("n")))
            .with(".cargo/a.toml", format!("{}linker = \"included\"", table("a")))
            .with(".cargo/b.toml", table("b"))
            .with("/w/.cargo/config.toml", table("parent")),
        &[],
    );
    assert_eq!(flags(&config, ARM), ["parent", "b", "n", "a", "main"]);
    assert_eq!(linker(&config, ARM).as_deref(), Some("included"));
    assert!(config.gaps.is_empty(), "{:?}", config.gaps);
}

#[test]
fn includes_that_cargo_refuses_are_gaps() {
    for include in [
        "\"a.toml\"",
        "[\"missing.toml\"]",
        "[\"a.txt\"]",
        "[\"config.toml\"]",
        "[1]",
        "[{ optional = true }]",
    ] {
        let config = read(
            files().with(".cargo/config.toml", format!("include = {include}")).with(".cargo/a.txt", ""),
            &[],
        );
        assert_eq!(config.gaps.len(), 1, "{include}");
        assert_eq!(config.files.len(), 1, "{include}");
    }
}

#[test]
fn endless_includes_end() {
    let mut files = files().with(".cargo/config.toml", "include = [\"0.toml\"]");
    for index in 0..100 {
        files = files.with(format!(".cargo/{index}.toml"), format!("include = [\"{}.toml\"]", index + 1));
    }
    let config = read(files, &[]);
    assert!(config.files.len() < 20 && config.gaps.len() == 1);
}

#[test]
fn what_cannot_be_read_is_a_gap() {
    for (files, why) in [
        (files().with_unreadable(".cargo/config.toml", "permission denied"), "permission denied"),
        (files().with_folder(".cargo/config.toml"), "is a folder"),
        (
            files().with_unreadable(".cargo/config", "permission denied").with(".cargo/config.toml", ""),
            "permission",
        ),
        (files().with(".cargo/config.toml", "[build\ntarget = 'x'"), "syntax error"),
        (files().with(".cargo/config.toml", "<<<<<<< HEAD\n[build]\n=======\n>>>>>>> b\n"), "merge conflict"),
        (files().with(".cargo/config.toml", "[build]\nrustflags = 1"), "no string and no array"),
        (files().with(".cargo/config.toml", "[target]\nx = 1"), "no table"),
        (files().with(".cargo/config.toml", format!("[target.{ARM}]\nlinker = [\"cc\"]")), "no string"),
        (files().with(".cargo/config.toml", "[env]\nX = 1"), "no string and no table"),
    ] {
        let config = read(files, &[]);
        let gap = config.gaps.first().map(|gap| gap.why.clone()).unwrap_or_default();
        assert!(gap.contains(why), "{why}: {gap}");
    }
}

#[test]
fn spellings_of_a_target_table_are_one() {
    for text in [
        format!("[target.{ARM}]\nlinker = \"ld\""),
        format!("[target.\"{ARM}\"]\r\nlinker = 'ld'\r\n"),
        format!("\u{feff}target.{ARM}.linker = \"ld\""),
        format!("[target]\n{ARM} = {{ linker = \"ld\" }}"),
        format!("[target]\n{ARM}.linker = \"ld\""),
    ] {
        let source = Arc::new(Source::from_text(FileId::new("/w/p/.cargo/config.toml"), text.as_str()));
        let config = project(&text);
        let table = config.targets.first();
        let linker = table.and_then(|table| table.linker.clone());
        assert_eq!(linker.as_ref().map(|linker| linker.value.as_str()), Some("ld"), "{text}");
        let written = linker.map(|linker| source.document().slice(linker.origin.span).to_owned());
        assert!(written.is_some_and(|written| written.trim_matches(['"', '\'']) == "ld"), "{text}");
        let key = table.map(|table| source.document().slice(table.key.origin.span).to_owned());
        assert!(key.is_some_and(|key| key.trim_matches('"') == ARM), "{text}");
    }
}

#[test]
fn an_unknown_target_leaves_expressions_undecided() {
    let config = project("[target.'cfg(unix)']\nrustflags = [\"-g\"]\nlinker = \"ld\"");
    assert!(config.rustflags("my-board").uncertain);
    assert!(!config.rustflags(ARM).uncertain);
    assert_eq!(linker(&config, "my-board"), None);
}

#[test]
fn broken_expressions_count_for_nothing() {
    let config = project("[target.'cfg(unix']\nlinker = \"ld\"\n[target.'cfg(foo bar)']\nlinker = \"ld\"");
    assert_eq!(linker(&config, ARM), None);
    assert!(config.targets.iter().all(|table| matches!(table.matcher, Matcher::Invalid(_))));
}

#[test]
fn aliases_of_the_stronger_file_win() {
    let config = read(
        files()
            .with(".cargo/config.toml", "[alias]\nx = \"build --release\"")
            .with("/w/.cargo/config.toml", "[alias]\nx = [\"test\"]\ny = [\"run\", \"a b\"]"),
        &[],
    );
    let words = |name: &str| {
        let alias = config.aliases.iter().find(|alias| alias.name.value == name);
        alias.map(|alias| alias.words.words().map(str::to_owned).collect::<Vec<_>>()).unwrap_or_default()
    };
    assert_eq!(words("x"), ["build", "--release"]);
    assert_eq!(words("y"), ["run", "a b"]);
}

#[test]
fn reading_all_files_of_nothing_finds_nothing() {
    let facts = cargo::read(&files().snapshot());
    assert!(facts.config.files.is_empty() && facts.config.gaps.is_empty());
}

#[test]
fn the_target_folder_is_named_by_the_strongest_source() {
    let files = || {
        files()
            .with(".cargo/config.toml", "[build]\ntarget-dir = \"out/cargo\"\nbuild-dir = \"between\"\n")
            .with("/w/.cargo/config.toml", "build.target-dir = \"shared\"\n")
    };
    for (variables, folder) in [
        (&[][..], "/w/p/out/cargo"),
        (&[("CARGO_BUILD_TARGET_DIR", "../built")], "/w/built"),
        (&[("CARGO_BUILD_TARGET_DIR", "built"), ("CARGO_TARGET_DIR", "/t")], "/t"),
    ] {
        assert_eq!(read(files(), variables).target_folder(), Some(folder.into()), "{variables:?}");
    }
    let above = read(self::files().with("/w/.cargo/config.toml", "build.target-dir = \"shared\"\n"), &[]);
    assert_eq!(above.target_folder(), Some("/w/shared".into()), "from the folder of its file");
    assert_eq!(project("").target_folder(), None);
}
