//! Our reading of flakes, and our fixes of them, held to what real Nix says.
//!
//! The flakes of all fixtures, seeds and rules' pages are evaluated with stand-ins for their inputs (`tests/nix`): by
//! Nix, and by us. What we say of a package or shell is what Nix says, or is unknown. Each fix is applied: Nix reads
//! the result, evaluates it, and the packages and shells differ in what the fix names, and in nothing else.
//!
//! Needs Nix, so it is ignored unless asked for: `tests/run --only fixes`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod changes;
#[path = "../harness/mod.rs"]
mod harness;
mod nix;
mod projects;
mod reading;
mod shells;
mod styles;

use std::collections::BTreeMap;

use nix::{Answer, Nix};
use projects::{Edited, Project};

/// Runs on a thread with the stack that the evaluator wants.
fn on_large_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(run).unwrap();
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

/// What a project came to, or why it cannot be evaluated at all.
struct Judged<'a> {
    project: &'a Project,
    answer: Result<Answer, String>,
}

/// Evaluates projects, and explains those that cannot be.
fn judge<'a>(nix: &Nix, projects: &'a [Project]) -> Vec<Judged<'a>> {
    let answers = nix.evaluate(projects);
    projects.iter().zip(answers).map(|(project, answer)| Judged { project, answer }).collect()
}

#[test]
#[ignore = "needs Nix: tests/run --only fixes"]
fn what_we_read_is_what_nix_says() {
    on_large_stack(|| {
        let nix = Nix::new("reading");
        let projects = projects::all();
        let mut tally = reading::Tally::default();
        let mut failures = Vec::new();
        let mut left_out = BTreeMap::new();
        for Judged { project, answer } in judge(&nix, &projects) {
            match answer {
                Ok(answer) => {
                    let found = reading::compare(project, &answer, &mut tally);
                    failures.extend(found.into_iter().map(|why| format!("{}: {why}", project.name)));
                    match answer.reason_for_silence(project) {
                        Some(Ok(reason)) => drop(left_out.insert(project.name.clone(), reason)),
                        Some(Err(why)) => failures.push(format!("{}: {why}", project.name)),
                        None => {}
                    }
                }
                Err(_) if project.is_broken() => {
                    left_out.insert(project.name.clone(), "is half-typed on purpose".to_owned());
                }
                Err(why) => match project.told() {
                    Some(told) => drop(left_out.insert(project.name.clone(), told.to_owned())),
                    None => failures.push(format!("{}: Nix does not evaluate it: {why}", project.name)),
                },
            }
        }
        println!("not evaluated in full, on purpose: {}", left_out.len());
        for (name, reason) in &left_out {
            println!("  {name}: {reason}");
        }
        println!("{} projects; {tally}", projects.len());
        assert!(failures.is_empty(), "{} differences\n{}", failures.len(), failures.join("\n"));
        tally.assert_worth();
        assert!(left_out.len() * 5 < projects.len(), "too many flakes are left out");
    });
}

#[test]
#[ignore = "needs Nix: tests/run --only fixes"]
fn every_fix_changes_what_it_names_and_nothing_else() {
    on_large_stack(|| {
        let nix = Nix::new("fixes");
        let edits = projects::all_edited();
        // First of all, each text that a fix wrote is Nix.
        let unread = nix.unreadable(edits.iter().map(|edited| &edited.after));
        assert!(unread.is_empty(), "fixes wrote what Nix does not read:\n{}", unread.join("\n"));
        let edits: Vec<Edited> = edits.into_iter().filter(|edited| !edited.is_variant).collect();
        let (befores, afters): (Vec<_>, Vec<_>) =
            edits.iter().map(|edited| (edited.before.clone(), edited.after.clone())).unzip();
        let (befores, afters) = (judge(&nix, &befores), judge(&nix, &afters));
        let (mut failures, mut left_out, mut proved) = (Vec::new(), Vec::new(), 0);
        let mut shells = shells::Shells::new(&nix);
        for (edited, (before, after)) in edits.iter().zip(befores.iter().zip(&afters)) {
            let name = &edited.after.name;
            match (&before.answer, &after.answer) {
                (Ok(before), Ok(after)) => match changes::compare(edited, before, after) {
                    Ok(changes) => {
                        proved += 1;
                        println!("{name}\n{}", changes.show());
                        failures.extend(
                            shells.compare(edited, &changes).into_iter().map(|why| format!("{name}: {why}")),
                        );
                        let mut tally = reading::Tally::default();
                        let found = reading::compare(&edited.after, after, &mut tally);
                        failures.extend(found.into_iter().map(|why| format!("{name}, when applied: {why}")));
                    }
                    Err(why) => failures.push(format!("{name}: {why}")),
                },
                (Err(_), _) if edited.before.is_broken() => {
                    left_out.push(format!("{name}: is half-typed on purpose"));
                }
                (Err(_), Err(_)) if edited.before.told().is_some() => {
                    left_out.push(format!("{name}: {}", edited.before.told().unwrap()));
                }
                // What does not evaluate because of its mistake has to evaluate when it is mended.
                (Err(_), Ok(_)) => {
                    proved += 1;
                    println!("{name}\n  evaluates, and did not before");
                }
                (_, Err(why)) => failures.push(format!("{name}: Nix does not evaluate the result: {why}")),
            }
        }
        println!("not evaluated: {}\n{}", left_out.len(), left_out.join("\n"));
        println!(
            "{proved} fixes change what they name and nothing else; {} environments of shells by print-dev-env",
            shells.count
        );
        assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
        assert!(proved > 15 && shells.count > 10, "too few fixes were proved");
        assert!(left_out.len() * 4 < proved, "too many fixes are left out");
    });
}
