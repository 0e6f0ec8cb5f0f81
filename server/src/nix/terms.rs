//! What is known of neutral terms: `pkgs.stdenv.isLinux` is a truth value, not a package.

use std::{rc::Rc, sync::Arc};

use super::{
    evaluate::Selected,
    evaluator::Evaluator,
    package_set::PackageSet,
    platform::Machine,
    value::{Attrs, Head, InputKind, Neutral, Place, StrPiece, Symbol, Thunk, Value},
};

impl Evaluator<'_> {
    /// `term.name`.
    pub(super) fn attribute_of_term(&mut self, term: &Rc<Neutral>, name: Symbol, place: Place) -> Selected {
        let neutral = |term: &Rc<Neutral>| Selected::Maybe(term.select(name, place));
        match &**term {
            Neutral::Head(head, _) => match head {
                Head::Packages(set) => self.package_attribute(set, name, place),
                Head::Library => self.library_attribute(term, name, place),
                Head::Builtins => self.builtins_attribute(term, name, place),
                Head::Platform(machine) => self.platform_attribute(machine, name, place),
                Head::Flake => self.self_attribute(term, name, place),
                Head::Input(input) => self.input_attribute(term, input, name, place),
                Head::Config(config) => self.config_attribute(term, *config, name, place),
                Head::Unknown(_) => neutral(term),
            },
            Neutral::Select { base, name: parent, .. } => {
                let parent = *parent;
                self.attribute_below(term, base, parent, name, place).unwrap_or_else(|| neutral(term))
            }
            Neutral::Apply { .. } => {
                let mut found = None;
                self.deeper(place, |this| {
                    found = this.attribute_of_call(term, name, place);
                    Value::Null
                });
                found.unwrap_or_else(|| neutral(term))
            }
            Neutral::Overridable { result, .. } => {
                // The call is repeated when `override` is applied, so the term stays whole for it.
                match self.names.get(name) {
                    "override" => neutral(term),
                    _ => self.attribute_of_term(&Rc::clone(result), name, place),
                }
            }
        }
    }

    /// `base.parent.name`, where that is more than a package.
    fn attribute_below(
        &mut self,
        term: &Rc<Neutral>,
        base: &Rc<Neutral>,
        parent: Symbol,
        name: Symbol,
        place: Place,
    ) -> Option<Selected> {
        let parent = self.name(parent);
        let text = self.name(name);
        match &**base {
            Neutral::Head(Head::Packages(set), _) => {
                let set = Rc::clone(set);
                match &*parent {
                    "pkgsCross" => Some(self.cross_attribute(&set, name, place)),
                    "rust" if &*text == "envVars" => Some(Selected::Found(self.rust_variables(&set, place))),
                    "rust" => self.rust_function(&set, name, place),
                    _ if parent.to_lowercase().ends_with("stdenv") || parent.starts_with("stdenv") => {
                        self.stdenv_attribute(&set, name, place)
                    }
                    _ => prefix(&set, &parent, &text)
                        .map(|prefix| Selected::Found(Value::text(&prefix, place))),
                }
            }
            Neutral::Head(Head::Input(input), _) => match (input.kind, &*parent) {
                (InputKind::Nixpkgs, "legacyPackages" | "packages") => {
                    let set = PackageSet::native(Machine::from_system(&text));
                    Some(Selected::Found(Value::head(Head::Packages(set), place)))
                }
                (InputKind::FlakeUtils, "lib") => Some(self.flake_utils_attribute(term, name, place)),
                (InputKind::FlakeParts, "lib") => Some(self.flake_parts_attribute(term, name, place)),
                _ => None,
            },
            Neutral::Head(Head::Library, _) => match &*parent {
                "systems" => self.systems_attribute(name, place).map(Selected::Found),
                "platforms" => self.platform_list(&text, place).map(Selected::Found),
                "path" if &*text == "append" => {
                    Some(Selected::Found(Self::library_value("append path", place)))
                }
                _ => None,
            },
            Neutral::Select { base: packages, name: stdenv, .. } => match &**packages {
                // `pkgs.rust.lib.envVars`
                Neutral::Head(Head::Packages(set), _)
                    if &*text == "envVars" && &*self.name(*stdenv) == "rust" =>
                {
                    let set = Rc::clone(set);
                    Some(Selected::Found(self.rust_variables(&set, place)))
                }
                // `pkgs.stdenv.cc.targetPrefix` and `pkgs.llvmPackages.clang.targetPrefix`.
                Neutral::Head(Head::Packages(set), _) => prefix(set, &self.name(*stdenv), &text)
                    .map(|prefix| Selected::Found(Value::text(&prefix, place))),
                // `lib.systems.examples.NAME`
                Neutral::Head(Head::Library, _)
                    if &*self.name(*stdenv) == "systems" && &*parent == "examples" =>
                {
                    self.example_system(&text, place).map(Selected::Found)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn stdenv_attribute(&mut self, set: &Rc<PackageSet>, name: Symbol, place: Place) -> Option<Selected> {
        let text = self.name(name);
        let platform = |machine: &Rc<Machine>| Value::head(Head::Platform(Rc::clone(machine)), place);
        match &*text {
            "hostPlatform" | "targetPlatform" => Some(Selected::Found(platform(&set.host))),
            "buildPlatform" => Some(Selected::Found(platform(&set.build))),
            "system" | "isLinux" | "isDarwin" | "isx86_64" | "isAarch64" | "isMusl" | "isi686"
            | "is64bit" => {
                let host = Rc::clone(&set.host);
                Some(self.platform_attribute(&host, name, place))
            }
            _ => None,
        }
    }

    /// `pkgs.rust.envVars`: the compilers by the platform that they make programs for.
    fn rust_variables(&mut self, set: &Rc<PackageSet>, place: Place) -> Value {
        let packages = Value::head(Head::Packages(Rc::clone(set)), place);
        let build = self.select_named(&packages, "buildPackages", place);
        let mut pairs = Vec::new();
        for (platform, packages) in [("Host", &packages), ("Target", &packages), ("Build", &build)] {
            for (variable, program) in [("cc", "cc"), ("cxx", "c++"), ("linker", "cc")] {
                let packages = packages.clone();
                let thunk = self.delay_code(place, move |this| {
                    let stdenv = this.select_named(&packages, "stdenv", place);
                    let compiler = this.select_named(&stdenv, "cc", place);
                    let prefix = this.select_named(&compiler, "targetPrefix", place);
                    let mut pieces = this.text_of(&compiler, place).pieces.clone();
                    pieces.push(StrPiece::Literal { text: Arc::from("/bin/"), place });
                    pieces.extend(this.text_of(&prefix, place).pieces.iter().cloned());
                    pieces.push(StrPiece::Literal { text: Arc::from(program), place });
                    Value::string(pieces)
                });
                pairs.push((format!("{variable}For{platform}"), thunk));
            }
        }
        let pairs = pairs.iter().map(|(name, thunk)| (name.as_str(), *thunk)).collect();
        Value::Attrs(self.attrs_of(pairs))
    }

    /// What a call was given: `package.pname` is the `pname` that the builder got.
    fn attribute_of_call(&mut self, term: &Rc<Neutral>, name: Symbol, place: Place) -> Option<Selected> {
        let Neutral::Apply { function, argument, .. } = &**term else { return None };
        // A change of what was changed before keeps both.
        if self.names.get(name).starts_with("override") {
            return None;
        }
        if let Some(crates) = self.crates_of_workspace(term, &Rc::clone(function), *argument, name) {
            return Some(Selected::Found(crates));
        }
        if let Neutral::Select { base, name: method, .. } = &**function.plain() {
            match &*self.name(*method) {
                "overrideAttrs" | "overrideDerivation" => {
                    return self.attribute_of_changed(&Rc::clone(base), *argument, name, place);
                }
                "override" => return None,
                _ => {}
            }
        }
        let mut value = self.force(*argument);
        // `runCommand "name" { passthru = …; } "script"`: the attributes stand further in front.
        let mut at = function;
        while !matches!(value, Value::Attrs(_) | Value::Lambda(_))
            && let Neutral::Apply { function, argument, .. } = &**at.plain()
        {
            value = self.force(*argument);
            at = function;
        }
        if let Value::Lambda(_) = value {
            // What an unknown function gives to the function that it gets is not its own result.
            if matches!(term.bottom(), Head::Unknown(_) | Head::Config(_))
                || matches!(term.bottom(), Head::Input(input) if input.kind == InputKind::Other)
            {
                return None;
            }
            // `mkDerivation (finalAttrs: { … })`
            value = self.fixed_point(&value, place);
        }
        let attrs: &Rc<Attrs> = value.as_attrs()?;
        if let Some(attr) = attrs.get(name) {
            let thunk = attr.thunk;
            return Some(Selected::Found(self.force(thunk)));
        }
        let text = self.name(name);
        match (&*text, term.bottom()) {
            ("name", _) => {
                let (name, version) =
                    (self.attribute(attrs, "pname")?.thunk, self.attribute(attrs, "version")?.thunk);
                let (name, version) = (self.force(name), self.force(version));
                let mut pieces = self.text_of(&name, place).pieces.clone();
                pieces.push(StrPiece::Literal { text: Arc::from("-"), place });
                pieces.extend(self.text_of(&version, place).pieces.iter().cloned());
                Some(Selected::Found(Value::string(pieces)))
            }
            ("stdenv", Head::Packages(set)) => {
                let packages = Value::head(Head::Packages(Rc::clone(set)), place);
                Some(self.attribute_of(&packages, name, place))
            }
            _ => {
                // Both are attributes of the derivation itself.
                for holder in ["passthru", "env"] {
                    if let Some(holder) = self.attribute(attrs, holder)
                        && let holder @ Value::Attrs(_) = self.force(holder.thunk)
                        && let found @ Selected::Found(_) = self.attribute_of(&holder, name, place)
                    {
                        return Some(found);
                    }
                }
                // Lists of inputs are empty where nobody gives one.
                let is_given = attrs.rest.is_none() && self.attribute(attrs, "inputsFrom").is_none();
                let is_list = super::describe::INPUT_LISTS.contains(&&*text) && &*text != "packages";
                (is_given && is_list).then(|| Selected::Found(Value::list(Vec::new())))
            }
        }
    }

    /// An attribute of `base.overrideAttrs change`.
    fn attribute_of_changed(
        &mut self,
        base: &Rc<Neutral>,
        change: Thunk,
        name: Symbol,
        place: Place,
    ) -> Option<Selected> {
        let old = self.ready(Value::Neutral(Rc::clone(base)), place);
        let mut change = self.force(change);
        if let Value::Lambda(_) = change {
            change = self.apply(&change, old, place);
        }
        if let Value::Lambda(_) = change {
            change = self.apply(&change, old, place);
        }
        let Value::Attrs(change) = change else { return None };
        match change.get(name) {
            Some(attr) => {
                let thunk = attr.thunk;
                Some(Selected::Found(self.force(thunk)))
            }
            None => Some(self.attribute_of_term(base, name, place)),
        }
    }

    /// `term argument`.
    pub(super) fn apply_term(&mut self, term: &Rc<Neutral>, argument: Thunk, place: Place) -> Value {
        if let Neutral::Select { base, name, .. } = &**term
            && self.names.get(*name) == "override"
            && let Neutral::Overridable { function, arguments, .. } = &**base
        {
            let (function, arguments) = (*function, Rc::clone(arguments));
            return self.override_call(function, &arguments, argument, place);
        }
        if let Neutral::Head(Head::Input(input), _) = &**term
            && let Some(value) = self.call_input(term, &Rc::clone(input), argument, place)
        {
            return value;
        }
        if let Neutral::Select { name, .. } = &**term
            && self.names.get(*name) == "crateNameFromCargoToml"
            && let Some(named) = self.name_from_manifest(argument, place)
        {
            return named;
        }
        term.apply(argument, place)
    }

    /// crane's `crateNameFromCargoToml { src; }` or `{ cargoToml; }`.
    fn name_from_manifest(&mut self, argument: Thunk, place: Place) -> Option<Value> {
        let Value::Attrs(given) = self.force(argument) else { return None };
        let path = match self.attribute(&given, "cargoToml") {
            Some(manifest) => {
                let manifest = self.force(manifest.thunk);
                self.path_of(&manifest)?.to_path_buf()
            }
            None => {
                let source = self.attribute(&given, "src")?;
                let source = self.force(source.thunk);
                self.path_of(&source)?.join("Cargo.toml")
            }
        };
        let text = self.read_text(&path, place);
        let manifest = self.toml_value(&text, place);
        let (package, workspace) = (self.symbol("package"), self.symbol("workspace"));
        let mut pairs = Vec::new();
        for (into, key) in [("pname", "name"), ("version", "version")] {
            let key = self.symbol(key);
            let mut found = None;
            if let Selected::Found(table) = self.attribute_of(&manifest, package, place)
                && let Selected::Found(value @ Value::Str(_)) = self.attribute_of(&table, key, place)
            {
                found = Some(value);
            } else if let Selected::Found(table) = self.attribute_of(&manifest, workspace, place)
                && let Selected::Found(table) = self.attribute_of(&table, package, place)
                && let Selected::Found(value @ Value::Str(_)) = self.attribute_of(&table, key, place)
            {
                found = Some(value);
            }
            let value = found.unwrap_or_else(|| Self::unknown_text("a name or version by crane", place));
            pairs.push((into, self.ready(value, place)));
        }
        Some(Value::Attrs(self.attrs_of(pairs)))
    }

    /// Repeats a call with some arguments changed.
    fn override_call(
        &mut self,
        function: Thunk,
        arguments: &Rc<Attrs>,
        change: Thunk,
        place: Place,
    ) -> Value {
        let mut change = self.force(change);
        if let Value::Lambda(_) = change {
            let old = self.ready(Value::Attrs(Rc::clone(arguments)), place);
            change = self.apply(&change, old, place);
        }
        let arguments = self.update(&Value::Attrs(Rc::clone(arguments)), &change, place);
        match arguments {
            Value::Attrs(arguments) => {
                let function_value = self.force(function);
                self.call_overridable(&function_value, function, arguments, place)
            }
            other => Self::unknown_from(other, "an override that cannot be known here", place),
        }
    }

    /// Calls a function so that `override` can call it again.
    pub(super) fn call_overridable(
        &mut self,
        function: &Value,
        thunk: Thunk,
        arguments: Rc<Attrs>,
        place: Place,
    ) -> Value {
        let argument = self.ready(Value::Attrs(Rc::clone(&arguments)), place);
        match self.apply(function, argument, place) {
            Value::Neutral(result) => {
                Value::Neutral(Rc::new(Neutral::Overridable { result, function: thunk, arguments, place }))
            }
            other => other,
        }
    }
}

/// Attributes of `buildPackages` that are compilers for the platform of the cross set. (Its `stdenv` is
/// the builder's own.)
pub(super) fn is_compiler(attribute: &str) -> bool {
    ["gcc", "clang", "binutils", "bintools", "llvmPackages"].iter().any(|name| attribute.starts_with(name))
}

/// What the names of a compiler's programs start with: `aarch64-unknown-linux-gnu-` for a cross
/// compiler, nothing for a native one.
fn prefix(set: &PackageSet, package: &str, attribute: &str) -> Option<String> {
    if attribute != "targetPrefix" {
        return None;
    }
    let (target, is_native) = match &set.compiles_for {
        Some(platform) if is_compiler(package) => {
            (platform.config.as_deref()?, platform.config.as_deref() == set.build.config.as_deref())
        }
        // Static alone makes it a cross compiler: pkgsStatic on macOS.
        _ => (set.host.config.as_deref()?, set.host == set.build),
    };
    Some(if is_native { String::new() } else { format!("{target}-") })
}
