//! Settings of roles and of the database.

use super::Case;

pub const SETTINGS: &[Case] = &[
    Case::changes("setting_unexpected", "alter role authenticator set pgrst.db_tx_end = 'rollback'"),
    Case::changes("setting_unexpected", "alter role authenticator in database postgres set pgrst.db_max_rows = '2'"),
    Case::changes("setting_unexpected", "alter role authenticator set pgrst.db_anon_role = 'service_role'"),
    Case::changes(
        "setting_unexpected",
        "create function public.deny() returns void language plpgsql as 'begin raise exception using errcode = ''PT403''; end'; alter role authenticator set pgrst.db_pre_request = 'public.deny'",
    ),
    Case::latent(
        "setting_unexpected",
        "alter role authenticator set pgrst.jwt_secret = 'reallyreallyreallyreallyverysafe'",
    ),
    Case::latent("setting_unexpected", "alter role authenticator set pgrst.db_schemas = 'storage'"),
    Case::changes("setting_unexpected", "alter database postgres set session_replication_role = replica"),
    Case::changes("setting_unexpected", "alter role authenticator set session_replication_role = replica"),
    Case::changes("setting_unexpected", "alter role authenticated set session_replication_role = replica"),
    Case::latent("setting_unexpected", "alter role postgres set session_replication_role = replica"),
    Case::changes(
        "setting_unexpected",
        "alter role all set default_transaction_isolation = serializable; alter database postgres set timezone = 'Asia/Tokyo'",
    ),
    Case::changes("setting_unexpected", "alter role authenticated set timezone = 'America/New_York'"),
    Case::changes("setting_unexpected", "alter database postgres set row_security = off"),
    Case::changes(
        "setting_unexpected",
        r#"alter database postgres set "request.jwt.claim.sub" = 'e7e00000-0000-4000-8000-000000000003'"#,
    ),
    Case::latent("setting_unexpected", "alter database postgres set lockstep.room = ''"),
    Case::latent("setting_unexpected", "alter database postgres set default_transaction_read_only = on"),
    Case::latent("setting_unexpected", "alter role authenticator set statement_timeout = '20ms'"),
    Case::latent("setting_unexpected", "alter role authenticated set statement_timeout = '100ms'"),
    Case::latent("setting_unexpected", "alter role authenticator set lock_timeout = '1ms'"),
    Case::latent("setting_unexpected", "alter database postgres set idle_in_transaction_session_timeout = '2ms'"),
    Case::latent("setting_unexpected", "alter role authenticator set role = 'anon'"),
    Case::latent("setting_unexpected", "alter role service_role set transform_null_equals = on"),
    Case::harmless("alter role authenticated set statement_timeout = '20s'"),
    Case::harmless(
        "alter role authenticator set statement_timeout = '1min'; alter role service_role set statement_timeout = 0",
    ),
    Case::harmless("alter role authenticator set session_preload_libraries = 'safeupdate'"),
    Case::harmless(
        "alter role authenticated set work_mem = 16384; alter role authenticator set work_mem = '16MB'; alter database postgres set random_page_cost = 1.1",
    ),
    Case::harmless(
        "alter database postgres set log_min_duration_statement = '1s'; alter role postgres set client_min_messages = error",
    ),
    Case::harmless(
        r#"alter database postgres set "app.settings.jwt_exp" = '3600'; alter role authenticator set "pgrst.app.settings.x" = '1'"#,
    ),
    Case::harmless(
        "alter role postgres set search_path = public; alter role supabase_auth_admin set statement_timeout = '1ms'",
    ),
    Case::harmless("alter role social_rpc_owner set session_replication_role = replica"),
    Case::harmless("alter role authenticator in database template1 set pgrst.db_tx_end = 'rollback'"),
    Case::harmless(
        "alter role authenticator set pgrst.db_aggregates_enabled = 'true'; alter role authenticator set pgrst.openapi_mode = 'disabled'",
    ),
    Case::latent("setting_unexpected", "alter role authenticator in database postgres set statement_timeout = '1ms'"),
    Case::latent("setting_unexpected", "alter role anon set default_transaction_read_only = on"),
    Case::latent("setting_unexpected", "alter role postgres set row_security = off"),
    Case::latent("setting_unexpected", "alter role authenticated set plpgsql.variable_conflict = 'use_column'"),
    Case::latent("setting_unexpected", "alter role authenticator set pgrst.db_tx_end = 'commit-allow-override'"),
    Case::latent(
        "setting_unexpected",
        "alter role authenticator set pgrst.db_config = 'false'; alter role authenticator set pgrst.jwt_role_claim_key = '.app_role'",
    ),
    Case::harmless(
        "alter role authenticated set search_path = 'storage'; alter database postgres set search_path = 'storage'",
    ),
    Case::harmless(
        "alter database postgres set datestyle = 'German, DMY'; alter role authenticated set intervalstyle = 'sql_standard'; alter database postgres set bytea_output = 'escape'",
    ),
    Case::harmless(
        "alter role authenticated set enable_seqscan = off; alter database postgres set work_mem = '64kB'; alter role authenticated set quote_all_identifiers = on",
    ),
    Case::changes("setting_unexpected", "alter role authenticated set work_mem = '16MB'"),
    Case::changes("setting_unexpected", "alter role service_role in database postgres set temp_buffers = '2GB'"),
];
