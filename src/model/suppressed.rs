//! What was found and is not reported, since somebody has said that it is known: how much, why, and
//! which of these sayings no longer hold. Fingerprints and what people wrote, never a secret.

/// What has silenced a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Being the job's own credential, or the operator's.
    Own,
    /// A mark on the line, wherever it stands.
    Inline,
    /// An entry of the ignore file.
    Ignored,
    /// The baseline.
    Baseline,
}

impl By {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Own, Self::Inline, Self::Ignored, Self::Baseline];

    /// The word for it in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Inline => "inline",
            Self::Ignored => "ignored",
            Self::Baseline => "baseline",
        }
    }
}

/// A finding that is not reported. Those of a baseline are only counted: it lists them itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Silenced {
    /// Whose.
    pub fingerprint: String,
    /// The word for its kind.
    pub kind: String,
    /// What has silenced it.
    pub by: By,
    /// Why, as the entry says.
    pub reason: Option<String>,
    /// Who has accepted it, as the entry says.
    pub approved_by: Option<String>,
    /// The file of the entry, where that is not the ignore file.
    pub file: Option<String>,
}

/// An entry of the ignore file of which there is something to say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The line on which it begins.
    pub line: usize,
    /// The fingerprint in it.
    pub fingerprint: String,
    /// Why it was made.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Option<String>,
    /// Its file, where that is not the ignore file.
    pub file: Option<String>,
}

/// All that was silenced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// The name of the ignore file, if there is one; else that of the settings with entries.
    pub file: Option<String>,
    /// How many secrets an entry of the ignore file silences.
    pub ignored: u64,
    /// How many the baseline knows.
    pub baseline: u64,
    /// How many carry a mark wherever they stand.
    pub inline: u64,
    /// How many are the job's own credentials, or the operator's.
    pub own: u64,
    /// How many of all these live.
    pub live: u64,
    /// Those of marks and entries, sorted.
    pub which: Vec<Silenced>,
    /// Those that are reported in spite of a mark or an entry, since they live. Sorted.
    pub overruled: Vec<String>,
    /// Entries that hold no more, in the order of the file.
    pub expired: Vec<Entry>,
    /// Entries for which there is nothing any more, in the order of the file. Only known when
    /// everything was read.
    pub unused: Vec<Entry>,
}
