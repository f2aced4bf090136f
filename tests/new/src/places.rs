//! Where a function belongs in the files that are there. Each place is found by what stands around it; where that has changed, the
//! edit fails, and nothing is written.

use anyhow::{Context as _, Result, ensure};
use gate::output::relayout;
use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

use crate::Function;

/// What makes the file with the function from the file without.
type Edit = fn(&Function, &str) -> Result<String>;

/// Every file that has a part of each function.
pub const ALL: &[(&str, Edit)] = &[
    ("Cargo.toml", workspace),
    ("spin.toml", manifest),
    ("supabase/rank_required_rpcs.json", contract),
    ("supabase/rank_required_rpcs.CHANGELOG.md", changelog),
    ("supabase/tests/guests.test.sql", guests),
    ("functions/openapi.json", description),
    ("functions/client/calls.js", client),
    ("functions/client/index.d.ts", types),
    ("tests/it/main.rs", integration),
    ("tests/it/plans.rs", plans),
    ("tests/fuzz/Cargo.toml", fuzz_manifest),
    ("tests/fuzz/src/world.rs", fuzz_world),
    ("tests/rollout/platforms/spinapp.yaml", spinkube),
];

fn workspace(function: &Function, text: &str) -> Result<String> {
    let mut document: DocumentMut = text.parse()?;
    let folder = format!("functions/{}", function.name);
    let workspace = document["workspace"].as_table_mut().context("no [workspace]")?;
    let members = workspace["members"].as_array_mut().context("no members")?;
    let before = members.iter().position(|member| member.as_str().is_some_and(|other| other > folder.as_str()));
    let mut member = Value::from(&folder);
    member.decor_mut().set_prefix("\n    ");
    members.insert_formatted(before.unwrap_or(members.len()), member);
    let path = InlineTable::from_iter([("path", folder)]);
    let dependencies = workspace["dependencies"].as_table_mut().context("no dependencies")?;
    dependencies.insert(&function.name, Item::Value(path.into()));
    Ok(document.to_string())
}

/// What the manifest says of the last function it says of this one too.
fn manifest(function: &Function, text: &str) -> Result<String> {
    let document: DocumentMut = text.parse()?;
    let components = document["component"].as_table().context("no components")?;
    let (other, _) = components.iter().last().context("no components")?;
    let renamed = |block: &str| renamed(block, other, function);
    let of_other = |block: &str| {
        block.contains(&format!("component = \"{other}\"")) && !block.contains("route = \"/...\"")
            || block.starts_with(&format!("[component.{other}"))
    };
    let flag = format!("flag_{}", other.replace('-', "_"));
    let mut components = Vec::new();
    let mut blocks: Vec<String> = Vec::new();
    for block in text.trim_end().split("\n\n") {
        let block = after_line(block, &format!("{flag} = "), renamed).unwrap_or_else(|| block.to_owned());
        let copy = of_other(&block).then(|| renamed(without_comment(&block)));
        blocks.push(block);
        match copy {
            Some(copy) if copy.starts_with("[component") => components.push(copy),
            Some(copy) => blocks.push(copy),
            None => {}
        }
    }
    ensure!(components.len() == 3, "{other} has no source, variables and build of its own");
    blocks.extend(components);
    Ok(blocks.join("\n\n") + "\n")
}

fn spinkube(function: &Function, text: &str) -> Result<String> {
    let last = text.lines().rfind(|line| line.contains("name: flag_") && !line.contains("flag_testers"));
    let other = last.and_then(|line| line.split("flag_").nth(1)?.split(',').next()).context("no flags")?;
    let copied = |line: &str| renamed(line, &other.replace('_', "-"), function);
    after_line(text, &format!("    - {{ name: flag_{other},"), copied).context("no flags")
}

fn contract(function: &Function, text: &str) -> Result<String> {
    let entry = function.render(include_str!("../templates/contract.json.j2"))?;
    let text = before(text, "\n  ],\n  \"functions\": [", &format!(",\n{entry}"))?;
    let (head, rest) = text.split_once("\"version\": \"").context("no version")?;
    let (_, rest) = rest.split_once('"').context("no version")?;
    Ok(relayout(&format!("{head}\"version\": \"{}\"{rest}", function.contract_version()))?)
}

fn changelog(function: &Function, text: &str) -> Result<String> {
    before(text, "## ", &function.render(include_str!("../templates/changelog.md.j2"))?)
}

fn description(function: &Function, text: &str) -> Result<String> {
    let path = function.render(include_str!("../templates/openapi_path.json.j2"))?;
    let schemas = function.render(include_str!("../templates/openapi_schemas.json.j2"))?;
    let tag = format!(r#"{{ "name": "{}", "description": "TODO-new: what they are about." }},"#, function.name);
    let text = after(text, "\"paths\": {", &format!("\"/functions/v1/{}\": {path},", function.name))?;
    let text = after(&text, "\"schemas\": {", &format!("{schemas},"))?;
    Ok(relayout(&after(&text, "\n  \"tags\": [", &tag)?)?)
}

/// What it returns stands last.
fn client(function: &Function, text: &str) -> Result<String> {
    let method = function.render(include_str!("../templates/client.js.j2"))?;
    let (head, methods) = text.rsplit_once("\n  return {\n").context("nothing is returned at its end")?;
    Ok(format!("{head}\n  return {{\n{method}{methods}"))
}

fn types(function: &Function, text: &str) -> Result<String> {
    let row = function.render(include_str!("../templates/client_row.d.ts.j2"))?;
    let method = function.render(include_str!("../templates/client_method.d.ts.j2"))?;
    let text = after(text, "export interface Lockstep {\n", &method)?;
    before(&text, "export interface CallOptions {", &row)
}

fn integration(function: &Function, text: &str) -> Result<String> {
    let line = format!("mod {};", function.module());
    let later = text.lines().find(|other| other.starts_with("mod ") && *other > line.as_str());
    before(text, &format!("{}\n", later.context("no modules")?), &format!("{line}\n"))
}

/// An RPC whose plan nobody looks at reads a whole table one day.
fn plans(function: &Function, text: &str) -> Result<String> {
    let last = text.lines().rfind(|line| line.starts_with("    \"public.")).context("no calls")?;
    let arguments = if function.reads() { "" } else { "'hello'" };
    after(text, &format!("{last}\n"), &format!("    \"public.{}({arguments})\",\n", function.rpc))
}

/// A guest calls each RPC, several times over.
fn guests(function: &Function, text: &str) -> Result<String> {
    let arguments = if function.reads() { "" } else { "'of a guest'" };
    let call = format!("  ($$ select public.{}({arguments}) $$),\n", function.rpc);
    let text = after(text, "\ninsert into call\nvalues\n", &call)?;
    let (head, rest) = text.split_once("select plan(").context("no plan")?;
    let (planned, rest) = rest.split_once(')').context("no plan")?;
    let planned = planned.parse::<usize>()? + text.matches(" from call;").count();
    Ok(format!("{head}select plan({planned}){rest}"))
}

fn fuzz_manifest(function: &Function, text: &str) -> Result<String> {
    let mut document: DocumentMut = text.parse()?;
    let dependencies = document["dependencies"].as_table_mut().context("no dependencies")?;
    let mut inherited = Table::new();
    inherited.set_dotted(true);
    inherited.insert("workspace", toml_edit::value(true));
    dependencies.insert(&function.name, Item::Table(inherited));
    Ok(document.to_string())
}

/// In the order of the names.
fn fuzz_world(function: &Function, text: &str) -> Result<String> {
    let (head, rest) = text.split_once("functions! {\n").context("no functions!")?;
    let (block, rest) = rest.split_once("\n}").context("no end of functions!")?;
    let mut entries: Vec<String> = block.split(",\n").map(str::to_owned).collect();
    entries.push(format!("    /// `{}`.\n    {} = {}", function.name, function.pascal(), function.module()));
    // Each begins with its name.
    entries.sort();
    Ok(format!("{head}functions! {{\n{}\n}}{rest}", entries.join(",\n")))
}

/// What is said above a block is said of the first of its kind.
fn without_comment(block: &str) -> &str {
    let comment: usize = block.split_inclusive('\n').take_while(|line| line.starts_with('#')).map(str::len).sum();
    &block[comment..]
}

/// A text in which one function's names are another's.
fn renamed(text: &str, other: &str, function: &Function) -> String {
    let (flag, own) = (other.replace('-', "_"), function.module());
    text.replace(other, &function.name).replace(&flag, &own).replace(&flag.to_uppercase(), &own.to_uppercase())
}

/// With a copy of the line that starts so below it.
fn after_line(text: &str, start: &str, copy: impl Fn(&str) -> String) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(start))?;
    Some(text.replacen(line, &format!("{line}\n{}", copy(line)), 1))
}

fn after(text: &str, place: &str, what: &str) -> Result<String> {
    let (head, rest) = text.split_once(place).with_context(|| format!("no {:?}", place.trim()))?;
    Ok(format!("{head}{place}{what}{rest}"))
}

fn before(text: &str, place: &str, what: &str) -> Result<String> {
    let (head, rest) = text.split_once(place).with_context(|| format!("no {:?}", place.trim()))?;
    Ok(format!("{head}{what}{place}{rest}"))
}
