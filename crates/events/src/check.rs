//! Checks of settings that were read from JSON.
//!
//! Numbers are read as float64, the one number type of the callers, and then checked to be whole and in range: so -1,
//! 0.5 and 1e300 are `range` faults with the field's name, and only another type is a `config` fault.

use decolle_error::{Code, Fault, Result};

/// A whole number from `least` to `most`, all of which float64 holds exactly.
///
/// # Errors
/// `range`.
pub(crate) fn whole(path: &str, value: f64, least: i64, most: i64) -> Result<i64> {
    if value.fract() == 0.0 && (least as f64..=most as f64).contains(&value) {
        return Ok(value as i64);
    }
    Err(Fault::new(Code::Range, format!("{path}: expected a whole number from {least} to {most}, found {value}")))
}

/// The check of [`whole`] for a value that is whole by its type.
///
/// # Errors
/// `range`.
pub(crate) fn within(path: &str, value: i64, least: i64, most: i64) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Fault::new(Code::Range, format!("{path}: expected a whole number from {least} to {most}, found {value}")))
}

/// A finite number from `least` to `most`.
///
/// # Errors
/// `not-finite`, `range`.
pub(crate) fn between(path: &str, value: f64, least: f64, most: f64) -> Result<()> {
    if !value.is_finite() {
        return Err(Fault::new(Code::NotFinite, format!("{path}: expected a number, found {value}")));
    }
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Fault::new(Code::Range, format!("{path}: expected {least} to {most}, found {value}")))
}
