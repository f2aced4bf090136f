//! `gate migrations`: the files of `supabase/migrations` against what a database says it has applied.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use crate::{
    check::Findings,
    database::{self, Connection},
    finding::{Code, Notice, Report, Unseen},
};

/// Where the Supabase CLI records what it has applied.
const HISTORY: &str = "supabase_migrations.schema_migrations";

/// A file `<version>_<name>.sql`.
#[derive(Debug, Clone)]
pub struct Migration {
    /// Where it is.
    pub path: PathBuf,
    /// The time in front of its name.
    pub version: String,
    /// The rest of its name.
    pub name: String,
}

/// The migrations of a folder, in the order in which they are applied: that of their versions.
pub fn files(folder: &Path) -> Result<Vec<Migration>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    paths.sort();
    let mut all: Vec<Migration> = Vec::new();
    for path in paths {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.split_once('_'));
        let Some((version, name)) = stem.filter(|(version, _)| version.bytes().all(|byte| byte.is_ascii_digit()))
        else {
            bail!("{}: not named <version>_<name>.sql", path.display());
        };
        let (version, name) = (version.to_owned(), name.to_owned());
        if let Some(other) = all.last().filter(|other| other.version == version) {
            bail!("{} and {} have one version", other.path.display(), path.display());
        }
        all.push(Migration { path, version, name });
    }
    ensure!(!all.is_empty(), "there are no migrations in {}", folder.display());
    Ok(all)
}

/// A row of the history.
#[derive(Debug, Deserialize)]
pub struct Applied {
    /// The time in front of the file's name.
    pub version: String,
    name: Option<String>,
    statements: Option<Vec<String>>,
}

impl Applied {
    /// Whether it is this file, applied under the version of another second: of its name, and with its text.
    pub fn is_under_another_version(&self, migration: &Migration) -> Result<bool> {
        let Some(statements) = self.statements.as_deref().filter(|_| self.name.as_ref() == Some(&migration.name))
        else {
            return Ok(false);
        };
        Ok(self.version != migration.version && is_what_was_applied(&migration.text()?, statements))
    }
}

impl Migration {
    /// What is in the file.
    pub fn text(&self) -> Result<String> {
        fs::read_to_string(&self.path).with_context(|| format!("cannot read {}", self.path.display()))
    }
}

#[derive(Debug, Deserialize)]
struct Sight {
    user: String,
    exists: bool,
    may_read: bool,
}

/// Compares. Expects to be in a reading transaction.
pub async fn compare(connection: &mut Connection, migrations: &[Migration]) -> Result<Report> {
    let sight: Sight = serde_json::from_value(database::read(connection, SIGHT).await?)?;
    let looked_at = vec![format!("{} files", migrations.len())];
    let mut report = Report { looked_at, ..Report::default() };
    if sight.exists && !sight.may_read {
        report.unseen.push(Unseen {
            place: HISTORY.to_owned(),
            why: format!("{} may not read it", sight.user),
            remedy: format!(
                "grant usage on schema supabase_migrations to {0}; grant select on {HISTORY} to {0};",
                sight.user
            ),
        });
        return Ok(report);
    }
    let applied: Vec<Applied> = match sight.exists {
        true => serde_json::from_value(database::read(connection, APPLIED).await?)?,
        false => Vec::new(),
    };
    let mut applied: BTreeMap<String, Applied> = applied.into_iter().map(|row| (row.version.clone(), row)).collect();
    let newest = applied.keys().next_back().cloned().unwrap_or_default();
    let mut findings = Findings::default();
    for migration in migrations {
        let place = migration.path.display().to_string();
        let mut twin = None;
        for row in applied.values() {
            twin = twin.or(row.is_under_another_version(migration)?.then(|| row.version.clone()));
        }
        match applied.remove(&migration.version) {
            None if twin.is_some() => {
                let version = twin.unwrap_or_default();
                applied.remove(&version);
                let what = format!(
                    "applied as {version}, with this name and text, and nothing has to be applied. For the Supabase CLI: \
                     supabase migration repair --status applied {}; supabase migration repair --status reverted {version}",
                    migration.version
                );
                report.notices.push(Notice { place, what });
            }
            None => {
                let late = migration.version < newest;
                let remedy = if late {
                    "supabase db push --include-all: a later one was applied before it"
                } else {
                    "supabase db push"
                };
                findings.add(Code::MigrationPending, place, "applied", "not applied", remedy);
            }
            Some(Applied { statements: Some(statements), .. }) => {
                let text = migration.text()?;
                if !is_what_was_applied(&text, &statements) {
                    let remedy = "restore the file (git log), and make the change in a migration of its own";
                    findings.add(Code::MigrationChanged, place, "the text that was applied", "another text", remedy);
                }
            }
            Some(Applied { statements: None, .. }) => report.unseen.push(Unseen {
                place,
                why: "the history has no text of it, as after `supabase migration repair` by an older CLI".to_owned(),
                remedy: format!("supabase migration repair --status applied {}", migration.version),
            }),
        }
    }
    for (version, row) in applied {
        let place = format!("migration {version}{}", row.name.map_or(String::new(), |name| format!("_{name}")));
        let remedy = format!(
            "deploy from the commit that has it; or, if it is undone: supabase migration repair --status reverted {version}"
        );
        findings.add(Code::MigrationUnknown, place, "a file of this version", "none", remedy);
    }
    report.findings = findings.all;
    Ok(report)
}

const SIGHT: &str = "select jsonb_build_object( \
      'user', current_user, \
      'exists', history.oid is not null, \
      'may_read', coalesce( \
        has_schema_privilege(history.relnamespace, 'usage') and has_table_privilege(history.oid, 'select') \
          and not row_security_active(history.oid), \
        false \
      ) \
    )::text \
    from (select 1) as one \
    left join pg_class as history \
      on history.relname = 'schema_migrations' \
      and history.relnamespace = (select oid from pg_namespace where nspname = 'supabase_migrations')";

/// Its rows.
pub const APPLIED: &str = "select coalesce(jsonb_agg(to_jsonb(history)), '[]')::text \
    from supabase_migrations.schema_migrations as history";

/// Whether a file is what was applied. The stack records a file as it is, the CLI as its statements, each as it was
/// written, and without what stood between them: blanks and semicolons.
fn is_what_was_applied(file: &str, statements: &[String]) -> bool {
    let lines = |text: &str| text.replace("\r\n", "\n");
    let between = |character: char| character.is_whitespace() || character == ';';
    let file = lines(file.trim_start_matches('\u{feff}'));
    let mut rest = file.as_str();
    for statement in statements {
        let statement = lines(statement.trim_start_matches('\u{feff}'));
        let statement = statement.trim_matches(between);
        rest = rest.trim_start_matches(between);
        match rest.strip_prefix(statement) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.trim_matches(between).is_empty()
}

#[cfg(test)]
mod tests {
    use super::{files, is_what_was_applied};

    #[test]
    fn each_statement_has_to_be_there_as_it_was_written_and_nothing_else() {
        let applied = ["-- a note\nselect 'a;b' as x".to_owned(), "select 2".to_owned()];
        for file in
            ["-- a note\nselect 'a;b' as x;\n\nselect 2;\n", "\u{feff}-- a note\r\nselect 'a;b' as x;;\r\nselect 2"]
        {
            assert!(is_what_was_applied(file, &applied), "{file:?}");
            assert!(is_what_was_applied(file, &[file.to_owned()]), "{file:?}");
        }
        for file in [
            "-- a note select 'a;b' as x; select 2;",
            "-- a note\nselect 'ab' as x; select 2;",
            "-- a note\nselect 'a; b' as x; select 2;",
            "-- a note\nselect 'a;b' asx; select 2;",
            "-- a note\nselect 'a;b' as x;",
            "-- a note\nselect 'a;b' as x; select 2; select 3;",
            "-- a note\nselect 'a;b' as x; -- select 2;",
        ] {
            assert!(!is_what_was_applied(file, &applied), "{file:?}");
        }
    }

    #[test]
    fn names_that_say_no_version_and_versions_that_are_there_twice_are_refused() {
        for (names, complaint) in [
            (vec!["first.sql"], "not named"),
            (vec!["soon_first.sql"], "not named"),
            (vec!["1_first.sql", "1_second.sql"], "have one version"),
            (vec!["README.md"], "there are no migrations"),
        ] {
            let folder = std::env::temp_dir().join(format!("gate-{}-{}", std::process::id(), names[0]));
            std::fs::create_dir_all(&folder).unwrap();
            for name in &names {
                std::fs::write(folder.join(name), "select 1;").unwrap();
            }
            let error = files(&folder).unwrap_err();
            std::fs::remove_dir_all(&folder).unwrap();
            assert!(format!("{error:#}").contains(complaint), "{names:?}: {error:#}");
        }
    }
}
