//! What else is asked about a token that lives: who it acts as, and what it reaches. An answer that
//! does not come, or is not what was expected, leaves these things unknown; it changes no verdict.

use serde_json::Value;

use super::{Instance, Task};
use crate::gitlab::answer::json;
use crate::gitlab::{entity, routes as gitlab};
use crate::model::secret::Secret;
use crate::model::verdict::{AskedWith, Learned, Reach, User, Verdict};
use crate::net::door::Door;
use crate::net::message::Request;

/// Pages of groups and projects that are read: five hundred entries tell enough.
const PAGES: u64 = 5;

/// The routes that may be asked about a token of this kind that lives, and how many requests that
/// comes to at most.
pub(super) fn routes(kind: &str, has_operator: bool) -> (&'static [&'static str], u64) {
    match (kind, has_operator) {
        ("personal_access_token", false) => (
            &["GET /api/v4/personal_access_tokens/self/associations", "GET /api/v4/user"],
            PAGES + 1,
        ),
        ("personal_access_token", true) => (
            &[
                "GET /api/v4/personal_access_tokens/{id} or …/self/associations",
                "GET /api/v4/users/{id}/memberships",
                "GET /api/v4/users/{id} or /api/v4/user",
                "GET /api/v4/projects/{id}/access_tokens/{token_id} or of a group",
            ],
            PAGES + 3,
        ),
        ("runner_authentication_token", true) => (&["GET /api/v4/runners/{id}"], 1),
        _ => (&[], 0),
    }
}

/// Completes what is known of a token that lives.
pub(super) fn up(verdict: &mut Verdict, task: &Task, instance: &Instance, door: &Door) {
    let asker = Asker { instance, door };
    let by_operator = verdict.asked_with == Some(AskedWith::Operator);
    let learned = &mut *verdict.learned;
    match (task.kind.as_str(), instance.operator.as_ref()) {
        ("personal_access_token", Some(operator)) if by_operator => {
            from_operator(&asker, learned, operator);
        }
        ("personal_access_token", _) => from_itself(&asker, learned, &task.secret),
        ("runner_authentication_token", Some(operator)) => {
            let Some(id) = learned.id else { return };
            let details = asker.get(&gitlab::runner(operator, id));
            if let Some(details) = details.and_then(|body| entity::runner(&body)) {
                *learned = details;
            }
        }
        _ => {}
    }
    entity::name_by_user(learned);
}

struct Asker<'a> {
    instance: &'a Instance,
    door: &'a Door,
}

impl Asker<'_> {
    /// The JSON of a good answer.
    fn get(&self, request: &Request) -> Option<Value> {
        let response = self.door.ask(&self.instance.address, request).answer.ok()?;
        if response.status == 200 { json(&response) } else { None }
    }

    /// Every page of a list, as far as it is read; the flag says that there may be more.
    fn pages(
        &self,
        page: impl Fn(u64) -> Request,
        parse: impl Fn(&Value) -> Option<Vec<Reach>>,
    ) -> (Vec<Reach>, bool) {
        let mut all = Vec::new();
        let mut number = 1;
        for _ in 0..PAGES {
            let answer = self.door.ask(&self.instance.address, &page(number)).answer.ok();
            let answer = answer.filter(|answer| answer.status == 200);
            let entries = answer.as_ref().and_then(json).and_then(|body| parse(&body));
            let (Some(answer), Some(entries)) = (answer, entries) else { break };
            all.extend(entries);
            match answer.next_page {
                // A host that counts backwards would keep us for ever.
                Some(next) if next > number => number = next,
                _ => return (all, false),
            }
        }
        (all, true)
    }
}

fn from_itself(asker: &Asker<'_>, learned: &mut Learned, token: &Secret) {
    let page = |page| gitlab::associations(token, page);
    let (reach, cut) = asker.pages(page, entity::associations);
    set_reach(learned, reach, cut);
    let user = asker.get(&gitlab::current_user(token)).and_then(|body| entity::user(&body));
    set_user(learned, user);
}

fn from_operator(asker: &Asker<'_>, learned: &mut Learned, operator: &Secret) {
    if let Some(id) = learned.id {
        let more = asker.get(&gitlab::access_token(operator, id));
        if let Some(more) = more.and_then(|body| entity::access_token(&body)) {
            learned.last_used = learned.last_used.take().or(more.last_used);
            learned.last_used_from = more.last_used_from;
        }
    }
    let Some(user) = learned.user.id else { return };
    let page = |page| gitlab::memberships(operator, user, page);
    let (reach, cut) = asker.pages(page, entity::memberships);
    set_reach(learned, reach, cut);
    let user = asker.get(&gitlab::user(operator, user)).and_then(|body| entity::user(&body));
    set_user(learned, user);
    let owner = learned.user.username.as_deref().and_then(entity::bot_owner);
    if let (Some((place, owner)), Some(id)) = (owner, learned.id) {
        let role = asker.get(&gitlab::resource_token(operator, place, owner, id));
        let level = role.and_then(|body| entity::number(&body, "access_level"));
        if let Some(level) = level {
            let known = learned.reach.iter_mut().find(|it| it.place == place && it.id == owner);
            match known {
                Some(known) => known.level = Some(level),
                None => learned.reach.push(Reach {
                    place,
                    id: owner,
                    path: String::new(),
                    level: Some(level),
                }),
            }
        }
    }
}

fn set_reach(learned: &mut Learned, mut reach: Vec<Reach>, cut: bool) {
    reach.sort();
    (learned.reach, learned.reach_is_cut) = (reach, cut);
}

fn set_user(learned: &mut Learned, user: Option<User>) {
    if let Some(user) = user {
        learned.user = user;
    }
}
