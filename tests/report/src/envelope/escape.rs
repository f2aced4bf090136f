//! What stands between a record and its text: escapes, colours, bytes that are none of a text.

use std::{borrow::Cow, io::Read as _};

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use flate2::read::MultiGzDecoder;
use memchr::{memchr, memchr2, memmem};

use super::{MARK, marked};

const ESCAPE: u8 = 0x1b;
/// How much of the beginning is looked at to see whether a text is base64, in bytes. No record is shorter in it.
const LOOKED_AT: usize = 200;
/// With and without `=` at the end.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// What base64 is unpacked to at most, in bytes.
const UNPACKED: u64 = 8 << 20;

/// A line as text: without colours, without the zeros that fill up a rotated file, and with a mark for what is no UTF-8.
pub fn clean(line: &[u8]) -> Cow<'_, str> {
    if memchr2(0, ESCAPE, line).is_none() {
        return String::from_utf8_lossy(line);
    }
    let bytes: Vec<u8> = line.iter().copied().filter(|byte| *byte != 0).collect();
    without_colours(&String::from_utf8_lossy(&bytes)).into_owned().into()
}

/// ECMA-48, as terminals and `jq -C` have it.
pub fn without_colours(text: &str) -> Cow<'_, str> {
    if memchr(ESCAPE, text.as_bytes()).is_some() { console::strip_ansi_codes(text) } else { Cow::Borrowed(text) }
}

/// Where the record's quotes are escaped and no JSON is around it: as CSV (RFC 4180), as a string of JSON or of most
/// programming languages, as .NET's JSON, and as HTML and XML escape them.
pub fn one_level_less(text: &str) -> Option<String> {
    if !marked(text) {
        return None;
    }
    let marked_by = |quote: &str| memmem::find(text.as_bytes(), &[quote.as_bytes(), MARK].concat()).is_some();
    ["\"\"", r"\u0022", "&quot;", "&#34;"]
        .into_iter()
        .find(|quote| marked_by(quote))
        .map(|quote| text.replace(quote, "\""))
        .or_else(|| marked_by("\\\"").then(|| without_backslashes(text)))
}

/// One of each before a quote or another.
fn without_backslashes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let escaped = rest.next_if(|next| character == '\\' && matches!(next, '"' | '\\'));
        plain.push(escaped.unwrap_or(character));
    }
    plain
}

/// What stands in base64, as Kinesis and Pub/Sub have it, and in gzip in it, as CloudWatch Logs gives it to subscribers.
/// And whether that is all of it. In either alphabet of RFC 4648, with and without line breaks.
pub fn decoded(text: &str) -> Option<(String, bool)> {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_\r\n".contains(byte);
    let text = text.trim().as_bytes();
    if !text.get(..LOOKED_AT)?.iter().all(is_digit) {
        return None;
    }
    let in_one_alphabet = |byte: &u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => *byte,
    };
    let digits: Vec<u8> = text.iter().filter(|byte| !byte.is_ascii_whitespace()).map(in_one_alphabet).collect();
    let bytes = BASE64.decode(digits).ok()?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Some((String::from_utf8(bytes).ok()?, true));
    }
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(&*bytes).take(UNPACKED + 1).read_to_end(&mut unpacked).ok()?;
    let whole = unpacked.len() as u64 <= UNPACKED;
    Some((String::from_utf8_lossy(&unpacked).into_owned(), whole))
}
