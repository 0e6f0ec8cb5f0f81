//! The missing variables, in the form that the shell already uses.

use super::{Missing, setup::Setup};
use crate::{
    finding::Fix,
    fix,
    nix::facts::{AttributeSet, Derivation, Piece, Variable, VariableForm},
    project::{Project, environment::target_variable},
};

/// All that is missing, in one edit; `None` when a part of it cannot be added here.
pub(super) fn add(
    project: &Project,
    shell: &Derivation,
    setup: &Setup<'_>,
    missing: &[Missing],
) -> Option<Fix> {
    let set = shell.literal.as_ref()?;
    let source = project.source(&set.file)?;
    let target = setup.target;
    let mut variables: Vec<(String, String)> = Vec::new();
    for one in missing {
        variables.push(match one {
            Missing::Std => return None,
            Missing::Linker => {
                (target_variable(target.triple, "LINKER"), compiler(project, set, setup, setup.compiler)?)
            }
            Missing::CCompiler(_) => {
                (format!("CC_{}", target.underscored()), compiler(project, set, setup, setup.linker)?)
            }
            Missing::PkgConfig(_) => {
                (format!("PKG_CONFIG_ALLOW_CROSS_{}", target.underscored()), "\"1\"".to_owned())
            }
        });
    }
    let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
    let title = format!("Set {} in {}", names.join(" and "), shell.attribute);
    let edit = fix::nix::add_variables(source.document(), set, &variables)?;
    Some(Fix::review(title, vec![edit]))
}

/// The compiler that another variable of the same set names, or nixpkgs' own for the target.
fn compiler(
    project: &Project,
    set: &AttributeSet,
    setup: &Setup<'_>,
    other: Option<&Variable>,
) -> Option<String> {
    if let Some(other) = other {
        let is_compiler = match other.value.pieces.last() {
            Some(Piece::Literal { text, .. }) => ["cc", "gcc", "clang"].iter().any(|name| {
                text.ends_with(&format!("-{name}")) || text.ends_with(&format!("/{name}")) || text == name
            }),
            _ => false,
        };
        let is_beside = other.form != VariableForm::Export
            && other
                .binding
                .as_ref()
                .is_some_and(|binding| binding.file == set.file && set.span.contains(binding.span));
        // A wrapper or another linker is no compiler; what it stands for is somebody's choice.
        if !is_compiler {
            return None;
        }
        if is_beside {
            let binding = other.binding.as_ref()?;
            let written = project.text_at(binding);
            let (_, value) = written.split_once('=')?;
            return Some(value.trim().strip_suffix(';')?.trim().to_owned());
        }
    }
    let pkgs = set.pkgs.as_deref()?;
    let tool = setup.target.names.nixpkgs?;
    // On a system that is the target itself, nixpkgs' compiler has no prefix.
    let compiler = format!("{pkgs}.pkgsCross.{}.stdenv.cc", tool.package);
    Some(format!("\"${{{compiler}}}/bin/${{{compiler}.targetPrefix}}cc\""))
}
