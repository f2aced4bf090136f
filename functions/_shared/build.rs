//! Writes one constant per RPC from `supabase/rank_required_rpcs.json`, so that the versions which a component expects
//! are the contract's at the moment it was built, and a typo in an RPC's name does not compile; and for each component
//! what it carries, for `gate components` to read.

use std::{collections::BTreeMap, env, fmt::Write as _, fs, path::Path};

use serde_json::{Value, json};

#[derive(serde::Deserialize)]
struct Contract {
    version: String,
    rpcs: Vec<Value>,
}

#[derive(serde::Deserialize)]
struct Rpc {
    name: String,
    version: String,
    component: String,
    #[serde(default)]
    runs: Vec<String>,
}

fn main() {
    let manifest = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let path = Path::new(&manifest).join("../../supabase/rank_required_rpcs.json");
    println!("cargo::rerun-if-changed={}", path.display());

    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let source = generate(&text, Path::new(&out)).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    fs::write(Path::new(&out).join("contract.rs"), source).expect("OUT_DIR is writable");
}

fn generate(text: &str, out: &Path) -> Result<String, serde_json::Error> {
    let Contract { version: contract_version, rpcs: entries } = serde_json::from_str(text)?;
    let whole = serde_json_canonicalizer::to_vec(&serde_json::from_str::<Value>(text)?)?;
    let contract_sha256 = base16ct::lower::encode_string(&hmac_sha256::Hash::hash(&whole));

    let mut source = String::new();
    writeln!(source, "/// SHA-256 of the contract that this was built with: canonical JSON (RFC 8785).")
        .expect("a String");
    writeln!(source, "pub const CONTRACT_SHA256: &str = {contract_sha256:?};").expect("a String");
    let named: Vec<(String, &Value)> = entries
        .iter()
        .map(|entry| Ok((serde_json::from_value::<Rpc>(entry.clone())?.name, entry)))
        .collect::<Result<_, serde_json::Error>>()?;
    let mut carried = BTreeMap::<String, Vec<&Value>>::new();
    for entry in &entries {
        let Rpc { name, version, component, runs } = serde_json::from_value(entry.clone())?;
        // With those that it runs, whoever else calls them.
        for (_, needed) in named.iter().filter(|(other, _)| *other == name || runs.contains(other)) {
            let mine = carried.entry(component.clone()).or_default();
            if !mine.contains(needed) {
                mine.push(needed);
            }
        }
        let constant = name.to_uppercase();
        let runs = runs.join(", ").to_uppercase();
        writeln!(source, "/// `{name}`, version {version} of the contract.").expect("a String");
        writeln!(
            source,
            "pub const {constant}: Rpc =\n    \
             Rpc {{ name: {name:?}, version: {version:?}, runs: &[{runs}], tag: \"{name}/{version}\" }};"
        )
        .expect("a String");
    }
    for (component, rpcs) in carried {
        let constant = component.to_uppercase().replace('-', "_");
        let file = out.join(format!("{component}.json"));
        let carried = json!({
            "component": component,
            "contract_version": contract_version,
            "contract_sha256": contract_sha256,
            "rpcs": rpcs,
        });
        fs::write(&file, serde_json_canonicalizer::to_vec(&carried)?).expect("OUT_DIR is writable");
        writeln!(source, "/// What `{component}` carries: canonical JSON (RFC 8785).").expect("a String");
        writeln!(source, "pub const {constant}: &[u8] = include_bytes!({:?});", file.display().to_string())
            .expect("a String");
    }
    Ok(source)
}
