//! `functions/openapi.json`, as what every answer is held to: its status, headers and body are described there for the
//! route and the method, or it is no answer of ours.

use std::{
    collections::HashMap,
    fs,
    sync::{LazyLock, Mutex, PoisonError},
};

use http::Method;
use jsonschema::Validator;
use serde_json::{Value, json};
use stack::setup;

use crate::answer::Answer;

/// Set by the host's HTTP library, and by it alone.
const OF_THE_HOST: [&str; 2] = ["content-type", "date"];

/// The document.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
        let text = fs::read_to_string(setup::root().join("functions/openapi.json")).expect("it is part of the product");
        serde_json::from_str(&text).expect("it is JSON")
    });
    &DOCUMENT
}

/// A part of the document, by way of its reference where it is one. With the pointer that leads to it.
fn resolved(pointer: String) -> (String, &'static Value) {
    let part = document().pointer(&pointer).unwrap_or_else(|| panic!("openapi.json has no {pointer}"));
    match part["$ref"].as_str() {
        Some(reference) => resolved(reference.trim_start_matches('#').to_owned()),
        None => (pointer, part),
    }
}

/// Where the document describes such an answer: what it says of any other path and method is among the components.
fn described(method: &Method, path: &str, status: u16) -> Option<String> {
    let name = path.strip_prefix("/functions/v1/").unwrap_or(path.trim_start_matches('/'));
    let route = format!("/paths/~1functions~1v1~1{}", name.replace('/', "~1"));
    let described = if method == Method::HEAD { &Method::GET } else { method };
    let operation = format!("{route}/{}", described.as_str().to_ascii_lowercase());
    let known = |pointer: &str| document().pointer(pointer).is_some();
    match status {
        404 if !known(&route) => Some("/components/responses/FunctionNotFound".into()),
        405 if !known(&operation) => Some("/components/responses/MethodNotAllowed".into()),
        // A preflight is answered whatever the path.
        204 if method == Method::OPTIONS => Some("/components/responses/Preflight".into()),
        // A range stands for what has no entry of its own (OpenAPI 3.1, "Responses Object").
        _ => [status.to_string(), format!("{}XX", status / 100)]
            .map(|status| format!("{operation}/responses/{status}"))
            .into_iter()
            .find(|pointer| known(pointer)),
    }
}

/// Panics where the answer is not one that the document describes. `scripted`: the rows are the test's own.
pub fn describes(answer: &Answer, method: &Method, url: &str, scripted: bool) {
    let path = url::Url::parse(url).expect("it was called").path().to_owned();
    let asked = format!("{method} {path}: {}", answer.status);
    let pointer = described(method, &path, answer.status.as_u16());
    let (pointer, response) = resolved(pointer.unwrap_or_else(|| panic!("{asked} is not in openapi.json")));

    let mut declared = HashMap::new();
    for name in response["headers"].as_object().expect("each answer has headers").keys() {
        let (header, text) = resolved(format!("{pointer}/headers/{name}"));
        let name = name.to_ascii_lowercase();
        assert!(text["required"] != true || answer.headers.contains_key(&name), "{asked}: no {name}");
        declared.insert(name, header);
    }
    for name in answer.headers.keys().map(http::HeaderName::as_str).filter(|name| !OF_THE_HOST.contains(name)) {
        let Some(header) = declared.get(name) else { panic!("{asked}: {name} is not in openapi.json") };
        let text = answer.header(name);
        let value = text.parse::<u64>().map_or_else(|_| text.into(), Value::from);
        let schema = format!("{header}/schema");
        // A request id may be a number, and is a text all the same.
        let fits = holds(&schema, &value).or_else(|_| holds(&schema, &text.into()));
        fits.unwrap_or_else(|fault| panic!("{asked}: {name}: {text:?}: {fault}"));
    }

    let schema = format!("{pointer}/content/application~1json/schema");
    match document().pointer(&schema) {
        Some(_) if method == Method::HEAD => assert_eq!(answer.body, "", "{asked}"),
        Some(_) if scripted && answer.status.is_success() => {}
        Some(_) => {
            let body = answer.json();
            holds(&schema, &body).unwrap_or_else(|fault| panic!("{asked}: {fault}: {body}"));
        }
        None => assert_eq!(answer.body, "", "{asked}"),
    }
}

/// Whether a value is what the schema at this place of the document says.
pub fn holds(pointer: &str, value: &Value) -> Result<(), String> {
    static VALIDATORS: LazyLock<Mutex<HashMap<String, Validator>>> = LazyLock::new(Mutex::default);
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = validators.entry(pointer.to_owned()).or_insert_with(|| {
        let schema = json!({ "$ref": format!("#{pointer}"), "components": document()["components"], "paths": document()["paths"] });
        let options = jsonschema::draft202012::options().should_validate_formats(true);
        options.build(&schema).unwrap_or_else(|error| panic!("{pointer}: {error}"))
    });
    validator.validate(value).map_err(|error| error.to_string())
}
