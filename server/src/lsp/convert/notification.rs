//! Notifications of ours that are put together as JSON.

use serde_json::{Value, json};

use crate::lsp::outbox::Outbox;

/// How `window/showMessage` shows a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something failed.
    Error,
    /// Something needs a look.
    Warning,
    /// Something is done.
    Info,
}

/// Puts a notification into the outbox.
pub fn send(outbox: &Outbox, method: &str, params: &Value) {
    let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
    if let Ok(message) = serde_json::to_vec(&message) {
        outbox.push(message);
    }
}

/// Shows a sentence to the user.
pub fn show(outbox: &Outbox, tone: Tone, message: &str) {
    let kind = match tone {
        Tone::Error => 1,
        Tone::Warning => 2,
        Tone::Info => 3,
    };
    send(outbox, "window/showMessage", &json!({"type": kind, "message": message}));
}
