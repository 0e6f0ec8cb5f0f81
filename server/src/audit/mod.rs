//! Where a finished binary runs: bytes in, facts and findings out.
//!
//! [`read`] says what stands in a file; [`judge`] holds it to a policy. Neither opens anything, neither can
//! fail: a file that cannot be understood is a verdict of its own, and never a portable one.

mod artefact;
mod elf;
mod foreign;
mod judgement;
mod machine;
mod macho;
mod pe;
pub mod policy;
mod read;
pub mod rules;
mod runs_on;
mod store;
mod version;
mod wasm;

pub use artefact::{
    Artefact, Binary, Format, Image, Kind, Libc, Linkage, MinimumSystem, Needed, Place, StoreReference,
    SymbolVersion, System, Unreadable,
};
pub use judgement::{Audit, Request, Verdict, judge};
pub use policy::Policy;
pub use read::read;
pub use runs_on::{minimum, runs_on};
pub use version::Version;
