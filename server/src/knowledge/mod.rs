//! Measured facts: targets, crates and what systems have, as data files (`server/knowledge/`) with typed look-ups. The build
//! script turns the files into static tables.

mod brings;
mod crates;
mod failures;
mod features;
mod names;
mod native;
mod openssl;
mod policies;
mod targets;

pub use brings::{Brings, Brought, brings};
pub use crates::{Class, Extra, Need, Remedy, Versions, all_remedies, remedies};
pub use failures::{
    ContextSign, Derived, FailureKind, Part, Pattern, Sign, derived_values, failure, failure_contexts,
    failures,
};
pub use features::{RenamedFeature, renamed_feature};
pub use names::{by_nix_config, distance, nearest};
pub use native::{NativeCrate, NativeKind, native_crate, native_crates};
pub use openssl::{OpensslUser, openssl_user};
pub use policies::{
    Distribution, LibraryGroup, NamedPolicy, Release, Runtime, distributions, is_standard_interpreter,
    is_windows_dll, libraries, named_policies, named_policy, windows_minimum, windows_runtime,
};
pub use targets::{
    CrtStatic, Names, Retired, Target, Tool, by_environment_name, by_nixpkgs_attribute, retired, target,
    targets,
};
