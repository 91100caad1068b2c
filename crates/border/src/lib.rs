//! What both language bindings check alike before a call reaches the core.
//!
//! JavaScript has one number type. Here its float64 become whole numbers, its float32 classes become indices, and what
//! does not fit is refused with the name of the argument, so that the two bindings cannot differ in it.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod batch;
mod panic;
mod reading;
mod transforming;
mod writing;

pub use batch::Batch;
pub use panic::{Kept, caught};
pub use reading::{Reading, float_times};
pub use transforming::{binned, sliced, transformed};
pub use writing::{Writing, formats};

use decolle_error::{Code, Fault, Result, reserve};
use decolle_number::index;
use decolle_random::{Generator, seed_from_number};

/// Most threads that one network may own; far above any gain, low enough to refuse a slip of the pen.
pub const MOST_THREADS: usize = 256;

/// Longest permutation, 2²⁶ numbers (256 MiB).
pub const LONGEST_PERMUTATION: usize = 1 << 26;

/// Longest piece of a stream, one minute in microseconds.
pub const LONGEST_PIECE: usize = 60_000_000;

/// What crosses the border of a fault.
struct Told<'a> {
    code: &'a str,
    message: &'a str,
    path: Option<&'a str>,
    expected: Option<&'a str>,
    found: Option<&'a str>,
}

impl decolle_json::Write for Told<'_> {
    fn write(&self, text: &mut String) {
        let Self { code, message, path, expected, found } = self;
        let names = ["code", "message", "path", "expected", "found"];
        decolle_json::put_fields(text, &names, &[Some(code), Some(message), Some(path), Some(expected), Some(found)]);
    }
}

/// A fault as JSON, which both bindings throw as the message of an error.
///
/// ```
/// let fault = decolle_border::whole_number("epoch", 0.5, 0, 10).unwrap_err();
/// assert_eq!(
///     decolle_border::told(&fault),
///     r#"{"code":"range","message":"epoch: expected a whole number from 0 to 10, found 0.5","path":"epoch","expected":"a whole number from 0 to 10","found":"0.5"}"#
/// );
/// ```
pub fn told(fault: &Fault) -> String {
    decolle_json::write(&Told {
        code: fault.code.as_str(),
        message: &fault.message,
        path: fault.path(),
        expected: fault.expected(),
        found: fault.found(),
    })
}

/// A whole number from `least` to `most`.
///
/// ```
/// assert_eq!(decolle_border::whole_number("epoch", 3.0, 0, 10).unwrap(), 3);
/// assert_eq!(
///     decolle_border::whole_number("epoch", 0.5, 0, 10).unwrap_err().to_string(),
///     "[range] epoch: expected a whole number from 0 to 10, found 0.5"
/// );
/// ```
///
/// # Errors
/// `range` where `value` has a fraction, is NaN or lies outside.
pub fn whole_number(name: &str, value: f64, least: usize, most: usize) -> Result<usize> {
    let whole = decolle_number::whole(value).and_then(|whole| usize::try_from(whole).ok());
    whole
        .filter(|whole| (least..=most).contains(whole))
        .ok_or_else(|| Fault::unfit(Code::Range, &name, &format_args!("a whole number from {least} to {most}"), &value))
}

/// The number of threads for a network, 1 to [`MOST_THREADS`].
///
/// # Errors
/// `range`.
pub fn threads(value: f64) -> Result<usize> {
    whole_number("threads", value, 1, MOST_THREADS)
}

/// How long a piece of a stream is, 1 µs to [`LONGEST_PIECE`].
///
/// # Errors
/// `range`.
pub fn duration(value: f64) -> Result<i64> {
    whole_number("duration", value, 1, LONGEST_PIECE).map(|duration| index(duration).into())
}

/// A time in whole microseconds, within ±(2⁵³ − 1).
///
/// # Errors
/// `range`.
pub fn instant(name: &str, value: f64) -> Result<i64> {
    let expected = "whole microseconds within ±(2^53 - 1)";
    decolle_number::whole(value).ok_or_else(|| Fault::unfit(Code::Range, &name, &expected, &value))
}

/// The epoch that the learning-rate schedule is told, 0 to 2³² − 1.
///
/// # Errors
/// `range`.
pub fn epoch(value: f64) -> Result<u32> {
    whole_number("epoch", value, 0, u32::MAX as usize).map(index)
}

/// The numbers `0..length` in the random order of `seed` and `purpose`.
///
/// # Errors
/// `range` for a seed that is none, or a length above [`LONGEST_PERMUTATION`]; `memory` where there is none for it.
pub fn permutation(seed: f64, purpose: &str, length: f64) -> Result<Vec<u32>> {
    let seed = seed_from_number(seed)?;
    let length = whole_number("length", length, 0, LONGEST_PERMUTATION)?;
    // The generator makes it in one piece.
    reserve(&mut Vec::<u32>::new(), length, "length")?;
    Ok(Generator::new(seed, purpose).permutation(index(length)))
}

/// The fault of a call after `dispose`.
pub fn disposed() -> Fault {
    Fault::at(Code::Disposed, &"network", &"it was disposed before this call")
}

/// The fault of a call while `advance` runs.
pub fn busy() -> Fault {
    Fault::at(Code::Busy, &"network", &"it is at work on a batch; wait for it, or interrupt it, before this call")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_not_whole_or_not_in_range_are_refused() {
        for bad in [-1.0, 0.0, 0.5, 257.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(threads(bad).unwrap_err().code, Code::Range, "{bad}");
        }
        assert_eq!(threads(256.0), Ok(256));
        assert_eq!(epoch(4_294_967_295.0), Ok(u32::MAX));
        assert_eq!(epoch(-1.0).unwrap_err().code, Code::Range);
    }

    #[test]
    fn a_permutation_needs_a_seed_and_a_sane_length() {
        assert_eq!(permutation(1.0, "shuffle", 5.0).unwrap().len(), 5);
        assert_eq!(permutation(0.5, "shuffle", 5.0).unwrap_err().code, Code::Range);
        assert_eq!(permutation(1.0, "shuffle", 1e9).unwrap_err().code, Code::Range);
    }
}
