//! What Supabase's functions say of a request.

use anyhow::Result;
use serde_json::Value;
use tokio_postgres::error::SqlState;

use super::{
    super::{Answer, Catalog},
    asker::{self, CALLER},
};
use crate::{
    contract::Contract,
    database::{self, Connection, identifier},
    finding::Unseen,
};

pub async fn ask(connection: &mut Connection, contract: &Contract, catalog: &mut Catalog) -> Result<()> {
    for (function, sub, query, want) in [
        ("auth.uid()", CALLER, "to_jsonb(auth.uid())", Value::from(CALLER)),
        ("auth.uid()", "", "to_jsonb(auth.uid())", Value::Null),
        ("auth.jwt()", CALLER, "auth.jwt()", asker::claims_of(CALLER)),
        ("realtime.topic()", CALLER, "to_jsonb(realtime.topic())", Value::from(CALLER)),
    ] {
        let known = contract.platform.iter().any(|known| known.signature == function);
        // What is missing is a finding.
        if !known || !catalog.access.platform.contains_key(function) {
            continue;
        }
        let query = format!("select coalesce({query}, 'null')::text");
        match asker::asked(connection, None, &query, sub, sub).await? {
            Ok(said) if said == want => {}
            Ok(said) => catalog.access.answers.push(Answer { function: function.to_owned(), said: said.to_string() }),
            Err(why) if database::has_code(&why, &[SqlState::INSUFFICIENT_PRIVILEGE]) => {
                let user = identifier(&catalog.access.user);
                let schema = function.split('.').next().unwrap_or_default();
                catalog.unseen.push(Unseen {
                    place: format!("function {function}"),
                    why: format!("{user} may not ask it"),
                    remedy: format!(
                        "connect as postgres; or: grant usage on schema {schema} to {user}; \
                         grant execute on function {function} to {user};"
                    ),
                });
            }
            Err(why) => catalog.access.answers.push(Answer { function: function.to_owned(), said: format!("{why:#}") }),
        }
    }
    catalog.access.answers.dedup_by(|one, other| one.function == other.function);
    catalog.unseen.dedup();
    Ok(())
}
