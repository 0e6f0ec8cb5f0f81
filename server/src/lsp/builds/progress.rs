//! The progress of one build, as `$/progress`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::lsp::{convert::notification, outbox::Outbox};

/// The progress of one build. Until the client has agreed to show it, it is only remembered.
#[derive(Debug)]
pub(super) struct Progress {
    outbox: Outbox,
    token: Value,
    title: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_ready: bool,
    has_begun: bool,
    has_ended: bool,
    percent: Option<u8>,
    message: String,
}

impl Progress {
    /// Under a token. A client that sent the token itself shows it at once.
    pub(super) fn new(outbox: Outbox, token: Value, title: String, is_clients: bool) -> Self {
        let state = State { is_ready: is_clients, ..State::default() };
        Self { outbox, token, title, state: Mutex::new(state) }
    }

    pub(super) fn token(&self) -> &Value {
        &self.token
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the client shows it.
    pub(super) fn is_ready(&self) -> bool {
        self.lock().is_ready
    }

    /// The client has agreed.
    pub(super) fn ready(&self) {
        let mut state = self.lock();
        state.is_ready = true;
        // What has ended before it could be shown is never begun.
        if !state.has_ended {
            self.send(&mut state);
        }
    }

    /// Says how far it is. It never goes back.
    pub(super) fn report(&self, percent: Option<u8>, message: &str) {
        let mut state = self.lock();
        let percent = percent.max(state.percent);
        if state.has_ended || (state.has_begun && state.percent == percent && state.message == message) {
            return;
        }
        state.percent = percent;
        message.clone_into(&mut state.message);
        if state.is_ready {
            self.send(&mut state);
        }
    }

    fn send(&self, state: &mut State) {
        let mut value = json!({"kind": "report", "cancellable": true, "message": state.message});
        if !state.has_begun {
            state.has_begun = true;
            value["kind"] = "begin".into();
            value["title"] = self.title.as_str().into();
            // A client shows percentages only if the first message has one.
            value["percentage"] = 0.into();
        }
        if let Some(percent) = state.percent {
            value["percentage"] = percent.into();
        }
        self.notify(&value);
    }

    /// Ends it with a word.
    pub(super) fn end(&self, message: &str) {
        let mut state = self.lock();
        if state.has_begun && !state.has_ended {
            self.notify(&json!({"kind": "end", "message": message}));
        }
        state.has_ended = true;
    }

    fn notify(&self, value: &Value) {
        notification::send(&self.outbox, "$/progress", &json!({"token": self.token, "value": value}));
    }
}
