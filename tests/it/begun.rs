//! A function that `new` begins: it builds and answers with nothing as it is, and with what somebody writes into it.

use std::{
    env,
    process::Command,
    time::{Duration, Instant},
};

use gate::{catalog::Catalog, check, contract::Contract, database, describe, output::layout};
use it::{Checkout, running};
use new::{Function, Kind, Names, begin};
use serde_json::{Value, json};
use stack::{
    progress::Progress,
    stack::{Components, Options, Stack},
    watch::Watch,
};

const CONTRACT: &str = "supabase/rank_required_rpcs.json";

fn named<'n>(name: &'n str, rpc: &'n str) -> Names<'n> {
    Names { name, rpc, owner: "social_rpc_owner" }
}

#[test]
fn a_name_that_is_taken_or_is_none_is_refused_and_nothing_is_written() {
    let checkout = Checkout::of_its_own();
    let before = checkout.files();

    for (names, said) in [
        (named("messages-list", "fetch_social_channels"), "messages-list is taken"),
        (named("hyper-util", "fetch_social_channels"), "hyper-util is taken"),
        (named("channels-list", "fetch_social_messages"), "fetch_social_messages is taken"),
        (named("channels-list", "require_channel_member"), "require_channel_member is taken"),
        (named("Channels", "fetch_social_channels"), "no name of a function"),
        (named("../channels-list", "fetch_social_channels"), "no name of a function"),
        (named("channels-list", "drop table"), "no name of an RPC"),
        (Names { owner: "postgres", ..named("channels-list", "fetch_social_channels") }, "owns no RPC"),
    ] {
        let refused = Function::new(&names, Kind::Reads, checkout.root()).unwrap_err();
        assert!(format!("{refused:#}").contains(said), "{names:?}: {refused:#}");
    }
    // A file in which there is no place for it.
    checkout.edit(
        "functions/client/calls.js",
        "\n  return {\n    listMessages,",
        "\n  return Object.freeze({\n    listMessages,",
    );
    let function =
        Function::new(&named("channels-list", "fetch_social_channels"), Kind::Reads, checkout.root()).unwrap();
    let refused = begin(checkout.root(), &function).unwrap_err();

    assert!(format!("{refused:#}").contains("calls.js is not as it was expected to be"), "{refused:#}");
    assert_eq!(checkout.files(), before);
}

/// The rows, and the arguments: twenty lines of SQL.
const SQL: [(&str, &str); 4] = [
    (
        "-- TODO-new: what social_rpc_owner may read or write for it (grant), and which rows (policy).",
        "grant select on public.social_channels to social_rpc_owner;\n\n\
         drop policy if exists \"members see their channels\" on public.social_channels;\n\
         create policy \"members see their channels\" on public.social_channels\n  for select to social_rpc_owner\n  using (\n    \
         id in (\n      select membership.channel_id\n      from public.social_channel_members as membership\n      \
         where membership.user_id = (select lockstep.caller_id())\n    )\n  );",
    ),
    ("  p_limit integer default 50\n", "  p_limit integer default 50,\n  p_name text default null\n"),
    ("  -- TODO-new: the columns.\n  id uuid,\n  inserted_at timestamptz\n", "  id uuid,\n  name text\n"),
    (
        "  -- TODO-new: the rows.\n  return query\n    select null::uuid, null::timestamptz\n    where false\n",
        "  return query\n    select channel.id, channel.name\n    from public.social_channels as channel\n    \
         where fetch_social_channels.p_name is null or channel.name = fetch_social_channels.p_name\n    order by channel.name\n",
    ),
];

/// The fields: ten lines of Rust.
const RUST: [(&str, &str); 5] = [
    ("fields::Limit,", "fields::{Limit, Text},"),
    ("    limit: Option<Limit>,\n", "    limit: Option<Limit>,\n    name: Option<Text>,\n"),
    ("    p_limit: Option<Limit>,\n", "    p_limit: Option<Limit>,\n    p_name: Option<Text>,\n"),
    ("Asked { limit: p_limit }", "Asked { limit: p_limit, name: p_name }"),
    ("Arguments { p_limit }", "Arguments { p_limit, p_name }"),
];

/// The same fields, for those who call.
const DESCRIBED: [(&str, &str, &str); 4] = [
    ("functions/openapi.json", r#""required": ["id", "inserted_at"],"#, r#""required": ["id", "name"],"#),
    (
        "functions/openapi.json",
        "\"id\": { \"$ref\": \"#/components/schemas/Uuid\" },\n          \"inserted_at\": { \"$ref\": \"#/components/schemas/Timestamp\" }",
        "\"id\": { \"$ref\": \"#/components/schemas/Uuid\" },\n          \"name\": { \"type\": \"string\" }",
    ),
    (
        "functions/client/index.d.ts",
        "ChannelsListRow {\n  id: string\n  inserted_at: string",
        "ChannelsListRow {\n  id: string\n  name: string",
    ),
    (
        "supabase/tests/fetch_social_channels.test.sql",
        "-- TODO-new: what there is for her.",
        "insert into public.social_channels (id, name) values ('00000000-0000-4000-9000-000000000001', 'hers');\n\
         insert into public.social_channel_members (channel_id, user_id)\n\
         values ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a');",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn twenty_lines_of_sql_and_ten_of_rust_make_a_function_that_answers() {
    let checkout = Checkout::of_its_own();
    let writes = Function::new(&named("notes-add", "insert_social_note"), Kind::Writes, checkout.root()).unwrap();
    begin(checkout.root(), &writes).unwrap();
    let reads = Function::new(&named("channels-list", "fetch_social_channels"), Kind::Reads, checkout.root()).unwrap();
    begin(checkout.root(), &reads).unwrap();
    let watch = Watch::begin(checkout.root(), Components::Fast).unwrap();
    let options = Options { root: checkout.root().to_owned(), components: Components::Fast, ..Options::default() };
    let stack = Stack::start(options).await.unwrap_or_else(|error| panic!("{error:#}"));

    assert_eq!(list(&stack, "").await, (200, json!([])));
    assert_eq!(add(&stack).await, (200, json!({ "id": null, "inserted_at": null })));
    assert_eq!(faults(&stack, &checkout).await, [] as [String; 0]);
    its_files_are_in_order(&checkout);
    let has_pgtap = running().has_test_extensions();
    if has_pgtap {
        assert!(proves(&stack, &checkout, "guests"));
        assert!(
            !proves(&stack, &checkout, "fetch_social_channels"),
            "its own test asks for what is still to be written"
        );
    }

    let filled_in = async {
        for (path, changes) in [
            (format!("supabase/migrations/{}.sql", reads.migration), &SQL[..]),
            ("functions/channels-list/src/lib.rs".to_owned(), &RUST[..]),
        ] {
            let text = changes.iter().fold(checkout.read(&path), |text, (from, to)| {
                assert_eq!(text.matches(from).count(), 1, "{path}: {from}\n{text}");
                text.replace(from, to)
            });
            checkout.write(&path, &text);
        }
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let (status, rows) = list(&stack, "?name=general").await;
            if rows == json!([{ "id": stack::demo::GENERAL, "name": "general" }]) {
                break;
            }
            assert!(Instant::now() < deadline, "still {status} {rows}");
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = filled_in => {}
        ended = watch.follow(&stack, Progress::Shown) => panic!("{ended:?}"),
    }
    for (path, from, to) in DESCRIBED {
        checkout.edit_first(path, from, to);
    }
    checkout.write(CONTRACT, &described(&stack, &checkout).await);

    assert_eq!(list(&stack, "?limit=1").await.1.as_array().unwrap().len(), 1);
    assert_eq!(faults(&stack, &checkout).await, [] as [String; 0]);
    its_files_are_in_order(&checkout);
    assert!(!has_pgtap || proves(&stack, &checkout, "fetch_social_channels"));
}

async fn list(stack: &Stack, query: &str) -> (u16, Value) {
    let url = format!("{}/functions/v1/channels-list{query}", stack.origin());
    ask(stack, reqwest::Client::new().get(url)).await
}

async fn add(stack: &Stack) -> (u16, Value) {
    let url = format!("{}/functions/v1/notes-add", stack.origin());
    ask(stack, reqwest::Client::new().post(url).json(&json!({ "text": "hello" }))).await
}

async fn ask(stack: &Stack, request: reqwest::RequestBuilder) -> (u16, Value) {
    let token = stack.keys().user(stack::demo::ADA, "ada@example.com").unwrap();
    let answer = request.bearer_auth(token).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// What the gate finds in the database, by the contract of the checkout.
async fn faults(stack: &Stack, checkout: &Checkout) -> Vec<String> {
    let (contract, catalog) = seen(stack, checkout).await;
    let found = check::compare(&contract, &catalog).findings;
    found.into_iter().map(|finding| format!("{finding:?}")).collect()
}

/// `gate describe`.
async fn described(stack: &Stack, checkout: &Checkout) -> String {
    let (contract, catalog) = seen(stack, checkout).await;
    layout(&describe::describe(contract, &catalog).unwrap()).unwrap()
}

async fn seen(stack: &Stack, checkout: &Checkout) -> (Contract, Catalog) {
    let contract = Contract::read(&checkout.root().join(CONTRACT)).unwrap();
    let mut connection = database::connect(&stack.cluster().url("postgres")).await.unwrap();
    database::begin_reading(&mut connection).await.unwrap();
    let catalog = Catalog::read(&mut connection, &contract).await.unwrap();
    (contract, catalog)
}

/// By the tests of this binary that look at files alone, and as the compiler's own tools see them.
fn its_files_are_in_order(checkout: &Checkout) {
    let tests = ["manifest::", "tidy::", "openapi::", "--skip", "the_stack_serves"];
    let mut command = Command::new(env::current_exe().unwrap());
    let output = command.args(tests).current_dir(checkout.root().join("tests/it")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let output = Command::new("cargo").args(["fmt", "--check"]).current_dir(checkout.root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Whether one of the database's own tests passes.
fn proves(stack: &Stack, checkout: &Checkout, test: &str) -> bool {
    let test = checkout.root().join(format!("supabase/tests/{test}.test.sql"));
    let output = Command::new("pg_prove").args(["--dbname", &stack.cluster().url("postgres")]).arg(test).output();
    output.expect("pg_prove is installed").status.success()
}
