//! How a secret came into a history, as one paragraph for people: who brought it in, whether it is
//! still there and how far it has come. The command that shows the commit is `super::command`'s, and
//! everything else of a finding `super::human`'s.

use std::collections::BTreeSet;

use super::escape::terminal_bytes;
use super::layout::Paint;
use super::{when, words};
use crate::model::object::ObjectId;
use crate::model::origin::Moment;
use crate::model::provenance::Provenance;

/// So many refs are named at most; when there are more, one is left out for the words that count
/// the others.
const REFS: usize = 3;

/// The paragraph, on lines that all begin with `indent`.
pub(super) fn paragraph(provenance: &Provenance, indent: &str, paint: &Paint) -> String {
    let mut sentence = Sentence { words: Vec::new(), paint };
    sentence.came_in(provenance);
    sentence.taken_out(provenance);
    sentence.still_there(provenance);
    sentence.mark(";").say(words::exposure(provenance.exposure));
    if let Some(extent) = words::extent(provenance) {
        sentence.mark(";").say(&extent);
    }
    paint.flow(sentence.words.iter().map(String::as_str), indent, indent)
}

/// Words that are being put together. What comes from others is made safe here.
struct Sentence<'a> {
    words: Vec<String>,
    paint: &'a Paint,
}

impl Sentence<'_> {
    /// Adds words that may be broken between lines.
    fn say(&mut self, text: &str) -> &mut Self {
        self.words.extend(text.split(' ').map(str::to_owned));
        self
    }

    /// The same, so that they stand out.
    fn stress(&mut self, text: &str) -> &mut Self {
        self.words.extend(text.split(' ').map(|word| self.paint.bold(word)));
        self
    }

    /// Adds a name or number that is one word, whatever it holds.
    fn name(&mut self, text: String) -> &mut Self {
        self.words.push(text);
        self
    }

    /// Puts a mark behind the last word.
    fn mark(&mut self, mark: &str) -> &mut Self {
        if let Some(last) = self.words.last_mut() {
            *last += mark;
        }
        self
    }

    fn came_in(&mut self, provenance: &Provenance) {
        let Some(first) = provenance.introduced.first() else {
            self.say("no commit that brought it in is known");
            return;
        };
        self.say("came in with").stress(&short(first.commit));
        self.on(first.author.when);
        let (name, email) = (&first.author.name, &first.author.email);
        self.say("by").say(&terminal_bytes(name)).say(&format!("<{}>", terminal_bytes(email)));
        match &first.path {
            Some(path) => {
                let position = first.position.map(|at| format!(":{}:{}", at.line, at.column));
                let path = self.paint.bold(&terminal_bytes(path)) + &position.unwrap_or_default();
                self.say("at").name(path);
            }
            None => {
                self.say("in the commit's own message or header");
            }
        }
        self.and_more(provenance.introduced_count);
    }

    fn taken_out(&mut self, provenance: &Provenance) {
        if let Some(first) = provenance.removed.first() {
            self.mark(";").say("taken out in").name(short(first.commit));
            self.on(first.author.when);
            self.and_more(provenance.removed_count);
        }
    }

    /// What HEAD and other refs hold now. Taking a secret out on one branch does not take it out
    /// everywhere, so this is always said.
    fn still_there(&mut self, provenance: &Provenance) {
        match (provenance.in_head, provenance.removed.is_empty()) {
            (true, true) => self.mark(";").stress("still in HEAD"),
            (true, false) => self.mark(",").say("but").stress("still in HEAD"),
            (false, _) => self.mark(";").say("not in HEAD now"),
        };
        match (provenance.in_head, provenance.refs.is_empty()) {
            (true, true) => {}
            (false, true) => {
                self.mark(",").say("nor at the tip of any branch or tag");
            }
            (true, false) => {
                self.mark(",").say("in");
                self.refs(provenance);
            }
            (false, false) => {
                self.mark(",").say("but").stress("still in");
                self.refs(provenance);
            }
        }
    }

    /// `main, next and 3 more branches and tags`.
    fn refs(&mut self, provenance: &Provenance) {
        let all = provenance.refs_count.max(provenance.refs.len() as u64);
        let named = if all > REFS as u64 { REFS - 1 } else { REFS };
        let (named, rest) = provenance.refs.split_at(named.min(provenance.refs.len()));
        let more = all - named.len() as u64;
        for (number, name) in named.iter().enumerate() {
            match number {
                0 => {}
                _ if more == 0 && number + 1 == named.len() => {
                    self.say("and");
                }
                _ => {
                    self.mark(",");
                }
            }
            self.name(ref_name(name));
        }
        if more > 0 {
            let kind = if rest.len() as u64 == more { kind_of(rest) } else { "ref" };
            self.say("and").say(&words::count(more, &format!("more {kind}")));
        }
    }

    fn on(&mut self, moment: Moment) {
        if let Some(day) = when::day(moment) {
            self.say("on").name(day);
        }
    }

    fn and_more(&mut self, count: u64) {
        if count > 1 {
            self.say(&format!("(and {})", words::count(count - 1, "more commit")));
        }
    }
}

/// An id as people copy it.
pub(super) fn short(id: ObjectId) -> String {
    let id = id.to_string();
    id[..id.len().min(12)].to_owned()
}

/// A ref as people call it. A tag is called one, since a branch may have the same name.
fn ref_name(name: &[u8]) -> String {
    let safe = terminal_bytes(name);
    match safe.strip_prefix("refs/tags/") {
        Some(tag) => format!("tag {tag}"),
        None => {
            let branch = safe.strip_prefix("refs/heads/");
            branch.or_else(|| safe.strip_prefix("refs/remotes/")).unwrap_or(&safe).to_owned()
        }
    }
}

/// What all these refs are, as a noun that takes an `s` or `es` where there are several.
fn kind_of(refs: &[Box<[u8]>]) -> &'static str {
    let kinds: BTreeSet<&str> = refs
        .iter()
        .map(|name| match &**name {
            name if name.starts_with(b"refs/tags/") => "tag",
            name if name.starts_with(b"refs/heads/") => "branch",
            name if name.starts_with(b"refs/remotes/") => "branch",
            _ => "ref",
        })
        .collect();
    match kinds.into_iter().collect::<Vec<_>>()[..] {
        [one] => one,
        ["branch", "tag"] => "branches and tag",
        _ => "ref",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{kind_of, paragraph, ref_name};
    use crate::model::provenance::{Exposure, Provenance};
    use crate::report::layout::Paint;
    use crate::report::sample;

    fn text(provenance: &Provenance) -> String {
        paragraph(provenance, "  ", &Paint { colour: false, columns: 92 })
    }

    /// On one line, since where it breaks is tested elsewhere.
    fn line(provenance: &Provenance) -> String {
        text(provenance).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_paragraph_says_who_when_where_and_what_became_of_it() {
        let expected = "  \
came in with 111111111111 on 2025-03-02 by Ann Example <ann@example.com> at
  config/deploy.env:2:14 (and 2 more commits); taken out in 222222222222 on 2025-05-21, but
  still in HEAD, in main, next and 3 more branches and tags; pushed; 4 blobs, 2 paths
";
        assert_eq!(text(&sample::provenance()), expected);
    }

    #[test]
    fn what_is_gone_is_told_from_what_is_there() {
        let mut it = sample::provenance();
        it.in_head = false;
        assert!(line(&it).contains("2025-05-21; not in HEAD now, but still in main, next and 3"));
        (it.refs, it.refs_count) = (Vec::new(), 0);
        let gone = "2025-05-21; not in HEAD now, nor at the tip of any branch or tag; pushed;";
        assert!(line(&it).contains(gone));
        (it.removed, it.removed_count) = (Vec::new(), 0);
        assert!(line(&it).contains("(and 2 more commits); not in HEAD now, nor at"));
        it.in_head = true;
        assert!(line(&it).contains("(and 2 more commits); still in HEAD; pushed;"));
    }

    #[test]
    fn how_far_it_has_come_is_said_in_words() {
        let mut it = sample::provenance();
        (it.blobs, it.paths) = (1, 1);
        it.exposure = Exposure::LocalOnly;
        assert!(line(&it).ends_with(
            "; local only: never pushed, as far as the remote-tracking refs here tell; \
             1 blob, 1 path"
        ));
        it.exposure = Exposure::Unreachable;
        (it.blobs, it.paths) = (0, 0);
        assert!(line(&it).ends_with(
            "; unreachable: no branch or tag leads to it (in time it goes away with git gc)"
        ));
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        let mut it = sample::provenance();
        (it.introduced, it.introduced_count) = (Vec::new(), 0);
        assert!(line(&it).starts_with("no commit that brought it in is known; taken out in 2222"));
        let mut it = sample::provenance();
        it.introduced_count = 1;
        it.introduced[0].path = None;
        assert!(
            line(&it).contains("<ann@example.com> in the commit's own message or header; taken")
        );
        let mut it = sample::provenance();
        it.introduced[0].position = None;
        assert!(line(&it).contains("at config/deploy.env (and 2"));
    }

    #[test]
    fn a_terminal_gets_nothing_to_obey() {
        let mut it = sample::provenance();
        let mut author = (*it.introduced[0].author).clone();
        author.name = Box::from(*b"A\x1b]0;x\x07");
        it.introduced[0].author = Arc::new(author);
        it.introduced[0].path = Some(Box::from(*b"a\nb \xff"));
        it.refs = vec![Box::from(*b"refs/heads/\xc2\x9b")];
        it.refs_count = 1;
        let text = text(&it);
        assert!(!text.chars().any(|it| it.is_control() && it != '\n'), "{text:?}");
        assert!(text.contains(r"by A\u{1b}]0;x\u{7} <"));
        assert!(text.contains(r"a\u{a}b \xff:2:14"));
        assert!(line(&it).contains(r"still in HEAD, in \u{9b}; pushed"));
    }

    #[test]
    fn refs_are_called_what_they_are() {
        let name = |name: &str| ref_name(name.as_bytes());
        assert_eq!(name("refs/heads/a/b"), "a/b");
        assert_eq!(name("refs/remotes/origin/main"), "origin/main");
        assert_eq!(name("refs/tags/v1"), "tag v1");
        assert_eq!(name("refs/stash"), "refs/stash");
        let kind = |names: &[&str]| {
            kind_of(&names.iter().map(|it| Box::from(it.as_bytes())).collect::<Vec<_>>())
        };
        assert_eq!(kind(&["refs/heads/a", "refs/remotes/o/a"]), "branch");
        assert_eq!(kind(&["refs/tags/a"]), "tag");
        assert_eq!(kind(&["refs/heads/a", "refs/tags/a"]), "branches and tag");
        assert_eq!(kind(&["refs/heads/a", "refs/stash"]), "ref");
    }

    #[test]
    fn few_refs_are_all_named_and_many_are_counted() {
        let says = |names: &[&str], count: u64| {
            let mut it = sample::provenance();
            it.refs = names.iter().map(|name| Box::from(name.as_bytes())).collect();
            it.refs_count = count;
            let line = line(&it);
            let (_, from) = line.split_once("still in HEAD, in ").expect("refs");
            from.split_once("; pushed").expect("the end").0.to_owned()
        };
        assert_eq!(says(&["refs/heads/a"], 1), "a");
        assert_eq!(says(&["refs/heads/a", "refs/tags/b"], 2), "a and tag b");
        let three = ["refs/heads/a", "refs/heads/b", "refs/tags/c"];
        assert_eq!(says(&three, 3), "a, b and tag c");
        let four = ["refs/heads/a", "refs/heads/b", "refs/heads/c", "refs/heads/d"];
        assert_eq!(says(&four, 4), "a, b and 2 more branches");
        // Those that are not kept may be anything.
        assert_eq!(says(&four, 1200), "a, b and 1,198 more refs");
    }
}
