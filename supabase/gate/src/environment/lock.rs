//! `supabase/environments.toml`: what each environment has been locked to.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

/// One environment. What is left out is not judged; more extensions than are named may be there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The project's origin: `https://<ref>.supabase.co`.
    pub url: Option<String>,
    /// The base of the functions: `https://<host>/functions/v1`.
    pub functions_url: Option<String>,
    /// The project's reference, as the Supabase CLI lists it.
    pub project_ref: Option<String>,
    /// The major version of PostgreSQL.
    pub postgres: Option<u32>,
    /// Versions by name: `1.6` stands for `1.6.4` too, `*` for any. A name that is here is required.
    #[serde(default)]
    pub extensions: BTreeMap<String, String>,
    /// The schemas that PostgREST serves, in any order.
    pub exposed_schemas: Option<Vec<String>>,
    /// The region of the database, as the Supabase CLI lists it. Needs `project_ref`.
    pub database_region: Option<String>,
    /// What the functions say in `x-region`. Needs `functions_url`.
    pub functions_region: Option<String>,
    /// How it is rolled out to. The gate does not look at it: `rollout` does.
    pub rollout: Option<toml::Table>,
}

impl Lock {
    /// Reads one environment of a file.
    pub fn read(path: &Path, name: &str) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut all: BTreeMap<String, Self> =
            toml::from_str(&text).with_context(|| format!("{} cannot be read", path.display()))?;
        let known = all.keys().cloned().collect::<Vec<_>>().join(", ");
        let lock = all.remove(name);
        let lock = lock.with_context(|| format!("{} has no environment {name}; it has: {known}", path.display()))?;
        let needs = [
            ("exposed_schemas", lock.exposed_schemas.is_some(), "url", lock.url.is_some()),
            ("database_region", lock.database_region.is_some(), "project_ref", lock.project_ref.is_some()),
            ("functions_region", lock.functions_region.is_some(), "functions_url", lock.functions_url.is_some()),
        ];
        for (what, given, needed, there) in needs {
            ensure!(!given || there, "{}: [{name}] has {what}, and no {needed} to ask for it", path.display());
        }
        Ok(lock)
    }
}

/// Whether a version is the locked one, or more precise.
pub fn is_of(lock: &str, version: &str) -> bool {
    lock == "*" || lock == version || version.strip_prefix(lock).is_some_and(|rest| rest.starts_with(['.', '-']))
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn a_lock_may_be_less_precise_than_what_is_there_and_not_the_other_way_round() {
        for (lock, version) in [("1.6", "1.6"), ("1.6", "1.6.4"), ("1", "1.6.4"), ("*", "0.8.0"), ("1.4", "1.4-1")] {
            assert!(is_of(lock, version), "{lock} {version}");
        }
        for (lock, version) in [("1.6", "1.60"), ("1.6.4", "1.6"), ("1.6", "1.5.2"), ("", "1.6")] {
            assert!(!is_of(lock, version), "{lock} {version}");
        }
    }
}
