//! The addresses and keys of a running stack, for a shell to source.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use anyhow::{Context as _, Result};

use crate::{demo, stack::Stack};

impl Stack {
    /// What a shell needs to know, in the order of the documentation.
    pub fn environment(&self) -> Result<Vec<(&'static str, String)>> {
        let keys = &self.keys();
        let origin = self.origin();
        Ok(vec![
            ("ORIGIN", origin.to_owned()),
            ("FUNCTIONS_URL", format!("{origin}/functions/v1")),
            ("DATABASE_URL", self.cluster().url("postgres")),
            ("SUPABASE_PUBLISHABLE_KEY", keys.publishable.clone()),
            ("JWT_SECRET", keys.secret().to_owned()),
            ("JWT_PRIVATE_JWK", keys.private_jwk()),
            ("JWT_ISSUER", keys.issuer().to_owned()),
            ("TOKEN_MEMBER", keys.user(demo::ADA, "ada@example.com")?),
            ("TOKEN_MEMBER_2", keys.user(demo::GRACE, "grace@example.com")?),
            ("TOKEN_OUTSIDER", keys.user(demo::EVE, "eve@example.com")?),
            ("TOKEN_ANON", keys.project("anon")?),
            ("USER_MEMBER", demo::ADA.to_string()),
            ("USER_MEMBER_2", demo::GRACE.to_string()),
            ("USER_OUTSIDER", demo::EVE.to_string()),
            ("CHANNEL_ID", demo::GENERAL.to_string()),
            ("ROOM_ID", demo::ROOM.to_string()),
            ("GAME_ID", demo::GAME.to_string()),
            // As functions/client/example expects them; the last is for its way of before.
            ("NEXT_PUBLIC_SUPABASE_URL", origin.to_owned()),
            ("NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY", keys.publishable.clone()),
            ("SUPABASE_SERVICE_ROLE_KEY", keys.project("service_role")?),
        ])
    }
}

/// Writes `NAME='value'` lines, all at once and for the owner only: it has keys in it.
pub fn write(path: &Path, values: &[(&str, String)]) -> Result<()> {
    let text: String = values.iter().map(|(name, value)| format!("{name}={}\n", quoted(value))).collect();
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let write = || -> Result<()> {
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&unfinished, path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// In single quotes, where a shell expands nothing.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("env");
        let value = r#"it's "$HOME" `id` \ and {"a":1}"#;

        write(&path, &[("VALUE", value.to_owned())]).unwrap();

        let script = format!(". {}; printf %s \"$VALUE\"", path.display());
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
    }
}
