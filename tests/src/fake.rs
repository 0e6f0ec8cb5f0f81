//! A stand-in for a program on PATH: it notes how it was called, and answers what it is told to.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use crate::Folder;

/// A folder with one program in it.
#[derive(Debug)]
pub struct Fake {
    folder: Folder,
    name: String,
}

impl Fake {
    /// A program that runs this shell script, each time after noting its arguments.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn new(name: &str, script: &str) -> Self {
        let folder = Folder::new(&[]);
        let calls = folder.path("calls");
        let text = format!("#!/bin/sh\nprintf '%s\\0' \"$*\" >>'{}'\n{script}\n", calls.display());
        folder.write(&format!("bin/{name}"), text);
        let program = folder.path(&format!("bin/{name}"));
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a program can be made");
        Self { folder, name: name.to_owned() }
    }

    /// PATH with this program before all others.
    pub fn path(&self) -> String {
        let rest = std::env::var("PATH").unwrap_or_default();
        format!("{}:{rest}", self.folder.path("bin").display())
    }

    /// The program.
    pub fn program(&self) -> PathBuf {
        self.folder.path("bin").join(&self.name)
    }

    /// Whether a call of it runs at present. Linux only: it looks into /proc.
    pub fn is_running(&self) -> bool {
        let program = self.program();
        let is_it = |folder: PathBuf| {
            let line = fs::read(folder.join("cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).any(|word| word == program.as_os_str().as_encoded_bytes())
        };
        fs::read_dir("/proc").into_iter().flatten().flatten().any(|entry| is_it(entry.path()))
    }

    /// The arguments of each call, in order.
    pub fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.folder.path("calls")).unwrap_or_default();
        calls.split_terminator('\0').map(str::to_owned).collect()
    }
}
