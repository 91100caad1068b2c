//! Names of fields as JavaScript writes them.

/// The name in JSON of a field or variant of Rust's, as serde has it.
pub(crate) fn camel_case(name: &str) -> String {
    let name = name.strip_prefix("r#").unwrap_or(name);
    let mut camel = String::with_capacity(name.len());
    for (index, word) in name.split('_').enumerate() {
        let start = camel.len();
        camel.push_str(word);
        if let Some(first) = camel.get_mut(start..start + 1) {
            if index == 0 { first.make_ascii_lowercase() } else { first.make_ascii_uppercase() }
        }
    }
    camel
}
