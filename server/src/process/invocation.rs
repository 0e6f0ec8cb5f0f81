//! What is started.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    time::Duration,
};

/// A program, its arguments, and the surroundings that it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The program: a name that PATH leads to, or a path.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// The folder that it runs in.
    pub folder: PathBuf,
    /// Variables that it gets besides our own; `None` takes one away. In the order of the list.
    pub environment: Vec<(String, Option<OsString>)>,
    /// It is cancelled when it takes longer.
    pub limit: Option<Duration>,
    /// How long it may take to end by itself once it is cancelled.
    pub grace: Duration,
}

impl Invocation {
    /// How long a program may take to end by itself, if nothing else is said.
    pub const GRACE: Duration = Duration::from_millis(600);

    /// A program without arguments, in our own environment, without a limit.
    pub fn new(program: impl Into<OsString>, folder: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            folder: folder.into(),
            environment: Vec::new(),
            limit: None,
            grace: Self::GRACE,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), Some(value.into())));
        self
    }

    /// Takes a variable away.
    #[must_use]
    pub fn without_env(mut self, name: impl Into<String>) -> Self {
        self.environment.push((name.into(), None));
        self
    }

    /// Cancels it when it takes longer.
    #[must_use]
    pub fn limited(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Gives it more or less time to end by itself.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// The command as a person would type it: variables first, words quoted where a shell would split them.
    /// For eyes only; it is never given to one.
    pub fn shown(&self) -> String {
        let set = self.environment.iter().map(|(name, value)| match value {
            Some(value) => format!("{name}={}", quoted(value)),
            None => format!("{name}="),
        });
        let words = std::iter::once(&self.program).chain(&self.arguments).map(|word| quoted(word));
        set.chain(words).collect::<Vec<_>>().join(" ")
    }

    /// The file that would be started: found on the PATH that the program gets, as the system does it.
    pub fn find(&self) -> Option<PathBuf> {
        let own = self.environment.iter().rev().find(|(name, _)| name == "PATH");
        let path = match own {
            Some((_, value)) => value.clone(),
            None => std::env::var_os("PATH"),
        };
        find_program(&self.program, &self.folder, path.as_deref())
    }
}

/// The file that a program's name leads to.
fn find_program(program: &OsStr, folder: &Path, path: Option<&OsStr>) -> Option<PathBuf> {
    let named = Path::new(program);
    if named.components().count() > 1 || named.is_absolute() {
        let file = folder.join(named);
        return is_executable(&file).then_some(file);
    }
    std::env::split_paths(path?).filter(|folder| folder.is_absolute()).find_map(|folder| {
        let file = folder.join(named);
        let with_ending = file.with_added_extension(std::env::consts::EXE_EXTENSION);
        [with_ending, file].into_iter().find(|file| is_executable(file))
    })
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%^#{}".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) && !word.starts_with(['#', '{']) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let invocation = Invocation::new("cargo", "/p")
            .args(["build", "--config", "a='b c'", "", "x$(y)"])
            .env("RUSTFLAGS", "-C target-feature=+crt-static")
            .without_env("CC");
        assert_eq!(
            invocation.shown(),
            r"RUSTFLAGS='-C target-feature=+crt-static' CC= cargo build --config 'a='\''b c'\''' '' 'x$(y)'"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_found_on_the_path_that_it_gets() {
        let shell = Invocation::new("sh", "/");
        assert!(shell.find().is_some());
        assert_eq!(shell.clone().env("PATH", "/nowhere").find(), None);
        assert_eq!(shell.without_env("PATH").find(), None);
        assert_eq!(Invocation::new("/bin/sh", "/").find(), Some("/bin/sh".into()));
        assert_eq!(Invocation::new("bin/sh", "/").find(), Some("/bin/sh".into()));
        assert_eq!(Invocation::new("/etc", "/").find(), None);
    }
}
