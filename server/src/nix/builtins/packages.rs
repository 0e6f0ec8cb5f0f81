//! Functions of package sets, and of `lib` on packages.

use std::rc::Rc;

use super::{Attrs, Builtin, Evaluator, LIBRARY, PACKAGES, Place, Thunk, Value, builtin};
use crate::nix::{
    evaluate::Selected,
    value::{Attr, Head, Neutral, Partial, StrPiece},
};

pub(super) const TABLE: &[Builtin] = &[
    builtin("import nixpkgs", PACKAGES, 1, |this, arguments, place| match arguments.first() {
        Some(arguments) => this.import_nixpkgs(*arguments, place),
        None => Value::Null,
    }),
    builtin("callPackage", PACKAGES, 3, call_package),
    builtin("callPackages", PACKAGES, 3, call_package),
    builtin("callPackageWith", LIBRARY, 3, call_package),
    builtin("callPackagesWith", LIBRARY, 3, call_package),
    builtin("newScope", PACKAGES, 2, |this, arguments, place| {
        let [packages, more] = arguments else { return Value::Null };
        let (packages, more) = (*packages, *more);
        // The packages that are added may be made by this very scope.
        let packages = this.delay_code(place, move |this| {
            let (packages, more) = (this.force(packages), this.force(more));
            this.update(&packages, &more, place)
        });
        bound("callPackage", vec![packages])
    }),
    builtin("makeScope", LIBRARY, 2, |this, arguments, place| match arguments {
        [new_scope, function] => this.make_scope(*new_scope, *function, place),
        _ => Value::Null,
    }),
    builtin("overrideScope", PACKAGES, 3, |this, arguments, place| match arguments {
        [new_scope, function, change] => {
            let extends = Evaluator::library_value("extends", place);
            let function = this.apply_all(&extends, &[*change, *function], place);
            let function = this.ready(function, place);
            this.make_scope(*new_scope, function, place)
        }
        _ => Value::Null,
    }),
    builtin("extend", PACKAGES, 2, |this, arguments, place| {
        let (packages, overlay) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        match packages.as_packages() {
            Some(set) => this.extended_set(&Rc::clone(set), vec![overlay], place),
            None => Value::unknown("an extended set", place),
        }
    }),
    builtin("appendOverlays", PACKAGES, 2, |this, arguments, place| {
        let (packages, overlays) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        match (packages.as_packages(), overlays) {
            (Some(set), Value::List(overlays)) => {
                let set = Rc::clone(set);
                let overlays = overlays.items.iter().map(|overlay| this.force(*overlay)).collect();
                this.extended_set(&set, overlays, place)
            }
            _ => packages,
        }
    }),
    builtin("getBin", LIBRARY, 1, |this, arguments, place| this.output_argument(arguments, "bin", place)),
    builtin("getDev", LIBRARY, 1, |this, arguments, place| this.output_argument(arguments, "dev", place)),
    builtin("getLib", LIBRARY, 1, |this, arguments, place| this.output_argument(arguments, "lib", place)),
    builtin("getStatic", LIBRARY, 1, |this, arguments, place| {
        this.output_argument(arguments, "static", place)
    }),
    builtin("getMan", LIBRARY, 1, |this, arguments, place| this.output_argument(arguments, "man", place)),
    builtin("getInclude", LIBRARY, 1, |this, arguments, place| this.output_argument(arguments, "dev", place)),
    builtin("getOutput", LIBRARY, 2, |this, arguments, place| {
        let (output, package) = (this.literal_argument(arguments, 0), this.argument_value(arguments, 1));
        match output {
            Some(output) => this.output_of(&package, &output, place),
            None => Value::unknown("an output that cannot be known here", place),
        }
    }),
    builtin("getExe", LIBRARY, 1, |this, arguments, place| {
        let package = this.argument_value(arguments, 0);
        this.each(&package, place, &mut |this, package| {
            let name = this.main_program(package, place);
            let name = name
                .unwrap_or_else(|| vec![StrPiece::Unknown { why: Rc::from("the package's program"), place }]);
            this.program(package, &name, place)
        })
    }),
    builtin("getExe'", LIBRARY, 2, |this, arguments, place| {
        let (package, name) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        let name = this.text_of(&name, place);
        this.each(&package, place, &mut |this, package| this.program(package, &name.pieces, place))
    }),
    builtin("getName", LIBRARY, 1, |this, arguments, place| match this.argument_value(arguments, 0) {
        Value::Str(text) => match text.literal() {
            Some(text) => Value::text(name_and_version(&text).0, place),
            None => Evaluator::unknown_text("a package's name", place),
        },
        package => {
            let name = this.symbol("pname");
            match this.attribute_of(&package, name, place) {
                Selected::Found(name) => name,
                _ => Evaluator::unknown_text("a package's name", place),
            }
        }
    }),
    builtin("getVersion", LIBRARY, 1, |this, arguments, place| {
        let package = this.argument_value(arguments, 0);
        if let Some(text) = Evaluator::literal(&package) {
            return Value::text(name_and_version(&text).1, place);
        }
        let name = this.symbol("version");
        match this.attribute_of(&package, name, place) {
            Selected::Found(version) => version,
            _ => Evaluator::unknown_text("a package's version", place),
        }
    }),
];

/// The name and the version in a derivation's name: the version starts at the first dash that no letter
/// follows.
pub(super) fn name_and_version(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let is_dash = |at: &usize| {
        bytes.get(*at) == Some(&b'-') && bytes.get(at + 1).is_some_and(|next| !next.is_ascii_alphabetic())
    };
    match (0..bytes.len()).find(is_dash) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
        None => (text, ""),
    }
}

/// `callPackage function arguments`, the package set before it: names that the function takes come from
/// the arguments, else from the set.
fn call_package(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let [packages, function, given] = arguments else { return Value::Null };
    let set = this.force(*packages);
    let given = this.force(*given);
    let what = this.force(*function);
    this.each(&what, place, &mut |this, what| {
        let callee = match what {
            // `callPackage "${input}/package.nix" { }` too: nobody here knows the file, but a package it makes.
            Value::Str(_) => this.imported(what, place),
            Value::Neutral(term) => match &**term {
                Neutral::Head(Head::Input(input), _) => this.import_input(term, &Rc::clone(input), place),
                _ => match this.path_of(what) {
                    Some(path) => this.import_path(&path, place),
                    None => what.clone(),
                },
            },
            _ => match this.path_of(what) {
                Some(path) => this.import_path(&path, place),
                None => what.clone(),
            },
        };
        let Value::Attrs(given) = &given else {
            return Value::unknown("a package called with arguments that cannot be known here", place);
        };
        let Some(formals) = this.formals(&callee) else {
            // Not our function: it gets everything, so that a describer can look for what it needs.
            let all = this.update(&set, &Value::Attrs(Rc::clone(given)), place);
            let argument = this.ready(all, place);
            return this.apply(&callee, argument, place);
        };
        let mut entries = given.entries.clone();
        for formal in formals {
            if given.get(formal.name).is_some() {
                continue;
            }
            let (set, name) = (set.clone(), formal.name);
            let thunk = if formal.has_default && !formal.default_is_null {
                // Nobody can say whether nixpkgs has a package of that name. A default is there for what
                // it lacks, other than `null`, which marks packages that some platforms lack.
                match this.attribute_of(&set, name, place) {
                    Selected::Found(value) => this.ready(value, place),
                    Selected::Maybe(_) | Selected::Absent => continue,
                }
            } else {
                // Packages of a scope may take each other.
                this.delay_code(place, move |this| this.select(&set, name, place))
            };
            entries.push((name, Attr::bare(thunk)));
        }
        let all = Rc::new(Attrs { rest: given.rest.clone(), ..Attrs::from_pairs(entries) });
        let thunk = this.ready(callee.clone(), place);
        this.call_overridable(&callee, thunk, all, place)
    })
}

/// A function of a package set with its first arguments.
fn bound(name: &str, arguments: Vec<Thunk>) -> Value {
    match super::find(PACKAGES, name) {
        Some(builtin) => Value::Builtin(Rc::new(Partial { builtin, arguments })),
        None => Value::Null,
    }
}

impl Evaluator<'_> {
    /// `lib.makeScope newScope (self: { … })`: packages that take each other.
    fn make_scope(&mut self, new_scope: Thunk, function: Thunk, place: Place) -> Value {
        let itself = self.promise(place);
        let packages = self.force(function);
        let packages = self.apply(&packages, itself, place);
        let call = self.delay_code(place, move |this| {
            let new_scope = this.force(new_scope);
            this.apply(&new_scope, itself, place)
        });
        let override_scope = bound("overrideScope", vec![new_scope, function]);
        let override_scope = self.ready(override_scope, place);
        let own = self.attrs_of(vec![
            ("callPackage", call),
            ("newScope", new_scope),
            ("overrideScope", override_scope),
            ("overrideScope'", override_scope),
            ("packages", function),
        ]);
        let scope = self.update(&packages, &Value::Attrs(own), place);
        self.fill(itself, scope.clone());
        scope
    }

    fn output_argument(&mut self, arguments: &[Thunk], output: &str, place: Place) -> Value {
        let package = self.argument_value(arguments, 0);
        self.output_of(&package, output, place)
    }

    /// An output of a package; of anything else the thing itself.
    pub(super) fn output_of(&mut self, package: &Value, output: &str, place: Place) -> Value {
        let name = self.symbol(output);
        self.each(package, place, &mut |_, package| match package {
            Value::Neutral(term) => term.plain().select(name, place),
            other => other.clone(),
        })
    }

    /// `package/bin/name`.
    fn program(&mut self, package: &Value, name: &[StrPiece], place: Place) -> Value {
        let package = self.output_of(package, "bin", place);
        let mut pieces = Vec::new();
        self.coerce(&package, place, &mut pieces);
        pieces.push(StrPiece::Literal { text: std::sync::Arc::from("/bin/"), place });
        pieces.extend_from_slice(name);
        Value::string(pieces)
    }

    /// The program of flake-utils' `mkApp { drv, name ? drv.pname, exePath ? "/bin/${name}" }`.
    pub(super) fn app_program(&mut self, given: &Value, place: Place) -> Value {
        let package = self.select_named(given, "drv", place);
        let argument = |this: &mut Self, name: &str| {
            let name = this.symbol(name);
            match this.attribute_of(given, name, place) {
                Selected::Found(value) => Some(this.text_of(&value, place).pieces.clone()),
                Selected::Maybe(_) | Selected::Absent => None,
            }
        };
        let (path, name) = (argument(self, "exePath"), argument(self, "name"));
        self.each(&package, place, &mut |this, package| {
            let mut pieces = Vec::new();
            this.coerce(package, place, &mut pieces);
            if let Some(path) = &path {
                pieces.extend_from_slice(path);
                return Value::string(pieces);
            }
            pieces.push(StrPiece::Literal { text: std::sync::Arc::from("/bin/"), place });
            let pname = this.symbol("pname");
            let unknown = || vec![StrPiece::Unknown { why: Rc::from("the package's program"), place }];
            let name = name.clone().unwrap_or_else(|| match this.attribute_of(package, pname, place) {
                Selected::Found(Value::Str(name)) => name.pieces.clone(),
                _ => unknown(),
            });
            pieces.extend(name);
            Value::string(pieces)
        })
    }

    /// `meta.mainProgram` of a derivation that the flake makes, else its `pname`.
    fn main_program(&mut self, package: &Value, place: Place) -> Option<Vec<StrPiece>> {
        let (meta, program, pname) = (self.symbol("meta"), self.symbol("mainProgram"), self.symbol("pname"));
        if let Selected::Found(meta) = self.attribute_of(package, meta, place)
            && let Selected::Found(Value::Str(name)) = self.attribute_of(&meta, program, place)
        {
            return Some(name.pieces.clone());
        }
        match self.attribute_of(package, pname, place) {
            Selected::Found(Value::Str(name)) => Some(name.pieces.clone()),
            _ => None,
        }
    }
}
