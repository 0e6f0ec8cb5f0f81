//! The evaluator's memory and bounds: files, delayed values, scopes, fuel.

use std::{collections::HashMap, path::Path, rc::Rc, sync::Arc};

use super::{
    facts::{CrossSet, Gap},
    files::File,
    value::{Attr, Attrs, Either, FileIndex, Place, ScopeId, Str, StrPiece, Symbol, Thunk, Value},
};
use crate::{
    snapshot::Snapshot,
    syntax::nix::{ExprId, NameId, Names},
    text::{FileId, Origin},
};

/// Steps that one evaluation may take: some 20 to 40 ms. A usual flake takes a few thousand; conduwuit, with eighty
/// packages for each of four systems, 870,000.
pub(super) const FUEL: u32 = 1_200_000;

/// Expressions that may be under evaluation inside each other. A level takes a few kilobytes of stack
/// (in an unoptimised build, under 30), and analysis threads have at least 64 MB.
const MAX_DEPTH: u32 = 1_000;

/// Alternatives that are kept apart.
const MAX_ALTERNATIVES: usize = 8;

/// Why a value is not known once the fuel is spent.
pub(super) const TOO_MUCH_WORK: &str = "the flake takes too much work to evaluate";

/// Code that makes a value when it is first asked for.
pub(super) type Code = Box<dyn FnOnce(&mut Evaluator<'_>) -> Value>;

enum State {
    Expr {
        file: Rc<File>,
        expr: ExprId,
        scope: ScopeId,
    },
    Code(Code),
    /// Under evaluation: to ask for it now is to go in circles.
    Busy,
    Done(Value),
}

struct Cell {
    state: State,
    place: Place,
}

/// What names mean at a place.
#[derive(Clone, Debug)]
pub(super) enum Scope {
    /// The language's own names only.
    Root,
    /// A `let`, a `rec` set, or the names of a pattern.
    Attrs { parent: ScopeId, attrs: Rc<Attrs> },
    /// The parameter of a function.
    One { parent: ScopeId, name: Symbol, thunk: Thunk },
    /// `with`.
    With { parent: ScopeId, thunk: Thunk },
}

/// One evaluation of one flake.
pub(super) struct Evaluator<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) names: Names,
    pub(super) files: Vec<Rc<File>>,
    /// What each of them comes to; `None` when it has no tree.
    pub(super) file_values: Vec<Option<Thunk>>,
    /// What data files come to.
    pub(super) data_values: Vec<(FileIndex, Value)>,
    /// Every file that was read or looked for, in that order.
    pub(super) looked_for: Vec<FileId>,
    /// The same, and which of [`Evaluator::files`] it is once it was taken in. Only asked, never iterated.
    pub(super) file_numbers: HashMap<FileId, Option<FileIndex>>,
    pub(super) gaps: Vec<Gap>,
    pub(super) cross_sets: Vec<CrossSet>,
    /// What `self` is made of, once the flake is open.
    pub(super) flake: Option<super::inputs::Flake>,
    /// What a flake of modules says of itself beside its systems, while the systems are still being looked for.
    pub(super) flake_so_far: Option<Value>,
    /// The modules that it is made of, with flake-parts.
    pub(super) flake_modules: Option<Rc<super::flake_parts::FlakeModules>>,
    /// The options that modules of the flake declare, by their configuration.
    pub(super) declared_options: Vec<(Thunk, Vec<Symbol>)>,
    /// What modules came to when their own configuration could not be asked yet, by their next configuration.
    pub(super) earlier_configs: Vec<(Thunk, Value)>,
    /// Modules asked for their configuration while they were being merged.
    pub(super) asked_too_early: bool,
    /// What stands for the outputs of inputs that we know, by their project.
    pub(super) models: Vec<(Rc<str>, Option<Thunk>)>,
    /// A bound was reached: what is not there may only not have been reached.
    pub(super) exhausted: bool,
    /// Functions by the name's number and the space.
    pub(super) functions: Vec<Vec<(u8, Option<&'static super::builtins::Builtin>)>>,
    /// Folders that went through a filter which may take files away, each the very value that came out.
    pub(super) filtered: Vec<Rc<Path>>,
    cells: Vec<Cell>,
    scopes: Vec<Scope>,
    fuel: u32,
    depth: u32,
}

impl<'s> Evaluator<'s> {
    pub(super) fn new(snapshot: &'s Snapshot) -> Self {
        Self {
            snapshot,
            names: Names::default(),
            files: Vec::new(),
            file_values: Vec::new(),
            data_values: Vec::new(),
            looked_for: Vec::new(),
            file_numbers: HashMap::new(),
            gaps: Vec::new(),
            cross_sets: Vec::new(),
            flake: None,
            flake_modules: None,
            flake_so_far: None,
            declared_options: Vec::new(),
            earlier_configs: Vec::new(),
            asked_too_early: false,
            models: Vec::new(),
            exhausted: false,
            functions: Vec::new(),
            filtered: Vec::new(),
            cells: Vec::with_capacity(1024),
            scopes: vec![Scope::Root],
            fuel: FUEL,
            depth: 0,
        }
    }

    // Names.

    pub(super) fn symbol(&mut self, name: &str) -> Symbol {
        self.names.intern(name)
    }

    /// A name's text, free of the table.
    pub(super) fn name(&self, symbol: NameId) -> Arc<str> {
        self.names.shared(symbol)
    }

    /// The attribute of that name, when the set has it.
    pub(super) fn attribute(&self, attrs: &Attrs, name: &str) -> Option<Attr> {
        attrs.get(self.names.find(name)?).copied()
    }

    // Bounds.

    /// Spends fuel; false when none is left.
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        match self.fuel.checked_sub(steps) {
            Some(fuel) => {
                self.fuel = fuel;
                true
            }
            None => {
                self.fuel = 0;
                self.exhausted = true;
                false
            }
        }
    }

    /// Steps that were taken so far.
    pub(super) fn work(&self) -> u32 {
        FUEL - self.fuel
    }

    /// Whether all fuel is spent: then loops end, whatever they were to find.
    pub(super) fn is_spent(&self) -> bool {
        self.fuel == 0
    }

    /// Runs something one level deeper, unless that is one too many.
    pub(super) fn deeper(&mut self, place: Place, run: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.spend(1) {
            return Value::unknown(TOO_MUCH_WORK, place);
        }
        if self.depth >= MAX_DEPTH {
            self.exhausted = true;
            return Value::unknown("the evaluation goes too deep", place);
        }
        self.depth += 1;
        let value = run(self);
        self.depth -= 1;
        value
    }

    // Delayed values.

    fn cell(&mut self, state: State, place: Place) -> Thunk {
        self.spend(1);
        self.cells.push(Cell { state, place });
        Thunk(self.cells.len() as u32 - 1)
    }

    pub(super) fn delay(&mut self, file: &Rc<File>, expr: ExprId, scope: ScopeId) -> Thunk {
        let place = file.place(expr);
        self.cell(State::Expr { file: Rc::clone(file), expr, scope }, place)
    }

    pub(super) fn delay_code(
        &mut self,
        place: Place,
        code: impl FnOnce(&mut Evaluator<'_>) -> Value + 'static,
    ) -> Thunk {
        self.cell(State::Code(Box::new(code)), place)
    }

    pub(super) fn ready(&mut self, value: Value, place: Place) -> Thunk {
        self.cell(State::Done(value), place)
    }

    /// Where a delayed value is written.
    pub(super) fn place_of(&self, thunk: Thunk) -> Place {
        self.cells.get(thunk.0 as usize).map_or(Place::NOWHERE, |cell| cell.place)
    }

    /// The value, computed when it is first asked for.
    pub(super) fn force(&mut self, thunk: Thunk) -> Value {
        let Some(cell) = self.cells.get_mut(thunk.0 as usize) else { return Value::Null };
        if let State::Done(value) = &cell.state {
            return value.clone();
        }
        let place = cell.place;
        let value = match std::mem::replace(&mut cell.state, State::Busy) {
            State::Done(value) => value,
            State::Busy => return Value::unknown("it refers to itself", place),
            State::Expr { file, expr, scope } => self.eval(&file, expr, scope),
            State::Code(code) => self.deeper(place, code_runner(code)),
        };
        if let Some(cell) = self.cells.get_mut(thunk.0 as usize) {
            cell.state = State::Done(value.clone());
        }
        value
    }

    /// A value that is made later, with [`Evaluator::fill`]. To ask for it before is to go in circles.
    pub(super) fn promise(&mut self, place: Place) -> Thunk {
        self.cell(State::Busy, place)
    }

    /// Gives a delayed value its value.
    pub(super) fn fill(&mut self, thunk: Thunk, value: Value) {
        if let Some(cell) = self.cells.get_mut(thunk.0 as usize) {
            cell.state = State::Done(value);
        }
    }

    /// The value, if it was asked for before.
    pub(super) fn known(&self, thunk: Thunk) -> Option<&Value> {
        match &self.cells.get(thunk.0 as usize)?.state {
            State::Done(value) => Some(value),
            _ => None,
        }
    }

    // Scopes.

    pub(super) const ROOT: ScopeId = ScopeId(0);

    pub(super) fn push_scope(&mut self, scope: Scope) -> ScopeId {
        self.scopes.push(scope);
        ScopeId(self.scopes.len() as u32 - 1)
    }

    pub(super) fn scope(&self, id: ScopeId) -> &Scope {
        self.scopes.get(id.0 as usize).unwrap_or(&Scope::Root)
    }

    /// Fills a scope that had to exist before its bindings.
    pub(super) fn set_scope_attrs(&mut self, id: ScopeId, filled: Rc<Attrs>) {
        if let Some(Scope::Attrs { attrs, .. }) = self.scopes.get_mut(id.0 as usize) {
            *attrs = filled;
        }
    }

    // Alternatives and gaps.

    /// One of several values. Errors drop out: Nix would stop there, so nothing is built from them.
    pub(super) fn either(values: Vec<Value>, place: Place) -> Value {
        let mut kept = Vec::new();
        let mut error = None;
        for value in values {
            match value {
                Value::Error(_) => error = Some(value),
                Value::Either(either) => kept.extend(either.values.iter().cloned()),
                value => kept.push(value),
            }
        }
        if kept.len() > MAX_ALTERNATIVES {
            return Value::unknown("it depends on too many conditions that cannot be known here", place);
        }
        match kept.len() {
            0 => error.unwrap_or_else(|| Value::unknown("nothing", place)),
            1 => kept.pop().unwrap_or(Value::Null),
            _ => Value::Either(Rc::new(Either { values: kept, place })),
        }
    }

    pub(super) fn gap(&mut self, place: Place, why: &str) {
        let gap = Gap { origin: self.origin(place), why: why.to_owned() };
        if !self.gaps.contains(&gap) && self.gaps.len() < 100 {
            self.gaps.push(gap);
        }
    }

    pub(super) fn origin(&self, place: Place) -> Origin {
        match self.files.get(place.file.0 as usize) {
            Some(file) => match file.stands_for {
                // What a model says is said where the flake asks for it.
                Some(place) if place.file != file.index => self.origin(place),
                _ => Origin::new(file.id.clone(), place.span),
            },
            None => Origin::new(FileId::new(&*self.snapshot.root), place.span),
        }
    }

    /// Where characters are written; nowhere when no file of the project has them.
    pub(super) fn literal_origin(&self, place: Place) -> Origin {
        let origin = self.origin(place);
        let is_model = self.files.get(place.file.0 as usize).is_some_and(|file| file.stands_for.is_some());
        match is_model {
            true => Origin::new(origin.file, crate::text::Span::at(origin.span.start())),
            false => origin,
        }
    }

    // Making values.

    pub(super) fn thunk_text(&mut self, text: &str, place: Place) -> Thunk {
        self.ready(Value::text(text, place), place)
    }

    pub(super) fn attrs_of(&mut self, pairs: Vec<(&str, Thunk)>) -> Rc<Attrs> {
        let entries = pairs.into_iter().map(|(name, thunk)| (self.symbol(name), Attr::bare(thunk)));
        Rc::new(Attrs::from_pairs(entries.collect()))
    }

    pub(super) fn unknown_text(why: &str, place: Place) -> Value {
        Value::string(vec![StrPiece::Unknown { why: Rc::from(why), place }])
    }

    /// The characters of a string value, when all are known.
    pub(super) fn literal(value: &Value) -> Option<Arc<str>> {
        match value {
            Value::Str(text) => Str::literal(text),
            _ => None,
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.snapshot.root
    }
}

fn code_runner(code: Code) -> impl FnOnce(&mut Evaluator<'_>) -> Value {
    move |evaluator| code(evaluator)
}
