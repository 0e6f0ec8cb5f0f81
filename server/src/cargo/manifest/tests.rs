use std::path::Path;

use super::*;
use crate::{
    cargo::{Workspace, workspace},
    snapshot::MemoryFiles,
};

fn workspace(files: MemoryFiles) -> Option<Workspace> {
    workspace::read(&files.snapshot()).ok().flatten()
}

fn manifest(text: &str) -> Option<Manifest> {
    workspace(MemoryFiles::new("/p").with("Cargo.toml", text)).map(|workspace| workspace.root)
}

fn dependency(text: &str) -> Option<Dependency> {
    manifest(text)?.dependencies.into_iter().next()
}

#[test]
fn spellings_of_a_dependency() {
    for (text, spelling) in [
        ("[dependencies]\nx = \"1\"", Spelling::String),
        ("[dependencies]\r\nx = { version = \"1\", features = [\"f\"] }\r\n", Spelling::Inline),
        ("[dependencies.x]\nversion = '1'\nfeatures = ['f']", Spelling::Table),
        ("[dependencies]\nx.version = \"1\"\nx.features = [\"f\"]", Spelling::Dotted),
        ("\u{feff}[dependencies]\n\"x\" = \"1\"", Spelling::String),
        ("dependencies.x = \"1\"", Spelling::String),
    ] {
        let found = dependency(text);
        assert_eq!(found.as_ref().map(|found| found.spelling), Some(spelling), "{text}");
        let found = found.as_ref();
        let slice =
            |origin: &Origin| text.get(origin.span.start()..origin.span.end()).unwrap_or_default().to_owned();
        let key = found.map(|found| slice(&found.key.origin));
        assert_eq!(key.map(|key| key.trim_matches('"').to_owned()).as_deref(), Some("x"), "{text}");
        let requirement = found.and_then(|found| found.requirement.clone());
        assert_eq!(requirement.map(|requirement| requirement.value).as_deref(), Some("1"), "{text}");
        let features = found.map(|found| (found.features.len(), found.features_value.as_ref().map(slice)));
        let written = features.and_then(|(count, value)| (count > 0).then_some(value)).flatten();
        assert!(
            spelling == Spelling::String || written.is_some_and(|written| written.starts_with('[')),
            "{text}"
        );
    }
}

#[test]
fn kinds_and_platforms() {
    let found = manifest(
        "[dependencies]\na = \"1\"\n[dev-dependencies]\nb = \"1\"\n[build-dependencies]\nc = \"1\"\n\
         [target.'cfg(unix)'.dependencies]\nd = \"1\"\n[target.x86_64-pc-windows-gnu.build-dependencies.e]\nversion = \"1\"\n\
         [target.\"cfg(broken\".dependencies]\nf = \"1\"\n[dev_dependencies]\ng = \"1\"\n",
    );
    let shown: Vec<_> = found
        .iter()
        .flat_map(|manifest| &manifest.dependencies)
        .map(|dependency| {
            let platform = dependency.platform.as_ref();
            (dependency.crate_name.as_str(), dependency.kind, platform.map(|key| key.platform.is_some()))
        })
        .collect();
    use DependencyKind::{Build, Dev, Normal};
    assert_eq!(
        shown,
        [
            ("a", Normal, None),
            ("b", Dev, None),
            ("c", Build, None),
            ("d", Normal, Some(true)),
            ("e", Build, Some(true)),
            ("f", Normal, Some(false)),
            ("g", Dev, None),
        ]
    );
}

#[test]
fn renamed_optional_and_from_elsewhere() {
    let found =
        dependency("[dependencies]\ntls = { package = \"native-tls\", version = \"0.2\", optional = true }");
    let shown = found.map(|found| (found.key.value.clone(), found.crate_name.clone(), found.is_optional()));
    assert_eq!(shown, Some(("tls".to_owned(), "native-tls".to_owned(), true)));
    let source = |text: &str| dependency(text).map(|found| found.source);
    assert_eq!(
        source("[dependencies]\na = { path = \"../x/./a\" }"),
        Some(DependencySource::Path("/x/a".into()))
    );
    assert_eq!(
        source("[dependencies]\na = { git = \"g\", path = \"a\" }"),
        Some(DependencySource::Git("g".into()))
    );
    assert_eq!(source("[dependencies]\na = \"1\""), Some(DependencySource::Registry));
}

/// What cargo 1.95 makes of `default-features` in the root and in a member.
#[test]
fn inherited_default_features() {
    for (root, member, on, ignored) in [
        ("", "", true, false),
        ("", ", default-features = false", true, true),
        (", default-features = true", ", default-features = false", true, true),
        (", default-features = false", "", false, false),
        (", default-features = false", ", default-features = true", true, false),
        (", default-features = false", ", default-features = false", false, false),
    ] {
        let files = MemoryFiles::new("/p")
            .with("Cargo.toml", format!("[workspace]\nmembers = [\"m\"]\n[workspace.dependencies]\nn = {{ version = \"1\", features = [\"e\"], package = \"real\"{root} }}"))
            .with("m/Cargo.toml", format!("[package]\nname = \"m\"\n[dependencies]\nn = {{ workspace = true, features = [\"f\"]{member} }}"));
        let found = workspace(files)
            .and_then(|workspace| workspace.members.into_iter().next()?.dependencies.into_iter().next());
        let Some(found) = found else { panic!("no dependency for {root} {member}") };
        assert_eq!(found.has_default_features(), on, "{root} {member}");
        assert_eq!(found.ignored_default_features().is_some(), ignored, "{root} {member}");
        assert!(found.has_feature("e") && found.has_feature("f"));
        assert_eq!(found.crate_name, "real");
        let place = found.requirement.map(|requirement| requirement.origin.file);
        assert_eq!(place, Some(FileId::new("/p/Cargo.toml")), "what is inherited stands in the root");
    }
}

#[test]
fn inheriting_what_is_not_there() {
    let found = dependency("[workspace]\n[package]\nname = \"a\"\n[dependencies]\nx.workspace = true");
    let inherited = found.and_then(|found| found.inherited);
    assert_eq!(inherited.map(|inherited| inherited.entry.is_none()), Some(true));
}

#[test]
fn a_package_inherits_its_version_and_edition() {
    let files = MemoryFiles::new("/p")
        .with("Cargo.toml", "[workspace]\nmembers = [\"m\"]\nresolver = \"2\"\n[workspace.package]\nversion = \"1.2.3\"\nedition = \"2024\"")
        .with("m/Cargo.toml", "[package]\nname = \"m\"\nversion.workspace = true\nedition = { workspace = true }\nlinks = \"z\"");
    let workspace = workspace(files);
    let package = workspace.as_ref().and_then(|workspace| workspace.members.first()?.package.clone());
    let value = |value: Option<Sourced<String>>| value.map(|value| value.value).unwrap_or_default();
    assert_eq!(
        package.clone().map(|package| (value(package.version), value(package.edition), value(package.links))),
        Some(("1.2.3".into(), "2024".into(), "z".into()))
    );
    assert_eq!(
        workspace.and_then(|workspace| workspace.root.resolver).map(|resolver| resolver.value).as_deref(),
        Some("2")
    );
}

#[test]
fn binaries_are_declared_or_found() {
    let binaries = |manifest: &str, files: &[&str]| {
        let mut memory =
            MemoryFiles::new("/p").with("Cargo.toml", format!("[package]\nname = \"app\"\n{manifest}"));
        for file in files {
            memory = memory.with(file, "");
        }
        let workspace = workspace(memory);
        let names = workspace.map(|workspace| {
            workspace.root.binaries.into_iter().map(|binary| binary.name).collect::<Vec<_>>()
        });
        names.unwrap_or_default()
    };
    assert_eq!(binaries("", &["src/lib.rs"]), Vec::<String>::new());
    assert_eq!(
        binaries("", &["src/main.rs", "src/bin/one.rs", "src/bin/two/main.rs", "src/bin/three/mod.rs"]),
        ["app", "one", "two"]
    );
    assert_eq!(binaries("[[bin]]\nname = \"tool\"\npath = \"src/main.rs\"", &["src/main.rs"]), ["tool"]);
    assert_eq!(binaries("[[bin]]\nname = \"tool\"\npath = \"tool.rs\"", &["src/main.rs"]), ["app", "tool"]);
    assert_eq!(binaries("autobins = false", &["src/main.rs", "src/bin/one.rs"]), Vec::<String>::new());
    assert_eq!(binaries("[[bin]]\nname = \"app\"\npath = \"x.rs\"", &["src/main.rs"]), ["app"]);
}

#[test]
fn libraries_and_build_scripts() {
    let root = |manifest: &str, file: &str| {
        let files = MemoryFiles::new("/p")
            .with("Cargo.toml", format!("[package]\nname = \"app\"\n{manifest}"))
            .with(file, "");
        workspace(files).map(|workspace| workspace.root)
    };
    let kinds = |manifest: Option<Manifest>| {
        let library = manifest?.library?;
        Some((
            library.crate_types.into_iter().map(|kind| kind.value).collect::<Vec<_>>(),
            library.proc_macro.is_some(),
        ))
    };
    assert_eq!(kinds(root("", "src/lib.rs")), Some((Vec::new(), false)));
    assert_eq!(kinds(root("", "src/main.rs")), None);
    assert_eq!(
        kinds(root("[lib]\ncrate-type = [\"cdylib\", \"rlib\"]", "x")),
        Some((vec!["cdylib".into(), "rlib".into()], false))
    );
    assert_eq!(kinds(root("[lib]\nproc-macro = true", "x")), Some((Vec::new(), true)));
    assert_eq!(kinds(root("[lib]\nproc-macro = false", "x")), Some((Vec::new(), false)));
    let script = |manifest: &str, file: &str| root(manifest, file)?.package?.build_script;
    assert_eq!(script("", "build.rs").as_deref(), Some("build.rs"));
    assert_eq!(script("", "x"), None);
    assert_eq!(script("build = false", "build.rs"), None);
    assert_eq!(script("build = \"tools/make.rs\"", "x").as_deref(), Some("tools/make.rs"));
}

#[test]
fn features_profiles_and_patches() {
    let found = manifest(
        "[features]\ndefault = [\"tls\"]\ntls = [\"dep:x\", \"y?/z\"]\n[profile.release]\npanic = \"abort\"\n\
         [profile.dist]\ninherits = \"release\"\n[patch.crates-io]\na = { path = \"a\" }\nb2 = { package = \"b\", git = \"g\" }\n\
         [replace]\n\"https://x/index#c:0.1.0\" = { git = \"g\" }",
    );
    let Some(found) = found else { panic!("no manifest") };
    let features: Vec<_> =
        found.features.iter().map(|feature| (feature.name.value.as_str(), feature.values.len())).collect();
    assert_eq!(features, [("default", 1), ("tls", 2)]);
    let profiles: Vec<_> = found.profiles.iter().map(|profile| profile.name.value.as_str()).collect();
    assert_eq!(profiles, ["release", "dist"]);
    let patches: Vec<_> = found.patches.iter().map(|patch| patch.crate_name.value.as_str()).collect();
    assert_eq!(patches, ["a", "b", "c"]);
}

#[test]
fn half_typed_manifests_keep_what_they_say() {
    for text in [
        "[package]\nname = \"app\"\n[dependencies]\nx = \"1\"\ny = ",
        "[package]\nname = \"app\"\n[dependencies]\nx = \"1\"\ny = { version = \"1\", feat",
        "[package]\nname = \"app\"\n[dependencies]\nx = \"1\"\n[dependencies.",
        "<<<<<<< HEAD\n=======\n>>>>>>> a\n[package]\nname = \"app\"\n[dependencies]\nx = \"1\"",
    ] {
        let found = manifest(text);
        assert_eq!(found.as_ref().and_then(Manifest::name), Some("app"), "{text}");
        assert!(
            found.as_ref().is_some_and(|found| found.dependencies.iter().any(|one| one.crate_name == "x")),
            "{text}"
        );
        assert_eq!(found.map(|found| found.gaps.len()), Some(1), "{text}");
    }
}

#[test]
fn values_of_wrong_kinds_are_no_values() {
    let found = manifest(
        "package = 1\ndependencies = [1]\nfeatures = \"x\"\nbin = 3\nlib = 4\nprofile = 5\npatch = 6\ntarget = 7",
    );
    assert!(found.is_some_and(|found| found.package.is_none() && found.dependencies.is_empty()));
    let unnamed = manifest("[package]\n[dependencies]\nx = 1\ny = { features = \"z\", path = 3 }");
    assert_eq!(unnamed.as_ref().and_then(Manifest::name), Some("p"), "the folder's name until there is one");
    assert_eq!(unnamed.map(|found| found.dependencies.len()), Some(2));
    assert!(read(&MemoryFiles::new("/p").snapshot(), Path::new("/p"), None).is_absent());
}
