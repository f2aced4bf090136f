//! How far what is deployed is turned on: the variables of the functions, and the setting of the overlays.

use std::{collections::BTreeMap, fmt};

use anyhow::{Result, bail};
use gate::database::{self, Connection, literal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What the variables of flags are called in spin.toml.
pub const PREFIX: &str = "flag_";
/// The variable, and the setting, of those for whom everything is on.
pub const TESTERS: &str = "flag_testers";
/// The setting of the overlays.
const OVERLAYS: &str = "flag_rank_overlays";

/// For how many users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For nobody, testers included.
    Off,
    /// For so many in a hundred.
    Percent(u8),
    /// For everybody.
    On,
}

/// Everything that can be turned on and off.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Flags {
    /// The functions, and the overlays: they rise and fall together.
    pub level: Level,
    /// User ids.
    pub testers: Vec<String>,
}

impl Level {
    /// A step of a rollout; at a hundred there is nobody left to leave out.
    pub fn of(percent: u8) -> Self {
        if percent >= 100 { Self::On } else { Self::Percent(percent) }
    }

    /// Whether it is on for users who are no testers.
    pub fn is_up(self) -> bool {
        self > Self::Percent(0)
    }

    /// As a setting has it.
    fn json(self) -> Value {
        match self {
            Self::Off => json!("off"),
            Self::Percent(percent) => json!(percent),
            Self::On => json!("on"),
        }
    }
}

impl fmt::Display for Level {
    /// As a variable has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Percent(percent) => write!(f, "{percent}"),
            Self::On => f.write_str("on"),
        }
    }
}

impl Serialize for Level {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "off" => Ok(Self::Off),
            "on" => Ok(Self::On),
            text => text.parse().map(Self::Percent).map_err(serde::de::Error::custom),
        }
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Off => f.write_str("off"),
            Level::Percent(0) if self.testers.is_empty() => f.write_str("at 0 %"),
            Level::Percent(0) => f.write_str("at 0 %, and on for the testers"),
            Level::Percent(percent) => write!(f, "at {percent} %"),
            Level::On => f.write_str("on"),
        }
    }
}

impl Flags {
    /// For nobody.
    pub fn off() -> Self {
        Self { level: Level::Off, testers: Vec::new() }
    }

    /// The values of a manifest's flags.
    pub fn variables(&self, declared: &[String]) -> BTreeMap<String, String> {
        let value = |name: &String| match name.as_str() {
            TESTERS => self.testers.join(","),
            _ => self.level.to_string(),
        };
        declared.iter().map(|name| (name.clone(), value(name))).collect()
    }

    /// Sets those of the database. Returns whether it has them: from a certain migration on.
    pub async fn set_in_database(&self, connection: &mut Connection) -> Result<bool> {
        let there = "select to_jsonb(to_regclass('lockstep.settings') is not null)::text";
        if database::read(connection, there).await? != Value::Bool(true) {
            return Ok(false);
        }
        let set = |name: &str, value: Value| {
            let value = literal(&value.to_string());
            format!("update lockstep.settings set value = {value}::jsonb where name = '{name}' returning name")
        };
        let sql = format!(
            "with level as ({}), testers as ({}) \
             select to_jsonb((select count(*) from level) + (select count(*) from testers))::text",
            set(OVERLAYS, self.level.json()),
            set(TESTERS, json!(self.testers))
        );
        match database::read(connection, &sql).await?.as_u64() {
            Some(0) => Ok(false),
            Some(_) => Ok(true),
            None => bail!("the flags of the overlays were not set"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Flags, Level};

    #[test]
    fn levels_rise_from_off_over_hundredths_to_on_and_are_written_as_variables() {
        assert!(Level::Off < Level::Percent(0) && Level::Percent(50) < Level::Percent(100));
        assert!(Level::Percent(100) < Level::On && Level::of(100) == Level::On && !Level::of(0).is_up());

        let flags = Flags { level: Level::of(10), testers: vec!["a".to_owned(), "b".to_owned()] };
        let declared = ["flag_messages_list", "flag_testers"].map(str::to_owned);
        let text = serde_json::to_string(&flags).unwrap();

        assert_eq!(text, r#"{"level":"10","testers":["a","b"]}"#);
        assert_eq!(serde_json::from_str::<Flags>(&text).unwrap(), flags);
        let variables: Vec<_> = flags.variables(&declared).into_iter().collect();
        let expected = [("flag_messages_list", "10"), ("flag_testers", "a,b")];
        assert_eq!(variables, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
