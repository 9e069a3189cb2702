//! A finding of a report to one of the model. What the form does not hold is found out from what it
//! does; a word that is not known is a mistake.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Rules;
use super::wire::{
    WireChange, WireFinding, WireId, WireLocation, WireReach, WireReceipt, WireToken, WireVerdict,
};
use crate::model::facts::{Facts, KeyFacts, OwnerField};
use crate::model::finding::{Evidence, Finding, Place, RuleCard, Severity};
use crate::model::object::ObjectId;
use crate::model::origin::{Moment, Origin, PathBytes, Signature};
use crate::model::provenance::{Change, Exposure, Provenance};
use crate::model::revocation::{Ending, Receipt, Way};
use crate::model::secret::{HIDDEN, Secret};
use crate::model::shard::Unreported;
use crate::model::span::Position;
use crate::model::suppressed::By;
use crate::model::verdict::{AskedWith, Learned, Reach, State, User, Verdict};
use crate::report::when;

/// Or why not: lower case, no full stop, nothing quoted.
type Read<T> = Result<T, String>;

/// A finding that is reported.
pub(super) fn reported(wire: WireFinding, rules: &Rules) -> Read<Finding> {
    let finding = finding(wire, rules)?;
    match finding.places.is_empty() {
        true => Err("a finding without a location".to_owned()),
        false => Ok(finding),
    }
}

fn finding(wire: WireFinding, rules: &Rules) -> Read<Finding> {
    let severity = known("severity", Severity::from_word(&wire.severity))?;
    let places: BTreeSet<Place> = wire.locations.iter().map(place).collect::<Read<_>>()?;
    let verdict = verdict(wire.verdict)?;
    let (facts, context_at) = facts(wire.token)?;
    let (secret, mask) = secret(wire.secret, &facts);
    let mut finding = Finding {
        hinted_at: context_at.map(|at| hinted_at(&places, at)),
        rule: Arc::new(RuleCard {
            severity: rules.get(&wire.rule).map_or(severity, |(_, severity)| *severity),
            id: wire.rule,
            title: wire.title,
            kind: wire.kind,
            remediation: wire.remediation,
        }),
        fingerprint: fingerprint(wire.fingerprint)?,
        secret,
        mask,
        evidence: known("evidence", Evidence::from_word(&wire.evidence))?,
        doubt: wire.doubt.map(Into::into),
        facts,
        verdict,
        receipt: None,
        places,
        occurrences: wire.occurrences.places,
        marked: wire.marked,
        excerpt: None,
        provenance: None,
    };
    if let Some(introduced_count) = wire.introduced_count {
        let exposures = [Exposure::Unreachable, Exposure::LocalOnly, Exposure::Pushed];
        let word = wire.exposure.as_deref();
        let exposure = exposures.into_iter().find(|it| Some(it.word()) == word);
        finding.provenance = Some(Provenance {
            introduced: wire.introduced.iter().map(change).collect::<Read<_>>()?,
            introduced_count,
            removed: wire.removed.iter().map(change).collect::<Read<_>>()?,
            removed_count: wire.removed_count,
            in_head: wire.in_head,
            refs: wire.refs.into_iter().map(|name| name.into_bytes().into()).collect(),
            refs_count: wire.refs_count,
            exposure: known("exposure", exposure)?,
            blobs: wire.occurrences.blobs,
            paths: wire.occurrences.paths,
        });
    }
    finding.receipt = wire.receipt.map(|wire| receipt(wire, &finding)).transpose()?;
    assume_severity(&mut finding, severity);
    Ok(finding)
}

/// One that is not.
pub(super) fn unreported(mut wire: WireFinding, rules: &Rules) -> Read<Unreported> {
    let word = wire.by.take();
    let by = word.map(|word| known("by", by(&word))).transpose()?;
    Ok(Unreported { finding: finding(wire, rules)?, by })
}

/// The inverse of [`By::word`].
pub(super) fn by(word: &str) -> Option<By> {
    By::ALL.into_iter().find(|by| by.word() == word)
}

/// What a word must stand for.
pub(super) fn known<T>(field: &str, value: Option<T>) -> Read<T> {
    value.ok_or_else(|| format!("\"{field}\" is a word that this version of stanch does not know"))
}

/// Fingerprints and marks of keys: 32 hexadecimal digits, so that they can stand anywhere.
pub(super) fn fingerprint(text: String) -> Read<String> {
    let is_hex = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
    let good = text.len() == 32 && text.bytes().all(is_hex);
    good.then_some(text).ok_or_else(|| "a fingerprint is not 32 hexadecimal digits".to_owned())
}

/// The mask, if it is one: prefix, at most four characters, stars. All else is a whole secret, which
/// is masked again by whoever prints it.
fn secret(text: String, facts: &Facts) -> (Secret, Option<String>) {
    let body = text.as_bytes().strip_prefix(&*facts.prefix);
    let shown = body.and_then(|body| body.strip_suffix(HIDDEN.as_bytes()));
    let is_mask = shown.is_some_and(|it| it.len() <= 4 && it.iter().all(u8::is_ascii_graphic));
    match is_mask {
        true => (Secret::new(Vec::new()), Some(text)),
        false => (Secret::new(text.into_bytes()), None),
    }
}

/// The place of this number; one that is not listed comes after all that are.
fn hinted_at(places: &BTreeSet<Place>, number: usize) -> Place {
    let position = Position { line: u64::MAX, column: u64::MAX };
    // No label of a repository comes after this one. It is only compared, never written.
    let last =
        || Place { repository: Some(Arc::from([0xff; 64])), origin: Origin::Stdin, position };
    places.iter().nth(number).cloned().unwrap_or_else(last)
}

fn facts(wire: WireToken) -> Read<(Facts, Option<usize>)> {
    let fields = [
        OwnerField::Cell,
        OwnerField::Organization,
        OwnerField::Group,
        OwnerField::Project,
        OwnerField::User,
        OwnerField::Job,
        OwnerField::DeployToken,
        OwnerField::RunnerType,
    ];
    let owner = |(word, id): (String, WireId)| {
        let field = known("owner", fields.into_iter().find(|field| field.word() == word))?;
        let id = match id {
            WireId::Number(id) => id,
            WireId::Word(word) => {
                let words = ["instance", "group", "project"];
                let number = (1..).zip(words).find(|(_, known)| *known == word);
                known("runner_type", number)?.0
            }
        };
        Ok((field, id))
    };
    let expires = wire.expires.map(|text| moment(&text).map(|it| it.seconds)).transpose()?;
    let facts = Facts {
        prefix: wire.prefix.into_bytes(),
        owner: wire.owner.into_iter().map(owner).collect::<Read<_>>()?,
        host: wire.host,
        expires,
        key: wire.key.map(|key| KeyFacts {
            algorithm: key.algorithm,
            encrypted: key.encrypted,
            fingerprint: key.fingerprint,
        }),
        client_id: wire.client_id,
        group_path: wire.group_path,
        preceded_by: wire.preceded_by,
    };
    Ok((facts, wire.context_at))
}

fn moment(text: &str) -> Read<Moment> {
    when::parse(text).ok_or_else(|| "a date is not of RFC 3339".to_owned())
}

/// An author. A time that the calendar does not have was not written; it is not written again.
fn signature(name: &str, email: &str, date: Option<&str>) -> Read<Arc<Signature>> {
    let none = Moment { seconds: i64::MAX, offset_minutes: 0 };
    let when = date.map_or(Ok(none), moment)?;
    let (name, email) = (name.as_bytes().into(), email.as_bytes().into());
    Ok(Arc::new(Signature { when, name, email }))
}

fn id(text: &str) -> Read<ObjectId> {
    ObjectId::from_hex(text.as_bytes()).ok_or_else(|| "an object id is not one of git's".to_owned())
}

/// A path as bytes.
fn path(text: Option<&String>, base64: Option<&String>) -> Read<Option<PathBytes>> {
    use base64::Engine as _;
    let bytes = match (text, base64) {
        (_, Some(text)) => {
            let bytes = base64::prelude::BASE64_STANDARD.decode(text);
            bytes.map_err(|_| "path_base64 is no base64".to_owned())?
        }
        (Some(text), None) => text.clone().into_bytes(),
        (None, None) => return Ok(None),
    };
    Ok(Some(bytes.into()))
}

fn place(wire: &WireLocation) -> Read<Place> {
    let missing = |what: &str| format!("a location without {what}");
    let path = || {
        let path = path(wire.path.as_ref(), wire.path_base64.as_ref())?;
        path.ok_or_else(|| missing("a path"))
    };
    let commit = || wire.commit.as_deref().ok_or_else(|| missing("a commit")).and_then(id);
    let object = || wire.object.as_deref().ok_or_else(|| missing("an object")).and_then(id);
    let tagger = || {
        let who = wire.author.as_deref().zip(wire.email.as_deref());
        who.map(|(name, email)| signature(name, email, wire.date.as_deref())).transpose()
    };
    let author = || tagger()?.ok_or_else(|| missing("an author"));
    let origin = match wire.source.as_str() {
        "file" => Origin::File { path: path()? },
        "file_name" => Origin::FileName { path: path()? },
        "index" => Origin::Index { path: path()?, blob: object()? },
        "history" => {
            Origin::Commit { author: author()?, commit: commit()?, path: path()?, blob: object()? }
        }
        "commit_message" => Origin::CommitMessage { author: author()?, commit: commit()? },
        "commit_header" => Origin::CommitHeader { author: author()?, commit: commit()? },
        "tag_message" => Origin::TagMessage { tagger: tagger()?, tag: object()? },
        "tag_header" => Origin::TagHeader { tagger: tagger()?, tag: object()? },
        "ref_name" => {
            let name = wire.ref_name.as_deref().ok_or_else(|| missing("a ref"))?;
            Origin::RefName { name: name.as_bytes().into() }
        }
        "unreachable" => Origin::Unreachable { object: object()? },
        "stdin" => Origin::Stdin,
        _ => return known("source", None),
    };
    let position = Position { line: wire.line, column: wire.column };
    let repository = wire.repository.as_deref().map(|label| Arc::from(label.as_bytes()));
    Ok(Place { repository, origin, position })
}

fn change(wire: &WireChange) -> Read<Change> {
    let position = wire.line.zip(wire.column).map(|(line, column)| Position { line, column });
    Ok(Change {
        author: signature(&wire.author, &wire.email, wire.date.as_deref())?,
        commit: id(&wire.commit)?,
        path: path(wire.path.as_ref(), wire.path_base64.as_ref())?,
        position,
    })
}

fn asked_with(word: &str) -> Read<AskedWith> {
    let all = [AskedWith::Operator, AskedWith::Token];
    known("asked_with", all.into_iter().find(|it| it.word() == word))
}

fn verdict(wire: WireVerdict) -> Read<Verdict> {
    let reach = |it: WireReach| {
        let place = ["group", "project"].into_iter().find(|place| *place == it.place);
        Ok(Reach {
            place: known("place", place)?,
            id: it.id,
            path: it.path,
            level: it.access_level,
        })
    };
    let learned = Learned {
        what: wire.what,
        id: wire.id,
        name: wire.name,
        description: wire.description,
        user: User {
            id: wire.user.id,
            username: wire.user.username,
            name: wire.user.name,
            bot: wire.user.bot,
            admin: wire.user.admin,
            state: wire.user.state,
        },
        scopes: wire.scopes,
        created: wire.created,
        expires: wire.expires,
        last_used: wire.last_used,
        last_used_from: wire.last_used_from,
        reach: wire.reach.into_iter().map(reach).collect::<Read<_>>()?,
        reach_is_cut: wire.reach_is_cut,
        ..Learned::default()
    };
    Ok(Verdict {
        state: known("state", State::from_word(&wire.state))?,
        reason: wire.reason.map(Into::into),
        instance: wire.instance,
        asked_with: wire.asked_with.as_deref().map(asked_with).transpose()?,
        token_was_used: wire.token_was_used,
        side_effect: wire.side_effect.map(Into::into),
        cached: wire.cached,
        proven_by: None,
        learned: Box::new(learned),
    })
}

fn receipt(wire: WireReceipt, finding: &Finding) -> Read<Receipt> {
    let way = match (wire.method, wire.path, wire.credential) {
        (Some(method), Some(path), Some(credential)) => {
            let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
            let method = known("method", methods.into_iter().find(|it| **it == method))?;
            Some(Way { method, path, credential: asked_with(&credential)?, breaks: None })
        }
        _ => None,
    };
    Ok(Receipt {
        fingerprint: finding.fingerprint.clone(),
        kind: finding.rule.kind.clone(),
        instance: wire.instance,
        ending: known("outcome", Ending::from_word(&wire.outcome))?,
        reason: wire.reason.map(Into::into),
        remedy: wire.remedy.map(Into::into),
        way,
    })
}

/// What is not written, whether a live token may write and what its rule says of its kind, is taken to
/// be what makes the severity that is.
fn assume_severity(finding: &mut Finding, severity: Severity) {
    for assumed in [finding.rule.severity, severity] {
        let mut card = (*finding.rule).clone();
        card.severity = assumed;
        finding.rule = Arc::new(card);
        for may_write in [None, Some(true), Some(false)] {
            finding.verdict.learned.may_write = may_write;
            if finding.severity() == severity {
                return;
            }
        }
    }
}
