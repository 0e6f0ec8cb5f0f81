//! `portolan log`.

mod json;
mod text;

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::{
    CLEAN, FINDINGS, Stop,
    args::{LogFormat, LogOptions},
    output::Output,
};
use crate::failures::{Diagnosis, Reader};

/// How much of a log is read at once.
const PIECE: usize = 256 * 1024;

/// A log that was read, and what it is called.
#[derive(Debug)]
struct Log {
    /// The name for the reader: as it was given, `-` for standard input.
    name: String,
    /// Its absolute path, unless it is standard input.
    path: Option<PathBuf>,
    diagnosis: Diagnosis,
}

/// Says why a build failed.
pub(super) fn run(options: &LogOptions, output: Output) -> Result<u8, Stop> {
    let log = match options.file.as_deref() {
        Some(path) if path != Path::new("-") => read_file(path)?,
        _ => Log {
            name: "-".to_owned(),
            path: None,
            diagnosis: read(io::stdin().lock())
                .map_err(|error| Stop::Failed(format!("cannot read standard input: {error}")))?,
        },
    };
    if !log.diagnosis.has_text {
        return Err(Stop::Nothing(format!("nothing to look at: {} is empty", shown(&log.name))));
    }
    match options.format {
        LogFormat::Text => output.styled(&text::render(&log)),
        LogFormat::Json => Output::json(&json::render(&log)),
    }
    Ok(if log.diagnosis.has_failed() { FINDINGS } else { CLEAN })
}

fn shown(name: &str) -> &str {
    if name == "-" { "standard input" } else { name }
}

fn read_file(path: &Path) -> Result<Log, Stop> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Stop::Nothing(format!("there is no file {name}"))
        }
        _ => Stop::Failed(format!("cannot read {name}: {error}")),
    })?;
    if file.metadata().is_ok_and(|file| file.is_dir()) {
        return Err(Stop::Failed(format!("{name} is a folder; name the log in it")));
    }
    let diagnosis = read(file).map_err(|error| Stop::Failed(format!("cannot read {name}: {error}")))?;
    let path = std::path::absolute(path).ok();
    Ok(Log { name, path, diagnosis })
}

/// Reads a stream to its end, piece by piece: a log may be larger than memory.
fn read(mut stream: impl Read) -> io::Result<Diagnosis> {
    let mut reader = Reader::new();
    let mut piece = vec![0; PIECE];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return Ok(reader.finish()),
            Ok(length) => reader.push(piece.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
