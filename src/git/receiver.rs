//! Whether the remote-tracking refs of a remote tell what is at the address to which is pushed. They
//! describe the server that was fetched from or pushed to last under the remote's name; somebody may have
//! given that name another address since.

use super::pushed::{Update, is_zero};
use super::repository::Repository;

/// True when they may. In doubt they tell nothing, and more is read: that git says of a branch that it is
/// new there while a tracking ref has it shows another server, or a branch that somebody has deleted. A new
/// server under an old name to which only branches without a tracking ref are pushed is not noticed.
pub(super) fn is_described(
    repository: &Repository,
    remote: &str,
    address: Option<&str>,
    updates: &[Update],
) -> bool {
    let Ok(found) = repository.inner.find_remote(remote) else { return false };
    let all = addresses(repository, remote);
    // Git fetches from the first address, and pushes to all. What it has made of one by insteadOf is known
    // here where there is but one.
    let fetched = match &all[..] {
        [first, _, ..] => Some(first.as_str()),
        _ => found.url().ok(),
    };
    let pushed = match address {
        Some(address) => Some(address),
        None => found.pushurl().ok().flatten().or(fetched),
    };
    let same = pushed.zip(fetched).is_some_and(|(pushed, fetched)| is_same(pushed, fetched));
    same && !updates.iter().any(|update| is_missing(repository, remote, update))
}

fn addresses(repository: &Repository, remote: &str) -> Vec<String> {
    let mut all = Vec::new();
    let config = repository.inner.config();
    let entries = config.as_ref().map(|it| it.multivar(&format!("remote.{remote}.url"), None));
    if let Ok(Ok(entries)) = entries {
        // What cannot be read is not equal to anything.
        let _ = entries.for_each(|entry| {
            all.push(String::from_utf8_lossy(entry.value_bytes()).into_owned());
        });
    }
    all
}

/// True when the receiver lacks a branch that the remote-tracking refs have.
fn is_missing(repository: &Repository, remote: &str, update: &Update) -> bool {
    let branch = update.name.strip_prefix(b"refs/heads/").filter(|_| is_zero(update.old));
    let branch = branch.and_then(|it| std::str::from_utf8(it).ok());
    branch.is_some_and(|branch| {
        repository.inner.find_reference(&format!("refs/remotes/{remote}/{branch}")).is_ok()
    })
}

/// The parts of an address that say whose it is.
#[derive(PartialEq, Eq)]
struct Server<'a> {
    is_web: bool,
    host: String,
    port: Option<&'a str>,
    path: &'a str,
}

/// True when two addresses name the same repository of the same server, be it over the web or over SSH.
fn is_same(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    match (server(one), server(other)) {
        // The ports of two ways in differ anyway.
        (Some(one), Some(other)) if one.is_web != other.is_web => {
            (one.host, one.path) == (other.host, other.path)
        }
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

fn server(address: &str) -> Option<Server<'_>> {
    let (is_web, authority, path) = if let Some((scheme, rest)) = address.split_once("://") {
        let (authority, path) = rest.split_once('/')?;
        (matches!(scheme, "http" | "https"), authority, path)
    } else {
        // `user@host:path`; a colon behind a slash is part of a path on this machine.
        let (authority, path) = address.split_once(':').filter(|(it, _)| !it.contains('/'))?;
        (false, authority, path)
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    Some(Server { is_web, host: host.to_ascii_lowercase(), port, path })
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn the_same_repository_has_several_addresses() {
        let web = "https://gitlab.example/group/x.git";
        for same in [
            "https://gitlab.example/group/x",
            "https://user@GitLab.example/group/x.git/",
            "git@gitlab.example:group/x.git",
            "ssh://git@gitlab.example:2222/group/x.git",
        ] {
            assert!(is_same(web, same), "{same}");
        }
        for other in [
            "https://gitlab.example/group/y.git",
            "https://other.example/group/x.git",
            "https://gitlab.example:8443/group/x.git",
            "git@other.example:group/x.git",
            "git@gitlab.example:other/x.git",
            "../group/x.git",
            "",
        ] {
            assert!(!is_same(web, other), "{other}");
        }
        assert!(is_same("../a:b", "../a:b") && !is_same("../a:b", "../a:b.git"));
    }
}
