//! Ways around the policies: views and functions with the rights of owners, open to clients.

use super::Findings;
use crate::{catalog::Catalog, finding::Code};

pub fn add_findings(catalog: &Catalog, findings: &mut Findings) {
    for way in &catalog.ways {
        let (kind, name, clients) = (&way.kind, &way.name, way.clients.join(", "));
        let what = if kind == "function" { "execute on function" } else { "all on" };
        let remedy = format!("revoke {what} {name} from public, {clients};");
        let have = format!("{clients} may use it, and it reaches {} with the rights of its owner", way.reaches);
        findings.add(Code::WayAround, format!("{kind} {name}"), "the rights of who asks, or no client", have, remedy);
    }
}
