//! The JSON Schema of a record, for those who read records with something else.

use anyhow::Result;
use record::Record;

/// As it stands in `functions/_shared/record/record.schema.json`.
pub fn text() -> Result<String> {
    Ok(serde_json::to_string_pretty(&schemars::schema_for!(Record))? + "\n")
}
