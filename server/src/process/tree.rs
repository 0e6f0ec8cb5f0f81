//! Processes that left their group: what a program starts in a session of its own (Nix's builders) is still ours.

/// Makes this process the parent of all orphans below it, where the system can do so.
pub(super) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }
}

/// Ends everything below this process.
#[cfg(target_os = "linux")]
pub(super) fn kill_descendants() {
    use rustix::process::{Signal, kill_process};

    // Whoever is killed may have started another one just before.
    const ROUNDS: usize = 8;
    for _ in 0..ROUNDS {
        let descendants = descendants(std::process::id());
        if descendants.is_empty() {
            return;
        }
        for process in descendants {
            let _ = kill_process(process, Signal::KILL);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn kill_descendants() {}

/// The processes below one that are no zombies.
#[cfg(target_os = "linux")]
fn descendants(of: u32) -> Vec<rustix::process::Pid> {
    let processes: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let number: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
            // `12 (name, which may hold anything) S 1 …`
            let mut fields = stat.rsplit_once(") ")?.1.split(' ');
            let state = fields.next()?;
            let parent = fields.next()?.parse().ok()?;
            (state != "Z").then_some((number, parent))
        })
        .collect();
    let mut found = vec![of];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let children = processes.iter().filter(|(_, its_parent)| *its_parent == parent);
        let new: Vec<u32> =
            children.map(|(child, _)| *child).filter(|child| !found.contains(child)).collect();
        found.extend(new);
        next += 1;
    }
    let numbers = found.into_iter().skip(1).filter_map(|number| i32::try_from(number).ok());
    numbers.filter_map(rustix::process::Pid::from_raw).collect()
}
