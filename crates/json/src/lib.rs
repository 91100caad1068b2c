//! Reading of settings from JSON, so that every field is refused alike: by its path, with what was expected and found.
//!
//! A text is parsed to a value first, and the value read as the type that is wanted: from one source, whatever is read. serde
//! compiles its code anew for each pair of a type and a source; with several sources and a wrapper that follows the path,
//! that was a quarter of a WebAssembly module.

mod tree;
mod words;

use decolle_error::Result;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use words::fault;

/// Where JSON does not fit a type, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The place, such as `layers[0].units`; empty for the whole.
    pub path: String,
    /// What serde says of it.
    pub reason: String,
}

impl Misfit {
    /// The same as a part of `whole`.
    #[must_use]
    pub fn within(self, whole: &str) -> Self {
        let path = if self.path.is_empty() { whole.to_string() } else { format!("{whole}.{}", self.path) };
        Self { path, ..self }
    }

    /// The fault in the words of those who write JSON; messages call the whole `whole`.
    pub fn fault(&self, whole: &str) -> decolle_error::Fault {
        fault(whole, &self.path, &self.reason)
    }
}

/// Reads a text as `T`; messages call the whole `whole`.
///
/// ```
/// let fault = decolle_json::read::<Vec<u8>>("numbers", "[1, true]").unwrap_err();
/// assert_eq!(fault.to_string(), "[config] [1]: expected a whole number from 0, found true");
/// ```
///
/// # Errors
/// `config` with the path of the field that is missing, unknown or of the wrong type, or for a text that is no JSON; `range`
/// for a number that is not whole, or lies outside what `T` holds.
pub fn read<T: DeserializeOwned>(whole: &str, text: &str) -> Result<T> {
    parse(text).and_then(from_value).map_err(|misfit| misfit.fault(whole))
}

/// Reads a text as a value.
///
/// # Errors
/// Why it is no JSON.
pub fn parse(text: &str) -> std::result::Result<Value, Misfit> {
    serde_json::from_str(text).map_err(|error| Misfit { path: String::new(), reason: error.to_string() })
}

/// Reads a value as `T`.
///
/// # Errors
/// Where and why it does not fit.
pub fn from_value<T: DeserializeOwned>(value: Value) -> std::result::Result<T, Misfit> {
    T::deserialize(tree::Tree(value))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
    enum Layer {
        Dense { units: u16, gain: Option<f32> },
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase")]
    enum Kind {
        Plain,
        Scaled(f32),
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Whole {
        layers: Vec<Layer>,
        #[serde(default)]
        sizes: Option<[i8; 2]>,
        #[serde(default)]
        kind: Option<Kind>,
    }

    #[test]
    fn a_text_that_fits_is_read() {
        let text =
            r#"{"layers": [{"type": "dense", "units": 3, "gain": 0.5}], "sizes": [1, -2], "kind": {"scaled": 2}}"#;
        let whole: Whole = read("whole", text).unwrap();
        assert_eq!(whole.layers, [Layer::Dense { units: 3, gain: Some(0.5) }]);
        assert_eq!((whole.sizes, whole.kind), (Some([1, -2]), Some(Kind::Scaled(2.0))));
        assert_eq!(
            read::<Whole>("whole", r#"{"layers": [], "kind": "plain", "sizes": null}"#).unwrap().kind,
            Some(Kind::Plain)
        );
    }

    #[test]
    fn what_does_not_fit_is_told_by_its_path() {
        for (text, expected) in [
            (r#"{"layers": 3}"#, "[config] layers: expected an array, found 3"),
            (
                r#"{"layers": [], "layer": 1}"#,
                "[config] layer: unknown field `layer`; there is `layers`, `sizes`, `kind`; did you mean `layers`?",
            ),
            (r#"{"layers": [], "sizes": [1, 300]}"#, "[range] sizes[1]: expected a whole number, found 300"),
            (r#"{"layers": [], "sizes": [1]}"#, "[config] sizes: expected an array of length 2, found 1 entries"),
            (r#"{"layers": [], "sizes": [1, 2, 3]}"#, "[config] sizes: expected fewer, found 3 entries"),
            (r#"{"layers": [], "kind": "plane"}"#, "[config] kind: expected one of `plain`, `scaled`, found `plane`"),
            (r#"{"layers": [], "kind": {"scaled": "x"}}"#, "[config] kind.scaled: expected a number, found \"x\""),
            (r#"{"layers": [], "kind": {"plain": 1}}"#, "[config] kind.plain: expected a string, found 1"),
            (r#"{"layers": [], "kind": 7}"#, "[config] kind: expected a string, found 7"),
            (r#"{"sizes": null}"#, "[config] layers: expected it, found none"),
            ("[]", "[config] whole: expected an object, found an array"),
            ("{", "[config] whole: EOF while parsing an object"),
        ] {
            assert_eq!(read::<Whole>("whole", text).unwrap_err().to_string(), expected, "{text}");
        }
        assert!(read::<Whole>("whole", "{} 3").is_err());
        assert!(read::<Value>("whole", &"[".repeat(100_000)).unwrap_err().message.contains("128"));
    }
}
