//! Functions: is there one of each name, is it called and answered as agreed, and does it run as whom it should?

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;
use semver::Version;
use serde::Deserialize;

use super::{APPLY, Findings, access::Inheriting, doors, or_none, signature};
use crate::{
    catalog::{Catalog, Found},
    contract::{Contract, Function},
    finding::Code,
};

/// The first statement of every RPC (supabase/migrations/…_rpc_foundation.sql); with casts where it is an SQL-standard
/// body.
static HANDSHAKE: LazyLock<Regex> = LazyLock::new(|| {
    let text = r"'([^']*)'(?:::text)?";
    Regex::new(&format!(r"\blockstep\.announce_rpc\(\s*{text}\s*,\s*{text}\s*\)")).expect("a constant pattern")
});

/// Name and version that the body announces, to whoever calls it.
pub fn announced(found: &Found) -> Option<(String, String)> {
    HANDSHAKE.captures(&found.source).map(|all| (all[1].to_owned(), all[2].to_owned()))
}

/// Name and version that the comment says, to whoever looks.
pub fn commented(found: &Found) -> Option<(String, String)> {
    #[derive(Deserialize)]
    struct Comment {
        rpc: String,
        version: Version,
    }
    let said: Comment = serde_json::from_str(found.comment.as_deref()?).ok()?;
    Some((said.rpc, said.version.to_string()))
}

pub fn compare(
    contract: &Contract,
    catalog: &Catalog,
    raising: &BTreeSet<String>,
    inheriting: &Inheriting,
    findings: &mut Findings,
) {
    for want in contract.all_functions() {
        let all: Vec<&Found> = catalog
            .functions
            .iter()
            .filter(|found| (&found.function.schema, &found.function.name) == (&want.schema, &want.name))
            .collect();
        let Some(found) = all.iter().find(|found| same_types(want, &found.function)).or(all.first()) else {
            findings.add(Code::FunctionMissing, place(want), "a function", "none", APPLY);
            continue;
        };
        let others = all.iter().filter(|other| !std::ptr::eq(**other, *found));
        let others: Vec<String> = others
            .filter(|other| !doors::is_older_form(want, &other.function))
            .map(|other| other.function.signature())
            .collect();
        if !others.is_empty() {
            let drops: Vec<String> = others.iter().map(|other| format!("drop routine {other};")).collect();
            let have = format!("also {}", others.join(", "));
            findings.add(Code::FunctionOverloaded, place(want), "one function of the name", have, drops.join(" "));
        }
        One { contract, catalog, want, found, findings, raising, inheriting }.compare();
    }
}

fn place(function: &Function) -> String {
    format!("function {}", function.signature())
}

fn same_types(one: &Function, other: &Function) -> bool {
    one.arguments.iter().map(|a| &a.kind).eq(other.arguments.iter().map(|a| &a.kind))
}

struct One<'a> {
    contract: &'a Contract,
    catalog: &'a Catalog,
    want: &'a Function,
    found: &'a Found,
    findings: &'a mut Findings,
    raising: &'a BTreeSet<String>,
    inheriting: &'a Inheriting,
}

impl One<'_> {
    fn compare(mut self) {
        let before = self.findings.all.len();
        for (code, want, have) in signature::differences(self.contract, self.want, &self.found.function) {
            self.add(code, want, have, APPLY);
        }
        self.version();
        // What is another function anyway has another body, too.
        let same_so_far = self.findings.all.len() == before;
        if same_so_far && !self.raising.contains(&self.found.function.signature()) {
            self.body();
        }
        self.properties();
        self.execute();
    }

    fn add(&mut self, code: Code, want: impl Into<String>, have: impl Into<String>, remedy: impl Into<String>) {
        self.findings.add(code, place(&self.found.function), want, have, remedy);
    }

    fn alter(&self, what: &str) -> String {
        format!("alter function {} {what};", self.found.function.signature())
    }

    /// Comment and body say the version, each for readers of its own; both must say the contract's.
    fn version(&mut self) {
        let Some(want) = &self.want.version else { return };
        let want_comment = format!(r#"{{"rpc": "{}", "version": "{want}"}}"#, self.want.name);
        let (said, announced) = (commented(self.found), announced(self.found));
        let wanted = Some((self.want.name.clone(), want.to_string()));
        let another_version = said.is_some() && said == announced;
        if said != wanted {
            let remedy = match another_version {
                true => APPLY.to_owned(),
                false => format!("comment on function {} is '{want_comment}';", self.found.function.signature()),
            };
            self.add(Code::VersionComment, &want_comment, or_none(self.found.comment.as_deref()), remedy);
        }
        if announced != wanted && !another_version {
            let spelt = |said: &Option<(String, String)>| match said {
                Some((name, version)) => format!("announces {name}/{version}"),
                None => "announces no version".to_owned(),
            };
            self.add(Code::Handshake, spelt(&wanted), spelt(&announced), APPLY);
        }
    }

    fn body(&mut self) {
        let (want, have) = (self.want.body_sha256.clone(), self.found.function.body_sha256.clone());
        if let (Some(want), Some(have)) = (want, have)
            && want != have
        {
            let short = |digest: &str| format!("SHA-256 {}…", &digest[..digest.floor_char_boundary(12)]);
            self.add(Code::BodyChanged, short(&want), short(&have), APPLY);
        }
    }

    fn properties(&mut self) {
        let (want, have) = (self.want, &self.found.function);
        if want.volatility != have.volatility {
            let remedy = self.alter(want.volatility.word());
            self.add(Code::Volatility, want.volatility.word(), have.volatility.word(), remedy);
        }
        if want.security != have.security {
            let remedy = self.alter(&format!("security {}", want.security.word()));
            self.add(Code::Security, want.security.word(), have.security.word(), remedy);
        }
        if want.strict != have.strict {
            let word = |strict| if strict { "returns null on null input" } else { "called on null input" };
            let remedy = self.alter(word(want.strict));
            self.add(Code::Strictness, word(want.strict), word(have.strict), remedy);
        }
        if want.owner != have.owner {
            let bypasses = self.catalog.access.bypassing.contains(&have.owner);
            let present = format!("{}{}", have.owner, if bypasses { ", to whom policies do not apply" } else { "" });
            // Only who may create in a schema can be given a function there.
            let (schema, owner) = (&want.schema, &want.owner);
            // Who was the owner could run it as such.
            let again = match want.execute.must.contains(&have.owner) {
                true => format!(" grant execute on function {} to {};", have.signature(), have.owner),
                false => String::new(),
            };
            let remedy = format!(
                "grant create on schema {schema} to {owner}; {} revoke create on schema {schema} from {owner};{again}",
                self.alter(&format!("owner to {owner}"))
            );
            self.add(Code::FunctionOwner, &want.owner, present, remedy);
        }
        self.setting(Code::SearchPath, "search_path", want.search_path.as_deref(), have.search_path.as_deref());
        let (want_timeout, have_timeout) = (want.statement_timeout.as_deref(), have.statement_timeout.as_deref());
        self.setting(Code::StatementTimeout, "statement_timeout", want_timeout, have_timeout);
        let names: BTreeSet<&String> = want.settings.keys().chain(have.settings.keys()).collect();
        for name in names {
            let value = |of: &Function| of.settings.get(name).cloned();
            self.setting(Code::FunctionSettings, name, value(want).as_deref(), value(have).as_deref());
        }
    }

    fn setting(&mut self, code: Code, name: &str, want: Option<&str>, have: Option<&str>) {
        if want == have {
            return;
        }
        let remedy = match want {
            // A list of schemas is no text.
            Some(value) if name == "search_path" && !value.is_empty() => self.alter(&format!("set {name} = {value}")),
            Some(value) => self.alter(&format!("set {name} = '{value}'")),
            None => self.alter(&format!("reset {name}")),
        };
        let spelt = |value: Option<&str>| match value {
            Some("") => format!("{name} = ''"),
            Some(value) => format!("{name} = {value}"),
            None => format!("{name} not set"),
        };
        self.add(code, spelt(want), spelt(have), remedy);
    }

    fn execute(&mut self) {
        let signature = self.found.function.signature();
        let may = &self.found.function.execute.must;
        let list = |roles: Vec<&String>| roles.into_iter().cloned().collect::<Vec<_>>().join(", ");
        let missing = list(self.want.execute.must.iter().filter(|role| !may.contains(role)).collect());
        let too_many = self.want.execute.must_not.iter().filter(|role| may.contains(role));
        let explained = |role: &str| self.inheriting.of(role).any(|other| may.iter().any(|holder| holder == other));
        let too_many = list(too_many.filter(|role| !explained(role)).collect());
        if !missing.is_empty() {
            let remedy = format!("grant execute on function {signature} to {missing};");
            self.add(Code::ExecuteMissing, format!("execute for {missing}"), "no right", remedy);
        }
        if !too_many.is_empty() {
            let remedy =
                self.catalog.acl.taken(&too_many, &signature, "execute", Some(&self.found.function.owner), |from| {
                    format!("revoke execute on function {signature} from {from};")
                });
            self.add(Code::ExecuteTooWide, format!("no execute for {too_many}"), "they may", remedy);
        }
    }
}
