//! CI variables of projects: where a rotated token is put.

use serde_json::json;

use super::super::answers::{Answer, json, not_found, paged};
use super::super::auth::Call;
use super::super::http::Response;
use super::super::records::Variable;
use super::views;

pub(super) fn route(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    let ["projects", id, "variables", rest @ ..] = parts else { return None };
    Some(match (call.method(), rest) {
        ("GET", []) => list(call, id),
        ("POST", []) => create(call, id),
        ("GET", [key]) => {
            position(call, id, key).map(|at| json(200, &views::variable(&call.state.variables[at])))
        }
        ("PUT", [key]) => update(call, id, key),
        _ => return None,
    })
}

/// The project, if the caller may manage its variables.
fn project(call: &mut Call<'_>, id: &str) -> Result<u64, Response> {
    let caller = call.member()?;
    call.project(&caller, id, 40)
}

fn position(call: &mut Call<'_>, id: &str, key: &str) -> Result<usize, Response> {
    let project = project(call, id)?;
    let mut all = call.state.variables.iter();
    let at = all.position(|it| it.project_id == project && it.key == key);
    at.ok_or_else(|| not_found("Variable"))
}

fn list(call: &mut Call<'_>, id: &str) -> Answer {
    let project = project(call, id)?;
    let theirs = call.state.variables.iter().filter(|it| it.project_id == project);
    Ok(paged(call.request, &call.state.url, theirs.map(views::variable).collect()))
}

/// What the request wants the variable to be, seen from what it was.
fn wanted(call: &Call<'_>, before: &Variable) -> Result<Variable, Response> {
    let flag = |name: &str, before: bool| {
        call.request.param(name).map_or(before, |it| it == "true" || it == "1")
    };
    let variable = Variable {
        value: call.request.param("value").unwrap_or_else(|| before.value.clone()),
        masked: flag("masked", before.masked),
        protected: flag("protected", before.protected),
        ..before.clone()
    };
    // What cannot be hidden in a log is refused.
    let hideable = variable.value.len() >= 8 && !variable.value.contains(char::is_whitespace);
    if variable.masked && !hideable {
        return Err(json(400, &json!({ "message": { "value": ["is invalid"] } })));
    }
    Ok(variable)
}

fn create(call: &mut Call<'_>, id: &str) -> Answer {
    let project_id = project(call, id)?;
    let key = call.required("key")?;
    let value = call.required("value")?;
    if call.state.variables.iter().any(|it| it.project_id == project_id && it.key == key) {
        let reason = format!("({key}) has already been taken");
        return Err(json(400, &json!({ "message": { "key": [reason] } })));
    }
    let fresh = Variable { project_id, key, value, masked: false, protected: false };
    let variable = wanted(call, &fresh)?;
    call.state.variables.push(variable.clone());
    Ok(json(201, &views::variable(&variable)))
}

fn update(call: &mut Call<'_>, id: &str, key: &str) -> Answer {
    let at = position(call, id, key)?;
    let variable = wanted(call, &call.state.variables[at])?;
    call.state.variables[at] = variable;
    Ok(json(200, &views::variable(&call.state.variables[at])))
}
