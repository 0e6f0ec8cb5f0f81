//! Models of flake inputs: what the functions and modules of well-known projects come to, as far as it
//! matters here, written in Nix.
//!
//! A model is a function of `{ lib, systems, input, frameworks }` to the outputs of that project's flake. What a model
//! does not say stays unknown. What it does say is said where the flake asks for it: no place in a model
//! leaves the evaluator.

use std::{
    rc::Rc,
    sync::{Arc, OnceLock},
};

use super::{
    evaluate::Selected,
    evaluator::Evaluator,
    platform::{DEFAULT_SYSTEMS, FLAKE_EXPOSED},
    value::{Attrs, FlakeInput, Head, InputKind, Neutral, Place, Symbol, Thunk, Value},
};
use crate::{
    syntax::Source,
    text::{Document, FileId},
};

macro_rules! model {
    ($file:literal) => {
        ($file, include_str!(concat!("models/", $file, ".nix")))
    };
}

/// File names and texts.
const TEXTS: &[(&str, &str)] = &[
    model!("blueprint"),
    model!("cargo-doc-live"),
    model!("devenv"),
    model!("devshell"),
    model!("git-hooks"),
    model!("import-tree"),
    model!("lib"),
    model!("nix-cargo-integration"),
    model!("process-compose-flake"),
    model!("rust-flake"),
    model!("rust-overlay"),
    model!("sources"),
    model!("treefmt-nix"),
];

/// The model of nixpkgs' lib: no input has this name.
const LIBRARY: &str = "nixpkgs' lib";

/// Which model is for which project.
fn model_of(project: &str) -> Option<&'static str> {
    Some(match project {
        LIBRARY => "lib",
        "blueprint" => "blueprint",
        "cargo-doc-live" => "cargo-doc-live",
        "devenv" => "devenv",
        "devshell" => "devshell",
        "git-hooks.nix" | "git-hooks" | "pre-commit-hooks.nix" | "pre-commit-hooks" => "git-hooks",
        "import-tree" => "import-tree",
        "nix-cargo-integration" | "nci" => "nix-cargo-integration",
        "process-compose-flake" => "process-compose-flake",
        "rust-flake" => "rust-flake",
        "rust-overlay" => "rust-overlay",
        "gitignore.nix" | "gitignore" | "nix-filter" | "nix-gitignore" | "globset" | "fileset" => "sources",
        "treefmt-nix" | "treefmt" => "treefmt-nix",
        _ => return None,
    })
}

/// Projects whose flake modules add neither packages nor dev shells.
const QUIET: &[&str] = &[
    "agenix-rekey",
    "agenix-shell",
    "cachix-deploy-flake",
    "cargo-doc-live",
    "deploy-rs",
    "easy-hosts",
    "ez-configs",
    "files",
    "flake-parts",
    "flake-root",
    "github-actions-nix",
    "hercules-ci-effects",
    "home-manager",
    "just-flake",
    "mission-control",
    "nix-github-actions",
    "nix-topology",
    "nix-unit",
    "nixos-flake",
    "nixos-unified",
    "omnix",
    "pre-commit-hooks.nix",
    "services-flake",
    "text",
    "treefmt-nix",
];

fn source(file: &str) -> Option<Arc<Source>> {
    static SOURCES: OnceLock<Vec<(&str, Arc<Source>)>> = OnceLock::new();
    let sources = SOURCES.get_or_init(|| {
        let source = |text: &str, name: &str| {
            let id = FileId::new(format!("/model/{name}.nix"));
            Arc::new(Source::new(Document::new(id, text)))
        };
        TEXTS.iter().map(|(name, text)| (*name, source(text, name))).collect()
    });
    sources.iter().find(|(name, _)| *name == file).map(|(_, source)| Arc::clone(source))
}

impl Evaluator<'_> {
    /// `input.name`, as the model of the input says, if there is one.
    pub(super) fn model_attribute(
        &mut self,
        term: &Rc<Neutral>,
        input: &FlakeInput,
        name: Symbol,
        place: Place,
    ) -> Selected {
        let open = term.select(name, place);
        let Some(model) = self.model(input, term, place) else { return Selected::Maybe(open) };
        match self.attribute_of(&model, name, place) {
            // A module is taken as it is; there may be more modules than those of the model.
            Selected::Found(module) if self.names.get(name) == "flakeModule" => Selected::Found(module),
            Selected::Found(Value::Attrs(modules)) if self.names.get(name) == "flakeModules" => {
                let rest = open.as_neutral().cloned();
                Selected::Found(Value::Attrs(Rc::new(Attrs { rest, ..(*modules).clone() })))
            }
            Selected::Found(value) => Selected::Found(self.opened(value, &open, place)),
            Selected::Maybe(_) | Selected::Absent => Selected::Maybe(open),
        }
    }

    /// `lib.name`, as our model of lib has it.
    pub(super) fn library_model(&mut self, term: &Rc<Neutral>, name: Symbol, place: Place) -> Option<Value> {
        // Most names that are asked for are in lib's data (`lib.licenses`), not in the model.
        let text = self.name(name);
        if !source("lib")?.nix().names().iter().any(|known| **known == *text) {
            return None;
        }
        let library = FlakeInput { name: LIBRARY.into(), project: LIBRARY.into(), kind: InputKind::Other };
        let Some(Value::Attrs(model)) = self.model(&library, term, place) else { return None };
        let thunk = model.get(name)?.thunk;
        let open = term.select(name, place);
        let value = self.force(thunk);
        Some(self.opened(value, &open, place))
    }

    /// What stands for the outputs of an input.
    pub(super) fn model(&mut self, input: &FlakeInput, term: &Rc<Neutral>, place: Place) -> Option<Value> {
        let file = model_of(&input.project)?;
        let known = self.models.iter().find(|(known, _)| **known == *input.name).map(|(_, model)| *model);
        let model = match known {
            Some(model) => model,
            None => {
                let model = source(file).and_then(|source| self.open_model(&source, place));
                let model = model.map(|function| {
                    let lib = self.ready(Value::head(Head::Library, place), place);
                    let systems = self.text_list(FLAKE_EXPOSED, place);
                    let systems = self.ready(systems, place);
                    let input = self.ready(Value::Neutral(Rc::clone(term)), place);
                    let frameworks = self.frameworks(place);
                    let given = self.attrs_of(vec![
                        ("lib", lib),
                        ("systems", systems),
                        ("input", input),
                        ("frameworks", frameworks),
                    ]);
                    let given = self.ready(Value::Attrs(given), place);
                    self.delay_code(place, move |this| {
                        let function = this.force(function);
                        this.apply(&function, given, place)
                    })
                });
                self.models.push((Rc::clone(&input.name), model));
                model
            }
        };
        model.map(|model| self.force(model))
    }

    /// Other inputs that models build on.
    fn frameworks(&mut self, place: Place) -> Thunk {
        let kinds = [
            ("crane", InputKind::Crane),
            ("flake-parts", InputKind::FlakeParts),
            ("nixpkgs", InputKind::Nixpkgs),
            ("systems", InputKind::Systems(DEFAULT_SYSTEMS)),
        ];
        let mut pairs = Vec::new();
        for (name, kind) in kinds {
            let input = Rc::new(FlakeInput { name: Rc::from(name), project: Rc::from(name), kind });
            pairs.push((name, self.ready(Value::head(Head::Input(input), place), place)));
        }
        let frameworks = Value::Attrs(self.attrs_of(pairs));
        self.ready(frameworks, place)
    }

    /// A call of an input itself, as `import-tree ./modules`.
    pub(super) fn call_input(
        &mut self,
        term: &Rc<Neutral>,
        input: &FlakeInput,
        argument: Thunk,
        place: Place,
    ) -> Option<Value> {
        let Some(Value::Attrs(model)) = self.model(input, term, place) else { return None };
        let functor = self.attribute(&model, "__functor")?.thunk;
        let functor = self.force(functor);
        let itself = self.ready(Value::Attrs(model), place);
        Some(self.apply_all(&functor, &[itself, argument], place))
    }

    /// Whether a module of an input adds nothing that matters here.
    pub(super) fn is_quiet_module(&self, term: &Neutral) -> bool {
        matches!(term.bottom(), Head::Input(input) if QUIET.contains(&&*input.project))
    }
}
