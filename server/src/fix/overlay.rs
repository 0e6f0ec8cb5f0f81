//! Files with some texts replaced: how a fix is looked at before it is written.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    snapshot::{Files, Kind, Read, RegistryPart, Snapshot},
    syntax::Source,
    text::FileId,
};

/// The files of a snapshot under some other texts.
pub struct Overlay {
    below: Arc<dyn Files>,
    /// `None`: the file is gone.
    texts: BTreeMap<PathBuf, Option<Arc<Source>>>,
}

impl std::fmt::Debug for Overlay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Overlay").field("files", &self.texts.keys()).finish_non_exhaustive()
    }
}

impl Overlay {
    /// The files of `snapshot`, with each file in `texts` replaced, or gone where there is `None`.
    pub fn over<'a>(
        snapshot: &Snapshot,
        texts: impl IntoIterator<Item = (&'a FileId, Option<&'a str>)>,
    ) -> Snapshot {
        let texts = texts.into_iter().map(|(file, text)| {
            let source = text.map(|text| Arc::new(Source::from_text(file.clone(), text)));
            (file.path().to_path_buf(), source)
        });
        let files = Self { below: Arc::clone(&snapshot.files), texts: texts.collect() };
        Snapshot { files: Arc::new(files), ..snapshot.clone() }
    }

    fn replaced(&self, path: &Path) -> Option<Read> {
        self.texts
            .get(path)
            .map(|text| text.as_ref().map_or(Read::Absent, |source| Read::Text(Arc::clone(source))))
    }
}

impl Files for Overlay {
    fn read(&self, path: &Path) -> Read {
        self.replaced(path).unwrap_or_else(|| self.below.read(path))
    }

    fn read_cargo_config(&self, path: &Path) -> Read {
        self.replaced(path).unwrap_or_else(|| self.below.read_cargo_config(path))
    }

    fn kind(&self, path: &Path) -> Kind {
        match self.replaced(path) {
            Some(Read::Text(_)) => Kind::File { executable: false },
            Some(_) => Kind::Absent,
            None if self.texts.iter().any(|(file, text)| text.is_some() && file.parent() == Some(path)) => {
                Kind::Folder
            }
            None => self.below.kind(path),
        }
    }

    fn program(&self, path: &Path) -> Kind {
        self.below.program(path)
    }

    fn list(&self, folder: &Path) -> Option<Vec<String>> {
        let mut names = self.below.list(folder);
        for (file, text) in &self.texts {
            let (Some(parent), Some(name)) = (file.parent(), file.file_name().and_then(|name| name.to_str()))
            else {
                continue;
            };
            if parent != folder {
                continue;
            }
            let names = names.get_or_insert_default();
            names.retain(|existing| existing != name);
            if text.is_some() {
                names.push(name.to_owned());
            }
            names.sort();
        }
        names
    }

    fn read_registry(&self, path: &Path, part: RegistryPart<'_>) -> Read {
        self.below.read_registry(path, part)
    }

    fn list_registry(&self, folder: &Path) -> Option<Arc<[String]>> {
        self.below.list_registry(folder)
    }
}
