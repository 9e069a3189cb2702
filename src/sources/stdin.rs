//! Standard input as one text.

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
