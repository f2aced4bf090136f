//! What is not begun, and why.

use gate::contract::Contract;
use stack::database::Migrations;

use crate::site::{DEPLOY, Site, steps};

/// An RPC has moved on to another major version since; `supabase_admin` stands in for a migration that does it.
const MOVE_ON: &str = "do $$ begin \
    execute replace( \
      pg_get_functiondef('public.fetch_social_messages'::regproc), \
      obj_description('public.fetch_social_messages'::regproc, 'pg_proc')::jsonb ->> 'version', '2.0.0'); \
    comment on function public.fetch_social_messages is \
      '{\"rpc\": \"fetch_social_messages\", \"version\": \"2.0.0\"}'; \
    end $$";

#[tokio::test(flavor = "multi_thread")]
async fn components_that_need_a_version_that_is_gone_are_not_put_back() {
    let site = Site::in_use().await;
    site.new_release("second");
    site.rollout(&["apply"]).await.is(0);
    let second = site.in_place().await;
    site.stack.cluster().connect("supabase_admin").await.unwrap().batch_execute(MOVE_ON).await.unwrap();

    site.rollout(&["rollback", "--dry-run"]).await.is(1).says("version_incompatible").says("In place:");
    let said = site.rollout(&["rollback"]).await.is(1);

    let contract = Contract::read(&site.path("supabase/rank_required_rpcs.json")).unwrap();
    let fetch = contract.rpcs.iter().find(|rpc| rpc.name == "fetch_social_messages").unwrap();
    let needed = format!("fetch_social_messages/{}, or newer", fetch.version.as_ref().unwrap());
    let said = said.says("version_incompatible component messages-list").says(&needed);
    said.says("announced: fetch_social_messages/2.0.0").says("nothing has been changed").says("--flags-only");
    assert_eq!(steps(&site.last_run().await), ["gate failed"]);
    assert_eq!(site.in_place().await, second);
    let status = site.status().await;
    assert_eq!((&status["runs"][0]["outcome"], &status["runs"][1]["outcome"]), (&"failed".into(), &"done".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_begun_says_what_to_do_and_leaves_no_record() {
    let site = Site::empty(Migrations::All).await;
    site.rollout(&["status", "--database-url", ""]).await.is(2).says("or in DATABASE_URL");
    let encrypted = format!("{}?ssl=true", site.stack.cluster().url("postgres"));
    site.rollout(&["status", "--database-url", &encrypted]).await.is(2).says("sslmode=require asks for it");
    site.rollout(&["rollback"]).await.is(2).says("there is no apply that could be taken back");
    site.rollout(&["rollback", "--to", "0123456789"]).await.is(2).says("there is no release 0123456789");
    let made = "select to_regnamespace('lockstep_rollout') is not null";
    assert!(!site.database.query_one(made, &[]).await.unwrap().get::<_, bool>(0));
    site.rollout(&["apply", "--token", "no-token"]).await.is(2).says("TOKEN_MEMBER: the token is not a JWT");
    site.rollout(&["apply", "--outsider", "no-token"]).await.is(2).says("TOKEN_OUTSIDER: the token is not a JWT");
    let environment = site.stack.environment().unwrap();
    let (_, member) = environment.into_iter().find(|(name, _)| *name == "TOKEN_MEMBER").unwrap();
    site.rollout(&["apply", "--outsider", &member]).await.is(2).says("of the same user");
    site.environment(&[("hold_seconds", "864000")]);
    site.rollout(&["apply"]).await.is(2).says("TOKEN_MEMBER is good for").says("this takes 1728060 s");
    site.environment(&[]);
    site.rollout(&["apply", "--manifest", "elsewhere.toml"]).await.is(2).says("--manifest");

    site.edit("supabase/environments.toml", |text| text.replace("steps = [10, 100]", "steps = [50, 10]"));
    site.rollout(&["apply"]).await.is(2).says("percentages from 1 to 100, rising");
    site.edit("supabase/environments.toml", |text| text.replace("deploy = ", "deplyo = "));
    site.rollout(&["apply"]).await.is(2).says("[local.rollout] cannot be read");
    site.edit("supabase/environments.toml", |text| text.split("[local.rollout]").next().unwrap().to_owned());
    site.rollout(&["apply"]).await.is(2).says("[local.rollout] is not there");

    assert_eq!(site.status().await["runs"], serde_json::json!([]));
}

/// What is in spin.toml is on, so that `spin up` works: a function whose flag nobody hands on would be on at 0 %.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_leaves_a_flag_out_and_a_component_without_one_are_refused_before_anything_is_touched() {
    let site = Site::empty(Migrations::First(0)).await;
    let (start, _) = DEPLOY.split_once("$(").unwrap();
    site.environment(&[("deploy", &format!("'''{start} -d flag_messages_list=$FLAG_MESSAGES_LIST'''"))]);

    for command in ["plan", "apply"] {
        let said = site.rollout(&[command]).await.is(2).says("`deploy` does not hand on").says("$FLAGS has all");
        said.says("flag_messages_send, flag_stage_room_match, flag_testers");
    }
    site.environment(&[("flags", "'true'")]);
    site.rollout(&["apply"]).await.is(2).says("`flags` does not hand on flag_messages_list");
    site.environment(&[]);
    site.edit("spin.toml", |text| text.replace("flag = \"{{ flag_messages_send }}\"\n", ""));
    site.rollout(&["apply"]).await.is(2).says("component messages-send has no flag").says("declare flag_messages_send");

    let untouched = "select to_regnamespace('lockstep_rollout') is null and to_regnamespace('lockstep') is null";
    assert!(site.database.query_one(untouched, &[]).await.unwrap().get::<_, bool>(0));
}

/// They may have been deployed by hand for a year.
#[tokio::test(flavor = "multi_thread")]
async fn functions_in_use_that_no_rollout_has_put_there_are_not_turned_off_without_asking() {
    let site = Site::new(Migrations::All, &[]).await;

    site.rollout(&["plan"]).await.is(2).says("--keep-on");
    site.rollout(&["apply"]).await.is(2).says("are on at").says("--restart-flags");

    assert_eq!((site.answer().await.0, site.status().await["runs"].clone()), (200, serde_json::json!([])));
    site.rollout(&["apply", "--keep-on"]).await.is(0);
    assert!(!steps(&site.last_run().await).contains(&"flags 10 % done".to_owned()));
    assert_eq!(site.in_place().await["flags"]["level"], "on");
}
