//! From a stream of bytes to lines, each of a bounded length.

use std::io::{self, BufRead};

/// Longer lines lose their rest. The messages of a large link are that long; nothing that people read is.
const MAX_LINE: usize = 4 * 1024 * 1024;

/// One of a program's two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// One line that a program wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where.
    pub stream: Stream,
    /// Its text without the end of the line. What is no UTF-8 is replaced.
    pub text: String,
}

/// Gives each line of a stream to `take`, until the stream ends or `take` says no. A carriage return ends a line as
/// well: that is how progress is drawn.
pub(super) fn read(stream: impl BufRead, take: impl FnMut(String) -> bool) -> io::Result<()> {
    read_bounded(stream, MAX_LINE, take)
}

fn read_bounded(
    mut stream: impl BufRead,
    most: usize,
    mut take: impl FnMut(String) -> bool,
) -> io::Result<()> {
    let mut line: Vec<u8> = Vec::new();
    let mut has_begun = false;
    let mut is_behind_cr = false;
    loop {
        let mut piece = match stream.fill_buf() {
            Ok(piece) => piece,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if piece.is_empty() {
            if has_begun {
                take(text(&line));
            }
            return Ok(());
        }
        let mut length = 0;
        if is_behind_cr && let Some(rest) = piece.strip_prefix(b"\n") {
            (piece, length) = (rest, 1);
        }
        let end = memchr::memchr2(b'\n', b'\r', piece);
        let part = piece.get(..end.unwrap_or(piece.len())).unwrap_or_default();
        let room = most.saturating_sub(line.len());
        line.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
        length += part.len() + usize::from(end.is_some());
        has_begun = end.is_none() && (has_begun || !part.is_empty());
        is_behind_cr = end.is_some_and(|end| piece.get(end) == Some(&b'\r'));
        stream.consume(length);
        if end.is_some() {
            if !take(text(&line)) {
                return Ok(());
            }
            line.clear();
        }
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8], most: usize, buffer: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let stream = io::BufReader::with_capacity(buffer, bytes);
        let take = |line| {
            lines.push(line);
            true
        };
        read_bounded(stream, most, take).unwrap();
        lines
    }

    #[test]
    fn lines_are_cut_at_their_ends_and_at_the_bound() {
        for buffer in [1, 2, 3, 100] {
            assert_eq!(lines(b"a\r\n\nlong line\nend", 4, buffer), ["a", "", "long", "end"], "{buffer}");
            assert_eq!(lines(b"\n", 4, buffer), [""]);
            assert_eq!(lines(b"", 4, buffer), Vec::<String>::new());
            assert_eq!(lines(b"\xffx\n", 4, buffer), ["\u{fffd}x"]);
            assert_eq!(lines(b"1/2\r2/2\rdone\r\n\r\nx", 9, buffer), ["1/2", "2/2", "done", "", "x"]);
        }
    }

    #[test]
    fn whoever_has_enough_stops() {
        let mut count = 0;
        let take = |_| {
            count += 1;
            count < 2
        };
        read_bounded(&b"a\nb\nc\n"[..], 9, take).unwrap();
        assert_eq!(count, 2);
    }
}
