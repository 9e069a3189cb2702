//! The listener: a thread for each connection, and the handle by which a test steers it all.

use std::collections::HashMap;
use std::io::{self, BufReader};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::ServerConfig;

use super::faults::{self, Fault, Plan};
use super::http::{self, Recorded, Response};
use super::routes;
use super::state::State;
use super::tls::{Ca, Leaf, Wire};

/// What the handle and the connections share.
struct Shared {
    state: Mutex<State>,
    requests: Mutex<Vec<Recorded>>,
    faults: Mutex<Plan>,
    latency: Mutex<Duration>,
    busy: AtomicUsize,
    most: AtomicUsize,
    stopped: AtomicBool,
    /// Every open connection, to end those that wait when the server goes.
    open: Mutex<HashMap<usize, TcpStream>>,
    tls: Option<Arc<ServerConfig>>,
}

/// A running server; dropping it ends it and every connection.
pub(crate) struct GitLab {
    shared: Arc<Shared>,
    address: SocketAddr,
    listener: Option<JoinHandle<()>>,
}

impl GitLab {
    /// Starts a server without encryption.
    pub(crate) fn start() -> Self {
        Self::listen(None)
    }

    /// Starts a server that shows this certificate of the authority's.
    pub(crate) fn start_tls(ca: &Ca, leaf: Leaf) -> Self {
        Self::listen(Some(ca.server(leaf)))
    }

    fn listen(tls: Option<Arc<ServerConfig>>) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = socket.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new()),
            requests: Mutex::default(),
            faults: Mutex::default(),
            latency: Mutex::default(),
            busy: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            open: Mutex::default(),
            tls,
        });
        let theirs = Arc::clone(&shared);
        let listener = Some(std::thread::spawn(move || accept(&socket, &theirs)));
        let gitlab = Self { shared, address, listener };
        let url = gitlab.url();
        gitlab.state().url = url;
        gitlab
    }

    /// Where the server is: scheme, host and port.
    pub(crate) fn url(&self) -> String {
        let port = self.address.port();
        match self.shared.tls {
            Some(_) => format!("https://localhost:{port}"),
            None => format!("http://127.0.0.1:{port}"),
        }
    }

    /// The address for a client that makes its own connection.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the server knows. Let go of it before a request is sent.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }

    /// Every request that arrived, in order.
    pub(crate) fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared.requests).clone()
    }

    pub(crate) fn clear_requests(&self) {
        lock(&self.shared.requests).clear();
    }

    /// Delays every answer by this much.
    pub(crate) fn latency(&self, latency: Duration) {
        *lock(&self.shared.latency) = latency;
    }

    /// The largest number of requests that were being handled at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.shared.most.load(Ordering::SeqCst)
    }

    /// Lets every following request fail.
    pub(crate) fn fault(&self, fault: Fault) {
        lock(&self.shared.faults).add("", None, fault);
    }

    /// Lets every following request fail that begins so: `DELETE /api/v4/admin/token`.
    pub(crate) fn fault_on(&self, request: &str, fault: Fault) {
        lock(&self.shared.faults).add(request, None, fault);
    }

    /// The same for the next `times` of them.
    pub(crate) fn fault_on_times(&self, times: usize, request: &str, fault: Fault) {
        lock(&self.shared.faults).add(request, Some(times), fault);
    }

    /// The same as soon as a request has come that begins with `first`.
    pub(crate) fn fault_after(&self, first: &str, request: &str, fault: Fault) {
        lock(&self.shared.faults).add_after(first, request, None, fault);
    }

    /// The same for the next `times` of them.
    pub(crate) fn fault_after_times(
        &self,
        times: usize,
        (first, request): (&str, &str),
        fault: Fault,
    ) {
        lock(&self.shared.faults).add_after(first, request, Some(times), fault);
    }

    /// Lets every following request fail whose path begins so.
    pub(crate) fn fault_for(&self, path_prefix: &str, fault: Fault) {
        lock(&self.shared.faults).add(path_prefix, None, fault);
    }

    /// Lets only the next `times` requests fail.
    pub(crate) fn fault_times(&self, times: usize, fault: Fault) {
        lock(&self.shared.faults).add("", Some(times), fault);
    }

    /// Takes every fault back.
    pub(crate) fn heal(&self) {
        lock(&self.shared.faults).clear();
    }
}

impl Drop for GitLab {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // The listener waits in `accept`: one last connection wakes it.
        drop(TcpStream::connect(self.address));
        if let Some(listener) = self.listener.take() {
            drop(listener.join());
        }
        for socket in lock(&self.shared.open).values() {
            drop(socket.shutdown(Shutdown::Both));
        }
    }
}

/// A panic of a test that holds the lock must not take the server with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for (number, socket) in listener.incoming().enumerate() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(socket) = socket else { continue };
        let Ok(copy) = socket.try_clone() else { continue };
        lock(&shared.open).insert(number, copy);
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            // A connection that breaks is the client's business.
            drop(serve(&shared, socket));
            if let Some(copy) = lock(&shared.open).remove(&number) {
                drop(copy.shutdown(Shutdown::Both));
            }
        });
    }
}

/// Counts a request among those under way, until it is dropped.
struct Busy<'a>(&'a Shared);

impl<'a> Busy<'a> {
    fn enter(shared: &'a Shared) -> Self {
        let count = shared.busy.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most.fetch_max(count, Ordering::SeqCst);
        Self(shared)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::SeqCst);
    }
}

fn serve(shared: &Shared, socket: TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut stream = BufReader::new(Wire::new(socket, shared.tls.as_ref()));
    while let Some(request) = http::read(&mut stream)? {
        let busy = Busy::enter(shared);
        lock(&shared.requests).push(request.clone());
        let fault = lock(&shared.faults).take(&request.method, &request.path);
        let response = respond(shared, &request, fault.as_ref());
        let latency = *lock(&shared.latency);
        std::thread::sleep(latency);
        if let Some(fault) = fault.filter(|fault| !faults::is_whole(fault, &request)) {
            return faults::misbehave(&fault, &response, stream.get_mut());
        }
        // Left before the last byte goes: a client that asks for one thing after another must
        // never count as two.
        drop(busy);
        response.send(stream.get_mut(), &request.method)?;
        if request.closes() {
            break;
        }
    }
    Ok(())
}

/// What is said or, if the fault is to say nothing, what would have been.
fn respond(shared: &Shared, request: &Recorded, fault: Option<&Fault>) -> Response {
    let wrong = fault.and_then(|fault| faults::answer(fault, request));
    match (fault, wrong) {
        (_, Some(wrong)) => wrong,
        (Some(Fault::TimeoutBeforeHeaders | Fault::CloseAtOnce | Fault::HugeBody), None) => {
            Response::new(204, "application/json", "")
        }
        (Some(Fault::AlsoSays(name, value)), None) => {
            routes::answer(&mut lock(&shared.state), request).with(name, *value)
        }
        _ => routes::answer(&mut lock(&shared.state), request),
    }
}
