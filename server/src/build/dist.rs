//! Archives of what passed the audit, named and laid out as the ecosystem does: `app-1.2.0-TRIPLE.tar.gz` (`.zip` for
//! Windows) with one folder of that name in it, and `SHA256SUMS` beside them.
//!
//! The same files make the same archives, byte for byte: sorted, without owners, with one date for all
//! (`SOURCE_DATE_EPOCH`, else 1980, the earliest that a zip can say).

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Cursor, Read, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::{
    report::Report,
    run::{Cancel, Made},
};
use crate::{cargo::Manifest, knowledge, project::Project};

/// 1 January 1980.
const EARLIEST: u64 = 315_532_800;
/// Files beside a manifest that go with its programs, by the beginnings of their names.
const COMPANIONS: [&str; 5] = ["README", "LICENSE", "LICENCE", "COPYING", "NOTICE"];

/// An archive that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Its file's name.
    pub name: String,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// Its path in the archive.
    name: String,
    path: PathBuf,
    is_executable: bool,
}

/// Writes the archives of all reports that pass. Once somebody cancels it ends with an error, and leaves no half of one.
pub fn write(
    folder: &Path,
    reports: &[Report],
    project: &Project,
    cancel: &Cancel,
) -> io::Result<Vec<Archive>> {
    let date = date();
    let mut archives = Vec::new();
    fs::create_dir_all(folder)?;
    for report in reports.iter().filter(|report| report.passes()) {
        let target = report.plan.target.as_str();
        let is_windows = knowledge::target(target).is_some_and(knowledge::Target::is_windows);
        for (package, made) in by_package(&report.made, project) {
            let stem = format!("{package}-{target}");
            let entries = entries(&stem, &made, project);
            let (name, bytes) = if is_windows {
                (format!("{stem}.zip"), zipped(&entries, date, cancel)?)
            } else {
                (format!("{stem}.tar.gz"), tarred(&entries, date, cancel)?)
            };
            replace(&folder.join(&name), &bytes)?;
            archives.push(Archive { name, sha256: sum(&bytes) });
        }
    }
    archives.sort_by(|one, other| one.name.cmp(&other.name));
    let lines = archives.iter().map(|archive| format!("{}  {}", archive.sha256, archive.name));
    let sums = lines.collect::<Vec<_>>().join(
        "
",
    ) + "
";
    if !archives.is_empty() {
        replace(&folder.join("SHA256SUMS"), sums.as_bytes())?;
    }
    Ok(archives)
}

/// What was made, by the package's name and version.
fn by_package<'m>(made: &'m [Made], project: &Project) -> BTreeMap<String, Vec<&'m Made>> {
    let mut packages: BTreeMap<String, Vec<&Made>> = BTreeMap::new();
    for made in made {
        let name = match manifest_of(made, project) {
            Some(manifest) => full_name(manifest),
            None => made.name.clone(),
        };
        packages.entry(name).or_default().push(made);
    }
    packages
}

/// The manifest of what was made; for Nix's, the one that has a program of that name.
fn manifest_of<'p>(made: &Made, project: &'p Project) -> Option<&'p Manifest> {
    let workspace = project.cargo.workspace.as_ref()?;
    let by_path = made
        .manifest
        .as_ref()
        .and_then(|path| workspace.manifests().find(|manifest| manifest.file().path() == path.as_path()));
    let has_it = |manifest: &&Manifest| manifest.binaries.iter().any(|binary| binary.name == made.name);
    by_path.or_else(|| workspace.packages().find(has_it))
}

fn full_name(manifest: &Manifest) -> String {
    let name = manifest.name().unwrap_or("program");
    let version = manifest.package.as_ref().and_then(|package| package.version.as_ref());
    match version {
        Some(version) => format!("{name}-{}", version.value),
        None => name.to_owned(),
    }
}

fn entries(stem: &str, made: &[&Made], project: &Project) -> Vec<Entry> {
    let mut entries: Vec<Entry> = made
        .iter()
        .filter_map(|made| {
            // Nix calls what a wrapper starts `.name-wrapped`.
            let name = made.path.file_name()?.to_str()?;
            let name = if name.starts_with('.') { made.name.as_str() } else { name };
            Some(Entry { name: format!("{stem}/{name}"), path: made.path.clone(), is_executable: true })
        })
        .collect();
    let own =
        made.first().and_then(|made| manifest_of(made, project)).map(|manifest| manifest.folder.clone());
    let root = project.cargo.workspace.as_ref().map(|workspace| workspace.folder().to_owned());
    for folder in own.into_iter().chain(root) {
        let Ok(files) = fs::read_dir(folder) else { continue };
        for path in files.flatten().map(|file| file.path()).filter(|path| path.is_file()) {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let name = format!("{stem}/{name}");
            let upper = name.to_uppercase();
            let stem_length = stem.len() + 1;
            let is_companion = COMPANIONS
                .iter()
                .any(|start| upper.get(stem_length..).is_some_and(|rest| rest.starts_with(start)));
            if is_companion && entries.iter().all(|entry| entry.name != name) {
                entries.push(Entry { name, path: path.clone(), is_executable: false });
            }
        }
    }
    entries.sort();
    entries
}

fn tarred(entries: &[Entry], date: u64, cancel: &Cancel) -> io::Result<Vec<u8>> {
    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let mut tar = tar::Builder::new(gzip);
    for entry in entries {
        let bytes = fs::read(&entry.path)?;
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(if entry.is_executable { 0o755 } else { 0o644 });
        header.set_mtime(date);
        header.set_uid(0);
        header.set_gid(0);
        tar.append_data(&mut header, &entry.name, Watched { bytes: &bytes, cancel })?;
    }
    tar.into_inner()?.finish()
}

/// Bytes that end with an error once somebody has cancelled: compressing a large file takes seconds.
struct Watched<'a> {
    bytes: &'a [u8],
    cancel: &'a Cancel,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("it was cancelled"));
        }
        self.bytes.read(buffer)
    }
}

fn zipped(entries: &[Entry], date: u64, cancel: &Cancel) -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(zip_date(date))
            .unix_permissions(if entry.is_executable { 0o755 } else { 0o644 });
        zip.start_file(&*entry.name, options)?;
        io::copy(&mut Watched { bytes: &fs::read(&entry.path)?, cancel }, &mut zip)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// The date of all files.
fn date() -> u64 {
    let told = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    told.unwrap_or(EARLIEST).max(EARLIEST)
}

/// A zip says a date by its parts. Days are counted from 1 March, where leap days end a year
/// (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
fn zip_date(seconds: u64) -> DateTime {
    let days = seconds / 86_400 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let time = seconds % 86_400;
    let small = |number: u64| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(year).unwrap_or(u16::MAX);
    DateTime::from_date_and_time(
        year,
        small(month),
        small(day),
        small(time / 3600),
        small(time / 60 % 60),
        small(time % 60),
    )
    .unwrap_or_default()
}

fn sum(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    Sha256::digest(bytes).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Writes a file whole: nobody ever sees half of one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_added_extension(format!("{}.part", std::process::id()));
    let written = File::create(&temporary).and_then(|mut file| file.write_all(bytes));
    let done = written.and_then(|()| fs::rename(&temporary, path));
    if done.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (EARLIEST, (1980, 1, 1, 0)),
            (951_782_400, (2000, 2, 29, 0)),
            (1_709_251_199, (2024, 2, 29, 23)),
            (1_735_689_600, (2025, 1, 1, 0)),
        ] {
            let date = zip_date(seconds);
            assert_eq!((date.year(), date.month(), date.day(), date.hour()), expected, "{seconds}");
        }
    }

    #[test]
    fn sums_are_those_of_sha256sum() {
        assert_eq!(sum(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
