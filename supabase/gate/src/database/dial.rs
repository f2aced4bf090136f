//! Getting through to a server: each host in turn, each of its addresses, with and without TLS, in libpq's order.

use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context as _, Error, Result, anyhow, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UnixStream, lookup_host},
    task::JoinHandle,
    time::timeout,
};
use tokio_postgres::{
    Client, Config, NoTls, SimpleQueryMessage,
    config::{ChannelBinding, SslMode, SslNegotiation},
    error::SqlState,
    tls::TlsConnect,
};

use super::{
    handshake::{self, Encrypted, Stream},
    said,
    settings::{Host, Settings},
    socket, tls,
};

/// A connection, and what runs it.
pub type Dialled = (Client, JoinHandle<()>);

/// What `SSLRequest` is: its length, and a number that is no version.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Why there is no connection.
enum Failure {
    /// Nobody is there who takes connections: the next address may be better.
    Unreachable(Error),
    /// No other address would help, but without TLS, or with it, it may work.
    ThisWay(Error),
    /// The server has no TLS.
    NoTls,
    /// That is the answer.
    Final(Error),
}

/// Where a host listens.
pub enum Address {
    /// On this machine.
    Socket(PathBuf),
    /// Anywhere.
    Tcp(SocketAddr),
}

/// How to talk to an address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Clear,
    Encrypted,
}

/// The first that answers, and is what `target_session_attrs` asks for. The error never shows the password.
pub async fn dial(settings: &Settings) -> Result<Dialled> {
    let wanted = settings.get("target_session_attrs").unwrap_or("any");
    let rounds = if wanted == "prefer-standby" { &["standby", "any"][..] } else { &[wanted][..] };
    let (user, hosts) = (settings.user()?, settings.hosts()?);
    let mut last = anyhow!("there is no host");
    for wanted in rounds {
        for host in &hosts {
            let at = |error: Error| error.context(format!("cannot connect as {user} at {host}"));
            match reach(settings, host).await {
                Ok(dialled) => match serves_as(&dialled.0, wanted).await {
                    Ok(true) => return Ok(dialled),
                    Ok(false) => last = at(anyhow!("it is not what target_session_attrs={wanted} asks for")),
                    Err(error) => last = at(error),
                },
                Err(Failure::Unreachable(error)) => last = at(error),
                Err(Failure::ThisWay(error) | Failure::Final(error)) => return Err(at(error)),
                Err(Failure::NoTls) => return Err(at(no_tls(settings))),
            }
        }
    }
    Err(last)
}

async fn reach(settings: &Settings, host: &Host) -> Result<Dialled, Failure> {
    let patience = settings.patience().map_err(Failure::Final)?;
    let addresses = addresses(host).await.map_err(Failure::Unreachable)?;
    let mut last = Failure::Unreachable(anyhow!("{} has no address", host.name));
    for address in addresses {
        for way in ways(settings, &address) {
            let tried = timeout(patience, attempt(settings, host, &address, *way)).await;
            last = match tried.unwrap_or_else(|_| Err(Failure::Unreachable(silent(patience)))) {
                Ok(dialled) => return Ok(dialled),
                Err(Failure::Final(error)) => return Err(Failure::Final(error)),
                Err(Failure::ThisWay(error)) => Failure::ThisWay(error),
                // Why it did not work in the clear says more.
                Err(Failure::NoTls) => match last {
                    Failure::ThisWay(error) => Failure::ThisWay(error),
                    _ => Failure::NoTls,
                },
                Err(Failure::Unreachable(error)) => {
                    last = Failure::Unreachable(error);
                    break;
                }
            };
        }
        if matches!(last, Failure::ThisWay(_) | Failure::NoTls) {
            break;
        }
    }
    Err(last)
}

fn no_tls(settings: &Settings) -> Error {
    anyhow!("the server has no TLS, and sslmode={} asks for it", settings.ssl_mode())
}

fn silent(patience: Duration) -> Error {
    anyhow!("no answer within {} s", patience.as_secs())
}

async fn addresses(host: &Host) -> Result<Vec<Address>> {
    if let Some(folder) = host.socket_folder() {
        return Ok(vec![Address::Socket(folder.join(format!(".s.PGSQL.{}", host.port)))]);
    }
    if let Some(address) = host.address {
        return Ok(vec![Address::Tcp((address, host.port).into())]);
    }
    let found = lookup_host((host.name.as_str(), host.port)).await.context("its name cannot be looked up")?;
    Ok(found.map(Address::Tcp).collect())
}

fn ways(settings: &Settings, address: &Address) -> &'static [Way] {
    match (address, settings.ssl_mode()) {
        // On a socket there is no TLS, whatever sslmode says.
        (Address::Socket(_), _) | (_, "disable") => &[Way::Clear],
        (_, "allow") => &[Way::Clear, Way::Encrypted],
        (_, "prefer") => &[Way::Encrypted, Way::Clear],
        _ => &[Way::Encrypted],
    }
}

async fn attempt(settings: &Settings, host: &Host, address: &Address, way: Way) -> Result<Dialled, Failure> {
    let unreachable = |error: io::Error| Failure::Unreachable(error.into());
    let mut stream: Box<dyn Stream> = match address {
        Address::Socket(path) => Box::new(UnixStream::connect(path).await.map_err(unreachable)?),
        Address::Tcp(address) => {
            let stream = TcpStream::connect(address).await.map_err(unreachable)?;
            socket::keep_alive(settings, &stream).map_err(Failure::Final)?;
            Box::new(stream)
        }
    };
    let mut config = config(settings, host).map_err(Failure::Final)?;
    if way == Way::Clear {
        return start(stream, NoTls, &config).await;
    }
    stream.write_all(&SSL_REQUEST).await.map_err(unreachable)?;
    let answer = stream.read_u8().await.map_err(unreachable)?;
    match answer {
        b'S' => {}
        b'N' => return Err(Failure::NoTls),
        _ => return Err(Failure::Final(anyhow!("what answers there is no PostgreSQL"))),
    }
    let encryption = tls::config(settings, &host.name).map_err(Failure::Final)?;
    let stream = handshake::encrypted(stream, handshake::name(host, address), encryption).await.map_err(|error| {
        // libpq knows more kinds of keys and ciphers. Where it would be encrypted, nothing goes in the clear here.
        if handshake::is_about_a_certificate(&error) { Failure::ThisWay(error) } else { Failure::Final(error) }
    })?;
    config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
    start(stream, Encrypted, &config).await
}

async fn start<S, T>(stream: S, tls: T, config: &Config) -> Result<Dialled, Failure>
where
    S: Stream + 'static,
    T: TlsConnect<S>,
    T::Stream: Send + 'static,
{
    match config.connect_raw(stream, tls).await {
        Ok((client, connection)) => {
            // The client sees its error too, at the next statement.
            Ok((client, tokio::spawn(async move { drop(connection.await) })))
        }
        Err(error) => Err(match error.code() {
            Some(&SqlState::CANNOT_CONNECT_NOW) => Failure::Unreachable(said(error)),
            // pg_hba.conf may have another line for it.
            Some(&(SqlState::INVALID_AUTHORIZATION_SPECIFICATION | SqlState::INVALID_PASSWORD)) => {
                Failure::ThisWay(said(error))
            }
            _ => Failure::Final(said(error)),
        }),
    }
}

fn config(settings: &Settings, host: &Host) -> Result<Config> {
    let mut config = Config::new();
    let user = settings.user()?;
    config.ssl_mode(SslMode::Disable).dbname(settings.get("dbname").unwrap_or(&user));
    let name = settings.get("application_name").or_else(|| settings.get("fallback_application_name"));
    config.user(&user).application_name(name.unwrap_or("gate"));
    if let Some(options) = settings.get("options") {
        config.options(options);
    }
    if let Some(password) = settings.password(host)? {
        config.password(password);
    }
    config.channel_binding(match settings.get("channel_binding") {
        Some("disable") => ChannelBinding::Disable,
        Some("require") => ChannelBinding::Require,
        _ => ChannelBinding::Prefer,
    });
    Ok(config)
}

/// Whether the server is what is wanted.
async fn serves_as(client: &Client, wanted: &str) -> Result<bool> {
    if wanted == "any" {
        return Ok(true);
    }
    let state = "select pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')";
    let rows = client.simple_query(state).await.map_err(said)?;
    let row = rows.iter().find_map(|row| if let SimpleQueryMessage::Row(row) = row { Some(row) } else { None });
    let (standby, read_only) = (row.map(|row| row.get(0) == Some("t")), row.map(|row| row.get(1) == Some("on")));
    ensure!(row.is_some(), "it does not say whether it is a standby");
    Ok(match wanted {
        "standby" => standby == Some(true),
        "primary" => standby == Some(false),
        "read-only" => read_only == Some(true),
        _ => read_only == Some(false),
    })
}
