//! The bodies that many routes share, as the reference quotes them.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::http::{Recorded, Response};

/// An answer, or the refusal that ends the request early.
pub(super) type Answer = Result<Response, Response>;

pub(super) fn json(status: u16, body: &Value) -> Response {
    Response::new(status, "application/json", body.to_string())
}

pub(super) fn text(status: u16, body: &str) -> Response {
    Response::new(status, "text/plain", body)
}

/// A page for people.
pub(super) fn html(status: u16, words: &str) -> Response {
    let page = format!(
        "<!DOCTYPE html>\n<html><head><title>{words}</title></head>\
         <body><center><h1>{words}</h1></center><hr><center>nginx</center></body></html>\n"
    );
    Response::new(status, "text/html; charset=UTF-8", page)
}

/// Success without a body.
pub(super) fn no_content() -> Response {
    Response { status: 204, headers: Vec::new(), body: Vec::new() }
}

/// A refusal as most routes word it.
pub(super) fn message(status: u16, message: &str) -> Response {
    json(status, &json!({ "message": message }))
}

pub(super) fn unauthorized() -> Response {
    message(401, "401 Unauthorized")
}

pub(super) fn forbidden() -> Response {
    message(403, "403 Forbidden")
}

/// Not found; `what` is the resource or nothing.
pub(super) fn not_found(what: &str) -> Response {
    let words = ["404", what, "Not Found"].map(str::to_owned);
    message(404, &words.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" "))
}

/// What Grape says of a path that no route has.
pub(super) fn no_route() -> Response {
    json(404, &json!({ "error": "404 Not Found" }))
}

/// The check of parameters that comes before everything else.
pub(super) fn missing(name: &str) -> Response {
    json(400, &json!({ "error": format!("{name} is missing") }))
}

/// The 401 of a token that was good once, or is not good alone.
pub(super) fn invalid_token(error: &str, description: &str) -> Response {
    let challenge = format!(
        "Bearer realm=\"Protected by OAuth 2.0\", error=\"{error}\", \
         error_description=\"{description}\""
    );
    json(401, &json!({ "error": error, "error_description": description }))
        .with("WWW-Authenticate", challenge)
}

pub(super) fn insufficient_scope(wanted: &[&str]) -> Response {
    let description = "The request requires higher privileges than provided by the access token.";
    let scope = wanted.join(" ");
    json(
        403,
        &json!({
            "error": "insufficient_scope", "error_description": description, "scope": scope,
        }),
    )
}

/// 429 with all that goes with it.
pub(super) fn too_many(limit: u64, observed: u64, retry_after: u64) -> Response {
    let reset = unix_now() + retry_after;
    limits(text(429, "Retry later\n"), limit, observed, reset)
        .with("Retry-After", retry_after.to_string())
        .with("RateLimit-ResetTime", http_date(reset))
}

/// The headers that tell a client how much it may still ask.
pub(super) fn limits(response: Response, limit: u64, observed: u64, reset: u64) -> Response {
    response
        .with("RateLimit-Limit", limit.to_string())
        .with("RateLimit-Name", "throttle_authenticated_api")
        .with("RateLimit-Observed", observed.to_string())
        .with("RateLimit-Remaining", limit.saturating_sub(observed).to_string())
        .with("RateLimit-Reset", reset.to_string())
}

pub(super) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

fn http_date(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).expect("a date");
    let time = Timestamp::from_second(seconds).expect("a date");
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Which page of a list is asked for.
struct Page {
    number: usize,
    size: usize,
}

impl Page {
    fn of(request: &Recorded) -> Self {
        let number = |name: &str| request.param(name).and_then(|text| text.parse().ok());
        let size = number("per_page").unwrap_or(20).clamp(1, 100);
        Self { number: number("page").unwrap_or(1).max(1), size }
    }

    fn cut(&self, all: Vec<Value>) -> Vec<Value> {
        all.into_iter().skip((self.number - 1) * self.size).take(self.size).collect()
    }
}

/// One page of a list, with the headers that lead on.
pub(super) fn paged(request: &Recorded, url: &str, all: Vec<Value>) -> Response {
    let (page, total) = (Page::of(request), all.len());
    let body = Value::Array(page.cut(all));
    lead_on(json(200, &body), request, url, total)
}

/// One page of each of several lists; the longest decides whether there is a next page.
pub(super) fn paged_lists(
    request: &Recorded,
    url: &str,
    lists: Vec<(&str, Vec<Value>)>,
) -> Response {
    let page = Page::of(request);
    let total = lists.iter().map(|(_, all)| all.len()).max().unwrap_or(0);
    let cut = |(name, all): (&str, Vec<Value>)| (name.to_owned(), Value::Array(page.cut(all)));
    let body = Value::Object(lists.into_iter().map(cut).collect());
    lead_on(json(200, &body), request, url, total)
}

fn lead_on(response: Response, request: &Recorded, url: &str, total: usize) -> Response {
    let page = Page::of(request);
    let last = total.div_ceil(page.size).max(1);
    let link = |number: usize, rel: &str| {
        let kept = request.query.split('&').filter(|part| {
            !part.is_empty() && !part.starts_with("page=") && !part.starts_with("per_page=")
        });
        let mut query: Vec<String> = kept.map(str::to_owned).collect();
        query.push(format!("page={number}&per_page={}", page.size));
        format!("<{url}{}?{}>; rel=\"{rel}\"", request.path, query.join("&"))
    };
    let next = (page.number < last).then_some(page.number + 1);
    let mut links: Vec<String> = next.iter().map(|number| link(*number, "next")).collect();
    links.extend([link(1, "first"), link(last, "last")]);
    response
        .with("Link", links.join(", "))
        .with("X-Next-Page", next.map(|number| number.to_string()).unwrap_or_default())
        .with("X-Page", page.number.to_string())
        .with("X-Per-Page", page.size.to_string())
        .with("X-Total", total.to_string())
        .with("X-Total-Pages", last.to_string())
}
