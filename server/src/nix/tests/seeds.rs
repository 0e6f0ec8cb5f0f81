//! Flakes as people publish them, understood to their end. What each comes to stands beside it, in
//! `facts.txt`; `UPDATE_FACTS=1` writes it anew, to be read before it is committed.

use std::path::Path;

use super::support::{as_files, facts, seed, show_facts};

#[test]
fn each_comes_to_what_stands_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/seeds");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 10);
    for name in names {
        let files = seed(&name);
        let files = as_files(&files);
        let shown = show_facts(&facts(&files), &files);
        let path = folder.join(&name).join("facts.txt");
        if std::env::var_os("UPDATE_FACTS").is_some() {
            std::fs::write(&path, &shown).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(shown, expected, "{name}");
    }
}
