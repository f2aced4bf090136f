//! What must never be shown or recorded, and how it is kept out: whatever a command or a server says goes through here.

use std::env;

use url::Url;

/// Shorter ones would take words out of sentences.
const SHORTEST: usize = 6;

/// The values that are secret.
#[derive(Debug, Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// The password of the database's URL, the tokens given, and what the environment's names say is secret.
    pub fn of<'a>(database_url: &str, tokens: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all: Vec<String> = tokens.into_iter().map(str::to_owned).collect();
        all.push(database_url.to_owned());
        if let Some(password) = Url::parse(database_url).ok().as_ref().and_then(Url::password) {
            all.push(password.to_owned());
        }
        all.extend(env::vars().filter(|(name, _)| is_secret(name)).map(|(_, value)| value));
        all.retain(|value| value.len() >= SHORTEST);
        // What contains another goes first.
        all.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self(all)
    }

    /// The text without them.
    pub fn scrub(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let telling = ["TOKEN", "SECRET", "PASSWORD", "PRIVATE", "JWKS", "DATABASE_URL"];
    telling.iter().any(|part| name.contains(part)) && !name.contains("PUBLISHABLE")
}

#[cfg(test)]
mod tests {
    use super::Secrets;

    #[test]
    fn neither_the_url_nor_its_password_nor_a_token_comes_through() {
        let secrets = Secrets::of("postgresql://postgres:correct-horse@db.example:5432/postgres", ["eyJ.token"]);

        let said = secrets
            .scrub("curl: eyJ.token; postgresql://postgres:correct-horse@db.example:5432/postgres: correct-horse");

        assert_eq!(said, "curl: ***; ***: ***");
    }
}
