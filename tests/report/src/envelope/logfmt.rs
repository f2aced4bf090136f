//! A record's fields as logfmt has them: `faas.name=messages-list app.error.cause="it \"broke\""`.

use serde_json::{Deserializer, Value};

use super::{
    Unwrapper,
    fields::{Fields, plain},
    marked,
};

impl Unwrapper<'_> {
    /// Whether a line has all fields of a record.
    pub(super) fn logfmt(&mut self, line: &str) -> bool {
        if !marked(line) {
            return false;
        }
        let mut fields = Fields::default();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('=') {
            let name = before.rsplit(char::is_whitespace).next().unwrap_or(before);
            let (value, length) = value(after);
            fields.add(plain(name), value);
            rest = &after[length..];
        }
        self.meet_all(&mut fields);
        self.met > 0
    }
}

/// What a text begins with, and how long that is.
fn value(text: &str) -> (Value, usize) {
    let mut quoted = Deserializer::from_str(text).into_iter::<String>();
    if text.starts_with('"')
        && let Some(Ok(value)) = quoted.next()
    {
        return (value.into(), quoted.byte_offset());
    }
    let length = text.find(char::is_whitespace).unwrap_or(text.len());
    (text[..length].into(), length)
}
