//! Doors: older ways that may be open until they are closed, and must not be afterwards.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use crate::{
    catalog::{Door, Doors},
    contract::Function,
    finding::{Code, Notice},
};

/// An RPC of which a project may have older forms, without our version and with arguments of their own.
const OLDER_FORMS_OF: &str = "public.sync_rank_match_roster";

/// Whether it is an older form of the RPC, which PostgREST takes for no call of the RPC's: it does not have all of its
/// arguments, or demands others.
pub fn is_older_form(rpc: &Function, other: &Function) -> bool {
    let names = |of: &Function| of.arguments.iter().map(|argument| argument.name.clone()).collect::<BTreeSet<_>>();
    let demanded = other.arguments.iter().filter(|argument| argument.default.is_none());
    let takes_the_call = names(other).is_superset(&names(rpc))
        && demanded.map(|argument| argument.name.clone()).collect::<BTreeSet<_>>().is_subset(&names(rpc));
    rpc.qualified() == OLDER_FORMS_OF && !takes_the_call
}

/// The clients whose rights on tables the contract judges. A project may have more roles that PostgREST turns into.
const JUDGED: [&str; 4] = ["public ", "anon ", "authenticated ", "service_role "];

/// Open ones are for now, or findings once they were closed. Rights of these clients and row level security are then judged with
/// the tables.
pub fn add_findings(doors: &Doors, findings: &mut Findings) -> Vec<Notice> {
    if doors.closed {
        let mut forms = BTreeMap::<&str, Vec<&Door>>::new();
        // What is to be dropped needs no closing.
        let plain = |text: &str| text.replace(' ', "");
        let dropped: String = findings.all.iter().map(|finding| plain(&finding.remedy)).collect();
        let is_dropped = |form: &str| dropped.contains(&plain(&form.replace("function ", "drop routine ")));
        let is_judged = |door: &Door| {
            let to = &door.opened_to;
            door.door.starts_with("table ")
                && (to.starts_with("everybody") || JUDGED.iter().any(|client| to.starts_with(client)))
        };
        let forms_open = doors.open.iter().filter(|door| !is_judged(door) && !is_dropped(&door.door));
        for door in forms_open {
            forms.entry(&door.door).or_default().push(door);
        }
        for (form, doors) in forms {
            let (to, closing): (Vec<&str>, Vec<String>) =
                doors.iter().map(|door| (door.opened_to.as_str(), format!("{};", door.closing))).unzip();
            findings.add(Code::DoorOpen, form, "closed", format!("open to {}", to.join(", ")), closing.join(" "));
        }
        return Vec::new();
    }
    let notice = |place: &str, what: String| Notice { place: place.to_owned(), what };
    let open =
        doors.open.iter().map(|door| notice(&door.door, format!("open to {}, until doors are closed", door.opened_to)));
    open.collect()
}
