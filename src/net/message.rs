//! Requests and answers as plain data, without a network: what `gitlab` builds and judges. What is
//! secret in them hides itself and is wiped.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::model::secret::Secret;

/// How a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes, or asks with a body.
    Post,
    /// Takes away.
    Delete,
    /// Changes.
    Put,
}

impl Method {
    /// As it stands in a request.
    pub fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Put => "PUT",
        }
    }
}

/// A value in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Anybody may see it.
    Plain(String),
    /// Nobody may.
    Secret(Secret),
}

impl Value {
    /// True when nobody may see it.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }

    /// The bytes that are sent.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Plain(text) => text.as_bytes(),
            Self::Secret(secret) => secret.expose(),
        }
    }
}

/// How the members of a body are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As a JSON object.
    Json,
    /// As the fields of a form.
    Form,
}

/// One request to an instance.
#[derive(Clone, Debug)]
pub struct Request {
    /// How.
    pub method: Method,
    /// The route as GitLab's OpenAPI document writes it, with its parameters in braces.
    pub route: &'static str,
    /// What stands for those parameters, in order; not escaped yet.
    pub parameters: Vec<String>,
    /// What follows the question mark. Secrets have no place here, but where GitLab takes them
    /// nowhere else (feed tokens).
    pub query: Vec<(&'static str, Value)>,
    /// Header fields.
    pub headers: Vec<(&'static str, Value)>,
    /// What is sent in the body.
    pub body: Vec<(&'static str, Value)>,
    /// How it is written there.
    pub encoding: Encoding,
    /// How much of the answer is read, in bytes. Beyond that it is cut, and that is an error unless
    /// the beginning is enough.
    pub limit: usize,
    /// True when the beginning of the answer is enough.
    pub beginning_is_enough: bool,
    /// True when it may be sent twice although it is no GET.
    repeatable: bool,
}

/// Answers are not larger than this: a page of a hundred projects has a tenth of it.
pub const LIMIT: usize = 4 << 20;

impl Request {
    /// A request to a route without anything in it.
    pub fn new(method: Method, route: &'static str) -> Self {
        Self {
            method,
            route,
            parameters: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Vec::new(),
            encoding: Encoding::Json,
            limit: LIMIT,
            beginning_is_enough: false,
            repeatable: false,
        }
    }

    /// With a parameter of the route.
    pub fn at(mut self, parameter: &(impl fmt::Display + ?Sized)) -> Self {
        self.parameters.push(parameter.to_string());
        self
    }

    /// With a parameter of the query.
    pub fn query(mut self, name: &'static str, value: &(impl fmt::Display + ?Sized)) -> Self {
        self.query.push((name, Value::Plain(value.to_string())));
        self
    }

    /// With a secret in the query.
    pub fn secret_query(mut self, name: &'static str, secret: &Secret) -> Self {
        self.query.push((name, Value::Secret(secret.clone())));
        self
    }

    /// With a secret in a header field.
    pub fn header(mut self, name: &'static str, secret: &Secret) -> Self {
        self.headers.push((name, Value::Secret(secret.clone())));
        self
    }

    /// With a member of the body.
    pub fn member(mut self, name: &'static str, value: &(impl fmt::Display + ?Sized)) -> Self {
        self.body.push((name, Value::Plain(value.to_string())));
        self
    }

    /// With a secret member of the body.
    pub fn secret_member(mut self, name: &'static str, secret: &Secret) -> Self {
        self.body.push((name, Value::Secret(secret.clone())));
        self
    }

    /// With the body written as a form.
    pub fn as_form(mut self) -> Self {
        self.encoding = Encoding::Form;
        self
    }

    /// Only the beginning of the answer is read.
    pub fn beginning(mut self, limit: usize) -> Self {
        (self.limit, self.beginning_is_enough) = (limit, true);
        self
    }

    /// The path, with every parameter escaped: letters, digits and `-._~` stay.
    pub fn path(&self) -> String {
        let mut path = String::new();
        let mut parameters = self.parameters.iter();
        for part in self.route.split_inclusive(['{', '}']) {
            match part.strip_suffix('}') {
                Some(_) => path += &escaped(parameters.next().map_or("", String::as_str)),
                None => path += part.trim_end_matches('{'),
            }
        }
        path
    }

    /// True when it does no harm to send it twice.
    pub fn is_repeatable(&self) -> bool {
        self.method == Method::Get || self.repeatable
    }

    /// Sent twice it does no harm, though it is no GET.
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// True when some secret stands in it.
    pub fn holds_secret(&self) -> bool {
        let all = self.query.iter().chain(&self.headers).chain(&self.body);
        all.into_iter().any(|(_, value)| value.is_secret())
    }
}

/// Escapes a text for a part of a path or query.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    for &byte in text.as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out += &format!("%{byte:02X}"),
        }
    }
    // A part that is all dots would mean another folder, escaped or not: no such thing has a name.
    if out.bytes().all(|byte| byte == b'.') { "-".to_owned() } else { out }
}

/// What an instance answered.
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The type of the content, without parameters, lower case.
    pub content_type: String,
    /// The content, or its beginning. It may hold a secret.
    pub body: Zeroizing<Vec<u8>>,
    /// `X-Next-Page`, where there is one.
    pub next_page: Option<u64>,
    /// How long the host asks to be left alone.
    pub pause: Option<Duration>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({} bytes)", self.status, self.content_type, self.body.len())
    }
}

/// Why there is no answer. Says nothing of what was sent or where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// No connection.
    #[error("cannot be reached: {0}")]
    Unreachable(&'static str),
    /// Whoever answers cannot prove who they are.
    #[error("its certificate is not accepted (--ca-file names another authority)")]
    Certificate,
    /// The answer points elsewhere.
    #[error("it answers with a redirect, which is never followed")]
    Redirected,
    /// The answer ended too early, or was no HTTP.
    #[error("its answer broke off")]
    Cut,
    /// The answer is larger than any that we ask for.
    #[error("its answer is too large")]
    TooLarge,
    /// The token cannot be written into a request.
    #[error("the token holds bytes that a request cannot carry")]
    Unsendable,
    /// The host has been given up.
    #[error("not reached: {0}")]
    NotReached(&'static str),
}

#[cfg(test)]
mod tests {
    use super::{Method, Request};

    #[test]
    fn parameters_are_escaped_into_the_path() {
        let request = Request::new(Method::Get, "/api/v4/projects/{id}/triggers/{trigger_id}")
            .at("group/../a b")
            .at(&7);
        assert_eq!(request.path(), "/api/v4/projects/group%2F..%2Fa%20b/triggers/7");
        let request = Request::new(Method::Get, "/api/v4/keys/{id}").at("..");
        assert_eq!(request.path(), "/api/v4/keys/-");
        assert_eq!(Request::new(Method::Get, "/api/v4/user").path(), "/api/v4/user");
    }
}
