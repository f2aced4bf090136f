//! What stands between a record and its text: escapes, colours, bytes that are none of a text.

use std::{borrow::Cow, io::Read as _};

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use flate2::read::MultiGzDecoder;
use memchr::{memchr, memchr2, memmem};

use super::{MARK, python};

const ESCAPE: u8 = 0x1b;
/// How much of the beginning is looked at to see whether a text is base64, in bytes. No record is shorter in it.
const LOOKED_AT: usize = 200;
/// How a quote is written: in CSV, in JSON and .NET's, in HTML and XML, and in HTML in HTML.
const QUOTES: [&str; 6] = ["\"\"", r"\u0022", "&quot;", "&#34;", "&#x22;", "&amp;quot;"];
/// How JSON and gzip begin in base64, and [`MARK`] in a list of bytes.
const PACKED: [&[u8]; 4] = [b"eyJ", b"H4sI", b"102,97,97,115", b"102, 97, 97, 115"];
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

/// Whether a text can have a record in it, or one that is packed.
pub fn marked(text: &str) -> bool {
    let has = |mark: &[u8]| memmem::find(text.as_bytes(), mark).is_some();
    has(MARK) || text.len() >= LOOKED_AT && PACKED.iter().any(|mark| has(mark))
}

/// Where the record's quotes are escaped and no JSON is around it: as CSV (RFC 4180), as a string of JSON or of most
/// programming languages, as .NET's JSON, as HTML and XML escape them, as nginx does. And Ruby's and Python's literals.
pub fn one_level_less(text: &str) -> Option<String> {
    let places = |mark| memmem::find_iter(text.as_bytes(), mark).map(|at| &text.as_bytes()[..at]);
    let marks = || [MARK].into_iter().chain(PACKED).flat_map(places);
    let marked_by = |quote: &str| marks().any(|before| before.ends_with(quote.as_bytes()));
    let has = |part: &str| memmem::find(text.as_bytes(), part.as_bytes()).is_some();
    if !marked(text) {
        return None;
    }
    let of_kind = |is: &dyn Fn(&str) -> bool| QUOTES.into_iter().find(|quote| is(quote));
    if let Some(quote) = of_kind(&marked_by) {
        return Some(text.replace(quote, "\""));
    }
    let backslashes = |quoted: &[u8]| quoted.iter().rev().take_while(|byte| **byte == b'\\').count();
    if marks().filter_map(|before| before.strip_suffix(b"\"")).any(|before| backslashes(before) % 2 == 1) {
        return Some(without_backslashes(text));
    }
    let of_ruby = ["\"=>", "\" => "].into_iter().find(|arrow| has(arrow));
    if let Some(arrow) = of_ruby {
        return Some(text.replace(&format!("{arrow}nil"), "\":null").replace(arrow, "\":"));
    }
    let opened = || of_kind(&|quote| has(&format!("{{{quote}"))).map(|quote| text.replace(quote, "\""));
    python::as_json(text).or_else(opened).or_else(|| has("\\").then(|| without_backslashes(text)))
}

/// One of each before a quote or another, and the `\x22` of nginx.
fn without_backslashes(text: &str) -> String {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, more @ ..] = rest {
        let (byte, more) = match (byte, more) {
            (b'\\', [b'x', high, low, more @ ..]) => match hexadecimal(*high, *low) {
                Some(byte) => (byte, more),
                None => (b'\\', &rest[1..]),
            },
            (b'\\', [escaped @ (b'"' | b'\'' | b'\\'), more @ ..]) => (*escaped, more),
            (byte, more) => (*byte, more),
        };
        plain.push(byte);
        rest = more;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// The byte that two digits are.
pub fn hexadecimal(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
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
