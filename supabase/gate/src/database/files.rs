//! The files beside a connection string: services, and passwords.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};

/// What a service of `pg_service.conf` says, in its order: of the user's file, else of the system's.
///
/// <https://www.postgresql.org/docs/current/libpq-pgservice.html>
pub fn service(
    name: &str,
    file: Option<&str>,
    home: Option<&Path>,
    system: Option<String>,
) -> Result<Vec<(String, String)>> {
    let own = file.map(PathBuf::from).or_else(|| home.map(|home| home.join(".pg_service.conf")));
    if let (Some(file), Some(own)) = (file, own.as_ref()) {
        ensure!(own.is_file(), "the service file {file} is not there");
    }
    let system = system.map(|folder| Path::new(&folder).join("pg_service.conf"));
    for path in [own, system].into_iter().flatten().filter(|path| path.is_file()) {
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if let Some(found) = section(&text, name).with_context(|| format!("{} cannot be read", path.display()))? {
            return Ok(found);
        }
    }
    bail!("there is no service {name} (PGSERVICE): write [{name}] into ~/.pg_service.conf, or set PGSERVICEFILE")
}

fn section(text: &str, name: &str) -> Result<Option<Vec<(String, String)>>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut lines = lines.skip_while(|line| *line != format!("[{name}]"));
    if lines.next().is_none() {
        return Ok(None);
    }
    let pair = |line: &str| {
        let (name, value) = line.split_once('=').context("a line has no =")?;
        ensure!(name != "service" && name != "servicefile" && name != "ldap", "a service names no other service");
        Ok((name.to_owned(), value.to_owned()))
    };
    lines.take_while(|line| !line.starts_with('[')).map(pair).collect::<Result<_>>().map(Some)
}

/// What a password file says of a host, a port, a database and a user.
///
/// <https://www.postgresql.org/docs/current/libpq-pgpass.html>
pub fn password(path: &Path, asked: [&str; 4]) -> Result<Option<String>> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(None) };
    if !metadata.is_file() || metadata.mode() & 0o077 != 0 {
        say::note!("warning: {} is not used: it has to be a file that only its owner may read (0600)", path.display());
        return Ok(None);
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().filter(|line| !line.starts_with('#')).find_map(|line| password_of(line, asked)))
}

fn password_of(line: &str, asked: [&str; 4]) -> Option<String> {
    let mut rest = line;
    for wanted in asked {
        let (field, left) = field(rest, true)?;
        // An escaped * is a *, not anything.
        let anything = rest.starts_with("*:");
        if !anything && field != wanted {
            return None;
        }
        rest = left;
    }
    Some(field(rest, false)?.0)
}

/// A field, without the backslashes that escape, and what comes after its colon.
fn field(text: &str, ends_with_colon: bool) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next().map_or('\\', |(_, escaped)| escaped)),
            ':' => return Some((value, &text[at + 1..])),
            _ => value.push(character),
        }
    }
    (!ends_with_colon).then_some((value, ""))
}

#[cfg(test)]
mod tests {
    use super::{password_of, section};

    #[test]
    fn a_line_of_a_password_file_is_for_whom_it_names() {
        let asked = ["db.example", "5432", "a:b", "ada"];
        for (line, expected) in [
            (r"db.example:5432:a\:b:ada:p\\w\:1", Some(r"p\w:1")),
            ("*:*:*:*:anything", Some("anything")),
            (r"\*:*:*:*:anything", None),
            ("*:5433:*:*:other", None),
            ("db.example:5432:a:b:ada:other", None),
            ("*:*:*:ada", None),
        ] {
            assert_eq!(password_of(line, asked).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn a_service_is_what_stands_below_its_name() {
        let text = "[a]\nhost=a\n\n# b\n[b]\nhost=b\noptions=-c x=y\n[c]\nhost\n";

        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(section(text, "b").unwrap(), Some(vec![pair("host", "b"), pair("options", "-c x=y")]));
        assert_eq!(section(text, "d").unwrap(), None);
        assert!(section(text, "c").is_err());
    }
}
