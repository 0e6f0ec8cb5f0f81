//! The flake's own file: its inputs, `self`, and what its outputs come to.

use std::{collections::HashSet, rc::Rc, sync::Arc};

use super::{
    evaluate::Selected,
    evaluator::Evaluator,
    files::File,
    platform::DEFAULT_SYSTEMS,
    value::{Attr, Attrs, FlakeInput, Head, InputKind, Neutral, Place, Symbol, Thunk, Value},
};
use crate::syntax::Source;

/// What `self` is made of.
#[derive(Clone, Debug)]
pub(super) struct Flake {
    /// What the outputs come to.
    pub(super) outputs: Thunk,
    /// Its inputs, with `self`.
    pub(super) inputs: Rc<Attrs>,
    /// Where the outputs are written.
    pub(super) place: Place,
}

/// nixpkgs, when nothing but its name is known.
pub(super) fn nixpkgs_by_name(name: &str) -> Rc<FlakeInput> {
    Rc::new(FlakeInput { name: Rc::from(name), project: Rc::from("nixpkgs"), kind: InputKind::Nixpkgs })
}

/// flake-parts, as its own modules know it.
pub(super) fn flake_parts_by_name() -> Rc<FlakeInput> {
    let name: Rc<str> = Rc::from("flake-parts");
    Rc::new(FlakeInput { name: Rc::clone(&name), project: name, kind: InputKind::FlakeParts })
}

impl Evaluator<'_> {
    /// Opens a flake: makes `self`, its inputs, and its outputs as something to ask for. `None` when the
    /// file has no outputs that can be read.
    pub(super) fn open_flake(&mut self, source: &Arc<Source>) -> Option<Flake> {
        let file = self.open(source);
        let value = (*self.file_values.first()?)?;
        let value = self.force(value);
        let attrs = Rc::clone(value.as_attrs()?);
        let outputs = self.attribute(&attrs, "outputs")?;
        let inputs = self.inputs(&attrs, outputs.thunk, &file);
        let place = self.place_of(outputs.thunk);
        let argument = self.ready(Value::Attrs(Rc::clone(&inputs)), place);
        let result = self.delay_code(place, move |this| {
            let function = this.force(outputs.thunk);
            this.apply(&function, argument, place)
        });
        let flake = Flake { outputs: result, inputs, place };
        self.flake = Some(flake.clone());
        Some(flake)
    }

    /// The argument of `outputs`: what `inputs` declares, what the function's pattern names, and `self`.
    fn inputs(&mut self, flake: &Attrs, outputs: Thunk, file: &Rc<File>) -> Rc<Attrs> {
        let mut declared: Vec<(Symbol, InputKind, Rc<str>, Place)> = Vec::new();
        if let Some(attr) = self.attribute(flake, "inputs")
            && let Value::Attrs(inputs) = self.force(attr.thunk)
        {
            for (name, attr) in &inputs.entries {
                let place = self.place_of(attr.thunk);
                let url = self.input_url(attr.thunk);
                let kind = input_kind(&self.name(*name), url.as_deref());
                let project = project(&self.name(*name), url.as_deref());
                declared.push((*name, kind, project, place));
            }
        }
        let function = self.force(outputs);
        let mut known: HashSet<Symbol> = declared.iter().map(|(name, ..)| *name).collect();
        for formal in self.formals(&function).unwrap_or_default() {
            if known.insert(formal.name) {
                // An input that is not declared is looked up in the registry by its name.
                let kind = input_kind(&self.name(formal.name), None);
                let project = project(&self.name(formal.name), None);
                declared.push((formal.name, kind, project, self.place_of(outputs)));
            }
        }
        let mut entries = Vec::new();
        for (name, kind, project, place) in declared {
            let input = Rc::new(FlakeInput { name: Rc::from(&*self.name(name)), project, kind });
            let thunk = self.ready(Value::head(Head::Input(input), place), place);
            entries.push((name, Attr::bare(thunk)));
        }
        let name = self.symbol("self");
        let place = file.at(crate::text::Span::at(0));
        let thunk = self.ready(Value::head(Head::Flake, place), place);
        entries.push((name, Attr::bare(thunk)));
        Rc::new(Attrs::from_pairs(entries))
    }

    /// Where an input comes from: its `url`, the `owner/repo` of the long form, or the input that it follows.
    fn input_url(&mut self, input: Thunk) -> Option<String> {
        let Value::Attrs(input) = self.force(input) else { return None };
        let mut text = |name: &str| {
            let attr = self.attribute(&input, name)?;
            let value = self.force(attr.thunk);
            Self::literal(&value)
        };
        if let Some(url) = text("url") {
            return Some(url.to_string());
        }
        if let (Some(owner), Some(repo)) = (text("owner"), text("repo")) {
            return Some(format!("github:{owner}/{repo}"));
        }
        let follows = text("follows")?;
        follows.rsplit('/').next().map(|name| format!("follows:{name}"))
    }

    /// An attribute of an input.
    pub(super) fn input_attribute(
        &mut self,
        term: &Rc<Neutral>,
        input: &FlakeInput,
        name: Symbol,
        place: Place,
    ) -> Selected {
        let text = self.name(name);
        match (input.kind, &*text) {
            (InputKind::Nixpkgs, "lib") => Selected::Found(Value::head(Head::Library, place)),
            (_, "outPath") => Selected::Found(Value::Neutral(Rc::clone(term))),
            _ => self.model_attribute(term, input, name, place),
        }
    }

    /// An attribute of `self`.
    pub(super) fn self_attribute(&mut self, term: &Rc<Neutral>, name: Symbol, place: Place) -> Selected {
        let Some(flake) = self.flake.clone() else { return Selected::Maybe(term.select(name, place)) };
        let text = self.name(name);
        match &*text {
            "inputs" => Selected::Found(Value::Attrs(flake.inputs)),
            "outputs" => Selected::Found(self.force(flake.outputs)),
            "outPath" | "sourceInfo" => Selected::Found(Value::Neutral(Rc::clone(term))),
            "rev" | "shortRev" | "dirtyRev" | "dirtyShortRev" | "lastModified" | "lastModifiedDate"
            | "narHash" | "revCount" | "submodules" => {
                let why = "what the version control says of the flake";
                let value = match &*text {
                    "lastModified" | "revCount" => Value::unknown(why, place),
                    _ => Self::unknown_text(why, place),
                };
                Selected::Maybe(value)
            }
            _ => {
                if self.known(flake.outputs).is_none()
                    && !super::flake_parts::KINDS.contains(&&*text)
                    && let Some(own @ Value::Attrs(_)) = self.flake_so_far.clone()
                    && let found @ Selected::Found(_) = self.attribute_of(&own, name, place)
                {
                    return found;
                }
                let outputs = self.force(flake.outputs);
                self.attribute_of(&outputs, name, place)
            }
        }
    }

    /// What `import input` comes to.
    pub(super) fn import_input(&mut self, term: &Rc<Neutral>, input: &FlakeInput, place: Place) -> Value {
        match input.kind {
            InputKind::Nixpkgs => match super::builtins::package_function("import nixpkgs") {
                Some(builtin) => {
                    Value::Builtin(Rc::new(super::value::Partial { builtin, arguments: Vec::new() }))
                }
                None => Value::Null,
            },
            InputKind::Systems(systems) => self.text_list(systems, place),
            // A function or overlay of that input; calls of it keep their arguments.
            _ => Value::Neutral(Rc::clone(term)),
        }
    }

    pub(super) fn text_list(&mut self, texts: &[&str], place: Place) -> Value {
        let items = texts.iter().map(|text| self.thunk_text(text, place)).collect();
        Value::list(items)
    }
}

/// What the repository is called that an input comes from; the input's name when nothing says it.
fn project(name: &str, url: Option<&str>) -> Rc<str> {
    let url = url.unwrap_or(name).to_lowercase();
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once(':').map_or(path, |(_, path)| path);
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let part = match parts.as_slice() {
        // FlakeHub: https://flakehub.com/f/owner/repository/version
        [_, "f", _, repository, ..] => repository,
        // https://host/owner/repository/archive/…
        [host, _, repository, ..] if host.contains('.') && url.contains("://") => repository,
        [_, repository, ..] => repository,
        [repository] => repository,
        [] => name,
    };
    let part = part.strip_suffix(".git").unwrap_or(part);
    Rc::from(part.split(".tar").next().unwrap_or(part))
}

/// What we know of an input by where it comes from; by its name when nothing says where.
fn input_kind(name: &str, url: Option<&str>) -> InputKind {
    const LINUX: &[&str] = &["aarch64-linux", "x86_64-linux"];
    const DARWIN: &[&str] = &["aarch64-darwin", "x86_64-darwin"];
    let source = match url {
        Some(url) => match url.strip_prefix("follows:") {
            Some(followed) => return input_kind(followed, None),
            None => url.to_lowercase(),
        },
        None => format!("/{}", name.to_lowercase()),
    };
    let from = |part: &str| source.contains(part);
    if from("nix-systems/") || (url.is_none() && name == "systems") {
        let systems = match source.rsplit('/').next().unwrap_or_default() {
            "default-linux" => LINUX,
            "default-darwin" => DARWIN,
            "x86_64-linux" => &["x86_64-linux"],
            "aarch64-linux" => &["aarch64-linux"],
            "x86_64-darwin" => &["x86_64-darwin"],
            "aarch64-darwin" => &["aarch64-darwin"],
            _ => DEFAULT_SYSTEMS,
        };
        return InputKind::Systems(systems);
    }
    let known = [
        ("/flake-utils", InputKind::FlakeUtils),
        ("/flake-parts", InputKind::FlakeParts),
        ("/crane", InputKind::Crane),
        ("/naersk", InputKind::Naersk),
        ("/rust-overlay", InputKind::RustOverlay),
        ("/fenix", InputKind::Fenix),
    ];
    for (part, kind) in known {
        // "github:numtide/flake-utils/v1.0.0" is it; "github:gytis-ivaskevicius/flake-utils-plus" is not.
        let is_it = source.find(part).is_some_and(|at| {
            let rest = source.get(at + part.len()..).unwrap_or_default();
            !rest.starts_with(|character: char| character.is_alphanumeric() || character == '-')
        });
        if is_it {
            return kind;
        }
    }
    if from("nixpkgs") && !from("nixpkgs-lib") && !from("nixpkgs.lib") && !from("nixpkgs-fmt") {
        return InputKind::Nixpkgs;
    }
    // Tarballs of channels, mirrors: nobody calls something else nixpkgs.
    if from("channels.nixos.org") || from("nixexprs") || name == "nixpkgs" {
        return InputKind::Nixpkgs;
    }
    // nixpkgs' lib alone is a flake of its own; it has the same `lib`.
    if from("nixpkgs.lib") || from("nixpkgs-lib") {
        return InputKind::Nixpkgs;
    }
    InputKind::Other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_known_by_their_source() {
        for (name, url, kind) in [
            ("nixpkgs", Some("github:NixOS/nixpkgs/nixos-unstable"), InputKind::Nixpkgs),
            ("stable", Some("nixpkgs/nixos-24.05"), InputKind::Nixpkgs),
            ("nixpkgs", None, InputKind::Nixpkgs),
            ("pkgs", Some("follows:nixpkgs"), InputKind::Nixpkgs),
            ("nixpkgs", Some("https://flakehub.com/f/NixOS/nixpkgs/0.1"), InputKind::Nixpkgs),
            ("pkgs", Some("https://channels.nixos.org/nixos-unstable/nixexprs.tar.xz"), InputKind::Nixpkgs),
            ("utils", Some("github:numtide/flake-utils"), InputKind::FlakeUtils),
            ("utils", Some("github:numtide/flake-utils/v1.0.0"), InputKind::FlakeUtils),
            ("utils", Some("github:gytis-ivaskevicius/flake-utils-plus"), InputKind::Other),
            ("crane", Some("github:ipetkov/crane?ref=v0.20"), InputKind::Crane),
            ("rust-overlay", None, InputKind::RustOverlay),
            ("nur", Some("github:your-org/nur-nix"), InputKind::Other),
            ("systems", Some("github:nix-systems/default"), InputKind::Systems(DEFAULT_SYSTEMS)),
        ] {
            assert_eq!(input_kind(name, url), kind, "{name} {url:?}");
        }
    }
}
