//! Names as numbers.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Arc, OnceLock},
};

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
    numbers: HashMap<Arc<str>, NameId, Quick>,
}

/// A quick hash of short texts: every look-up of an attribute goes through it. Its key is another one in
/// each process, so nobody can write names that collide.
#[derive(Clone, Debug)]
pub(super) struct Quick(u64);

impl Default for Quick {
    fn default() -> Self {
        static KEY: OnceLock<u64> = OnceLock::new();
        Self(*KEY.get_or_init(|| RandomState::new().hash_one(0)))
    }
}

impl BuildHasher for Quick {
    type Hasher = QuickHasher;

    fn build_hasher(&self) -> QuickHasher {
        QuickHasher(self.0)
    }
}

pub(super) struct QuickHasher(u64);

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut().zip(chunk).for_each(|(into, byte)| *into = *byte);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        let mixed = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (mixed >> 64) as u64 ^ mixed as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
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

    /// Takes in all names of another table; what comes back are their numbers here, in the order of that table.
    pub fn take_in(&mut self, other: &Names) -> Vec<NameId> {
        self.list.reserve(other.list.len());
        self.numbers.reserve(other.list.len());
        other.list.iter().map(|name| self.intern_shared(name)).collect()
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
