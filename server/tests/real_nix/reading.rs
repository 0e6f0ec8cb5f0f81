//! What we say of packages and shells, compared to what Nix says.

use std::{collections::BTreeSet, fmt};

use portolan::nix::facts::{
    Builder, Derivation, FlakeFacts, Known, Piece, Platform, PlatformSource, StoreItem, Text, VariableForm,
};

use super::{
    nix::{Answer, Made},
    projects::Project,
};

/// How much was compared.
#[derive(Default)]
pub struct Tally {
    derivations: usize,
    platforms: usize,
    variables: usize,
    unknown: usize,
    inputs: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the same as Nix: {} packages and shells, {} platforms, {} variables ({} more are unknown), {} inputs",
            self.derivations, self.platforms, self.variables, self.unknown, self.inputs
        )
    }
}

impl Tally {
    /// A comparison of nothing proves nothing.
    pub fn assert_worth(&self) {
        assert!(self.derivations > 300 && self.platforms > 300, "too little was compared");
        assert!(self.variables > 500 && self.inputs > 150, "too little was compared");
        assert!(self.unknown * 20 < self.variables, "too much is unknown");
    }
}

/// Variables that builders add themselves.
const OF_BUILDERS: &[&str] = &["PKG_CONFIG_ALLOW_CROSS", "RUST_LOG"];
/// Inputs that builders add themselves.
const INPUTS_OF_BUILDERS: &[&str] = &["rustc", "cargo", "windows.pthreads"];

/// The lists of inputs of a derivation as Nix calls them, and as flakes do.
const LISTS: &[(&str, &[&str])] = &[
    ("nativeBuildInputs", &["nativeBuildInputs", "packages", "nativeCheckInputs", "checkInputs"]),
    ("buildInputs", &["buildInputs"]),
    ("propagatedBuildInputs", &["propagatedBuildInputs"]),
    ("propagatedNativeBuildInputs", &["propagatedNativeBuildInputs"]),
    ("depsBuildBuild", &["depsBuildBuild"]),
];

/// All packages and shells.
pub fn derivations(facts: &FlakeFacts) -> impl Iterator<Item = &Derivation> {
    facts.packages.iter().chain(&facts.shells)
}

/// What differs.
pub fn compare(project: &Project, answer: &Answer, tally: &mut Tally) -> Vec<String> {
    let facts = project.facts();
    let mut differences = Vec::new();
    for (attribute, made) in &answer.outputs {
        let is_ours = ["packages.", "devShells.", "defaultPackage.", "devShell."]
            .iter()
            .any(|kind| attribute.starts_with(kind));
        if made.error.is_some() || !is_ours {
            continue;
        }
        let ours: Vec<&Derivation> =
            derivations(&facts).filter(|derivation| derivation.attribute == *attribute).collect();
        match ours.as_slice() {
            [] if facts.complete => differences.push(format!("{attribute} is not in our list")),
            [] => {}
            [one] => {
                tally.derivations += 1;
                compare_derivation(one, made, tally, &mut differences);
            }
            // Alternatives: one of them is it.
            several => {
                let fits = several.iter().any(|one| {
                    let mut found = Vec::new();
                    compare_derivation(one, made, &mut Tally::default(), &mut found);
                    found.is_empty()
                });
                if !fits {
                    differences.push(format!("{attribute}: none of our alternatives is what Nix says"));
                }
            }
        }
    }
    // What an app or check uses is a package for us, and none for Nix.
    let is_listed = |attribute: &str| {
        !attribute.starts_with("apps.")
            && !attribute.starts_with("checks.")
            && !attribute.starts_with("defaultApp.")
    };
    let is_silent = answer.outputs.values().any(|output| output.error.is_some());
    for derivation in derivations(&facts).filter(|derivation| is_listed(&derivation.attribute)) {
        if !answer.outputs.contains_key(&derivation.attribute) && !is_silent && facts.complete {
            differences.push(format!("{} is in our list, and not in Nix's", derivation.attribute));
        }
    }
    differences
}

fn compare_derivation(ours: &Derivation, made: &Made, tally: &mut Tally, differences: &mut Vec<String>) {
    let attribute = &ours.attribute;
    compare_platform(ours, made, tally, differences);
    let mut names = BTreeSet::new();
    let mut has_computed_name = false;
    for variable in ours.env.iter().filter(|variable| variable.form != VariableForm::Export) {
        let Known::Value(name) = &variable.name else {
            has_computed_name = true;
            tally.unknown += 1;
            continue;
        };
        names.insert(name.as_str());
        // `env.RUSTFLAGS` is first for buildRustPackage.
        let is_shadowed = variable.form == VariableForm::Attribute
            && ours.env.iter().any(|other| other.name == variable.name && other.form == VariableForm::Env);
        match made.env.get(name) {
            _ if is_shadowed => {}
            Some(value) if fits(&variable.value, value) => {
                let known = !variable.value.has_unknown();
                *(if known { &mut tally.variables } else { &mut tally.unknown }) += 1;
            }
            Some(value) => differences.push(format!(
                "{attribute}: {name} is {value:?} for Nix, and {:?} for us",
                show(&variable.value)
            )),
            // `NAME = null;` is no variable.
            None if variable.value.has_unknown() || variable.value.pieces.is_empty() => {}
            None => differences.push(format!("{attribute}: {name} is a variable for us, and not for Nix")),
        }
    }
    let is_variable =
        |name: &str| name.contains('_') || name.starts_with(|first: char| first.is_ascii_uppercase());
    for name in made.env.keys().filter(|name| is_variable(name) && !name.starts_with("__")) {
        let excused = !ours.complete || has_computed_name || OF_BUILDERS.contains(&name.as_str());
        if !names.contains(name.as_str()) && !excused {
            differences.push(format!("{attribute}: {name} is a variable for Nix, and not for us"));
        }
    }
    compare_inputs(ours, made, tally, differences);
    for phase in &ours.phases {
        let is_shell_hook = phase.name == "shellHook";
        match made.env.get(&phase.name) {
            Some(text) if fits(&phase.text, text) => {}
            // A shell's hook is joined with those of `inputsFrom`.
            Some(text) if is_shell_hook && contains(text, &phase.text) => {}
            Some(text) => differences.push(format!(
                "{attribute}: {} is {text:?} for Nix, and {:?} for us",
                phase.name,
                show(&phase.text)
            )),
            None => {}
        }
    }
}

fn compare_platform(ours: &Derivation, made: &Made, tally: &mut Tally, differences: &mut Vec<String>) {
    let Some((config, triple, is_static, is_cross)) = &made.platform else { return };
    let Platform {
        config: our_config,
        triple: our_triple,
        is_static: our_static,
        is_cross: our_cross,
        how,
        ..
    } = &ours.platform;
    // For nixpkgs a native pkgsMusl is built on musl; the machine that builds it is the system's own all the same.
    let is_cross = *is_cross || *how == PlatformSource::PkgsMusl;
    if our_config.is_none() && our_triple.is_none() {
        tally.unknown += 1;
        return;
    }
    let same = our_config.as_ref().is_none_or(|ours| ours == config)
        // For Android nixpkgs computes a name that rustc does not know.
        && our_triple.as_ref().is_none_or(|ours| {
            ours == triple || *ours == triple.replace("-unknown-linux-android", "-linux-android")
        })
        && our_static.value().is_none_or(|ours| ours == is_static)
        && *our_cross == is_cross;
    tally.platforms += 1;
    if !same {
        differences.push(format!(
            "{}: the platform is {:?} for Nix, and {:?} for us",
            ours.attribute, made.platform, ours.platform
        ));
    }
}

fn compare_inputs(ours: &Derivation, made: &Made, tally: &mut Tally, differences: &mut Vec<String>) {
    // Only of what nixpkgs' own builders make.
    if !matches!(ours.builder, Builder::BuildRustPackage | Builder::Shell | Builder::Crane | Builder::Naersk)
    {
        return;
    }
    for (list, names) in LISTS {
        let Some(given) = made.env.get(*list) else { continue };
        let given: Vec<&str> =
            given.split(' ').filter_map(|item| item.strip_prefix('⟨')?.strip_suffix('⟩')).collect();
        // The package without its output; what the flake makes itself has a name of its own.
        let given: Vec<&str> = given.into_iter().filter(|item| item.contains('=')).collect();
        let attribute = |item: &str| item.split('=').next().unwrap_or_default().to_owned();
        let given: BTreeSet<String> = given.into_iter().map(attribute).collect();
        let is_told = |via: &str| names.contains(&via) || via.starts_with("inputsFrom");
        let told: BTreeSet<&str> = ours
            .inputs
            .iter()
            .filter(|input| is_told(&input.via))
            .map(|input| input.item.attribute.as_str())
            .collect();
        for input in ours.inputs.iter().filter(|input| names.contains(&input.via.as_str())) {
            tally.inputs += 1;
            let is_check = input.via.ends_with("heckInputs");
            if !given.contains(&input.item.attribute) && !is_check && is_package(&input.item) {
                differences.push(format!(
                    "{}: {} is in {list} for us, and Nix has {given:?}",
                    ours.attribute, input.item.attribute
                ));
            }
        }
        for item in &given {
            let excused = !ours.complete || INPUTS_OF_BUILDERS.contains(&item.as_str());
            if !told.contains(item.as_str()) && !excused && is_stand_in(item) {
                differences
                    .push(format!("{}: {item} is in {list} for Nix, and we have {told:?}", ours.attribute));
            }
        }
    }
}

/// Whether an item is a package of a set, and no toolchain or tool that has another name in the stand-ins.
fn is_package(item: &StoreItem) -> bool {
    let own = ["rust-bin", "fenix", "write", "runCommand"];
    !own.iter().any(|name| item.attribute.contains(name)) && item.platform.config.is_some()
}

fn is_stand_in(item: &str) -> bool {
    !item.starts_with("rust-bin") && !item.starts_with("fenix")
}

/// Whether a text of ours can be this value; unknown pieces stand for anything.
pub fn fits(text: &Text, value: &str) -> bool {
    fits_pieces(&text.pieces, value)
}

fn fits_pieces(pieces: &[Piece], value: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return value.is_empty() };
    match first {
        Piece::Literal { text, .. } => {
            value.strip_prefix(text.as_str()).is_some_and(|value| fits_pieces(rest, value))
        }
        Piece::Store { item, .. } => {
            let name = value.strip_prefix('⟨').and_then(|value| value.split_once('⟩'));
            name.is_some_and(|(name, value)| is_item(item, name) && fits_pieces(rest, value))
        }
        Piece::Either { texts, .. } => texts.iter().any(|text| {
            let all: Vec<Piece> = text.pieces.iter().chain(rest).cloned().collect();
            fits_pieces(&all, value)
        }),
        Piece::Unknown { .. } => {
            let ends = value.char_indices().map(|(at, _)| at).chain([value.len()]);
            ends.into_iter().any(|at| fits_pieces(rest, &value[at..]))
        }
    }
}

fn contains(value: &str, text: &Text) -> bool {
    value.char_indices().any(|(at, _)| {
        let any = Piece::Unknown { why: String::new(), origin: placeholder(text) };
        let all: Vec<Piece> = text.pieces.iter().cloned().chain([any]).collect();
        fits_pieces(&all, &value[at..])
    })
}

fn placeholder(text: &Text) -> portolan::text::Origin {
    match text.pieces.first() {
        Some(
            Piece::Literal { origin, .. }
            | Piece::Store { origin, .. }
            | Piece::Either { origin, .. }
            | Piece::Unknown { origin, .. },
        ) => origin.clone(),
        None => portolan::text::Origin::new(portolan::text::FileId::new("/"), portolan::text::Span::at(0)),
    }
}

/// Whether a store path of the stand-ins, "openssl=x86_64-unknown-linux-gnu-bin", is this item.
fn is_item(item: &StoreItem, name: &str) -> bool {
    let Some((attribute, platform)) = name.split_once('=') else {
        // What the flake builds itself has its own name.
        return item.platform.config.is_none()
            || item.attribute.starts_with("write")
            || name.contains(&item.attribute);
    };
    if attribute != item.attribute {
        return false;
    }
    let Some(config) = &item.platform.config else { return true };
    let Some(rest) = platform.strip_prefix(config.as_str()) else { return false };
    let is_static = rest.starts_with("=static");
    let output = rest.strip_prefix("=static").unwrap_or(rest);
    item.platform.is_static.value().is_none_or(|known| *known == is_static)
        && match &item.output {
            None => true,
            // `lib.getLib` and its like give "out" where there is no such output.
            Some(wanted) => output.is_empty() || output.strip_prefix('-') == Some(wanted),
        }
}

/// A text with its unknown parts, for a message.
pub fn show(text: &Text) -> String {
    let pieces = text.pieces.iter().map(|piece| match piece {
        Piece::Literal { text, .. } => text.clone(),
        Piece::Store { item, .. } => format!(
            "⟨{}={}{}{}⟩",
            item.attribute,
            item.platform.config.as_deref().unwrap_or("?"),
            if item.platform.is_static == Known::Value(true) { "=static" } else { "" },
            item.output.as_ref().map(|output| format!("-{output}")).unwrap_or_default()
        ),
        Piece::Either { texts, .. } => {
            let texts: Vec<String> = texts.iter().map(show).collect();
            format!("«{}»", texts.join("|"))
        }
        Piece::Unknown { why, .. } => format!("«{why}»"),
    });
    pieces.collect()
}
