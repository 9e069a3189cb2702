//! The only file that names reqwest: sends a request, reads the answer. Follows no redirect, keeps no
//! cookie, believes no size, and puts nothing of a request into an error.

use std::error::Error;
use std::io::Read;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client as Inner, Response as Answer};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, redirect, retry};
use zeroize::Zeroizing;

use super::address::Address;
use super::message::{Encoding, Failure, Method, Request, Response, Value, escaped};

/// Time to find a host and agree on encryption.
const CONNECT: Duration = Duration::from_secs(10);
/// Nobody waits for longer, so what asks for more need not be believed.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);
/// Bytes that are read at once.
const CHUNK: usize = 16 << 10;

/// A client that speaks to any number of hosts.
#[derive(Clone)]
pub struct Client {
    inner: Inner,
    /// For what is not encrypted, since it stays on this machine: no proxy may see it.
    plain: Inner,
}

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// What `--ca-file` named holds no certificate.
    #[error("{0} holds no certificate (PEM)")]
    Authority(String),
    /// The rest: no certificates on this system, say.
    #[error("encrypted connections cannot be made on this machine: {0}")]
    Setup(String),
}

impl Client {
    /// Makes a client that trusts the authorities of the system and those in `authorities`: names
    /// and contents of PEM files. Proxies are those of the environment (`HTTPS_PROXY`, `NO_PROXY`).
    pub fn new(authorities: &[(String, Vec<u8>)]) -> Result<Self, ClientError> {
        // Whoever comes second finds it installed, which is as well.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut certificates = Vec::new();
        for (name, pem) in authorities {
            let parsed = Certificate::from_pem_bundle(pem).unwrap_or_default();
            if parsed.is_empty() {
                return Err(ClientError::Authority(name.clone()));
            }
            certificates.extend(parsed);
        }
        let builder = || {
            Inner::builder()
                .user_agent(concat!("stanch/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .referer(false)
                .connect_timeout(CONNECT)
                .tcp_nodelay(true)
        };
        let setup = |error: reqwest::Error| ClientError::Setup(innermost(&error));
        let inner = builder().tls_certs_merge(certificates).build().map_err(setup)?;
        let plain = builder().no_proxy().build().map_err(setup)?;
        Ok(Self { inner, plain })
    }

    /// Sends a request and reads the answer, both within `time`.
    pub fn send(
        &self,
        address: &Address,
        request: &Request,
        time: Duration,
    ) -> Result<Response, Failure> {
        let deadline = Instant::now() + time;
        let mut target = request.path();
        let mut mark = '?';
        for (name, value) in &request.query {
            let value = std::str::from_utf8(value.bytes()).map_err(|_| Failure::Unsendable)?;
            target.push(mark);
            target += &format!("{name}={}", escaped(value));
            mark = '&';
        }
        let url = address.at(&target).map_err(|_| Failure::Unsendable)?;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
            Method::Put => reqwest::Method::PUT,
        };
        let client = if address.is_plain() { &self.plain } else { &self.inner };
        let mut builder = client.request(method, url).headers(headers(request)?).timeout(time);
        if !request.body.is_empty() {
            builder = builder.body(body(request)?);
        }
        let answer = builder.send().map_err(|error| failure(&error))?;
        if answer.status().is_redirection() {
            return Err(Failure::Redirected);
        }
        read(answer, request, deadline)
    }
}

/// Every header field, secrets marked so that nobody prints them.
fn headers(request: &Request) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static("*/*"));
    if !request.body.is_empty() {
        let content_type = match request.encoding {
            Encoding::Json => "application/json",
            Encoding::Form => "application/x-www-form-urlencoded",
        };
        headers.insert("content-type", HeaderValue::from_static(content_type));
    }
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Failure::Unsendable)?;
        let mut field = HeaderValue::from_bytes(value.bytes()).map_err(|_| Failure::Unsendable)?;
        field.set_sensitive(value.is_secret());
        headers.insert(name, field);
    }
    Ok(headers)
}

/// A JSON object of strings and, for plain values that are written so, numbers; or a form.
fn body(request: &Request) -> Result<Vec<u8>, Failure> {
    // Room for everything, escaped or quoted: a buffer that grows leaves copies behind.
    let room: usize = request.body.iter().map(|(name, it)| name.len() + 6 * it.bytes().len()).sum();
    let mut body = Vec::with_capacity(room + 8 * request.body.len());
    let json = request.encoding == Encoding::Json;
    for (name, value) in &request.body {
        let text = std::str::from_utf8(value.bytes()).map_err(|_| Failure::Unsendable)?;
        if !json {
            let mark = if body.is_empty() { "" } else { "&" };
            body.extend_from_slice(format!("{mark}{name}={}", escaped(text)).as_bytes());
            continue;
        }
        body.extend_from_slice(if body.is_empty() { b"{" } else { b"," });
        let number = matches!(value, Value::Plain(_)) && text.parse::<u64>().is_ok();
        let quoted = Zeroizing::new(serde_json::to_vec(text).map_err(|_| Failure::Unsendable)?);
        body.extend_from_slice(format!("\"{name}\":").as_bytes());
        body.extend_from_slice(if number { text.as_bytes() } else { &quoted });
    }
    if json {
        body.push(b'}');
    }
    Ok(body)
}

fn read(mut answer: Answer, request: &Request, deadline: Instant) -> Result<Response, Failure> {
    let field = |name: &str| answer.headers().get(name)?.to_str().ok().map(str::to_owned);
    let content_type = field("content-type").unwrap_or_default();
    let content_type = content_type.split(';').next().unwrap_or_default().trim();
    let mut response = Response {
        status: answer.status().as_u16(),
        content_type: content_type.to_ascii_lowercase(),
        body: Zeroizing::new(Vec::new()),
        next_page: field("x-next-page").and_then(|page| page.trim().parse().ok()),
        pause: pause(&field),
    };
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    loop {
        let room = request.limit.saturating_sub(response.body.len());
        if room == 0 && request.beginning_is_enough {
            return Ok(response);
        }
        match answer.read(&mut chunk[..]) {
            Ok(0) => return Ok(response),
            Ok(count) if count > room && !request.beginning_is_enough => {
                return Err(Failure::TooLarge);
            }
            Ok(count) => response.body.extend_from_slice(&chunk[..count.min(room)]),
            Err(error) if is_timeout(&error) => return Err(Failure::TimedOut),
            Err(_) => return Err(Failure::Cut),
        }
        if Instant::now() >= deadline {
            return Err(Failure::TimedOut);
        }
    }
}

/// How long the host asks to be left alone: `Retry-After`, or until `RateLimit-Reset` when nothing
/// remains (GitLab `doc/administration/settings/user_and_ip_rate_limits.md`).
fn pause(field: &dyn Fn(&str) -> Option<String>) -> Option<Duration> {
    let number = |name: &str| field(name)?.trim().parse::<u64>().ok();
    if let Some(seconds) = number("retry-after") {
        return Some(Duration::from_secs(seconds).min(LONGEST_PAUSE));
    }
    if number("ratelimit-remaining")? > 0 {
        return None;
    }
    let reset = Duration::from_secs(number("ratelimit-reset")?);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(reset.saturating_sub(now).min(LONGEST_PAUSE))
}

fn is_timeout(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>());
    error.kind() == std::io::ErrorKind::TimedOut || inner.is_some_and(reqwest::Error::is_timeout)
}

/// What an error means. Its own words are left out: they may hold the URL.
fn failure(error: &reqwest::Error) -> Failure {
    let certificate = |error: &(dyn Error + 'static)| {
        error.downcast_ref::<rustls::Error>().is_some_and(|error| {
            use rustls::Error::{InvalidCertificate, NoCertificatesPresented};
            matches!(error, InvalidCertificate(_) | NoCertificatesPresented)
        })
    };
    let refused = |error: &(dyn Error + 'static)| {
        let io = error.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
    };
    match () {
        () if any_cause(error, &certificate) => Failure::Certificate,
        () if error.is_dns() => Failure::Unreachable("no such host is known"),
        () if error.is_timeout() && error.is_connect() => {
            Failure::Unreachable("no connection in time")
        }
        () if error.is_timeout() => Failure::TimedOut,
        () if any_cause(error, &refused) => Failure::Unreachable("connection refused"),
        () if error.is_connect() => Failure::Unreachable("no connection"),
        () => Failure::Cut,
    }
}

/// True when an error or anything that caused it is so. What an I/O error wraps is not among its
/// sources, so it is looked at by itself.
fn any_cause(
    error: &(dyn Error + 'static),
    is_so: &dyn Fn(&(dyn Error + 'static)) -> bool,
) -> bool {
    if is_so(error) {
        return true;
    }
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    wrapped.is_some_and(|inner| any_cause(inner, is_so))
        || error.source().is_some_and(|inner| any_cause(inner, is_so))
}

/// The last cause of an error, which says the most.
fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}
