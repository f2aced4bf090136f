//! What the variables usually are.

pub fn value(name: &str) -> Option<&'static str> {
    match name {
        "supabase_url" => Some("https://abc.supabase.co"),
        "supabase_publishable_key" => Some("sb_publishable_x"),
        "jwt_audience" | "jwt_issuer" | "allowed_origins" => Some("*"),
        "session_check" => Some("off"),
        "allow_guests" => Some("false"),
        "request_timeout_ms" => Some("8000"),
        "flag" => Some("on"),
        _ => None,
    }
}
