//! The frames of the OpenClaw gateway: read leniently, written strictly, because it refuses members it does not know.

use super::payload::Payload;
use crate::text::decimal;

/// The code of a call that needs a scope which the client lacks.
pub(super) const MISSING_SCOPE: &str = "MISSING_SCOPE";

/// A frame of the gateway. `P` is a payload that is handed on untouched.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame<P> {
    /// The answer to a request.
    Response {
        /// The id of the request; `invalid` where the gateway could read none.
        id: String,
        /// The payload, or why there is none.
        outcome: Result<P, Fault<P>>,
    },
    /// Something happened.
    Event(Notice<P>),
    /// A frame of a kind that this client does not know.
    Unknown,
}

/// An event of the gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice<P> {
    /// Its name, as `sessions.changed`.
    pub name: String,
    /// Its number among the events of this connection, from 1; events for one receiver have none.
    pub seq: Option<u64>,
    /// What it says.
    pub payload: P,
}

/// Why the gateway refused a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault<P> {
    /// The class of the refusal, as `INVALID_REQUEST`.
    pub code: String,
    /// The gateway's words.
    pub message: String,
    /// Whether the gateway says that the same request may succeed later.
    pub retryable: bool,
    /// The milliseconds after which it may.
    pub retry_after: Option<u64>,
    /// More about it; its `code` is the useful one.
    pub details: P,
}

impl<P: Payload> Frame<P> {
    /// Reads a parsed frame.
    ///
    /// # Errors
    ///
    /// What the frame lacks: a `type`, an `id` of a response, a name of an event.
    pub fn read(frame: &P) -> Result<Self, &'static str> {
        match frame.text("type").as_deref() {
            Some("res") => {
                let id = frame.text("id").ok_or("a response without an id")?;
                let outcome = match frame.flag("ok") {
                    Some(true) => Ok(frame.object("payload")),
                    _ => Err(Fault::read(&frame.object("error"))),
                };
                Ok(Self::Response { id, outcome })
            }
            Some("event") => Ok(Self::Event(Notice {
                name: frame.text("event").ok_or("an event without a name")?,
                seq: frame.count("seq"),
                payload: frame.object("payload"),
            })),
            Some(_) => Ok(Self::Unknown),
            None => Err("a frame without a type"),
        }
    }
}

impl<P: Payload> Fault<P> {
    fn read(error: &P) -> Self {
        Self {
            code: error.text("code").unwrap_or_default(),
            message: error.text("message").unwrap_or_default(),
            retryable: error.flag("retryable").unwrap_or(false),
            retry_after: error.count("retryAfterMs"),
            details: error.object("details"),
        }
    }

    /// The scope that the call needs and the client lacks; older gateways say it in their words alone.
    pub fn missing_scope(&self) -> Option<String> {
        let in_words = || self.message.strip_prefix("missing scope: ").map(str::to_owned);
        self.details.text("missingScope").or_else(in_words)
    }

    /// The most specific code: that of the details, a reason that is written like one, `MISSING_SCOPE` for its words, or
    /// the class.
    pub fn specific_code(&self) -> String {
        let is_part = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
        let is_code = |reason: &String| !reason.is_empty() && reason.bytes().all(is_part);
        let reason = self.details.text("reason").filter(is_code);
        let scope = || self.missing_scope().map(|_| MISSING_SCOPE.to_owned());
        self.details.text("code").or(reason).or_else(scope).unwrap_or_else(|| self.code.clone())
    }
}

/// A request of the client.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientFrame {
    /// Its number on this client, its id on the wire.
    pub id: u32,
    /// The method.
    pub method: String,
    /// The parameters, an object.
    pub params: Json,
}

impl ClientFrame {
    /// The frame as JSON text; `quote` writes a text as a JSON string.
    pub fn encode(&self, quote: &dyn Fn(&str) -> String) -> String {
        let mut params = String::new();
        self.params.write(&mut params, quote);
        let members =
            [("id", quote(&decimal(u64::from(self.id)))), ("method", quote(&self.method)), ("params", params)];
        crate::text::object("req", &members)
    }

    /// The least number of bytes that the frame has on the wire.
    pub fn least_size(&self) -> u64 {
        const ENVELOPE: usize = r#"{"type":"req","id":"1","method":"","params":}"#.len();
        (ENVELOPE + self.method.len()) as u64 + self.params.least_size()
    }
}

/// A value that the client writes.
#[derive(Clone, PartialEq)]
pub enum Json {
    /// A string.
    Text(String),
    /// A whole number.
    Number(u64),
    /// A truth value.
    Flag(bool),
    /// JSON text of the caller, passed on as it is.
    Raw(String),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    /// A string.
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// Members of an object that are strings, without those that are not there.
    pub(super) fn members(texts: &[(&'static str, Option<&str>)]) -> Vec<(&'static str, Self)> {
        let mut members = Vec::new();
        for (name, text) in texts {
            if let Some(text) = text {
                members.push((*name, Self::text(text)));
            }
        }
        members
    }

    /// An array of strings.
    pub fn texts(texts: &[String]) -> Self {
        Self::List(texts.iter().map(|text| Self::text(text)).collect())
    }

    fn write(&self, text: &mut String, quote: &dyn Fn(&str) -> String) {
        match self {
            Self::Text(own) => text.push_str(&quote(own)),
            Self::Number(number) => text.push_str(&decimal(*number)),
            Self::Flag(flag) => text.push_str(if *flag { "true" } else { "false" }),
            Self::Raw(json) => text.push_str(json),
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    text.push(if index == 0 { '[' } else { ',' });
                    item.write(text, quote);
                }
                text.push_str(if items.is_empty() { "[]" } else { "]" });
            }
            Self::Object(members) => {
                for (index, (name, value)) in members.iter().enumerate() {
                    text.push(if index == 0 { '{' } else { ',' });
                    text.push_str(&quote(name));
                    text.push(':');
                    value.write(text, quote);
                }
                text.push_str(if members.is_empty() { "{}" } else { "}" });
            }
        }
    }

    fn least_size(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64 + 2,
            Self::Raw(text) => text.len() as u64,
            Self::Number(_) => 1,
            Self::Flag(_) => 4,
            Self::List(items) => 2 + items.iter().map(Self::least_size).sum::<u64>(),
            Self::Object(members) => {
                2 + members.iter().map(|(name, value)| name.len() as u64 + 3 + value.least_size()).sum::<u64>()
            }
        }
    }
}

/// Shows the shape alone: parameters may hold secrets.
impl std::fmt::Debug for Json {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Text(_) => "text",
            Self::Number(_) => "number",
            Self::Flag(_) => "flag",
            Self::Raw(_) => "raw",
            Self::List(_) => "list",
            Self::Object(_) => "object",
        })
    }
}

/// Texts with a separator between them, without the machinery of the standard library for each kind of text.
pub(super) fn joined(texts: &mut dyn Iterator<Item = &str>, separator: &str) -> String {
    let mut all = texts.next().unwrap_or_default().to_owned();
    for text in texts {
        all.push_str(separator);
        all.push_str(text);
    }
    all
}
