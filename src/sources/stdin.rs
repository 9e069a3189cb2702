//! Standard input as one text.

use std::fs::{File, Metadata};
use std::io::Write as _;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

use super::pieces::PieceReader;
use super::{Crew, Job, Source};
use crate::model::coverage::{Coverage, Part};
use crate::model::origin::Origin;

/// Standard input.
#[derive(Clone, Copy, Debug)]
pub struct Stdin;

impl Source for Stdin {
    fn drive(&self, job: &Job<'_>, crew: &dyn Crew) -> Coverage {
        let mut coverage = Coverage::default();
        let mut worker = crew.worker();
        let input = std::io::stdin().lock();
        if is_closed(&input) {
            coverage.undone(b"-", "standard input is closed");
            return coverage;
        }
        match PieceReader::new(*job).read(input, None, &Origin::Stdin, worker.as_mut()) {
            Ok(bytes) => {
                coverage.read(Part::Stdin, bytes);
                job.progress.text();
            }
            Err(error) => coverage.fail(b"standard input", reason(&error)),
        }
        coverage
    }

    fn describe(&self) -> String {
        "standard input".to_owned()
    }
}

/// True when there was no standard input: Rust's runtime then opens `/dev/null` in its place, for
/// reading and writing, which for input nobody else does. Nothing is lost by writing there.
fn is_closed(input: &impl AsFd) -> bool {
    let null = |metadata: &Metadata| (metadata.file_type().is_char_device(), metadata.rdev());
    let Ok(mut input) = input.as_fd().try_clone_to_owned().map(File::from) else {
        return true;
    };
    match (input.metadata(), std::fs::metadata("/dev/null")) {
        (Ok(it), Ok(device)) => null(&it) == null(&device) && input.write(b"x").is_ok(),
        _ => false,
    }
}

/// Why something could not be read, in words without paths.
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        _ if error.raw_os_error() == Some(libc::ELOOP) => {
            "symbolic links go in a circle".to_owned()
        }
        // "Input/output error (os error 5)": the words, without the number.
        _ => {
            let text = error.to_string();
            let words = text.split(" (os error").next().unwrap_or(&text);
            words.to_lowercase()
        }
    }
}
