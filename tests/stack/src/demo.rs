//! The people and places of `supabase/seed.sql`.

use uuid::{Uuid, uuid};

/// In both channels.
pub const ADA: Uuid = uuid!("ada00000-0000-4000-8000-000000000001");
/// In `general`.
pub const GRACE: Uuid = uuid!("97ace000-0000-4000-8000-000000000002");
/// In no channel.
pub const EVE: Uuid = uuid!("e7e00000-0000-4000-8000-000000000003");
/// Ada's and Grace's.
pub const GENERAL: Uuid = uuid!("c0000000-0000-4000-8000-000000000001");
/// Ada's, with Grace in it.
pub const ROOM: Uuid = uuid!("400a0000-0000-4000-8000-000000000001");
/// What is played there.
pub const GAME: Uuid = uuid!("9a3e0000-0000-4000-8000-000000000001");
