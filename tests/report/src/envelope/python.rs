//! Python's literals, as `print` and `logging` write a dictionary, a string or bytes.

use memchr::memchr_iter;

use super::escape::hexadecimal;

/// What is no name outside of a string, and what it is in JSON.
const WORDS: [(&str, &str); 3] = [("None", "null"), ("True", "true"), ("False", "false")];

/// The same text with JSON's strings, from where the first of Python's stands in a literal.
pub fn as_json(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let in_literal = |at: &usize| {
        let (before, after) = (bytes[..*at].last(), bytes.get(at + 1));
        matches!(before, Some(b'{' | b'[' | b'(' | b'b')) || matches!(after, Some(b'{' | b'['))
    };
    let start = memchr_iter(b'\'', bytes).find(in_literal)?;
    let mut json = text[..start].to_owned();
    let mut rest = &text[start..];
    while let Some(first) = rest.chars().next() {
        let word = WORDS.into_iter().find(|(word, _)| rest.starts_with(word));
        if matches!(first, '\'' | '"') {
            let (content, after) = string(rest.as_bytes());
            json.push_str(&serde_json::to_string(&String::from_utf8_lossy(&content)).ok()?);
            rest = &rest[rest.len() - after..];
        } else if let Some((word, value)) = word {
            json.push_str(value);
            rest = &rest[word.len()..];
        } else {
            json.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(json)
}

/// What a string says that a text begins with, and how many bytes come after it.
fn string(text: &[u8]) -> (Vec<u8>, usize) {
    let (quote, mut rest) = (text[0], &text[1..]);
    let mut content = Vec::new();
    while let [byte, more @ ..] = rest {
        rest = more;
        match (*byte, more) {
            (b'\\', [b'x', high, low, more @ ..]) if let Some(byte) = hexadecimal(*high, *low) => {
                content.push(byte);
                rest = more;
            }
            (b'\\', [escaped, more @ ..]) => {
                match escaped {
                    b'n' => content.push(b'\n'),
                    b'r' => content.push(b'\r'),
                    b't' => content.push(b'\t'),
                    b'\\' | b'\'' | b'"' => content.push(*escaped),
                    other => content.extend([b'\\', *other]),
                }
                rest = more;
            }
            (byte, _) if byte == quote => break,
            (byte, _) => content.push(byte),
        }
    }
    (content, rest.len())
}
