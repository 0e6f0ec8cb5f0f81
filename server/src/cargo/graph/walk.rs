//! Which packages are compiled, once it is settled which features are on.

use super::{
    Kinds,
    features::Features,
    setting::{Mask, Node, Setting, Side, World},
    spec::ProcMacro,
};
use crate::cargo::manifest::DependencyKind;

/// One dependency that is compiled, for some targets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) from: Node,
    pub(super) to: Node,
    /// The position of the dependency in the spec; beyond its end where only the lock file speaks of it.
    pub(super) position: u32,
    /// What it is for; `None` where only the lock file speaks of it.
    pub(super) kind: Option<DependencyKind>,
    pub(super) mask: Mask,
}

/// What is reached from the packages that are asked for.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// For each node the targets for which it is compiled.
    pub(super) reached: Vec<Mask>,
    pub(super) steps: Vec<Step>,
}

/// The nodes that a question starts from.
pub(super) fn starts<'s>(setting: &'s Setting<'_>) -> impl Iterator<Item = Node> + 's {
    setting.roots.iter().map(|root| {
        let known = setting.packages.known(*root);
        let is_proc_macro = known.is_some_and(|known| known.spec.proc_macro == ProcMacro::Yes);
        Node::new(*root, if is_proc_macro { Side::Host } else { Side::Target })
    })
}

/// Follows the dependencies that are on, those of the wanted kinds.
pub(super) fn walk(
    setting: &Setting<'_>,
    features: &Features<'_>,
    kinds: Kinds,
    world: World,
    targets: Mask,
) -> Walk {
    let mut walk = Walk { reached: vec![0; setting.packages.capacity() * 2], steps: Vec::new() };
    let mut open: Vec<(Node, Mask)> = Vec::new();
    let visit = |node: Node, mask: Mask, reached: &mut Vec<Mask>, open: &mut Vec<(Node, Mask)>| {
        if let Some(known) = reached.get_mut(node.slot()) {
            let news = mask & !*known;
            *known |= mask;
            if news != 0 {
                open.push((node, news));
            }
        }
    };
    for start in starts(setting) {
        visit(start, targets, &mut walk.reached, &mut open);
    }
    while let Some((node, mask)) = open.pop() {
        let first = walk.steps.len();
        steps(setting, features, kinds, world, (node, mask), &mut walk.steps);
        for step in walk.steps.get(first..).unwrap_or_default() {
            visit(step.to, step.mask, &mut walk.reached, &mut open);
        }
    }
    walk
}

fn steps(
    setting: &Setting<'_>,
    features: &Features<'_>,
    kinds: Kinds,
    world: World,
    (from, mask): (Node, Mask),
    steps: &mut Vec<Step>,
) {
    let Some(known) = setting.packages.known(from.package()) else {
        if world == World::Possible {
            steps.extend(locked_steps(setting, from, mask));
        }
        return;
    };
    let open = features.is_open(from);
    for (position, declared) in known.spec.dependencies.iter().enumerate() {
        let is_of_root = declared.kind != DependencyKind::Dev || setting.roots.contains(&from.package());
        let on = mask & (open | features.is_on(from, known, position));
        if on == 0 || !is_of_root || !kinds.include(declared.kind) {
            continue;
        }
        let (yes, unknown) = setting.is_for(from, known, position);
        let on = on & if world == World::Possible { yes | unknown } else { yes };
        if on == 0 {
            continue;
        }
        let Ok(to) = setting.locked(from.package(), known, position) else { continue };
        if !setting.is_wanted(to) {
            continue;
        }
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        steps.extend(setting.sides(from.side, declared, to, world).iter().map(|side| Step {
            from,
            to: Node::new(to, *side),
            position,
            kind: Some(declared.kind),
            mask: on,
        }));
    }
}

/// All that the lock file says of a package of which nothing else is known.
fn locked_steps<'s>(setting: &'s Setting<'_>, from: Node, mask: Mask) -> impl Iterator<Item = Step> + 's {
    let package = setting.packages.package(from.package());
    let dependencies = package.map(|package| package.dependencies.as_slice()).unwrap_or_default();
    let sides: &[Side] = if from.side == Side::Host { &[Side::Host] } else { &[Side::Target, Side::Host] };
    dependencies.iter().copied().filter(|to| setting.is_wanted(*to)).flat_map(move |to| {
        sides.iter().map(move |side| Step {
            from,
            to: Node::new(to, *side),
            position: u32::MAX,
            kind: None,
            mask,
        })
    })
}
