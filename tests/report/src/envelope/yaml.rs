//! A record's fields in lines of YAML, as `gcloud logging read` and `az` print them: a field to a line, and entries that
//! begin with `---` or `- `. Only that; what is folded over many lines is not read.

use std::mem;

use serde_json::Value;

use super::{
    Unwrapper,
    fields::{Fields, plain},
};

impl Unwrapper<'_> {
    /// A line that may be one of them. The entry's record is handed over as soon as it has all that it needs.
    pub(super) fn yaml(&mut self, line: &str) {
        let mut entry = mem::take(&mut self.splits.entry);
        if line.starts_with("---") || line.starts_with("- ") {
            entry = Fields::default();
        }
        if let Some((name, value)) = field(line) {
            entry.add(name, value);
            self.meet_all(&mut entry);
        }
        self.splits.entry = if self.met > 0 { Fields::default() } else { entry };
    }
}

/// The plain name of what a line has, and its value, which is a text where it is not known to be one.
fn field(line: &str) -> Option<(String, Value)> {
    let (name, value) = line.trim_start_matches([' ', '-']).split_once(": ")?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._@-/".contains(&byte));
    let value = value.trim();
    let text = match value.as_bytes() {
        [b'\'', .., b'\''] => value[1..value.len() - 1].replace("''", "'"),
        [b'"', .., b'"'] => serde_json::from_str(value).ok()?,
        _ => value.to_owned(),
    };
    is_name.then(|| (plain(name), text.into()))
}
