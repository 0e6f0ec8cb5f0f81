//! Findings about dependencies, one for each place that has to be changed.

use super::{blame::Culprit, remedy};
use crate::{finding::Finding, knowledge::NativeCrate, project::Project};

/// One place is wrong once, for all the targets that it is wrong for; the worst target speaks. So is one entry of the
/// workspace that several members inherit: it is changed in one place.
#[derive(Default)]
pub struct Merged<'p>(Vec<(Finding, Culprit<'p>)>);

impl<'p> Merged<'p> {
    /// Takes in what is wrong for one target.
    pub fn add(&mut self, found: Finding, culprit: Culprit<'p>) {
        let place = |culprit: &Culprit<'_>| culprit.written().key.origin.clone();
        let position = self.0.iter().position(|(_, known)| place(known) == place(&culprit));
        self.add_to(position, found, culprit);
    }

    /// Takes in what is wrong for one target, where one change mends all targets.
    pub fn add_cause(&mut self, found: Finding, culprit: Culprit<'p>) {
        let position = (!self.0.is_empty()).then_some(0);
        self.add_to(position, found, culprit);
    }

    fn add_to(&mut self, position: Option<usize>, found: Finding, culprit: Culprit<'p>) {
        let Some((known, by)) = position.and_then(|position| self.0.get_mut(position)) else {
            self.0.push((found, culprit));
            return;
        };
        let mut targets = std::mem::take(&mut known.targets);
        targets.extend(found.targets.iter().cloned());
        targets.sort();
        targets.dedup();
        if (found.severity, found.confidence) > (known.severity, known.confidence) {
            (*known, *by) = (found, culprit);
        }
        known.targets = targets;
    }

    /// The findings, with what would mend them for all their targets.
    pub fn with_fixes(self, project: &Project, library: &'static NativeCrate) -> Vec<Finding> {
        let mended = self.0.into_iter().map(|(finding, culprit)| {
            let fixes = remedy::fixes(project, &culprit, library, &finding.targets);
            finding.with_fixes(fixes)
        });
        mended.collect()
    }

    /// The findings with the dependencies that they are about.
    pub fn into_pairs(self) -> Vec<(Finding, Culprit<'p>)> {
        self.0
    }
}
