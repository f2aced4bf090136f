//! What columns of our own tables get when a row is written without them: those that the contract does not know, and those that
//! a table has in a project's own words.

use anyhow::Result;
use serde_json::Value;
use tokio_postgres::error::SqlState;

use super::{
    Refusal,
    asker::{self, CALLER},
};
use crate::{
    catalog::Catalog,
    contract::Contract,
    database::{self, Connection, literal},
};

pub async fn ask(connection: &mut Connection, contract: &Contract, catalog: &Catalog) -> Result<Vec<Refusal>> {
    let mut refusals = Vec::new();
    for want in contract.relations.iter().filter(|relation| relation.is_written()) {
        let Some(have) = catalog.relations.iter().find(|have| have.qualified() == want.qualified()) else { continue };
        for column in have.columns.iter().filter(|column| !want.columns.iter().any(|known| known.name == column.name)) {
            let of_type = format!(
                "select to_jsonb(coalesce((select typdefault from pg_type where oid = {}::regtype), 'null'))::text",
                literal(&column.kind)
            );
            let of_type = database::read(connection, &of_type).await?;
            let value = column.default.as_deref().or(of_type.as_str()).unwrap_or("null");
            let query = format!("select to_jsonb(({value})::{} is null)::text", column.kind);
            if value.starts_with("generated ") {
                continue;
            }
            if let Err(why) = asker::asked(connection, None, &query, CALLER, "").await?
                // Read only: a sequence. A right: the roles that write are asked about (beyond.sql).
                && !database::has_code(&why, &[SqlState::READ_ONLY_SQL_TRANSACTION, SqlState::INSUFFICIENT_PRIVILEGE])
            {
                let (relation, name) = (want.qualified(), column.name.clone());
                refusals.push(Refusal::Column { relation, name, why: format!("{why:#}") });
            }
        }
        if !want.shared && catalog.doors.has_adopted(&want.schema, &want.name) {
            for (known, default) in want.columns.iter().filter_map(|known| Some((known, known.default.as_ref()?))) {
                let Some(column) = have.columns.iter().find(|column| column.name == known.name) else { continue };
                let present = column.default.as_deref().unwrap_or("null");
                // The time of the transaction, or never the same.
                let same = format!(
                    "select to_jsonb(coalesce(case when {default} = {default} then {present} = {default} \
                       else {present} <> {present} end, false))::text"
                );
                let said = asker::asked(connection, None, &same, CALLER, "").await?;
                let may_not =
                    said.as_ref().is_err_and(|why| database::has_code(why, &[SqlState::INSUFFICIENT_PRIVILEGE]));
                if present != default && !may_not && said.ok() != Some(Value::Bool(true)) {
                    refusals.push(Refusal::Default {
                        relation: want.qualified(),
                        name: known.name.clone(),
                        default: default.clone(),
                        present: present.to_owned(),
                    });
                }
            }
        }
    }
    Ok(refusals)
}
