//! Writes one constant per RPC from `supabase/rank_required_rpcs.json`, so that the versions which a component expects
//! are the contract's at the moment it was built, and a typo in an RPC's name does not compile.

use std::{env, fmt::Write as _, fs, path::Path};

#[derive(serde::Deserialize)]
struct Contract {
    rpcs: Vec<Rpc>,
}

#[derive(serde::Deserialize)]
struct Rpc {
    name: String,
    version: String,
    #[serde(default)]
    runs: Vec<String>,
}

fn main() {
    let manifest = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let path = Path::new(&manifest).join("../../supabase/rank_required_rpcs.json");
    println!("cargo::rerun-if-changed={}", path.display());

    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let contract: Contract = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));

    let mut source = String::new();
    for Rpc { name, version, runs } in contract.rpcs {
        let constant = name.to_uppercase();
        let runs = runs.join(", ").to_uppercase();
        writeln!(source, "/// `{name}`, version {version} of the contract.").expect("a String");
        writeln!(
            source,
            "pub const {constant}: Rpc = Rpc {{ name: {name:?}, version: {version:?}, runs: &[{runs}] }};"
        )
        .expect("a String");
    }
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("contract.rs"), source).expect("OUT_DIR is writable");
}
