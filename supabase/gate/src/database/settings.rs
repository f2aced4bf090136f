//! What a connection string asks for, together with what libpq takes from elsewhere: a service file, the environment,
//! files in the home folder.

use std::{collections::BTreeMap, env, net::IpAddr, path::PathBuf, str::FromStr, time::Duration};

use anyhow::{Context as _, Result, ensure};
use nix::unistd::{Uid, User};

use super::{conninfo, files, parameters};

/// For a connection to one address, where `connect_timeout` does not say it.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where Debian's servers have their socket; elsewhere it is /tmp.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// What the environment says.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// All of it, read and checked.
#[derive(Clone)]
pub struct Settings {
    values: BTreeMap<&'static str, String>,
    home: Option<PathBuf>,
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR`, which take the place of the system's roots.
    pub(super) system: [Option<PathBuf>; 2],
}

/// One of those that are tried in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// As it is given: a name, an address, or the folder of a socket.
    pub name: String,
    /// `hostaddr`: instead of looking the name up.
    pub address: Option<IpAddr>,
    /// A number from 1 on.
    pub port: u16,
}

impl Settings {
    /// Reads a string in the environment of this process.
    pub fn read(text: &str) -> Result<Self> {
        Self::read_in(text, &|name| env::var(name).ok())
    }

    /// Reads a string in some environment.
    pub fn read_in(text: &str, environment: Environment<'_>) -> Result<Self> {
        let given = |name: &str| environment(name).filter(|value| !value.is_empty());
        let mut values = BTreeMap::new();
        let mut before = None;
        for (name, value) in conninfo::parse(text)? {
            let name = parameters::known(&name, before).context("the database URL cannot be read")?;
            values.insert(name, value);
            before = Some(name);
        }
        let home = given("HOME").map(PathBuf::from).or_else(|| Some(User::from_uid(Uid::effective()).ok()??.dir));
        let setting = |name: &str, variable: &str| {
            let value = values.get(name).cloned().or_else(|| given(variable));
            value.filter(|value| !value.is_empty())
        };
        if let Some(service) = setting("service", "PGSERVICE") {
            let file = setting("servicefile", "PGSERVICEFILE");
            for (name, value) in files::service(&service, file.as_deref(), home.as_deref(), given("PGSYSCONFDIR"))? {
                let name = parameters::known(&name, None)
                    .with_context(|| format!("service {service} has a line that is no parameter"))?;
                values.entry(name).or_insert(value);
            }
        }
        for (name, variable, _) in parameters::ALL.iter().filter(|(_, variable, _)| !variable.is_empty()) {
            if let Some(value) = environment(variable) {
                values.entry(name).or_insert(value);
            }
        }
        if given("PGREQUIRESSL").is_some_and(|value| value.starts_with('1')) {
            values.entry("sslmode").or_insert_with(|| "require".to_owned());
        }
        if values.get("sslrootcert").is_some_and(|file| file == "system") {
            let mode = values.entry("sslmode").or_insert_with(|| "verify-full".to_owned());
            ensure!(
                mode == "verify-full",
                "sslmode={mode} is too weak for sslrootcert=system: take sslmode=verify-full"
            );
        }
        for (name, value) in &mut values {
            parameters::check(name, value)?;
        }
        // Given and empty keeps the environment out, and is nothing else.
        values.retain(|_, value| !value.is_empty());
        let system = ["SSL_CERT_FILE", "SSL_CERT_DIR"].map(|name| given(name).map(PathBuf::from));
        let settings = Self { values, home, system };
        settings.hosts().map(|_| settings)
    }

    /// A parameter that is given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// A parameter that is given, as a number.
    pub(super) fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        let parsed = self.get(name).map(|value| value.trim().parse().ok());
        parsed.map(|number| number.with_context(|| format!("{name} is a number"))).transpose()
    }

    /// A file in the folder of libpq's own.
    pub(super) fn at_home(&self, name: &str) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(".postgresql").join(name))
    }

    /// `sslmode`.
    pub fn ssl_mode(&self) -> &str {
        self.get("sslmode").unwrap_or("prefer")
    }

    /// As whom: the user of the process, where nothing else is given.
    pub fn user(&self) -> Result<String> {
        let given = self.get("user").map(str::to_owned);
        let own = || User::from_uid(Uid::effective()).ok().flatten().map(|user| user.name);
        given.or_else(own).context("there is no user: give one in the database URL")
    }

    /// How long one address is given.
    pub(super) fn patience(&self) -> Result<Duration> {
        // libpq takes 1 for 2.
        let seconds = self.number::<i64>("connect_timeout")?.filter(|seconds| *seconds > 0);
        Ok(seconds.map_or(PATIENCE, |seconds| Duration::from_secs(seconds.max(2).unsigned_abs())))
    }

    /// The password for a host: what is given, or what the password file says.
    pub(super) fn password(&self, host: &Host) -> Result<Option<String>> {
        if let Some(password) = self.get("password") {
            return Ok(Some(password.to_owned()));
        }
        let user = self.user()?;
        let file = self.get("passfile").map(PathBuf::from).or_else(|| Some(self.home.as_ref()?.join(".pgpass")));
        let Some(file) = file else { return Ok(None) };
        let local = host.name.is_empty() && host.address.is_none() || SOCKETS.contains(&host.name.as_str());
        let name = if local { "localhost".to_owned() } else { host.name_or_address() };
        let asked = [&name, &host.port.to_string(), self.get("dbname").unwrap_or(&user), &user];
        files::password(&file, asked)
    }

    /// Every password that may be sent: none of them may be shown.
    pub fn passwords(&self) -> Vec<String> {
        let hosts = self.hosts().unwrap_or_default();
        hosts.iter().filter_map(|host| self.password(host).ok().flatten()).collect()
    }

    /// Where to go, in turn.
    pub fn hosts(&self) -> Result<Vec<Host>> {
        let list = |name: &str| -> Vec<String> {
            self.get(name).map(|text| text.split(',').map(str::to_owned).collect()).unwrap_or_default()
        };
        let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
        let count = names.len().max(addresses.len()).max(1);
        let fits = |list: &[String]| list.is_empty() || list.len() == count;
        ensure!(fits(&names) && fits(&addresses), "host and hostaddr are lists of different lengths");
        ensure!(fits(&ports) || ports.len() == 1, "{} ports are given for {count} hosts", ports.len());
        (0..count)
            .map(|at| {
                let address = addresses.get(at).filter(|address| !address.is_empty());
                let address =
                    address.map(|address| address.parse().context("hostaddr is no IP address")).transpose()?;
                let port = ports.get(at).or_else(|| ports.first()).filter(|port| !port.is_empty());
                let port =
                    port.map_or(Ok(5432), |port| port.trim().parse().ok().filter(|port| *port > 0).context(NO_PORT))?;
                let name = names.get(at).cloned().unwrap_or_default();
                ensure!(
                    !name.contains('@'),
                    "a host has an @: percent-encode what is special in the password (@ is %40)"
                );
                Ok(Host { name, address, port })
            })
            .collect()
    }
}

const NO_PORT: &str = "a port is a number from 1 to 65535";

impl Host {
    /// Its name, or its address where it has none.
    pub(super) fn name_or_address(&self) -> String {
        let address = self.address.filter(|_| self.name.is_empty());
        address.map_or_else(|| self.name.clone(), |address| address.to_string())
    }

    /// The folder of its socket, if it is reached by one.
    pub(super) fn socket_folder(&self) -> Option<PathBuf> {
        if self.address.is_some() || !(self.name.is_empty() || self.name.starts_with('/')) {
            return None;
        }
        let there = || SOCKETS.iter().map(PathBuf::from).find(|folder| folder.is_dir()).unwrap_or_default();
        Some(if self.name.is_empty() { there() } else { PathBuf::from(&self.name) })
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.address, self.socket_folder()) {
            (_, Some(folder)) => write!(f, "{}:{}", folder.display(), self.port),
            (Some(address), _) if self.name.is_empty() => write!(f, "{address}:{}", self.port),
            _ => write!(f, "{}:{}", self.name, self.port),
        }
    }
}
