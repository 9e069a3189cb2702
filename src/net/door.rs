//! Asks hosts: in their pace, again when an answer was lost on the way, and never beyond the time and
//! the number of requests that were allowed. What it keeps can be shared by threads.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::address::Address;
use super::http::Client;
use super::message::{Failure, Request, Response};
use super::pace::{Manner, Pace};

/// Time for one request and its answer.
pub const REQUEST: Duration = Duration::from_secs(15);
/// A request is made so often at most.
const TRIES: u32 = 3;
/// The wait before a second try; the one before a third is twice that.
const BACK_OFF: Duration = Duration::from_millis(250);
/// A host that says "too many requests" without saying how long to wait is left alone for so long.
const TOO_MANY: Duration = Duration::from_secs(5);
/// A host that says that no request remains is left alone for so long at most, until it refuses one.
const NOTHING_REMAINS: Duration = Duration::from_secs(2);
/// More requests than this are not made in one run, whatever there is to ask.
const MOST: u64 = 50_000;

/// What came of asking.
pub struct Exchange {
    /// The answer.
    pub answer: Result<Response, Failure>,
    /// True when the host may have seen the request, whatever became of the answer.
    pub sent: bool,
}

/// The way out.
pub struct Door {
    client: Client,
    paces: BTreeMap<Address, Pace>,
    deadline: Instant,
    requests: AtomicU64,
    seed: Mutex<u64>,
}

impl Door {
    /// A way to these addresses and no others, with so many requests at a time each, until
    /// `deadline`.
    pub fn new(client: Client, addresses: &[Address], at_once: usize, deadline: Instant) -> Self {
        let paces = addresses.iter().map(|it| (it.clone(), Pace::new(at_once))).collect();
        let seed = Mutex::new(RandomState::new().hash_one(0_u8));
        Self { client, paces, deadline, requests: AtomicU64::new(0), seed }
    }

    /// How many requests were sent.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// When everything must be over.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Lets nothing more out.
    pub fn close(&self, why: &'static str) {
        self.paces.values().for_each(|pace| pace.stop(why));
    }

    /// Sends a request. An answer that says "too many requests", that a gateway gave, or that was
    /// lost on the way is asked for again, if asking twice does no harm.
    pub fn ask(&self, address: &Address, request: &Request) -> Exchange {
        let mut exchange = Exchange {
            answer: Err(Failure::NotReached("the operator has not named this instance")),
            sent: false,
        };
        let Some(pace) = self.paces.get(address) else { return exchange };
        for tries in 1..=TRIES {
            let answer = self.once(address, request, pace);
            exchange.sent |= was_sent(&answer);
            // What was tried first says more than that there was no second try.
            if tries == 1 || !matches!(answer, Err(Failure::NotReached(_))) {
                exchange.answer = answer;
            }
            let wait = match &exchange.answer {
                Ok(response) if response.status == 429 => self.back_off(tries),
                Ok(response) if matches!(response.status, 502..=504) => self.back_off(tries),
                Err(Failure::TimedOut | Failure::Cut) => self.back_off(tries),
                _ => break,
            };
            let left = self.deadline.saturating_duration_since(Instant::now());
            if tries == TRIES || !request.is_repeatable() || left.is_zero() {
                break;
            }
            std::thread::sleep(wait.min(left));
        }
        exchange
    }

    fn once(&self, address: &Address, request: &Request, pace: &Pace) -> Result<Response, Failure> {
        let turn = pace.turn(self.deadline)?;
        if self.requests.load(Ordering::Relaxed) >= MOST {
            return Err(Failure::NotReached("too many requests were made already"));
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        let answer = self.client.send(address, request, left.min(REQUEST));
        self.requests.fetch_add(u64::from(was_sent(&answer)), Ordering::Relaxed);
        pace.note(manner(&answer));
        if let Ok(response) = &answer {
            self.keep_pace(response, pace);
        }
        drop(turn);
        answer
    }

    /// Leaves the host alone for as long as it asks to be.
    fn keep_pace(&self, response: &Response, pace: &Pace) {
        if response.status != 429 {
            // The limit may be that of one token's user: others need not wait for its end.
            response.pause.into_iter().for_each(|pause| pace.pause(pause.min(NOTHING_REMAINS)));
            return;
        }
        let pause = response.pause.unwrap_or(TOO_MANY);
        if self.deadline.saturating_duration_since(Instant::now()) <= pause {
            pace.stop("the host asks to be left alone for longer than there is time");
        } else {
            pace.pause(pause);
        }
    }

    /// Twice as long each time, and up to half as long again, so that threads do not come back
    /// together.
    fn back_off(&self, tries: u32) -> Duration {
        let mut seed = self.seed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let wait = BACK_OFF * 2_u32.pow(tries - 1);
        wait + wait.mul_f64(((*seed >> 40) as f64) / f64::from(1 << 25))
    }
}

fn manner(answer: &Result<Response, Failure>) -> Manner {
    match answer {
        Ok(response) if response.status == 403 && !looks_like_json(response) => Manner::TurnedAway,
        // With 501 GitLab says that it has no job router, which is an answer as good as any.
        Ok(response) if response.status == 501 && looks_like_json(response) => Manner::Ordinary,
        Ok(response) if matches!(response.status, 200..=499) => Manner::Ordinary,
        Ok(_) | Err(Failure::TimedOut | Failure::Cut) => Manner::Silent,
        Err(Failure::Unreachable(_) | Failure::Certificate) => Manner::Unreachable,
        Err(_) => Manner::Other,
    }
}

fn looks_like_json(response: &Response) -> bool {
    response.content_type == "application/json"
        && response.body.trim_ascii_start().starts_with(b"{")
}

/// True when the host may have seen the request.
fn was_sent(answer: &Result<Response, Failure>) -> bool {
    use Failure::{Certificate, NotReached, Unreachable, Unsendable};
    !matches!(answer, Err(NotReached(_) | Unreachable(_) | Unsendable | Certificate))
}
