//! stanch finds leaked GitLab tokens in files and in whole git histories. This is the map.
//!
//! **One picture.** Sources hand chunks to the engine, the engine hands spans back, `scan` makes
//! findings of them, `report` writes findings. Only `net` leaves the machine, and
//! only when the command line says so.
//!
//! # The way of the data
//!
//! 1. `main` calls [`cli::run`], which parses the arguments (`cli::args`), puts the settings file and
//!    the environment into them (`cli::config`, whose table of keys is the only one), and turns them
//!    into what they mean (`cli::settings`, `cli::targets`).
//! 2. [`rules::set::RuleSet`] holds checked rules; [`engine::Engine`] makes them ready to run.
//! 3. Each [`sources::Source`] owns its threads and hands [`model::chunk::Chunk`]s to one worker a
//!    thread. A text that is too large for one chunk comes in overlapping pieces.
//! 4. The worker (`scan`) asks the engine for keyword hits, then for matches around them, copies
//!    each secret out once and forgets the text.
//! 5. `scan` puts the threads' tables together by secret, asks the source for the history of each
//!    secret ([`sources::Source::trace`]), cleans every text that will be printed of secrets, and
//!    sorts.
//! 6. With `--verify`, [`verify::run`] asks the instances that the operator named about each secret:
//!    [`gitlab::ladder`] knows the questions, [`net::door::Door`] sends them, [`gitlab::judge`] says
//!    what an answer proves.
//! 7. With `revoke`, [`revoke::plan`] says what is to die by which request ([`gitlab::ways`]), and
//!    [`revoke::execute`] carries that out: a question, a line in the journal, the request, the
//!    question again.
//! 8. For `scan`, [`suppress::apply`] takes out what is known: only then, since a token that lives is
//!    reported all the same. `revoke` and `inspect` leave that out.
//! 9. [`report::render`] and [`report::revocation`] write the result; [`cli::exit::Exit`] is what the shell sees.
//!
//! `stanch merge` reads reports that were written and makes one result of them ([`merge::fold()`]): of the
//! shards of a scan ([`model::shard`]) the one that a single run would have had.
//!
//! Inside a GitLab job `--ci` puts a range for the pipeline before all this (`cli::ci`), has git fetch
//! what the clone lacks if it may, and tells the merge request at the end ([`report::note`],
//! [`gitlab::notes`]).
//!
//! `stanch hook` installs git hooks that call it back (`cli::hook`): what is about to be committed or
//! pushed ([`git::pushed`]) is scanned as above, told in a screen ([`report::blocked`]), and never
//! verified.
//!
//! # The way of an object through the house
//!
//! [`git::database::Database`] finds the packs, the loose objects and what is borrowed from other
//! repositories. [`git::pack::forest::Forest`] reads the heads of a pack's entries: which is a delta
//! of which. [`git::sweep::Sweep`] spreads the roots of these trees over threads, and on each thread
//! a [`git::pack::traverse::Walker`] goes up a tree depth first: an entry is unpacked once
//! (`inflate`), a delta is read into a [`git::pack::delta::Script`], and [`git::pack::carry`] finds
//! its keywords from those of its base, searching only what is new. An object with a keyword is
//! built and goes to the [`git::pack::traverse::Visitor`], which is `sources::objects` for texts;
//! most are never built at all. What has no room in memory, or stands on another pack's object, is
//! read by itself ([`git::reader::Reader`]). Ranges and the index read single blobs through git2.
//!
//! With `--cache`, `sources::recall` finds which packs and loose objects an earlier run has read
//! ([`sources::cache`]): of these only the objects in which something was seen are read again
//! ([`git::revisit`]), and what this run reads is written down ([`sources::record`]) for the next.
//!
//! For secrets only, [`git::attribution`] goes the same way again: over commits once, and over
//! trees once for every level of folders, with object names for keywords. What the tree of a commit
//! holds is then a set, and who brought a secret in is a difference of sets.
//!
//! # Rooms, in reading order
//!
//! - `model`: the words. What a secret, an origin, a finding, the coverage of a run are.
//! - `token`: what GitLab tokens are. Kinds, alphabets, the routable checksum and payload, JWT
//!   claims, private keys, what placeholders look like; and a maker of sample tokens.
//! - `rules`: rule files to checked rules. Proves that a pattern cannot match without a keyword and
//!   cannot match without end. Our own rules are `rules/gitlab.toml`; what came of the proofs is kept in
//!   `rules/prepared.json`, since a hook has no time for them.
//! - `engine`: bytes in, matches out. One search for all keywords, then patterns around them, then
//!   checks; the best match wins. Also takes secrets out of text that will be printed.
//! - `git`: the repository as data. Objects, packs, the walk of a range and odd forms of the index by
//!   our own readers; opening, settings, refs, remotes and the ordinary index through libgit2.
//! - `sources`: files, the index, history, ranges of commits and stdin, and the threads that read
//!   them.
//! - `scan`: engine times sources gives findings.
//! - `report`: writers of the seven formats, and of plans and receipts.
//! - `merge`: reports that were written, read again and put together.
//! - `net`: the one door. Addresses that the operator named, HTTP, the pace at each host.
//! - `gitlab`: the REST API as typed calls. Requests are built and answers judged; nothing is sent.
//! - `verify`: who is asked about which secret, with what, and what the answers come to.
//! - `revoke`: plans, carries them out, proves that what was to die is dead, and keeps a journal.
//! - `suppress`: what is known and accepted: ignore files, baselines, marks.
//! - `cli`: the only room that knows all others.
//!
//! # What holds everywhere
//!
//! - A room imports only rooms above it in this list; `tests/it/rooms.rs` has the exact table and
//!   holds the source to it.
//! - A secret is sent only to instances that the operator named; there is no default. Without
//!   `--verify` or `revoke` no client is ever made, and without `--apply` no request changes anything.
//! - Only a fresh question makes a token dead. What may have been carried out is not sent again
//!   without asking, and nothing is sent that the journal does not hold.
//! - `model`, `token`, `rules`, `engine`, `scan`, `report`, `merge`, `suppress` and `gitlab` do no I/O. Scanning cannot fail: what
//!   cannot be read is part of the result ([`model::coverage::Coverage`]).
//! - What a repository says of itself may leave things out, and then every report says what; it
//!   never says where secrets are sent, nor what counts as found.
//! - A secret is a [`model::secret::Secret`], which hides itself. Everything printed beside it has been through [`engine::scrub::Scrub`].
//! - A report with `--cache` is that without it. The cache holds no secret, no text in which one was
//!   found, and no hash but git's own names of objects.
//! - What is found around a keyword depends on the bytes within [`engine::Engine::reach`] of it and
//!   on nothing else, so reading in pieces finds the same as reading whole.
//! - Results are sorted: same input, same bytes out, whatever the number of threads.
//! - Nothing found and not everything read is never reported as clean.
//! - No token-shaped literal stands in the repository: [`token::sample`] makes them at run time.

pub mod model;

pub mod token;

pub mod rules;

pub mod engine;

pub mod git;

pub mod sources;

pub mod scan;

pub mod report;

pub mod merge;

pub mod net;

pub mod gitlab;

pub mod verify;

pub mod revoke;

pub mod suppress;

pub mod cli;
