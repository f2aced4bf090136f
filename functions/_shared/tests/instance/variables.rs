//! How the variables are read: once, together, and not for ever.

use futures::executor::block_on;
use http::{HeaderName, Method};

use crate::project::{Project, Provider, key};

#[test]
fn the_variables_are_read_once() {
    let one = key("one");
    let project = Project::new(&[&one]);

    for _ in 0..3 {
        assert_eq!(block_on(project.status(&one)), 200);
    }

    assert_eq!(project.readings.borrow().get("supabase_url"), Some(&1));
}

#[test]
fn the_variables_are_asked_for_all_at_once() {
    let one = key("one");
    let project = Project::new(&[&one]);

    block_on(project.status(&one));

    let all = project.readings.borrow().len();
    assert_eq!(project.most_at_once.get(), all);
}

#[test]
fn a_provider_that_fails_is_an_outage_and_passes() {
    let one = key("one");
    let project = Project::new(&[&one]);

    project.provider.set(Provider::Fails);
    assert_eq!(block_on(project.answer(&one)), (503, "configuration_unavailable".into()));
    project.provider.set(Provider::Answers);
    assert_eq!(block_on(project.status(&one)), 200);
}

#[test]
fn a_provider_that_hangs_is_given_up_when_a_requests_time_is_over() {
    let one = key("one");
    let project = Project::new(&[&one]);
    project.provider.set(Provider::Hangs);

    assert_eq!(block_on(project.answer(&one)), (503, "configuration_unavailable".into()));

    assert_eq!(project.clock.get().as_secs(), 8);
    project.provider.set(Provider::Answers);
    assert_eq!(block_on(project.status(&one)), 200);
}

/// A secret that was mounted as a file, a line of an `.env` file in quotes: nobody's token would fit.
#[test]
fn what_stands_around_a_variable_is_the_operators_fault_whichever_it_is() {
    let one = key("one");
    for (name, value) in [
        ("supabase_url", "https://abc.supabase.co"),
        ("supabase_publishable_key", "sb_publishable_x"),
        ("supabase_jwt_secret", "0123456789abcdef0123456789abcdef"),
        ("supabase_jwks_url", "https://abc.supabase.co/auth/v1/.well-known/jwks.json"),
        ("jwt_issuer", "https://abc.supabase.co/auth/v1"),
        ("jwt_audience", "authenticated"),
        ("session_check", "off"),
        ("allow_guests", "false"),
        ("region", "eu-west-1"),
        ("allowed_origins", "https://app.example"),
        ("allowed_headers", "x-tenant"),
        ("request_timeout_ms", "8000"),
        ("flag", "on"),
        ("flag_testers", "ada00000-0000-4000-8000-000000000001"),
        ("telemetry_key", "0123456789abcdef0123456789abcdef"),
    ] {
        let project = Project::with(name, value);
        project.serve(&[&one]);
        block_on(project.status(&one));
        assert_ne!(project.record()["error.type"], "misconfigured", "{name}");

        for wrong in [format!("{value}\n"), format!(" {value}"), format!("\"{value}\""), format!("'{value}'")] {
            let project = Project::with(name, &wrong);
            assert_eq!(block_on(project.answer(&one)), (500, "misconfigured".into()), "{name}={wrong:?}");
            let cause = project.record()["app.error.cause"].to_string();
            assert!(cause.contains(&format!("variable {name}: there are ")), "{cause}");
        }
    }
    let all = Project::new(&[&one]);
    block_on(all.status(&one));
    assert_eq!(all.readings.borrow().len(), 16, "and supabase_jwks, whose blanks are JSON's");
}

/// Whoever may call is one of the things that could not be read.
#[test]
fn without_a_configuration_no_page_may_do_anything() {
    let malformed = Project::with("allowed_origins", "https://*.example.com");
    let (sealed, hanging) = (Project::new(&[]), Project::new(&[]));
    sealed.provider.set(Provider::Fails);
    hanging.provider.set(Provider::Hangs);

    for (project, status) in [(malformed, 500), (sealed, 503), (hanging, 503)] {
        for method in [Method::OPTIONS, Method::GET] {
            let response = block_on(project.respond("x", method, None));
            assert_eq!(response.status(), status);
            let granted = |name: &HeaderName| name.as_str().starts_with("access-control-");
            assert!(!response.headers().keys().any(granted), "{:?}", response.headers());
        }
    }
    let preflight = block_on(Project::new(&[]).respond("x", Method::OPTIONS, None));
    assert_eq!(
        (preflight.status().as_u16(), &preflight.headers()["access-control-allow-origin"]),
        (204, &"*".parse().unwrap())
    );
}

#[test]
fn a_page_may_send_what_the_operator_says_besides() {
    let project = Project::with("allowed_headers", "X-Tenant,x-shard");

    let preflight = block_on(project.respond("x", Method::OPTIONS, None));

    let allowed = preflight.headers()["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.starts_with("authorization, ") && allowed.ends_with(", x-tenant, x-shard"), "{allowed}");
}

/// Its length is that of the answer to `GET`.
#[test]
fn a_head_is_answered_as_a_get_without_its_body() {
    let one = key("one");
    let project = Project::new(&[&one]);
    for token in [project.token(&one), "nonsense".to_owned()] {
        let get = block_on(project.respond(&token, Method::GET, None));
        let head = block_on(project.respond(&token, Method::HEAD, None));

        assert!(!get.body().is_empty() && head.body().is_empty());
        assert_eq!((get.status(), get.headers()), (head.status(), head.headers()));
        assert_eq!(project.record()["http.response.body.size"], 0);
    }
}
