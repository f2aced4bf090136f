//! Functions that raise 40001 (serialization_failure). PostgREST before 16 runs such a request again for ever, also
//! when the client has long gone (PostgREST issue 3673).

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use super::Findings;
use crate::{catalog::Catalog, finding::Code};

/// `raise … using errcode = '40001'`, `raise sqlstate '40001'`, `raise serialization_failure`. Catching it is no crime,
/// and neither is comparing with it.
static RAISE: LazyLock<Regex> = LazyLock::new(|| {
    let code = r"(e?'|\$\w*\$)?(40001|serialization_failure)\b";
    Regex::new(&format!(r"(?is)\braise\b([^;]*\b(errcode\s*:?=\s*|sqlstate\s+)|\s+(\w+\s+)?){code}"))
        .expect("a constant pattern")
});

/// The places that were found.
pub fn find(catalog: &Catalog, findings: &mut Findings) -> BTreeSet<String> {
    let raising = catalog.raising.iter().filter(|found| raises(&found.source));
    raising
        .map(|found| {
            findings.add(
                Code::Raises40001,
                format!("function {}", found.place),
                "no function raises SQLSTATE 40001",
                "raise … 40001",
                "raise another code, such as SQLSTATE 'PGRST' with a status (docs.postgrest.org, \"Errors\")",
            );
            found.place.clone()
        })
        .collect()
}

fn raises(source: &str) -> bool {
    RAISE.is_match(&without_comments(source))
}

/// Leaves strings as they are: two hyphens in one begin no comment.
pub fn without_comments(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some(character) = rest.chars().next() {
        let ahead = |pattern: &str| rest.starts_with(pattern);
        let length = if ahead("--") {
            code.push(' ');
            rest.find('\n').unwrap_or(rest.len())
        } else if ahead("/*") {
            code.push(' ');
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else {
            let length = match character {
                '\'' => rest[1..].find('\'').map_or(rest.len(), |end| end + 2),
                _ => character.len_utf8(),
            };
            code.push_str(&rest[..length]);
            length
        };
        rest = &rest[length..];
    }
    code
}

#[cfg(test)]
mod tests {
    use super::raises;

    #[test]
    fn raising_is_told_from_catching_and_from_talking_about_it() {
        for source in [
            "raise exception 'again' using errcode = '40001';",
            "raise exception using message = 'x', errcode := 'serialization_failure';",
            "RAISE SQLSTATE '40001';",
            "raise serialization_failure using message = 'x';",
            "raise exception sqlstate '40001' using message = 'x';",
            "raise exception 'x -- y' using errcode = '40001';",
            "raise exception using errcode = $$40001$$;",
            "raise exception using errcode = e'40001', message = 'x';",
        ] {
            assert!(raises(source), "{source}");
        }
        for source in [
            "exception when serialization_failure then return null;",
            "exception when sqlstate '40001' then return null;",
            "-- never raise serialization_failure\nreturn 1;",
            "if v_errcode = '40001' then raise warning 'again'; end if;",
            "raise notice 'after this'; if errcode = '40001' then return; end if;",
            "/* raise sqlstate '40001' */ return 40001;",
        ] {
            assert!(!raises(source), "{source}");
        }
    }
}
