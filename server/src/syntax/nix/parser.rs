//! Tokens to a tree: expressions.
//!
//! Recursive descent with an exact count of its depth. At a mistake it notes an error and goes on where
//! the text most likely goes on: a half-typed binding costs that binding, not the file.

use std::{collections::HashMap, sync::Arc};

use rnix::SyntaxKind as T;

use super::{
    AttrName, Expr, ExprId, Lambda, NameId, NameKind, Operator, Parameter, Part, Tree,
    lexer::{self, Token, Tokens},
    names::Quick,
    strings,
};
use crate::{
    syntax::{SyntaxError, limits},
    text::Span,
};

/// Expressions inside each other. Brackets are bounded by the lexer; this also counts operators,
/// functions, `let`, `if` and `with`, none of which needs a bracket.
const MAX_EXPRESSION_DEPTH: usize = 4 * limits::MAX_DEPTH;

/// More errors than this are of no use to anybody.
const MAX_ERRORS: usize = 100;

pub(super) fn parse(text: &str, tokens: Tokens) -> Tree {
    let mut parser = Parser {
        text,
        tokens: tokens.tokens,
        position: 0,
        depth: 0,
        too_deep: None,
        tree: Tree { comments: tokens.comments, ..Tree::default() },
        defined: HashMap::default(),
    };
    let root = parser.expression();
    if parser.too_deep.is_none() && parser.peek().is_some() {
        parser.error("unexpected here: the file's expression ends before this");
    }
    match parser.too_deep {
        Some(span) => Tree { errors: vec![lexer::too_deep(span)], ..Tree::default() },
        None => Tree { root: Some(root), ..parser.tree },
    }
}

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
    too_deep: Option<Span>,
    pub(super) tree: Tree,
    /// Where a name stands among a set's entries.
    pub(super) defined: HashMap<(ExprId, NameId), u32, Quick>,
}

impl Parser<'_> {
    // Tokens.

    pub(super) fn peek(&self) -> Option<T> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<T> {
        self.tokens.get(self.position + ahead).map(|token| token.kind)
    }

    pub(super) fn at(&self, kind: T) -> bool {
        self.peek() == Some(kind)
    }

    /// The next token's place; behind the last token at the end.
    pub(super) fn span(&self) -> Span {
        match self.tokens.get(self.position) {
            Some(token) => token.span,
            None => Span::at(self.end()),
        }
    }

    pub(super) fn start(&self) -> usize {
        self.span().start()
    }

    /// Where the token before the next one ends.
    pub(super) fn end(&self) -> usize {
        let last = self.position.checked_sub(1).and_then(|last| self.tokens.get(last));
        last.map_or(0, |token| token.span.end())
    }

    pub(super) fn bump(&mut self) -> Span {
        let span = self.span();
        self.position = (self.position + 1).min(self.tokens.len());
        span
    }

    pub(super) fn eat(&mut self, kind: T) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    pub(super) fn expect(&mut self, kind: T, what: &str) -> bool {
        let found = self.eat(kind);
        if !found {
            self.error(&format!("expected {what}"));
        }
        found
    }

    pub(super) fn error(&mut self, message: &str) {
        let span = self.span();
        let repeated = self.tree.errors.last().is_some_and(|last| last.span == span);
        if !repeated && self.tree.errors.len() < MAX_ERRORS {
            self.tree.errors.push(SyntaxError { span, message: message.to_owned() });
        }
    }

    pub(super) fn token_text(&self, span: Span) -> &str {
        self.text.get(span.start()..span.end()).unwrap_or_default()
    }

    pub(super) fn intern(&mut self, span: Span) -> NameId {
        let text = self.text.get(span.start()..span.end()).unwrap_or_default();
        self.tree.names.intern(text)
    }

    // Nodes.

    pub(super) fn node(&mut self, expr: Expr, start: usize) -> ExprId {
        let span = Span::new(start, self.end().max(start));
        self.node_at(expr, span)
    }

    pub(super) fn node_at(&mut self, expr: Expr, span: Span) -> ExprId {
        self.tree.nodes.push((expr, span));
        ExprId(self.tree.nodes.len() as u32 - 1)
    }

    pub(super) fn replace(&mut self, id: ExprId, expr: Expr, start: usize) {
        let span = Span::new(start, self.end().max(start));
        if let Some(node) = self.tree.nodes.get_mut(id.0 as usize) {
            *node = (expr, span);
        }
    }

    pub(super) fn node_mut(&mut self, id: ExprId) -> Option<&mut Expr> {
        self.tree.nodes.get_mut(id.0 as usize).map(|(expr, _)| expr)
    }

    fn missing(&mut self, what: &str) -> ExprId {
        self.error(&format!("expected {what}"));
        let span = Span::at(self.end());
        self.node_at(Expr::Error, span)
    }

    // Expressions.

    /// Any expression. Each way into the grammar that can come back to itself passes here or through
    /// [`Parser::operation`], which count.
    pub(super) fn expression(&mut self) -> ExprId {
        if !self.enter() {
            return self.missing("less");
        }
        let start = self.start();
        let id = match self.peek() {
            Some(T::TOKEN_LET) if self.peek_at(1) != Some(T::TOKEN_L_BRACE) => self.let_in(),
            Some(T::TOKEN_WITH) => {
                self.bump();
                let scope = self.expression();
                self.expect(T::TOKEN_SEMICOLON, "`;` behind the set of `with`");
                let body = self.expression();
                self.node(Expr::With { scope, body }, start)
            }
            Some(T::TOKEN_ASSERT) => {
                self.bump();
                let condition = self.expression();
                self.expect(T::TOKEN_SEMICOLON, "`;` behind the condition of `assert`");
                let body = self.expression();
                self.node(Expr::Assert { condition, body }, start)
            }
            Some(T::TOKEN_IF) => {
                self.bump();
                let condition = self.expression();
                self.expect(T::TOKEN_THEN, "`then`");
                let yes = self.expression();
                self.expect(T::TOKEN_ELSE, "`else`");
                let no = self.expression();
                self.node(Expr::If { condition, yes, no }, start)
            }
            _ => match self.parameter() {
                Some(parameter) => {
                    self.expect(T::TOKEN_COLON, "`:` and the function's body");
                    let body = self.expression();
                    self.node(Expr::Lambda(Box::new(Lambda { parameter, body })), start)
                }
                None => self.operation(0),
            },
        };
        self.depth -= 1;
        id
    }

    /// Counts one level; false when that is one too many. Then all tokens are gone, and everything
    /// returns at once.
    fn enter(&mut self) -> bool {
        if self.depth >= MAX_EXPRESSION_DEPTH {
            self.too_deep.get_or_insert(self.span());
            self.position = self.tokens.len();
            return false;
        }
        self.depth += 1;
        true
    }

    fn function_ahead(&self) -> bool {
        match (self.peek(), self.peek_at(1)) {
            (Some(T::TOKEN_IDENT), Some(T::TOKEN_COLON | T::TOKEN_AT)) => true,
            (Some(T::TOKEN_L_BRACE), _) => self.pattern_ahead(),
            _ => false,
        }
    }

    fn parameter(&mut self) -> Option<Parameter> {
        match (self.peek()?, self.peek_at(1)) {
            (T::TOKEN_IDENT, Some(T::TOKEN_COLON)) => {
                let span = self.bump();
                Some(Parameter::Name(self.intern(span)))
            }
            (T::TOKEN_IDENT, Some(T::TOKEN_AT)) => {
                let span = self.bump();
                let whole = self.intern(span);
                self.bump();
                Some(self.pattern(Some(whole)))
            }
            (T::TOKEN_L_BRACE, _) if self.pattern_ahead() => Some(self.pattern(None)),
            _ => None,
        }
    }

    fn let_in(&mut self) -> ExprId {
        let start = self.start();
        let id = self.node_at(Expr::Error, Span::at(start));
        self.bump();
        self.open_set(id, true);
        self.bindings(id, T::TOKEN_IN);
        self.expect(T::TOKEN_IN, "`in`");
        let body = self.expression();
        let set = Box::new(self.close_set(id));
        self.replace(id, Expr::Let { set, body }, start);
        id
    }

    /// Operands and operators that bind at least as tight as `minimum`.
    fn operation(&mut self, minimum: u8) -> ExprId {
        if !self.enter() {
            return self.missing("less");
        }
        let start = self.start();
        let mut left = self.operand();
        let mut compared = None;
        while let Some((operator, precedence, right_associative)) = self.peek().and_then(infix) {
            if precedence < minimum {
                break;
            }
            if compared == Some(precedence) {
                self.error("comparisons of comparisons need parentheses");
            }
            compared = COMPARISONS.contains(&precedence).then_some(precedence);
            self.bump();
            if let Infix::Has = operator {
                let path = self.selected_path();
                left = self.node(Expr::HasAttr { base: left, path }, start);
                continue;
            }
            let right = self.operation(if right_associative { precedence } else { precedence + 1 });
            let expr = match operator {
                Infix::Operator(operator) => Expr::Binary { operator, left, right },
                Infix::CallRight => Expr::Apply { function: right, arguments: Box::new([left]) },
                Infix::CallLeft | Infix::Has => Expr::Apply { function: left, arguments: Box::new([right]) },
            };
            left = self.node(expr, start);
        }
        self.depth -= 1;
        left
    }

    fn operand(&mut self) -> ExprId {
        let start = self.start();
        match self.peek() {
            Some(T::TOKEN_INVERT) => {
                self.bump();
                let operand = self.operation(NOT);
                self.node(Expr::Not(operand), start)
            }
            Some(T::TOKEN_SUB) => {
                self.bump();
                let operand = self.operation(NEGATE);
                self.node(Expr::Negate(operand), start)
            }
            Some(T::TOKEN_LET | T::TOKEN_WITH | T::TOKEN_ASSERT | T::TOKEN_IF)
                if self.peek_at(1) != Some(T::TOKEN_L_BRACE) || !self.at(T::TOKEN_LET) =>
            {
                self.error("this needs parentheses here");
                self.expression()
            }
            _ => self.application(),
        }
    }

    fn application(&mut self) -> ExprId {
        let start = self.start();
        let Some(function) = self.selection() else { return self.missing("an expression") };
        let mut arguments = Vec::new();
        while self.starts_argument() {
            if self.function_ahead() {
                self.error("a function as an argument needs parentheses");
                arguments.push(self.expression());
                break;
            }
            match self.selection() {
                Some(argument) => arguments.push(argument),
                None => break,
            }
        }
        if arguments.is_empty() {
            return function;
        }
        self.node(Expr::Apply { function, arguments: arguments.into() }, start)
    }

    /// Whether an argument starts here. `name =` starts the next binding: a `;` is missing before it.
    fn starts_argument(&self) -> bool {
        self.peek().is_some_and(starts_atom) && !self.binding_ahead()
    }

    /// `atom.path or default`; `None` when no expression starts here (nothing is consumed then).
    fn selection(&mut self) -> Option<ExprId> {
        let start = self.start();
        let atom = self.atom()?;
        if self.eat(T::TOKEN_DOT) {
            let path = self.selected_path();
            let default = match self.eat(T::TOKEN_OR) {
                true => Some(self.default_value()),
                false => None,
            };
            return Some(self.node(Expr::Select { base: atom, path, default }, start));
        }
        if self.at(T::TOKEN_OR) {
            // `f or` calls `f` with the variable `or`: an old accident of the language.
            let span = self.bump();
            let name = self.intern(span);
            let or = self.node_at(Expr::Variable(name), span);
            return Some(self.node(Expr::Apply { function: atom, arguments: Box::new([or]) }, start));
        }
        Some(atom)
    }

    fn default_value(&mut self) -> ExprId {
        if !self.enter() {
            return self.missing("less");
        }
        let default = match self.selection() {
            Some(default) => default,
            None => self.missing("a default behind `or`"),
        };
        self.depth -= 1;
        default
    }

    fn atom(&mut self) -> Option<ExprId> {
        let start = self.start();
        let kind = self.peek()?;
        let expr = match kind {
            T::TOKEN_IDENT => {
                let span = self.bump();
                Expr::Variable(self.intern(span))
            }
            T::TOKEN_INTEGER => {
                let span = self.bump();
                // Nix refuses what does not fit; no flake has such a number.
                Expr::Integer(self.token_text(span).parse().unwrap_or(i64::MAX))
            }
            T::TOKEN_FLOAT => {
                let span = self.bump();
                Expr::Float(self.token_text(span).parse().unwrap_or_default())
            }
            T::TOKEN_URI => {
                let span = self.bump();
                Expr::Uri(Arc::from(self.token_text(span)))
            }
            T::TOKEN_PATH_SEARCH => {
                let span = self.bump();
                let text = self.token_text(span).trim_start_matches('<').trim_end_matches('>');
                Expr::SearchPath(Arc::from(text))
            }
            T::TOKEN_STRING_START => Expr::Str(self.string()),
            T::TOKEN_PATH_REL | T::TOKEN_PATH_ABS | T::TOKEN_PATH_HOME => Expr::Path(self.path()),
            T::TOKEN_L_PAREN => {
                self.bump();
                let inner = self.expression();
                self.expect(T::TOKEN_R_PAREN, "`)`");
                return Some(inner);
            }
            T::TOKEN_L_BRACK => Expr::List(self.list()),
            T::TOKEN_L_BRACE => return Some(self.set(start, false)),
            T::TOKEN_REC if self.peek_at(1) == Some(T::TOKEN_L_BRACE) => {
                self.bump();
                return Some(self.set(start, true));
            }
            T::TOKEN_LET if self.peek_at(1) == Some(T::TOKEN_L_BRACE) => {
                self.bump();
                let set = self.set(start, true);
                // The old `let { body = …; }`.
                let name = self.tree.names.intern("body");
                let path = [AttrName { span: Span::at(start), kind: NameKind::Static(name) }];
                Expr::Select { base: set, path: path.into(), default: None }
            }
            _ => return None,
        };
        Some(self.node(expr, start))
    }

    fn list(&mut self) -> Box<[ExprId]> {
        self.bump();
        let mut items = Vec::new();
        while !self.at(T::TOKEN_R_BRACK) {
            match self.peek() {
                Some(kind) if starts_atom(kind) && !self.binding_ahead() => {
                    // The guard above leaves nothing that `selection` refuses but `rec` and `let` alone.
                    if self.function_ahead() {
                        self.error("a function in a list needs parentheses");
                        items.push(self.expression());
                        continue;
                    }
                    match self.selection() {
                        Some(item) => items.push(item),
                        None => {
                            self.error("unexpected in a list");
                            self.bump();
                        }
                    }
                }
                // An operator between elements: say so, and take the elements on.
                Some(kind) if infix(kind).is_some() || kind == T::TOKEN_ERROR => {
                    self.error("unexpected in a list: put an expression in parentheses");
                    self.bump();
                }
                _ => break,
            }
        }
        self.expect(T::TOKEN_R_BRACK, "`]`");
        items.into()
    }

    fn set(&mut self, start: usize, recursive: bool) -> ExprId {
        let id = self.node_at(Expr::Error, Span::at(start));
        self.bump();
        self.open_set(id, recursive);
        self.bindings(id, T::TOKEN_R_BRACE);
        self.expect(T::TOKEN_R_BRACE, "`}`");
        let set = Box::new(self.close_set(id));
        self.replace(id, Expr::Set(set), start);
        id
    }

    // Strings and paths.

    pub(super) fn string(&mut self) -> Box<[Part]> {
        let opening = self.bump();
        let indented = opening.len() == 2;
        let mut parts = Vec::new();
        loop {
            match self.peek() {
                Some(T::TOKEN_STRING_CONTENT) => {
                    let span = self.bump();
                    parts.push(strings::Raw::Text(span));
                }
                Some(T::TOKEN_INTERPOL_START) => {
                    let id = self.interpolation();
                    parts.push(strings::Raw::Interpolation(id));
                }
                _ => break,
            }
        }
        // A string without an end goes to the file's end as one token.
        if !self.expect(T::TOKEN_STRING_END, "the string's end") {
            self.eat(T::TOKEN_ERROR);
        }
        strings::normalize(self.text, &parts, indented)
    }

    fn path(&mut self) -> Box<[Part]> {
        let mut parts = Vec::new();
        loop {
            // The blank behind a path ends it; an interpolation belongs to it only when it adjoins.
            if !parts.is_empty() && self.start() != self.end() {
                break;
            }
            match self.peek() {
                Some(T::TOKEN_PATH_REL | T::TOKEN_PATH_ABS | T::TOKEN_PATH_HOME) => {
                    let span = self.bump();
                    let text = Arc::from(self.token_text(span));
                    parts.push(Part::Text { text, span });
                }
                Some(T::TOKEN_INTERPOL_START) if !parts.is_empty() => {
                    let id = self.interpolation();
                    parts.push(Part::Interpolation(id));
                }
                _ => break,
            }
        }
        parts.into()
    }

    pub(super) fn interpolation(&mut self) -> ExprId {
        self.bump();
        let id = self.expression();
        self.expect(T::TOKEN_INTERPOL_END, "`}` behind the interpolation");
        id
    }
}

/// What an operator does.
enum Infix {
    Operator(Operator),
    Has,
    CallRight,
    CallLeft,
}

/// Precedences of `==` and `<` and their like, which do not associate.
const COMPARISONS: [u8; 2] = [6, 7];

/// Precedences of the operators before an operand.
const NOT: u8 = 9;
const NEGATE: u8 = 14;

/// An operator between operands: its precedence, and whether it associates to the right.
fn infix(kind: T) -> Option<(Infix, u8, bool)> {
    use Operator as O;
    let (operator, precedence, right) = match kind {
        T::TOKEN_PIPE_LEFT => return Some((Infix::CallLeft, 1, true)),
        T::TOKEN_PIPE_RIGHT => return Some((Infix::CallRight, 2, false)),
        T::TOKEN_QUESTION => return Some((Infix::Has, 13, false)),
        T::TOKEN_IMPLICATION => (O::Implies, 3, true),
        T::TOKEN_OR_OR => (O::Or, 4, false),
        T::TOKEN_AND_AND => (O::And, 5, false),
        T::TOKEN_EQUAL => (O::Equal, 6, false),
        T::TOKEN_NOT_EQUAL => (O::NotEqual, 6, false),
        T::TOKEN_LESS => (O::Less, 7, false),
        T::TOKEN_LESS_OR_EQ => (O::LessOrEqual, 7, false),
        T::TOKEN_MORE => (O::More, 7, false),
        T::TOKEN_MORE_OR_EQ => (O::MoreOrEqual, 7, false),
        T::TOKEN_UPDATE => (O::Update, 8, true),
        T::TOKEN_ADD => (O::Add, 10, false),
        T::TOKEN_SUB => (O::Subtract, 10, false),
        T::TOKEN_MUL => (O::Multiply, 11, false),
        T::TOKEN_DIV => (O::Divide, 11, false),
        T::TOKEN_CONCAT => (O::Concat, 12, true),
        _ => return None,
    };
    Some((Infix::Operator(operator), precedence, right))
}

/// Whether a function's argument or a list's element can start with it.
fn starts_atom(kind: T) -> bool {
    matches!(
        kind,
        T::TOKEN_IDENT
            | T::TOKEN_INTEGER
            | T::TOKEN_FLOAT
            | T::TOKEN_URI
            | T::TOKEN_PATH_SEARCH
            | T::TOKEN_PATH_REL
            | T::TOKEN_PATH_ABS
            | T::TOKEN_PATH_HOME
            | T::TOKEN_STRING_START
            | T::TOKEN_L_PAREN
            | T::TOKEN_L_BRACK
            | T::TOKEN_L_BRACE
            | T::TOKEN_REC
            | T::TOKEN_LET
    )
}
