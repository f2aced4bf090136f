//! What may stand in `supabase_jwks`: every form in which a set is given, and what becomes of keys that cannot be used.

use std::rc::Rc;

use futures::executor::block_on;
use jwt_simple::prelude::{ES256KeyPair, Ed25519KeyPair, RS256KeyPair};
use serde_json::{Value, json};

use crate::project::{Project, key};

fn public(key: &ES256KeyPair) -> Value {
    serde_json::from_str(&key.public_key().to_jwk()).unwrap()
}

/// A key with some members changed; those that are given as null are null.
fn changed(mut key: Value, members: &Value) -> Value {
    key.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    key
}

fn with(set: &Value) -> Rc<Project> {
    Project::with("supabase_jwks", &set.to_string())
}

/// The platform's own `SUPABASE_JWKS` is a bare array.
#[test]
fn a_set_is_an_object_with_keys_an_array_or_one_key() {
    let (one, two) = (key("one"), key("two"));
    let keys = json!([public(&two), public(&one)]);
    for set in [json!({ "keys": keys }), keys, public(&one), json!({ "keys": [public(&one)], "other": 1 })] {
        let project = with(&set);
        assert_eq!(block_on(project.status(&one)), 200, "{set}");
        assert_eq!(project.fetches.get(), 0, "a set in a variable is authoritative");
    }
    let pretty = format!("\n {}\n", serde_json::to_string_pretty(&json!([public(&one)])).unwrap());
    assert_eq!(block_on(Project::with("supabase_jwks", &pretty).status(&one)), 200);

    for wrong in [json!({}), json!("[]"), json!(7), json!({ "keys": {} }), json!([]), json!({ "keys": [] }), json!([7])]
    {
        let project = with(&wrong);
        assert_eq!(block_on(project.answer(&one)), (500, "misconfigured".into()), "{wrong}");
        assert!(project.record()["app.error.cause"].as_str().unwrap().starts_with("variable supabase_jwks: "));
    }
}

/// What exporters and identity providers write besides.
#[test]
fn members_that_say_nothing_of_verifying_do_not_matter() {
    let one = key("one");
    for members in [
        json!({ "key_ops": ["sign", "verify"] }),
        json!({ "key_ops": ["verify"], "ext": true }),
        json!({ "key_ops": null, "use": null, "alg": null, "d": null, "x5u": null }),
        json!({ "x5c": ["MIIB".repeat(5000)], "x5t": "abc", "x5t#S256": "def" }),
        json!({ "n": "AQAB", "iat": 1, "exp": null, "status": "in_use" }),
        json!({ "use": "sig" }),
    ] {
        let project = with(&json!([changed(public(&one), &members)]));
        assert_eq!(block_on(project.status(&one)), 200, "{members}");
        assert_eq!(project.record().get("app.config.warning"), None, "{members}");
    }
    let unnamed = with(&json!([changed(public(&one), &json!({ "kid": null }))]));
    assert_eq!(block_on(unnamed.status(&ES256KeyPair::generate())), 401);
}

/// The others go on; which one it is, and why, is said in each record.
#[test]
fn a_key_that_cannot_be_used_does_not_refuse_the_others() {
    let (one, bad) =
        (key("one"), changed(public(&key("x")), &json!({ "kid": "7828ac1a-f0ca-4987-94bf-3d59ac4c2aea" })));
    let private: Value = serde_json::from_str(&key("x").to_jwk()).unwrap();
    for (members, why) in [
        (json!({ "x": "AA" }), "32 bytes"),
        (json!({ "x": "!" }), "base64url"),
        (json!({ "y": null }), "it has no `y`"),
        (json!({ "y": bad["x"] }), "public key"),
        (json!({ "crv": "P-384", "alg": "ES384" }), "EC P-384 ES384"),
        (json!({ "crv": "secp256k1", "alg": null }), "EC secp256k1"),
        (json!({ "kty": "AKP" }), "its kind is not accepted (AKP"),
        (json!({ "kty": null }), "its kind is not accepted"),
        (json!({ "use": "enc" }), "not there to verify"),
        (json!({ "key_ops": ["sign"] }), "not there to verify"),
        (json!({ "kty": "oct", "alg": "HS256", "k": "c2hvcnQ" }), "at least 32 bytes"),
        (json!({ "d": private["d"] }), "private"),
    ] {
        let bad = changed(bad.clone(), &members);
        let alone = with(&json!([bad]));
        let secret = "0123456789abcdef0123456789abcdef".to_owned();
        alone.changed.borrow_mut().insert("supabase_jwt_secret", secret);
        let beside = with(&json!([bad, public(&one)]));

        assert_eq!(block_on(alone.answer(&one)), (500, "misconfigured".into()), "{bad}");
        assert_eq!(block_on(beside.status(&one)), 200, "{bad}");
        for said in [&alone.record()["app.error.cause"], &beside.record()["app.config.warning"]] {
            let said = said.as_str().unwrap_or_else(|| panic!("{bad} is passed over in silence"));
            assert!(said.contains("`7828ac1a-f0ca-4987-94bf-3d59ac4c2aea`") && said.contains(why), "{said}");
        }
    }
}

/// With it, whoever reads the variable signs in as anybody.
#[test]
fn a_private_key_is_refused_as_private() {
    let (ed, rsa) =
        (Ed25519KeyPair::generate().with_key_id("ed"), RS256KeyPair::generate(2048).unwrap().with_key_id("rsa"));
    let one = key("ec");
    for (jwk, kid) in [(one.to_jwk(), "ec"), (ed.to_jwk(), "ed"), (rsa.to_jwk(), "rsa")] {
        let jwk: Value = serde_json::from_str(&jwk).unwrap();
        for set in [json!({ "keys": [jwk] }), json!([jwk]), jwk] {
            let project = with(&set);
            assert_eq!(block_on(project.answer(&one)), (500, "misconfigured".into()));
            let cause = project.record()["app.error.cause"].as_str().unwrap().to_owned();
            assert!(cause.contains(&format!("key `{kid}`: it is a private key")), "{cause}");
            assert!(
                !cause.contains(set.to_string().split("\"d\":\"").nth(1).unwrap().split('"').next().unwrap()),
                "{cause}"
            );
        }
    }
}
