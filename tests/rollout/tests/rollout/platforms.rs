//! What can be said of the other platforms without having one: their tables are read, and their manifest is filled in.

use std::fs;

use rollout::settings::Settings;
use stack::setup;

#[test]
fn the_table_of_each_platform_is_one_that_the_command_takes() {
    let page = fs::read_to_string(setup::root().join("tests/rollout/platforms/README.md")).unwrap();
    let tables: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|block| block.split("```").next()).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("environments.toml");

    for table in &tables {
        fs::write(&file, format!("[there]\n[there.rollout]\n{table}")).unwrap();
        Settings::read(&file, "there").unwrap_or_else(|error| panic!("{table}: {error:#}"));
    }

    assert_eq!(tables.len(), 3);
    Settings::read(&setup::root().join("supabase/environments.toml"), "local").unwrap();
}

/// By what rollout gives, and the two that its head asks for. Each flag of spin.toml is there.
#[test]
fn the_manifest_for_spinkube_has_every_flag_and_asks_for_nothing_else() {
    let root = setup::root();
    let manifest = fs::read_to_string(root.join("tests/rollout/platforms/spinapp.yaml")).unwrap();
    let mut asked: Vec<&str> =
        manifest.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
    asked.sort_unstable();
    let spin = fs::read_to_string(root.join("spin.toml")).unwrap();
    let flags = spin.lines().filter_map(|line| line.split_once(" = {")).map(|(name, _)| name.trim());
    let mut given: Vec<String> = flags.filter(|name| name.starts_with("flag_")).map(str::to_uppercase).collect();
    given.extend(["REGISTRY", "RELEASE_ID", "SUPABASE_URL"].map(str::to_owned));
    given.sort();

    assert_eq!(asked, given);
}
