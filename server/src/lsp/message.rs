//! From a message's bytes to what the framework takes.
//!
//! The framework's own reading ends the server when a message is no request; here each kind of nonsense
//! gets the answer that JSON-RPC has for it.

use serde_json::{Map, Value};
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};

/// A message from the client.
#[derive(Debug)]
pub enum Message {
    /// A request, or a notification.
    Request(Request),
    /// The answer to a request of ours.
    Response(Response),
    /// Nonsense, and what to answer.
    Invalid(Response),
}

/// Reads a body. `None`: it is no JSON.
pub fn read(body: &[u8]) -> Option<Message> {
    Some(match serde_json::from_slice(body).ok()? {
        Value::Object(object) => read_object(object),
        // Batches are no part of the language server protocol.
        _ => Message::Invalid(refuse(Id::Null, "a message must be one JSON object")),
    })
}

/// The answer to what is no JSON.
pub fn parse_error(why: &'static str) -> Response {
    let error = Error { code: ErrorCode::ParseError, message: why.into(), data: None };
    Response::from_error(Id::Null, error)
}

/// An answer that is an error of the given code.
pub fn failure(id: Id, code: ErrorCode, why: String) -> Response {
    Response::from_error(id, Error { code, message: why.into(), data: None })
}

fn refuse(id: Id, why: &'static str) -> Response {
    Response::from_error(id, Error { code: ErrorCode::InvalidRequest, message: why.into(), data: None })
}

fn read_object(mut object: Map<String, Value>) -> Message {
    let id = match object.remove("id") {
        None => None,
        Some(Value::Null) => Some(Id::Null),
        Some(Value::String(text)) => Some(Id::String(text)),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(number) => Some(Id::Number(number)),
            None => return Message::Invalid(refuse(Id::Null, "an id must be an integer or a string")),
        },
        Some(_) => return Message::Invalid(refuse(Id::Null, "an id must be an integer or a string")),
    };
    match (object.remove("method"), id) {
        (Some(Value::String(method)), id) => {
            // Some clients send `"params": null`, or an empty object to a method that takes none.
            let params = object.remove("params").filter(|params| !params.is_null() && method != "shutdown");
            let mut request = Request::build(method);
            if let Some(params) = params {
                request = request.params(params);
            }
            if let Some(id) = id {
                request = request.id(id);
            }
            Message::Request(request.finish())
        }
        (Some(_), id) => Message::Invalid(refuse(id.unwrap_or_default(), "a method must be a string")),
        (None, Some(id)) => match (object.remove("error"), object.remove("result")) {
            (Some(error), _) if !error.is_null() => {
                let error = serde_json::from_value(error).unwrap_or_else(|_| Error::internal_error());
                Message::Response(Response::from_error(id, error))
            }
            (_, Some(result)) => Message::Response(Response::from_ok(id, result)),
            (_, None) => Message::Invalid(refuse(id, "neither a method nor a result")),
        },
        (None, None) => Message::Invalid(refuse(Id::Null, "a message needs a method")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn code(body: &str) -> Option<i64> {
        match read(body.as_bytes()).unwrap() {
            Message::Invalid(response) => response.error().map(|error| error.code.code()),
            Message::Request(_) | Message::Response(_) => None,
        }
    }

    #[test]
    fn nonsense_is_an_invalid_request() {
        for body in ["[]", "1", "null", "{}", r#"{"id":{}}"#, r#"{"id":1.5,"method":"x"}"#, r#"{"id":1}"#] {
            assert_eq!(code(body), Some(-32600), "{body}");
        }
        assert!(read(b"{").is_none());
        assert!(read(b"\xff").is_none());
        assert!(read("[".repeat(100_000).as_bytes()).is_none(), "deep nesting is refused, not followed");
    }

    #[test]
    fn requests_keep_their_id_and_lose_null_parameters() {
        let Some(Message::Request(request)) = read(br#"{"id":"a","method":"m","params":null}"#) else {
            panic!("a request")
        };
        assert_eq!((request.id(), request.params()), (Some(&Id::from("a")), None));
    }

    #[test]
    fn answers_are_told_from_requests() {
        for body in [
            r#"{"id":1,"result":null}"#,
            r#"{"id":1,"error":{"code":1,"message":"x"}}"#,
            r#"{"id":1,"error":7}"#,
        ] {
            assert!(matches!(read(body.as_bytes()), Some(Message::Response(_))), "{body}");
        }
    }
}
