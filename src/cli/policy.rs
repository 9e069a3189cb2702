//! The settings about revoking, turned into a policy.

use anyhow::{bail, ensure};

use super::config::{ProtectSetting, RevokeSetting};
use crate::revoke::policy::{Policy, Protect, Protected};
use crate::token::kinds;

/// Checks the settings: a kind or a pattern that is none would protect nothing.
pub fn policy(setting: &RevokeSetting) -> anyhow::Result<Policy> {
    for kind in setting.kinds.iter().flatten() {
        ensure!(
            kinds::is_known(kind),
            "[revoke] kinds: {kind:?} is no kind of token; it is the word of \"kind\" in a JSON \
             report, such as deploy_token"
        );
    }
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
        (Some(fingerprint), None, None) => {
            let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            ensure!(
                fingerprint.len() == 32 && fingerprint.bytes().all(is_hex),
                "[[revoke.protect]] fingerprint {fingerprint:?} is none: 32 digits, as reports show it"
            );
            Protected::Fingerprint(fingerprint.clone())
        }
        (None, Some(user), None) => {
            let name = user.strip_prefix('@').unwrap_or(user);
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            ensure!(
                !name.is_empty() && name.bytes().all(is_part),
                "[[revoke.protect]] user {user:?} is no user name"
            );
            Protected::User(name.to_owned())
        }
        (None, None, Some(name)) if name.is_empty() || name.trim() != name => {
            bail!(
                "[[revoke.protect]] name {name:?} fits nothing: a pattern without spaces around it"
            )
        }
        (None, None, Some(name)) => match Protected::name(name) {
            Ok(name) => name,
            Err(why) => bail!("[[revoke.protect]] name {name:?} is no pattern: {why}"),
        },
        _ => bail!("[[revoke.protect]] takes one of fingerprint, user and name"),
    };
    Ok(Protect { what, reason: setting.reason.clone() })
}
