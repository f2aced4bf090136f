//! Indexes: those of the contract; on a table that is an installation's too, any that serve as well.

use super::Findings;
use crate::{catalog::Beyond, contract::Relation, database::identifier, finding::Code};

/// What the catalog says after the definition of one that a failed build has left.
const INVALID: &str = " (invalid)";

pub fn compare(want: &Relation, have: &Relation, beyond: Option<&Beyond>, findings: &mut Findings) {
    let others = beyond.filter(|_| want.shared).map_or(&[][..], |beyond| &beyond.indexes);
    for (name, definition) in &want.indexes {
        let place = format!("index {name} on {}", want.qualified());
        let present = have.indexes.get(name);
        let served = others.iter().any(|other| other.valid && serves(&other.definition, definition));
        let drop = format!("drop index if exists {}.{};", identifier(&want.schema), identifier(name));
        let remedy = if served { drop } else { format!("{drop} {definition};") };
        match present {
            Some(present) if present.ends_with(INVALID) || !served && present != definition => {
                findings.add(Code::IndexChanged, place, definition, present, remedy);
            }
            None if !served => findings.add(Code::IndexMissing, place, definition, "none", remedy),
            _ => {}
        }
    }
}

/// Whether an index serves where another is wanted: it begins with the same columns, and is read from either end. The first
/// column is looked for by its value.
fn serves(present: &str, wanted: &str) -> bool {
    let (Some((present, some)), Some((wanted, wanted_some))) = (parts(present), parts(wanted)) else { return false };
    let same = present.len() >= wanted.len() && present.iter().zip(&wanted).all(|(one, other)| one.0 == other.0);
    let mut ways: Vec<bool> = present.iter().zip(&wanted).skip(1).map(|(one, other)| one.1 == other.1).collect();
    ways.dedup();
    same && ways.len() < 2 && (some.is_none() || some == wanted_some)
}

/// A column of an index, and whether it is descending.
type Column<'d> = (&'d str, bool);

/// The columns of an ordinary index, and which rows it has.
fn parts(definition: &str) -> Option<(Vec<Column<'_>>, Option<&str>)> {
    let (_, rest) = definition.split_once(" USING btree (")?;
    let mut depth = 0;
    let end = rest.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth < 0
    })?;
    let columns = rest[..end].split(", ").map(|spelt| match spelt.strip_suffix(" DESC") {
        Some(name) => (name, true),
        None => (spelt, false),
    });
    Some((columns.collect(), rest[end..].split_once(" WHERE ").map(|(_, rows)| rows)))
}

#[cfg(test)]
mod tests {
    use super::serves;

    #[test]
    fn an_index_of_the_same_columns_serves_whatever_its_name() {
        let index = |columns: &str| format!("CREATE INDEX x ON public.social_messages USING btree ({columns})");
        let wanted = index("channel_id, inserted_at DESC, id DESC");
        let serve = |columns: &str| serves(&index(columns), &wanted);

        assert!(serve("channel_id, inserted_at DESC, id DESC, body"));
        assert!(serve("channel_id DESC, inserted_at, id"), "it is read backwards");
        assert!(!serve("channel_id, inserted_at DESC"));
        assert!(!serve("channel_id, inserted_at, id DESC"));
        assert!(!serve("channel_id, id DESC, inserted_at DESC"));
        assert!(!serve("channel_id, inserted_at DESC NULLS LAST, id DESC"));
        assert!(!serve("channel_id, lower(body, id), inserted_at DESC, id DESC"));
        assert!(!serves(&(wanted.clone() + " WHERE (body IS NOT NULL)"), &wanted));
        let some = index("sender_id, client_message_id") + " WHERE (client_message_id IS NOT NULL)";
        assert!(serves(&some, &some) && serves(&index("sender_id, client_message_id"), &some));
        assert!(!serves(&index("sender_id").replace("btree", "hash"), &index("sender_id")));
    }
}
