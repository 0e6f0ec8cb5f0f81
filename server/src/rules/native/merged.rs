//! Findings about dependencies, one for each place that has to be changed.

use super::{blame::Culprit, remedy};
use crate::{
    finding::{Applicability, Confidence, Finding, Related, Severity},
    knowledge::NativeCrate,
    project::Project,
};

/// Most manifests in which a direct dependency on the native crate is tried.
const MAX_PLACES: usize = 3;

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
        // What may be for one target is not said of what is so for another.
        let is_vague = |finding: &Finding| finding.confidence == Confidence::Possible;
        let mut targets = std::mem::take(&mut known.targets);
        match (is_vague(known), is_vague(&found)) {
            (true, false) => targets.clone_from(&found.targets),
            (false, true) => {}
            _ => targets.extend(found.targets.iter().cloned()),
        }
        targets.sort();
        targets.dedup();
        if (!is_vague(&found), found.severity, found.confidence)
            > (!is_vague(known), known.severity, known.confidence)
        {
            (*known, *by) = (found, culprit);
        }
        known.targets = targets;
    }

    /// The findings, with what would mend them for all their targets. Dependencies that have no cure of their own are
    /// one finding: what builds the library from source mends all of them.
    pub fn with_fixes(mut self, project: &Project, library: &'static NativeCrate) -> Vec<Finding> {
        self.0.sort_by_key(|(finding, culprit)| (std::cmp::Reverse(finding.severity), culprit.path.len()));
        let mut findings: Vec<Finding> = Vec::new();
        let mut shared: Vec<(Finding, Culprit<'_>)> = Vec::new();
        for (mut finding, culprit) in self.0 {
            let cures = remedy::cures(project, &culprit, library, &finding.targets);
            finding.fixes = cures.fixes;
            if cures.is_own {
                findings.push(finding);
            } else {
                shared.push((finding, culprit));
            }
        }
        findings.extend(fold(project, library, shared));
        for finding in findings.iter_mut().filter(|finding| finding.severity != Severity::Error) {
            // It builds as it is: whether to change it is for somebody to decide.
            finding.fixes.iter_mut().for_each(|fix| fix.applicability = Applicability::Review);
        }
        findings
    }

    /// The findings with the dependencies that they are about.
    pub fn into_pairs(self) -> Vec<(Finding, Culprit<'p>)> {
        self.0
    }
}

/// Several findings that are mended by the same, as one: that of the first.
fn fold(
    project: &Project,
    library: &'static NativeCrate,
    shared: Vec<(Finding, Culprit<'_>)>,
) -> Option<Finding> {
    let culprits: Vec<Culprit<'_>> = shared.iter().map(|(_, culprit)| culprit.clone()).collect();
    let mut all = shared.into_iter();
    let (mut known, _) = all.next()?;
    for (other, culprit) in all {
        known.targets.extend(other.targets);
        if known.fixes.is_empty() {
            known.fixes = other.fixes;
        }
        known.related.push(Related { origin: other.origin, message: format!("also {}", culprit.way()) });
    }
    known.targets.sort();
    known.targets.dedup();
    if known.fixes.is_empty() {
        let mut places = culprits.iter().take(MAX_PLACES);
        known.fixes.extend(
            places.find_map(|culprit| remedy::bundled_directly(project, culprit, library, &known.targets)),
        );
    }
    Some(known)
}
