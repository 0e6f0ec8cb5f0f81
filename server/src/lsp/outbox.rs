//! What waits to be written to the client.
//!
//! A client may stop reading: while it shows a dialog, or for good. Nothing in the server may wait for
//! it, and nothing may pile up without bound. So everybody puts here and goes on, one thread writes,
//! and of the diagnostics of one file only the newest wait.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// With more than this unread, requests are answered with a short refusal.
const CHOKED_BYTES: usize = 32 * 1024 * 1024;

/// With more than this unread, messages are dropped: nobody is there.
const DEAF_BYTES: usize = 64 * 1024 * 1024;

/// The queue, shared.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Vec<u8>>,
    /// By URI: publishing again replaces what nobody has read yet.
    diagnostics: BTreeMap<String, Vec<u8>>,
    bytes: usize,
    writing: bool,
    closed: bool,
}

impl Outbox {
    /// Puts a message: its JSON, without a header.
    pub fn push(&self, message: Vec<u8>) {
        let mut queue = self.lock();
        if queue.bytes < DEAF_BYTES {
            queue.bytes += message.len();
            queue.messages.push_back(message);
            self.0.changed.notify_all();
        }
    }

    /// Puts the diagnostics of one file, in place of older ones that still wait.
    pub fn publish(&self, uri: String, message: Vec<u8>) {
        let mut queue = self.lock();
        queue.bytes += message.len();
        if let Some(older) = queue.diagnostics.insert(uri, message) {
            queue.bytes -= older.len();
        }
        self.0.changed.notify_all();
    }

    /// Whether so much is unread that requests should be refused.
    pub fn is_choked(&self) -> bool {
        self.lock().bytes > CHOKED_BYTES
    }

    /// Waits until all is written, or the time is over.
    pub fn drain(&self, time: Duration) {
        let start = Instant::now();
        let mut queue = self.lock();
        while !queue.closed && (queue.writing || queue.bytes > 0) {
            let Some(left) = time.checked_sub(start.elapsed()) else { return };
            queue = self.0.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Writes what comes, until the output is gone.
    pub fn write_to(&self, mut output: impl Write) -> io::Result<()> {
        let mut frame = Vec::new();
        loop {
            let body = self.take();
            frame.clear();
            write!(frame, "Content-Length: {}\r\n\r\n", body.len())?;
            frame.extend_from_slice(&body);
            let written = output.write_all(&frame).and_then(|()| output.flush());
            let mut queue = self.lock();
            queue.writing = false;
            queue.closed = written.is_err();
            self.0.changed.notify_all();
            drop(queue);
            written?;
            // One large answer is no reason to keep its room for ever.
            frame.shrink_to(64 * 1024);
        }
    }

    /// The next message. Answers go first: somebody waits for them.
    fn take(&self) -> Vec<u8> {
        let mut queue = self.lock();
        loop {
            let next = queue.messages.pop_front();
            let next = next.or_else(|| queue.diagnostics.pop_first().map(|(_, message)| message));
            if let Some(message) = next {
                queue.bytes -= message.len();
                queue.writing = true;
                return message;
            }
            queue = self.0.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn queued(outbox: &Outbox) -> Vec<String> {
        let mut found = Vec::new();
        while outbox.lock().bytes > 0 {
            found.push(String::from_utf8(outbox.take()).unwrap());
        }
        found
    }

    #[test]
    fn the_newest_diagnostics_of_a_file_replace_those_that_wait() {
        let outbox = Outbox::default();
        for version in 0..1000 {
            outbox.publish("file:///b".to_owned(), format!("b{version}").into_bytes());
        }
        outbox.publish("file:///a".to_owned(), b"a".to_vec());
        outbox.push(b"answer".to_vec());
        assert_eq!(queued(&outbox), ["answer", "a", "b999"]);
    }

    #[test]
    fn a_client_that_never_reads_costs_bounded_memory() {
        let outbox = Outbox::default();
        for _ in 0..100 {
            outbox.push(vec![b' '; 1024 * 1024]);
        }
        assert!(outbox.is_choked());
        assert!(outbox.lock().bytes <= DEAF_BYTES + 1024 * 1024);
    }

    #[test]
    fn what_is_written_is_framed() {
        struct Once(Vec<u8>);
        impl Write for Once {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                if self.0.is_empty() {
                    self.0.extend_from_slice(bytes);
                    return Ok(bytes.len());
                }
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let outbox = Outbox::default();
        outbox.push("{\"ü\":1}".as_bytes().to_vec());
        outbox.push(b"{}".to_vec());
        let mut output = Once(Vec::new());
        assert!(outbox.write_to(&mut output).is_err());
        assert_eq!(String::from_utf8(output.0).unwrap(), "Content-Length: 8\r\n\r\n{\"ü\":1}");
        outbox.drain(Duration::MAX);
    }
}
