//! The RPCs that the contract names, as constants: what a component may call, and which version it was built for.

use semver::Version;

/// One RPC of `supabase/rank_required_rpcs.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rpc {
    /// The function's name in the exposed schema.
    pub name: &'static str,
    /// The version (semver) that this build expects.
    pub version: &'static str,
    /// RPCs that it runs itself, in the same transaction: their versions count too.
    pub runs: &'static [Rpc],
    tag: &'static str,
}

impl Rpc {
    /// How `X-RPC-Expect` and `X-RPC-Version` spell it: `name/semver`.
    pub const fn tag(&self) -> &'static str {
        self.tag
    }

    /// What must answer: this RPC, and those that it runs.
    pub fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.runs)
    }

    /// The version that answered, from an `X-RPC-Version` list, if this RPC is in it.
    pub fn matched<'h>(&self, header: &'h str) -> Option<&'h str> {
        header
            .split(',')
            .filter_map(|entry| entry.trim().split_once('/'))
            .find_map(|(name, version)| (name == self.name).then_some(version))
    }

    /// Whether `version` can stand in for the expected one: the same major version, and not older.
    pub fn accepts(&self, version: &str) -> bool {
        match (Version::parse(self.version), Version::parse(version)) {
            (Ok(expected), Ok(matched)) => matched.major == expected.major && matched >= expected,
            _ => false,
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/contract.rs"));

/// Puts into a component, as a custom section, what it carries: the entries of the contract that it needs, and the
/// contract's version and hash. `gate components` reads them from the built file.
#[macro_export]
macro_rules! carry {
    ($component:ident) => {
        #[expect(unsafe_code, reason = "the section's name is nobody else's, and its bytes are never run")]
        #[used]
        #[unsafe(link_section = "lockstep-contract")]
        static CONTRACT: [u8; $crate::contract::$component.len()] = {
            // A section holds the bytes themselves; a slice would be a pointer to them.
            let mut bytes = [0; $crate::contract::$component.len()];
            bytes.copy_from_slice($crate::contract::$component);
            bytes
        };
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const RPC: Rpc = Rpc { name: "fetch", version: "1.2.0", runs: &[], tag: "fetch/1.2.0" };

    #[test]
    fn a_newer_minor_version_is_accepted_and_anything_else_is_not() {
        assert!(RPC.accepts("1.2.0"));
        assert!(RPC.accepts("1.10.0"));
        for refused in ["1.1.9", "2.0.0", "0.9.0", "1.2", "", "1.2.0-rc.1"] {
            assert!(!RPC.accepts(refused), "{refused}");
        }
    }

    #[test]
    fn an_rpc_finds_its_own_version_in_a_list() {
        assert_eq!(RPC.matched("verify/3.0.0, fetch/1.2.1"), Some("1.2.1"));
        assert_eq!(RPC.matched("fetch_page/1.2.1"), None);
        assert_eq!(RPC.matched(""), None);
    }
}
