//! Values as strings.

use std::{rc::Rc, sync::Arc};

use super::super::{
    evaluator::Evaluator,
    value::{Head, InputKind, Neutral, Place, Str, StrPiece, Value},
};

/// Parts of one string, when it is put together of strings. The longest scripts of real flakes have a few hundred.
const MAX_PIECES: usize = 10_000;

const TOO_LONG: &str = "a text of more parts than are looked at";

/// Alternatives inside alternatives, in one string.
const MAX_EITHER_DEPTH: usize = 3;

impl Evaluator<'_> {
    /// A value as text, `place` being the expression that gave it.
    pub(in crate::nix) fn text_of(&mut self, value: &Value, place: Place) -> Rc<Str> {
        if let Value::Str(text) = value {
            return Rc::clone(text);
        }
        let mut pieces = Vec::new();
        self.coerce(value, place, &mut pieces);
        Rc::new(Str { pieces })
    }

    /// A value as text, as `toString` and a derivation's environment have it.
    pub(in crate::nix) fn coerce(&mut self, value: &Value, place: Place, pieces: &mut Vec<StrPiece>) {
        let literal = |text: String| StrPiece::Literal { text: Arc::from(text), place };
        match value {
            Value::Str(text) => self.append(text, place, pieces),
            Value::Path(path) => pieces.push(StrPiece::Source { path: Rc::clone(path), place }),
            Value::Integer(number) => pieces.push(literal(number.to_string())),
            Value::Float(number) => pieces.push(literal(format!("{number:.6}"))),
            Value::Bool(true) => pieces.push(literal("1".to_owned())),
            Value::Bool(false) | Value::Null => {}
            Value::List(list) => {
                let list = Rc::clone(list);
                let mut blank_before_next = false;
                for item in &list.items {
                    if !self.spend(1) {
                        break;
                    }
                    let at = self.place_of(*item);
                    if blank_before_next {
                        let between = Place { span: crate::text::Span::at(at.span.start()), ..at };
                        pieces.push(StrPiece::Literal { text: Arc::from(" "), place: between });
                    }
                    let value = self.force(*item);
                    self.coerce_deeper(&value, at, pieces);
                    blank_before_next = !matches!(&value, Value::List(list) if list.items.is_empty());
                }
                if list.rest.is_some() {
                    pieces.push(unknown("a list of which a part cannot be known here", place));
                }
            }
            Value::Attrs(attrs) => {
                let attrs = Rc::clone(attrs);
                if let Some(show) = self.attribute(&attrs, "__toString") {
                    let show = self.force(show.thunk);
                    let this = self.ready(value.clone(), place);
                    let text = self.apply(&show, this, place);
                    self.coerce_deeper(&text, place, pieces);
                } else if let Some(path) = self.attribute(&attrs, "outPath") {
                    let path = self.force(path.thunk);
                    self.coerce_deeper(&path, place, pieces);
                } else if let Some(rest) = &attrs.rest {
                    self.coerce(&Value::Neutral(Rc::clone(rest)), place, pieces);
                } else {
                    pieces.push(unknown("a set where a string is expected", place));
                }
            }
            Value::Neutral(term) => self.coerce_term(term, place, pieces),
            Value::Either(either) => {
                let texts = either.values.iter().map(|value| {
                    let mut pieces = Vec::new();
                    self.coerce_deeper(value, place, &mut pieces);
                    Rc::new(Str { pieces })
                });
                let texts = texts.collect();
                let piece = StrPiece::Either { texts, place: either.place };
                if piece.depth(MAX_EITHER_DEPTH + 1) > MAX_EITHER_DEPTH {
                    let why = "it depends on too many conditions that cannot be known here";
                    pieces.push(unknown(why, place));
                } else {
                    pieces.push(piece);
                }
            }
            Value::Lambda(_) | Value::Builtin(_) => {
                pieces.push(unknown("a function where a string is expected", place));
            }
            Value::Error(why) => pieces.push(unknown(why, place)),
        }
    }

    /// Adds a string to another one, unless that makes it longer than anybody writes it: `"${x}${x}"` over and over
    /// doubles it each time.
    fn append(&mut self, text: &Str, place: Place, pieces: &mut Vec<StrPiece>) {
        if pieces.len() + text.pieces.len() > MAX_PIECES {
            if !matches!(pieces.last(), Some(StrPiece::Unknown { why, .. }) if **why == *TOO_LONG) {
                pieces.push(unknown(TOO_LONG, place));
            }
        } else if self.spend(text.pieces.len()) {
            pieces.extend(text.pieces.iter().cloned());
        } else {
            pieces.push(unknown("the flake takes too much work to evaluate", place));
        }
    }

    fn coerce_deeper(&mut self, value: &Value, place: Place, pieces: &mut Vec<StrPiece>) {
        let before = pieces.len();
        self.deeper(place, |this| {
            this.coerce(value, place, pieces);
            Value::Null
        });
        self.spend((pieces.len() - before) / 4);
    }

    fn coerce_term(&mut self, term: &Rc<Neutral>, place: Place, pieces: &mut Vec<StrPiece>) {
        let piece = match term.bottom() {
            Head::Flake if matches!(&**term, Neutral::Head(..)) => {
                StrPiece::Source { path: Rc::from(self.root()), place }
            }
            Head::Unknown(why) => StrPiece::Unknown { why: Rc::clone(why), place },
            Head::Config(_) => unknown("an option of the flake's modules", place),
            Head::Library | Head::Builtins | Head::Platform(_) | Head::Flake => {
                unknown("a value that cannot be known here", place)
            }
            Head::Packages(_) | Head::Input(_) if !self.is_store_path(term) => {
                unknown("an attribute of a package or flake input, which may be any text", place)
            }
            Head::Packages(_) | Head::Input(_) => StrPiece::Store { item: Rc::clone(term), place },
        };
        pieces.push(piece);
    }

    /// Whether a term is a package, or a part of one that is in the store. Packages and flakes also have attributes
    /// that are plain text (`version`, `targetPrefix`, `lib.linker`), and nobody here knows all of them.
    fn is_store_path(&self, term: &Rc<Neutral>) -> bool {
        let mut names = Vec::new();
        let mut at = Some(term);
        let mut is_called = false;
        while let Some(term) = at {
            match &**term {
                Neutral::Select { name, .. } => names.push(self.names.get(*name)),
                Neutral::Apply { .. } | Neutral::Overridable { .. } => {
                    is_called = true;
                    break;
                }
                Neutral::Head(..) => break,
            }
            at = term.inner();
        }
        names.reverse();
        let of_package = |name: &str| STORE_ATTRIBUTES.contains(&name);
        if is_called {
            // What a function of an unknown flake gives may be anything.
            let is_known = !matches!(term.bottom(), Head::Input(input) if input.kind == InputKind::Other);
            return is_known && names.iter().all(|name| of_package(name));
        }
        match (term.bottom(), names.as_slice()) {
            // The input itself is where its source lies.
            (Head::Input(_), []) => true,
            (Head::Input(input), names) if input.kind == InputKind::Other => match names {
                ["defaultPackage", _] => true,
                ["packages" | "legacyPackages" | "checks", rest @ ..] => {
                    let rest = match rest {
                        [system, rest @ ..] if system.contains('-') && !rest.is_empty() => rest,
                        rest => rest,
                    };
                    is_package_path(rest, of_package)
                }
                _ => false,
            },
            (Head::Input(_), [.., last]) => !matches!(*last, "version" | "pname" | "name" | "rev" | "system"),
            (_, names) => is_package_path(names, of_package),
        }
    }
}

/// Attributes of packages that are in the store themselves.
const STORE_ATTRIBUTES: &[&str] = &[
    "out",
    "dev",
    "lib",
    "bin",
    "static",
    "man",
    "doc",
    "info",
    "debug",
    "devdoc",
    "libgcc",
    "include",
    "outPath",
    "src",
    "cc",
    "libc",
    "bintools",
    "bintools_bin",
    "bintools-unwrapped",
    "unwrapped",
    "cargoDeps",
    "passthru",
    "shellPackage",
];

/// Whether these names lead to a package of a package set: directly, or by a set in it.
fn is_package_path(names: &[&str], of_package: impl Fn(&str) -> bool) -> bool {
    match names {
        [] => false,
        [name] => !matches!(*name, "system" | "version" | "pname" | "name" | "rev"),
        [.., _, last] if of_package(last) => true,
        // Toolchains of overlays.
        ["rust-bin" | "fenix", ..] => true,
        [.., set, _] => is_package_set(set),
    }
}

/// Whether an attribute of nixpkgs is a set of packages by its name.
fn is_package_set(name: &str) -> bool {
    const SETS: &[&str] = &[
        "apple_sdk",
        "beam",
        "darwin",
        "frameworks",
        "gnome",
        "gst_all_1",
        "libsForQt5",
        "nixVersions",
        "qt5",
        "qt6",
        "rustPlatform",
        "stdenv",
        "vimPlugins",
        "windows",
        "xfce",
        "xorg",
    ];
    // `llvmPackages_17`, `python312Packages`
    name.contains("Packages") || name.ends_with("Stdenv") || SETS.contains(&name)
}

fn unknown(why: &str, place: Place) -> StrPiece {
    StrPiece::Unknown { why: Rc::from(why), place }
}
