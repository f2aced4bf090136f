//! What may be set for roles and for the database, and which rows a table of settings must have.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Allowed values by setting. What matters and is not named must not be set.
pub type Settings = BTreeMap<String, Allowed>;

/// Which values a setting may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Allowed {
    /// This number or time, or more; of times, also 0, which is no limit.
    AtLeast(String),
    /// Nothing but these: of a list, each of its items.
    OneOf(Vec<String>),
    /// A list that has these among others.
    With(Vec<String>),
}

/// A row of settings that functions read. Its value is an operator's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingRow {
    /// The key.
    pub name: String,
    /// How its value is checked.
    pub kind: String,
    /// What it is at first.
    pub value: serde_json::Value,
    /// What it does.
    pub meaning: String,
}

/// The table of the rows.
pub const SETTINGS_TABLE: &str = "lockstep.settings";

impl Allowed {
    /// Whether a value is allowed.
    pub fn takes(&self, value: &str) -> bool {
        let items = || value.split(',').map(|item| item.trim().trim_matches('"'));
        let listed = |list: &[String], item: &str| list.iter().any(|known| known.eq_ignore_ascii_case(item));
        match self {
            Self::AtLeast(least) => match (quantity(value), quantity(least)) {
                (Some(value), Some(least)) => value == 0.0 || value >= least,
                _ => false,
            },
            Self::OneOf(list) => items().all(|item| listed(list, item)),
            Self::With(list) => list.iter().all(|known| items().any(|item| known.eq_ignore_ascii_case(item))),
        }
    }

    /// For people.
    pub fn phrase(&self) -> String {
        match self {
            Self::AtLeast(least) => format!("at least {least}"),
            Self::OneOf(list) => list.join(" or "),
            Self::With(list) => format!("with {}", list.join(", ")),
        }
    }
}

/// A number with a unit of time, in milliseconds (https://www.postgresql.org/docs/current/config-setting.html); a number
/// without one as it is.
fn quantity(text: &str) -> Option<f64> {
    let text = text.trim();
    let unit = text.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(text.len());
    let number: f64 = text[..unit].trim().parse().ok()?;
    let factor = match &text[unit..] {
        "" | "ms" => 1.0,
        "us" => 0.001,
        "s" => 1e3,
        "min" => 60e3,
        "h" => 3_600e3,
        "d" => 86_400e3,
        _ => return None,
    };
    Some(number * factor)
}

#[cfg(test)]
mod tests {
    use super::Allowed;

    #[test]
    fn times_are_compared_whatever_their_units() {
        let least = Allowed::AtLeast("5s".into());
        for enough in ["5s", "5000", "5000ms", "1min", "0", " 2 h", "1d"] {
            assert!(least.takes(enough), "{enough}");
        }
        for too_little in ["4999", "4s", "20ms", "900us", "soon", "5 weeks"] {
            assert!(!least.takes(too_little), "{too_little}");
        }
    }

    #[test]
    fn each_item_of_a_list_is_looked_at() {
        let one_of = Allowed::OneOf(vec!["safeupdate".into(), "supautils".into()]);
        assert!(one_of.takes("supautils, \"safeupdate\""));
        assert!(!one_of.takes("safeupdate, mine"));
        assert!(Allowed::With(vec!["public".into()]).takes("storage, public"));
        assert!(!Allowed::With(vec!["public".into()]).takes("storage"));
    }
}
