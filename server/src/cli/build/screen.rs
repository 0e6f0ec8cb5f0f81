//! What is seen while a build runs: its lines, and on a terminal a bar below them.

use std::{io::IsTerminal, time::Duration};

use annotate_snippets::normalize_untrusted_str as printable;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    build::{Event, Plan},
    cli::output::{HEADING, Output, paint},
};

/// How often the bar shows that somebody is at work.
const TICK: Duration = Duration::from_millis(120);

/// The screen of one build. All of it is standard error: the answer is on standard output.
#[derive(Debug)]
pub(super) struct Screen {
    output: Output,
    bar: Option<ProgressBar>,
}

impl Screen {
    /// Says what begins.
    pub(super) fn start(plan: &Plan, output: Output) -> Self {
        let with = format!("with {} ({})", plan.builder.label(), plan.why);
        output.aside(&format!("{} {with}", paint(HEADING, &format!("Building {}", plan.target))));
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            bar.set_style(style("{spinner} {elapsed} {wide_msg}"));
            bar.enable_steady_tick(TICK);
            bar
        });
        Self { output, bar }
    }

    /// Shows an event.
    pub(super) fn event(&self, event: Event<'_>) {
        match (event, &self.bar) {
            (Event::Step(step), _) => self.line(&format!("$ {}", step.command.shown())),
            (Event::Line(line), _) => self.line(line),
            (Event::Progress(progress), Some(bar)) => {
                if let Some((done, all)) = progress.units {
                    bar.set_style(style("{bar:24} {percent:>3}% {pos}/{len} {elapsed} {wide_msg}"));
                    bar.set_length(all);
                    bar.set_position(done);
                }
                bar.set_message(printable(&progress.what));
            }
            (Event::Progress(_), None) => {}
        }
    }

    fn line(&self, text: &str) {
        let line = printable(text);
        match &self.bar {
            Some(bar) => bar.suspend(|| self.output.aside(&line)),
            None => self.output.aside(&line),
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
