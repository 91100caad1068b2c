//! Decimal numbers as whole multiples of a power of ten.

/// A number as it is written, in whole units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// The value, rounded, halves away from 0.
    pub(super) value: i64,
    /// Whether it was rounded.
    pub(super) is_rounded: bool,
    /// Whether it has a decimal point or an exponent.
    pub(super) is_decimal: bool,
}

/// Reads a whole text as a number of units, of which there are 10^`scale` in one; nothing where it is no number or beyond 18
/// digits.
#[inline]
pub(super) fn read(text: &[u8], scale: i32) -> Option<Number> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let mut value: i64 = 0;
    let (mut places, mut after_point, mut seen) = (0u32, None::<i32>, false);
    let mut exponent = 0;
    for (place, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                seen = true;
                let past_point = after_point.is_some();
                if places < 18 {
                    value = value * 10 + i64::from(byte - b'0');
                    // Zeros in front are no places.
                    places += u32::from(value != 0);
                    after_point = after_point.map(|after| after + 1);
                } else if !past_point {
                    return None;
                }
            }
            b'.' if after_point.is_none() => after_point = Some(0),
            b'e' | b'E' if seen => {
                exponent = whole(&digits[place + 1..])?;
                after_point = after_point.or(Some(0));
                break;
            }
            _ => return None,
        }
    }
    if !seen {
        return None;
    }
    let (value, is_rounded) = scaled(value, scale + exponent - after_point.unwrap_or(0))?;
    Some(Number { value: if negative { -value } else { value }, is_rounded, is_decimal: after_point.is_some() })
}

/// An exponent.
fn whole(text: &[u8]) -> Option<i32> {
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    if digits.is_empty() || digits.len() > 4 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(sign * digits.iter().fold(0, |value, &digit| value * 10 + i32::from(digit - b'0')))
}

/// The powers of ten that 64 bits hold.
const TENS: [i64; 19] = {
    let mut tens = [1; 19];
    let mut place = 1;
    while place < 19 {
        tens[place] = tens[place - 1] * 10;
        place += 1;
    }
    tens
};

/// A value of at least 0 times a power of ten, rounded, and whether it was.
#[inline]
fn scaled(value: i64, power: i32) -> Option<(i64, bool)> {
    if value == 0 {
        return Some((0, false));
    }
    let ten = TENS.get(usize::try_from(power.unsigned_abs()).ok()?);
    match (power >= 0, ten) {
        (true, ten) => Some((value.checked_mul(*ten?)?, false)),
        (false, None) => Some((0, true)),
        (false, Some(ten)) => Some((value / ten + i64::from(value % ten * 2 >= *ten), value % ten != 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str, scale: i32) -> Option<i64> {
        read(text.as_bytes(), scale).map(|number| number.value)
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (text, scale, expected) in [
            ("0", 0, 0),
            ("00017", 0, 17),
            ("-3", 0, -3),
            ("+3.0", 0, 3),
            ("0.003811000", 6, 3811),
            ("0.0000005", 6, 1),
            ("-0.0000005", 6, -1),
            ("0.00000049999", 6, 0),
            ("1.5e-3", 6, 1500),
            ("9.600000000000000000e+01", 0, 96),
            ("1605537493.718345000000", 6, 1_605_537_493_718_345),
            ("1e-900", 6, 0),
            ("0e900", 6, 0),
            ("5.", 0, 5),
            (".5", 1, 5),
            ("0.000000000000000000000000000001", 30, 1),
        ] {
            assert_eq!(value(text, scale), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_too_large_is_none() {
        for text in
            ["", "-", ".", "e5", "1e", "1e+", "1e99999", "1.2.3", "0x10", "1 ", "nan", "9999999999999999999", "1e19"]
        {
            assert_eq!(read(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn what_is_cut_off_is_said() {
        let number = |text: &str| read(text.as_bytes(), 0).unwrap();
        assert!(number("0.5").is_rounded && number("0.5").is_decimal);
        assert!(!number("7.000").is_rounded && number("7.000").is_decimal && !number("7").is_decimal);
    }

    proptest! {
        #[test]
        fn microseconds_survive_the_way_through_seconds(time in 0i64..1 << 53) {
            let text = format!("{}.{:06}", time / 1_000_000, time % 1_000_000);
            prop_assert_eq!(value(&text, 6), Some(time));
            prop_assert_eq!(value(&format!("-{text}"), 6), Some(-time));
        }

        #[test]
        fn any_bytes_give_a_number_or_none(text in proptest::collection::vec(any::<u8>(), 0..40), scale in -9i32..9) {
            let _ = read(&text, scale);
        }

        #[test]
        fn floating_point_numbers_are_read_to_the_nearest(number in -1e9f64..1e9) {
            let nearest = (number * 1e3).round() as i64;
            let read = value(&format!("{number:e}"), 3).unwrap();
            prop_assert!((read - nearest).abs() <= 1, "{number:e}: {read} {nearest}");
        }
    }
}
