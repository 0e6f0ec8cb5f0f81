//! The compilers that `tests/toolchains.sh` has installed.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use portolan_tests::binary::without_settings;

/// Whose rustc compiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rust {
    /// The one that builds this test: std for the host only.
    Host,
    /// The one beside it, with std for other targets.
    Side,
    /// One that has the std of a target when the project's rust-toolchain.toml lists it, as rustup's would. A
    /// script chooses between the two; rustup itself would have to download.
    AsToolchainFile,
}

/// A path that the step has put into the environment.
fn installed(variable: &str) -> PathBuf {
    let path = env::var_os(variable).map(PathBuf::from);
    path.unwrap_or_else(|| panic!("{variable} is not set: run `tests/run --only builds`"))
}

/// cargo itself, not rustup's stand-in for it: that would install what a project's toolchain file asks for.
fn cargo() -> PathBuf {
    PathBuf::from(env::var_os("CARGO").expect("cargo runs this test"))
}

/// Programs found on PATH: cargo, its companions, and the machine's own.
fn path() -> OsString {
    let zigbuild = installed("PORTOLAN_ZIGBUILD");
    let mut folders: Vec<PathBuf> =
        [cargo(), zigbuild].iter().filter_map(|tool| tool.parent().map(Path::to_owned)).collect();
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    env::join_paths(folders).expect("folders of PATH can be joined")
}

/// The environment of a build, and of the program when it looks at the same project.
pub fn environment(command: &mut Command, rust: Rust, scratch: &Path) {
    let cargo_home = env::var_os("CARGO_HOME");
    without_settings(command);
    if let Some(home) = cargo_home {
        // With what is downloaded already.
        command.env("CARGO_HOME", home);
    }
    command.env("PATH", path()).env("CARGO_ZIGBUILD_ZIG_PATH", installed("PORTOLAN_ZIG"));
    let host = cargo().with_file_name("rustc");
    let side = installed("PORTOLAN_SIDE_RUSTC");
    let rustc = match rust {
        Rust::Host => host,
        Rust::Side => side,
        Rust::AsToolchainFile => as_toolchain_file(scratch, &host, &side),
    };
    command.env("RUSTC", rustc);
}

fn as_toolchain_file(scratch: &Path, host: &Path, side: &Path) -> PathBuf {
    let script = scratch.join("rustc");
    let text = format!(
        "#!/bin/sh\n\
         # cargo calls rustc in the project's folder.\n\
         grep -q 'targets.*aarch64-unknown-linux-gnu' rust-toolchain.toml && exec {} \"$@\"\n\
         exec {} \"$@\"\n",
        side.display(),
        host.display()
    );
    std::fs::write(&script, text).unwrap();
    make_executable(&script);
    script
}

/// Sets the mode of a program.
pub fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A command of cargo's.
pub fn cargo_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo());
    command.args(arguments);
    command
}
