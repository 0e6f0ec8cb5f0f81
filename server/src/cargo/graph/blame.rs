//! Who is to blame for a crate: the dependencies in the workspace's manifests without which it would not be
//! compiled, or not that way.
//!
//! Many dependencies lead to reqwest, and one of them turns on the feature with which reqwest needs OpenSSL. So
//! the way back from a crate does not follow dependencies: behind an optional one it follows what turned it on.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::{
    Direct,
    features::{Cause, Effect, Features, Node, Setting, Side},
    walk::{Step, Walk},
};
use crate::finding::Confidence;

/// Most dependencies of the workspace that are named for one crate: nobody reads more, and in a workspace of hundreds of
/// members there are thousands, each with its way.
pub const MAX_DIRECT: usize = 256;

/// A point on the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Point {
    /// A package is compiled.
    Package(Node),
    /// Something of it is on.
    On(Effect),
}

impl Point {
    fn node(self) -> Node {
        match self {
            Self::Package(node) | Self::On(Effect::Feature(node, _) | Effect::Dependency(node, _)) => node,
        }
    }
}

/// What one world knows of causes.
pub(super) struct Blame<'a> {
    setting: &'a Setting<'a>,
    members: &'a BTreeSet<usize>,
    /// The compiled packages of each name. These maps are only looked up in, so that their order does not show.
    by_name: HashMap<&'a str, Vec<Node>>,
    into: HashMap<Node, Vec<&'a Step>>,
    reasons: HashMap<Effect, Vec<Cause>>,
}

/// A dependency of the workspace's that was met: the member, the position, and what it asks for.
type Met = BTreeMap<(usize, usize), (BTreeSet<String>, Vec<String>)>;

impl<'a> Blame<'a> {
    pub(super) fn new(
        setting: &'a Setting<'a>,
        members: &'a BTreeSet<usize>,
        features: &Features<'_>,
        walk: &'a Walk,
    ) -> Self {
        let mut into: HashMap<Node, Vec<&Step>> = HashMap::with_capacity(walk.nodes.len());
        for step in &walk.steps {
            into.entry(step.to).or_default().push(step);
        }
        let mut reasons: HashMap<Effect, Vec<Cause>> = HashMap::with_capacity(features.reasons.len());
        for (effect, cause) in &features.reasons {
            reasons.entry(*effect).or_default().push(*cause);
        }
        let mut by_name: HashMap<&str, Vec<Node>> = HashMap::with_capacity(walk.nodes.len());
        for node in &walk.nodes {
            if let Some(package) = setting.packages.package(node.package) {
                by_name.entry(package.name.as_str()).or_default().push(*node);
            }
        }
        Self { setting, members, by_name, into, reasons }
    }

    /// The dependencies that are to blame for a crate on one side.
    pub(super) fn of(&self, name: &str, side: Side, certainty: Confidence) -> Vec<Direct> {
        let nodes = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut goals: Vec<Point> =
            nodes.iter().filter(|node| node.side == side).map(|node| Point::Package(*node)).collect();
        if goals.is_empty() {
            return Vec::new();
        }
        goals.sort();
        // For each point the next one on a shortest way to the crate.
        let mut next: HashMap<Point, Option<Point>> = goals.iter().map(|goal| (*goal, None)).collect();
        let mut queue: VecDeque<Point> = goals.into();
        let mut met = Met::new();
        while let Some(point) = queue.pop_front() {
            for before in self.before(point, &next, &mut met) {
                if let std::collections::hash_map::Entry::Vacant(slot) = next.entry(before) {
                    slot.insert(Some(point));
                    queue.push_back(before);
                }
            }
        }
        met.into_iter()
            .filter_map(|(place, (asked, path))| self.direct(place, asked, path, certainty))
            .collect()
    }

    /// What a point follows from; what follows from a manifest of the workspace goes to `met`.
    fn before(&self, point: Point, next: &HashMap<Point, Option<Point>>, met: &mut Met) -> Vec<Point> {
        let mut points = Vec::new();
        let mut arrive = |from: Node, position: usize, asked: Option<usize>| {
            if !self.members.contains(&from.package) {
                points.push(self.declared(from, position));
            } else if !self.members.contains(&point.node().package)
                // The way back goes by distance: what is left out is further away.
                && (met.len() < MAX_DIRECT || met.contains_key(&(from.package, position)))
            {
                let path = || self.path(from, point, next);
                let (features, _) =
                    met.entry((from.package, position)).or_insert_with(|| (BTreeSet::new(), path()));
                let known = self.setting.packages.known(point.node().package);
                let name = asked.and_then(|feature| known?.spec.feature_name(feature));
                features.extend(name.map(str::to_owned));
            }
        };
        match point {
            Point::Package(node) => {
                for step in self.into.get(&node).into_iter().flatten() {
                    arrive(step.from, step.position, None);
                }
            }
            Point::On(effect) => {
                let asked = match effect {
                    Effect::Feature(_, feature) => Some(feature),
                    Effect::Dependency(..) => None,
                };
                let mut inner = Vec::new();
                for cause in self.reasons.get(&effect).into_iter().flatten() {
                    match *cause {
                        Cause::Root => {}
                        Cause::Declared(from, position) => arrive(from, position, asked),
                        Cause::Feature(node, feature) => {
                            inner.push(Point::On(Effect::Feature(node, feature)));
                        }
                        Cause::FeatureOf(node, _, position) if self.members.contains(&node.package) => {
                            arrive(node, position, asked);
                        }
                        Cause::FeatureOf(node, feature, _) => {
                            inner.push(Point::On(Effect::Feature(node, feature)));
                        }
                    }
                }
                points.extend(inner);
            }
        }
        points
    }

    /// Why the declaration of a dependency counts: its package is compiled, or something turned it on.
    fn declared(&self, from: Node, position: usize) -> Point {
        let known = self.setting.packages.known(from.package);
        let declared = known.and_then(|known| Some((known, known.spec.dependencies.get(position)?)));
        match declared {
            Some((known, declared)) if declared.is_optional => {
                let first = known.spec.of_key(&declared.key).start;
                Point::On(Effect::Dependency(self.setting.canonical(from), first))
            }
            _ => Point::Package(from),
        }
    }

    /// The names of the packages from a member through a point to the crate.
    fn path(&self, member: Node, from: Point, next: &HashMap<Point, Option<Point>>) -> Vec<String> {
        let mut path = vec![self.name(member).to_owned()];
        let mut at = Some(from);
        let mut last = member.package;
        while let Some(point) = at {
            if point.node().package != last {
                last = point.node().package;
                path.push(self.name(point.node()).to_owned());
            }
            at = next.get(&point).copied().flatten();
        }
        path
    }

    fn direct(
        &self,
        (member, position): (usize, usize),
        asked: BTreeSet<String>,
        path: Vec<String>,
        certainty: Confidence,
    ) -> Option<Direct> {
        let declared = self.setting.packages.known(member)?.spec.dependencies.get(position)?;
        Some(Direct {
            member: self.setting.packages.package(member)?.name.clone(),
            key: declared.key.to_string(),
            kind: declared.kind,
            features: asked.into_iter().collect(),
            path,
            certainty,
        })
    }

    fn name(&self, node: Node) -> &str {
        self.setting.packages.package(node.package).map(|package| package.name.as_str()).unwrap_or_default()
    }
}
