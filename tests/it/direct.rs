//! The database defends itself: every signed-in user reaches `/rest/v1` without any of our components.

use it::{Call, Channel, running};

#[tokio::test]
async fn no_client_reads_or_writes_a_table() {
    let channel = Channel::with_messages(1).await;
    let service = running().stack.keys().project("service_role").unwrap();

    for table in ["social_channels", "social_channel_members", "social_messages"] {
        let path = format!("/rest/v1/{table}");
        let signed_in = channel.member.get(&path).apikey().send_anywhere().await;
        assert_eq!(signed_in.status, 403, "{table}: {}", signed_in.body);
        let signed_out = Call::get(&path).apikey().send_anywhere().await;
        assert_eq!(signed_out.status, 401, "{table}: {}", signed_out.body);
        let office = Call::get(&path).apikey().bearer(&service).send_anywhere().await;
        assert_eq!(office.status, 200, "{table}: {}", office.body);
    }
    let row = serde_json::json!({ "channel_id": channel.id, "sender_id": channel.member.id, "body": "forged" });
    let post = |token: &str| {
        Call::new(http::Method::POST, "/rest/v1/social_messages").apikey().bearer(token).json(&row).send_anywhere()
    };
    assert_eq!(post(&channel.member.token).await.status, 403);
    assert_eq!(post(&service).await.status, 403, "not even the office writes in somebody's name");
}

#[tokio::test]
async fn the_rpcs_refuse_everybody_who_is_not_a_member() {
    let channel = Channel::with_messages(1).await;
    let service = running().stack.keys().project("service_role").unwrap();
    let newest = format!("/rest/v1/rpc/fetch_social_messages?p_channel_id={}", channel.id);
    let id = uuid::Uuid::new_v4();
    let page =
        newest.replace("messages?", "messages_page?") + &format!("&p_before_inserted_at=infinity&p_before_id={id}");

    for path in [newest, page] {
        let status = async |call: Call| call.apikey().send_anywhere().await.status.as_u16();
        assert_eq!(status(channel.member.get(&path)).await, 200, "{path}");
        assert_eq!(status(channel.outsider.get(&path)).await, 403, "{path}");
        assert_eq!(status(Call::get(&path)).await, 401, "{path}");
        assert_eq!(status(Call::get(&path).bearer(&service)).await, 403, "{path}");
    }
}

/// A user's token without `sub` passes PostgREST. The RPC must not take it for anybody.
#[tokio::test]
async fn a_token_of_nobody_is_refused_by_the_rpc_itself() {
    let channel = Channel::with_messages(1).await;
    let nobody = channel.member.token_with(|claims| claims.subject = None);
    let path = format!("/rest/v1/rpc/fetch_social_messages?p_channel_id={}", channel.id);

    let refused = Call::get(&path).apikey().bearer(&nobody).send_anywhere().await;

    refused.assert_problem(401, "auth_required");
}

/// The helpers live in a schema that is not exposed.
#[tokio::test]
async fn the_helpers_cannot_be_called() {
    let channel = Channel::new().await;

    let found = channel.member.get("/rest/v1/rpc/caller_id").apikey().send_anywhere().await;
    let asked = channel
        .member
        .get("/rest/v1/rpc/caller_id")
        .apikey()
        .header("accept-profile", "lockstep")
        .send_anywhere()
        .await;

    assert_eq!(found.status, 404, "{}", found.body);
    assert_eq!(asked.status, 406, "{}", asked.body);
}

/// With the check taken out of the function, the policies alone still give the outsider nothing.
#[tokio::test]
async fn rls_holds_where_a_function_forgets_to_look() {
    let mut channel = Channel::with_messages(3).await;
    let (id, member, outsider) = (channel.id, channel.member.id, channel.outsider.id);

    // In a transaction that is rolled back, so no other test meets the broken function.
    let broken = channel.database.transaction().await.unwrap();
    let forgetful = "create or replace function lockstep.require_channel_member(p_channel_id uuid) returns void \
         language plpgsql stable set search_path = '' as $$ begin end; $$";
    broken.batch_execute(forgetful).await.unwrap();
    let mut read = Vec::new();
    for user in [member, outsider] {
        let claims = serde_json::json!({ "sub": user, "role": "authenticated" }).to_string();
        broken.execute("select set_config('request.jwt.claims', $1, true)", &[&claims]).await.unwrap();
        broken.batch_execute("set local role authenticated").await.unwrap();
        read.push(broken.query("select from public.fetch_social_messages($1)", &[&id]).await.unwrap().len());
        broken.batch_execute("reset role").await.unwrap();
    }
    broken.rollback().await.unwrap();

    assert_eq!(read, [3, 0]);
}

/// The gateway's form, which a component must not take for the caller's 401.
#[tokio::test]
async fn the_origin_demands_the_projects_key_where_supabase_does() {
    let channel = Channel::new().await;

    for path in ["/rest/v1/social_messages", "/auth/v1/user"] {
        let without = channel.member.get(path).send_anywhere().await;
        assert_eq!(without.status, 401);
        assert_eq!(without.json()["message"], "No API key found in request");
        let wrong = channel.member.get(path).header("apikey", "sb_publishable_wrong").send_anywhere().await;
        assert_eq!(wrong.json()["message"], "Invalid API key");
    }
    let keys = Call::get("/auth/v1/.well-known/jwks.json").send_anywhere().await;
    assert_eq!(keys.json()["keys"][0]["crv"], "P-256");
    assert_eq!(keys.json()["keys"][0]["d"], serde_json::Value::Null, "a private key is served");
    let user = channel.member.get("/auth/v1/user").apikey().send_anywhere().await;
    assert_eq!(user.json()["id"], channel.member.id.to_string());
}

/// What the writing RPCs must refuse, they refuse without any component: nothing is stored.
#[tokio::test]
async fn the_writing_rpcs_refuse_strangers_and_keys_of_the_project() {
    let (channel, room) = (Channel::new().await, it::Room::new().await);
    let keys = running().stack.keys();
    let (anon, service) = (keys.project("anon").unwrap(), keys.project("service_role").unwrap());
    let message = serde_json::json!({ "p_channel_id": channel.id, "p_body": "x" });
    let mut staging = serde_json::Map::new();
    for (name, value) in room.staging(1).as_object().unwrap() {
        staging.insert(format!("p_{name}"), value.clone());
    }
    let staging = serde_json::Value::Object(staging);

    for (rpc, body, may) in [
        ("insert_social_message", &message, &channel.member.token),
        ("sync_rank_match_roster", &staging, &room.owner.token),
    ] {
        let status = async |token: &str| {
            let call = Call::new(http::Method::POST, &format!("/rest/v1/rpc/{rpc}")).apikey().bearer(token).json(body);
            call.send_anywhere().await.status.as_u16()
        };
        assert_eq!(status(&channel.outsider.token).await, 403, "{rpc}");
        assert_eq!(status(&anon).await, 401, "{rpc}");
        assert_eq!(status(&service).await, 403, "{rpc}");
        assert_eq!(room.roster().await.len(), 0);
        assert!([200, 201].contains(&status(may).await), "{rpc}");
    }
    let stored = channel.list(&channel.member, "").send().await.rows();
    assert_eq!(stored.len(), 1, "{stored:?}");
}

/// Two users with nothing in common: whatever the one does, nothing of it reaches the other.
#[tokio::test]
async fn users_with_nothing_in_common_see_nothing_of_each_other() {
    let (one, two) = (Channel::with_messages(3).await, Channel::with_messages(5).await);

    for (mine, theirs, rows) in [(&one, &two, 3), (&two, &one, 5)] {
        assert_eq!(mine.list(&mine.member, "&limit=200").send().await.rows().len(), rows);
        theirs.list(&mine.member, "").send().await.assert_problem(403, "not_channel_member");
        let body = serde_json::json!({ "channel_id": theirs.id, "body": "intruder" });
        mine.member.post("/functions/v1/messages-send", &body).send().await.assert_problem(403, "not_channel_member");
    }
}
