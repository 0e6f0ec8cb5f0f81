//! Functions that look at files, all of them through the snapshot.

use std::{path::Path, rc::Rc, sync::Arc};

use super::{BUILTIN, Builtin, Evaluator, GLOBAL, LIBRARY, Place, Thunk, Value, builtin, data};
use crate::{
    nix::{
        evaluate::source_path,
        files::clean,
        value::{Head, InputKind, Neutral, Str, StrPiece},
    },
    snapshot::Kind,
    text::Span,
};

const BOTH: u8 = BUILTIN | LIBRARY;

pub(super) const TABLE: &[Builtin] = &[
    builtin("import", BUILTIN | GLOBAL, 1, import),
    builtin("scopedImport", BUILTIN | GLOBAL, 2, |_, _, place| {
        Value::unknown("an import with names of its own", place)
    }),
    builtin("readFile", BOTH, 1, |this, arguments, place| match this.path_argument(arguments, 0, place) {
        Ok(path) => this.read_text(&path, place),
        Err(unknown) => unknown,
    }),
    builtin("pathExists", BOTH, 1, |this, arguments, place| match this.path_argument(arguments, 0, place) {
        Ok(path) => match this.path_exists(&path) {
            Some(exists) => Value::Bool(exists),
            None => Value::unknown("whether a path exists", place),
        },
        Err(unknown) => unknown,
    }),
    builtin("readDir", BOTH, 1, |this, arguments, place| match this.path_argument(arguments, 0, place) {
        Ok(path) => this.list_folder(&path, place),
        Err(unknown) => unknown,
    }),
    builtin("fromTOML", BOTH | GLOBAL, 1, |this, arguments, place| {
        let text = this.argument_value(arguments, 0);
        this.each(&text, place, &mut |this, text| match text {
            Value::Str(text) => data::from_toml(this, text, place),
            _ => Value::unknown("a text that cannot be known here", place),
        })
    }),
    builtin("fromJSON", BOTH, 1, |this, arguments, place| {
        let text = this.argument_value(arguments, 0);
        this.each(&text, place, &mut |this, text| match text {
            Value::Str(text) => data::from_json(this, text, place),
            _ => Value::unknown("a text that cannot be known here", place),
        })
    }),
    builtin("importTOML", LIBRARY, 1, |this, arguments, place| {
        match this.path_argument(arguments, 0, place) {
            Ok(path) => match this.read_text(&path, place) {
                Value::Str(text) => data::from_toml(this, &text, place),
                other => other,
            },
            Err(unknown) => unknown,
        }
    }),
    builtin("importJSON", LIBRARY, 1, |this, arguments, place| {
        match this.path_argument(arguments, 0, place) {
            Ok(path) => match this.read_text(&path, place) {
                Value::Str(text) => data::from_json(this, &text, place),
                other => other,
            },
            Err(unknown) => unknown,
        }
    }),
    builtin("append path", LIBRARY, 2, |this, arguments, place| {
        let more = this.literal_argument(arguments, 1);
        match (this.path_argument(arguments, 0, place), more) {
            (Ok(path), Some(more)) => Value::Path(Rc::from(clean(&path.join(&*more)))),
            (Err(unknown), _) => unknown,
            (Ok(_), None) => Value::unknown("a path that cannot be known here", place),
        }
    }),
    builtin("toPath", BUILTIN, 1, |this, arguments, place| match this.path_argument(arguments, 0, place) {
        Ok(path) => Value::Path(path),
        Err(unknown) => unknown,
    }),
    builtin("dirOf", BOTH | GLOBAL, 1, |this, arguments, place| {
        match this.path_argument(arguments, 0, place) {
            Ok(path) => Value::Path(Rc::from(path.parent().unwrap_or(&path))),
            Err(unknown) => unknown,
        }
    }),
    // Filtered sources are, to us, the sources; that a file may be gone is kept in mind. What cleanSource takes away
    // (version control, backups, objects) nobody asks about.
    builtin("cleanSource", LIBRARY, 1, |this, arguments, _| this.argument_value(arguments, 0)),
    builtin("filterSource", BUILTIN, 2, |this, arguments, place| {
        let source = this.argument_value(arguments, 1);
        let filter = arguments.first().copied();
        this.filtered_source(source, filter, place)
    }),
    builtin("sourceByRegex", LIBRARY, 2, |this, arguments, place| {
        let source = this.argument_value(arguments, 0);
        this.filtered_source(source, None, place)
    }),
    builtin("sourceFilesBySuffices", LIBRARY, 2, |this, arguments, place| {
        let source = this.argument_value(arguments, 0);
        this.filtered_source(source, None, place)
    }),
    builtin("cleanSourceWith", LIBRARY, 1, |this, arguments, place| {
        this.source_argument(arguments, "src", place)
    }),
    builtin("path", BUILTIN, 1, |this, arguments, place| this.source_argument(arguments, "path", place)),
    builtin("getEnv", BUILTIN, 1, |_, _, place| {
        Evaluator::unknown_text("a variable of the builder's environment", place)
    }),
    builtin("placeholder", BUILTIN | GLOBAL, 1, |_, _, place| {
        Evaluator::unknown_text("the package's own output", place)
    }),
    builtin("hashString", BOTH, 2, |_, _, place| Evaluator::unknown_text("a hash", place)),
    builtin("hashFile", BOTH, 2, |_, _, place| Evaluator::unknown_text("a hash", place)),
];

fn import(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let what = this.argument_value(arguments, 0);
    this.each(&what, place, &mut |this, what| this.imported(what, place))
}

impl Evaluator<'_> {
    /// What a path, or what stands for one, is imported as.
    pub(super) fn imported(&mut self, what: &Value, place: Place) -> Value {
        let whole = match what {
            Value::Str(text) if text.pieces.len() == 1 => source_of_input(what),
            what => what.clone(),
        };
        if let Value::Neutral(term) = &whole
            && let Neutral::Head(Head::Input(input), _) = &**term
        {
            return self.import_input(term, &Rc::clone(input), place);
        }
        if let Value::Neutral(term) = what
            && self.fetches_nixpkgs(term)
        {
            let nixpkgs = crate::nix::inputs::nixpkgs_by_name("nixpkgs");
            return self.import_input(term, &nixpkgs, place);
        }
        // `import "${nixpkgs}/lib"`
        if let Value::Str(text) = what
            && let [StrPiece::Store { item, .. }, rest @ ..] = text.pieces.as_slice()
            && let Neutral::Head(Head::Input(input), _) = &**item
            && input.kind == InputKind::Nixpkgs
            && matches!(rest, [StrPiece::Literal { text, .. }] if matches!(&**text, "/lib" | "/lib/default.nix"))
        {
            return Value::head(Head::Library, place);
        }
        match self.path_of(what) {
            Some(path) => self.import_path(&path, place),
            // What is imported keeps its arguments all the same.
            None => match &source_of_input(what) {
                Value::Neutral(term) => Value::Neutral(Rc::clone(term)),
                other => Evaluator::unknown_from(other.clone(), "an import that cannot be known here", place),
            },
        }
    }
}

/// `"${nixpkgs}"` is nixpkgs, and `"${crane}/lib/x.nix"` something of crane.
fn source_of_input(what: &Value) -> Value {
    let Value::Str(text) = what else { return what.clone() };
    match text.pieces.as_slice() {
        [StrPiece::Store { item, .. }, ..] if matches!(item.bottom(), Head::Input(_)) => {
            Value::Neutral(Rc::clone(item))
        }
        _ => what.clone(),
    }
}

impl Evaluator<'_> {
    /// Whether a term is `fetchTarball "https://…/nixpkgs/…"` or its like.
    fn fetches_nixpkgs(&mut self, term: &Rc<Neutral>) -> bool {
        let Neutral::Apply { argument, .. } = &**term else { return false };
        if !matches!(term.bottom(), Head::Builtins) {
            return false;
        }
        let mut value = self.force(*argument);
        let url = value.as_attrs().and_then(|attrs| self.attribute(attrs, "url"));
        if let Some(url) = url {
            value = self.force(url.thunk);
        }
        match value {
            Value::Str(text) => text.pieces.iter().any(|piece| {
                matches!(piece, StrPiece::Literal { text, .. } if text.to_lowercase().contains("nixpkgs"))
            }),
            _ => false,
        }
    }

    /// The path of the workspace that a value stands for.
    pub(in crate::nix) fn path_of(&self, value: &Value) -> Option<Rc<Path>> {
        match value {
            Value::Path(path) => Some(Rc::clone(path)),
            Value::Str(text) => match source_path(&text.pieces) {
                Some(path) => Some(path),
                None => {
                    let text = text.literal()?;
                    Path::new(&*text).is_absolute().then(|| Rc::from(clean(Path::new(&*text))))
                }
            },
            Value::Neutral(term) => match &**term {
                Neutral::Head(Head::Flake, _) => Some(Rc::from(self.root())),
                _ => None,
            },
            Value::Attrs(attrs) => {
                let path = self.attribute(attrs, "outPath")?;
                self.path_of(&self.known(path.thunk)?.clone())
            }
            _ => None,
        }
    }

    pub(super) fn path_argument(
        &mut self,
        arguments: &[Thunk],
        index: usize,
        place: Place,
    ) -> Result<Rc<Path>, Value> {
        let value = self.argument_value(arguments, index);
        match self.path_of(&value) {
            Some(path) => Ok(path),
            None => Err(Self::unknown_from(value, "a path that cannot be known here", place)),
        }
    }

    fn source_argument(&mut self, arguments: &[Thunk], name: &str, place: Place) -> Value {
        let set = self.argument_value(arguments, 0);
        let source = self.select_named(&set, name, place);
        match &set {
            Value::Attrs(attrs) if attrs.rest.is_none() => match self.attribute(attrs, "filter") {
                Some(filter) => self.filtered_source(source, Some(filter.thunk), place),
                None => source,
            },
            _ => self.filtered_source(source, None, place),
        }
    }

    /// A source behind a filter: the same folder, marked unless the filter surely keeps cargo's configuration.
    fn filtered_source(&mut self, source: Value, filter: Option<Thunk>, place: Place) -> Value {
        let folder = match &source {
            Value::Path(path) => Rc::clone(path),
            Value::Neutral(term) if matches!(&**term, Neutral::Head(Head::Flake, _)) => Rc::from(self.root()),
            _ => return source,
        };
        if filter.is_some_and(|filter| self.keeps_configuration(&folder, filter, place)) {
            return source;
        }
        let marked: Rc<Path> = Rc::from(&*folder);
        self.filtered.push(Rc::clone(&marked));
        Value::Path(marked)
    }

    /// Whether a filter says yes to `.cargo` and what is in it.
    fn keeps_configuration(&mut self, folder: &Path, filter: Thunk, place: Place) -> bool {
        let filter = self.force(filter);
        if let Value::Neutral(term) = &filter {
            // crane's own keeps every .toml and .cargo/config.
            return matches!(&**term, Neutral::Select { name, .. } if self.names.get(*name) == "filterCargoSources");
        }
        let mut keeps = |path: &str, kind: &str| {
            let path = self.thunk_text(&folder.join(path).to_string_lossy(), place);
            let kind = self.thunk_text(kind, place);
            let kept = self.apply_all(&filter, &[path, kind], place);
            Self::condition(&kept) == Some(true)
        };
        keeps(".cargo", "directory") && keeps(".cargo/config.toml", "regular")
    }

    /// The text of a file. Its characters have their places in that file.
    pub(in crate::nix) fn read_text(&mut self, path: &Path, place: Place) -> Value {
        match self.read(path) {
            Ok(source) => {
                let index = self.open_data(&source);
                let text: Arc<str> = source.document().shared_text();
                self.spend(text.len() / 16);
                let span = Span::new(0, text.len());
                Value::Str(Rc::new(Str {
                    pieces: vec![StrPiece::Literal { text, place: Place { file: index, span } }],
                }))
            }
            Err(why) => {
                self.gap(place, &why);
                Value::unknown(&why, place)
            }
        }
    }

    fn list_folder(&mut self, path: &Path, place: Place) -> Value {
        if !path.starts_with(self.root()) {
            return Value::unknown("a folder outside of the workspace", place);
        }
        let Some(names) = self.snapshot.files.list(path) else {
            return Value::unknown("a folder that cannot be listed", place);
        };
        self.spend(names.len() * 4);
        let mut pairs = Vec::new();
        for name in names.iter().take(1_000) {
            let kind = match self.snapshot.files.kind(&path.join(name)) {
                Kind::Folder => "directory",
                Kind::File { .. } => "regular",
                Kind::Absent | Kind::Unknown => "unknown",
            };
            pairs.push((name.as_str(), self.thunk_text(kind, place)));
        }
        Value::Attrs(self.attrs_of(pairs))
    }
}
