//! The standard input, as its reader sees it: it tells the state when it has to wait for more.

use std::{
    io::{self, Read},
    sync::Arc,
};

use super::state::Shared;

/// An input under a buffer: it is read from only when all that came before has been handled.
#[derive(Debug)]
pub struct Input<R> {
    inner: R,
    shared: Arc<Shared>,
}

impl<R> Input<R> {
    /// Reads `inner` and tells `shared`.
    pub fn new(inner: R, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.shared.set_more_to_read(false);
        let read = self.inner.read(buffer);
        self.shared.set_more_to_read(true);
        read
    }
}
