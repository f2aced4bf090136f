//! Who asks: a user for each connection, with a token of either kind, a room of their own, and the channels of all.

use std::{collections::BTreeMap, fmt};

use anyhow::{Context as _, Result};
use http::HeaderValue;
use jwt_simple::prelude::{
    Claims, Duration, ECDSAP256KeyPairLike as _, ES256KeyPair, HS256Key, JWTClaims, MACLike as _,
};
use serde_json::{Value, json};
use stack::keys::{LIFETIME_HOURS, UserClaims};
use tokio_postgres::Client;
use uuid::Uuid;

/// As many as there are connections at most.
pub const PEOPLE: usize = 64;
/// What a legacy project calls its shared secret in a token's header.
pub const SECRET_ID: &str = "legacy";

/// What a token is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Algorithm {
    /// The legacy shared secret.
    #[serde(rename = "HS256")]
    Hs256,
    /// A key pair, as projects of today.
    #[serde(rename = "ES256")]
    Es256,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hs256 => "HS256",
            Self::Es256 => "ES256",
        })
    }
}

/// Everybody, and what they share.
#[derive(Clone)]
pub struct People {
    all: Vec<Person>,
    /// A channel with 200 messages that stay the same.
    pub reading: String,
    /// Time and id of the message in the middle of it.
    pub middle: (String, Uuid),
    /// A channel that is written to.
    pub writing: String,
    pub publishable: String,
}

/// One user.
#[derive(Clone)]
pub struct Person {
    hs256: HeaderValue,
    es256: HeaderValue,
    id: Uuid,
    partner: Uuid,
    room: Uuid,
    game: Uuid,
}

/// Signs tokens as the project's Auth does.
pub struct Signer {
    secret: HS256Key,
    pair: ES256KeyPair,
    issuer: String,
}

impl Signer {
    /// From what the stack says of itself.
    pub fn new(environment: &BTreeMap<String, String>) -> Result<Self> {
        let value = |name: &str| environment.get(name).with_context(|| format!("the stack gives no {name}"));
        Ok(Self {
            secret: HS256Key::from_bytes(value("JWT_SECRET")?.as_bytes()).with_key_id(SECRET_ID),
            pair: ES256KeyPair::from_jwk(value("JWT_PRIVATE_JWK")?)?,
            issuer: value("JWT_ISSUER")?.clone(),
        })
    }

    /// A token of a session of its own, so that no two are the same, for the `Authorization` header.
    pub fn bearer(&self, user: Uuid, algorithm: Algorithm) -> Result<HeaderValue> {
        let custom = UserClaims {
            role: "authenticated".into(),
            email: Some(format!("{user}@bench.test")),
            session_id: Some(Uuid::new_v4()),
            aal: Some("aal1".into()),
            is_anonymous: false,
        };
        let claims: JWTClaims<UserClaims> = Claims::with_custom_claims(custom, Duration::from_hours(LIFETIME_HOURS))
            .with_issuer(&self.issuer)
            .with_subject(user)
            .with_audience("authenticated");
        let token = match algorithm {
            Algorithm::Hs256 => self.secret.authenticate(claims),
            Algorithm::Es256 => self.pair.sign(claims),
        }?;
        Ok(HeaderValue::try_from(format!("Bearer {token}"))?)
    }
}

/// What the people need in the database. `$1` are their ids; each plays with the next one, in a room with the own id.
const ROWS: &str = include_str!("people.sql");

impl People {
    /// Makes them. `database` is connected as `postgres`.
    pub async fn new(database: &Client, signer: &Signer, publishable: &str) -> Result<Self> {
        let ids: Vec<Uuid> = (0..PEOPLE).map(|_| Uuid::new_v4()).collect();
        let (reading, writing) = (Uuid::new_v4(), Uuid::new_v4());
        let list = ids.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(",");
        let sql = ROWS
            .replace(":people", &format!("array[{list}]::uuid[]"))
            .replace(":reading", &format!("'{reading}'::uuid"))
            .replace(":writing", &format!("'{writing}'::uuid"));
        database.batch_execute(&sql).await.context("the people of the benchmark cannot be made")?;
        let person = |number: usize| -> Result<Person> {
            let id = ids[number];
            Ok(Person {
                hs256: signer.bearer(id, Algorithm::Hs256)?,
                es256: signer.bearer(id, Algorithm::Es256)?,
                id,
                partner: ids[(number + 1) % PEOPLE],
                room: id,
                game: ids[0],
            })
        };
        let all = (0..PEOPLE).map(person).collect::<Result<_>>()?;
        Ok(Self {
            all,
            reading: reading.to_string(),
            middle: middle(database, reading, 500).await?,
            writing: writing.to_string(),
            publishable: publishable.to_owned(),
        })
    }

    /// The user of a connection.
    pub fn person(&self, connection: usize) -> &Person {
        &self.all[connection % self.all.len()]
    }

    /// Takes away what was written, so that every round begins with the same tables.
    pub async fn forget(&self, database: &Client) -> Result<()> {
        let sql = format!("delete from public.social_messages where channel_id = '{}'", self.writing);
        database.batch_execute(&sql).await.context("what was written cannot be taken away")?;
        Ok(database.batch_execute("vacuum public.social_messages").await?)
    }
}

/// Messages from now on are dated an hour back, by the default that they get their time from. The rate limit counts those of
/// the last minute: a sender who asks as fast as possible would have more of them than any user ever has, and the count
/// would be what is measured. As it is, nobody has any.
pub async fn unlimited(database: &Client) -> Result<()> {
    let sql = "alter table public.social_messages alter column inserted_at set default now() - interval '1 hour'";
    database.batch_execute(sql).await.context("messages cannot be dated back")
}

/// The cursor of the message that so many are newer than, as a query spells it.
pub async fn middle(database: &Client, channel: Uuid, newer: i64) -> Result<(String, Uuid)> {
    let query = "select to_char(inserted_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), id \
                 from public.social_messages where channel_id = $1 order by inserted_at desc, id desc offset $2 limit 1";
    let row = database.query_one(query, &[&channel, &newer]).await?;
    Ok((row.get(0), row.get(1)))
}

impl Person {
    /// For the `Authorization` header.
    pub fn bearer(&self, algorithm: Algorithm) -> HeaderValue {
        match algorithm {
            Algorithm::Hs256 => self.hs256.clone(),
            Algorithm::Es256 => self.es256.clone(),
        }
    }

    /// Their id.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// A staging of both players that is right in every respect.
    pub fn staging(&self, version: i64) -> Value {
        json!({
            "room_id": self.room,
            "game_id": self.game,
            "match_instance_id": Uuid::new_v4(),
            "roster": [
                { "slot_index": 0, "role": "tank", "owner_id": self.id, "ready": true },
                { "slot_index": 1, "role": "healer", "owner_id": self.partner, "ready": false },
            ],
            "slot_template": {
                "version": version,
                "source": "room-stage",
                "roles": [{ "name": "tank", "slot_count": 1 }, { "name": "healer", "slot_count": 1 }],
                "slots": [{ "slot_index": 0, "role": "tank" }, { "slot_index": 1, "role": "healer" }],
            },
        })
    }
}
