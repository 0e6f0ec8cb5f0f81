//! From a stream of bytes to message bodies, whatever the bytes are.
//!
//! The framework's own decoder ends the server at the first bad header, bad byte or bad JSON. A client
//! that is restarted in mid-message, a wrapper script that prints a line, or an editor's bug must not
//! cost the user the session, so this reader answers with a [`Broken`] and finds the next header itself.

use std::io::{self, BufRead, Read};

/// Largest message that is accepted. A `didOpen` of the largest file that is analysed is far smaller.
pub const MAX_BODY: u64 = 64 * 1024 * 1024;

/// Longest header line that is kept; of a longer one only the end matters.
const MAX_LINE: usize = 8 * 1024;

/// What of an overlong line is kept: enough for a header that follows garbage on the same line.
const LINE_TAIL: usize = 128;

const LENGTH: &[u8] = b"content-length:";

/// Why a message could not be taken from the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// There were bytes where a header should be.
    Header,
    /// `Content-Length` is no number, or is absent.
    Length,
    /// The message is larger than [`MAX_BODY`].
    TooLarge(u64),
}

/// What comes next on the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A body, of the length that its header gave.
    Body(Vec<u8>),
    /// Something that is no message. The stream goes on behind it.
    Broken(Broken),
}

/// Cuts a stream into frames.
#[derive(Debug)]
pub struct FrameReader<R> {
    input: R,
    /// Bytes that are read again before the input.
    again: io::Cursor<Vec<u8>>,
    /// Whether the last frame was broken: bytes up to the next header are its remains, and no news.
    lost: bool,
}

/// One header line, or what stands in its place.
enum Line {
    Blank,
    Length(Option<u64>),
    Other,
    Garbage,
}

impl<R: BufRead> FrameReader<R> {
    /// Reads from `input`.
    pub fn new(input: R) -> Self {
        Self { input, again: io::Cursor::new(Vec::new()), lost: false }
    }

    /// The next frame; `None` at the end of the stream.
    pub fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        loop {
            let known_lost = self.lost;
            let broken = match self.read_header()? {
                None => return Ok(None),
                Some(Ok(size)) if size <= MAX_BODY => {
                    self.lost = false;
                    return self.read_body(size);
                }
                Some(Ok(size)) => Broken::TooLarge(size),
                Some(Err(broken)) => broken,
            };
            self.lost = true;
            if !known_lost {
                return Ok(Some(Frame::Broken(broken)));
            }
        }
    }

    /// Reads up to the blank line behind a length; garbage is told at once, for its sender may wait.
    fn read_header(&mut self) -> io::Result<Option<Result<u64, Broken>>> {
        let mut length = None;
        loop {
            match self.read_header_line()? {
                None => return Ok(None),
                Some(Line::Length(found)) => length = Some(found),
                Some(Line::Other) => {}
                Some(Line::Garbage) if length.is_none() => return Ok(Some(Err(Broken::Header))),
                Some(Line::Garbage) => {}
                // A blank line between two messages is harmless.
                Some(Line::Blank) => {
                    if let Some(length) = length {
                        return Ok(Some(length.ok_or(Broken::Length)));
                    }
                }
            }
        }
    }

    /// Takes back bytes of a body that proved to hold the start of the next message.
    ///
    /// A length that is too large swallows the header behind it; what follows would be lost as well.
    pub fn put_back(&mut self, bytes: &[u8]) {
        let position = self.again.position() as usize;
        let rest = self.again.get_ref().get(position..).unwrap_or_default();
        self.again = io::Cursor::new([bytes, rest].concat());
    }

    fn read_body(&mut self, size: u64) -> io::Result<Option<Frame>> {
        // Grows as bytes arrive: a length alone allocates nothing.
        let mut body = Vec::new();
        let again = Read::by_ref(&mut self.again);
        let read = again.chain(&mut self.input).take(size).read_to_end(&mut body)?;
        if (read as u64) < size {
            return Ok(None);
        }
        Ok(Some(Frame::Body(body)))
    }

    /// A header line; `None` at the end.
    fn read_header_line(&mut self) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        let mut overlong = false;
        loop {
            let mut input = Read::by_ref(&mut self.again).chain(&mut self.input);
            let chunk = match input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                return Ok(None);
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(chunk.len(), |end| end + 1);
            line.extend_from_slice(chunk.get(..taken).unwrap_or_default());
            input.consume(taken);
            if end.is_some() {
                break;
            }
            if line.len() > MAX_LINE {
                line.drain(..line.len() - LINE_TAIL);
                overlong = true;
            }
            // No header starts with a brace: it is a body without one, and its end may never come.
            if !self.lost && line.first() == Some(&b'{') {
                return Ok(Some(Line::Garbage));
            }
        }
        Ok(Some(read_line(&line, overlong)))
    }
}

fn read_line(line: &[u8], overlong: bool) -> Line {
    let line = line.trim_ascii();
    if let Some(at) = find_length_header(line) {
        let value = line.get(at + LENGTH.len()..).unwrap_or_default().trim_ascii();
        return Line::Length(std::str::from_utf8(value).ok().and_then(|value| value.parse().ok()));
    }
    if line.is_empty() && !overlong {
        return Line::Blank;
    }
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let named = name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    if named && line.contains(&b':') && !overlong { Line::Other } else { Line::Garbage }
}

/// Where the last `Content-Length:` of the bytes starts, in any case of its letters.
pub fn find_length_header(bytes: &[u8]) -> Option<usize> {
    bytes.windows(LENGTH.len()).rposition(|window| window.eq_ignore_ascii_case(LENGTH))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn frames(input: &[u8]) -> Vec<String> {
        let mut reader = FrameReader::new(input);
        let mut found = Vec::new();
        while let Some(frame) = reader.next_frame().unwrap() {
            found.push(match frame {
                Frame::Body(body) => String::from_utf8_lossy(&body).into_owned(),
                Frame::Broken(broken) => format!("{broken:?}"),
            });
        }
        found
    }

    #[test]
    fn well_formed_frames_come_one_by_one() {
        let input = b"Content-Length: 2\r\n\r\n{}content-type: x\r\ncontent-length:4 \r\n\r\ntrue";
        assert_eq!(frames(input), ["{}", "true"]);
    }

    #[test]
    fn line_feeds_alone_and_blank_lines_are_borne() {
        assert_eq!(frames(b"\r\n\r\nContent-Length: 2\n\n[]\r\nContent-Length: 1\r\n\r\n1"), ["[]", "1"]);
    }

    #[test]
    fn garbage_is_reported_once_and_the_next_message_is_found() {
        let input = b"hello\nworld\n\nmore\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(frames(input), ["Header", "{}"]);
        let input = b"Content-Length: x\r\n\r\n{\"a\":1}Content-Length: 2\r\n\r\n{}";
        assert_eq!(frames(input), ["Length", "{}"]);
        let input = b"X-Thing: 1\r\n\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(frames(input), ["{}"], "a header block without a length, and a good one");
    }

    #[test]
    fn an_absurd_length_allocates_nothing_and_swallows_nothing() {
        let input = b"Content-Length: 99999999999999\r\n\r\n{}Content-Length: 2\r\n\r\n{}";
        assert_eq!(frames(input), ["TooLarge(99999999999999)", "{}"]);
        let input = b"Content-Length: 99999999999999999999999\r\n\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(frames(input), ["Length", "{}"]);
        let input = b"Content-Length: -1\r\n\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(frames(input), ["Length", "{}"]);
    }

    #[test]
    fn an_endless_line_is_not_kept() {
        let mut input = vec![b'x'; 3 * MAX_LINE];
        input.extend_from_slice(b"Content-Length: 2\r\n\r\n{}");
        let mut reader = FrameReader::new(input.as_slice());
        let mut bodies = 0;
        while let Some(frame) = reader.next_frame().unwrap() {
            bodies += usize::from(frame == Frame::Body(b"{}".to_vec()));
        }
        assert_eq!(bodies, 1);
    }

    #[test]
    fn bytes_put_back_come_again() {
        let mut reader = FrameReader::new(&b"tail"[..]);
        reader.put_back(b"Content-Length: 6\r\n\r\n{}");
        assert_eq!(reader.next_frame().unwrap(), Some(Frame::Body(b"{}tail".to_vec())));
    }

    #[test]
    fn a_stream_that_ends_within_a_message_ends() {
        assert_eq!(frames(b"Content-Length: 10\r\n\r\n{}"), Vec::<String>::new());
        assert_eq!(frames(b"Content-Le"), Vec::<String>::new());
    }
}
