//! What a project or group shows to who runs it, and what that proves of a token: the list of its
//! triggers, of its deploy keys, and its registration token. Nobody is an administrator here.
//! Sources: `doc/api/pipeline_triggers.md`, `doc/api/deploy_keys.md`, `lib/api/entities/project.rb`.

use serde_json::Value;

use super::answer::{Judged, json, object, proves_nothing, word};
use super::entity;
use super::operator::operator_refused;
use crate::model::secret::Secret;
use crate::model::verdict::{Learned, Reach, State};
use crate::net::message::Response;

/// What is looked for, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owners {
    /// This trigger token in a project's list.
    Trigger {
        /// The token.
        token: Secret,
        /// The project, as it was asked for.
        project: String,
    },
    /// The deploy key of this fingerprint (`SHA256:…`) in a project's list.
    DeployKey {
        /// The fingerprint.
        fingerprint: String,
        /// The project, as it was asked for.
        project: String,
    },
    /// This registration token in a project or group.
    Registration {
        /// The token.
        token: Secret,
        /// `project` or `group`.
        place: &'static str,
    },
}

impl Owners {
    /// What the answer proves.
    pub fn judge(&self, response: &Response) -> Judged {
        if let Some(refused) = operator_refused(response) {
            return refused;
        }
        match (response.status, self) {
            (403 | 404, _) if object(response).is_some() => {
                Judged::NotThisWay("the operator's credential does not open that place".into())
            }
            (200, Self::Registration { token, place }) => registration(response, token, place),
            (200, Self::Trigger { token, project }) => {
                let entries = json(response).unwrap_or_default();
                let mut shown = entries.as_array().into_iter().flatten();
                if shown.any(|entry| is_short_form(word(entry, "token"), token)) {
                    let why =
                        "the project shows a trigger that begins like it whole to its owner alone";
                    return Judged::NotThisWay(why.into());
                }
                let fits = |entry: &Value| same(word(entry, "token"), token);
                self.listed(response, project, &fits, "the project lists no such trigger")
            }
            (200, Self::DeployKey { fingerprint, project }) => {
                let fits = |entry: &Value| word(entry, "fingerprint_sha256") == fingerprint;
                self.listed(response, project, &fits, "the project lists no such deploy key")
            }
            _ => proves_nothing(response),
        }
    }

    fn listed(
        &self,
        response: &Response,
        project: &str,
        fits: &dyn Fn(&Value) -> bool,
        absent: &'static str,
    ) -> Judged {
        let Some(Value::Array(entries)) = json(response) else { return proves_nothing(response) };
        match entries.iter().find(|entry| fits(entry)) {
            Some(entry) => Judged::learned(State::Live, self.learned(entry, project)),
            None if response.next_page.is_some() => {
                Judged::NotThisWay("the project lists more than a hundred of them".into())
            }
            None => Judged::Absent(absent.into()),
        }
    }

    fn learned(&self, entry: &Value, project: &str) -> Learned {
        let id = project.parse().unwrap_or(0);
        let path = if id == 0 { project.to_owned() } else { String::new() };
        let reach = vec![Reach { place: "project", id, path, level: None }];
        let can_push = entry.get("can_push").and_then(Value::as_bool);
        let user = entry.get("owner").and_then(entity::user).unwrap_or_default();
        let what = match can_push {
            Some(true) => Some("deploy key that may push".to_owned()),
            Some(false) => Some("deploy key that only reads".to_owned()),
            None => None,
        };
        let name = entity::text(entry, "title");
        let common = entity::common(entry);
        Learned {
            what,
            user,
            may_write: can_push,
            reach,
            name: name.or(common.name.clone()),
            ..common
        }
    }
}

/// What others than its owner see of a trigger: four characters, the first or those behind the prefix
/// (`app/models/ci/trigger.rb`).
fn is_short_form(shown: &str, token: &Secret) -> bool {
    let whole = token.expose();
    let body = whole.iter().rposition(|&byte| byte == b'-').map_or(0, |dash| dash + 1);
    let shown = shown.as_bytes();
    let is_short = !shown.is_empty() && shown.len() < whole.len();
    is_short && (whole.starts_with(shown) || whole[body..].starts_with(shown))
}

/// True when a text of the instance's is the token.
fn same(text: &str, token: &Secret) -> bool {
    text.as_bytes() == token.expose()
}

fn registration(response: &Response, token: &Secret, place: &'static str) -> Judged {
    let Some(body) = object(response) else { return proves_nothing(response) };
    let Some(id) = entity::number(&body, "id") else { return proves_nothing(response) };
    match word(&body, "runners_token") {
        "" => Judged::NotThisWay("the operator's credential is not shown that token".into()),
        shown if same(shown, token) => {
            let path = ["path_with_namespace", "full_path"];
            let path = path.iter().find_map(|name| entity::text(&body, name)).unwrap_or_default();
            let reach = vec![Reach { place, id, path, level: None }];
            Judged::learned(State::Live, Learned { reach, ..Learned::default() })
        }
        _ => Judged::Absent("not the registration token of the place that was named".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::Owners;
    use crate::gitlab::answer::Judged;
    use crate::gitlab::answer::tests::{json, proven};
    use crate::model::secret::Secret;
    use crate::model::verdict::State;

    fn trigger(body: &str) -> Judged {
        let (token, project) = (Secret::new(*b"abcdefgh"), "7".to_owned());
        Owners::Trigger { token, project }.judge(&json(200, body))
    }

    #[test]
    fn only_a_whole_trigger_counts() {
        let judged = trigger(r#"[{"id":1,"token":"abcx"},{"id":2,"token":"abcdefgh"}]"#);
        let Judged::Proven { state: State::Live, learned, .. } = judged else { panic!("live") };
        assert_eq!((learned.id, learned.reach[0].id), (Some(2), 7));
        // Somebody else's trigger may be this one: four characters prove neither.
        assert!(matches!(trigger(r#"[{"id":1,"token":"abcd"}]"#), Judged::NotThisWay(_)));
        assert!(matches!(trigger(r#"[{"id":1,"token":"abce"}]"#), Judged::Absent(_)));
        assert!(matches!(trigger("[]"), Judged::Absent(_)));
        assert!(matches!(trigger("{}"), Judged::Open(_)));
    }

    #[test]
    fn a_list_that_goes_on_proves_no_absence() {
        let fingerprint = "SHA256:abc".to_owned();
        let owners = Owners::DeployKey { fingerprint, project: "a/b".to_owned() };
        let mut response = json(200, r#"[{"id":1,"fingerprint_sha256":"SHA256:x"}]"#);
        assert!(matches!(owners.judge(&response), Judged::Absent(_)));
        response.next_page = Some(2);
        assert!(matches!(owners.judge(&response), Judged::NotThisWay(_)));
        let found = r#"[{"id":1,"fingerprint_sha256":"SHA256:abc","title":"k","can_push":true}]"#;
        let Judged::Proven { learned, .. } = owners.judge(&json(200, found)) else {
            panic!("live")
        };
        assert_eq!((learned.reach[0].path.as_str(), learned.may_write), ("a/b", Some(true)));
    }

    #[test]
    fn a_registration_token_is_its_places() {
        let owners = Owners::Registration { token: Secret::new(*b"abc"), place: "project" };
        let judge = |body: &str| owners.judge(&json(200, body));
        assert_eq!(proven(&judge(r#"{"id":7,"runners_token":"abc"}"#)), Some(State::Live));
        assert!(matches!(judge(r#"{"id":7,"runners_token":"abd"}"#), Judged::Absent(_)));
        assert!(matches!(judge(r#"{"id":7}"#), Judged::NotThisWay(_)));
        assert!(matches!(judge(r#"{"hello":7}"#), Judged::Open(_)));
        let none = owners.judge(&json(404, r#"{"message":"404 Project Not Found"}"#));
        assert!(matches!(none, Judged::NotThisWay(_)));
    }
}
