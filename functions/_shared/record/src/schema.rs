//! What the derived JSON Schema says otherwise than it is.

/// What is not known is absent, and never `null`.
pub fn absent(schema: &mut schemars::Schema) {
    let properties = schema.get_mut("properties").and_then(|properties| properties.as_object_mut());
    for property in properties.into_iter().flatten().filter_map(|(_, property)| property.as_object_mut()) {
        property.remove("default");
        if let Some(kind) = property.get_mut("type")
            && let Some(first) = kind.as_array().and_then(|kinds| kinds.first())
        {
            *kind = first.clone();
        }
        if let Some(first) = property.remove("anyOf").and_then(|any| any.get(0)?.as_object().cloned()) {
            property.extend(first);
        }
    }
}
