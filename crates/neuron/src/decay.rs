//! Decay factors exp(−Δt/τ), one for a whole layer or one for each of its neurons.

use decolle_error::{Code, Fault, Result};
use decolle_json::{Misfit, Read, Reason, Value, Write};

/// How the decay factors of a layer are given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    /// One factor in `[0, 1)` for all.
    Shared(f32),
    /// A factor for each, drawn uniformly from `[low, high)` when the network is made, and saved with it.
    Drawn {
        /// Lower end, at least 0.
        low: f32,
        /// Upper end, below 1.
        high: f32,
    },
}

/// The ends between which factors are drawn, as they are read and written.
struct Ends {
    low: f32,
    high: f32,
}

decolle_json::object! { Ends { low, high } }

impl Read for Decay {
    fn read(value: Value) -> std::result::Result<Self, Misfit> {
        if let Value::Object(_) = value {
            return Ends::read(value).map(|Ends { low, high }| Self::Drawn { low, high });
        }
        let misfit = |_| Reason::Unfit { expected: "a number, or numbers low and high", found: None }.into();
        f32::read(value).map(Self::Shared).map_err(misfit)
    }
}

impl Write for Decay {
    fn write(&self, text: &mut String) {
        match *self {
            Self::Shared(value) => value.write(text),
            Self::Drawn { low, high } => Ends { low, high }.write(text),
        }
    }
}

impl Decay {
    /// Checks that all factors this can give lie in `[0, 1)`.
    ///
    /// # Errors
    /// `range`, naming `field`.
    pub fn check(&self, field: &str) -> Result<()> {
        let bad = |name: &str, found: f32| {
            Err(Fault::unfit(
                Code::Range,
                &format_args!("{field}{name}"),
                &"a decay factor of at least 0 and below 1",
                &found,
            ))
        };
        match *self {
            Self::Shared(value) if !(0.0..1.0).contains(&value) => bad("", value),
            Self::Drawn { low, .. } if !(0.0..1.0).contains(&low) => bad(".low", low),
            Self::Drawn { low, high } if !(low..1.0).contains(&high) => bad(".high", high),
            _ => Ok(()),
        }
    }

    /// The middle of the range, where a single figure is needed.
    pub fn mean(&self) -> f32 {
        match *self {
            Self::Shared(value) => value,
            Self::Drawn { low, high } => 0.5 * (low + high),
        }
    }
}

/// The decay factors in force.
#[derive(Clone, Debug, PartialEq)]
pub enum DecayValues {
    /// One for all.
    Shared(f32),
    /// One for each element of the state it applies to.
    Each(Vec<f32>),
}

/// The decay factors in force of a run of elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DecayRun<'a> {
    /// One for all.
    Shared(f32),
    /// One for each.
    Each(&'a [f32]),
}

impl DecayValues {
    /// Those of `count` elements from `first` on.
    #[inline(always)]
    pub fn run(&self, first: usize, count: usize) -> DecayRun<'_> {
        match self {
            Self::Shared(value) => DecayRun::Shared(*value),
            Self::Each(values) => DecayRun::Each(&values[first..first + count]),
        }
    }
}
