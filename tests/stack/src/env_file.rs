//! The addresses and keys of a running stack, for a shell to source.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use anyhow::{Context as _, Result};

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
