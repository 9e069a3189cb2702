//! The ways in which the server can fail its client.

use std::io::{self, Read as _, Write};
use std::time::Duration;

use super::answers::{html, too_many};
use super::http::{Recorded, Response};
use super::tls::Wire;

/// What goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The request is read and never answered.
    TimeoutBeforeHeaders,
    /// The head and half of the body, then silence.
    TimeoutInBody,
    /// Less than `Content-Length` promised, then the connection ends.
    CutBody,
    /// The connection ends without an answer, and nothing was done.
    CloseAtOnce,
    /// The connection ends without an answer, but what was asked for was done.
    AnswerLost,
    /// What was asked for is done, and the request is never answered.
    AnswerNeverComes,
    /// The right answer with one header field more.
    AlsoSays(&'static str, &'static str),
    /// GitLab's own words for a route that it does not have.
    NoSuchRoute,
    /// This status with this JSON, as if GitLab had said it.
    Says(u16, String),
    /// A login page instead of the API.
    Html200,
    /// A redirect to the login of a foreign network.
    CaptivePortal,
    RedirectTo(String),
    /// This status with the page of a proxy.
    Status(u16),
    /// A ban: 403 without a word of GitLab's.
    Forbidden403Html,
    /// The answer, one byte every 200 ms.
    SlowDrip,
    /// 300 MB that look like JSON.
    HugeBody,
    NotJson200,
    WrongJson200,
    EmptyJsonArray,
    RateLimited {
        retry_after: u64,
    },
    /// A crash page that shows every header and the body of the request, as a page and in a
    /// header.
    EchoToken,
}

/// Which requests fail, and how.
#[derive(Debug, Default)]
pub(super) struct Plan {
    rules: Vec<Rule>,
}

/// A fault of some requests, each of which is named by how it begins: `DELETE /api/v4/runners`, or
/// the path alone for every method.
#[derive(Debug)]
struct Rule {
    request: String,
    left: Option<usize>,
    /// The request that must have come before.
    after: Option<String>,
    fault: Fault,
}

fn begins_so(start: &str, method: &str, path: &str) -> bool {
    match start.split_once(' ') {
        Some((its_method, its_path)) => its_method == method && path.starts_with(its_path),
        None => path.starts_with(start),
    }
}

impl Plan {
    pub(super) fn add(&mut self, request: &str, left: Option<usize>, fault: Fault) {
        self.rules.push(Rule { request: request.to_owned(), left, after: None, fault });
    }

    pub(super) fn add_after(
        &mut self,
        first: &str,
        request: &str,
        left: Option<usize>,
        fault: Fault,
    ) {
        let after = Some(first.to_owned());
        self.rules.push(Rule { request: request.to_owned(), left, after, fault });
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The fault of a request; the newest rule wins.
    pub(super) fn take(&mut self, method: &str, path: &str) -> Option<Fault> {
        let fits = |rule: &&mut Rule| {
            rule.after.is_none() && rule.left != Some(0) && begins_so(&rule.request, method, path)
        };
        let rule = self.rules.iter_mut().rev().find(fits);
        let fault = rule.map(|rule| {
            rule.left = rule.left.map(|left| left - 1);
            rule.fault.clone()
        });
        // What waited for this request is on from the next one.
        for rule in &mut self.rules {
            rule.after.take_if(|first| begins_so(first, method, path));
        }
        fault
    }
}

/// True for what is no fault of the connection.
pub(super) fn is_whole(fault: &Fault, request: &Recorded) -> bool {
    matches!(fault, Fault::AlsoSays(..)) || answer(fault, request).is_some()
}

/// The answer of a fault that is merely a wrong answer.
pub(super) fn answer(fault: &Fault, request: &Recorded) -> Option<Response> {
    let json = |text: &str| Response::new(200, "application/json", text);
    let redirect = |to: &str| html(302, "Found").with("Location", to);
    Some(match fault {
        Fault::NoSuchRoute => {
            Response::new(404, "application/json", "{\"error\":\"404 Not Found\"}")
        }
        Fault::Says(status, body) => Response::new(*status, "application/json", body.as_str()),
        Fault::Html200 => html(200, "Sign in"),
        Fault::CaptivePortal => redirect("http://captive.example/login"),
        Fault::RedirectTo(to) => redirect(to),
        Fault::Status(status) => html(*status, &format!("{status} from a proxy")),
        Fault::Forbidden403Html => html(403, "Forbidden"),
        Fault::NotJson200 => json("<<< {this is \"no JSON"),
        Fault::WrongJson200 => json("{\"hello\":\"world\"}"),
        Fault::EmptyJsonArray => json("[]"),
        Fault::RateLimited { retry_after } => too_many(60, 61, *retry_after),
        Fault::EchoToken => echo(request),
        _ => return None,
    })
}

fn echo(request: &Recorded) -> Response {
    let headers = request.headers.iter().map(|(name, value)| format!("{name}: {value}"));
    let headers = headers.collect::<Vec<_>>().join("; ");
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let text = format!("{} {}?{} {headers} {body}", request.method, request.path, request.query);
    html(500, &text).with("X-Debug", text.replace(['\r', '\n'], " "))
}

/// Breaks the connection or stalls it; `response` is what an intact server would have said.
/// Afterwards the connection is over.
pub(super) fn misbehave(fault: &Fault, response: &Response, wire: &mut Wire) -> io::Result<()> {
    let mut response = response.clone();
    if response.body.is_empty() {
        response.status = 200;
        response.body = b"{\"id\":1,\"name\":\"a body, so that it can be cut\"}".to_vec();
    }
    let half = response.body.len() / 2;
    match fault {
        Fault::TimeoutBeforeHeaders | Fault::AnswerNeverComes => hang(wire),
        Fault::TimeoutInBody | Fault::CutBody => {
            wire.write_all(&response.head(response.body.len()))?;
            wire.write_all(&response.body[..half])?;
            wire.flush()?;
            if matches!(fault, Fault::TimeoutInBody) { hang(wire) } else { Ok(()) }
        }
        Fault::SlowDrip => {
            for byte in response.bytes() {
                wire.write_all(&[byte])?;
                wire.flush()?;
                std::thread::sleep(Duration::from_millis(200));
            }
            Ok(())
        }
        Fault::HugeBody => flood(wire),
        _ => Ok(()),
    }
}

/// Says nothing more until the client or the server gives the connection up.
fn hang(wire: &mut Wire) -> io::Result<()> {
    let mut nothing = [0; 1024];
    while wire.read(&mut nothing)? > 0 {}
    Ok(())
}

fn flood(wire: &mut Wire) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n";
    wire.write_all(head.as_bytes())?;
    let item = b"{\"id\":1,\"name\":\"more and more and more\"},";
    let piece: Vec<u8> = item.iter().copied().cycle().take(64 * 1024).collect();
    let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat();
    for _ in 0..300 * 16 {
        wire.write_all(&chunk)?;
    }
    wire.write_all(b"0\r\n\r\n")?;
    wire.flush()
}
