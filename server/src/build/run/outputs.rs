//! The programs and libraries in what Nix built.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use super::Made;

/// Folders of an output that hold programs and libraries.
const FOLDERS: [&str; 3] = ["bin", "lib", "libexec"];
/// More files are no product to look at one by one.
const MOST: usize = 500;

/// The binaries in these store paths.
pub(super) fn of_nix(outputs: &[PathBuf]) -> Vec<Made> {
    let mut made = Vec::new();
    for output in outputs {
        if output.is_file() {
            made.extend(binary(output, true));
        }
        for folder in FOLDERS {
            let Ok(entries) = fs::read_dir(output.join(folder)) else { continue };
            let files = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).take(MOST);
            made.extend(files.filter_map(|path| binary(&path, folder != "lib")));
        }
    }
    made.sort();
    made
}

fn binary(path: &Path, is_program: bool) -> Option<Made> {
    let mut magic = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut magic)).ok()?;
    let is_binary = matches!(
        magic,
        [0x7f, b'E', b'L', b'F']
            | [b'M', b'Z', ..]
            | [0, b'a', b's', b'm']
            | [0xca, 0xfe, 0xba, 0xbe | 0xbf]
            | [0xce | 0xcf, 0xfa, 0xed, 0xfe]
    );
    // A wrapper is a script, and what it wraps lies beside it as `.name-wrapped`.
    let name = path.file_stem()?.to_str()?.trim_start_matches('.').trim_end_matches("-wrapped").to_owned();
    is_binary.then(|| Made { path: path.to_owned(), name, is_program, manifest: None })
}
