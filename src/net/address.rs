//! The address of an instance, as the operator named it. Nothing else can be asked: there is no way
//! to make an address from a text that was scanned but through [`Address::parse`], which only `cli`
//! calls.

use std::fmt;

use url::{Host, Url};

/// Where an instance is: scheme, host, port, and the folder of a relative installation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    url: Url,
    shown: String,
}

/// Why a text is no address. Never quotes it: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No URL at all.
    #[error("it is no address; write one such as https://gitlab.example.com")]
    Malformed,
    /// Not encrypted.
    #[error("only https is used, since tokens travel there (http for this machine alone)")]
    NotEncrypted,
    /// A user name or password in it.
    #[error("it holds a user name or password; give the address alone")]
    Credentials,
    /// A query or fragment.
    #[error("it has a query or fragment; give the address of the instance alone")]
    TooMuch,
}

impl Address {
    /// Reads an address. A bare host name means https.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let with_scheme =
            if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let mut url = Url::parse(&with_scheme).map_err(|_| AddressError::Malformed)?;
        if url.host().is_none() || text.is_empty() {
            return Err(AddressError::Malformed);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(AddressError::TooMuch);
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            _ => return Err(AddressError::NotEncrypted),
        }
        // A dot at its end makes it no other host.
        if let Some(host) =
            url.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned)
        {
            url.set_host(Some(&host)).map_err(|_| AddressError::Malformed)?;
        }
        // What people copy is often the address of the API.
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/api/v4").unwrap_or(path).to_owned();
        url.set_path(&path);
        let shown = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { url, shown })
    }

    /// The host name, lower case, without port.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// True when nothing is encrypted on the way, since it does not leave the machine.
    pub fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// The address of a path on it. The path is escaped already and begins with a slash.
    pub(super) fn at(&self, path: &str) -> Result<Url, AddressError> {
        let url = Url::parse(&format!("{}{path}", self.shown));
        let url = url.map_err(|_| AddressError::Malformed)?;
        // A path can change nothing of where it goes.
        let same = url.origin() == self.url.origin();
        if same { Ok(url) } else { Err(AddressError::Malformed) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The host that a text names as somebody's address: a URL, or a bare host, with or without port.
/// Lower case. For hints only; nothing is ever sent there because of it.
pub fn host_of(text: &str) -> Option<String> {
    let url = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    Some(Url::parse(&url).ok()?.host_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Address, AddressError, host_of};

    #[test]
    fn addresses_are_normalised() {
        let shown = |text: &str| Address::parse(text).map(|it| it.as_str().to_owned());
        for (text, expected) in [
            ("https://GitLab.example.com", "https://gitlab.example.com"),
            ("gitlab.example.com/", "https://gitlab.example.com"),
            ("https://gitlab.example.com:443", "https://gitlab.example.com"),
            ("https://example.com:8443/gitlab/", "https://example.com:8443/gitlab"),
            ("https://example.com/gitlab/api/v4/", "https://example.com/gitlab"),
            ("https://gitlab.example.com.", "https://gitlab.example.com"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_could_leak_is_refused() {
        for (text, expected) in [
            ("http://gitlab.example.com", AddressError::NotEncrypted),
            ("http://127.0.0.1.example.com", AddressError::NotEncrypted),
            ("http://localhost.example.com", AddressError::NotEncrypted),
            ("ftp://gitlab.example.com", AddressError::NotEncrypted),
            ("https://user@gitlab.example.com", AddressError::Credentials),
            ("https://:x@gitlab.example.com", AddressError::Credentials),
            ("https://gitlab.example.com?x=1", AddressError::TooMuch),
            ("https://gitlab.example.com#x", AddressError::TooMuch),
            ("", AddressError::Malformed),
            ("https://", AddressError::Malformed),
            ("a b", AddressError::Malformed),
        ] {
            assert_eq!(Address::parse(text).err(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_path_stays_at_its_host() {
        let address = Address::parse("https://example.com/gitlab").expect("good");
        let at = |path: &str| address.at(path).map(String::from);
        assert_eq!(at("/api/v4/user").as_deref(), Ok("https://example.com/gitlab/api/v4/user"));
        let bare = Address::parse("https://example.com").expect("good");
        assert!(bare.at("@evil.example/").is_err());
        assert!(bare.at(".evil.example/").is_err());
    }

    #[test]
    fn hosts_of_hints() {
        assert_eq!(host_of("https://A.example:8080/x").as_deref(), Some("a.example"));
        assert_eq!(host_of("gitlab.example.com:22").as_deref(), Some("gitlab.example.com"));
        assert_eq!(host_of("a b"), None);
    }
}
