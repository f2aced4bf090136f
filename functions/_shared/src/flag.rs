//! Whether a function is switched on for a caller, so that it can reach users in steps and be taken back at once.
//!
//! The share is of users, not of requests: the same user is in or out each time, in every function, and whoever is in
//! at ten percent is in at fifty. The database decides about overlays in the same way (`lockstep.flag_is_on`).

/// A flag as an operator sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// For nobody, testers included: the caller is not even looked at.
    Off,
    /// For everybody.
    On,
    /// For testers, and for so many percent of the users: 0 to 100.
    Share(u8),
}

impl Flag {
    /// Whether this user gets the function. Ids are spelt as PostgreSQL does.
    pub fn is_on_for(self, user: &str, testers: &[String]) -> bool {
        match self {
            Self::Off => false,
            Self::On => true,
            Self::Share(percent) => place(user) < u32::from(percent) || testers.iter().any(|tester| tester == user),
        }
    }
}

impl std::fmt::Display for Flag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::On => f.write_str("on"),
            Self::Share(percent) => write!(f, "{percent}"),
        }
    }
}

/// Where a user stands among a hundred: the first four bytes of the id's SHA-256, big-endian, modulo 100.
fn place(user: &str) -> u32 {
    let [a, b, c, d, ..] = hmac_sha256::Hash::hash(user.as_bytes());
    u32::from_be_bytes([a, b, c, d]) % 100
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u32) -> String {
        format!("ada00000-0000-4000-8000-{n:012}")
    }

    #[test]
    fn whoever_is_in_stays_in_and_the_share_is_about_right() {
        let share = |percent| (0..2000).filter(|n| Flag::Share(percent).is_on_for(&user(*n), &[])).collect::<Vec<_>>();

        assert!(share(0).is_empty());
        assert_eq!(share(100).len(), 2000);
        assert!((150..250).contains(&share(10).len()), "{}", share(10).len());
        assert!(share(10).iter().all(|n| share(50).contains(n)));
    }

    /// The same numbers as in `supabase/tests/flags.test.sql`.
    #[test]
    fn a_users_place_is_the_databases() {
        let places = [1, 2, 3].map(|n| place(&user(n)));

        assert_eq!(places, [32, 33, 70]);
    }

    #[test]
    fn a_tester_is_in_at_nought_and_out_when_it_is_off() {
        let testers = [user(7)];

        assert!(Flag::Share(0).is_on_for(&user(7), &testers));
        assert!(!Flag::Share(0).is_on_for(&user(8), &testers));
        assert!(!Flag::Off.is_on_for(&user(7), &testers));
        assert!(Flag::On.is_on_for(&user(8), &[]));
    }
}
