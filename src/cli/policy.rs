//! The settings about revoking, turned into a policy.

use anyhow::bail;

use super::config::{ProtectSetting, RevokeSetting};
use crate::revoke::policy::{Policy, Protect, Protected};

/// The policy that the settings make. They were checked when they were read (`config::keys`).
pub fn policy(setting: &RevokeSetting) -> anyhow::Result<Policy> {
    let protect: anyhow::Result<Vec<Protect>> = setting.protect.iter().map(protect).collect();
    Ok(Policy {
        kinds: setting.kinds.clone(),
        owners: setting.owners.clone(),
        hosts: setting.hosts.clone(),
        protect: protect?,
    })
}

fn protect(setting: &ProtectSetting) -> anyhow::Result<Protect> {
    let what = match (&setting.fingerprint, &setting.user, &setting.name) {
        (Some(fingerprint), None, None) => Protected::Fingerprint(fingerprint.clone()),
        (None, Some(user), None) => {
            Protected::User(user.strip_prefix('@').unwrap_or(user).to_owned())
        }
        (None, None, Some(name)) => match Protected::name(name) {
            Ok(name) => name,
            Err(why) => bail!("[[revoke.protect]] name is no pattern: {why}"),
        },
        // What protects nothing must not pass for protection.
        _ => bail!("[[revoke.protect]] takes one of fingerprint, user and name"),
    };
    Ok(Protect { what, reason: setting.reason.clone() })
}
