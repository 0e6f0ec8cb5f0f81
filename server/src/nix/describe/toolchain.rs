//! Where a derivation's Rust toolchain comes from.

use std::rc::Rc;

use super::{
    super::{
        evaluator::Evaluator,
        facts::{Builder, Input, Toolchain},
        value::{Attrs, Head, InputKind, Neutral, Thunk, Value},
    },
    attributes::Given,
    inputs::LISTS,
    term::{Call, take_apart},
};

impl Evaluator<'_> {
    pub(super) fn toolchain(
        &mut self,
        call: &Call,
        builder: &Builder,
        given: &Given,
        inputs: &[Input],
    ) -> Toolchain {
        // A framework that was told its toolchain.
        let told: Vec<Thunk> = call
            .context
            .iter()
            .filter(|stage| {
                matches!(
                    stage.last(),
                    "makeRustPlatform"
                        | "overrideToolchain"
                        | "overrideScope"
                        | "overrideScope'"
                        | "callPackage"
                        | ""
                )
            })
            .flat_map(|stage| stage.arguments.clone())
            .chain(call.overrides.clone())
            .collect();
        for argument in told {
            let toolchain = self.toolchain_of_argument(argument);
            if toolchain.is_known() {
                return toolchain;
            }
        }
        let found = self.toolchain_of_inputs(given, inputs);
        if found.is_known() {
            return found;
        }
        match builder {
            Builder::BuildRustPackage | Builder::Crane | Builder::Naersk => Toolchain::Nixpkgs,
            _ => Toolchain::Unknown,
        }
    }

    /// What `makeRustPlatform { cargo = …; rustc = …; }` or `overrideToolchain …` says.
    fn toolchain_of_told(&mut self, told: Thunk) -> Toolchain {
        match self.force(told) {
            Value::Attrs(attrs) => {
                for name in ["rustc", "cargo", "toolchain"] {
                    if let Some(attr) = self.attribute(&attrs, name) {
                        let value = self.force(attr.thunk);
                        let toolchain = self.toolchain_of_value(&value);
                        if toolchain.is_known() {
                            return toolchain;
                        }
                    }
                }
                Toolchain::Unknown
            }
            value => self.toolchain_of_value(&value),
        }
    }

    fn toolchain_of_argument(&mut self, argument: Thunk) -> Toolchain {
        match self.force(argument) {
            // `overrideToolchain (pkgs: pkgs.rust-bin…)`, `overrideScope (final: prev: { rustc = …; })`
            value @ Value::Lambda(_) => {
                let place = self.place_of(argument);
                let packages = Value::unknown("the package set", place);
                let packages = self.ready(packages, place);
                let mut value = self.apply(&value, packages, place);
                if let Value::Lambda(_) = value {
                    value = self.apply(&value, packages, place);
                }
                let value = self.ready(value, place);
                self.toolchain_of_told(value)
            }
            _ => self.toolchain_of_told(argument),
        }
    }

    fn toolchain_of_inputs(&mut self, given: &Given, inputs: &[Input]) -> Toolchain {
        for name in LISTS {
            if let Some(attr) = self.attribute(&given.attrs, name) {
                let toolchain = self.toolchain_of_list(attr.thunk, 4);
                if matches!(toolchain, Toolchain::Declared { .. }) {
                    return toolchain;
                }
            }
        }
        let has = |names: &[&str]| inputs.iter().any(|input| names.contains(&&*input.item.attribute));
        if has(&["rustup", "rustup-toolchain-install-master"]) {
            Toolchain::Rustup
        } else if has(&["rustc", "cargo", "rustPackages.rustc", "rustPackages.cargo"]) {
            Toolchain::Nixpkgs
        } else {
            Toolchain::Unknown
        }
    }

    fn toolchain_of_list(&mut self, thunk: Thunk, depth: usize) -> Toolchain {
        let Some(depth) = depth.checked_sub(1) else { return Toolchain::Unknown };
        match self.force(thunk) {
            Value::List(list) => {
                for item in &list.items {
                    let toolchain = self.toolchain_of_list(*item, depth);
                    if matches!(toolchain, Toolchain::Declared { .. }) {
                        return toolchain;
                    }
                }
                Toolchain::Unknown
            }
            value => self.toolchain_of_value(&value),
        }
    }

    fn toolchain_of_value(&mut self, value: &Value) -> Toolchain {
        match value {
            Value::Neutral(term) => self.toolchain_of_term(&Rc::clone(term)),
            Value::Either(either) => {
                let either = Rc::clone(either);
                let mut known = either.values.iter().map(|value| self.toolchain_of_value(value));
                known.find(Toolchain::is_known).unwrap_or_default()
            }
            _ => Toolchain::Unknown,
        }
    }

    fn toolchain_of_term(&mut self, term: &Rc<Neutral>) -> Toolchain {
        let call = take_apart(self, term.plain());
        let path = call.path();
        let names: Vec<&str> = call.main.names.iter().map(|name| &**name).collect();
        let is_fenix = match &call.head {
            Head::Input(input) => input.kind == InputKind::Fenix,
            _ => names.first() == Some(&"fenix"),
        };
        // A term on an unknown set may still say "rust-bin": overlays are applied elsewhere.
        if names.contains(&"rust-bin") || names.iter().any(|name| name.starts_with("rustChannel")) {
            return self.rust_overlay_toolchain(&call);
        }
        if is_fenix {
            return self.fenix_toolchain(&call);
        }
        match &*path {
            "rustup" => Toolchain::Rustup,
            "rustc" | "cargo" => Toolchain::Nixpkgs,
            _ => Toolchain::Unknown,
        }
    }

    /// `rust-bin.stable.latest.default.override { targets = […]; }` and its like.
    fn rust_overlay_toolchain(&mut self, call: &Call) -> Toolchain {
        let mut targets = Vec::new();
        let mut complete = true;
        for argument in call.overrides.clone() {
            complete &= match self.force(argument) {
                Value::Attrs(attrs) => self.add_targets(&attrs, &mut targets),
                _ => false,
            };
        }
        if call.main.last() == "fromRustupToolchainFile" {
            complete &=
                call.main.arguments.first().is_some_and(|file| self.add_file_targets(*file, &mut targets));
            return Toolchain::Declared { targets, from_file: true, complete };
        }
        if call.main.last() == "fromRustupToolchain" {
            complete &= match call.main.arguments.first().map(|given| self.force(*given)) {
                Some(Value::Attrs(attrs)) => self.add_targets(&attrs, &mut targets),
                _ => false,
            };
        }
        if call.main.last() == "selectLatestNightlyWith"
            && let Some(select) = call.main.arguments.first()
        {
            // The function gets a toolchain set and picks from it.
            let place = self.place_of(*select);
            let function = self.force(*select);
            let names = ["rust-bin", "nightly", "latest"].map(|name| self.symbol(name));
            let mut base = Value::unknown("the latest nightly", place);
            for name in names {
                base = self.select(&base, name, place);
            }
            let base = self.ready(base, place);
            let picked = self.apply(&function, base, place);
            if let Value::Neutral(term) = picked {
                return self.rust_overlay_toolchain(&take_apart(self, term.plain()));
            }
            complete = false;
        }
        Toolchain::Declared { targets, from_file: false, complete }
    }

    /// fenix: `combine […]`, `targets.TRIPLE.latest.rust-std`, `fromToolchainFile { file; }`, `stable.toolchain`.
    fn fenix_toolchain(&mut self, call: &Call) -> Toolchain {
        let mut targets = Vec::new();
        let names = &call.main.names;
        if let Some(at) = names.iter().position(|name| &**name == "targets")
            && let Some(triple) = names.get(at + 1)
        {
            targets.push(triple.to_string());
        }
        let mut from_file = false;
        let mut complete = true;
        for argument in call.main.arguments.clone() {
            match self.force(argument) {
                Value::List(parts) => {
                    complete &= parts.rest.is_none();
                    for part in &parts.items {
                        let part = self.force(*part);
                        // `withComponents [ "cargo" "rustc" ]`
                        if let Value::Str(_) = part {
                            continue;
                        }
                        match self.toolchain_of_value(&part) {
                            Toolchain::Declared { targets: more, from_file: file, complete: whole } => {
                                targets.extend(more);
                                from_file |= file;
                                complete &= whole;
                            }
                            _ => complete = false,
                        }
                    }
                }
                Value::Attrs(attrs) => {
                    for name in ["file", "dir"] {
                        if let Some(attr) = self.attribute(&attrs, name) {
                            from_file = true;
                            complete &= self.add_file_targets(attr.thunk, &mut targets);
                        }
                    }
                    complete &= self.add_targets(&attrs, &mut targets);
                }
                // The names of components, or `null`.
                Value::Str(_) | Value::Null => {}
                _ => complete = false,
            }
        }
        targets.sort();
        targets.dedup();
        Toolchain::Declared { targets, from_file, complete }
    }

    /// The `targets` of a set; false when some of them cannot be known.
    fn add_targets(&mut self, attrs: &Attrs, into: &mut Vec<String>) -> bool {
        let Some(attr) = self.attribute(attrs, "targets") else { return attrs.rest.is_none() };
        let Value::List(list) = self.force(attr.thunk) else { return false };
        let mut complete = list.rest.is_none();
        for item in &list.items {
            let value = self.force(*item);
            let name = Self::known_text(&value);
            complete &= name.is_some();
            into.extend(name);
        }
        complete
    }

    /// The `targets` of a rust-toolchain file; false when they cannot be known.
    fn add_file_targets(&mut self, file: Thunk, into: &mut Vec<String>) -> bool {
        let value = self.force(file);
        let place = self.place_of(file);
        let Some(path) = self.path_of(&value) else { return false };
        let path = match self.snapshot.files.kind(&path) {
            crate::snapshot::Kind::Folder => path.join("rust-toolchain.toml"),
            _ => path.to_path_buf(),
        };
        let text = self.read_text(&path, place);
        let toolchain = self.toml_value(&text, place);
        let toolchain = self.select_named(&toolchain, "toolchain", place);
        match toolchain {
            Value::Attrs(attrs) => self.add_targets(&attrs, into),
            _ => false,
        }
    }
}
