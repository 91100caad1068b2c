//! Checks of settings that were read from JSON.
//!
//! Numbers are read as float64, the one number type of the callers, and then checked to be whole and in range: so -1,
//! 0.5 and 1e300 are `range` faults with the field's name, and only another type is a `config` fault.

use decolle_error::{Code, Fault, Result};
use decolle_json::Read;

/// Reads `text` as `T`; `whole` is how messages call it.
///
/// # Errors
/// `config` with the path of the field that is missing, unknown or of the wrong type.
pub(crate) fn read<T: Read>(whole: &str, text: &str) -> Result<T> {
    decolle_json::parse(text).and_then(T::read).map_err(|misfit| misfit.within(whole).fault(whole))
}

/// A whole number from `least` to `most`, all of which float64 and `T` hold exactly.
///
/// # Errors
/// `range`.
pub(crate) fn whole<T: TryFrom<i64>>(path: &str, value: f64, least: i64, most: i64) -> Result<T> {
    let whole = decolle_number::whole(value).filter(|whole| (least..=most).contains(whole));
    whole
        .and_then(|whole| T::try_from(whole).ok())
        .ok_or_else(|| Fault::unfit(Code::Range, &path, &format_args!("a whole number from {least} to {most}"), &value))
}

/// The check of [`whole`] for a value that is whole by its type.
///
/// # Errors
/// `range`.
pub(crate) fn within(path: &str, value: i64, least: i64, most: i64) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Fault::unfit(Code::Range, &path, &format_args!("a whole number from {least} to {most}"), &value))
}

/// A finite number from `least` to `most`.
///
/// # Errors
/// `not-finite`, `range`.
pub(crate) fn between(path: &str, value: f64, least: f64, most: f64) -> Result<()> {
    if !value.is_finite() {
        return Err(Fault::unfit(Code::NotFinite, &path, &"a number", &value));
    }
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Fault::unfit(Code::Range, &path, &format_args!("{least} to {most}"), &value))
}
