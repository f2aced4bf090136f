//! The parameters that libpq knows, and what is made of each here.
//!
//! <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>. One that asks for what is not there is
//! refused: no connection is weaker than the one that was asked for.

use anyhow::{Result, bail, ensure};

/// What a parameter may be.
pub enum Values {
    /// Anything. What a wrong value is, is said where it is used.
    Any,
    /// One of these.
    Of(&'static [&'static str]),
    /// Nothing: it is not there.
    Missing,
}

use Values::{Any, Missing, Of};

/// Name, environment variable, values.
pub const ALL: &[(&str, &str, Values)] = &[
    ("application_name", "PGAPPNAME", Any),
    ("channel_binding", "PGCHANNELBINDING", Of(&["disable", "prefer", "require"])),
    // Everything is UTF-8, so the variable, which is for terminals, does not matter.
    ("client_encoding", "", Of(&["auto", "UTF8", "utf8", "UTF-8", "utf-8"])),
    ("connect_timeout", "PGCONNECT_TIMEOUT", Any),
    ("dbname", "PGDATABASE", Any),
    ("fallback_application_name", "", Any),
    ("gssdelegation", "PGGSSDELEGATION", Any),
    ("gssencmode", "PGGSSENCMODE", Of(&["disable", "prefer"])),
    ("gsslib", "PGGSSLIB", Any),
    ("host", "PGHOST", Any),
    ("hostaddr", "PGHOSTADDR", Any),
    ("keepalives", "", Any),
    ("keepalives_count", "", Any),
    ("keepalives_idle", "", Any),
    ("keepalives_interval", "", Any),
    ("krbsrvname", "PGKRBSRVNAME", Any),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS", Of(&["disable"])),
    ("max_protocol_version", "PGMAXPROTOCOLVERSION", Of(&["3.0", "3.2", "latest"])),
    ("min_protocol_version", "PGMINPROTOCOLVERSION", Of(&["3.0"])),
    ("oauth_client_id", "", Missing),
    ("oauth_client_secret", "", Missing),
    ("oauth_issuer", "", Missing),
    ("oauth_scope", "", Missing),
    ("options", "PGOPTIONS", Any),
    ("passfile", "PGPASSFILE", Any),
    ("password", "PGPASSWORD", Any),
    ("port", "PGPORT", Any),
    ("replication", "", Of(&["false", "off", "no", "0"])),
    ("require_auth", "PGREQUIREAUTH", Missing),
    ("requirepeer", "PGREQUIREPEER", Missing),
    ("scram_client_key", "", Missing),
    ("scram_server_key", "", Missing),
    ("service", "PGSERVICE", Any),
    ("servicefile", "PGSERVICEFILE", Any),
    ("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION", Of(&["TLSv1.2", "TLSv1.3"])),
    ("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION", Of(&["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"])),
    ("sslcert", "PGSSLCERT", Any),
    ("sslcertmode", "PGSSLCERTMODE", Of(&["disable", "allow"])),
    ("sslcompression", "PGSSLCOMPRESSION", Any),
    ("sslcrl", "PGSSLCRL", Any),
    ("sslcrldir", "PGSSLCRLDIR", Missing),
    ("sslkey", "PGSSLKEY", Any),
    ("sslkeylogfile", "", Missing),
    ("sslmode", "PGSSLMODE", Of(&["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])),
    ("sslnegotiation", "PGSSLNEGOTIATION", Of(&["postgres"])),
    ("sslpassword", "", Any),
    ("sslrootcert", "PGSSLROOTCERT", Any),
    ("sslsni", "PGSSLSNI", Of(&["0", "1"])),
    (
        "target_session_attrs",
        "PGTARGETSESSIONATTRS",
        Of(&["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]),
    ),
    ("tcp_user_timeout", "", Any),
    ("user", "PGUSER", Any),
];

/// The parameter of a name, as it is spelt in this list. `after` is the one that was given before it.
pub fn known(name: &str, after: Option<&str>) -> Result<&'static str> {
    if let Some((known, ..)) = ALL.iter().find(|(known, ..)| *known == name) {
        return Ok(known);
    }
    // Then it may be a piece of it.
    ensure!(
        after != Some("password"),
        "what comes after the password is no parameter: a password with spaces stands in 'quotes'"
    );
    let plain = name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    bail!("{} is no parameter that libpq knows", if plain { name } else { "one of its names" })
}

/// An empty value of these is none. An empty one of the others that have a list is a wrong one, as in libpq.
const MAY_BE_EMPTY: [&str; 5] =
    ["client_encoding", "replication", "ssl_max_protocol_version", "ssl_min_protocol_version", "sslsni"];
/// Spelt in any case.
const ANY_CASE: [&str; 2] = ["ssl_max_protocol_version", "ssl_min_protocol_version"];

/// Refuses a value that asks for what is not there, and spells it as this list does.
pub fn check(name: &str, value: &mut String) -> Result<()> {
    let Some((_, variable, values)) = ALL.iter().find(|(known, ..)| *known == name) else { return Ok(()) };
    let called = if variable.is_empty() { name.to_owned() } else { format!("{name} ({variable})") };
    match values {
        Missing if !value.is_empty() => bail!("{called} is not supported here: leave it out"),
        Of(values) if !(value.is_empty() && MAY_BE_EMPTY.contains(&name)) => {
            let same = |one: &&&str| **one == value || ANY_CASE.contains(&name) && one.eq_ignore_ascii_case(value);
            let Some(known) = values.iter().find(same) else {
                let given = if value.is_empty() { "empty" } else { value.as_str() };
                bail!("{called} cannot be {given} here: it can be {}", values.join(", "));
            };
            (*known).clone_into(value);
            Ok(())
        }
        _ => Ok(()),
    }
}
