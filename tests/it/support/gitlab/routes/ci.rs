//! Jobs and pipeline triggers.

use serde_json::{Value, json};

use super::super::answers::{Answer, json, no_content, not_found, paged, unauthorized};
use super::super::auth::Call;
use super::super::http::Response;
use super::{number, views};

pub(super) fn route(call: &mut Call<'_>, parts: &[&str]) -> Option<Answer> {
    Some(match (call.method(), parts) {
        ("GET", ["job"]) => job(call),
        ("POST", ["projects", id, "jobs", job, "cancel"]) => cancel(call, id, job),
        ("GET", ["projects", id, "triggers"]) => list(call, id),
        ("GET", ["projects", id, "triggers", trigger]) => show(call, id, trigger),
        ("DELETE", ["projects", id, "triggers", trigger]) => delete(call, id, trigger),
        ("POST", ["projects", id, "trigger", "pipeline"]) => {
            let branch = call.required("ref");
            branch.and_then(|branch| pipeline(call, id, &branch))
        }
        ("POST", ["projects", id, "ref", branch, "trigger", "pipeline"]) => {
            pipeline(call, id, branch)
        }
        _ => return None,
    })
}

/// The job of the token: the only route that takes a job's token in a header of its own.
fn job(call: &mut Call<'_>) -> Answer {
    let token = call.request.header("job-token").or_else(|| call.request.bearer());
    let found = call.state.jobs.iter().find(|it| Some(it.token.as_str()) == token && it.running);
    Ok(json(200, &views::job(call.state, found.ok_or_else(unauthorized)?)))
}

fn cancel(call: &mut Call<'_>, id: &str, job: &str) -> Answer {
    let caller = call.member()?;
    let (project, job) = (call.project(&caller, id, 30)?, number(job)?);
    let at = call.state.jobs.iter().position(|it| it.id == job && it.project_id == project);
    let at = at.ok_or_else(|| not_found(""))?;
    call.state.jobs[at].running = false;
    let mut view = views::job(call.state, &call.state.jobs[at]);
    view["status"] = json!("canceled");
    Ok(json(201, &view))
}

fn list(call: &mut Call<'_>, id: &str) -> Answer {
    let caller = call.member()?;
    let project = call.project(&caller, id, 40)?;
    let theirs = call.state.triggers.iter().filter(|it| it.project_id == project);
    let all = theirs.map(|it| views::trigger(call.state, it, caller.user_id)).collect();
    Ok(paged(call.request, &call.state.url, all))
}

/// The viewer, and the place of the trigger in the table.
fn one(call: &mut Call<'_>, id: &str, trigger: &str) -> Result<(u64, usize), Response> {
    let caller = call.member()?;
    let (project, trigger) = (call.project(&caller, id, 40)?, number(trigger)?);
    let mut all = call.state.triggers.iter();
    let at = all.position(|it| it.id == trigger && it.project_id == project);
    Ok((caller.user_id, at.ok_or_else(|| not_found("Trigger"))?))
}

fn show(call: &mut Call<'_>, id: &str, trigger: &str) -> Answer {
    let (viewer, at) = one(call, id, trigger)?;
    Ok(json(200, &views::trigger(call.state, &call.state.triggers[at], viewer)))
}

fn delete(call: &mut Call<'_>, id: &str, trigger: &str) -> Answer {
    let (_, at) = one(call, id, trigger)?;
    call.state.triggers.remove(at);
    Ok(no_content())
}

/// Starts a pipeline with a trigger's or a job's token. An unknown token and a wrong project look
/// alike.
fn pipeline(call: &mut Call<'_>, id: &str, branch: &str) -> Answer {
    let token = call.required("token")?;
    let wanted = id.parse::<u64>().ok();
    let project = call.state.projects.iter().find(|it| Some(it.id) == wanted || it.path == id);
    let project = project.ok_or_else(|| not_found(""))?;
    if let Some(job) = call.state.jobs.iter().find(|it| it.token == token) {
        if !job.running {
            return Err(unauthorized());
        }
    } else {
        let mut triggers = call.state.triggers.iter();
        let found = triggers.find(|it| it.token == token && it.project_id == project.id);
        found.ok_or_else(|| not_found(""))?;
    }
    if !project.branches.iter().any(|it| it == branch) {
        let reason: Value = json!({ "base": ["Reference not found"] });
        return Err(json(400, &json!({ "message": reason })));
    }
    let project_id = project.id;
    call.state.pipelines += 1;
    let id = call.state.fresh_id();
    Ok(json(
        201,
        &json!({ "id": id, "project_id": project_id, "ref": branch, "status": "created" }),
    ))
}
