//! Reading of values that are no settings of their own: numbers, strings, lists.

use serde_json::{Number, Value};

use crate::misfit::{Misfit, Reason};

/// A type that can be read from JSON; [the crate's page](crate) says how to add one.
pub trait Read: Sized {
    /// Reads a value.
    ///
    /// # Errors
    /// Where and why it does not fit.
    fn read(value: Value) -> Result<Self, Misfit>;
}

impl Read for Value {
    fn read(value: Value) -> Result<Self, Misfit> {
        Ok(value)
    }
}

impl Read for bool {
    fn read(value: Value) -> Result<Self, Misfit> {
        value.as_bool().ok_or_else(|| Misfit::unfit("a boolean", &value))
    }
}

impl Read for String {
    fn read(value: Value) -> Result<Self, Misfit> {
        match value {
            Value::String(text) => Ok(text),
            _ => Err(Misfit::unfit("a string", &value)),
        }
    }
}

/// A number of any kind.
#[inline(never)]
fn number(value: Value) -> Result<Number, Misfit> {
    match value {
        Value::Number(number) => Ok(number),
        _ => Err(Misfit::unfit("a number", &value)),
    }
}

impl Read for f64 {
    fn read(value: Value) -> Result<Self, Misfit> {
        Ok(number(value)?.as_f64().unwrap_or(f64::NAN))
    }
}

/// Rounded once: a whole number does not become a `f64` first. One that is too large is infinite.
impl Read for f32 {
    fn read(value: Value) -> Result<Self, Misfit> {
        let number = number(value)?;
        Ok(match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(value), _, _) => value as f32,
            (_, Some(value), _) => value as f32,
            (_, _, value) => decolle_number::nearest(value.unwrap_or(f64::NAN)),
        })
    }
}

const WHOLE: &str = "a whole number from 0";
const SMALLER: &str = "a smaller whole number";

/// That a number has a fraction or lies outside of what a type holds: out of range, so that what is wrong with it does not
/// depend on how wide the whole numbers of the platform are.
fn out_of_range(value: &Value) -> Misfit {
    let expected = if value.as_f64() > Some(f64::from(u32::MAX)) { SMALLER } else { WHOLE };
    Reason::OutOfRange { expected, found: crate::misfit::described(value) }.into()
}

/// A whole number from 0.
#[inline(never)]
fn whole(value: &Value) -> Result<u64, Misfit> {
    match value.as_u64() {
        Some(whole) => Ok(whole),
        None if value.is_number() => Err(out_of_range(value)),
        None => Err(Misfit::unfit(WHOLE, value)),
    }
}

/// One that `T` holds.
fn within<T: TryFrom<u64>>(value: &Value) -> Result<T, Misfit> {
    T::try_from(whole(value)?).map_err(|_| out_of_range(value))
}

macro_rules! whole_numbers {
    ($($type:ty),*) => {
        $(impl Read for $type {
            fn read(value: Value) -> Result<Self, Misfit> {
                within(&value)
            }
        })*
    };
}

whole_numbers! { u32, u64, usize }

/// `null` is none.
impl<T: Read> Read for Option<T> {
    fn read(value: Value) -> Result<Self, Misfit> {
        if value.is_null() { Ok(None) } else { T::read(value).map(Some) }
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: Value) -> Result<Self, Misfit> {
        let Value::Array(values) = value else { return Err(Misfit::unfit("an array", &value)) };
        let mut list = Self::new();
        for (index, value) in values.into_iter().enumerate() {
            match T::read(value) {
                Ok(value) => list.push(value),
                Err(misfit) => return Err(misfit.within(&format!("[{index}]"))),
            }
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use crate::read;

    #[test]
    fn numbers_are_rounded_once() {
        assert_eq!(
            read::<Vec<f32>>("a", "[0.1, -3, 1e300, 9007199791611905]").unwrap(),
            [0.1, -3.0, f32::INFINITY, 9_007_200_328_482_816.0]
        );
        assert_eq!(
            read::<Vec<f64>>("a", "[0.1, -3, 18446744073709551615, 1e300]").unwrap(),
            [0.1, -3.0, 18_446_744_073_709_551_615.0, 1e300]
        );
        assert!(read::<f32>("a", "-0").unwrap().is_sign_negative());
    }

    #[test]
    fn numbers_that_are_not_whole_or_too_wide_are_out_of_range_on_every_platform() {
        for (number, expected, found) in [
            ("0.5", "a whole number from 0", "0.5"),
            ("1.0", "a whole number from 0", "1.0"),
            ("-0", "a whole number from 0", "-0.0"),
            ("-1", "a whole number from 0", "-1"),
            ("8589934592", "a smaller whole number", "8589934592"),
            ("1e20", "a smaller whole number", "100000000000000000000.0"),
        ] {
            let fault = read::<u32>("whole", number).unwrap_err();
            assert_eq!(fault.to_string(), format!("[range] whole: expected {expected}, found {found}"));
        }
        assert_eq!(read::<u32>("whole", "4294967295").unwrap(), u32::MAX);
        assert_eq!(read::<u64>("whole", "18446744073709551615").unwrap(), u64::MAX);
    }

    #[test]
    fn other_types_are_told_as_javascript_calls_them() {
        for (text, expected) in [
            ("\"4\"", "[config] [0]: expected a whole number from 0, found \"4\""),
            ("\"a\\n\"", "[config] [0]: expected a whole number from 0, found \"a\\n\""),
            ("null", "[config] [0]: expected a whole number from 0, found null"),
            ("true", "[config] [0]: expected a whole number from 0, found true"),
            ("[]", "[config] [0]: expected a whole number from 0, found an array"),
            ("{}", "[config] [0]: expected a whole number from 0, found an object"),
        ] {
            assert_eq!(read::<Vec<usize>>("a", &format!("[{text}]")).unwrap_err().to_string(), expected);
        }
        let fault = read::<Vec<Vec<String>>>("a", "[[], [\"x\", 3]]").unwrap_err();
        assert_eq!(fault.to_string(), "[config] [1][1]: expected a string, found 3");
        assert_eq!(read::<f64>("a", "[]").unwrap_err().to_string(), "[config] a: expected a number, found an array");
        assert_eq!(read::<Option<bool>>("a", "null").unwrap(), None);
    }
}
