//! Nix texts: bounds, tokens from rnix, and a parser that builds one compact tree.
//!
//! The tree is an arena: nodes refer to each other by number, so dropping it never recurses, it is
//! shared between threads, and a node is a few words. It holds the whole language as the evaluator
//! wants it: nested attribute paths are merged into sets, indented strings have lost their
//! indentation, quoted names are plain names. What a fix needs of the original (the bindings as
//! written, every span) stands beside it.
//!
//! rnix gives the tokens, which is where Nix is subtle (paths, URIs, strings inside strings). Its own
//! tree is not used: building and dropping it recurses without bound on long operator chains, it takes
//! quadratic time on `f x x x …`, and its recovery gives up the rest of the file behind `[ pkgs. ]`.

mod bindings;
mod lexer;
mod names;
mod parser;
mod strings;
#[cfg(test)]
mod tests;

pub use names::{NameId, Names};

use std::sync::Arc;

use super::SyntaxError;
use crate::text::{Document, Span};

/// An expression's number in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprId(u32);

/// What a Nix text came to.
#[derive(Debug, Default)]
pub struct Tree {
    /// Syntax errors and exceeded bounds, in the order of the text.
    pub errors: Vec<SyntaxError>,
    /// Every comment, in the order of the text.
    pub comments: Vec<Span>,
    root: Option<ExprId>,
    nodes: Vec<(Expr, Span)>,
    names: Names,
}

impl Tree {
    /// Whether something could not be read. Nothing may be said to be missing from a broken tree.
    pub fn is_broken(&self) -> bool {
        !self.errors.is_empty()
    }

    /// The file's expression; `None` when a bound was exceeded.
    pub fn root(&self) -> Option<ExprId> {
        self.root
    }

    /// An expression of this tree.
    pub fn expr(&self, id: ExprId) -> &Expr {
        self.nodes.get(id.0 as usize).map_or(&Expr::Error, |(expr, _)| expr)
    }

    /// Where an expression stands, without parentheses around it.
    pub fn span(&self, id: ExprId) -> Span {
        self.nodes.get(id.0 as usize).map_or(Span::default(), |(_, span)| *span)
    }

    /// The set or `let` at `id`.
    pub fn set(&self, id: ExprId) -> Option<&Set> {
        match self.expr(id) {
            Expr::Set(set) | Expr::Let { set, .. } => Some(set),
            _ => None,
        }
    }

    /// The names that occur in the text; [`NameId`]s are numbers in it.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Every expression, in no particular order.
    pub fn expressions(&self) -> impl Iterator<Item = (ExprId, &Expr, Span)> {
        self.nodes.iter().enumerate().map(|(index, (expr, span))| (ExprId(index as u32), expr, *span))
    }

    /// Every set literal, in no particular order.
    pub fn sets(&self) -> impl Iterator<Item = (ExprId, &Set, Span)> {
        self.nodes.iter().enumerate().filter_map(|(index, (expr, span))| match expr {
            Expr::Set(set) => Some((ExprId(index as u32), &**set, *span)),
            _ => None,
        })
    }
}

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    /// Something that could not be read.
    Error,
    /// A variable.
    Variable(NameId),
    /// An integer.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// A URI without quotes: a string.
    Uri(Arc<str>),
    /// A string, indented or not.
    Str(Box<[Part]>),
    /// A path; its text may hold interpolations.
    Path(Box<[Part]>),
    /// `<nixpkgs>`: the text between the angle brackets.
    SearchPath(Arc<str>),
    /// `[ … ]`.
    List(Box<[ExprId]>),
    /// `{ … }`, `rec { … }`, or a set made by a nested attribute path.
    Set(Box<Set>),
    /// `let … in body`.
    Let {
        /// The bindings.
        set: Box<Set>,
        /// What it comes to.
        body: ExprId,
    },
    /// `with scope; body`.
    With {
        /// Where further names come from.
        scope: ExprId,
        /// What it comes to.
        body: ExprId,
    },
    /// `assert condition; body`.
    Assert {
        /// What must hold.
        condition: ExprId,
        /// What it comes to.
        body: ExprId,
    },
    /// `if condition then yes else no`.
    If {
        /// What decides.
        condition: ExprId,
        /// When it holds.
        yes: ExprId,
        /// When it does not.
        no: ExprId,
    },
    /// `parameter: body`.
    Lambda(Box<Lambda>),
    /// `function argument argument …`.
    Apply {
        /// What is called.
        function: ExprId,
        /// With what, in order.
        arguments: Box<[ExprId]>,
    },
    /// `base.path or default`.
    Select {
        /// Of what.
        base: ExprId,
        /// Which attribute.
        path: Box<[AttrName]>,
        /// What it comes to when there is none.
        default: Option<ExprId>,
    },
    /// `base ? path`.
    HasAttr {
        /// Of what.
        base: ExprId,
        /// Which attribute.
        path: Box<[AttrName]>,
    },
    /// `!operand`.
    Not(ExprId),
    /// `-operand`.
    Negate(ExprId),
    /// `left operator right`.
    Binary {
        /// Which.
        operator: Operator,
        /// Its left side.
        left: ExprId,
        /// Its right side.
        right: ExprId,
    },
}

/// An operator with two sides. `a |> f` and `f <| a` are read as calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the language's own")]
pub enum Operator {
    Concat,
    Update,
    Add,
    Subtract,
    Multiply,
    Divide,
    And,
    Or,
    Implies,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

/// A part of a string or path.
#[derive(Clone, Debug)]
pub enum Part {
    /// Characters. As long as its span when they are written without escapes.
    Text {
        /// The characters, escapes resolved.
        text: Arc<str>,
        /// Where they stand.
        span: Span,
    },
    /// `${…}`.
    Interpolation(ExprId),
}

/// The name of an attribute.
#[derive(Clone, Copy, Debug)]
pub struct AttrName {
    /// Where it stands, with its quotes.
    pub span: Span,
    /// What it is.
    pub kind: NameKind,
}

/// What the name of an attribute is.
#[derive(Clone, Copy, Debug)]
pub enum NameKind {
    /// Written out, with or without quotes.
    Static(NameId),
    /// Computed.
    Dynamic(ExprId),
}

/// The bindings between braces, or between `let` and `in`.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// `rec`, or a `let`: the bindings see each other.
    pub recursive: bool,
    /// Made by a nested attribute path (`env` in `env.FOO = 1;`): there are no braces in the text.
    pub implied: bool,
    /// What it defines: each name once, nested paths merged.
    pub entries: Vec<Entry>,
    /// The bindings as written, in order.
    pub written: Vec<Written>,
}

/// One attribute of a set.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name.
    pub name: AttrName,
    /// What it is.
    pub value: EntryValue,
    /// The set or `let` in whose text it is written, and
    pub owner: ExprId,
    /// the binding there.
    pub written: u32,
}

/// What an attribute is.
#[derive(Clone, Copy, Debug)]
pub enum EntryValue {
    /// An expression.
    Expr(ExprId),
    /// `inherit name;`: the variable of that name around the set.
    Inherit,
    /// `inherit (expression) name;`.
    InheritFrom(ExprId),
}

/// One binding as written.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// The attribute path, or the word `inherit`.
    pub path: Span,
    /// From the path to behind the `;`.
    pub span: Span,
    /// The value with parentheses around it; empty for `inherit`.
    pub value_span: Span,
    /// The value; `None` for `inherit`.
    pub value: Option<ExprId>,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Lambda {
    /// What it takes.
    pub parameter: Parameter,
    /// What it comes to.
    pub body: ExprId,
}

/// What a function takes.
#[derive(Clone, Debug)]
pub enum Parameter {
    /// One value.
    Name(NameId),
    /// A set, taken apart.
    Pattern {
        /// The names.
        formals: Box<[Formal]>,
        /// Whether other names are allowed.
        open: bool,
        /// `@name`: the whole set.
        whole: Option<NameId>,
    },
}

/// One name of a pattern.
#[derive(Clone, Copy, Debug)]
pub struct Formal {
    /// The name.
    pub name: NameId,
    /// Where it stands.
    pub span: Span,
    /// Its value when the caller gives none.
    pub default: Option<ExprId>,
}

/// Reads a text. Never fails: what could not be read is in `errors`.
pub fn parse(document: &Document) -> Tree {
    let text = document.parser_text();
    match lexer::scan(&text) {
        Ok(tokens) => parser::parse(&text, tokens),
        Err(error) => Tree { errors: vec![error], ..Tree::default() },
    }
}
