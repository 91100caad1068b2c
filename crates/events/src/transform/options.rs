//! Options that several transforms have.

use crate::check;
use decolle_error::{Code, Fault, Result};
use decolle_json::{Misfit, Read, Value, Write};
use decolle_random::Generator;

use super::draws;

/// Reads options; faults have the path of the option.
pub(super) fn read<T: Read>(given: Value) -> Result<T> {
    T::read(given).map_err(|misfit| misfit.fault(""))
}

/// The probability or share `name`, 0 to 1.
pub(super) fn share(name: &str, value: f64) -> Result<f64> {
    check::between(name, value, 0.0, 1.0)?;
    Ok(value)
}

/// A number, or an interval that one is drawn from for each recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Interval {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Interval {
    /// A number that is not drawn.
    pub(super) const fn at(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// The interval within `least` and `most`.
    pub(super) fn within(self, name: &str, least: f64, most: f64) -> Result<Self> {
        check::between(name, self.low, least, most)?;
        check::between(name, self.high, least, most)?;
        if self.low <= self.high {
            return Ok(self);
        }
        let found = format_args!("[{}, {}]", self.low, self.high);
        Err(Fault::unfit(Code::Range, &name, &"the smaller number first", &found))
    }

    /// A number of the interval.
    pub(super) fn draw(self, generator: &mut Generator) -> f64 {
        self.low + (self.high - self.low) * draws::uniform(generator)
    }

    /// The number in its middle.
    pub(super) fn middle(self) -> f64 {
        self.low + (self.high - self.low) / 2.0
    }
}

impl Read for Interval {
    fn read(value: Value) -> std::result::Result<Self, Misfit> {
        const EXPECTED: &str = "a number, or two in an array";
        match &value {
            Value::Number(_) => f64::read(value).map(Self::at),
            Value::Array(_) => match Vec::<f64>::read(value.clone())?[..] {
                [low, high] => Ok(Self { low, high }),
                _ => Err(Misfit::unfit(EXPECTED, &value)),
            },
            _ => Err(Misfit::unfit(EXPECTED, &value)),
        }
    }
}

impl Write for Interval {
    fn write(&self, text: &mut String) {
        vec![self.low, self.high].write(text);
    }
}
