//! Certificates for the server, made by `openssl` in a temporary folder: no key is stored.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

/// What `openssl` is told about each certificate. A file of our own, since what the system's
/// one holds differs from machine to machine.
const SETTINGS: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
CN = a certificate for tests
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[right]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost
[wrong]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:other.example
";

/// Which certificate a server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    /// Signed by the authority, for `localhost` and 127.0.0.1.
    Right,
    /// Signed by the authority, for another host.
    WrongName,
    /// Right names, but signed by itself alone.
    SelfSigned,
}

/// A certificate authority that lives as long as the value.
pub(crate) struct Ca {
    folder: TempDir,
}

impl Ca {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("settings"), SETTINGS).expect("a file");
        let ca = Self { folder };
        ca.self_sign("ca", "ca");
        ca
    }

    /// The authority's certificate, for the client to trust.
    pub(crate) fn file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What rustls needs to speak as this leaf.
    pub(super) fn server(&self, leaf: Leaf) -> Arc<ServerConfig> {
        // Two servers of one authority may start at once: each gets files of its own.
        let files = tempfile::tempdir_in(self.folder.path()).expect("a folder");
        let name = files.path().join("leaf").to_string_lossy().into_owned();
        match leaf {
            Leaf::Right => self.sign(&name, "right"),
            Leaf::WrongName => self.sign(&name, "wrong"),
            Leaf::SelfSigned => self.self_sign(&name, "right"),
        }
        configure(Path::new(&format!("{name}.pem")), Path::new(&format!("{name}.key")))
    }

    fn self_sign(&self, name: &str, section: &str) {
        let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
        self.openssl(&format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
             -config settings -extensions {section} -keyout {key} -out {pem}"
        ));
    }

    fn sign(&self, name: &str, section: &str) {
        self.openssl(&format!(
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
             -subj /CN=leaf -config settings -keyout {name}.key -out {name}.csr"
        ));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAserial {name}.srl \
             -CAcreateserial -days 30 -extfile settings -extensions {section} -out {name}.pem"
        ));
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl")
            .args(arguments.split_ascii_whitespace())
            .current_dir(self.folder.path())
            .output()
            .expect("openssl runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn configure(certificate: &Path, key: &Path) -> Arc<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(certificate).expect("certificates");
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("certificates");
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions");
    Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).expect("a pair"))
}

/// A connection, encrypted or not.
pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Wire {
    pub(super) fn new(socket: TcpStream, tls: Option<&Arc<ServerConfig>>) -> Self {
        let Some(settings) = tls else { return Self::Plain(socket) };
        let connection = ServerConnection::new(Arc::clone(settings)).expect("a connection");
        Self::Tls(Box::new(StreamOwned::new(connection, socket)))
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(buffer),
            Self::Tls(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
