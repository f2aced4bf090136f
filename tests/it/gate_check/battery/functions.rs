//! Functions and views: how they run.

use super::Case;

pub const FUNCTIONS: &[Case] = &[
    Case::changes("security", "alter function public.fetch_social_messages security invoker"),
    Case::latent(
        "function_settings",
        "alter function public.insert_social_message set default_transaction_read_only = on",
    ),
    Case::latent("statement_timeout", "alter function public.insert_social_message set statement_timeout = '1ms'"),
    Case::latent("function_settings", "alter function lockstep.announce_social_message reset timezone"),
    Case::latent("volatility", "alter function lockstep.setting immutable"),
    Case::changes("volatility", "alter function lockstep.caller_id immutable"),
    Case::latent(
        "function_overloaded",
        "create aggregate public.fetch_social_messages(integer) (sfunc = int4pl, stype = integer)",
    ),
    Case::harmless("alter function public.fetch_social_messages cost 100000 rows 1 parallel safe leakproof"),
    Case::harmless("alter view public.rank_session_overlays_live set (security_barrier = true)"),
    Case::harmless("drop event trigger pgrst_ddl_watch; create cast (text as uuid) with inout as implicit"),
    Case::harmless("drop extension if exists pgcrypto cascade"),
];
