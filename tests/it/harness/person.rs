//! Somebody with an account, of this test alone.

use jwt_simple::prelude::JWTClaims;
use stack::keys::UserClaims;
use uuid::Uuid;

use crate::{answer::Call, running, scripted::user};

/// An account, and a session of it.
#[derive(Debug, Clone)]
pub struct Person {
    /// `sub` of the token.
    pub id: Uuid,
    /// An access token of the session.
    pub token: String,
}

impl Person {
    /// Signs up.
    pub async fn new() -> Self {
        let id = Uuid::new_v4();
        let email = format!("{id}@example.com");
        let database = running().stack.cluster().connect("postgres").await.expect("PostgreSQL answers");
        let insert = "insert into auth.users (id, aud, role, email) values ($1, 'authenticated', 'authenticated', $2)";
        database.execute(insert, &[&id, &email]).await.expect("an account");
        let token = running().stack.keys().user(id, &email).expect("a token");
        Self { id, token }
    }

    /// A token that Auth would sign for this person, with some claim changed.
    pub fn token_with(&self, change: impl FnOnce(&mut JWTClaims<UserClaims>)) -> String {
        let keys = running().stack.keys();
        let custom = UserClaims { session_id: Some(Uuid::new_v4()), ..user() };
        let mut claims = keys.claims(custom).with_subject(self.id).with_audience("authenticated");
        change(&mut claims);
        keys.sign(claims).expect("a signature")
    }

    /// `POST` of JSON to a path below the origin.
    pub fn post(&self, path: &str, body: &serde_json::Value) -> Call {
        Call::new(http::Method::POST, path).bearer(&self.token).json(body)
    }

    /// `GET` of a path below the origin.
    pub fn get(&self, path: &str) -> Call {
        Call::get(path).bearer(&self.token)
    }
}
