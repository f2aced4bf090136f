//! Functions that raise 40001 (serialization_failure). PostgREST before 16 runs such a request again for ever, also
//! when the client has long gone (PostgREST issue 3673).

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use super::Findings;
use crate::{catalog::Catalog, finding::Code};

/// `raise … using errcode = '40001'`, `raise sqlstate '40001'`, `raise serialization_failure`. Catching it is no crime.
static RAISE: LazyLock<Regex> = LazyLock::new(|| {
    let raise = r"\braise\s+(\w+\s+)?(sqlstate\s+'40001'|serialization_failure\b)";
    let errcode = r"\berrcode\s*:?=\s*'?(40001|serialization_failure)\b";
    Regex::new(&format!("(?is){raise}|{errcode}")).expect("a constant pattern")
});

static COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)--[^\n]*|/\*.*?\*/").expect("a constant pattern"));

/// The places that were found.
pub fn judge(catalog: &Catalog, findings: &mut Findings) -> BTreeSet<String> {
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
    RAISE.is_match(&COMMENT.replace_all(source, " "))
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
        ] {
            assert!(raises(source), "{source}");
        }
        for source in [
            "exception when serialization_failure then return null;",
            "exception when sqlstate '40001' then return null;",
            "-- never raise serialization_failure\nreturn 1;",
            "/* raise sqlstate '40001' */ return 40001;",
        ] {
            assert!(!raises(source), "{source}");
        }
    }
}
