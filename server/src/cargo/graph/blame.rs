//! Who is to blame for a crate: the dependencies in the workspace's manifests without which it would not be
//! compiled, or not that way.
//!
//! Many dependencies lead to reqwest, and one of them turns on the feature with which reqwest needs OpenSSL. So
//! the way back from a crate does not follow dependencies: behind an optional one it follows what turned it on.
//! Ways are sought when somebody asks, for one crate and one target.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    Direct,
    answer::{Answer, Groups, Settled},
    features::Cause,
    setting::{Mask, Node, Side},
};
use crate::finding::Confidence;

/// Most dependencies of the workspace that are named for one crate: nobody reads more, and in a workspace of hundreds of
/// members there are thousands, each with its way.
pub const MAX_DIRECT: usize = 256;

/// What leads to each node, and to each thing that is on.
#[derive(Debug)]
pub(super) struct Backwards {
    steps: Groups,
    reasons: Groups,
}

impl Backwards {
    pub(super) fn new(settled: &Settled) -> Self {
        let steps = settled.steps.iter().map(|step| step.to.slot());
        let reasons = settled.sets.reasons.iter().map(|reason| reason.effect as usize);
        Self {
            steps: Groups::new(settled.reached.len(), steps),
            reasons: Groups::new(settled.sets.on.len(), reasons),
        }
    }
}

/// A point on the way back: a place in [`Sets::on`](super::features::Sets::on), or behind those the place of a node that
/// is compiled.
type Point = u32;

/// No point was reached from here.
const NEW: Point = Point::MAX;

/// This is where the way ends.
const GOAL: Point = Point::MAX - 1;

/// A search through one world, for one target.
pub(super) struct Blame<'a> {
    answer: &'a Answer,
    settled: &'a Settled,
    backwards: &'a Backwards,
    target: Mask,
    /// For each point the next one on a shortest way to the crate.
    next: Vec<Point>,
    met: Met,
}

/// A dependency of the workspace's that was met: the member, the position, and what it asks for.
type Met = BTreeMap<(usize, usize), (BTreeSet<String>, Vec<String>)>;

impl<'a> Blame<'a> {
    pub(super) fn new(answer: &'a Answer, settled: &'a Settled, target: Mask) -> Self {
        let points = settled.sets.on.len() + settled.reached.len();
        let backwards = settled.backwards();
        Self { answer, settled, backwards, target, next: vec![NEW; points], met: Met::new() }
    }

    /// The dependencies that are to blame for a crate on one side.
    pub(super) fn of(mut self, name: &str, side: Side, certainty: Confidence) -> Vec<Direct> {
        let mut queue: VecDeque<Point> = VecDeque::new();
        for package in self.answer.find(name) {
            let node = Node::new(package, side);
            let is_compiled = self.settled.is_reached(node, self.target);
            if let Some(point) = self.package(node).filter(|_| is_compiled) {
                self.set_next(point, GOAL);
                queue.push_back(point);
            }
        }
        while let Some(point) = queue.pop_front() {
            for before in self.before(point) {
                if self.next.get(before as usize) == Some(&NEW) {
                    self.set_next(before, point);
                    queue.push_back(before);
                }
            }
        }
        let (answer, met) = (self.answer, self.met);
        met.into_iter()
            .filter_map(|(place, (asked, path))| direct(answer, place, asked, path, certainty))
            .collect()
    }

    fn set_next(&mut self, point: Point, next: Point) {
        if let Some(slot) = self.next.get_mut(point as usize) {
            *slot = next;
        }
    }

    fn package(&self, node: Node) -> Option<Point> {
        u32::try_from(self.settled.sets.on.len() + node.slot()).ok()
    }

    fn node(&self, point: Point) -> Node {
        let owner = self.settled.sets.owners.get(point as usize).map(|slot| *slot as usize);
        Node::of_slot(owner.unwrap_or_else(|| (point as usize).saturating_sub(self.settled.sets.on.len())))
    }

    /// What a point follows from, in the order of the lock file; what follows from a manifest of the workspace is met.
    fn before(&mut self, point: Point) -> Vec<Point> {
        let mut points = Vec::new();
        if point as usize >= self.settled.sets.on.len() {
            let steps = self.backwards.steps.of(self.node(point).slot());
            let steps = steps.iter().filter_map(|step| self.settled.steps.get(*step as usize));
            let steps = steps.filter(|step| step.mask & self.target != 0);
            let mut from: Vec<(Node, u32)> = steps.map(|step| (step.from, step.position)).collect();
            from.sort_unstable();
            for (from, position) in from {
                points.extend(self.arrive(point, from, position, None));
            }
            return points;
        }
        let asked = self.feature(point);
        let reasons = self.backwards.reasons.of(point as usize).iter();
        let reasons = reasons.filter_map(|reason| self.settled.sets.reasons.get(*reason as usize));
        let mut causes: Vec<Cause> =
            reasons.filter(|reason| reason.mask & self.target != 0).map(|reason| reason.cause).collect();
        causes.sort_unstable();
        let mut inner = Vec::new();
        for cause in causes {
            match cause {
                Cause::Root => {}
                Cause::Declared(from, position) => points.extend(self.arrive(point, from, position, asked)),
                Cause::FeatureOf(node, _, position) if self.answer.members.contains(&node.package()) => {
                    points.extend(self.arrive(point, node, position, asked));
                }
                Cause::Feature(node, feature) | Cause::FeatureOf(node, feature, _) => {
                    let place = self.settled.sets.feature(node.slot(), feature as usize);
                    inner.extend(place.and_then(|place| u32::try_from(place).ok()));
                }
            }
        }
        points.append(&mut inner);
        points
    }

    /// Which feature of its package a point is.
    fn feature(&self, point: Point) -> Option<usize> {
        let node = self.node(point);
        let feature = (point as usize).checked_sub(self.settled.sets.feature(node.slot(), 0)?)?;
        let known = self.answer.known(node.package())?;
        (feature < known.spec.feature_count()).then_some(feature)
    }

    /// A point follows from the declaration of a dependency. The next point, unless it is the workspace's own.
    fn arrive(&mut self, point: Point, from: Node, position: u32, asked: Option<usize>) -> Option<Point> {
        let members = &self.answer.members;
        let position = position as usize;
        if !members.contains(&from.package()) {
            return self.declared(from, position);
        }
        let to = self.node(point).package();
        let key = (from.package(), position);
        // The way back goes by distance: what is left out is further away.
        if members.contains(&to) || self.met.len() >= MAX_DIRECT && !self.met.contains_key(&key) {
            return None;
        }
        if !self.met.contains_key(&key) {
            let path = self.path(from, point);
            self.met.insert(key, (BTreeSet::new(), path));
        }
        let known = self.answer.known(to);
        let name = asked.and_then(|feature| known?.spec.feature_name(feature));
        if let Some((features, _)) = self.met.get_mut(&key) {
            features.extend(name.map(str::to_owned));
        }
        None
    }

    /// Why the declaration of a dependency counts: its package is compiled, or something turned it on.
    fn declared(&self, from: Node, position: usize) -> Option<Point> {
        let known = self.answer.known(from.package());
        let declared = known.and_then(|known| Some((known, known.spec.dependencies.get(position)?)));
        match declared {
            Some((known, declared)) if declared.is_optional => {
                let first = known.spec.of_key(&declared.key).start;
                let slot = self.answer.canonical(from).slot();
                u32::try_from(self.settled.sets.dependency(slot, known, first)?).ok()
            }
            _ => self.package(from),
        }
    }

    /// The names of the packages from a member through a point to the crate.
    fn path(&self, member: Node, from: Point) -> Vec<String> {
        let mut path = vec![self.answer.name(member.package()).to_owned()];
        let mut last = member.package();
        let mut point = from;
        loop {
            let package = self.node(point).package();
            if package != last {
                last = package;
                path.push(self.answer.name(package).to_owned());
            }
            match self.next.get(point as usize) {
                Some(next) if *next < GOAL => point = *next,
                _ => return path,
            }
        }
    }
}

fn direct(
    answer: &Answer,
    (member, position): (usize, usize),
    asked: BTreeSet<String>,
    path: Vec<String>,
    certainty: Confidence,
) -> Option<Direct> {
    let declared = answer.known(member)?.spec.dependencies.get(position)?;
    Some(Direct {
        member: answer.name(member).to_owned(),
        key: declared.key.to_string(),
        kind: declared.kind,
        features: asked.into_iter().collect(),
        path,
        certainty,
    })
}
