//! A PostgreSQL with TLS, and each way of connecting to it: psql's, and ours.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
};

use gate::database::{self, Settings};
use it::Installation;
use stack::{
    database::Grants,
    setup::{self, Binaries},
};
use tempfile::TempDir;

use super::certificates;

/// What must never be shown.
pub const PASSWORD: &str = "hunter2%2F";

/// A file that PostgreSQL, and psql, read as their own.
pub fn give(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    if let Some(user) = setup::unprivileged().unwrap() {
        chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
    }
}

/// What came of it: `encrypted` or `clear`, and as whom; or the error.
pub type Outcome = Result<String, String>;

/// What both are asked.
const HOW: &str = "select to_jsonb(case when ssl then 'encrypted ' else 'clear ' end || current_user)::text \
    from pg_stat_ssl where pid = pg_backend_pid()";

/// The server, its certificates, and an empty home.
pub struct Server {
    pub installation: Installation,
    binaries: Binaries,
    folder: TempDir,
}

impl Server {
    /// Without TLS, and with roles that need it, refuse it, or need a certificate.
    pub async fn start() -> Self {
        let installation = Installation::empty(Grants::Today).await;
        let folder = tempfile::Builder::new().prefix("lockstep-").tempdir().unwrap();
        for folder in [folder.path().to_owned(), folder.path().join("home"), folder.path().join("home/.postgresql")] {
            fs::create_dir_all(&folder).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o711)).unwrap();
        }
        certificates::make(folder.path());
        let binaries = Binaries::find(&setup::root(), None, folder.path()).await.unwrap();
        let server = Self { installation, binaries, folder };
        for role in ["anybody", "encrypted", "clear", "certified", "certified_too"] {
            server.run(&format!("create role {role} login password 'hunter2/'")).await;
        }
        let mut admin = server.admin().await;
        let file = database::read(&mut admin, "select to_jsonb(current_setting('hba_file'))::text").await.unwrap();
        let lines = "local all all trust\n\
            hostssl all encrypted all scram-sha-256\n\
            hostnossl all clear all scram-sha-256\n\
            hostssl all certified all cert\n\
            hostssl all certified_too all scram-sha-256 clientcert=verify-ca\n\
            host all anybody,postgres all scram-sha-256\n";
        give(Path::new(file.as_str().unwrap()), lines);
        server
    }

    async fn admin(&self) -> database::Connection {
        database::connect(&self.installation.cluster.socket_url("supabase_admin")).await.unwrap()
    }

    pub async fn run(&self, sql: &str) {
        database::run(&mut self.admin().await, sql).await.unwrap();
    }

    /// From the next connection on it has this certificate.
    pub async fn takes(&self, certificate: &str) {
        let file = |name: &str| self.file(name).display().to_string();
        for (setting, value) in [
            ("ssl_cert_file", file(&format!("{certificate}.crt"))),
            ("ssl_key_file", file(&format!("{certificate}.key"))),
            ("ssl_ca_file", file("root.crt")),
            ("ssl", "on".to_owned()),
        ] {
            self.run(&format!("alter system set {setting} = '{value}'")).await;
        }
        self.run("select pg_reload_conf()").await;
    }

    /// A file beside the certificates, or in the home.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `{port}`, `{here}` and `{password}` stand for where it listens, for the folder, and for what must not be shown.
    fn filled(&self, text: &str) -> String {
        let (port, here) = (self.installation.cluster.port().to_string(), self.folder.path().display().to_string());
        text.replace("{port}", &port).replace("{here}", &here).replace("{password}", PASSWORD)
    }

    fn environment(&self, variables: &[(&str, &str)]) -> BTreeMap<String, String> {
        let home = ("HOME".to_owned(), self.file("home").display().to_string());
        let given = variables.iter().map(|(name, value)| ((*name).to_owned(), self.filled(value)));
        std::iter::once(home).chain(given).collect()
    }

    /// By psql.
    pub fn psql(&self, url: &str, variables: &[(&str, &str)]) -> Outcome {
        let mut command = self.binaries.command("psql").unwrap();
        command.args(["-X", "-w", "-A", "-t", "-c", HOW, "-d", &self.filled(url)]);
        let output = command.envs(self.environment(variables)).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().trim_matches('"').to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// By the project's own code.
    pub async fn ours(&self, url: &str, variables: &[(&str, &str)]) -> Outcome {
        let environment = self.environment(variables);
        let how = async {
            let settings = Settings::read_in(&self.filled(url), &|name| environment.get(name).cloned())?;
            let mut connection = database::connect_with(&settings).await?;
            let how = database::read(&mut connection, HOW).await?;
            database::close(connection).await;
            anyhow::Ok(how.as_str().unwrap().to_owned())
        };
        let outcome = how.await.map_err(|error| format!("{error:#}"));
        assert!(outcome.as_ref().map_or_else(|said| !said.contains("hunter2"), |_| true), "{url}: {outcome:?}");
        outcome
    }
}
