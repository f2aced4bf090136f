//! `supabase/tests`, run as `supabase test db` would run them, and as an auditor of functions would.

use std::process::Command;

use it::running;
use stack::setup;

#[test]
fn the_databases_own_tests_pass() {
    if !running().has_test_extensions() {
        return;
    }
    let url = running().stack.cluster().url("postgres");
    let tests = setup::root().join("supabase/tests");

    let output = Command::new("pg_prove").args(["--ext", ".sql", "--recurse", "--dbname", &url]).arg(tests).output();

    let output = output.expect("pg_prove is installed: Debian's libtap-parser-sourcehandler-pgtap-perl");
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
}
