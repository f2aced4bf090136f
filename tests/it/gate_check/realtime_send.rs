//! `gate check --probe` and `realtime.send()`: judged by the row that it leaves, whichever of Supabase's versions it is.

use it::Installation;
use stack::database::Grants;

use super::{admin, check_as, said};

const SEND: &str = "realtime.send(jsonb,text,text,boolean)";

fn replaced(body: &str) -> String {
    format!(
        "create or replace function realtime.send(payload jsonb, event text, topic text, private boolean default true) \
         returns void language plpgsql as $send$ {body} $send$"
    )
}

#[tokio::test]
async fn a_body_that_leaves_the_row_is_right_in_whatever_words() {
    let installation = Installation::migrated(Grants::Today).await;
    let mut connection = admin(&installation).await;
    for body in [
        // Before messages had ids of the function's own.
        "begin
           execute format('set local realtime.topic to %L', topic);
           insert into realtime.messages (payload, event, topic, private, extension)
           values (payload, event, topic, private, 'broadcast');
         exception when others then raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
         end;",
        // With something more in what is told.
        "declare generated_id constant uuid := gen_random_uuid();
         begin
           perform set_config('realtime.topic', topic, true);
           insert into realtime.messages (id, payload, event, topic, private, extension)
           values (generated_id, payload || '{\"sent_by\": \"database\"}', event, topic, private, 'broadcast');
         end;",
    ] {
        gate::database::run(&mut connection, &replaced(body)).await.unwrap();

        let report = check_as(&installation, "postgres", &["--probe"]).await;

        assert_eq!((said(&report), report.exit_code()), (vec![], 0), "{body}: {:#?}", report);
    }
}

#[tokio::test]
async fn a_body_that_leaves_another_row_or_none_is_a_finding() {
    let installation = Installation::migrated(Grants::Today).await;
    let mut connection = admin(&installation).await;
    let inserting = |columns: &str, values: &str| {
        format!("begin insert into realtime.messages ({columns}) values ({values}); end;")
    };
    let columns = "extension, topic, event, private, payload, inserted_at";
    for (body, have) in [
        ("begin end;".to_owned(), "no row"),
        ("begin raise exception 'gone'; end;".to_owned(), "gone"),
        (inserting("extension, topic, event, payload", "'broadcast', topic, event, payload"), "\"private\":false"),
        (inserting(columns, "'broadcast', topic, event, private, '{}', now()"), "\"payload\":{}"),
        (inserting(columns, "'presence', topic, event, private, payload, now()"), "presence"),
        (inserting(columns, "'broadcast', topic, 'x', private, payload, now()"), "\"event\":\"x\""),
        (inserting(columns, "'broadcast', 'x', event, private, payload, now()"), "no row"),
        (inserting(columns, "'broadcast', topic, event, private, payload, now() + '1 hour'"), "\"now\":false"),
    ] {
        gate::database::run(&mut connection, &replaced(&body)).await.unwrap();

        let unasked = check_as(&installation, "postgres", &[]).await;
        let report = check_as(&installation, "postgres", &["--probe"]).await;

        assert_eq!(said(&unasked), [] as [String; 0], "{body}");
        assert_eq!(said(&report), [format!("platform_changed function {SEND}")], "{body}: {report:#?}");
        assert!(report.findings[0].have.contains(have), "{body}: {}", report.findings[0].have);
    }
    let left = "select to_jsonb(count(*))::text from realtime.messages";
    assert_eq!(gate::database::read(&mut connection, left).await.unwrap(), 0, "nothing of it stays");
}

/// It hides why there is no row: where there can be none, that is no fault of its own, and not right either.
#[tokio::test]
async fn without_a_partition_for_today_it_could_not_be_looked_at() {
    let installation = Installation::migrated(Grants::Today).await;
    let drop = "do $$ declare part regclass; begin \
          for part in select inhrelid from pg_inherits where inhparent = 'realtime.messages'::regclass loop \
            execute format('drop table %s', part); \
          end loop; \
        end $$";
    gate::database::run(&mut admin(&installation).await, drop).await.unwrap();

    let report = check_as(&installation, "postgres", &["--probe"]).await;

    let places: Vec<_> = report.unseen.iter().map(|unseen| unseen.place.clone()).collect();
    assert_eq!((said(&report), places, report.exit_code()), (vec![], vec![format!("function {SEND}")], 2));
    assert!(report.unseen[0].remedy.contains("let a client connect"), "{:?}", report.unseen);
}
