//! Tells from an error's code who raised it: PostgreSQL or PostgREST, or something that the installation has made.

/// Whether a trigger, a policy or a constraint of the installation raised it: `raise exception` (P0001), a constraint
/// (class 23), a status of PostgREST's (`PT422`), an SQLSTATE that SQL leaves to whoever wants it, or a code of its own
/// (docs.postgrest.org, "Raise errors with HTTP Status Codes"; SQL, classes of SQLSTATE: 5 to 9 and I to Z are free).
pub fn is_of_the_project(code: &str) -> bool {
    let sqlstate = code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    match code.as_bytes().first() {
        _ if code == "P0001" || code.starts_with("23") => true,
        _ if is_of_the_system(code) || ["P0", "54", "72"].iter().any(|class| sqlstate && code.starts_with(class)) => {
            false
        }
        Some(first) if sqlstate => matches!(first, b'5'..=b'9' | b'I'..=b'Z'),
        first => first.is_some(),
    }
}

/// Whether a code, and so its message, is the database's or PostgREST's own. Any other may have been raised by a function or
/// a trigger of the installation, and quote a message's body.
pub fn is_of_the_system(code: &str) -> bool {
    const CLASSES: [&str; 12] = ["PGRST", "rpc_", "setting_", "08", "25", "40", "42", "53", "55", "57", "58", "XX"];
    CLASSES.into_iter().any(|class| code.starts_with(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_installation_may_say_is_told_from_what_the_database_says() {
        for code in
            ["P0001", "23505", "23514", "23503", "23502", "23P01", "PT422", "PT403", "MOD01", "RK001", "7ABCD", "muted"]
        {
            assert!(is_of_the_project(code), "{code}");
        }
        for code in [
            "",
            "P0002",
            "P0004",
            "42501",
            "42P17",
            "2BP01",
            "21000",
            "22P02",
            "0A000",
            "54000",
            "72000",
            "XX000",
            "F0000",
            "HV000",
            "PGRST121",
            "PGRST100",
            "rpc_contract_mismatch",
            "setting_missing",
        ] {
            assert!(!is_of_the_project(code), "{code}");
        }
    }
}
