//! What the answer to a changing request means. It is no proof that a token is dead: that takes a
//! fresh question.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::answer::Judged;
use super::answer::{object, proves_nothing, word};
use crate::model::secret::Secret;
use crate::net::message::Response;

/// What became of a changing request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The instance says that it is done. A rotation or reset gives a successor.
    Done(Option<Secret>),
    /// The instance has understood and does not do it: nothing has changed.
    NotThisWay(Cow<'static, str>),
    /// The instance has not looked at it: too many requests were made.
    NotYet(Cow<'static, str>),
    /// It may have been carried out, or not.
    Open(Cow<'static, str>),
}

/// Judges an answer. GitLab answers 204 without a body to what deletes, 200 or 201 with JSON to the
/// rest; a refusal is JSON, too.
pub fn effect(response: &Response) -> Effect {
    let body = object(response);
    match response.status {
        204 | 202 => Effect::Done(None),
        200 | 201 => match body {
            Some(body) => {
                let successor = Zeroizing::new(word(&body, "token").to_owned());
                let is_token =
                    !successor.is_empty() && successor.bytes().all(|it| it.is_ascii_graphic());
                Effect::Done(is_token.then(|| Secret::new(successor.as_bytes())))
            }
            None => open(response),
        },
        429 => Effect::NotYet("too many requests were made there (429)".into()),
        400 | 401 | 403 | 404 | 405 | 409 | 410 | 412 | 422 if body.is_some() => {
            Effect::NotThisWay(refusal(response.status).into())
        }
        _ => open(response),
    }
}

fn open(response: &Response) -> Effect {
    match proves_nothing(response) {
        Judged::Open(why) => Effect::Open(why),
        _ => Effect::Open("an answer that proves nothing".into()),
    }
}

/// Why the instance does not do it, in words; never its own, which may quote the token.
fn refusal(status: u16) -> &'static str {
    match status {
        400 => "the instance does not do it this way (400)",
        401 => "the credential does not open this (401)",
        403 => "the credential may not do it (403)",
        404 => "the instance has no such thing, or no such route (404)",
        405 => "the instance does not allow it this way (405)",
        409 => "something else is under way there (409)",
        410 => "the instance has turned this off (410)",
        412 => "it was changed in between (412)",
        _ => "the instance does not do it for this kind (422)",
    }
}

#[cfg(test)]
mod tests {
    use super::{Effect, effect};
    use crate::gitlab::answer::tests::{answer, json};

    #[test]
    fn every_answer_has_its_effect() {
        let refusal = r#"{"message":"no"}"#;
        assert_eq!(effect(&answer(204, "", "")), Effect::Done(None));
        assert_eq!(effect(&json(200, r#"{"id":1}"#)), Effect::Done(None));
        let Effect::Done(Some(successor)) = effect(&json(201, r#"{"token":"abc"}"#)) else {
            panic!("a successor")
        };
        assert_eq!(successor.expose(), b"abc");
        assert_eq!(effect(&json(201, r#"{"token":"a b"}"#)), Effect::Done(None));
        for status in [400, 401, 403, 404, 405, 409, 410, 412, 422] {
            assert!(matches!(effect(&json(status, refusal)), Effect::NotThisWay(_)), "{status}");
            let page = answer(status, "text/html", "<html>");
            assert!(matches!(effect(&page), Effect::Open(_)), "{status}");
        }
        assert!(matches!(effect(&answer(429, "text/plain", "Retry later")), Effect::NotYet(_)));
        for status in [500, 502, 301, 200] {
            let page = answer(status, "text/html", "<html>");
            assert!(matches!(effect(&page), Effect::Open(_)), "{status}");
        }
    }
}
