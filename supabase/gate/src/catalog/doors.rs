//! Doors: the older ways to what the RPCs do, which a project had before; whether they are still to be open.

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::rows;
use crate::database::Connection;

/// The migration that has the question, which reads nothing but the catalog.
const MIGRATION: &str = include_str!("../../../migrations/20261124110000_doors.sql");
/// The beginning of the function that asks it.
const FUNCTION: &str = "function lockstep.open_doors()";

/// What a project had before, and what of it is open.
#[derive(Debug, Default, Deserialize)]
pub struct Doors {
    /// Tables in `public` that were there before the first migration.
    pub adopted: Vec<String>,
    /// Whether `lockstep.close_doors()` has been called, or there was nothing to close.
    pub closed: bool,
    /// Those that are open.
    pub open: Vec<Door>,
}

/// One older way.
#[derive(Debug, Deserialize)]
pub struct Door {
    /// The object.
    pub door: String,
    /// For whom, and for what.
    pub opened_to: String,
    /// The statement that closes it.
    pub closing: String,
}

impl Doors {
    /// Expects what [`super::Catalog::read`] expects.
    pub async fn read(connection: &mut Connection) -> Result<Self> {
        let open = question().context("the migration has the question")?;
        rows(connection, &include_str!("doors.sql").replace("$open_doors", open)).await
    }

    /// Whether the project had this table before.
    pub fn has_adopted(&self, schema: &str, table: &str) -> bool {
        schema == "public" && self.adopted.iter().any(|name| name == table)
    }
}

/// The body of the function.
fn question() -> Option<&'static str> {
    let (_, after) = MIGRATION.split_once(FUNCTION)?;
    let (_, body) = after.split_once("as $$")?;
    let (body, _) = body.split_once("$$;")?;
    Some(body.trim_end().trim_end_matches(';'))
}
