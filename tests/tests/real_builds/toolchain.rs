//! The compilers that `tests/toolchains.sh` has installed.

use std::{
    env,
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
    /// One that has the std of arm64 when the project's rust-toolchain.toml lists it, as rustup's would. A
    /// script chooses between the two; rustup itself would have to download.
    AsToolchainFile,
}

/// What runs programs for arm64 on Linux.
pub const QEMU: &[&str] = &["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"];

/// A path in the folder of the toolchains.
pub fn installed(path: &str) -> PathBuf {
    let folder = env::var_os("PORTOLAN_TOOLCHAINS").map(PathBuf::from);
    folder.expect("PORTOLAN_TOOLCHAINS says where they are: `tests/run --only builds`").join(path)
}

/// cargo itself, not rustup's stand-in for it: that would install what a project's toolchain file asks for.
fn cargo() -> PathBuf {
    PathBuf::from(env::var_os("CARGO").expect("cargo runs this test"))
}

/// The environment of a build, and of the program when it looks at the same project.
pub fn environment(command: &mut Command, rust: Rust, scratch: &Path) {
    without_settings(command);
    let mut folders = vec![installed("bin"), cargo().parent().unwrap().to_owned()];
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    command.env("PATH", env::join_paths(folders).unwrap());
    // Crates are fetched once for all tests.
    command.env("CARGO_HOME", installed("cargo-home")).env("PYTHONPATH", installed("python"));
    let (host, side) = (cargo().with_file_name("rustc"), installed("bin/rustc"));
    let rustc = match rust {
        Rust::Host => host,
        Rust::Side => side,
        Rust::AsToolchainFile => as_toolchain_file(scratch, &host, &side),
    };
    command.env("RUSTC", rustc);
}

fn as_toolchain_file(scratch: &Path, host: &Path, side: &Path) -> PathBuf {
    let script = scratch.join("rustc");
    let (side, host) = (side.display(), host.display());
    // cargo calls rustc in the project's folder.
    write_program(
        &script,
        &format!(
            "grep -q 'targets.*aarch64-unknown-linux-gnu' rust-toolchain.toml && exec {side} \"$@\"\nexec {host} \"$@\""
        ),
    );
    script
}

/// Writes a script that can be executed.
pub fn write_program(path: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    // A file that another test is about to execute must not be open for writing.
    let draft = path.with_extension(format!("{:?}", std::thread::current().id()));
    std::fs::write(&draft, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::rename(draft, path).unwrap();
}

/// A command of cargo's.
pub fn cargo_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo());
    command.args(arguments);
    command
}
