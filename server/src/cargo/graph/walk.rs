//! Which packages are compiled, once it is settled which features are on.

use std::collections::VecDeque;

use super::{
    Kinds,
    features::{Features, Node, Setting, Side, World},
    spec::ProcMacro,
};
use crate::cargo::manifest::DependencyKind;

/// One dependency that is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    pub(super) from: Node,
    pub(super) to: Node,
    /// The position of the dependency in the spec; beyond its end where only the lock file speaks of it.
    pub(super) position: usize,
    /// What it is for; `None` where only the lock file speaks of it.
    pub(super) kind: Option<DependencyKind>,
}

/// What is reached from the packages that are asked for.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// In the order of their distance.
    pub(super) nodes: Vec<Node>,
    pub(super) steps: Vec<Step>,
}

/// Follows the dependencies that are on, those of the wanted kinds.
pub(super) fn walk(setting: &Setting<'_>, features: &Features<'_>, kinds: Kinds, world: World) -> Walk {
    let mut walk = Walk::default();
    let mut seen = vec![false; setting.packages.lock.packages.len() * 2];
    let mut queue = VecDeque::new();
    let mut visit = |node: Node, queue: &mut VecDeque<Node>, nodes: &mut Vec<Node>| {
        let slot = seen.get_mut(node.package * 2 + usize::from(node.side == Side::Host));
        if let Some(seen @ false) = slot {
            *seen = true;
            queue.push_back(node);
            nodes.push(node);
        }
    };
    for root in setting.roots.iter().copied() {
        let known = setting.packages.known(root);
        let is_proc_macro = known.is_some_and(|known| known.spec.proc_macro == ProcMacro::Yes);
        let side = if is_proc_macro { Side::Host } else { Side::Target };
        visit(Node { package: root, side }, &mut queue, &mut walk.nodes);
    }
    while let Some(node) = queue.pop_front() {
        let first = walk.steps.len();
        steps(setting, features, kinds, world, node, &mut walk.steps);
        for step in walk.steps.get(first..).unwrap_or_default() {
            visit(step.to, &mut queue, &mut walk.nodes);
        }
    }
    walk
}

fn steps(
    setting: &Setting<'_>,
    features: &Features<'_>,
    kinds: Kinds,
    world: World,
    from: Node,
    steps: &mut Vec<Step>,
) {
    let Some(known) = setting.packages.known(from.package) else {
        if world == World::Possible {
            steps.extend(locked_steps(setting, from));
        }
        return;
    };
    for (position, declared) in known.spec.dependencies.iter().enumerate() {
        let is_for = setting.is_for(declared, from.side).unwrap_or(world == World::Possible);
        let is_of_root = declared.kind != DependencyKind::Dev || setting.roots.contains(&from.package);
        let is_on = features.is_open(from) || features.is_on(from, declared, position);
        if !(kinds.include(declared.kind) && is_for && is_of_root && is_on) {
            continue;
        }
        let Ok(to) = setting.locked(from.package, known, position) else { continue };
        if !setting.is_wanted(to) {
            continue;
        }
        steps.extend(setting.sides(from.side, declared, to, world).iter().map(|side| Step {
            from,
            to: Node { package: to, side: *side },
            position,
            kind: Some(declared.kind),
        }));
    }
}

/// All that the lock file says of a package of which nothing else is known.
fn locked_steps<'s>(setting: &'s Setting<'_>, from: Node) -> impl Iterator<Item = Step> + 's {
    let package = setting.packages.package(from.package);
    let dependencies = package.map(|package| package.dependencies.as_slice()).unwrap_or_default();
    let sides: &[Side] = if from.side == Side::Host { &[Side::Host] } else { &[Side::Target, Side::Host] };
    dependencies.iter().copied().filter(|to| setting.is_wanted(*to)).flat_map(move |to| {
        sides.iter().map(move |side| Step {
            from,
            to: Node { package: to, side: *side },
            position: usize::MAX,
            kind: None,
        })
    })
}
