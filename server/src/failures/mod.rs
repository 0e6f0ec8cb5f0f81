//! Reads what a failing build says and names the cause.
//!
//! Bytes of a log in, failures out: cargo's, rustc's, a linker's, Nix's, cross's or a continuous
//! integration's raw log, coloured or not, with timestamps, service names and JSON messages, of any length.
//! Reading takes time in proportion to the log and memory that does not grow with it.
//!
//! ```
//! let log = "error: linker `aarch64-linux-gnu-gcc` not found\n";
//! let diagnosis = portolan::failures::diagnose(log.as_bytes());
//! assert_eq!(diagnosis.failures[0].name(), "linker-not-found");
//! ```
//!
//! What the words mean stands in `server/knowledge/failures.toml`. Lines belong to a job (told apart by what
//! stands before them), a job's lines to a block (an error and its notes), and a block has one cause: words
//! that are its echo are left out. Nothing in a warning is a cause, and what a build script only tries is
//! none when the build goes on to its good end.

mod block;
mod decisive;
mod failure;
mod json;
mod line;
mod message;
pub mod pages;
mod pattern;
mod prefix;
mod reader;
mod source;
mod stream;
mod text;
mod words;

pub use failure::{Failure, Place, Position};
pub use reader::{Diagnosis, Reader, diagnose};
