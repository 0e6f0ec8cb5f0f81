//! Evaluating on a large stack, and showing values and facts as text.

use std::{fmt::Write, path::Path, rc::Rc};

use super::super::{
    FlakeFacts,
    evaluator::Evaluator,
    facts::{Derivation, Known, Piece, Platform, Text},
    read_flake,
    value::{Head, Neutral, StrPiece, Value},
};
use crate::snapshot::{MemoryFiles, Snapshot};

/// Runs on a thread with the stack that callers of the evaluator guarantee.
pub(super) fn on_large_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap().join().unwrap()
}

pub(super) fn project(files: &[(&str, &str)]) -> Snapshot {
    let files =
        files.iter().fold(MemoryFiles::new("/project"), |files, (path, text)| files.with(path, *text));
    files.snapshot()
}

pub(super) fn facts(files: &[(&str, &str)]) -> FlakeFacts {
    let snapshot = project(files);
    on_large_stack(move || read_flake(&snapshot)).unwrap()
}

pub(super) fn flake(text: &str) -> FlakeFacts {
    facts(&[("flake.nix", text)])
}

/// The package or shell at an attribute path.
pub(super) fn at<'f>(facts: &'f FlakeFacts, attribute: &str) -> &'f Derivation {
    let all = || facts.packages.iter().chain(&facts.shells);
    all().find(|derivation| derivation.attribute == attribute).unwrap_or_else(|| {
        let names: Vec<&str> = all().map(|derivation| derivation.attribute.as_str()).collect();
        panic!("no {attribute} in {names:?}; gaps {:?}", facts.gaps)
    })
}

/// A variable's value, shown.
pub(super) fn variable(derivation: &Derivation, name: &str) -> String {
    let is_it = |known: &Known<String>| known.value().is_some_and(|known| known == name);
    let found = derivation.env.iter().find(|variable| is_it(&variable.name));
    found.map_or_else(|| panic!("no {name} in {:?}", derivation.env), |variable| show_text(&variable.value))
}

/// A folder of `fixtures/seeds`.
pub(super) fn seed(name: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/seeds").join(name);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name != "facts.txt" {
            files.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    files.sort();
    files
}

pub(super) fn as_files(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect()
}

/// The same for an expression over nixpkgs' lib.
pub(super) fn eval_with_library(expression: &str) -> String {
    eval_str(&format!("let lib = (import <nixpkgs> {{ }}).lib; in {expression}"))
}

/// What an expression comes to, wholly evaluated, in Nix's own notation; what is unknown in «».
pub(super) fn eval_str(expression: &str) -> String {
    let text = expression.to_owned();
    on_large_stack(move || {
        let snapshot = project(&[
            ("main.nix", &text),
            ("data.toml", "[a]\nb = [1, \"x\"]\n"),
            ("other.nix", "x: x + 1"),
        ]);
        let path = Path::new("/project/main.nix");
        let mut evaluator = Evaluator::new(&snapshot);
        let value = evaluator.import_path(path, super::super::value::Place::NOWHERE);
        show(&mut evaluator, &value, 8)
    })
}

fn show(evaluator: &mut Evaluator<'_>, value: &Value, depth: usize) -> String {
    let Some(depth) = depth.checked_sub(1) else { return "…".to_owned() };
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(decided) => decided.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Str(text) => {
            let mut shown = String::new();
            let mut literal = String::new();
            for piece in &text.pieces {
                match piece {
                    StrPiece::Literal { text, .. } => {
                        literal.push_str(text);
                        continue;
                    }
                    _ => shown.push_str(&escaped(&std::mem::take(&mut literal))),
                }
                match piece {
                    StrPiece::Literal { .. } => {}
                    StrPiece::Store { item, .. } => {
                        write!(shown, "${{{}}}", show_term(evaluator, item)).unwrap();
                    }
                    StrPiece::Source { path, .. } => write!(shown, "${{{}}}", path.display()).unwrap(),
                    StrPiece::Either { .. } => shown.push_str("«either»"),
                    StrPiece::Unknown { why, .. } => write!(shown, "«{why}»").unwrap(),
                }
            }
            shown.push_str(&escaped(&literal));
            format!("\"{shown}\"")
        }
        Value::Path(path) => path.display().to_string(),
        Value::List(list) => {
            let items: Vec<String> = list
                .items
                .iter()
                .map(|item| {
                    let item = evaluator.force(*item);
                    show(evaluator, &item, depth)
                })
                .chain(list.rest.iter().map(|_| "«…»".to_owned()))
                .collect();
            format!("[ {} ]", items.join(" ")).replace("[  ]", "[ ]")
        }
        Value::Attrs(attrs) => {
            let mut shown = String::from("{ ");
            for (name, attr) in evaluator.sorted(attrs) {
                let value = evaluator.force(attr.thunk);
                let value = show(evaluator, &value, depth);
                let name = evaluator.name(name);
                let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-'".contains(c))
                    && !name.starts_with(|c: char| c.is_ascii_digit());
                let name = if plain { name.to_string() } else { format!("\"{name}\"") };
                write!(shown, "{name} = {value}; ").unwrap();
            }
            if attrs.rest.is_some() || !attrs.computed.is_empty() {
                shown.push_str("«…» ");
            }
            shown + "}"
        }
        Value::Lambda(_) | Value::Builtin(_) => "<LAMBDA>".to_owned(),
        Value::Neutral(term) => format!("«{}»", show_term(evaluator, term)),
        Value::Either(either) => {
            let shown: Vec<String> =
                either.values.iter().map(|value| show(evaluator, value, depth)).collect();
            format!("«{}»", shown.join(" | "))
        }
        Value::Error(why) => format!("error: {why}"),
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = text.replace('\\', "\\\\").replace("${", "\\${").replace('"', "\\\"");
    for (character, written) in [('\n', "\\n"), ('\r', "\\r"), ('\t', "\\t")] {
        escaped = escaped.replace(character, written);
    }
    escaped
}

fn show_term(evaluator: &mut Evaluator<'_>, term: &Rc<Neutral>) -> String {
    match &**term {
        Neutral::Head(head, _) => match head {
            Head::Unknown(why) => why.to_string(),
            Head::Input(input) => format!("input {}", input.name),
            Head::Flake => "self".to_owned(),
            Head::Packages(set) => format!("pkgs({})", show_platform(&set.platform)),
            Head::Library => "lib".to_owned(),
            Head::Builtins => "builtins".to_owned(),
            Head::Config(_) => "config".to_owned(),
            Head::Platform(machine) => format!("platform({})", machine.config.as_deref().unwrap_or("?")),
        },
        Neutral::Select { base, name, .. } => {
            let base = show_term(evaluator, base);
            format!("{base}.{}", evaluator.name(*name))
        }
        Neutral::Apply { function, .. } => format!("({} …)", show_term(evaluator, function)),
        Neutral::Overridable { result, .. } => show_term(evaluator, result),
    }
}

fn show_platform(platform: &Platform) -> String {
    let config = platform.config.as_deref().unwrap_or("?");
    let linkage = match platform.is_static {
        Known::Value(true) => " static",
        Known::Value(false) => "",
        Known::Unknown(_) => " static?",
    };
    let cross = if platform.is_cross { "cross " } else { "" };
    format!("{cross}{config}{linkage}")
}

/// Facts as text: everything that a rule may ask for, places as the text that stands there.
pub(super) fn show_facts(facts: &FlakeFacts, files: &[(&str, &str)]) -> String {
    let source = |origin: &crate::text::Origin| {
        let name = origin.file.relative_to(Path::new("/project"));
        let text = files.iter().find(|(path, _)| *path == name).map_or("", |(_, text)| *text);
        let here = text.get(origin.span.start()..origin.span.end()).unwrap_or("OUTSIDE");
        let line = text[..origin.span.start()].lines().count();
        let here: Vec<&str> = here.split_whitespace().collect();
        let here = here.join(" ");
        let short: String = here.chars().take(60).collect();
        format!("{name}:{line} `{short}{}`", if short.len() < here.len() { "…" } else { "" })
    };
    let mut shown = String::new();
    let names: Vec<String> = facts.files.iter().map(|file| file.relative_to(Path::new("/project"))).collect();
    writeln!(shown, "files {}", names.join(" ")).unwrap();
    writeln!(shown, "systems {}", facts.systems.join(" ")).unwrap();
    writeln!(shown, "complete {}", facts.complete).unwrap();
    for gap in &facts.gaps {
        writeln!(shown, "gap {}: {}", source(&gap.origin), gap.why).unwrap();
    }
    for set in &facts.cross_sets {
        write!(shown, "cross set {}", show_platform(&set.platform)).unwrap();
        write!(shown, " {:?}", set.platform.how).unwrap();
        if let Some(triple) = &set.platform.triple {
            write!(shown, " for {triple}").unwrap();
        }
        if let Some(origin) = &set.platform.origin {
            write!(shown, " at {}", source(origin)).unwrap();
        }
        if let Some(origin) = &set.config_origin {
            write!(shown, " named at {}", source(origin)).unwrap();
        }
        writeln!(shown, "{}", if set.literal.is_some() { " with a literal" } else { "" }).unwrap();
    }
    for derivation in facts.packages.iter().chain(&facts.shells) {
        show_derivation(&mut shown, derivation, &source);
    }
    shown
}

fn show_derivation(
    shown: &mut String,
    derivation: &Derivation,
    source: &dyn Fn(&crate::text::Origin) -> String,
) {
    writeln!(shown, "\n{}", derivation.attribute).unwrap();
    writeln!(shown, "  key {}", source(&derivation.origin)).unwrap();
    writeln!(shown, "  {:?} for {}", derivation.builder, show_platform(&derivation.platform)).unwrap();
    if let Some(name) = &derivation.package_name {
        writeln!(shown, "  named {name}").unwrap();
    }
    writeln!(shown, "  complete {}, toolchain {:?}", derivation.complete, derivation.toolchain).unwrap();
    for target in &derivation.targets {
        writeln!(shown, "  target {}", show_text(target)).unwrap();
    }
    for variable in &derivation.env {
        let name = match &variable.name {
            Known::Value(name) => name.clone(),
            Known::Unknown(name) => format!("?{name}"),
        };
        writeln!(shown, "  {:?} {name} = {}", variable.form, show_text(&variable.value)).unwrap();
        writeln!(
            shown,
            "      key {}; value {}",
            source(&variable.name_origin),
            source(&variable.value_origin)
        )
        .unwrap();
        if let Some(binding) = &variable.binding {
            writeln!(shown, "      binding {}", source(binding)).unwrap();
        }
    }
    for input in &derivation.inputs {
        let output = input.item.output.as_ref().map_or(String::new(), |output| format!(" output {output}"));
        let platform = show_platform(&input.item.platform);
        writeln!(
            shown,
            "  {} {}{output} from {platform} at {}",
            input.via,
            input.item.attribute,
            source(&input.origin)
        )
        .unwrap();
    }
    for phase in &derivation.phases {
        writeln!(shown, "  phase {} {}", phase.name, show_text(&phase.text)).unwrap();
    }
    if let Some(set) = &derivation.literal {
        let paths: Vec<&str> = set.bindings.iter().map(|binding| binding.path.as_str()).collect();
        let pkgs = set.pkgs.as_deref().unwrap_or("no name");
        writeln!(shown, "  literal of {}, packages are {pkgs}: {}", set.file.name(), paths.join(" "))
            .unwrap();
    }
}

pub(super) fn show_text(text: &Text) -> String {
    let pieces: Vec<String> = text
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal { text, .. } => text.replace('\n', "\\n"),
            Piece::Store { item, .. } => {
                let output = item.output.as_ref().map_or(String::new(), |output| format!(".{output}"));
                format!("${{{}{output} of {}}}", item.attribute, show_platform(&item.platform))
            }
            Piece::Either { texts, .. } => {
                let texts: Vec<String> = texts.iter().map(show_text).collect();
                format!("«{}»", texts.join(" | "))
            }
            Piece::Unknown { why, .. } => format!("«{why}»"),
        })
        .collect();
    format!("\"{}\"", pieces.concat())
}
