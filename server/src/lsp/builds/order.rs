//! What a command asks to be built.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::Value;

use crate::{
    analysis::{self, Analysis},
    build::{Plan, Profile, Wish, plan},
    lsp::{requests::execute_command::Refusal, settings::BuildSettings, state::Look, verdicts::Subject},
    project::Builder,
    snapshot::{Settings, Snapshot},
    workspace::host,
};

/// The arguments of `portolan.build`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The wish, without what the settings add.
    pub wish: Wish,
}

impl Wanted {
    /// Reads `{target, builder?, attr?, profile?, glibc?, package?, bin?}`; nothing is as good as `{}`.
    pub fn read(arguments: &[Value]) -> Result<Self, Refusal> {
        let Some(first) = arguments.first().filter(|first| !first.is_null()) else {
            return Ok(Self::default());
        };
        let text = |key: &str| match first.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            // An argument vector is built of it: what looks like an option is none of these.
            Some(Value::String(text)) if !text.starts_with('-') => Ok(Some(text.clone())),
            Some(_) => Err(Refusal::Arguments(format!("portolan.build: `{key}` must be a name"))),
        };
        let mut wish = Wish { attribute: text("attr")?, glibc: text("glibc")?, ..Wish::default() };
        wish.builder = builder(text("builder")?.as_deref())?;
        wish.profile = match text("profile")?.as_deref() {
            None | Some("release") => Profile::Release,
            Some("debug" | "dev") => Profile::Debug,
            Some(other) => {
                let why = format!("portolan.build: `profile` is release or debug, not {other}");
                return Err(Refusal::Arguments(why));
            }
        };
        wish.packages.extend(text("package")?);
        wish.programs.extend(text("bin")?);
        Ok(Self {
            wish: match text("target")? {
                Some(target) => wish.of(&target),
                None => wish,
            },
        })
    }
}

fn builder(name: Option<&str>) -> Result<Option<Builder>, Refusal> {
    Ok(Some(match name {
        None | Some("auto") => return Ok(None),
        Some("cargo") => Builder::Cargo,
        Some("zigbuild") => Builder::Zigbuild,
        Some("cross") => Builder::Cross,
        Some("nix") => Builder::Nix,
        Some(other) => {
            let why = format!("a builder is auto, cargo, zigbuild, cross or nix, not {other}");
            return Err(Refusal::Arguments(why));
        }
    }))
}

/// A build that can be started.
#[derive(Clone, Debug)]
pub struct Order {
    /// How.
    pub plan: Plan,
    /// The project as it is now, the target among those that it ships.
    pub analysis: Arc<Analysis>,
    /// What it is remembered under.
    pub subject: Subject,
}

impl Order {
    /// The orders for what is wanted in a project: several, where a plain build makes several targets.
    pub fn make(look: &Look, wanted: &Wanted, settings: &BuildSettings) -> Result<Vec<Self>, Refusal> {
        let mut wish = wanted.wish.clone();
        if wish.builder.is_none() {
            wish.builder = builder(settings.builder.as_deref())?;
        }
        wish.extra.extend(settings.extra_arguments.iter().cloned());
        wish.nix_builders.clone_from(&settings.nix_builders);
        let analysis = Arc::new(analysis::analyze(&now(&look.snapshot, wish.target.as_deref())));
        let project = &analysis.project;
        if project.cargo.workspace.is_none() && project.flake.is_none() {
            return Err(Refusal::Unknown("there is no Cargo.toml and no flake.nix to build".to_owned()));
        }
        let wishes = match wish.target {
            Some(_) => vec![wish],
            None => plan::default_wishes(project, &wish),
        };
        let orders: Vec<Self> = wishes
            .iter()
            .map(|wish| {
                let plan = plan::plan(project, wish);
                let subject = Subject {
                    target: plan.target.clone(),
                    attribute: wish.attribute.clone(),
                    package: wish.packages.first().cloned(),
                };
                Self { plan, analysis: Arc::clone(&analysis), subject }
            })
            .collect();
        match orders.iter().flat_map(|order| &order.plan.missing).next() {
            Some(missing) => Err(Refusal::Unknown(format!("{}. Get it: {}", missing.problem, missing.get))),
            None => Ok(orders),
        }
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        self.analysis.project.root()
    }

    /// Where the project's builds leave what they make, and what is remembered of them.
    pub fn target_folder(&self) -> PathBuf {
        plan::target_folder(&self.analysis.project)
    }
}

/// The snapshot with the programs that are here now, and the target among those that are shipped.
fn now(snapshot: &Snapshot, target: Option<&str>) -> Snapshot {
    let mut settings = Settings::clone(&snapshot.settings);
    settings.targets.extend(target.filter(|target| *target != plan::UNIVERSAL).map(str::to_owned));
    let is_here = snapshot.host.programs.is_some();
    Snapshot {
        host: if is_here { Arc::new(host::detect()) } else { Arc::clone(&snapshot.host) },
        settings: Arc::new(settings),
        ..snapshot.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_are_a_wish_and_never_an_option() {
        let read = |value: Value| Wanted::read(&[value]);
        assert_eq!(Wanted::read(&[]), Ok(Wanted::default()));
        assert_eq!(read(Value::Null), Ok(Wanted::default()));
        let wanted = read(
            json!({"target": "x86_64-unknown-linux-gnu.2.17", "builder": "zigbuild", "profile": "debug"}),
        );
        let wish = wanted.map(|wanted| wanted.wish).unwrap_or_default();
        assert_eq!(
            (wish.target.as_deref(), wish.glibc.as_deref()),
            (Some("x86_64-unknown-linux-gnu"), Some("2.17"))
        );
        assert_eq!((wish.builder, wish.profile), (Some(Builder::Zigbuild), Profile::Debug));
        for bad in [
            json!({"target": "--config=x"}),
            json!({"attr": "-f"}),
            json!({"package": 3}),
            json!({"builder": "make"}),
            json!({"profile": "fast"}),
        ] {
            assert!(matches!(read(bad.clone()), Err(Refusal::Arguments(_))), "{bad}");
        }
    }
}
