//! How the server fails, how it slows down, and which certificates it shows.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::{Answer, SELF, ask, ask_as, made, request};
use crate::support::gitlab::{Ca, Fault, GitLab, Leaf, Place, RateLimit};
use crate::support::tokens::pat;

#[test]
fn too_many_requests_are_told_when_to_come_back() {
    let gitlab = GitLab::start();
    let token = pat(1);
    gitlab.state().pat(&token, 5, &["api"]);
    gitlab.state().rate_limit = Some(RateLimit { requests: 2, seconds: 1 });
    let first = ask_as(&gitlab, &token, SELF, "");
    assert!(first.head.contains("ratelimit-limit: 2\r\n"), "{}", first.head);
    assert!(first.head.contains("ratelimit-remaining: 1"), "{}", first.head);
    ask_as(&gitlab, &token, SELF, "").is(200, "");
    let third = ask_as(&gitlab, &token, SELF, "");
    third.is(429, "Retry later");
    assert!(third.head.contains("retry-after: 1") && third.head.contains("text/plain"));
    std::thread::sleep(Duration::from_millis(1100));
    ask_as(&gitlab, &token, SELF, "").is(200, "");
}

#[test]
fn a_connection_serves_requests_with_chunked_bodies() {
    let gitlab = GitLab::start();
    let token = made("glrt-", 1);
    gitlab.state().runner(&token, Place::Instance);
    let mut socket = TcpStream::connect(gitlab.address()).expect("a connection");
    let form = format!("token={token}");
    let chunked = format!(
        "POST /api/v4/runners/verify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n2\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        &form[..2],
        form.len() - 2,
        &form[2..]
    );
    let last = request("POST /api/v4/runners/verify", &[], "token=x");
    socket.write_all((chunked + &last).as_bytes()).expect("sent");
    let mut text = String::new();
    socket.read_to_string(&mut text).expect("two answers");
    assert!(text.starts_with("HTTP/1.1 200 OK") && text.contains("HTTP/1.1 403 Forbidden"));
    assert_eq!(gitlab.requests()[0].body, form.as_bytes());
}

#[test]
fn faults_spoil_what_they_are_told_to() {
    let gitlab = GitLab::start();
    let token = pat(1);
    gitlab.state().pat(&token, 5, &["api"]);
    let say = || ask_as(&gitlab, &token, SELF, "");
    gitlab.fault_times(1, Fault::Html200);
    say().is(200, "<!DOCTYPE html>");
    say().is(200, "\"user_id\":5");
    gitlab.fault_for("/api/v4/user", Fault::Status(502));
    say().is(200, "\"user_id\":5");
    ask_as(&gitlab, &token, "GET /api/v4/user", "").is(502, "502 from a proxy");
    gitlab.heal();
    gitlab.fault_times(1, Fault::CutBody);
    let cut = say();
    assert!(cut.status == 200 && serde_json::from_str::<serde_json::Value>(&cut.body).is_err());
    gitlab.fault_times(1, Fault::TimeoutInBody);
    let half = say();
    assert!(half.status == 200 && !half.body.is_empty() && !half.body.contains('}'));
    for fault in [Fault::CloseAtOnce, Fault::TimeoutBeforeHeaders] {
        gitlab.fault_times(1, fault);
        assert_eq!(say().status, 0);
    }
    gitlab.fault_times(1, Fault::EchoToken);
    let echo = say();
    assert!(echo.status == 500 && echo.body.contains(&token));
    gitlab.fault_times(1, Fault::RateLimited { retry_after: 7 });
    assert!(say().head.contains("retry-after: 7"));
    gitlab.fault_times(1, Fault::AnswerLost);
    let lost = ask_as(&gitlab, &token, "DELETE /api/v4/personal_access_tokens/self", "");
    assert!(lost.status == 0 && !gitlab.state().is_live(&token));
}

#[test]
fn faults_of_one_method_leave_the_others_alone() {
    let gitlab = GitLab::start();
    let (first, second) = (pat(1), pat(2));
    gitlab.state().pat(&first, 5, &["api"]);
    gitlab.state().pat(&second, 5, &["api"]);
    let delete = "DELETE /api/v4/personal_access_tokens/self";
    gitlab.fault_on_times(1, delete, Fault::Status(502));
    ask_as(&gitlab, &first, SELF, "").is(200, "");
    ask_as(&gitlab, &first, delete, "").is(502, "");
    assert!(gitlab.state().is_live(&first));
    // Done, and never said.
    gitlab.fault_on(delete, Fault::AnswerNeverComes);
    assert_eq!(ask_as(&gitlab, &first, delete, "").status, 0);
    assert!(!gitlab.state().is_live(&first));
    gitlab.heal();
    // Only what comes after the deletion fails.
    gitlab.fault_after(delete, SELF, Fault::Status(503));
    ask_as(&gitlab, &second, SELF, "").is(200, "");
    ask_as(&gitlab, &second, delete, "").is(204, "");
    ask_as(&gitlab, &second, SELF, "").is(503, "");
    gitlab.fault_after_times(1, ("GET /api/v4/user", SELF), Fault::Says(410, "{}".to_owned()));
    ask_as(&gitlab, &first, "GET /api/v4/user", "").is(401, "");
    ask_as(&gitlab, &first, SELF, "").is(410, "{}");
    ask_as(&gitlab, &first, SELF, "").is(503, "");
}

#[test]
fn a_drip_takes_its_time() {
    let gitlab = GitLab::start();
    gitlab.fault(Fault::SlowDrip);
    let mut socket = TcpStream::connect(gitlab.address()).expect("a connection");
    socket.write_all(request(SELF, &[], "").as_bytes()).expect("sent");
    let (began, mut bytes) = (Instant::now(), [0; 4]);
    socket.read_exact(&mut bytes).expect("four bytes");
    assert_eq!(&bytes, b"HTTP");
    assert!(began.elapsed() >= Duration::from_millis(600));
}

#[test]
fn a_flood_ends_when_the_client_leaves() {
    let gitlab = GitLab::start();
    gitlab.fault(Fault::HugeBody);
    let mut socket = TcpStream::connect(gitlab.address()).expect("a connection");
    socket.write_all(request(SELF, &[], "").as_bytes()).expect("sent");
    let mut bytes = vec![0; 1 << 20];
    socket.read_exact(&mut bytes).expect("more than a megabyte");
    assert!(Answer::parse(&bytes).head.contains("transfer-encoding: chunked"));
}

#[test]
fn requests_are_served_side_by_side() {
    let gitlab = GitLab::start();
    ask(&gitlab, SELF, &[], "").is(401, "");
    ask(&gitlab, SELF, &[], "").is(401, "");
    assert_eq!(gitlab.most_at_once(), 1);
    gitlab.latency(Duration::from_millis(300));
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| ask(&gitlab, SELF, &[], "").is(401, ""));
        }
    });
    assert_eq!(gitlab.most_at_once(), 4);
    assert!(began.elapsed() < Duration::from_millis(1100), "{:?}", began.elapsed());
}

#[test]
fn certificates_are_right_only_when_they_are_meant_to_be() {
    let ca = Ca::new();
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_file(ca.file()).expect("a certificate");
    roots.add(root).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions");
    let settings = Arc::new(builder.with_root_certificates(roots).with_no_client_auth());
    for leaf in [Leaf::Right, Leaf::WrongName, Leaf::SelfSigned] {
        let gitlab = GitLab::start_tls(&ca, leaf);
        assert!(gitlab.url().starts_with("https://localhost:"));
        let name = ServerName::try_from("localhost").expect("a name");
        let client = ClientConnection::new(Arc::clone(&settings), name).expect("a client");
        let socket = TcpStream::connect(gitlab.address()).expect("a connection");
        let mut stream = StreamOwned::new(client, socket);
        let sent = stream.write_all(request(SELF, &[], "").as_bytes());
        let mut bytes = Vec::new();
        drop(stream.read_to_end(&mut bytes));
        let good = sent.is_ok() && Answer::parse(&bytes).status == 401;
        assert_eq!(good, leaf == Leaf::Right, "{leaf:?}");
        assert_eq!(gitlab.requests().len(), usize::from(good));
    }
}
