//! Whose a token is, in Markdown: the account that it acts as, else the project or group that it
//! belongs to.

use crate::model::facts::OwnerField;
use crate::model::finding::Finding;
use crate::report::markup::code;

/// Whose it is: a user, or the project or group that it belongs to.
pub(super) fn owner(finding: Option<&Finding>, instance: Option<&str>) -> String {
    let name = finding.and_then(|it| account(it).or_else(|| home(it)));
    let mut out = name.unwrap_or_else(|| "Owner unknown".to_owned());
    let known = finding.and_then(|it| it.verdict.instance.as_deref());
    if let Some(instance) = instance.or(known) {
        out += &format!(" at {}", code(instance));
    }
    out
}

/// The account that it acts as.
fn account(finding: &Finding) -> Option<String> {
    let user = &finding.verdict.learned.user;
    let name = user.username.as_deref().map(code);
    let name = name.or_else(|| user.id.map(|id| format!("User {id}")))?;
    Some(if user.bot == Some(true) { name + " (a bot)" } else { name })
}

/// The one project or group that it reaches, or what the token itself says.
fn home(finding: &Finding) -> Option<String> {
    let learned = &finding.verdict.learned;
    if let ([place], false) = (learned.reach.as_slice(), learned.reach_is_cut) {
        let what = if place.place == "group" { "Group" } else { "Project" };
        let path = place.path.as_str();
        let name = if path.is_empty() { place.id.to_string() } else { code(path) };
        return Some(format!("{what} {name}"));
    }
    let fields = [
        (OwnerField::User, "User"),
        (OwnerField::Project, "Project"),
        (OwnerField::Group, "Group"),
    ];
    fields
        .iter()
        .find_map(|(field, what)| finding.facts.owner.get(field).map(|id| format!("{what} {id}")))
}

#[cfg(test)]
mod tests {
    use super::owner;
    use crate::model::facts::OwnerField;
    use crate::model::finding::Finding;
    use crate::model::verdict::{Reach, User};
    use crate::report::sample;

    /// The owner of a finding that was changed first.
    fn of(change: impl FnOnce(&mut Finding)) -> String {
        let mut finding = sample::live(1);
        finding.verdict.instance = None;
        change(&mut finding);
        owner(Some(&finding), None)
    }

    fn reach(place: &'static str, id: u64, path: &str) -> Reach {
        Reach { place, id, path: path.to_owned(), level: None }
    }

    #[test]
    fn an_account_is_the_owner() {
        let user = |user: User| of(|it| it.verdict.learned.user = user);
        let named = User { id: Some(5), username: Some("@all`".to_owned()), ..User::default() };
        assert_eq!(user(named), "`` @all` ``");
        let bot = User { id: Some(5), bot: Some(true), ..User::default() };
        assert_eq!(user(bot), "User 5 (a bot)");
    }

    #[test]
    fn without_an_account_the_place_is_the_owner() {
        let reaches = |reach: Vec<Reach>| of(|it| it.verdict.learned.reach = reach);
        assert_eq!(reaches(vec![reach("project", 7, "a/b")]), "Project `a/b`");
        assert_eq!(reaches(vec![reach("group", 3, "")]), "Group 3");
        let two = vec![reach("project", 7, "a"), reach("group", 3, "b")];
        assert_eq!(reaches(two), "Owner unknown");
        let facts = |field| of(|it| it.facts.owner.extend([(field, 7), (OwnerField::Cell, 1)]));
        assert_eq!(facts(OwnerField::User), "User 7");
        assert_eq!(facts(OwnerField::Project), "Project 7");
        assert_eq!(facts(OwnerField::Group), "Group 7");
        assert_eq!(facts(OwnerField::Job), "Owner unknown");
    }

    #[test]
    fn accounts_of_two_instances_are_two_owners() {
        let expected = "Owner unknown at `https://gitlab.example.com`";
        assert_eq!(owner(Some(&sample::live(1)), None), expected);
        let expected = "Owner unknown at `https://other.example`";
        assert_eq!(owner(Some(&sample::live(1)), Some("https://other.example")), expected);
        assert_eq!(owner(None, None), "Owner unknown");
    }
}
