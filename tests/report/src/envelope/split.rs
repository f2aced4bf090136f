//! Joins what a container runtime cut into pieces, or wrote line by line.

use memchr::memmem;

/// So many records can be in pieces at the same time: containers and streams write in turns.
const AT_ONCE: usize = 16;

/// The beginning of a record.
#[derive(Debug)]
pub struct PartialRecord {
    origin: String,
    pub text: String,
    /// In which line it began, and in how many it is.
    pub line: u64,
    pub lines: u64,
}

/// Beginnings of records whose rest is still to come.
#[derive(Debug, Default)]
pub struct Splits {
    /// The number of the line that is now read.
    pub line: u64,
    begun: Vec<PartialRecord>,
    /// What did not become a record: the first, and how many lines all of them had.
    lost: Option<PartialRecord>,
}

impl Splits {
    /// What has become no record so far.
    pub fn unfinished(&self) -> impl Iterator<Item = &PartialRecord> {
        self.lost.iter().chain(&self.begun)
    }

    pub(super) fn take(&mut self, origin: &str) -> Option<PartialRecord> {
        let at = self.begun.iter().position(|begun| begun.origin == origin)?;
        Some(self.begun.remove(at))
    }

    pub(super) fn keep(&mut self, origin: &str, text: String, before: Option<&PartialRecord>) {
        if self.begun.len() == AT_ONCE {
            let oldest = self.begun.remove(0);
            self.give_up(oldest);
        }
        let (line, lines) = before.map_or((self.line, 0), |before| (before.line, before.lines));
        self.begun.push(PartialRecord { origin: origin.to_owned(), text, line, lines: lines + 1 });
    }

    pub(super) fn give_up(&mut self, begun: PartialRecord) {
        let lines = begun.lines;
        match &mut self.lost {
            None => self.lost = Some(begun),
            Some(lost) => lost.lines += lines,
        }
    }
}

/// The Container Runtime Interface's format: `2026-11-25T12:14:48.02Z stdout P content`, `P` for a part and `F` for the end
/// of a line. Whose it is, and the content. What may stand before the time, such as a pod's name, is whose it is.
pub fn container_runtime(line: &str) -> Option<(String, &str)> {
    let (at, stream) = [" stdout ", " stderr "]
        .into_iter()
        .find_map(|stream| memmem::find(line.as_bytes(), stream.as_bytes()).map(|at| (at, stream)))?;
    let (before, after) = (&line[..at], &line[at + stream.len()..]);
    let (whose, time) = before.rsplit_once(' ').unwrap_or(("", before));
    let (tags, content) = after.split_once(' ')?;
    let timed = time.starts_with(|first: char| first.is_ascii_digit()) && time.contains('T');
    let content = match tags.split(':').next()? {
        "P" => content.trim_end_matches(['\r', '\n']),
        "F" => content,
        _ => return None,
    };
    timed.then(|| (format!("{whose}{stream}"), content))
}
