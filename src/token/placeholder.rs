//! Tells bodies that a generator made from those that a person typed: `xxxx…`, `1234567890…`,
//! `your-token-here`. Every test is chosen so that a random body fails it less than once in a
//! hundred thousand (a test below measures that).

/// Words that people write where a token would stand. Only whole-case spellings count
/// (`token`, `Token`, `TOKEN`), since a random body holds a given one far less often.
const WORDS: &[&str] = &[
    "access",
    "asdfgh",
    "change",
    "deadbeef",
    "dummy",
    "example",
    "foobar",
    "gitlab",
    "insert",
    "invalid",
    "lorem",
    "password",
    "personal",
    "placeholder",
    "private",
    "qwerty",
    "random",
    "redacted",
    "replace",
    "sample",
    "secret",
    "string",
    "token",
    "value",
];

/// Short words, which count only between separators or at an end.
const SHORT_WORDS: &[&str] = &["fake", "here", "mock", "test", "your"];

/// Why `body` looks like something that a person typed, or `None` when it looks generated.
pub fn doubt(body: &[u8]) -> Option<&'static str> {
    if body.len() < 8 {
        return None;
    }
    if distinct(body) <= (body.len() / 3).min(6) || repeats(body) {
        return Some("repeats itself");
    }
    if longest_sequence(body) >= sequence_limit(body) || is_woven(body) {
        return Some("a sequence of letters or digits");
    }
    if is_words(body) || has_word(body) {
        return Some("made of words");
    }
    None
}

fn distinct(body: &[u8]) -> usize {
    let mut seen = [false; 256];
    body.iter().for_each(|&byte| seen[usize::from(byte)] = true);
    seen.iter().filter(|&&seen| seen).count()
}

/// True when the body is one piece, written at least twice.
fn repeats(body: &[u8]) -> bool {
    (1..=body.len() / 2).any(|period| body[period..].iter().zip(body).all(|(a, b)| a == b))
}

/// Random hexadecimal digits stand in sequence more often than letters of a large alphabet.
fn sequence_limit(body: &[u8]) -> usize {
    if body.iter().all(u8::is_ascii_hexdigit) { 8 } else { 6 }
}

/// By how much `b` follows on `a` in a row of letters (in any case) or digits, `0` after `9`:
/// one up, one down or not at all.
fn step(a: u8, b: u8) -> Option<i16> {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    match (a, b) {
        _ if !a.is_ascii_alphanumeric() || !b.is_ascii_alphanumeric() => None,
        (b'9', b'0') => Some(1),
        (b'0', b'9') => Some(-1),
        _ => Some(i16::from(b) - i16::from(a)).filter(|step| step.abs() <= 1),
    }
}

/// The longest stretch in which each character follows from the one before by the same step:
/// `aaaa`, `abcd`, `9876`.
fn longest_sequence(body: &[u8]) -> usize {
    let (mut longest, mut current, mut last) = (1, 1, None);
    for pair in body.windows(2) {
        let this = step(pair[0], pair[1]);
        current = match this {
            Some(_) if this == last => current + 1,
            Some(_) => 2,
            None => 1,
        };
        last = this;
        longest = longest.max(current);
    }
    longest
}

/// True when two sequences are woven into one: by turns (`a1b2c3d4`), or in pieces of any length
/// (`abc123def456`).
fn is_woven(body: &[u8]) -> bool {
    let hex = body.iter().all(u8::is_ascii_hexdigit);
    if longest_weave(body) >= if hex { 10 } else { 8 } {
        return true;
    }
    let part = |of: fn(&u8) -> bool| body.iter().copied().filter(of).collect::<Vec<u8>>();
    // Six letters stand in sequence by chance once among so few as hexadecimal digits have.
    !hex && longest_sequence(&part(u8::is_ascii_alphabetic)) >= 6
        && longest_sequence(&part(u8::is_ascii_digit)) >= 4
}

/// The longest stretch in which each character follows from the last but one, by a step for each
/// of the two.
fn longest_weave(body: &[u8]) -> usize {
    let mut steps = [None, None];
    let (mut longest, mut current) = (0, 0);
    for (at, ends) in body.windows(3).enumerate() {
        let this = step(ends[0], ends[2]);
        current = match this {
            None => 0,
            Some(_) if current < 2 || this == steps[at % 2] => current + 1,
            Some(_) => 1,
        };
        steps[at % 2] = this;
        longest = longest.max(current);
    }
    longest + 2
}

/// True when separators cut the body into parts that are each of one class: lower-case letters,
/// capitals, a capitalised word, digits, or a name in camel case; a short number may end a word. Bodies of lower-case
/// letters and digits alone (base 36, hexadecimal) are left to the other tests.
fn is_words(body: &[u8]) -> bool {
    let separated = body.iter().any(|&byte| byte == b'-' || byte == b'_');
    let small = body.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if small && !separated && !body.iter().all(u8::is_ascii_digit) && body.len() > 20 {
        return false;
    }
    body.split(|&byte| byte == b'-' || byte == b'_').all(is_word)
}

fn is_word(part: &[u8]) -> bool {
    let number = part.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (letters, _) = part.split_at(part.len() - number);
    let tail = letters.get(1..).unwrap_or_default();
    letters.is_empty()
        || (number <= 4
            && letters[0].is_ascii_alphabetic()
            && (tail.iter().all(u8::is_ascii_lowercase)
                || letters.iter().all(u8::is_ascii_uppercase)
                || is_camel_case(letters)))
}

/// True for names like `deviceRegistrationKey`: two to four words of at least three letters, in
/// each of which somebody can speak a vowel.
fn is_camel_case(letters: &[u8]) -> bool {
    let spoken = |word: &[u8]| {
        word.len() >= 3 && word.iter().any(|letter| b"aeiou".contains(&letter.to_ascii_lowercase()))
    };
    let mut words = letters.chunk_by(|_, next| next.is_ascii_lowercase());
    letters.iter().all(u8::is_ascii_alphabetic)
        && (2..=4).contains(&words.clone().count())
        && words.all(spoken)
}

fn has_word(body: &[u8]) -> bool {
    let lower = body.to_ascii_lowercase();
    let edge = |at: Option<&u8>| at.is_none_or(|byte| !byte.is_ascii_alphabetic());
    let found = |word: &&str, bounded: bool| {
        lower.windows(word.len()).enumerate().any(|(at, window)| {
            let end = at + word.len();
            window == word.as_bytes()
                && is_word(&body[at..end])
                && (!bounded
                    || (edge(at.checked_sub(1).map(|before| &body[before])) && edge(body.get(end))))
        })
    };
    WORDS.iter().any(|word| found(word, false)) || SHORT_WORDS.iter().any(|word| found(word, true))
}

#[cfg(test)]
mod tests {
    use super::doubt;
    use crate::token::sample::Sampler;

    #[test]
    fn what_people_type_is_doubted() {
        let typed = [
            "xxxxxxxxxxxxxxxxxxxx",
            "ZZZZZZZZZZZZZZZZZZZZ",
            "1234567890abcdefghij",
            "12345678901234567890",
            "abcdefghijklmnopqrst",
            "ABCDEFGHIJKLMNOPQRST",
            "abcdefgh12345678ABCD",
            "your-admin-token-here",
            "mock-token-instance-1",
            "token-for-gitlab-com",
            "detector-based-target",
            "your_access_token_xyz",
            "MyGitlabTokenGoesHere",
            "REPLACE_ME_WITH_TOKEN",
            "aBcDeFgHiJkLmNoPqRsT",
            "fake-Ab3dE9xQ7-8Zw4v",
            "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
            "0123456789abcdef0123456789abcdef01234567",
            "zyxwvutsrqponmlkjihg",
            "a1b2c3d4e5f6g7h8i9j0",
            "1a2b3c4d5e6f7g8h9i0j",
            "A1B2C3D4E5F6G7H8J9K1",
            "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678",
            "abc123def456ghi789jk",
            "deviceRegistrationKey",
            "findTheRightBuilder",
        ];
        for body in typed {
            assert!(doubt(body.as_bytes()).is_some(), "{body}");
        }
    }

    /// False doubts hide real tokens. A run of five million bodies of each form (release build,
    /// by hand) gave the rates in the comment on this module; here a smaller one guards them.
    #[test]
    fn what_a_generator_makes_is_not_doubted() {
        let mut sampler = Sampler::new(1);
        let mut count = |make: fn(&mut Sampler) -> String| {
            (0..20_000).filter(|_| doubt(make(&mut sampler).as_bytes()).is_some()).count()
        };
        let doubted = [
            count(|sampler| sampler.friendly(20)),
            count(|sampler| sampler.friendly(50)),
            count(|sampler| sampler.hex(40)),
            count(|sampler| sampler.hex(64)),
            count(|sampler| sampler.base36(25)),
        ];
        assert!(doubted.iter().all(|&count| count <= 1), "{doubted:?} of 20000");
    }
}
