//! Tells a client that asked what became of the targets: `portolan/targets`, whenever a row of the matrix changed.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use serde_json::{Value, json};

use super::{outbox::Outbox, requests::execute_command, state::Look};

/// The name of the notification.
const METHOD: &str = "portolan/targets";

/// Remembers what was told, so that nothing is told twice.
#[derive(Debug)]
pub struct Teller {
    outbox: Outbox,
    /// The looks that were told of, with their matrices.
    told: Option<Vec<(Arc<Look>, Value)>>,
}

impl Teller {
    /// Tells through `outbox`.
    pub fn new(outbox: Outbox) -> Self {
        Self { outbox, told: None }
    }

    /// Tells of all projects when one of them changed, came or went.
    pub fn tell(&mut self, looks: &[Arc<Look>]) {
        let matrices =
            catch_unwind(AssertUnwindSafe(|| looks.iter().map(|look| self.matrix(look)).collect()));
        let Ok(matrices) = matrices else {
            tracing::error!("putting the targets together panicked; the client keeps the old ones");
            return;
        };
        let matrices: Vec<Value> = matrices;
        let before = self.told.iter().flatten().map(|(_, matrix)| matrix);
        let is_news = self.told.is_none() || !before.eq(&matrices);
        if is_news {
            let message =
                json!({"jsonrpc": "2.0", "method": METHOD, "params": {"version": 1, "projects": matrices}});
            if let Ok(message) = serde_json::to_vec(&message) {
                // In place of an older one that nobody has read yet.
                self.outbox.publish(METHOD.to_owned(), message);
            }
        }
        self.told = Some(looks.iter().cloned().zip(matrices).collect());
    }

    /// The matrix of a project. The same look has the same one.
    fn matrix(&self, look: &Arc<Look>) -> Value {
        let known = self.told.iter().flatten().find(|(known, _)| Arc::ptr_eq(known, look));
        known.map_or_else(|| execute_command::targets(look), |(_, matrix)| matrix.clone())
    }
}
