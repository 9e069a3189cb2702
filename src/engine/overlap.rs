//! Where matches overlap, one wins: the one with the stronger evidence, then the longer one,
//! then the one whose rule comes first. A rule that the scanned repository has brought along wins only
//! over what is weak and over its like.

use std::cmp::Reverse;

use super::Match;
use crate::model::finding::Evidence;
use crate::model::span::Span;

/// A match's claim to a stretch of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The secret.
    pub span: Span,
    /// How sure the match is.
    pub evidence: Evidence,
    /// The rule's place in its set.
    pub rule: usize,
    /// True when the scanned repository has brought the rule along.
    pub guest: bool,
}

impl Claim {
    /// The claim of a match.
    pub fn of(found: &Match) -> Self {
        Self { span: found.secret, evidence: found.evidence, rule: found.rule, guest: found.guest }
    }
}

/// For each claim the claim that beats it, or `None` for the winners. The winners do not
/// overlap, and every loser overlaps the winner that is named.
pub fn losers(claims: &[Claim]) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by_key(|&index| {
        let claim = &claims[index];
        // A guest could make something harmless of a token; what is weak has nothing to defend.
        let defends = !claim.guest && claim.evidence > Evidence::Weak;
        (
            Reverse(defends),
            Reverse(claim.evidence),
            Reverse(claim.span.len()),
            claim.rule,
            claim.span.start,
            index,
        )
    });
    // Winners by their start: since they do not overlap, only the two neighbours of a claim's
    // own start and those inside it can overlap it.
    let mut winners = std::collections::BTreeMap::new();
    let mut beaten = vec![None; claims.len()];
    for index in order {
        let claim = &claims[index];
        let before = winners.range(..claim.span.end).next_back();
        match before
            .filter(|(_, winner): &(&usize, &usize)| claims[**winner].span.overlaps(claim.span))
        {
            Some((_, &winner)) => beaten[index] = Some(winner),
            None => {
                winners.insert(claim.span.start, index);
            }
        }
    }
    beaten
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, Strategy, prop, proptest};

    use super::{Claim, losers};
    use crate::model::finding::Evidence;
    use crate::model::span::Span;

    fn claim() -> impl Strategy<Value = Claim> {
        let evidence = [Evidence::Weak, Evidence::Context, Evidence::Shape, Evidence::Checksum];
        (0..60_usize, 1..20_usize, prop::sample::select(evidence.to_vec()), 0..4_usize).prop_map(
            |(start, len, evidence, rule)| Claim {
                span: Span::new(start, start + len),
                evidence,
                rule,
                guest: false,
            },
        )
    }

    #[test]
    fn stronger_evidence_wins_then_length_then_order() {
        let claim = |start, end, evidence, rule| Claim {
            span: Span::new(start, end),
            evidence,
            rule,
            guest: false,
        };
        let claims = [
            claim(0, 26, Evidence::Weak, 0),
            claim(0, 50, Evidence::Checksum, 2),
            claim(60, 80, Evidence::Shape, 1),
            claim(60, 80, Evidence::Context, 0),
            claim(60, 80, Evidence::Shape, 3),
        ];
        assert_eq!(losers(&claims), [Some(1), None, None, Some(2), Some(2)]);
    }

    #[test]
    fn a_guest_wins_only_over_what_is_weak() {
        let claim =
            |end, evidence, rule, guest| Claim { span: Span::new(0, end), evidence, rule, guest };
        let guest = claim(50, Evidence::Shape, 9, true);
        let ours = |evidence| [claim(26, evidence, 0, false), guest];
        assert_eq!(losers(&ours(Evidence::Context)), [None, Some(0)]);
        assert_eq!(losers(&ours(Evidence::Weak)), [Some(1), None]);
    }

    proptest! {
        // Found cases become tests; a file of seeds would hold the tokens that were tried.
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn winners_never_overlap_and_losers_lose_to_a_better_one(
            claims in prop::collection::vec(claim(), 0..25)
        ) {
            let beaten = losers(&claims);
            for (index, winner) in beaten.iter().enumerate() {
                if let Some(winner) = winner {
                    assert!(beaten[*winner].is_none());
                    assert!(claims[*winner].span.overlaps(claims[index].span));
                    assert!(claims[*winner].evidence >= claims[index].evidence);
                } else {
                    let rivals = (0..claims.len()).filter(|&at| at != index && beaten[at].is_none());
                    assert!(rivals.into_iter().all(|at| !claims[at].span.overlaps(claims[index].span)));
                }
            }
        }
    }
}
