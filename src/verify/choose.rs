//! Which of the instances that the operator named are asked about a secret, and which first. The host
//! that a token names itself chooses among them, one that stands beside it or in a remote puts them in
//! order; neither can ever add one. Pure.

use super::Options;
use crate::model::finding::Finding;
use crate::model::verdict::Verdict;
use crate::net::address::host_of;
use crate::token::describe;

/// The places of the instances to ask, in order; never none. The error is the verdict on a token that
/// belongs elsewhere.
pub fn choose(finding: &Finding, options: &Options) -> Result<Vec<usize>, Verdict> {
    let at = |host: &str| -> Vec<usize> {
        let instances = options.instances.iter().enumerate();
        instances.filter(|(_, it)| it.address.host() == host).map(|(place, _)| place).collect()
    };
    // What a token says of itself is signed; nobody else can use it.
    let own = describe::facts(finding.secret.expose(), finding.facts.prefix.len()).host;
    if let Some(own) = own.and_then(|host| host_of(&host)) {
        let chosen = at(&own);
        return if chosen.is_empty() {
            let why = format!("it was issued by {own}, which is none of the named instances");
            Err(Verdict::inconclusive(why))
        } else {
            Ok(chosen)
        };
    }
    // Anybody can write an address beside a token, so that only says who is asked first.
    let beside = finding.facts.host.as_deref().and_then(host_of);
    let hints = beside.iter().chain(&options.remotes);
    let mut all: Vec<usize> = hints.flat_map(|host| at(host)).collect();
    all.extend(0..options.instances.len());
    let mut seen = vec![false; options.instances.len()];
    all.retain(|&place| !std::mem::replace(&mut seen[place], true));
    Ok(all)
}
