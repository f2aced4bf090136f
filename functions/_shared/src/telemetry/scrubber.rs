//! What a text must not bring into a record: more than fits, and what belongs to a person.

/// Cuts to at most so many bytes. Control characters become blanks, since JSON writes each in six bytes.
pub fn cut(text: &str, bytes: usize) -> String {
    let plain = text.replace(char::is_control, " ");
    plain[..plain.floor_char_boundary(bytes)].to_owned()
}

/// Without what a database's own message may quote of a person: tokens and keys, e-mail addresses, ids.
pub fn impersonal(text: &str) -> String {
    let of_a_word = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "@._+-%".contains(c);
    let personal = |word: &str| {
        // Anywhere in the word: in a URL, a `%20` stands before the token.
        let key = ["eyJ", "sb_publishable_", "sb_secret_"].into_iter().any(|start| word.contains(start));
        key || word.contains('@') || uuid::Uuid::try_parse(word.trim_end_matches('.')).is_ok()
    };
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(of_a_word) {
        let end = rest[start..].find(|c| !of_a_word(c)).map_or(rest.len(), |length| start + length);
        let (between, word) = (&rest[..start], &rest[start..end]);
        kept.push_str(between);
        kept.push_str(if personal(word) { "[removed]" } else { word });
        rest = &rest[end..];
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An installation's own triggers may raise anything.
    #[test]
    fn what_a_database_quotes_of_a_person_is_not_kept() {
        let said = "P0001 500: user ada.l+x@example.com (ada00000-0000-4000-8000-000000000001) sent eyJhbGciOiJ.e30.x, \
                    \"sb_secret_1\" too; relation \"public.x\" is at 10.5 %. Id ADA00000-0000-4000-8000-000000000001.";

        let kept = "P0001 500: user [removed] ([removed]) sent [removed], \
                    \"[removed]\" too; relation \"public.x\" is at 10.5 %. Id [removed]";
        assert_eq!(impersonal(said), kept);
        assert_eq!(impersonal("ü@é, (x)"), "[removed], (x)");
        assert_eq!(impersonal("?auth=Bearer%20eyJhbGciOiJ.e30.x"), "?auth=[removed]");
    }
}
