//! What expressions come to.
//!
//! A value is known, or it is *neutral*: something unknown with everything that was done to it. A
//! package of nixpkgs (`pkgs.openssl.dev`), a derivation (`pkgs.mkShell { … }`) and the result of a
//! flake input's function are neutral; the describers read such terms from the outside.

use std::{path::Path, rc::Rc, sync::Arc};

use super::{builtins::Builtin, package_set::PackageSet, platform::Machine};
use crate::{
    syntax::nix::{ExprId, NameId},
    text::Span,
};

/// A name's number in the evaluator's table.
pub(super) type Symbol = NameId;

/// A file's number in the evaluator's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FileIndex(pub(super) u32);

/// Where something was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) file: FileIndex,
    pub(super) span: Span,
}

impl Place {
    /// Of what is written in no file.
    pub(super) const NOWHERE: Self = Self { file: FileIndex(u32::MAX), span: Span { start: 0, end: 0 } };

    /// Behind it.
    pub(super) fn end(self) -> Self {
        Self { span: Span::at(self.span.end()), ..self }
    }
}

/// A delayed value's number in the evaluator's heap. The heap owns all of them, so values that refer
/// to each other in circles (every `let` does) cost nothing when the evaluation is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Thunk(pub(super) u32);

/// A scope's number in the evaluator's heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScopeId(pub(super) u32);

/// What an expression comes to, as far as its outermost shape.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Str(Rc<Str>),
    Path(Rc<Path>),
    List(Rc<List>),
    Attrs(Rc<Attrs>),
    Lambda(Rc<Closure>),
    /// A function of the language or of nixpkgs' `lib`, with the arguments that it has so far.
    Builtin(Rc<Partial>),
    Neutral(Rc<Neutral>),
    /// One of these, by a condition that could not be decided.
    Either(Rc<Either>),
    /// `throw`, a failed `assert`, a missing attribute: Nix would stop here.
    Error(Rc<str>),
}

impl Value {
    /// A value of which nothing is known but why.
    pub(super) fn unknown(why: &str, place: Place) -> Self {
        Self::Neutral(Rc::new(Neutral::Head(Head::Unknown(Rc::from(why)), place)))
    }

    pub(super) fn head(head: Head, place: Place) -> Self {
        Self::Neutral(Rc::new(Neutral::Head(head, place)))
    }

    pub(super) fn error(why: &str) -> Self {
        Self::Error(Rc::from(why))
    }

    pub(super) fn text(text: &str, place: Place) -> Self {
        Self::Str(Rc::new(Str::literal_at(Arc::from(text), place)))
    }

    pub(super) fn string(pieces: Vec<StrPiece>) -> Self {
        Self::Str(Rc::new(Str { pieces }))
    }

    pub(super) fn list(items: Vec<Thunk>) -> Self {
        Self::List(Rc::new(List { items, rest: None }))
    }

    pub(super) fn as_attrs(&self) -> Option<&Rc<Attrs>> {
        match self {
            Self::Attrs(attrs) => Some(attrs),
            _ => None,
        }
    }

    pub(super) fn as_neutral(&self) -> Option<&Rc<Neutral>> {
        match self {
            Self::Neutral(neutral) => Some(neutral),
            _ => None,
        }
    }

    /// The package set, if it is one.
    pub(super) fn as_packages(&self) -> Option<&Rc<PackageSet>> {
        match self {
            Self::Neutral(neutral) => match &**neutral {
                Neutral::Head(Head::Packages(set), _) => Some(set),
                _ => None,
            },
            // `pkgs // { … }`
            Self::Attrs(attrs) => match attrs.rest.as_deref() {
                Some(Neutral::Head(Head::Packages(set), _)) => Some(set),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A list.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) items: Vec<Thunk>,
    /// An unknown list that was joined to it: there may be more.
    pub(super) rest: Option<Rc<Neutral>>,
}

/// An attribute set.
#[derive(Clone, Debug, Default)]
pub(super) struct Attrs {
    /// Sorted by symbol.
    pub(super) entries: Vec<(Symbol, Attr)>,
    /// Attributes with names that are not wholly known.
    pub(super) computed: Vec<(Rc<Str>, Attr)>,
    /// An unknown set that was merged in: there may be more attributes, and they may be these.
    pub(super) rest: Option<Rc<Neutral>>,
    /// The set literal that a fix may extend.
    pub(super) literal: Option<Literal>,
}

impl Attrs {
    /// From pairs in any order; of two with one name the last counts.
    pub(super) fn from_pairs(mut entries: Vec<(Symbol, Attr)>) -> Self {
        entries.sort_by_key(|(name, _)| *name);
        entries.reverse();
        entries.dedup_by_key(|(name, _)| *name);
        entries.reverse();
        Self { entries, ..Self::default() }
    }

    pub(super) fn get(&self, name: Symbol) -> Option<&Attr> {
        let index = self.entries.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        self.entries.get(index).map(|(_, attr)| attr)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.computed.is_empty() && self.rest.is_none()
    }
}

/// One attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attr {
    pub(super) thunk: Thunk,
    /// Where its name is written.
    pub(super) key: Option<Place>,
    /// The binding, when it is written as one: `name = value;`.
    pub(super) site: Option<Site>,
}

impl Attr {
    /// An attribute that no binding gives.
    pub(super) fn bare(thunk: Thunk) -> Self {
        Self { thunk, key: None, site: None }
    }

    /// The same attribute with another value, as `mapAttrs` makes it.
    pub(super) fn with_value(self, thunk: Thunk) -> Self {
        Self { thunk, key: self.key, site: None }
    }
}

/// An attribute in the text: an entry of a set literal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    pub(super) file: FileIndex,
    pub(super) set: ExprId,
    pub(super) entry: u32,
}

/// A set literal, and the scope that it stands in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Literal {
    pub(super) file: FileIndex,
    pub(super) expr: ExprId,
    pub(super) scope: ScopeId,
}

/// A function with its scope.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closure {
    pub(super) file: FileIndex,
    pub(super) expr: ExprId,
    pub(super) scope: ScopeId,
}

/// A builtin that waits for arguments.
#[derive(Clone, Debug)]
pub(super) struct Partial {
    pub(super) builtin: &'static Builtin,
    pub(super) arguments: Vec<Thunk>,
}

/// Alternatives, at least two.
#[derive(Clone, Debug)]
pub(super) struct Either {
    pub(super) values: Vec<Value>,
    pub(super) place: Place,
}

/// Characters of a string of several parts that are looked at as one.
const MAX_JOINED: usize = 1 << 18;

/// A string.
#[derive(Clone, Debug, Default)]
pub(super) struct Str {
    pub(super) pieces: Vec<StrPiece>,
}

impl Str {
    pub(super) fn literal_at(text: Arc<str>, place: Place) -> Self {
        Self { pieces: vec![StrPiece::Literal { text, place }] }
    }

    /// The characters, when all are known.
    pub(super) fn literal(&self) -> Option<Arc<str>> {
        match self.pieces.as_slice() {
            [] => Some(Arc::from("")),
            [StrPiece::Literal { text, .. }] => Some(Arc::clone(text)),
            pieces => {
                let mut length = 0;
                for piece in pieces {
                    match piece {
                        StrPiece::Literal { text, .. } => length += text.len(),
                        _ => return None,
                    }
                }
                // A text of a text of a text may have more characters than there is memory.
                if length > MAX_JOINED {
                    return None;
                }
                let mut all = String::with_capacity(length);
                for piece in pieces {
                    if let StrPiece::Literal { text, .. } = piece {
                        all.push_str(text);
                    }
                }
                Some(Arc::from(all))
            }
        }
    }
}

/// A part of a string.
#[derive(Clone, Debug)]
pub(super) enum StrPiece {
    Literal {
        text: Arc<str>,
        place: Place,
    },
    /// The store path of a package or derivation.
    Store {
        item: Rc<Neutral>,
        place: Place,
    },
    /// A path of the workspace, which Nix copies to the store.
    Source {
        path: Rc<Path>,
        place: Place,
    },
    Either {
        texts: Vec<Rc<Str>>,
        place: Place,
    },
    Unknown {
        why: Rc<str>,
        place: Place,
    },
}

impl StrPiece {
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Literal { place, .. }
            | Self::Store { place, .. }
            | Self::Source { place, .. }
            | Self::Either { place, .. }
            | Self::Unknown { place, .. } => *place,
        }
    }

    /// Its characters, as far as they are known; one for anything else.
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Literal { text, .. } => text.len(),
            _ => 1,
        }
    }

    /// How deep alternatives stand inside each other, counted up to `limit`.
    pub(super) fn depth(&self, limit: usize) -> usize {
        match (self, limit.checked_sub(1)) {
            (Self::Either { texts, .. }, Some(limit)) => {
                let inner = texts.iter().flat_map(|text| &text.pieces).map(|piece| piece.depth(limit));
                1 + inner.max().unwrap_or(0)
            }
            _ => 0,
        }
    }
}

/// Something unknown, and what was done to it.
#[derive(Clone, Debug)]
pub(super) enum Neutral {
    Head(Head, Place),
    Select {
        base: Rc<Neutral>,
        name: Symbol,
        place: Place,
    },
    Apply {
        function: Rc<Neutral>,
        argument: Thunk,
        place: Place,
    },
    /// What `callPackage` and `makeOverridable` give: a term, and the call that `override` repeats.
    Overridable {
        result: Rc<Neutral>,
        function: Thunk,
        arguments: Rc<Attrs>,
        place: Place,
    },
}

/// Terms longer than this become plain unknowns.
const MAX_TERM_LENGTH: usize = 64;

impl Neutral {
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Head(_, place)
            | Self::Select { place, .. }
            | Self::Apply { place, .. }
            | Self::Overridable { place, .. } => *place,
        }
    }

    /// The term without what `override` needs.
    pub(super) fn plain(self: &Rc<Self>) -> &Rc<Self> {
        let mut term = self;
        while let Self::Overridable { result, .. } = &**term {
            term = result;
        }
        term
    }

    /// What it was done to.
    pub(super) fn inner(&self) -> Option<&Rc<Self>> {
        match self {
            Self::Head(..) => None,
            Self::Select { base, .. } => Some(base),
            Self::Apply { function, .. } => Some(function),
            Self::Overridable { result, .. } => Some(result),
        }
    }

    /// What is at the bottom.
    pub(super) fn bottom(&self) -> &Head {
        let mut term = self;
        loop {
            match term {
                Self::Head(head, _) => return head,
                Self::Select { base, .. } => term = base,
                Self::Apply { function, .. } => term = function,
                Self::Overridable { result, .. } => term = result,
            }
        }
    }

    fn is_too_long(&self) -> bool {
        std::iter::successors(Some(self), |term| term.inner().map(|inner| &**inner)).count() > MAX_TERM_LENGTH
    }

    pub(super) fn select(self: &Rc<Self>, name: Symbol, place: Place) -> Value {
        if self.is_too_long() {
            return Value::unknown("an endless expression", place);
        }
        Value::Neutral(Rc::new(Self::Select { base: Rc::clone(self), name, place }))
    }

    pub(super) fn apply(self: &Rc<Self>, argument: Thunk, place: Place) -> Value {
        if self.is_too_long() {
            return Value::unknown("an endless expression", place);
        }
        Value::Neutral(Rc::new(Self::Apply { function: Rc::clone(self), argument, place }))
    }
}

/// What stands at the bottom of a neutral term.
#[derive(Clone, Debug)]
pub(super) enum Head {
    /// Nothing is known, and why.
    Unknown(Rc<str>),
    /// An input of the flake.
    Input(Rc<FlakeInput>),
    /// The flake itself: `self`.
    Flake,
    /// A package set of nixpkgs.
    Packages(Rc<PackageSet>),
    /// nixpkgs' `lib`.
    Library,
    /// `builtins`.
    Builtins,
    /// `stdenv.hostPlatform` and its like.
    Platform(Rc<Machine>),
    /// `config` of modules, which the delayed value is once they are merged.
    Config(Thunk),
}

/// An input of the flake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FlakeInput {
    pub(super) name: Rc<str>,
    /// What the repository that it comes from is called, in lower case.
    pub(super) project: Rc<str>,
    pub(super) kind: InputKind,
}

/// The inputs whose functions we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputKind {
    Nixpkgs,
    FlakeUtils,
    FlakeParts,
    Crane,
    Naersk,
    RustOverlay,
    Fenix,
    /// nix-systems/default and its siblings.
    Systems(&'static [&'static str]),
    Other,
}
