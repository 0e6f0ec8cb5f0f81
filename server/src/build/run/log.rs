//! The output of a build in a file, bounded: its beginning and its end.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use crate::build::Plan;

/// What is written as it comes.
const HEAD: usize = 16 * 1024 * 1024;
/// What is kept of the rest, and written at the end.
const TAIL: usize = 8 * 1024 * 1024;

/// A log that is being written. Where it cannot be, there is none, and the build goes on.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    written: usize,
    tail: VecDeque<String>,
    tail_length: usize,
    left_out: usize,
}

impl Log {
    /// The log of a plan: beside what cargo makes, else among temporary files.
    pub fn create(plan: &Plan) -> Self {
        Self::at(path(plan))
    }

    fn at(path: PathBuf) -> Self {
        let file = create(&path).map(BufWriter::new);
        Self { path, file, written: 0, tail: VecDeque::new(), tail_length: 0, left_out: 0 }
    }

    /// Adds a line.
    pub fn line(&mut self, text: &str) {
        if self.written + text.len() < HEAD && self.tail.is_empty() {
            self.written += text.len() + 1;
            self.write(text);
            return;
        }
        self.tail_length += text.len() + 1;
        self.tail.push_back(text.to_owned());
        while self.tail_length > TAIL
            && let Some(first) = self.tail.pop_front()
        {
            self.tail_length -= first.len() + 1;
            self.left_out += 1;
        }
    }

    fn write(&mut self, text: &str) {
        let failed = self.file.as_mut().is_some_and(|file| writeln!(file, "{text}").is_err());
        if failed {
            self.file = None;
        }
    }

    /// Ends the log and says where it is.
    pub fn finish(mut self) -> Option<PathBuf> {
        if self.left_out > 0 {
            self.write(&format!("[{} lines are left out here]", self.left_out));
        }
        for line in std::mem::take(&mut self.tail) {
            self.write(&line);
        }
        let is_whole = self.file.as_mut()?.flush().is_ok();
        is_whole.then_some(self.path)
    }
}

fn create(path: &Path) -> Option<File> {
    fs::create_dir_all(path.parent()?).ok()?;
    File::create(path).ok()
}

fn path(plan: &Plan) -> PathBuf {
    let name = format!("{}.log", plan.target);
    match &plan.folder {
        Some(folder) => folder.join("portolan").join(name),
        None => {
            let root = plan.steps.first().map(|step| step.command.folder.as_path());
            let project = root.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
            std::env::temp_dir().join(format!("portolan-{}", std::process::id())).join(project).join(name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_keeps_its_beginning_and_its_end() {
        let folder = std::env::temp_dir().join(format!("portolan-log-{}", std::process::id()));
        let mut log = Log::at(folder.join("a.log"));
        let long = "x".repeat(1_000_000);
        for number in 0..40 {
            log.line(&format!("{number} {long}"));
        }
        let text = log.finish().and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
        assert!(text.starts_with("0 xxx") && text.lines().last().is_some_and(|line| line.starts_with("39 ")));
        assert!(text.contains("lines are left out here") && text.len() < HEAD + TAIL);
        let _ = fs::remove_dir_all(folder);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_no_failure() {
        let mut log = Log::at(PathBuf::from("/proc/nowhere/a.log"));
        log.line("x");
        assert_eq!(log.finish(), None);
    }
}
