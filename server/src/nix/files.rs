//! Files of the workspace, read through the snapshot and nowhere else.

use std::{
    path::{Component, Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use super::{
    evaluator::{Evaluator, TOO_MUCH_WORK},
    value::{FileIndex, Place, Symbol, Thunk, Value},
};
use crate::{
    snapshot::{Kind, Read},
    syntax::{
        Source,
        nix::{ExprId, Tree},
    },
    text::FileId,
};

/// Steps that looking for a file is worth: the disk has to be asked.
const FILE_COST: usize = 200;

/// A Nix file that takes part in the evaluation.
#[derive(Debug)]
pub(super) struct File {
    pub(super) index: FileIndex,
    pub(super) id: FileId,
    pub(super) source: Arc<Source>,
    pub(super) tree: Arc<Tree>,
    /// The tree's names in the evaluator's table.
    symbols: Vec<Symbol>,
    /// The folder that relative paths start from.
    pub(super) folder: PathBuf,
    /// Not Nix: read as text.
    is_data: bool,
    /// It is a model of ours for something that the flake asks for at this place.
    pub(super) stands_for: Option<Place>,
}

impl File {
    pub(super) fn place(&self, expr: ExprId) -> Place {
        Place { file: self.index, span: self.tree.span(expr) }
    }

    pub(super) fn at(&self, span: crate::text::Span) -> Place {
        Place { file: self.index, span }
    }

    pub(super) fn symbol(&self, name: crate::syntax::nix::NameId) -> Symbol {
        // The table was made from the tree's names, so every number of the tree is in it.
        self.symbols.get(name.index()).copied().unwrap_or(name)
    }
}

impl Evaluator<'_> {
    /// Takes a text in; the same file is taken in once.
    pub(super) fn open(&mut self, source: &Arc<Source>) -> Rc<File> {
        let known = self.file_number(source.file()).and_then(|index| self.files.get(index.0 as usize));
        if let Some(file) = known.filter(|file| !file.is_data) {
            return Rc::clone(file);
        }
        let file = self.take_in(source, None);
        self.file_numbers.insert(file.id.clone(), Some(file.index));
        file
    }

    fn file_number(&self, file: &FileId) -> Option<FileIndex> {
        self.file_numbers.get(file).copied().flatten()
    }

    /// Takes in a model; what it says is said at `place`.
    pub(super) fn open_model(&mut self, source: &Arc<Source>, place: Place) -> Option<Thunk> {
        let file = self.take_in(source, Some(place));
        self.file_values.get(file.index.0 as usize).copied().flatten()
    }

    fn take_in(&mut self, source: &Arc<Source>, stands_for: Option<Place>) -> Rc<File> {
        // Reading a text is work as well: a thousand files are as much as an endless loop.
        if stands_for.is_none() && !self.files.is_empty() {
            self.spend(source.document().text().len() / 2);
        }
        let tree = Arc::clone(source.nix());
        let symbols = self.names.take_in(tree.names());
        let id = source.file().clone();
        let folder = id.path().parent().map(Path::to_path_buf).unwrap_or_default();
        let index = FileIndex(self.files.len() as u32);
        let file = Rc::new(File {
            index,
            id,
            source: Arc::clone(source),
            tree,
            symbols,
            folder,
            is_data: false,
            stands_for,
        });
        self.files.push(Rc::clone(&file));
        let value = file.tree.root().map(|root| self.delay(&file, root, Self::ROOT));
        self.file_values.push(value);
        file
    }

    /// Takes in a file that is not Nix, so that places in it have a number.
    pub(super) fn open_data(&mut self, source: &Arc<Source>) -> FileIndex {
        if let Some(index) = self.file_number(source.file()) {
            return index;
        }
        let index = FileIndex(self.files.len() as u32);
        self.files.push(Rc::new(File {
            index,
            id: source.file().clone(),
            source: Arc::clone(source),
            tree: Arc::default(),
            symbols: Vec::new(),
            folder: PathBuf::new(),
            is_data: true,
            stands_for: None,
        }));
        self.file_values.push(None);
        self.file_numbers.insert(source.file().clone(), Some(index));
        index
    }

    /// What importing a path comes to.
    pub(super) fn import_path(&mut self, path: &Path, place: Place) -> Value {
        let path = match self.snapshot.files.kind(path) {
            Kind::Folder => path.join("default.nix"),
            _ => path.to_path_buf(),
        };
        match self.read(&path) {
            Ok(source) => {
                let file = self.open(&source);
                if let Some(error) = file.tree.errors.first() {
                    let at = file.at(error.span);
                    self.gap(at, "a syntax error: what follows from this file is not sure");
                }
                match self.file_values.get(file.index.0 as usize) {
                    Some(Some(value)) => self.force(*value),
                    _ => Value::unknown("the imported file is too large or nested too deep", place),
                }
            }
            Err(why) => {
                self.gap(place, &why);
                Value::unknown(&why, place)
            }
        }
    }

    /// A file's text; what stands in the way otherwise.
    pub(super) fn read(&mut self, path: &Path) -> Result<Arc<Source>, String> {
        if !path.starts_with(self.root()) {
            return Err("the file lies outside of the workspace".to_owned());
        }
        if !self.spend(FILE_COST) {
            return Err(TOO_MUCH_WORK.to_owned());
        }
        let id = FileId::new(path);
        if !self.file_numbers.contains_key(&id) {
            self.file_numbers.insert(id.clone(), None);
            self.looked_for.push(id.clone());
        }
        let name = id.relative_to(self.root());
        match self.snapshot.files.read(path) {
            Read::Text(source) => Ok(source),
            Read::Absent => Err(format!("there is no file {name}")),
            Read::Unreadable(why) => Err(format!("{name} cannot be read: {why}")),
        }
    }

    pub(super) fn path_exists(&mut self, path: &Path) -> Option<bool> {
        if !path.starts_with(self.root()) {
            return None;
        }
        match self.snapshot.files.kind(path) {
            Kind::Absent => Some(false),
            Kind::File { .. } | Kind::Folder => Some(true),
            Kind::Unknown => None,
        }
    }
}

/// A path without `.` and `..`, by its text alone.
pub(super) fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}
