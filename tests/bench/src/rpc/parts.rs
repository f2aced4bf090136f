//! The parts of the RPCs, each of which can be left out: helpers are replaced by empty ones of the same signature, and RLS
//! is switched off. So this holds for RPCs that are written another way, as long as their helpers keep their names.

use anyhow::{Context as _, Result};
use tokio_postgres::Client;

/// What leaves a part out, and what brings it back.
pub struct Part {
    pub name: &'static str,
    pub out: String,
    pub back: String,
}

/// Helpers in the schema `lockstep`, by the part that they are.
const HELPERS: &[(&str, &[&str])] = &[
    ("handshake", &["announce_rpc"]),
    ("caller", &["require_caller"]),
    ("membership", &["require_channel_member", "hold_channel_membership"]),
    ("roster", &["require_fitting_roster"]),
    ("rate limit", &["sent_by_caller_at"]),
    ("flag", &["require_flag", "flag_is_on"]),
    ("still plays", &["still_plays"]),
    ("audit", &["audit"]),
];

/// The part that is no helper.
const RLS: &str = "RLS";

/// Those that this database has.
pub async fn of(admin: &Client) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for &(name, helpers) in HELPERS {
        let rows = admin.query(STUBS, &[&helpers]).await.with_context(|| format!("cannot read the part {name}"))?;
        // Another way of writing the RPCs may have no such helper.
        if !rows.is_empty() {
            let column = |column| rows.iter().map(|row| row.get::<_, String>(column)).collect::<Vec<_>>().join(";\n");
            parts.push(Part { name, out: column(0), back: column(1) });
        }
    }
    let row = admin.query_one(POLICIES, &[]).await?;
    parts.push(Part { name: RLS, out: row.get(0), back: row.get(1) });
    Ok(parts)
}

/// For each helper an empty one, and the helper as it is. The empty one says yes, and who is asking where it is asked that;
/// it keeps all attributes, since a setting of its own costs a function as much as its work, and how statements are to be
/// planned, since that is nobody's part.
const STUBS: &str = r"
    select
      regexp_replace(split_part(definition, e'\nAS $', 1), 'LANGUAGE \w+', 'LANGUAGE plpgsql') || ' as '
      || quote_literal(
        'begin '
        || case
          when definition like '%plan_cache_mode%'
            then 'perform set_config(''plan_cache_mode'', ''force_generic_plan'', true); '
          else ''
        end
        || case helper.prorettype::regtype
          when 'void'::regtype then ''
          when 'boolean'::regtype then 'return true; '
          when 'uuid'::regtype then 'return auth.uid(); '
          else 'return null; '
        end
        || 'end'
      ),
      definition
    from pg_proc as helper, pg_get_functiondef(helper.oid) as definition
    where helper.pronamespace = 'lockstep'::regnamespace and helper.proname = any ($1)";

const POLICIES: &str = "
    select
      string_agg(format('alter table %s disable row level security', protected.oid::regclass), '; '),
      string_agg(format('alter table %s enable row level security', protected.oid::regclass), '; ')
    from pg_class as protected
    where protected.relrowsecurity
      and protected.relkind = 'r'
      and protected.relnamespace in ('public'::regnamespace, 'lockstep'::regnamespace)";
