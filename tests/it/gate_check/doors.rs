//! Doors: open ones are a notice, until they are closed; then each that is open again is a finding.

use gate::finding::Report;
use it::Installation;
use stack::database::Grants;

use super::{check_as, said};

const OLDER_FORM: &str =
    "public.sync_rank_match_roster(uuid,uuid,uuid,uuid,jsonb,bigint,text,timestamp with time zone)";

async fn in_use() -> Installation {
    let installation = Installation::in_use_on(it::Server::Machine, Grants::BeforeOctober2026).await;
    installation.migrate().await;
    installation
}

fn noticed(report: &Report, what: &str) -> bool {
    report.notices.iter().any(|notice| format!("{}: {}", notice.place, notice.what).starts_with(what))
}

#[tokio::test]
async fn what_a_project_goes_on_using_is_a_notice_and_no_finding() {
    let installation = in_use().await;

    for role in ["postgres", "supabase_auth_admin"] {
        let report = check_as(&installation, role, &[]).await;

        assert_eq!(said(&report), [] as [String; 0], "{role}: {:#?}", report.findings);
        assert!(noticed(&report, &format!("function {OLDER_FORM}: open to service_role")), "{:?}", report.notices);
        assert!(
            noticed(&report, "table public.social_messages: open to authenticated may insert"),
            "{:?}",
            report.notices
        );
        assert!(noticed(&report, "table public.rank_match_roster: open to anon may insert"), "{:?}", report.notices);
        assert!(!noticed(&report, "table public.rank_match_roster: open to service_role"), "{:?}", report.notices);
    }
}

#[tokio::test]
async fn once_they_are_closed_each_that_opens_again_is_a_finding() {
    let installation = in_use().await;
    installation.execute("select lockstep.close_doors()").await;
    let closed = check_as(&installation, "postgres", &["--probe"]).await;
    assert_eq!(said(&closed), [] as [String; 0], "{:#?}", closed.findings);
    assert!(!noticed(&closed, "function ") && !noticed(&closed, "table "), "{:?}", closed.notices);

    installation
        .execute(&format!(
            "grant execute on function {OLDER_FORM} to service_role; \
             grant select on public.social_messages to authenticated; \
             grant insert on public.rank_match_roster to authenticated; \
             create role premium; grant premium to authenticator; grant insert on public.social_messages to premium; \
             alter table public.rank_rooms disable row level security"
        ))
        .await;

    let report = check_as(&installation, "postgres", &[]).await;
    let mut findings = said(&report);
    findings.sort();
    assert_eq!(
        findings,
        [
            format!("door_open function {OLDER_FORM}"),
            "door_open table public.social_messages".to_owned(),
            "grant_too_wide table public.rank_match_roster".to_owned(),
            "grant_too_wide table public.social_messages".to_owned(),
            "row_security_off table public.rank_rooms".to_owned(),
        ]
    );
}

/// A project that never had one has nothing to close: one that comes up is a finding from the start.
#[tokio::test]
async fn a_new_project_is_closed_from_the_start() {
    let installation = Installation::migrated(Grants::BeforeOctober2026).await;

    installation.execute("create function public.verify_rank_roles_and_slots(p_payload jsonb) returns int language sql as 'select 1'").await;

    let report = check_as(&installation, "postgres", &[]).await;
    assert_eq!(said(&report), ["door_open function public.verify_rank_roles_and_slots(jsonb)"]);
}
