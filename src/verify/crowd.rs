//! Many secrets at a time. The threads are not waited for when time is over or the user has enough:
//! what is known by then is the result.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, Instant};

use super::one::{Asking, Useless};
use super::{Options, Task};
use crate::model::verdict::Verdict;
use crate::net::door::Door;

/// Why a secret has no answer.
pub const NOT_REACHED: &str = "not reached: the time for verifying was over, or it was interrupted";
/// Why a secret that was being asked about has no answer.
pub const UNFINISHED: &str = "time was over, or it was interrupted, while it was being asked about";
/// How often it is looked whether the user has enough.
const LOOK: Duration = Duration::from_millis(50);
/// Threads that are answered "time is over" get so long to hand that in.
const GRACE: Duration = Duration::from_millis(200);

struct Shared {
    tasks: Vec<Task>,
    /// For each instance the tasks that ask it first: a host that dawdles keeps nobody from the
    /// others.
    queues: Vec<(Vec<usize>, AtomicUsize)>,
    options: Options,
    door: Arc<Door>,
    useless: Useless,
}

/// What a thread hands in: which task, its verdict, and whether that is the last word.
type Word = (usize, Verdict, bool);

/// Asks about every task. `None` for what was not reached.
pub fn crowd(
    tasks: &[Task],
    options: &Options,
    door: &Arc<Door>,
    interrupted: &AtomicBool,
    told: &dyn Fn(u64),
) -> Vec<Option<Verdict>> {
    let mut queues: Vec<(Vec<usize>, AtomicUsize)> = Vec::new();
    queues.resize_with(options.instances.len(), Default::default);
    for (number, task) in tasks.iter().enumerate() {
        if let Some(&first) = task.instances.first() {
            queues[first].0.push(number);
        }
    }
    let shared = Arc::new(Shared {
        tasks: tasks.to_vec(),
        queues,
        options: options.clone(),
        door: Arc::clone(door),
        useless: options.instances.iter().map(|_| OnceLock::new()).collect(),
    });
    let (sender, results) = mpsc::channel();
    for queue in 0..shared.queues.len() {
        for _ in 0..options.at_once.min(shared.queues[queue].0.len()) {
            let (shared, sender) = (Arc::clone(&shared), sender.clone());
            // Not scoped: a thread that hangs must not keep anybody.
            let thread = std::thread::Builder::new().name("verify".to_owned());
            drop(thread.spawn(move || work(&shared, queue, &sender)));
        }
    }
    drop(sender);
    let mut verdicts: Vec<Option<Verdict>> = vec![None; tasks.len()];
    let mut done = 0;
    let end = door.deadline() + GRACE;
    while done < tasks.len() {
        match results.recv_timeout(LOOK) {
            Ok((number, verdict, is_last)) => {
                verdicts[number] = Some(verdict);
                done += usize::from(is_last);
                told(done as u64);
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        if interrupted.load(Ordering::Relaxed) || Instant::now() >= end {
            door.close("it was interrupted, or time was over");
            break;
        }
    }
    for (number, verdict, _) in results.try_iter() {
        verdicts[number] = Some(verdict);
    }
    verdicts
}

fn work(shared: &Shared, queue: usize, results: &mpsc::Sender<Word>) {
    let Shared { tasks, queues, options, door, useless } = shared;
    let (numbers, next) = &queues[queue];
    while let Some(&number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
        // Whoever waits for it may be gone; then so is the reason to go on.
        let hand_in = |verdict, is_last| results.send((number, verdict, is_last)).is_ok();
        let early = |verdict| _ = hand_in(verdict, false);
        // Until there is an answer it must be said that the token may have been used.
        let token_was_used = !options.policy.operator_only;
        early(Verdict { token_was_used, ..Verdict::inconclusive(UNFINISHED) });
        let asking = Asking { options, door, useless, early: &early };
        if !hand_in(asking.everywhere(&tasks[number]), true) {
            return;
        }
    }
}
