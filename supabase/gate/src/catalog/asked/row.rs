//! The rows that a policy or a check is asked about.

use anyhow::Result;
use serde_json::Value;

use super::{
    super::rows,
    asker::{Asker, CALLER, OTHER},
};
use crate::{
    contract::{Columns, Privilege},
    database::{self, identifier, literal},
};

impl Asker<'_> {
    /// One that is there, with the id of who asks for it; or else one made up.
    pub async fn present_row(&mut self) -> Result<(String, String, bool)> {
        let (qualified, alias) = (self.found.qualified(), identifier(&self.found.name));
        let caller = self.asking.relation.caller.as_deref().filter(|_| self.asking.own);
        if let Some(sample) = self.sample().await? {
            let who = caller.and_then(|column| sample[column].as_str()).unwrap_or(CALLER).to_owned();
            let record = literal(&sample.to_string());
            return Ok((format!("jsonb_populate_record(null::{qualified}, {record}) as {alias}"), who, true));
        }
        let value = |name: &str, kind: &str| match kind {
            "uuid" if caller == Some(name) => Some(literal(CALLER)),
            "uuid" => Some(literal(OTHER)),
            _ => None,
        };
        Ok((self.made_up(value), CALLER.to_owned(), false))
    }

    async fn sample(&mut self) -> Result<Option<Value>> {
        let qualified = self.found.qualified();
        let sees = format!(
            "select to_jsonb(has_table_privilege({0}, 'select') and not row_security_active({0}))::text",
            literal(&qualified)
        );
        if database::read(self.connection, &sees).await? != true {
            return Ok(None);
        }
        let caller = self.asking.relation.caller.as_deref().map(identifier);
        let theirs = caller.map_or_else(|| "true".to_owned(), |column| format!("{column} is not null"));
        let newest = format!(
            "select to_jsonb((select to_jsonb(one) from {qualified} as one where {theirs} order by ctid desc limit 1))::text"
        );
        let sample = rows::<Option<Value>>(self.connection, &format!("select coalesce(({newest}), 'null')")).await?;
        Ok(sample.filter(|sample| !sample.is_null()))
    }

    /// As the RPCs write it: what they always give, and defaults. What clients choose is taken from a row that is there.
    pub async fn new_row(&mut self) -> Result<String> {
        let sample = self.sample().await?.unwrap_or_default();
        let given =
            self.asking.relation.grants.exact.get(&self.asking.role).and_then(|rights| rights.get(&Privilege::Insert));
        let given = |name: &str| match given {
            Some(Columns::Some(names)) => names.iter().any(|known| known == name),
            _ => self.asking.relation.columns.iter().any(|known| known.name == name),
        };
        let nullable =
            |name: &str| self.asking.relation.columns.iter().any(|known| known.name == name && known.nullable);
        let caller = self.asking.relation.caller.as_deref();
        let value = |name: &str, kind: &str| match kind {
            _ if !given(name) => None,
            "uuid" if caller == Some(name) => Some(literal(CALLER)),
            _ if nullable(name) => Some("null".to_owned()),
            "uuid" => Some(literal(OTHER)),
            "bigint" => Some("1700000000000".to_owned()),
            "integer" => Some("0".to_owned()),
            "boolean" => Some("false".to_owned()),
            "jsonb" => Some("'{}'".to_owned()),
            "timestamp with time zone" => Some("now()".to_owned()),
            _ => Some(sample[name].as_str().map_or_else(|| "null".to_owned(), literal)),
        };
        Ok(self.made_up(value))
    }

    fn made_up(&self, value: impl Fn(&str, &str) -> Option<String>) -> String {
        let columns = self.found.columns.iter().map(|column| {
            let default = column.default.as_deref();
            let default = default.filter(|text| !text.starts_with("generated ") && !text.contains("nextval("));
            let value = value(&column.name, &column.kind);
            let value = value.or_else(|| default.map(str::to_owned)).unwrap_or_else(|| "null".to_owned());
            format!("({value})::{} as {}", column.kind, identifier(&column.name))
        });
        format!("(select {}) as {}", columns.collect::<Vec<_>>().join(", "), identifier(&self.found.name))
    }
}
