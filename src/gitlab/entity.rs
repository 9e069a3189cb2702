//! What GitLab's JSON says of tokens, users, groups and projects, as [`Learned`]. What is missing or
//! of another type is left out; nothing is required but what makes an answer recognisable
//! (`lib/api/entities/`).

use serde_json::Value;

use crate::model::verdict::{Learned, Reach, User};

/// A member of an object, as text.
pub fn text(object: &Value, name: &str) -> Option<String> {
    object.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A member of an object, as a number.
pub fn number(object: &Value, name: &str) -> Option<u64> {
    object.get(name)?.as_u64()
}

fn flag(object: &Value, name: &str) -> Option<bool> {
    object.get(name)?.as_bool()
}

fn texts(object: &Value, name: &str) -> Vec<String> {
    let values = object.get(name).and_then(Value::as_array).into_iter().flatten();
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A personal, project, group, impersonation or service-account token
/// (`Entities::PersonalAccessToken`). `None` when it is something else.
pub fn access_token(object: &Value) -> Option<Learned> {
    number(object, "id")?;
    object.get("scopes")?.as_array()?;
    let impersonation = flag(object, "impersonation").unwrap_or(false);
    Some(Learned {
        what: impersonation.then(|| "impersonation token".to_owned()),
        user: User { id: number(object, "user_id"), ..User::default() },
        ..common(object)
    })
}

/// What most entities have.
pub fn common(object: &Value) -> Learned {
    Learned {
        id: number(object, "id"),
        name: text(object, "name"),
        description: text(object, "description"),
        scopes: texts(object, "scopes"),
        created: text(object, "created_at"),
        expires: text(object, "expires_at"),
        last_used: text(object, "last_used_at").or_else(|| text(object, "last_used")),
        last_used_from: texts(object, "last_used_ips"),
        ..Learned::default()
    }
}

/// A user (`Entities::UserBasic` and richer ones). `None` when it is something else.
pub fn user(object: &Value) -> Option<User> {
    let username = text(object, "username")?;
    let bot = flag(object, "bot").or_else(|| bot_owner(&username).map(|_| true));
    Some(User {
        id: Some(number(object, "id")?),
        name: text(object, "name"),
        bot,
        admin: flag(object, "is_admin"),
        state: text(object, "state"),
        username: Some(username),
    })
}

/// Whose token a bot stands for: its name begins with `project_<id>_bot` or `group_<id>_bot`
/// (`doc/user/project/settings/project_access_tokens.md`).
pub fn bot_owner(username: &str) -> Option<(&'static str, u64)> {
    ["project", "group"].into_iter().find_map(|place| {
        let rest = username.strip_prefix(place)?.strip_prefix('_')?;
        let (id, rest) = rest.split_once('_')?;
        rest.starts_with("bot").then_some(())?;
        Some((place, id.parse().ok()?))
    })
}

/// Names what a token is by the user that it acts as.
pub fn name_by_user(learned: &mut Learned) {
    let Some(username) = &learned.user.username else { return };
    let what = match bot_owner(username) {
        Some(("project", id)) => format!("access token of project {id}"),
        Some((_, id)) => format!("access token of group {id}"),
        None if username.starts_with("service_account_") => "service account's token".to_owned(),
        None => return,
    };
    learned.what.get_or_insert(what);
}

/// A page of `…/self/associations`: groups and projects with access levels
/// (`doc/api/personal_access_tokens.md`). `None` when it is something else.
pub fn associations(object: &Value) -> Option<Vec<Reach>> {
    let mut reach = Vec::new();
    for (place, name) in [("group", "groups"), ("project", "projects")] {
        for entry in object.get(name)?.as_array()? {
            let path = ["full_path", "path_with_namespace", "name"];
            reach.extend(number(entry, "id").map(|id| Reach {
                place,
                id,
                path: path.iter().find_map(|name| text(entry, name)).unwrap_or_default(),
                level: level(entry.get("access_levels").unwrap_or(entry)),
            }));
        }
    }
    Some(reach)
}

/// The highest access level in it: a number, an object of them, or objects with `access_level`.
fn level(value: &Value) -> Option<u64> {
    match value {
        Value::Number(level) => level.as_u64(),
        Value::Object(members) if members.contains_key("access_level") => {
            members.get("access_level").and_then(Value::as_u64)
        }
        Value::Object(members) => {
            let levels = members.iter().filter(|(name, value)| {
                name.ends_with("access_level") || name.ends_with("access") || value.is_object()
            });
            levels.filter_map(|(_, value)| level(value)).max()
        }
        _ => None,
    }
}

/// `GET /users/:id/memberships` (`doc/api/users.md`). `None` when it is something else.
pub fn memberships(list: &Value) -> Option<Vec<Reach>> {
    let one = |entry: &Value| {
        let place = match text(entry, "source_type")?.as_str() {
            "Namespace" | "Group" => "group",
            "Project" => "project",
            _ => return None,
        };
        Some(Reach {
            place,
            id: number(entry, "source_id")?,
            path: text(entry, "source_name").unwrap_or_default(),
            level: number(entry, "access_level"),
        })
    };
    Some(list.as_array()?.iter().filter_map(one).collect())
}

/// A job (`Entities::Ci::JobRequest` and `GET /job`): id, name, ref, user, project.
pub fn job(object: &Value) -> Option<Learned> {
    let id = number(object, "id")?;
    let project = object.get("pipeline").and_then(|it| number(it, "project_id"));
    let project = project.or_else(|| object.get("project").and_then(|it| number(it, "id")));
    let reach = project.map(|id| Reach { place: "project", id, path: String::new(), level: None });
    let status = text(object, "status").map(|status| format!("CI/CD job, {status}"));
    Some(Learned {
        what: Some(status.unwrap_or_else(|| "CI/CD job".to_owned())),
        id: Some(id),
        name: text(object, "name"),
        user: object.get("user").and_then(user).unwrap_or_default(),
        created: text(object, "created_at"),
        reach: reach.into_iter().collect(),
        ..Learned::default()
    })
}

/// A runner (`Entities::Ci::RunnerDetails`, and what the admin API gives).
pub fn runner(object: &Value) -> Option<Learned> {
    let id = number(object, "id")?;
    let what = text(object, "runner_type").map(|it| it.replace("_type", " runner"));
    let mut reach = Vec::new();
    for (place, name) in [("group", "groups"), ("project", "projects")] {
        for entry in object.get(name).and_then(Value::as_array).into_iter().flatten() {
            let path = text(entry, "path_with_namespace").or_else(|| text(entry, "name"));
            let path = path.unwrap_or_default();
            reach.extend(number(entry, "id").map(|id| Reach { place, id, path, level: None }));
        }
    }
    Some(Learned {
        what,
        id: Some(id),
        description: text(object, "description"),
        last_used: text(object, "contacted_at"),
        created: text(object, "created_at"),
        expires: text(object, "token_expires_at"),
        reach,
        ..Learned::default()
    })
}

/// `GET /keys?fingerprint=` (`doc/api/keys.md`): the key, its user, the projects that it deploys.
pub fn key(object: &Value) -> Option<Learned> {
    let id = number(object, "id")?;
    text(object, "key").or_else(|| text(object, "title"))?;
    let projects = object.get("deploy_keys_projects").and_then(Value::as_array);
    let mut can_push = false;
    let mut reach = Vec::new();
    for entry in projects.into_iter().flatten() {
        can_push |= flag(entry, "can_push").unwrap_or(false);
        reach.extend(number(entry, "project_id").map(|id| Reach {
            place: "project",
            id,
            path: String::new(),
            level: None,
        }));
    }
    let what = match (reach.is_empty(), can_push) {
        (true, _) => "a user's SSH key",
        (false, true) => "deploy key that may push",
        (false, false) => "deploy key that only reads",
    };
    Some(Learned {
        what: Some(what.to_owned()),
        id: Some(id),
        name: text(object, "title"),
        user: object.get("user").and_then(user).unwrap_or_default(),
        may_write: Some(reach.is_empty() || can_push),
        created: text(object, "created_at"),
        expires: text(object, "expires_at"),
        last_used: text(object, "last_used_at"),
        reach,
        ..Learned::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{access_token, associations, bot_owner, key, level, memberships, user};

    #[test]
    fn bots_tell_whose_they_are() {
        assert_eq!(bot_owner("project_17_bot_a1b2"), Some(("project", 17)));
        assert_eq!(bot_owner("group_9_bot"), Some(("group", 9)));
        for name in ["project_17", "project_x_bot", "group__bot", "root", "my_group_9_bot"] {
            assert_eq!(bot_owner(name), None, "{name}");
        }
        let bot = user(&json!({"id": 5, "username": "project_17_bot_a"})).expect("a user");
        assert_eq!(bot.bot, Some(true));
    }

    #[test]
    fn other_objects_are_no_tokens() {
        assert!(access_token(&json!({"hello": "world"})).is_none());
        assert!(access_token(&json!({"id": 1})).is_none());
        assert!(access_token(&json!([1])).is_none());
        let known = access_token(&json!({"id": 1, "scopes": ["api", 7], "user_id": "x"}));
        assert_eq!(known.expect("a token").scopes, ["api"]);
    }

    #[test]
    fn levels_are_the_highest_that_is_named() {
        assert_eq!(level(&json!({"project_access_level": 30, "group_access_level": 40})), Some(40));
        assert_eq!(
            level(&json!({"project_access_level": null, "group_access_level": 10})),
            Some(10)
        );
        assert_eq!(level(&json!(20)), Some(20));
        assert_eq!(level(&json!("owner")), None);
        let page = json!({
            "groups": [{"id": 1, "full_path": "a/b", "access_levels": 50}],
            "projects": [{"id": 2, "path_with_namespace": "a/b/c",
                "access_levels": {"project_access_level": 30, "group_access_level": null}}],
        });
        let reach = associations(&page).expect("associations");
        assert_eq!((reach[0].level, reach[1].level), (Some(50), Some(30)));
        assert_eq!(reach[1].path, "a/b/c");
        assert!(associations(&json!({"groups": []})).is_none());
        assert!(memberships(&json!({})).is_none());
    }

    #[test]
    fn a_key_tells_what_it_may() {
        let projects = json!([{"project_id": 3, "can_push": true}]);
        let learned = key(&json!({"id": 1, "title": "t", "deploy_keys_projects": projects}));
        let learned = learned.expect("a key");
        assert_eq!(learned.what.as_deref(), Some("deploy key that may push"));
        assert_eq!(learned.reach[0].id, 3);
    }
}
