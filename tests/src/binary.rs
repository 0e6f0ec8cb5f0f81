//! The program under test, and one run of it.

use std::{
    ffi::OsStr,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

/// A run that takes longer hangs.
const LIMIT: Duration = Duration::from_mins(1);

/// Path of the program: `PORTOLAN_BIN`, or that of this build, brought up to date first.
///
/// # Panics
/// When it cannot be built.
pub fn portolan() -> &'static Path {
    static BINARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    let built = BINARY.get_or_init(|| match std::env::var_os("PORTOLAN_BIN") {
        Some(path) => Some(PathBuf::from(path)),
        None => build(),
    });
    built.as_deref().expect("portolan can be built")
}

/// Builds the program in the profile of the running test: `target/PROFILE/deps/test` stands two
/// folders below `target/PROFILE/portolan`.
fn build() -> Option<PathBuf> {
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    let name = profile.file_name().and_then(OsStr::to_str).unwrap_or("debug");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "portolan", "--bin", "portolan"]);
    command.args(["--profile", if name == "debug" { "dev" } else { name }]);
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let status = command.arg("--manifest-path").arg(manifest).status().expect("cargo can be started");
    let binary = profile.join("portolan").with_extension(std::env::consts::EXE_EXTENSION);
    status.success().then_some(binary)
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Outcome {
    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// The command, in an environment without settings of cargo's or of colours.
pub fn command(folder: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(portolan());
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    without_settings(&mut command);
    // A configuration of whoever runs the tests is none of theirs.
    command.env("CARGO_HOME", folder.join("no-cargo-home"));
    command
}

/// Takes the settings of cargo, of compilers and of colours out of a command's environment: those of whoever
/// runs the tests, and those that cargo itself sets for them.
pub fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let is_setting = name.to_str().is_some_and(|name| {
            ["CARGO", "RUST", "CC", "AR", "CXX", "NO_COLOR", "CLICOLOR"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        });
        if is_setting {
            command.env_remove(name);
        }
    }
}

/// Runs the program in `folder` and waits for its end.
///
/// # Panics
/// When it cannot be started, or does not end.
pub fn run(folder: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Outcome {
    finished(command(folder, arguments))
}

/// Runs a command and waits for its end.
///
/// # Panics
/// When it cannot be started, or does not end.
pub fn finished(mut command: Command) -> Outcome {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("portolan can be started");
    let out = collect(child.stdout.take());
    let err = collect(child.stderr.take());
    let code = wait(&mut child);
    let text = |reader: thread::JoinHandle<String>| reader.join().expect("a reader does not panic");
    Outcome { code, out: text(out), err: text(err) }
}

/// Waits for the end and gives the exit code.
///
/// # Panics
/// When it does not end.
pub fn wait(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return status.code();
        }
        if start.elapsed() > LIMIT {
            let _ = child.kill();
            panic!("portolan hangs");
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
