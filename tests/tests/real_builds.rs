//! Real compilers: what the product says of a project is held to what becomes of it when it is built.
//!
//! They need what tests/toolchains.sh installs: `tests/run --only builds` does that, sets
//! `PORTOLAN_TOOLCHAINS` to the folder and runs these.

#![allow(clippy::unwrap_used)]

#[path = "real_builds/disks.rs"]
mod disks;
#[path = "real_builds/foreign.rs"]
mod foreign;
#[path = "real_builds/logs.rs"]
mod logs;
#[path = "real_builds/mistakes.rs"]
mod mistakes;
#[path = "real_builds/project.rs"]
mod project;
#[path = "real_builds/toolchain.rs"]
mod toolchain;
#[path = "real_builds/variants.rs"]
mod variants;
