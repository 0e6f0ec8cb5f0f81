//! Target triples as hover and completion show them.

use crate::{
    knowledge::{self, Target, Tool},
    project::{LinkerAnswer, Project},
};

/// All that rustc knows, the best supported first.
pub fn all() -> Vec<&'static Target> {
    let mut targets: Vec<&Target> = knowledge::targets().iter().collect();
    targets.sort_by_key(|target| (target.tier, target.triple));
    targets
}

/// One line about a target.
pub fn summary(target: &Target) -> String {
    let linkage = if target.crt_static.default { "static" } else { "dynamic" };
    match target.std {
        Some(false) => format!("tier {}, no std", target.tier),
        _ => format!("tier {}, {linkage} by default", target.tier),
    }
}

/// What a triple is, as Markdown; `None` when rustc has no such target. With a project, also who links it
/// there.
pub fn page(triple: &str, project: Option<&Project>) -> Option<String> {
    let target = knowledge::target(triple)?;
    let mut lines = vec![format!("**`{triple}`**"), String::new()];
    let mut say = |line: String| lines.push(format!("- {line}"));
    say(match (target.tier, target.std, target.host_tools) {
        (1, _, _) => "Tier 1: Rust guarantees that it works".to_owned(),
        (2, Some(false), _) => "Tier 2: guaranteed to build; it has no std".to_owned(),
        (2, _, _) => "Tier 2: guaranteed to build; `rustup target add` has its std".to_owned(),
        (tier, Some(false), _) => format!("Tier {tier}: no promise; it has no std"),
        (tier, _, _) => {
            format!("Tier {tier}: no promise, and no std to download: build it with `-Z build-std`")
        }
    });
    say(linkage(target).to_owned());
    if let Some(minimum) = target.names.minimum {
        say(format!("Runs on {minimum} or newer"));
    }
    if let Some(loader) = target.names.loader {
        say(format!("Dynamic programs start through `{loader}`"));
    }
    if let Some(project) = project {
        say(linker_here(triple, project));
    }
    for (where_, tool) in [
        ("Debian", target.names.debian),
        ("Homebrew", target.names.homebrew),
        ("pkgsCross", target.names.nixpkgs),
    ] {
        if let Some(Tool { package, linker }) = tool {
            say(match linker {
                Some(linker) => format!("{where_}: `{package}` has the linker `{linker}`"),
                None => format!("{where_}: `{package}`"),
            });
        }
    }
    if target.names.zigbuild == Some(true) {
        say("`cargo zigbuild` can build it".to_owned());
    }
    Some(lines.join("\n"))
}

fn linkage(target: &Target) -> &'static str {
    let crt_static = target.crt_static;
    match (crt_static.default, crt_static.can_be_on, crt_static.can_be_off) {
        (true, _, true) => "Links its C library statically unless told `-C target-feature=-crt-static`",
        (true, _, false) => "Links its C library statically, always",
        (false, true, _) => "Links its C library dynamically unless told `-C target-feature=+crt-static`",
        (false, false, _) => "Links its C library dynamically; `+crt-static` has no effect",
    }
}

fn linker_here(triple: &str, project: &Project) -> String {
    match project.linker(triple) {
        LinkerAnswer::Given { value, origin } => {
            let by = origin.map(|origin| format!(", from `{}`", project.display(&origin.file)));
            format!("Linked here by `{value}`{}", by.unwrap_or_default())
        }
        LinkerAnswer::Default(why) => format!("Links here without a setting: {why}"),
        LinkerAnswer::Elsewhere(builder) => {
            format!("Built here by {}, which brings its linker", builder.label())
        }
        LinkerAnswer::Unknown(why) => format!("Who links it here is not known: {why}"),
        LinkerAnswer::Missing => format!("Nothing here can link it from `{}`", project.host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_page_and_a_summary() {
        assert!(all().len() > 200);
        for target in all() {
            assert!(page(target.triple, None).is_some_and(|page| page.contains(target.triple)));
            assert!(summary(target).starts_with("tier"));
        }
        assert_eq!(page("x86_64-unknown-linux-gnuu", None), None);
    }
}
