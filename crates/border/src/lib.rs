//! What both language bindings check alike before a call reaches the core.
//!
//! JavaScript has one number type. Here its float64 become whole numbers, its float32 classes become indices, and what
//! does not fit is refused with the name of the argument, so that the two bindings cannot differ in it.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod panic;

pub use panic::{Kept, caught};

use decolle_error::{Code, Fault, Result, reserve};
use decolle_network::Target;
use decolle_number::index;
use decolle_random::{Generator, seed_from_number};

/// Most threads that one network may own; far above any gain, low enough to refuse a slip of the pen.
pub const MOST_THREADS: usize = 256;

/// Longest permutation, 2²⁶ numbers (256 MiB).
pub const LONGEST_PERMUTATION: usize = 1 << 26;

/// Longest piece of a stream, one minute in microseconds.
pub const LONGEST_PIECE: usize = 60_000_000;

/// Largest class: float32 holds every whole number up to 2²⁴.
const LARGEST_CLASS: u32 = 1 << 24;

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
    whole.filter(|whole| (least..=most).contains(whole)).ok_or_else(|| {
        let message = format!("{name}: expected a whole number from {least} to {most}, found {value}");
        Fault::new(Code::Range, message)
    })
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

/// What the readouts should say, converted from what JavaScript can send.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal<'a> {
    /// Nothing.
    None,
    /// One class per sample.
    Classes(Vec<u32>),
    /// Values.
    Values(&'a [f32]),
}

impl<'a> Goal<'a> {
    /// Reads `kind` (`none`, `classes`, `values`) and the numbers that come with it.
    ///
    /// # Errors
    /// `config` for another kind; `shape` where `none` comes with numbers; `not-finite` and `range`, with the index,
    /// for a class that is no whole number from 0 to 2²⁴. Whether a class or a value fits the network is for the core.
    pub fn new(kind: &str, numbers: &'a [f32]) -> Result<Self> {
        match kind {
            "none" if numbers.is_empty() => Ok(Self::None),
            "none" => {
                let message = format!("target: expected no numbers with target kind \"none\", found {}", numbers.len());
                Err(Fault::new(Code::Shape, message))
            }
            "classes" => numbers.iter().enumerate().map(class).collect::<Result<_>>().map(Self::Classes),
            "values" => Ok(Self::Values(numbers)),
            other => {
                let message = format!("targetKind: expected \"none\", \"classes\" or \"values\", found {other:?}");
                Err(Fault::new(Code::Config, message))
            }
        }
    }

    /// The same as the core takes it.
    pub fn as_target(&self) -> Target<'_> {
        match self {
            Self::None => Target::None,
            Self::Classes(classes) => Target::Classes(classes),
            Self::Values(values) => Target::Values(values),
        }
    }
}

fn class((index, &number): (usize, &f32)) -> Result<u32> {
    let whole = decolle_number::whole(f64::from(number)).and_then(|class| u32::try_from(class).ok());
    if let Some(class) = whole.filter(|&class| class <= LARGEST_CLASS) {
        return Ok(class);
    }
    let code = if number.is_finite() { Code::Range } else { Code::NotFinite };
    let message = format!("target[{index}]: expected a class (a whole number from 0), found {number}");
    Err(Fault::new(code, message))
}

/// The fault of a call after `dispose`.
pub fn disposed() -> Fault {
    Fault::new(Code::Disposed, "network: it was disposed before this call")
}

/// The fault of a call while `advance` runs.
pub fn busy() -> Fault {
    Fault::new(Code::Busy, "network: it is at work on a batch; wait for it, or interrupt it, before this call")
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
    fn classes_are_whole_numbers() {
        assert_eq!(Goal::new("classes", &[0.0, 9.0]), Ok(Goal::Classes(vec![0, 9])));
        for (bad, code) in [(0.5, Code::Range), (-1.0, Code::Range), (f32::NAN, Code::NotFinite), (3e7, Code::Range)] {
            let fault = Goal::new("classes", &[1.0, bad]).unwrap_err();
            assert_eq!(fault.code, code);
            assert!(fault.message.starts_with("target[1]"), "{fault}");
        }
    }

    #[test]
    fn other_kinds_of_target_are_refused() {
        assert_eq!(Goal::new("none", &[]), Ok(Goal::None));
        assert_eq!(Goal::new("none", &[1.0]).unwrap_err().code, Code::Shape);
        assert_eq!(Goal::new("class", &[1.0]).unwrap_err().code, Code::Config);
        assert_eq!(Goal::new("values", &[0.5]), Ok(Goal::Values(&[0.5])));
    }

    #[test]
    fn a_permutation_needs_a_seed_and_a_sane_length() {
        assert_eq!(permutation(1.0, "shuffle", 5.0).unwrap().len(), 5);
        assert_eq!(permutation(0.5, "shuffle", 5.0).unwrap_err().code, Code::Range);
        assert_eq!(permutation(1.0, "shuffle", 1e9).unwrap_err().code, Code::Range);
    }
}
