//! Reading of settings from JSON, so that every field is refused alike: by its path, with what was expected and found.
//!
//! Whatever is read, and from whatever source, goes through one type-erased deserializer. serde compiles its code anew for
//! each pair of a type and a source; together that was a quarter of a WebAssembly module.

mod words;

use decolle_error::{Code, Fault, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Track;

pub use words::fault;

/// Where JSON does not fit a type, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The place, such as `layers[0].units`; `.` for the whole.
    pub path: String,
    /// What serde says of it.
    pub reason: String,
}

impl Misfit {
    /// The fault in the words of those who write JSON; messages call the whole `whole`.
    pub fn fault(&self, whole: &str) -> Fault {
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
/// `config` with the path of the field that is missing, unknown or of the wrong type, or for text after the JSON; `range` for
/// a number that is not whole, or lies outside what `T` holds.
pub fn read<T: DeserializeOwned>(whole: &str, text: &str) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = from(&mut reader).map_err(|misfit| misfit.fault(whole))?;
    reader
        .end()
        .map_err(|_| Fault::new(Code::Config, format!("{whole}: expected nothing after the JSON, found more")))?;
    Ok(value)
}

/// Reads a value as `T`.
///
/// # Errors
/// Where and why it does not fit.
pub fn from_value<T: DeserializeOwned>(value: Value) -> std::result::Result<T, Misfit> {
    from(value)
}

/// Reads what a deserializer gives as `T`.
///
/// # Errors
/// Where and why it does not fit.
pub fn from<'de, T, D>(deserializer: D) -> std::result::Result<T, Misfit>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    let source: &mut dyn erased_serde::Deserializer<'de> =
        &mut <dyn erased_serde::Deserializer<'de>>::erase(deserializer);
    let mut track = Track::new();
    let mut tracked = <dyn erased_serde::Deserializer<'de>>::erase(tracked(source, &mut track));
    let value = T::deserialize(&mut tracked as &mut dyn erased_serde::Deserializer<'de>);
    value.map_err(|error| Misfit { path: track.path().to_string(), reason: error.to_string() })
}

/// A deserializer that takes down where it is.
fn tracked<'de, 'a, 'b>(
    source: &'a mut dyn erased_serde::Deserializer<'de>,
    track: &'b mut Track,
) -> serde_path_to_error::Deserializer<'b, 'b, &'a mut dyn erased_serde::Deserializer<'de>> {
    serde_path_to_error::Deserializer::new(source, track)
}
