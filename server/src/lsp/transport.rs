//! Carries messages between the standard streams and the framework's service.
//!
//! The framework's own loop runs every handler on one task: a client that does not read its answers
//! stops the handling of its edits, and one bad frame ends everything. Here the thread that reads
//! the input runs each notification to its end before it reads on, so that state changes in the order
//! of the wire; each request gets a task of its own; and writing is the outbox's thread's.

use std::{fmt, io::BufRead, panic::AssertUnwindSafe, pin::Pin};

use futures::{FutureExt, Sink, StreamExt};
use tokio::runtime::Handle;
use tower_lsp::{
    ClientSocket, ExitedError, LanguageServer, LspService,
    jsonrpc::{ErrorCode, Id, Request, Response},
};
use tower_service::Service;

use super::{
    framing::{Broken, Frame, FrameReader, find_length_header},
    lifecycle::Lifecycle,
    message::{self, Message},
    outbox::Outbox,
};

/// The way between the client and the service.
pub struct Transport<S> {
    service: LspService<S>,
    answers: Answers,
    outbox: Outbox,
    lifecycle: Lifecycle,
    runtime: Handle,
}

/// Takes the client's answers to our requests. The framework does not export the sink's name.
type Answers = Box<dyn Sink<Response, Error = ExitedError> + Send + Unpin>;

impl<S> fmt::Debug for Transport<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("outbox", &self.outbox).finish_non_exhaustive()
    }
}

impl<S: LanguageServer> Transport<S> {
    /// Connects a service, and starts to send what it asks of the client.
    pub fn new(
        (service, socket): (LspService<S>, ClientSocket),
        outbox: Outbox,
        lifecycle: Lifecycle,
        runtime: Handle,
    ) -> Self {
        let (mut requests, answers) = tower_lsp::Loopback::split(socket);
        let out = outbox.clone();
        runtime.spawn(async move {
            while let Some(request) = requests.next().await {
                send(&out, &request);
            }
        });
        Self { service, answers: Box::new(answers), outbox, lifecycle, runtime }
    }

    /// Reads until the input ends or the client says `exit`.
    pub fn run(mut self, input: impl BufRead) {
        let runtime = self.runtime.clone();
        let _context = runtime.enter();
        let mut frames = FrameReader::new(input);
        loop {
            match frames.next_frame() {
                Ok(Some(Frame::Body(body))) => match message::read(&body) {
                    Some(Message::Request(request)) if request.method() == "exit" => {
                        return self.lifecycle.end("exit");
                    }
                    Some(message) => self.dispatch(message),
                    None => {
                        tracing::warn!(bytes = body.len(), "a message that is no JSON");
                        send(&self.outbox, &message::parse_error("the message is not valid JSON"));
                        if let Some(at) = find_length_header(&body) {
                            frames.put_back(body.get(at..).unwrap_or_default());
                        }
                    }
                },
                Ok(Some(Frame::Broken(broken))) => self.answer_broken(broken),
                Ok(None) => return self.lifecycle.end("the end of the input"),
                Err(error) => {
                    tracing::error!(%error, "cannot read the input");
                    return self.lifecycle.end("the input is gone");
                }
            }
        }
    }

    fn answer_broken(&self, broken: Broken) {
        tracing::warn!(?broken, "bytes that are no message");
        send(
            &self.outbox,
            &message::parse_error(match broken {
                Broken::Header => "expected a Content-Length header",
                Broken::Length => "Content-Length is missing or no number",
                Broken::TooLarge(_) => "the message is larger than 64 MiB",
            }),
        );
    }

    fn dispatch(&mut self, message: Message) {
        match message {
            Message::Request(request) => self.call(request),
            Message::Response(response) => {
                let sink = Pin::new(&mut self.answers);
                if sink.start_send(response).is_err() {
                    tracing::debug!("an answer after the end");
                }
            }
            Message::Invalid(response) => send(&self.outbox, &response),
        }
    }

    fn call(&mut self, request: Request) {
        let id = request.id().cloned();
        let method = request.method().to_owned();
        if let Some(id) = &id
            && self.outbox.is_choked()
        {
            let why = "the client has 32 MiB of answers to read first".to_owned();
            return send(&self.outbox, &message::failure(id.clone(), ErrorCode::ServerError(-32803), why));
        }
        let in_order = id.is_none() || method == "initialize" || method == "shutdown";
        let call = AssertUnwindSafe(self.service.call(request)).catch_unwind();
        let outbox = self.outbox.clone();
        let finish = call.map(move |outcome| answer(&outbox, id, &method, outcome));
        if !in_order {
            self.runtime.spawn(finish);
            return;
        }
        // Our handlers of these never wait; if the framework should, the order is no longer ours.
        let mut finish = Box::pin(finish);
        if finish.as_mut().now_or_never().is_none() {
            self.runtime.spawn(finish);
        }
    }
}

type Outcome = std::thread::Result<Result<Option<Response>, ExitedError>>;

fn answer(outbox: &Outbox, id: Option<Id>, method: &str, outcome: Outcome) {
    match (outcome, id) {
        (Ok(Ok(Some(response))), _) => send(outbox, &response),
        // The framework passes over methods that start with `$/`, and forgets that a request has to be
        // answered all the same.
        (Ok(Ok(None)), Some(id)) => {
            let why = format!("no method {method}");
            send(outbox, &message::failure(id, ErrorCode::MethodNotFound, why));
        }
        (Ok(Ok(None)), None) => {}
        (Ok(Err(error)), _) => tracing::debug!(method, %error, "a message after the end"),
        (Err(_), Some(id)) => {
            tracing::error!(method, "a request panicked");
            let why = format!("portolan failed on {method}; the server goes on");
            send(outbox, &message::failure(id, ErrorCode::InternalError, why));
        }
        (Err(_), None) => tracing::error!(method, "a notification panicked"),
    }
}

fn send(outbox: &Outbox, message: &impl serde::Serialize) {
    match serde_json::to_vec(message) {
        Ok(body) => outbox.push(body),
        Err(error) => tracing::error!(%error, "a message that cannot be written as JSON"),
    }
}
