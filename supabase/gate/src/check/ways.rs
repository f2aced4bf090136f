//! Ways around the policies: views and functions with the rights of owners, open to clients.

use super::Findings;
use crate::{catalog::Catalog, finding::Code};

pub fn add_findings(catalog: &Catalog, findings: &mut Findings) {
    for way in &catalog.ways {
        let (kind, name, clients) = (&way.kind, &way.name, way.clients.join(", "));
        let what = if kind == "function" { "execute on function" } else { "all on" };
        let remedy = format!("revoke {what} {name} from public, {clients};");
        let reached = way.reaches.join(", ");
        let have = format!("{clients} may use it, and it reaches {reached} with the rights of its owner");
        let (place, wanted) = (format!("{kind} {name}"), "the rights of who asks, or no client");
        let adopted =
            |table: &String| table.split_once('.').is_some_and(|(home, name)| catalog.doors.has_adopted(home, name));
        // What a project had could reach nothing else then.
        if way.reaches.iter().all(adopted) {
            findings.unless_own(&place, Code::WayAround, &place, wanted, have, remedy);
        } else {
            findings.add(Code::WayAround, place, wanted, have, remedy);
        }
    }
}
