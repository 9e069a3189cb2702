//! Threads of merge requests (`doc/api/discussions.md`).

use serde_json::{Value, json};

use super::super::answers::{Answer, json, not_found, paged};
use super::super::auth::Call;
use super::super::http::Response;
use super::super::records::Discussion;
use super::number;

const REPORTER: u64 = 20;
const DEVELOPER: u64 = 30;

pub(super) fn route(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    let ["projects", id, "merge_requests", iid, "discussions", rest @ ..] = parts else {
        return None;
    };
    Some(match (call.method(), rest) {
        ("GET", []) => list(call, (id, iid)),
        ("POST", []) => begin(call, (id, iid)),
        ("PUT", [discussion]) => resolve(call, (id, iid), discussion),
        ("PUT", [discussion, "notes", note]) => rewrite(call, (id, iid), discussion, note),
        _ => return None,
    })
}

/// The project and the number of the merge request, and who asks.
fn at(
    call: &mut Call<'_>,
    (id, iid): (&str, &str),
    level: u64,
) -> Result<(u64, u64, u64), Response> {
    let caller = call.member()?;
    let project = call.project(&caller, id, level)?;
    Ok((project, number(iid)?, caller.user_id))
}

fn view(it: &Discussion) -> Value {
    json!({
        "id": it.id,
        "individual_note": false,
        "notes": [{
            "id": it.note,
            "type": "DiscussionNote",
            "body": it.body,
            "author": { "id": it.author },
            "resolvable": true,
            "resolved": it.resolved,
        }],
    })
}

fn list(call: &mut Call<'_>, place: (&str, &str)) -> Answer {
    let (project, iid, _) = at(call, place, REPORTER)?;
    let theirs =
        call.state.discussions.iter().filter(|it| (it.project_id, it.iid) == (project, iid));
    Ok(paged(call.request, &call.state.url, theirs.map(view).collect()))
}

fn begin(call: &mut Call<'_>, place: (&str, &str)) -> Answer {
    let (project_id, iid, author) = at(call, place, REPORTER)?;
    let body = call.required("body")?;
    let note = call.state.fresh_id();
    let id = format!("{note:040x}");
    let new = Discussion { project_id, iid, id, note, author, body, resolved: false };
    call.state.discussions.push(new.clone());
    Ok(json(201, &view(&new)))
}

fn found(call: &Call<'_>, (project, iid, id): (u64, u64, &str)) -> Result<usize, Response> {
    let mut all = call.state.discussions.iter();
    let at = all.position(|it| (it.project_id, it.iid, &*it.id) == (project, iid, id));
    at.ok_or_else(|| not_found("Discussion"))
}

fn resolve(call: &mut Call<'_>, place: (&str, &str), id: &str) -> Answer {
    let (project, iid, _) = at(call, place, DEVELOPER)?;
    let resolved = call.required("resolved")? == "true";
    let at = found(call, (project, iid, id))?;
    call.state.discussions[at].resolved = resolved;
    Ok(json(200, &view(&call.state.discussions[at])))
}

fn rewrite(call: &mut Call<'_>, place: (&str, &str), id: &str, note: &str) -> Answer {
    let (project, iid, author) = at(call, place, REPORTER)?;
    let body = call.required("body")?;
    let at = found(call, (project, iid, id))?;
    let it = &mut call.state.discussions[at];
    // Nobody but who wrote it may change a note.
    if it.author != author || it.note.to_string() != note {
        return Err(not_found("Note"));
    }
    it.body = body;
    Ok(json(200, &view(it)))
}
