//! Who asks: every way in which a request can carry a secret, and every way to refuse it.

use super::answers::{
    forbidden, insufficient_scope, invalid_token, message, not_found, unauthorized,
};
use super::http::{Recorded, Response};
use super::records::Place;
use super::state::State;

const EXPIRED: &str = "Token is expired. You can either do re-authorization or token refresh.";
const REVOKED: &str = "Token was revoked. You have to re-authorize from the user.";
const NO_IMPERSONATION: &str = "Token is an impersonation token but impersonation was disabled.";
const NO_PROOF: &str = "DPoP validation error: DPoP header is missing";

/// Who was let in.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) user_id: u64,
    /// The token in the table of personal access tokens; none for OAuth and for sessions.
    pub(super) pat_id: Option<u64>,
}

/// A request with the state that it may change.
pub(super) struct Call<'a> {
    pub(super) request: &'a Recorded,
    pub(super) state: &'a mut State,
}

impl<'a> Call<'a> {
    /// The method by which routes are found.
    pub(super) fn method(&self) -> &'a str {
        if self.request.method == "HEAD" { "GET" } else { &self.request.method }
    }

    /// Lets in whoever has one of these scopes; with none named, whoever is known.
    pub(super) fn caller(&mut self, scopes: &[&str]) -> Result<Caller, Response> {
        let private = self.request.header("private-token").map(str::to_owned);
        if let Some(token) = private.or_else(|| self.request.param("private_token")) {
            return self.by_pat(&token, scopes);
        }
        if let Some(token) = self.request.bearer() {
            let is_oauth = self.state.oauth_tokens.iter().any(|it| it.token == token);
            return if is_oauth {
                self.by_oauth(token, scopes)
            } else {
                self.by_pat(token, scopes)
            };
        }
        // A cookie alone only reads: for the rest, the page's CSRF token would be needed.
        let cookie = self.cookie().filter(|_| self.method() == "GET");
        let session = self.state.sessions.iter().find(|it| Some(&it.cookie) == cookie.as_ref());
        let user_id = session.ok_or_else(unauthorized)?.user_id;
        self.not_blocked(user_id)?;
        Ok(Caller { user_id, pat_id: None })
    }

    fn cookie(&self) -> Option<String> {
        let cookies = self.request.header("cookie")?.split(';');
        let mut values = cookies.filter_map(|it| it.trim().strip_prefix("_gitlab_session="));
        values.next().map(str::to_owned)
    }

    /// Lets in by a token of the personal access tokens' table, and notes its use.
    pub(super) fn by_pat(&mut self, token: &str, scopes: &[&str]) -> Result<Caller, Response> {
        let pat = self.state.pat_by_token(token).cloned().ok_or_else(unauthorized)?;
        if self.state.is_past(pat.expires_at.as_deref()) {
            return Err(invalid_token("invalid_token", EXPIRED));
        }
        if pat.revoked {
            // Whoever rotates a dead token may be a thief: GitLab kills what came of it.
            let path = &self.request.path;
            if path.contains("access_tokens/") && path.ends_with("/rotate") {
                self.state.revoke_family(pat.family);
            }
            return Err(invalid_token("invalid_token", REVOKED));
        }
        in_scope(&pat.scopes, scopes)?;
        if pat.impersonation && !self.state.impersonation_enabled {
            return Err(invalid_token("invalid_token", NO_IMPERSONATION));
        }
        if pat.dpop && self.request.header("dpop").is_none() {
            return Err(invalid_token("dpop_error", NO_PROOF));
        }
        self.not_blocked(pat.user_id)?;
        let forwarded = self.request.header("x-forwarded-for").unwrap_or("127.0.0.1");
        let ip = forwarded.split(',').next().unwrap_or_default().trim();
        self.state.note_use(pat.id, ip);
        Ok(Caller { user_id: pat.user_id, pat_id: Some(pat.id) })
    }

    fn by_oauth(&self, token: &str, scopes: &[&str]) -> Result<Caller, Response> {
        let found = self.state.oauth_tokens.iter().find(|it| it.token == token);
        let found = found.ok_or_else(unauthorized)?;
        if found.expired {
            return Err(invalid_token("invalid_token", EXPIRED));
        }
        if found.revoked {
            return Err(invalid_token("invalid_token", REVOKED));
        }
        in_scope(&found.scopes, scopes)?;
        self.not_blocked(found.user_id)?;
        Ok(Caller { user_id: found.user_id, pat_id: None })
    }

    fn not_blocked(&self, user_id: u64) -> Result<(), Response> {
        if self.state.is_blocked(user_id) {
            return Err(message(403, "403 Forbidden - Your account has been blocked."));
        }
        Ok(())
    }

    /// Whoever may use the API at large: to read with either scope, to write with `api` alone.
    pub(super) fn member(&mut self) -> Result<Caller, Response> {
        let reads = self.method() == "GET";
        self.caller(if reads { &["api", "read_api"] } else { &["api"] })
    }

    /// An administrator.
    pub(super) fn admin(&mut self) -> Result<Caller, Response> {
        let caller = self.member()?;
        if self.state.is_admin(caller.user_id) { Ok(caller) } else { Err(forbidden()) }
    }

    /// The project or group of a path, for whoever has this access level there. What one may not
    /// see at all is said not to exist.
    pub(super) fn place(
        &self,
        caller: &Caller,
        kind: &str,
        id: &str,
        level: u64,
    ) -> Result<Place, Response> {
        let number = id.parse::<u64>().ok();
        let is_it = |its_id: u64, its_path: &str| Some(its_id) == number || its_path == id;
        let (place, name) = if kind == "projects" {
            let found = self.state.projects.iter().find(|it| is_it(it.id, &it.path));
            (found.map(|it| Place::Project(it.id)), "Project")
        } else {
            let found = self.state.groups.iter().find(|it| is_it(it.id, &it.path));
            (found.map(|it| Place::Group(it.id)), "Group")
        };
        let place = place.ok_or_else(|| not_found(name))?;
        match self.state.level(caller.user_id, place) {
            0 => Err(not_found(name)),
            theirs if theirs < level => Err(forbidden()),
            _ => Ok(place),
        }
    }

    /// The project of a path, for whoever has this access level there.
    pub(super) fn project(&self, caller: &Caller, id: &str, level: u64) -> Result<u64, Response> {
        match self.place(caller, "projects", id, level)? {
            Place::Project(id) => Ok(id),
            _ => Err(not_found("Project")),
        }
    }

    /// A parameter that must be there.
    pub(super) fn required(&self, name: &str) -> Result<String, Response> {
        self.request.param(name).ok_or_else(|| super::answers::missing(name))
    }
}

fn in_scope(has: &[String], wanted: &[&str]) -> Result<(), Response> {
    let fits = wanted.is_empty() || has.iter().any(|scope| wanted.contains(&scope.as_str()));
    if fits { Ok(()) } else { Err(insufficient_scope(wanted)) }
}
