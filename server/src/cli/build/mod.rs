//! `portolan build`.

mod screen;
mod text;

use std::{path::Path, sync::Arc};

use super::{
    CLEAN, FINDINGS, Stop,
    args::{BuildOptions, BuilderChoice, ProjectOptions},
    audit,
    output::Output,
    session::{self, Session},
};
use crate::{
    audit::Policy,
    build::{self, Cancel, Plan, Profile, Report, Wish, dist, plan},
    knowledge,
    project::{Builder, Project},
};
use screen::Screen;

/// Builds, and says what came of it.
pub(super) fn run(options: &BuildOptions, output: Output) -> Result<u8, Stop> {
    let root = session::root_of(options.project.as_deref())?;
    let wish = wish(options);
    let named: Vec<Wish> = options.targets.iter().map(|target| wish.of(target)).collect();
    let policy = options.policy.as_deref().map(|policy| audit::policy(Some(policy))).transpose()?;
    // The rules have to look at the targets that are built, whether or not a file names them.
    let targets = named.iter().filter_map(|wish| wish.target.clone()).filter(|one| one != plan::UNIVERSAL);
    let project_options = ProjectOptions { targets: targets.collect(), host: None };
    let session = Session::open(&root, session::host(&project_options), &project_options);
    let project = &session.analysis.project;
    known(project, &named)?;
    let (wishes, elsewhere) = match (options.all, named.is_empty()) {
        (true, _) => plan::all_wishes(project, &wish),
        (false, true) => (plan::default_wishes(project, &wish), Vec::new()),
        (false, false) => (named, Vec::new()),
    };
    let plans: Vec<Plan> = wishes.iter().map(|wish| plan::plan(project, wish)).collect();
    if options.dry_run {
        output.styled(&text::dry_run(&plans, &elsewhere));
        return Ok(CLEAN);
    }
    if project.cargo.workspace.is_none() && project.flake.is_none() {
        return Err(Stop::Nothing("nothing to build: there is no Cargo.toml and no flake.nix".to_owned()));
    }
    let cancel = on_interrupt()?;
    let reports = build_all(plans, &session, policy.as_ref(), &cancel, output);
    output.styled(&text::summary(&reports, &elsewhere));
    if let Some(folder) = options.dist.as_ref().filter(|_| !cancel.is_cancelled()) {
        match dist::write(folder, &reports, project, &cancel) {
            Ok(archives) => output.styled(&text::archives(folder, &archives)),
            Err(_) if cancel.is_cancelled() => output.styled(&text::no_archives()),
            Err(error) => {
                let why = format!("cannot write the archives to {}: {error}", folder.display());
                return Err(Stop::Failed(why));
            }
        }
    }
    if cancel.is_cancelled() {
        return Ok(FINDINGS);
    }
    Ok(if reports.iter().all(Report::passes) { CLEAN } else { FINDINGS })
}

fn wish(options: &BuildOptions) -> Wish {
    Wish {
        target: None,
        builder: match options.builder {
            BuilderChoice::Auto => None,
            BuilderChoice::Cargo => Some(Builder::Cargo),
            BuilderChoice::Zigbuild => Some(Builder::Zigbuild),
            BuilderChoice::Cross => Some(Builder::Cross),
            BuilderChoice::Nix => Some(Builder::Nix),
        },
        attribute: options.attr.clone(),
        glibc: options.glibc.clone(),
        profile: if options.debug { Profile::Debug } else { Profile::Release },
        packages: options.packages.clone(),
        programs: options.programs.clone(),
        extra: options.extra.clone(),
        nix_builders: options.nix_builders.clone(),
        is_packed: options.dist.is_some(),
    }
}

/// Refuses a triple that is misspelt on the command line. One that a file misspells is a finding of its own.
fn known(project: &Project, wishes: &[Wish]) -> Result<(), Stop> {
    for triple in wishes.iter().filter_map(|wish| wish.target.as_deref()) {
        let is_declared = project
            .target(triple)
            .is_some_and(|target| target.declarations.iter().any(|declaration| declaration.origin.is_some()));
        if knowledge::target(triple).is_none() && triple != plan::UNIVERSAL && !is_declared {
            return Err(audit::unknown_target(triple));
        }
    }
    Ok(())
}

/// One after the other: they share the target folder.
fn build_all(
    plans: Vec<Plan>,
    session: &Session,
    policy: Option<&Policy>,
    cancel: &Cancel,
    output: Output,
) -> Vec<Report> {
    let mut reports = Vec::new();
    let current = std::env::current_dir().unwrap_or_else(|_| session.snapshot.root.to_path_buf());
    for plan in plans {
        let screen = Screen::start(&plan, output);
        let report = build::build(plan, &session.analysis, policy, cancel, &mut |event| screen.event(event));
        screen.finish();
        output.styled(&text::report(&report, session, shown_from(&current, session)));
        reports.push(report);
        if cancel.is_cancelled() {
            break;
        }
    }
    reports
}

/// What Ctrl-C and SIGTERM cancel.
fn on_interrupt() -> Result<Arc<Cancel>, Stop> {
    let cancel = Arc::new(Cancel::default());
    let on_signal = Arc::clone(&cancel);
    ctrlc::set_handler(move || on_signal.cancel())
        .map_err(|error| Stop::Failed(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(cancel)
}

/// Paths are shown from the current folder, and from the project's where that is elsewhere.
fn shown_from<'p>(current: &'p Path, session: &'p Session) -> &'p Path {
    if session.snapshot.root.starts_with(current) { current } else { &session.snapshot.root }
}
