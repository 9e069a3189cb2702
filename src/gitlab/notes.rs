//! The note on a merge request: a thread of its own, which is written again on the next run, and
//! resolved when there is nothing left (`doc/api/discussions.md`, "Merge requests"). Requests and what
//! their answers say; nothing is sent here.

use serde_json::Value;

use super::answer::{json, object, word};
use super::routes::PRIVATE_TOKEN;
use crate::model::secret::Secret;
use crate::net::message::{Method, Request, Response};

/// Threads on a page, as many as GitLab gives.
const PER_PAGE: u64 = 100;
/// So many pages of a hundred threads are looked through at most.
pub const PAGES: u64 = 100;

/// A merge request, and who writes to it.
#[derive(Clone, Debug)]
pub struct MergeRequest {
    /// The id of the project into which it is to be merged, or its path.
    pub project: String,
    /// Its number there.
    pub iid: String,
    /// The credential of the operator's: scope `api`, role Reporter at least, Developer to resolve.
    pub operator: Secret,
}

/// Our thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Its id.
    pub discussion: String,
    /// The id of its first note.
    pub note: u64,
    /// What stands there.
    pub body: String,
    /// True when somebody has resolved it.
    pub resolved: bool,
}

/// What a page of threads holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// Our thread.
    Ours(Thread),
    /// None that is ours.
    Others,
    /// The answer is no such page.
    None,
}

/// What is to be done to a merge request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A thread begins.
    Begin,
    /// The first note of the thread is written again.
    Rewrite,
    /// The thread is resolved, or opened again.
    Resolve(bool),
}

impl MergeRequest {
    fn at(&self, method: Method, route: &'static str) -> Request {
        let request = Request::new(method, route).header(PRIVATE_TOKEN, &self.operator);
        request.at(&self.project).at(&self.iid)
    }

    /// `GET /projects/:id/merge_requests/:merge_request_iid/discussions`, a page of it.
    pub fn threads(&self, page: u64) -> Request {
        self.at(Method::Get, "/api/v4/projects/{id}/merge_requests/{merge_request_iid}/discussions")
            .query("page", &page)
            .query("per_page", &PER_PAGE)
    }

    /// The request that carries a change out. `text` is what the note shall say. A change of a thread
    /// without a thread is none.
    pub fn request(&self, change: &Change, thread: Option<&Thread>, text: &str) -> Option<Request> {
        match (change, thread) {
            (Change::Begin, _) => Some(self.begin(text)),
            (Change::Rewrite, Some(thread)) => Some(self.rewrite(thread, text)),
            (Change::Resolve(resolved), Some(thread)) => Some(self.resolve(thread, *resolved)),
            (_, None) => None,
        }
    }

    /// `POST /projects/:id/merge_requests/:merge_request_iid/discussions`.
    pub fn begin(&self, text: &str) -> Request {
        let route = "/api/v4/projects/{id}/merge_requests/{merge_request_iid}/discussions";
        self.at(Method::Post, route).member("body", text)
    }

    /// `PUT …/discussions/:discussion_id/notes/:note_id`. Twice is as good as once.
    pub fn rewrite(&self, thread: &Thread, text: &str) -> Request {
        let route = "/api/v4/projects/{id}/merge_requests/{merge_request_iid}/discussions/\
                     {discussion_id}/notes/{note_id}";
        let request = self.at(Method::Put, route).at(&thread.discussion).at(&thread.note);
        request.member("body", text).repeatable()
    }

    /// `PUT …/discussions/:discussion_id`. Twice is as good as once.
    pub fn resolve(&self, thread: &Thread, resolved: bool) -> Request {
        let route = "/api/v4/projects/{id}/merge_requests/{merge_request_iid}/discussions/\
                     {discussion_id}";
        let request = self.at(Method::Put, route).at(&thread.discussion);
        request.member("resolved", &resolved).repeatable()
    }
}

/// The id of the user whose credential asked for `GET /user`.
pub fn user(response: &Response) -> Option<u64> {
    let user = object(response).filter(|_| response.status == 200)?;
    user.get("id").and_then(Value::as_u64)
}

/// Our thread on a page of threads: the first note is of this user, and begins with `mark`. Anybody
/// can write the mark, but not as this user.
pub fn ours(response: &Response, user: u64, mark: &str) -> Page {
    let page = json(response).filter(|_| response.status == 200);
    let Some(Value::Array(threads)) = page else { return Page::None };
    let ours = threads.iter().find_map(|thread| {
        let notes = thread.get("notes")?.as_array()?;
        let note = notes.first()?;
        let author = note.get("author")?.get("id")?.as_u64()?;
        let body = word(note, "body");
        (author == user && body.starts_with(mark)).then_some(())?;
        Some(Thread {
            discussion: word(thread, "id").to_owned(),
            note: note.get("id")?.as_u64()?,
            body: body.to_owned(),
            // A thread is resolved when all that can be resolved in it is.
            resolved: notes.iter().filter(|it| is(it, "resolvable")).all(|it| is(it, "resolved"))
                && notes.iter().any(|it| is(it, "resolvable")),
        })
    });
    ours.map_or(Page::Others, Page::Ours)
}

fn is(note: &Value, what: &str) -> bool {
    note.get(what).and_then(Value::as_bool).unwrap_or(false)
}

/// What is to be done so that the merge request says `text`. When there is nothing to say (`is_clean`)
/// no thread is begun for it.
pub fn changes(thread: Option<&Thread>, text: &str, is_clean: bool) -> Vec<Change> {
    let Some(thread) = thread else {
        return if is_clean { Vec::new() } else { vec![Change::Begin] };
    };
    // GitLab may take away white space at the end.
    let rewrite = (thread.body.trim_end() != text.trim_end()).then_some(Change::Rewrite);
    let resolve = (thread.resolved != is_clean).then_some(Change::Resolve(is_clean));
    rewrite.into_iter().chain(resolve).collect()
}

/// Why a change was not made, in few words; `None` when it was.
pub fn refusal(response: &Response) -> Option<String> {
    let why = match response.status {
        200 | 201 => return None,
        401 => "the operator's credential is not taken there (401)",
        403 => {
            "the operator's credential may not do that (403): it needs the scope api and the role \
                Developer"
        }
        404 => "no such merge request for the operator's credential (404)",
        status => return Some(format!("the instance answered with {status}")),
    };
    Some(why.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use zeroize::Zeroizing;

    use super::{Change, Page, Thread, changes, ours};
    use crate::net::message::Response;

    fn answer(body: &Value) -> Response {
        Response {
            status: 200,
            content_type: "application/json".to_owned(),
            body: Zeroizing::new(body.to_string().into_bytes()),
            next_page: None,
            pause: None,
        }
    }

    fn note(user: u64, body: &str) -> Value {
        json!({
            "id": format!("d{user}"), "individual_note": false,
            "notes": [{ "id": 70 + user, "body": body, "author": { "id": user }, "resolved": false }],
        })
    }

    #[test]
    fn only_a_note_of_ones_own_with_the_mark_is_ours() {
        let page = json!([
            note(3, "<!-- m --> of a stranger"),
            note(7, "something else"),
            note(7, "<!-- m --> ours"),
        ]);
        let thread = Thread {
            discussion: "d7".to_owned(),
            note: 77,
            body: "<!-- m --> ours".to_owned(),
            resolved: false,
        };
        assert_eq!(ours(&answer(&page), 7, "<!-- m -->"), Page::Ours(thread));
        assert_eq!(ours(&answer(&page), 8, "<!-- m -->"), Page::Others);
        assert_eq!(ours(&answer(&json!({ "message": "x" })), 7, "x"), Page::None);
        assert_eq!(ours(&answer(&json!([{}, { "notes": [] }, 1])), 7, "x"), Page::Others);
    }

    #[test]
    fn a_thread_is_written_again_and_resolved_only_when_that_changes_something() {
        let thread = |body: &str, resolved| Thread {
            discussion: "d".to_owned(),
            note: 1,
            body: body.to_owned(),
            resolved,
        };
        assert_eq!(changes(None, "bad", false), [Change::Begin]);
        assert_eq!(changes(None, "good", true), []);
        assert_eq!(changes(Some(&thread("bad", false)), "bad\n", false), []);
        assert_eq!(changes(Some(&thread("bad", false)), "worse", false), [Change::Rewrite]);
        let resolved = [Change::Rewrite, Change::Resolve(true)];
        assert_eq!(changes(Some(&thread("bad", false)), "good", true), resolved);
        assert_eq!(changes(Some(&thread("good", true)), "good", true), []);
        let again = [Change::Rewrite, Change::Resolve(false)];
        assert_eq!(changes(Some(&thread("good", true)), "bad", false), again);
    }
}
