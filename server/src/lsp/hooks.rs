//! Faults that the tests ask for, over the wire and in any build.
//!
//! Nothing here is reachable unless the one who starts the server sets `PORTOLAN_TEST_HOOKS=1`, and all
//! that it can do is to hurt the server itself: the commands `portolan.test.panic`,
//! `portolan.test.sleep` (milliseconds) and `portolan.test.text` (the text of an open document), and a
//! panic of the analysis of a project whose folder has a file named `portolan-test-panic`.

use std::{path::Path, sync::OnceLock, time::Duration};

use crate::snapshot::{Kind, Snapshot};

/// Whether the one who started the server asked for them.
pub fn are_on() -> bool {
    static ON: OnceLock<bool> = OnceLock::new();
    *ON.get_or_init(|| std::env::var_os("PORTOLAN_TEST_HOOKS").is_some_and(|value| value == "1"))
}

/// Panics if the project asks for it.
pub fn analysis_begins(snapshot: &Snapshot) {
    let asks = |root: &Path| snapshot.files.kind(&root.join("portolan-test-panic")) != Kind::Absent;
    assert!(!are_on() || !asks(&snapshot.root), "a test asked the analysis to panic");
}

/// Runs one of the test commands; `false` when it is none.
pub fn command(name: &str, milliseconds: Option<u64>) -> bool {
    match name {
        "portolan.test.panic" if are_on() => panic!("a test asked a request to panic"),
        "portolan.test.sleep" if are_on() => {
            std::thread::sleep(Duration::from_millis(milliseconds.unwrap_or_default()));
            true
        }
        _ => false,
    }
}
