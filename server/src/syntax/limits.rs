//! Bounds that keep hostile or absurd input from hanging or crashing a recursive parser. Each is far
//! above what people write, and exceeding one is a finding, not silence.

/// Largest text that is analysed, in bytes. A large Cargo.lock (3,000 packages) has about 1 MB.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// Deepest nesting of brackets in a text.
pub const MAX_DEPTH: usize = 128;
