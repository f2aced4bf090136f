//! A project of one test's own: a stack that may be anything from empty to in use, a checkout to roll out from, and the
//! command, as people and pipelines run it.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use rollout::{flags::TESTERS, release::Release};
use serde_json::Value;
use stack::{
    database::Migrations,
    demo, setup,
    stack::{Components, Options, Stack},
};
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};
use tokio_postgres::Client;

/// For whatever is waited for.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Curl is a cloud's command line here: it deploys to the stack, with the flags that rollout gives it.
pub const DEPLOY: &str = "curl -sS --fail-with-body \"$ORIGIN/_stack/deploy\" --data-urlencode \"folder=$RELEASE\" \
    $(printf -- '-d %s ' $FLAGS)";

pub struct Site {
    pub stack: Stack,
    pub database: Client,
    /// The checkout.
    pub folder: TempDir,
}

/// What the command said.
#[derive(Debug)]
pub struct Said {
    pub status: i32,
    pub text: String,
}

impl Site {
    /// With so many migrations applied, and flags and other variables as they are given.
    pub async fn new(migrations: Migrations, variables: &[(&str, &str)]) -> Self {
        Self::with(false, migrations, Components::Deployed, variables).await
    }

    /// Without any components yet.
    pub async fn empty(migrations: Migrations) -> Self {
        Self::with(false, migrations, Components::Built, &[]).await
    }

    /// A project that has been in use for years, with routes of its own, before the first migration.
    pub async fn with_old_routes() -> Self {
        Self::with(true, Migrations::First(0), Components::Built, &[]).await
    }

    async fn with(in_use: bool, migrations: Migrations, components: Components, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("rollout-test-").tempdir().unwrap();
        let variables: BTreeMap<_, _> = variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let logs = Some(folder.path().join("logs"));
        let options = Options { in_use, migrations, components, variables, logs, ..Options::default() };
        let stack = Stack::start(options).await.unwrap_or_else(|error| panic!("{error:#}"));
        let database = stack.cluster().connect("postgres").await.unwrap();
        let site = Self { stack, database, folder };
        site.check_out();
        site.environment(&[]);
        site
    }

    /// With so many migrations applied, and every function off.
    pub async fn off(migrations: Migrations) -> Self {
        let manifest = Release::read(&setup::root().join("spin.toml")).unwrap();
        let flags = manifest.flags().unwrap();
        let off: Vec<(&str, &str)> =
            flags.iter().filter(|name| *name != TESTERS).map(|name| (name.as_str(), "off")).collect();
        Self::new(migrations, &off).await
    }

    /// One whose first release is in place, with everything on.
    pub async fn in_use() -> Self {
        let site = Self::empty(Migrations::All).await;
        site.rollout(&["apply"]).await.is(0);
        site
    }

    /// What is committed, with the components built.
    fn check_out(&self) {
        let (from, to) = (setup::root(), self.folder.path());
        for folder in ["supabase/migrations", "target/wasm32-wasip2/component"] {
            fs::create_dir_all(to.join(folder)).unwrap();
            for entry in fs::read_dir(from.join(folder)).unwrap().flatten().filter(|entry| entry.path().is_file()) {
                if [Some("sql"), Some("wasm")].contains(&entry.path().extension().and_then(|e| e.to_str())) {
                    fs::copy(entry.path(), to.join(folder).join(entry.file_name())).unwrap();
                }
            }
        }
        for file in ["spin.toml", "supabase/rank_required_rpcs.json"] {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
    }

    /// A file of the checkout.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How many migrations the checkout has.
    pub fn migrations(&self) -> usize {
        fs::read_dir(self.path("supabase/migrations")).unwrap().count()
    }

    /// Changes a file of the checkout.
    pub fn edit(&self, name: &str, change: impl FnOnce(String) -> String) {
        let path = self.path(name);
        fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
    }

    /// Another release than those before: its manifest says something else.
    pub fn new_release(&self, name: &str) {
        self.edit("spin.toml", |text| text + "# " + name + "\n");
    }

    /// The environment `local`, with some settings of its rollout replaced. A step is not watched unless one says so.
    pub fn environment(&self, settings: &[(&str, &str)]) {
        let mut all = BTreeMap::from([
            ("deploy", format!("'''{DEPLOY}'''")),
            ("steps", "[10, 100]".to_owned()),
            ("hold_seconds", "0".to_owned()),
            ("logs", format!("['{}/logs/*_stdout.txt']", self.folder.path().display())),
        ]);
        all.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let rollout: String = all.into_iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
        let origin = self.stack.origin();
        let text = format!(
            "[local]\nurl = '{origin}'\nfunctions_url = '{origin}/functions/v1'\nfunctions_region = 'local'\n\
             exposed_schemas = ['public']\n[local.extensions]\npgcrypto = '*'\n[local.rollout]\n{rollout}"
        );
        fs::write(self.path("supabase/environments.toml"), text).unwrap();
    }

    /// The command, in the checkout, with what a pipeline has in its environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollout"));
        let (first, more) = arguments.split_first().expect("a command");
        command.arg(first).arg("local").args(more).current_dir(self.folder.path());
        if ["apply", "plan"].contains(first) && !arguments.contains(&"--migrate-with") {
            command.args(["--migrate-with", "direct"]);
        }
        for (name, value) in self.stack.environment().unwrap() {
            command.env(name, value);
        }
        command.env("GITHUB_ACTOR", "ada").env("TMPDIR", self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Runs it to its end. Whatever it says, no secret is in it.
    pub async fn rollout(&self, arguments: &[&str]) -> Said {
        let output = timeout(PATIENCE, self.command(arguments).output()).await;
        self.said(output.unwrap_or_else(|_| panic!("{arguments:?} has not ended within {PATIENCE:?}")).unwrap())
    }

    /// What a command has said that was waited for.
    pub fn said(&self, output: Output) -> Said {
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        for secret in self.secrets() {
            assert!(!text.contains(&secret), "a secret on the terminal:\n{text}");
        }
        Said { status: output.status.code().unwrap_or(-1), text }
    }

    fn secrets(&self) -> Vec<String> {
        let secret = |name: &str| ["DATABASE_URL", "JWT_SECRET"].contains(&name) || name.starts_with("TOKEN_");
        let all = self.stack.environment().unwrap().into_iter().filter(|(name, _)| secret(name));
        let password = self.stack.cluster().url("postgres").split([':', '@']).nth(2).unwrap().to_owned();
        // The role of a local stack has the same name, which may be said.
        let password = [format!(":{password}@"), format!("password={password}")];
        all.map(|(_, value)| value).chain(password).collect()
    }

    /// `status --json`, in which no secret is either.
    pub async fn status(&self) -> Value {
        let said = self.rollout(&["status", "--json"]).await;
        serde_json::from_str(&said.is(0).text).unwrap()
    }

    /// The newest run.
    pub async fn last_run(&self) -> Value {
        self.status().await["runs"][0].clone()
    }

    /// The release and flags that are in place.
    pub async fn in_place(&self) -> Value {
        self.status().await["in_place"]["local"].clone()
    }

    /// What the functions answer to somebody who is no tester.
    pub async fn answer(&self) -> (u16, String) {
        let url = format!("{}/functions/v1/messages-list?channel_id={}", self.stack.origin(), demo::GENERAL);
        let token = self.stack.keys().user(demo::GRACE, "grace@example.com").unwrap();
        let answer = tokio::task::spawn_blocking(move || smoke::get(&url, Some(&token))).await.unwrap().unwrap();
        (answer.status, answer.text("code").to_owned())
    }

    /// Waits until a query says yes.
    pub async fn until(&self, query: &str) {
        let began = Instant::now();
        while !self.database.query_one(query, &[]).await.unwrap().get::<_, bool>(0) {
            assert!(began.elapsed() < PATIENCE, "never: {query}");
            tokio::task::yield_now().await;
        }
    }
}

impl Said {
    /// With this status.
    pub fn is(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// With this text in it.
    pub fn says(self, text: &str) -> Self {
        assert!(self.text.contains(text), "no {text:?} in:\n{}", self.text);
        self
    }
}

/// The names of a run's steps that were begun, with their outcomes.
pub fn steps(run: &Value) -> Vec<String> {
    let steps = run["steps"].as_array().unwrap().iter();
    steps.map(|step| format!("{} {}", step["name"].as_str().unwrap(), step["outcome"].as_str().unwrap())).collect()
}
