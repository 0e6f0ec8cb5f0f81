//! Package sets of nixpkgs: what they are for, and what overlays put into them.

use std::{cell::RefCell, rc::Rc};

use super::{
    builtins,
    evaluate::Selected,
    evaluator::Evaluator,
    facts::{AttributeSet, CrossSet, Known, Platform, PlatformSource},
    inputs,
    platform::{self, Machine},
    value::{Attr, Attrs, Head, Partial, Place, Symbol, Thunk, Value},
};
use crate::text::Origin;

/// A package set: a symbol that knows its platform.
#[derive(Debug)]
pub(super) struct PackageSet {
    /// The machine that builds.
    pub(super) build: Rc<Machine>,
    /// The machine that it is built for.
    pub(super) host: Rc<Machine>,
    /// The same as facts have it.
    pub(super) platform: Platform,
    /// For `buildPackages` of a cross set: what its compilers make programs for.
    pub(super) compiles_for: Option<Platform>,
    /// All overlays; the first `layers` of them count.
    overlays: Rc<[Overlay]>,
    layers: usize,
    /// Sets made from this one, by attribute, so that each is made once.
    derived: RefCell<Vec<(Symbol, Rc<PackageSet>)>>,
}

#[derive(Debug)]
struct Overlay {
    function: Value,
    result: RefCell<Applied>,
}

#[derive(Clone, Debug)]
enum Applied {
    NotYet,
    /// It asks the set for attributes while its own are still being made.
    Busy,
    Done(Value),
}

impl PackageSet {
    fn new(build: Rc<Machine>, host: Rc<Machine>, platform: Platform, overlays: Vec<Value>) -> Self {
        let overlay = |function| Overlay { function, result: RefCell::new(Applied::NotYet) };
        let layers = overlays.len();
        Self {
            build,
            host,
            platform,
            compiles_for: None,
            overlays: overlays.into_iter().map(overlay).collect(),
            layers,
            derived: RefCell::default(),
        }
    }

    /// The set of a system, without overlays.
    pub(super) fn native(machine: Machine) -> Rc<Self> {
        let machine = Rc::new(machine);
        let platform = native_platform(&machine);
        Rc::new(Self::new(Rc::clone(&machine), machine, platform, Vec::new()))
    }

    fn overlay_functions(&self) -> Vec<Value> {
        self.overlays.iter().take(self.layers).map(|overlay| overlay.function.clone()).collect()
    }

    /// The set as the overlay at `index` finds it.
    fn before(&self, index: usize) -> Rc<Self> {
        Rc::new(Self {
            build: Rc::clone(&self.build),
            host: Rc::clone(&self.host),
            platform: self.platform.clone(),
            compiles_for: self.compiles_for.clone(),
            overlays: Rc::clone(&self.overlays),
            layers: index,
            derived: RefCell::default(),
        })
    }
}

fn native_platform(machine: &Machine) -> Platform {
    let is_static = if machine.config.is_none() {
        Known::Unknown("the system is not known".to_owned())
    } else {
        machine.is_static.clone()
    };
    Platform {
        config: machine.config.as_deref().map(str::to_owned),
        triple: machine.triple(),
        is_static,
        ..Platform::default()
    }
}

impl Evaluator<'_> {
    /// An attribute of a package set.
    pub(super) fn package_attribute(&mut self, set: &Rc<PackageSet>, name: Symbol, place: Place) -> Selected {
        if let Some(value) = self.overlay_attribute(set, name, place) {
            return Selected::Found(value);
        }
        let this = || Value::head(Head::Packages(Rc::clone(set)), place);
        let text = self.name(name);
        let value = match &*text {
            "lib" => Value::head(Head::Library, place),
            "pkgs" | "pkgsHostTarget" | "pkgsHostHost" | "targetPackages" | "__splicedPackages" => this(),
            "buildPackages" | "pkgsBuildHost" | "pkgsBuildBuild" | "pkgsBuildTarget" => {
                self.build_set(set, name, place)
            }
            "system" => match set.host.system() {
                Some(system) => Value::text(&system, place),
                None => Value::unknown("the system is not known", place),
            },
            "hostPlatform" | "targetPlatform" => Value::head(Head::Platform(Rc::clone(&set.host)), place),
            "buildPlatform" => Value::head(Head::Platform(Rc::clone(&set.build)), place),
            "pkgsStatic" => {
                let host = set.host.with_musl(true);
                self.derived_set(set, name, host, PlatformSource::PkgsStatic, place)
            }
            "pkgsMusl" => {
                let host = set.host.with_musl(false);
                self.derived_set(set, name, host, PlatformSource::PkgsMusl, place)
            }
            "path" => Value::head(Head::Input(inputs::nixpkgs_by_name("nixpkgs")), place),
            "callPackage" | "callPackages" | "newScope" | "extend" | "appendOverlays" => {
                let packages = self.ready(this(), place);
                match builtins::package_function(&text) {
                    Some(builtin) => Value::Builtin(Rc::new(Partial { builtin, arguments: vec![packages] })),
                    None => Value::Null,
                }
            }
            "recurseIntoAttrs" | "dontRecurseIntoAttrs" => Self::library_value("id", place),
            _ => {
                let base = Value::head(Head::Packages(Rc::clone(set)), place);
                match base.as_neutral() {
                    Some(term) => return Selected::Maybe(term.select(name, place)),
                    None => Value::Null,
                }
            }
        };
        Selected::Found(value)
    }

    /// `pkgsCross.NAME`.
    pub(super) fn cross_attribute(&mut self, set: &Rc<PackageSet>, name: Symbol, place: Place) -> Selected {
        let text = self.name(name);
        let host = match platform::cross_config(&text) {
            Some(config) => Machine {
                is_static: Known::Value(platform::cross_is_static(&text)),
                told_triple: platform::cross_triple(&text),
                ..Machine::from_config(config)
            },
            None => Machine {
                is_static: Known::Unknown("this package set is not known here".to_owned()),
                ..Machine::default()
            },
        };
        let how = PlatformSource::PkgsCross(text.to_string());
        Selected::Found(self.derived_set(set, name, host, how, place))
    }

    /// The set for the machine that builds.
    fn build_set(&mut self, set: &Rc<PackageSet>, name: Symbol, place: Place) -> Value {
        if !set.platform.is_cross {
            return Value::head(Head::Packages(Rc::clone(set)), place);
        }
        let known = set.derived.borrow().iter().find(|(key, _)| *key == name).map(|(_, set)| Rc::clone(set));
        let native = known.unwrap_or_else(|| {
            let build = Rc::clone(&set.build);
            let platform = native_platform(&build);
            let native = PackageSet::new(Rc::clone(&build), build, platform, set.overlay_functions());
            let native = Rc::new(PackageSet { compiles_for: Some(set.platform.clone()), ..native });
            set.derived.borrow_mut().push((name, Rc::clone(&native)));
            native
        });
        Value::head(Head::Packages(native), place)
    }

    fn derived_set(
        &mut self,
        set: &Rc<PackageSet>,
        name: Symbol,
        host: Machine,
        how: PlatformSource,
        place: Place,
    ) -> Value {
        let known = set.derived.borrow().iter().find(|(key, _)| *key == name).map(|(_, set)| Rc::clone(set));
        self.spend(10);
        let derived = known.unwrap_or_else(|| {
            self.spend(set.layers);
            // A native pkgsMusl is native to musl: nixpkgs changes `localSystem`.
            let build = match how {
                PlatformSource::PkgsMusl if !set.platform.is_cross => Rc::new(host.clone()),
                _ => Rc::clone(&set.build),
            };
            let derived = self.cross_set(&build, host, how, place, set.overlay_functions(), None, None);
            set.derived.borrow_mut().push((name, Rc::clone(&derived)));
            derived
        });
        // The same set may be taken at several places: each is one where a platform is chosen.
        let origin = self.origin(place);
        if derived.platform.origin.as_ref() != Some(&origin) {
            let platform = Platform { origin: Some(origin), ..derived.platform.clone() };
            self.note_cross_set(&platform, None, None);
        }
        Value::head(Head::Packages(derived), place)
    }

    #[expect(clippy::too_many_arguments, reason = "all that a package set is made from")]
    fn cross_set(
        &mut self,
        build: &Rc<Machine>,
        host: Machine,
        how: PlatformSource,
        place: Place,
        overlays: Vec<Value>,
        literal: Option<AttributeSet>,
        config_origin: Option<Origin>,
    ) -> Rc<PackageSet> {
        // Whatever nixpkgs calls it, the machine that builds runs the system's own libc.
        let is_cross = host != **build || host.config.is_none() || how == PlatformSource::PkgsMusl;
        let is_static = host.is_static.clone();
        let platform = Platform {
            config: host.config.as_deref().map(str::to_owned),
            triple: host.triple(),
            is_static,
            is_cross,
            how,
            origin: Some(self.origin(place)),
        };
        self.note_cross_set(&platform, literal, config_origin);
        Rc::new(PackageSet::new(Rc::clone(build), Rc::new(host), platform, overlays))
    }

    fn note_cross_set(
        &mut self,
        platform: &Platform,
        literal: Option<AttributeSet>,
        config_origin: Option<Origin>,
    ) {
        let known = |other: &CrossSet| {
            other.platform.origin == platform.origin && other.platform.config == platform.config
        };
        if platform.is_cross && !self.cross_sets.iter().any(known) {
            self.cross_sets.push(CrossSet { platform: platform.clone(), literal, config_origin });
        }
    }

    // Overlays.

    /// What the overlays say of an attribute; the last one that has it wins.
    fn overlay_attribute(&mut self, set: &Rc<PackageSet>, name: Symbol, place: Place) -> Option<Value> {
        for (index, overlay) in set.overlays.iter().enumerate().take(set.layers).rev() {
            if !self.spend(1) {
                return None;
            }
            let result = self.apply_overlay(set, index, overlay, place);
            if let Some(Value::Attrs(attrs)) = result
                && let Some(attr) = attrs.get(name)
            {
                let thunk = attr.thunk;
                return Some(self.force(thunk));
            }
        }
        None
    }

    fn apply_overlay(
        &mut self,
        set: &Rc<PackageSet>,
        index: usize,
        overlay: &Overlay,
        place: Place,
    ) -> Option<Value> {
        match &*overlay.result.borrow() {
            Applied::Done(value) => return Some(value.clone()),
            Applied::Busy => return None,
            Applied::NotYet => {}
        }
        *overlay.result.borrow_mut() = Applied::Busy;
        let last = self.ready(Value::head(Head::Packages(Rc::clone(set)), place), place);
        let previous = self.ready(Value::head(Head::Packages(set.before(index)), place), place);
        let value = self.apply_all(&overlay.function, &[last, previous], place);
        *overlay.result.borrow_mut() = Applied::Done(value.clone());
        Some(value)
    }

    /// The set with more overlays.
    pub(super) fn extended_set(&mut self, set: &PackageSet, more: Vec<Value>, place: Place) -> Value {
        self.spend(set.layers + more.len());
        let overlays = set.overlay_functions().into_iter().chain(more).collect();
        let extended =
            PackageSet::new(Rc::clone(&set.build), Rc::clone(&set.host), set.platform.clone(), overlays);
        Value::head(Head::Packages(Rc::new(extended)), place)
    }

    // `import nixpkgs { … }`.

    /// The package set that `import nixpkgs arguments` makes.
    pub(super) fn import_nixpkgs(&mut self, arguments: Thunk, place: Place) -> Value {
        let arguments = self.force(arguments);
        if let Value::Error(_) = arguments {
            return arguments;
        }
        let build = self.local_machine(&arguments, place);
        let overlays = self.overlays_of(&arguments, place);
        let cross = self.argument(&arguments, "crossSystem").map(|attr| (attr, self.force(attr.thunk)));
        let (attr, cross) = match cross {
            None | Some((_, Value::Null)) => {
                let set =
                    PackageSet::new(Rc::clone(&build), Rc::clone(&build), native_platform(&build), overlays);
                return Value::head(Head::Packages(Rc::new(set)), place);
            }
            Some(cross) => cross,
        };
        let host = self.machine(&cross, place);
        let cross_place = self.place_of(attr.thunk);
        let literal = self.attribute_set_of(&cross);
        let config_origin = self.config_origin(&cross, cross_place);
        let set = self.cross_set(
            &build,
            host,
            PlatformSource::CrossSystem,
            cross_place,
            overlays,
            literal,
            config_origin,
        );
        Value::head(Head::Packages(set), place)
    }

    fn argument(&self, arguments: &Value, name: &str) -> Option<Attr> {
        self.attribute(arguments.as_attrs()?, name)
    }

    fn local_machine(&mut self, arguments: &Value, place: Place) -> Rc<Machine> {
        for name in ["localSystem", "system"] {
            if let Some(attr) = self.argument(arguments, name) {
                let value = self.force(attr.thunk);
                return Rc::new(self.machine(&value, place));
            }
        }
        let why = "the system is that of whoever evaluates it".to_owned();
        Rc::new(Machine { is_static: Known::Unknown(why), ..Machine::default() })
    }

    fn overlays_of(&mut self, arguments: &Value, place: Place) -> Vec<Value> {
        let Some(attr) = self.argument(arguments, "overlays") else { return Vec::new() };
        match self.force(attr.thunk) {
            Value::List(list) => list.items.iter().map(|item| self.force(*item)).collect(),
            Value::Either(_) | Value::Neutral(_) => vec![Value::unknown("unknown overlays", place)],
            _ => Vec::new(),
        }
    }

    /// The machine that a `system`, `localSystem` or `crossSystem` describes.
    pub(super) fn machine(&mut self, value: &Value, place: Place) -> Machine {
        let unknown = |why: &str| Machine { is_static: Known::Unknown(why.to_owned()), ..Machine::default() };
        match value {
            Value::Str(text) => match text.literal() {
                Some(text) => Machine::from_system(&text),
                None => unknown("the platform's name cannot be known here"),
            },
            Value::Attrs(attrs) => self.machine_of_attrs(attrs, place),
            Value::Neutral(term) => match term.bottom() {
                Head::Platform(machine) if term.inner().is_none() => (**machine).clone(),
                _ => unknown("the platform cannot be known here"),
            },
            _ => unknown("the platform cannot be known here"),
        }
    }

    fn machine_of_attrs(&mut self, attrs: &Rc<Attrs>, place: Place) -> Machine {
        let value = Value::Attrs(Rc::clone(attrs));
        let text = |this: &mut Self, path: &[&str]| {
            let mut value = value.clone();
            for name in path {
                let attr = this.attribute(value.as_attrs()?, name)?;
                value = this.force(attr.thunk);
            }
            Self::literal(&value)
        };
        let base = match attrs.rest.as_ref().map(|rest| Value::Neutral(Rc::clone(rest))) {
            Some(rest) => self.machine(&rest, place),
            None => Machine::default(),
        };
        let named = match text(self, &["config"]) {
            Some(config) => Machine::from_config(&config),
            None => match text(self, &["system"]) {
                Some(system) => Machine::from_system(&system),
                None => base.clone(),
            },
        };
        let is_static = match self.attribute(attrs, "isStatic") {
            Some(attr) => {
                let value = self.force(attr.thunk);
                match Self::condition(&value) {
                    Some(decided) => Known::Value(decided),
                    None => Known::Unknown("isStatic cannot be known here".to_owned()),
                }
            }
            None if attrs.rest.is_some() => base.is_static,
            None => named.is_static.clone(),
        };
        let mut told = None;
        for path in [
            &["rust", "rustcTarget"][..],
            &["rust", "rustcTargetSpec"],
            &["rustc", "config"],
            &["rustc", "rustcTarget"],
        ] {
            told = told.or_else(|| text(self, path));
        }
        Machine {
            config: named.config,
            is_static,
            told_triple: told.map(|triple| Rc::from(&*triple)).or(base.told_triple),
            told: Some(Rc::clone(attrs)),
        }
    }

    /// Where the platform of a `crossSystem` is named.
    fn config_origin(&mut self, cross: &Value, place: Place) -> Option<Origin> {
        let value = match cross {
            Value::Attrs(attrs) => {
                let attr = self.attribute(attrs, "config").or_else(|| self.attribute(attrs, "system"))?;
                let value = self.force(attr.thunk);
                (value, self.place_of(attr.thunk))
            }
            other => (other.clone(), place),
        };
        let place = match &value.0 {
            Value::Str(text) => match text.pieces.as_slice() {
                [super::value::StrPiece::Literal { place, .. }] => *place,
                _ => value.1,
            },
            _ => value.1,
        };
        Some(self.origin(place))
    }
}
