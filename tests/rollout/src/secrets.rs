//! What must never be shown or recorded, and how it is kept out: whatever a command or a server says goes through here.

use std::env;

use gate::database::Settings;
use url::Url;

/// Shorter ones would take words out of sentences.
const SHORTEST: usize = 6;

/// The values that are secret.
#[derive(Debug, Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// The password of the database's URL or of a file beside it, the tokens given, and what the environment's names say is secret.
    pub fn of<'a>(database_url: &str, tokens: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all: Vec<String> = tokens.into_iter().map(str::to_owned).collect();
        all.push(database_url.to_owned());
        // As it stands in a URL, and as it is.
        all.extend(Url::parse(database_url).ok().and_then(|url| url.password().map(str::to_owned)));
        all.extend(Settings::read(database_url).iter().flat_map(Settings::passwords));
        all.extend(env::vars().filter(|(name, _)| is_secret(name)).map(|(_, value)| value));
        all.retain(|value| value.len() >= SHORTEST);
        // What contains another goes first.
        all.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self(all)
    }

    /// The text without them, and without what has the shape of a token, wherever it came from.
    pub fn scrub(&self, text: &str) -> String {
        report::masked(&self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***")))
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let telling = [
        "TOKEN",
        "SECRET",
        "PASS",
        "PRIVATE",
        "JWKS",
        "KEY",
        "AUTH",
        "CREDENTIAL",
        "DSN",
        "DATABASE_URL",
        "POSTGRES_URL",
    ];
    // A path to a socket or a file is no secret, and stands in many a message.
    let harmless = ["PUBLISHABLE", "SOCK", "_FILE", "PATH"];
    telling.iter().any(|part| name.contains(part)) && !harmless.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::{Secrets, is_secret};

    #[test]
    fn a_password_is_kept_out_in_both_spellings_and_a_token_by_its_shape() {
        let secrets = Secrets::of("postgresql://postgres:pa%40ss%3Aword@db.example:5432/postgres", []);

        let said = secrets.scrub("pa@ss:word, pa%40ss%3Aword; key=sb_secret_abc-1, Bearer eyJhbGciOi.e30._x-y!");

        assert_eq!(said, "***, ***; key=[token], Bearer [token]!");
    }

    #[test]
    fn a_variable_is_secret_by_its_name() {
        for name in
            ["SUPABASE_SERVICE_ROLE_KEY", "SPIN_VARIABLE_TELEMETRY_KEY", "FASTLY_API_KEY", "PGPASSWORD", "npm_auth"]
        {
            assert!(is_secret(name), "{name}");
        }
        for name in ["SUPABASE_PUBLISHABLE_KEY", "SSH_AUTH_SOCK", "HOME", "ENVIRONMENT", "GITHUB_ACTOR"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn neither_the_url_nor_its_password_nor_a_token_comes_through() {
        let secrets = Secrets::of("postgresql://postgres:correct-horse@db.example:5432/postgres", ["eyJ.token"]);

        let said = secrets
            .scrub("curl: eyJ.token; postgresql://postgres:correct-horse@db.example:5432/postgres: correct-horse");

        assert_eq!(said, "curl: ***; ***: ***");
    }
}
