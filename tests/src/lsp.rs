//! A small editor: speaks the protocol with `portolan server` over its standard streams.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Condvar, Mutex,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{Folder, edits::Encoding};

/// An answer that takes longer never comes.
pub const LIMIT: Duration = Duration::from_secs(20);

/// How an editor starts the server.
#[derive(Clone, Debug)]
pub struct Start {
    /// `initialize`, but for the folders.
    pub params: Value,
    /// The folders; `None`: the editor has none.
    pub folders: Option<Vec<String>>,
    /// What it answers to `workspace/configuration`.
    pub settings: Value,
    /// The server's environment.
    pub environment: Vec<(String, String)>,
}

impl Start {
    /// An editor that can all that matters, with one folder.
    pub fn in_folder(folder: &Folder) -> Self {
        let capabilities = json!({
            "general": {"positionEncodings": ["utf-16"]},
            "workspace": {
                "applyEdit": true,
                "configuration": true,
                "workspaceFolders": true,
                "workspaceEdit": {"documentChanges": true, "resourceOperations": ["create", "rename"]},
                "didChangeWatchedFiles": {"dynamicRegistration": true},
                "didChangeConfiguration": {"dynamicRegistration": true},
            },
            "textDocument": {
                "publishDiagnostics": {"relatedInformation": true, "versionSupport": true},
                "hover": {"contentFormat": ["markdown"]},
                "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}},
            },
        });
        Self {
            params: json!({"processId": std::process::id(), "capabilities": capabilities}),
            folders: Some(vec![uri(folder.root())]),
            settings: Value::Null,
            environment: vec![
                ("PORTOLAN_TEST_HOOKS".to_owned(), "1".to_owned()),
                ("CARGO_HOME".to_owned(), folder.path("no-cargo-home").display().to_string()),
            ],
        }
    }

    /// Sets a capability, by its JSON pointer; null takes it away.
    ///
    /// # Panics
    /// When what is above it is not there.
    #[must_use]
    pub fn with(mut self, pointer: &str, value: Value) -> Self {
        let (above, name) = pointer.rsplit_once('/').expect("a pointer");
        let above = self.params["capabilities"].pointer_mut(above).expect("the capability above");
        match value {
            Value::Null => drop(above.as_object_mut().expect("an object").remove(name)),
            value => above[name] = value,
        }
        self
    }

    /// Offers these encodings.
    #[must_use]
    pub fn with_encodings(self, encodings: &[Encoding]) -> Self {
        let names: Vec<&str> = encodings.iter().map(|encoding| encoding.name()).collect();
        self.with("/general/positionEncodings", json!(names))
    }

    /// Starts the server and greets it.
    pub fn start(self) -> Editor {
        let mut editor = Editor::spawn(self.environment);
        editor.settings = self.settings;
        let mut params = self.params;
        if let Some(folders) = self.folders {
            params["workspaceFolders"] =
                folders.iter().map(|folder| json!({"uri": folder, "name": "folder"})).collect();
        }
        editor.greeting = editor.call("initialize", &params)["result"].clone();
        editor.notify("initialized", &json!({}));
        editor
    }
}

/// The editor's end of a running server. The server is killed when its test ends.
#[derive(Debug)]
pub struct Editor {
    child: Child,
    input: Option<ChildStdin>,
    arrived: Receiver<Value>,
    gate: Arc<Gate>,
    next_id: i64,
    /// What the test has not asked for yet.
    waiting: VecDeque<Value>,
    /// What the server answered to `initialize`.
    pub greeting: Value,
    /// What is answered to `workspace/configuration`.
    pub settings: Value,
    /// Whether requests of the server are answered.
    pub answers: bool,
    /// The edits that the server asked for.
    pub applied: Vec<Value>,
    /// The methods of all that the server asked for.
    pub asked: Vec<String>,
    /// What the server registered for: the registrations as they came.
    pub registered: Vec<Value>,
}

/// Whether the editor reads at present.
#[derive(Debug, Default)]
struct Gate(Mutex<bool>, Condvar);

impl Gate {
    fn set(&self, closed: bool) {
        *self.0.lock().expect("no panic under the lock") = closed;
        self.1.notify_all();
    }

    fn pass(&self) {
        let mut closed = self.0.lock().expect("no panic under the lock");
        while *closed {
            closed = self.1.wait(closed).expect("no panic under the lock");
        }
    }
}

/// The URI of a path.
///
/// # Panics
/// When the path is not UTF-8.
pub fn uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.to_str().expect("a path in UTF-8").bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri = format!("{uri}%{byte:02X}");
        }
    }
    uri
}

impl Editor {
    /// Starts a server and says nothing to it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn spawn(environment: Vec<(String, String)>) -> Self {
        let mut command = Command::new(crate::portolan());
        // `tests/run` sets it; the builds of a test have their own.
        command.env_remove("CARGO_TARGET_DIR");
        command.arg("server").envs(environment).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server can be started");
        let gate = Arc::new(Gate::default());
        let (sender, arrived) = mpsc::channel();
        let (output, reader_gate) = (child.stdout.take().expect("a pipe"), Arc::clone(&gate));
        thread::spawn(move || {
            let mut output = BufReader::with_capacity(1024, output);
            while let Some(message) = read_message(&mut output, &reader_gate) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            input: child.stdin.take(),
            child,
            arrived,
            gate,
            next_id: 0,
            waiting: VecDeque::new(),
            greeting: Value::Null,
            settings: Value::Null,
            answers: true,
            applied: Vec::new(),
            asked: Vec::new(),
            registered: Vec::new(),
        }
    }

    /// Stops to read what the server sends, or reads on.
    pub fn set_stuck(&self, stuck: bool) {
        self.gate.set(stuck);
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// When the server does not take them.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(bytes).and_then(|()| input.flush()).expect("the server reads");
    }

    /// Sends a message.
    pub fn send(&mut self, message: &Value) {
        self.send_raw(&framed(message));
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request and gives its id.
    pub fn request(&mut self, method: &str, params: &Value) -> i64 {
        self.next_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params}));
        self.next_id
    }

    /// Sends a request and waits for its answer.
    pub fn call(&mut self, method: &str, params: &Value) -> Value {
        let id = self.request(method, params);
        self.answer(id)
    }

    /// Waits for the answer to a request.
    pub fn answer(&mut self, id: i64) -> Value {
        self.wait_for(&format!("the answer to {id}"), |message| {
            message["id"] == id && message.get("method").is_none()
        })
    }

    /// Waits for a message, and keeps the others.
    ///
    /// # Panics
    /// When it does not come.
    pub fn wait_for(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let found = self.wait_up_to(LIMIT, is_it);
        found.unwrap_or_else(|| panic!("{what} does not come; instead: {:#?}", self.waiting))
    }

    /// Waits for a message for some time, and keeps the others.
    pub fn wait_up_to(&mut self, time: Duration, is_it: impl Fn(&Value) -> bool) -> Option<Value> {
        if let Some(place) = self.waiting.iter().position(&is_it) {
            return self.waiting.remove(place);
        }
        let end = Instant::now() + time;
        while let Some(message) = self.receive(end) {
            if is_it(&message) {
                return Some(message);
            }
            self.waiting.push_back(message);
        }
        None
    }

    /// The next message; requests of the server are answered on the way.
    fn receive(&mut self, end: Instant) -> Option<Value> {
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let message = match self.arrived.recv_timeout(left) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            };
            if message.get("method").is_none() || message.get("id").is_none() {
                return Some(message);
            }
            self.serve(&message);
        }
    }

    fn serve(&mut self, request: &Value) {
        self.asked.push(request["method"].as_str().unwrap_or_default().to_owned());
        let result = match request["method"].as_str() {
            Some("workspace/configuration") => json!([self.settings]),
            Some("workspace/applyEdit") => {
                self.applied.push(request["params"]["edit"].clone());
                json!({"applied": true})
            }
            Some("client/registerCapability") => {
                let registrations = request["params"]["registrations"].as_array().into_iter().flatten();
                self.registered.extend(registrations.cloned());
                Value::Null
            }
            _ => Value::Null,
        };
        if self.answers {
            self.send(&json!({"jsonrpc": "2.0", "id": request["id"], "result": result}));
        }
    }

    /// Takes every message that has come, or comes before the server is quiet for `pause`.
    pub fn drain(&mut self, pause: Duration) -> Vec<Value> {
        let mut messages: Vec<Value> = self.waiting.drain(..).collect();
        while let Some(message) = self.receive(Instant::now() + pause) {
            messages.push(message);
        }
        messages
    }

    /// Opens a document.
    pub fn open(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "any", "version": 1, "text": text});
        self.notify("textDocument/didOpen", &json!({"textDocument": document}));
    }

    /// Changes a document.
    pub fn change(&mut self, uri: &str, version: i64, changes: &Value) {
        let document = json!({"uri": uri, "version": version});
        self.notify("textDocument/didChange", &json!({"textDocument": document, "contentChanges": changes}));
    }

    /// Replaces the text of a document.
    pub fn replace(&mut self, uri: &str, version: i64, text: &str) {
        self.change(uri, version, &json!([{"text": text}]));
    }

    /// Waits until the diagnostics of a version of a document are published.
    pub fn diagnostics(&mut self, uri: &str, version: i64) -> Vec<Value> {
        let message = self.wait_for(&format!("the diagnostics of version {version} of {uri}"), |message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
                && message["params"]["version"] == version
        });
        message["params"]["diagnostics"].as_array().cloned().unwrap_or_default()
    }

    /// Waits until diagnostics of a file are published that please, whatever their version.
    pub fn diagnostics_that(&mut self, uri: &str, please: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let message = self.wait_for(&format!("such diagnostics of {uri}"), |message| {
            let diagnostics = message["params"]["diagnostics"].as_array();
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
                && diagnostics.is_some_and(|diagnostics| please(diagnostics))
        });
        message["params"]["diagnostics"].as_array().cloned().unwrap_or_default()
    }

    /// Runs a command.
    pub fn command(&mut self, name: &str, arguments: &Value) -> Value {
        self.call("workspace/executeCommand", &json!({"command": name, "arguments": arguments}))
    }

    /// Asks for a command that is refused with its own name in the answer, and does not wait.
    pub fn command_without_waiting(&mut self, name: &str) -> i64 {
        self.request("workspace/executeCommand", &json!({"command": name, "arguments": []}))
    }

    /// The code actions for a range.
    pub fn actions(&mut self, uri: &str, range: &Value, only: Option<&str>) -> Vec<Value> {
        let mut context = json!({"diagnostics": []});
        if let Some(only) = only {
            context["only"] = json!([only]);
        }
        let params = json!({"textDocument": {"uri": uri}, "range": range, "context": context});
        let answer = self.call("textDocument/codeAction", &params);
        answer["result"].as_array().cloned().unwrap_or_default()
    }

    /// Says `shutdown`.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn shut_down(&mut self) {
        let answer = self.call("shutdown", &Value::Null);
        assert_eq!(answer["error"], Value::Null);
    }

    /// Closes the server's input.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Waits for the end of the server: the exit code, and how long it took.
    ///
    /// # Panics
    /// When it does not end.
    pub fn end(&mut self) -> (Option<i32>, Duration) {
        let start = Instant::now();
        let code = crate::binary::wait(&mut self.child);
        (code, start.elapsed())
    }

    /// The number of the server's process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Asserts that the server still answers.
    ///
    /// # Panics
    /// When it does not.
    pub fn assert_alive(&mut self) {
        let answer = self.command("portolan.explain", &json!([]));
        assert!(answer["result"].is_array(), "the server answers: {answer}");
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        self.gate.set(false);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A message with its header.
pub fn framed(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn read_message(output: &mut impl BufRead, gate: &Gate) -> Option<Value> {
    gate.pass();
    let mut length = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(':') {
            Some(("Content-Length", value)) => length = value.trim().parse().ok(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length?];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
