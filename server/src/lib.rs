//! Portolan reads the files that decide where a Rust program will run (`flake.nix`, `Cargo.toml`,
//! `.cargo/config.toml` and what they lead to) as one model, names the mistakes in them and fixes them.
//!
//! The data flows in one direction; ARCHITECTURE.md draws it and lists the invariants:
//!
//! ```text
//! text -> syntax -> cargo, nix -> project -> rules -> lsp, cli
//! ```

pub mod analysis;
pub mod audit;
pub mod build;
pub mod cargo;
pub mod cli;
pub mod deep;
pub mod failures;
pub mod finding;
pub mod fix;
pub mod knowledge;
pub mod lsp;
pub mod matrix;
pub mod nix;
pub mod process;
pub mod project;
pub mod release;
pub mod rules;
pub mod snapshot;
pub mod syntax;
pub mod text;
pub mod workspace;
