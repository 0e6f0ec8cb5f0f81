//! Portolan for Zed: says which program to start, and hands on the user's settings. All else is the server's.

use zed_extension_api::{
    self as zed, Command, Extension, LanguageServerId, Result, Worktree, serde_json::Value,
    settings::LspSettings,
};

struct Portolan;

impl Extension for Portolan {
    fn new() -> Self {
        Self
    }

    /// The program that the settings name (`lsp.portolan.binary`), else the one on the project's PATH.
    fn language_server_command(&mut self, id: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let binary =
            LspSettings::for_worktree(id.as_ref(), worktree).ok().and_then(|settings| settings.binary);
        let (path, arguments, env) = binary
            .map(|binary| (binary.path, binary.arguments, binary.env.unwrap_or_default()))
            .unwrap_or_default();
        let command = path.or_else(|| worktree.which("portolan")).ok_or(
            "The program portolan is not on PATH. Install it, or name it in lsp.portolan.binary.path of the settings.",
        )?;
        Ok(Command {
            command,
            args: arguments.unwrap_or_else(|| vec!["server".to_owned()]),
            env: env.into_iter().collect(),
        })
    }

    fn language_server_initialization_options(
        &mut self,
        id: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Option<Value>> {
        let settings = LspSettings::for_worktree(id.as_ref(), worktree);
        Ok(settings.ok().and_then(|settings| settings.initialization_options).map(without_trust))
    }

    /// The server asks for its section, `portolan`; Zed keeps it as `lsp.portolan.settings`. Some of it may come from the
    /// project, and a project cannot trust itself.
    fn language_server_workspace_configuration(
        &mut self,
        id: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Option<Value>> {
        let settings =
            LspSettings::for_worktree(id.as_ref(), worktree).ok().and_then(|settings| settings.settings);
        let settings = settings.map(without_trust);
        Ok(settings.map(|settings| Value::Object([("portolan".to_owned(), settings)].into_iter().collect())))
    }
}

/// The settings less the word about trust, however it is wrapped.
fn without_trust(mut settings: Value) -> Value {
    if let Some(section) = settings.as_object_mut() {
        section.remove("trusted");
        section.remove("portolan.trusted");
        if let Some(inner) = section.remove("portolan") {
            section.insert("portolan".to_owned(), without_trust(inner));
        }
    }
    settings
}

zed::register_extension!(Portolan);
