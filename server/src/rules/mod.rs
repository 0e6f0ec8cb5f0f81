//! The rules: pure functions from the model to findings, one file each.
//!
//! A rule's module documentation is its page: `portolan explain`, the published docs and the tests of
//! its examples all read it.

pub mod absolute_path;
pub mod auditable_with_zigbuild;
pub mod binary_name_mismatch;
pub mod cargo_home_in_project;
pub mod cross_check_enabled;
pub mod crt_static_absent;
pub mod crt_static_needs_target;
pub mod crt_static_no_effect;
pub mod dev_shell_cross_incomplete;
pub mod dynamic_system_library;
pub mod environment_name_case;
pub mod forced_linker_flavor;
pub mod git_dependency_hash_missing;
pub mod host_library_in_cross;
pub mod ignored_config_key;
pub mod jemalloc_page_size;
pub mod legacy_cargo_config;
pub mod libclang_missing;
pub mod linker_for_other_host;
pub mod linker_not_executable;
pub mod lock_file_untracked;
pub mod mingw_pthreads_missing;
pub mod misplaced_config;
#[expect(clippy::needless_doctest_main, reason = "the page shows a whole build script")]
pub mod missing_build_script_guard;
pub mod missing_c_compiler;
pub mod missing_linker;
pub mod musl_gcc_breaks_static_pie;
pub(crate) mod native;
pub mod nix_store_dylib;
pub mod nix_store_interpreter;
mod nix_support;
pub mod no_static_possible;
pub mod openssl_sys;
pub mod outdated_nix;
pub(crate) mod page;
pub mod profile_in_member;
pub mod protoc_missing;
pub mod release_profile;
pub mod resolver_1;
mod rule;
pub mod runner_missing;
pub mod rustflags_in_env_table;
pub mod rustflags_shadowed;
pub mod rustls_no_provider;
pub mod static_gnu_unsupported;
mod support;
pub mod system_library;
pub mod target_cpu_native;
pub mod target_platform_confusion;
pub mod tls_defaults_kept;
pub mod toolchain_target_missing;
pub mod toolchain_unpinned;
pub mod unknown_feature;
pub mod unknown_target;
pub mod unreadable_file;
pub mod unused_suppression;
pub mod vendored_build_tools_missing;
pub mod workspace_default_features_ignored;
pub mod wrong_output;
pub mod wrong_system;

pub use rule::{FixKind, Rule};

use crate::{finding::Finding, nix::facts::Derivation, project::Project};

/// Every rule, by name.
pub const RULES: &[Rule] = &[
    absolute_path::RULE,
    auditable_with_zigbuild::RULE,
    binary_name_mismatch::RULE,
    cargo_home_in_project::RULE,
    cross_check_enabled::RULE,
    crt_static_absent::RULE,
    crt_static_needs_target::RULE,
    crt_static_no_effect::RULE,
    dev_shell_cross_incomplete::RULE,
    dynamic_system_library::RULE,
    environment_name_case::RULE,
    forced_linker_flavor::RULE,
    git_dependency_hash_missing::RULE,
    host_library_in_cross::RULE,
    ignored_config_key::RULE,
    jemalloc_page_size::RULE,
    legacy_cargo_config::RULE,
    libclang_missing::RULE,
    linker_for_other_host::RULE,
    linker_not_executable::RULE,
    lock_file_untracked::RULE,
    mingw_pthreads_missing::RULE,
    misplaced_config::RULE,
    missing_build_script_guard::RULE,
    missing_c_compiler::RULE,
    missing_linker::RULE,
    musl_gcc_breaks_static_pie::RULE,
    nix_store_dylib::RULE,
    nix_store_interpreter::RULE,
    no_static_possible::RULE,
    openssl_sys::RULE,
    outdated_nix::RULE,
    profile_in_member::RULE,
    protoc_missing::RULE,
    release_profile::RULE,
    resolver_1::RULE,
    runner_missing::RULE,
    rustflags_in_env_table::RULE,
    rustflags_shadowed::RULE,
    rustls_no_provider::RULE,
    static_gnu_unsupported::RULE,
    system_library::RULE,
    target_cpu_native::RULE,
    target_platform_confusion::RULE,
    tls_defaults_kept::RULE,
    toolchain_target_missing::RULE,
    toolchain_unpinned::RULE,
    unknown_feature::RULE,
    unknown_target::RULE,
    unreadable_file::RULE,
    unused_suppression::RULE,
    vendored_build_tools_missing::RULE,
    workspace_default_features_ignored::RULE,
    wrong_output::RULE,
    wrong_system::RULE,
];

/// The rule that reports suppressions; it can itself be allowed beside them.
pub(crate) const UNUSED_SUPPRESSION: &str = "unused-suppression";

/// Rules that say nothing unless somebody gives them a level.
pub const OFF_BY_DEFAULT: &[&str] = &[release_profile::RULE.name];

/// Whether a package of the flake is meant for machines without Nix: by its name, or because something copies its
/// programs there.
pub fn is_shipped(project: &Project, package: &Derivation) -> bool {
    nix_support::Shipping::of(project).why(package).is_some()
}

/// The rule of that name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// Rules that say that something is not there. From a flake with a syntax error nothing is taken for missing: the
/// parser goes on behind the error, but what stood there may be lost.
pub const OF_ABSENCE: &[&str] = &[
    crt_static_absent::RULE.name,
    dev_shell_cross_incomplete::RULE.name,
    git_dependency_hash_missing::RULE.name,
    libclang_missing::RULE.name,
    mingw_pthreads_missing::RULE.name,
    missing_c_compiler::RULE.name,
    missing_linker::RULE.name,
    nix_store_dylib::RULE.name,
    nix_store_interpreter::RULE.name,
    protoc_missing::RULE.name,
    toolchain_target_missing::RULE.name,
    vendored_build_tools_missing::RULE.name,
];

/// All that the rules have to say of a project, unsorted.
pub fn run(project: &Project) -> Vec<Finding> {
    let is_broken = flake_is_broken(project);
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| (rule.check)(project)).collect();
    if is_broken {
        findings.retain(|finding| {
            !finding.origin.file.name().ends_with(".nix") || !OF_ABSENCE.contains(&finding.rule)
        });
    }
    findings
}

/// Whether a file of the flake has a syntax error.
fn flake_is_broken(project: &Project) -> bool {
    let files = project.flake.iter().flat_map(|flake| &flake.files);
    let mut sources = files.filter_map(|file| project.source(file));
    sources.any(|source| source.file().name().ends_with(".nix") && !source.nix().errors.is_empty())
}
