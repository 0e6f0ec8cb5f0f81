//! Names as numbers.

use std::{collections::HashMap, sync::Arc};

/// A name's number in a [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(u32);

impl NameId {
    /// The number.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Names, each once, numbered in the order in which they were met.
#[derive(Clone, Debug, Default)]
pub struct Names {
    list: Vec<Arc<str>>,
    /// Only asked, never iterated: its order does not matter.
    numbers: HashMap<Arc<str>, NameId>,
}

impl Names {
    /// The number of `name`, a new one when it was not met before.
    pub fn intern(&mut self, name: &str) -> NameId {
        if let Some(id) = self.numbers.get(name) {
            return *id;
        }
        self.insert(Arc::from(name))
    }

    /// Like [`Names::intern`], sharing the text.
    pub fn intern_shared(&mut self, name: &Arc<str>) -> NameId {
        match self.numbers.get(&**name) {
            Some(id) => *id,
            None => self.insert(Arc::clone(name)),
        }
    }

    fn insert(&mut self, name: Arc<str>) -> NameId {
        let id = NameId(self.list.len() as u32);
        self.list.push(Arc::clone(&name));
        self.numbers.insert(name, id);
        id
    }

    /// The number of `name`, if it was met.
    pub fn find(&self, name: &str) -> Option<NameId> {
        self.numbers.get(name).copied()
    }

    /// The name; empty for a number of another table.
    pub fn get(&self, id: NameId) -> &str {
        self.list.get(id.index()).map_or("", |name| name)
    }

    /// The name, shared; empty for a number of another table.
    pub fn shared(&self, id: NameId) -> Arc<str> {
        self.list.get(id.index()).map_or_else(|| Arc::from(""), Arc::clone)
    }

    /// All names, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<str>> {
        self.list.iter()
    }
}
