//! Writing of values as JSON.

use std::fmt::Display;

use serde_json::{Number, Value};

use crate::camel_case::camel_case;

/// A type that can be written as JSON; [the crate's page](crate) says how to add one.
pub trait Write {
    /// Appends it to a text.
    fn write(&self, text: &mut String);
}

/// Appends; never inlined, since growing a text takes more code than calling for it.
#[inline(never)]
fn put(text: &mut String, part: &str) {
    text.push_str(part);
}

/// Appends what the standard library displays as JSON has it.
#[inline(never)]
fn put_displayed(text: &mut String, value: &dyn Display) {
    use std::fmt::Write as _;
    write!(text, "{value}").expect("a text takes everything");
}

/// Appends a number in as few digits as tell it from all others of its type.
///
/// `value` displays as these digits, without an exponent however large or small it is. The text has none where the exponent
/// would be one of `plain`.
fn put_float(text: &mut String, value: &dyn Display, plain: std::ops::Range<i32>) {
    let mut shown = String::new();
    put_displayed(&mut shown, value);
    let (sign, digits) = match shown.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", shown.as_str()),
    };
    put(text, sign);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let leading = fraction.bytes().take_while(|&digit| digit == b'0').count();
    let count = |digits: usize| i32::try_from(digits).expect("no float has more than some hundred digits");
    let exponent = if whole == "0" { -1 - count(leading) } else { count(whole.len()) - 1 };
    if fraction.len() == leading && whole == "0" || plain.contains(&exponent) {
        put(text, digits);
        if fraction.is_empty() {
            put(text, ".0");
        }
        return;
    }
    // Zeros on either side are told by the exponent.
    let digits = if whole == "0" { &fraction[leading..] } else { whole };
    let digits = if fraction.is_empty() { digits.trim_end_matches('0') } else { digits };
    let (first, others) = digits.split_at(1);
    put(text, first);
    if !others.is_empty() {
        put(text, ".");
        put(text, others);
    }
    put(text, if exponent < 0 { "e" } else { "e+" });
    put_displayed(text, &exponent);
}

/// What is no number is `null`.
impl Write for f64 {
    #[inline(never)]
    fn write(&self, text: &mut String) {
        if self.is_finite() { put_float(text, self, -5..16) } else { put(text, "null") }
    }
}

/// What is no number is `null`. The digits are those of a float32: 0.97, not 0.97000002861.
impl Write for f32 {
    #[inline(never)]
    fn write(&self, text: &mut String) {
        if self.is_finite() { put_float(text, self, -6..13) } else { put(text, "null") }
    }
}

macro_rules! whole_numbers {
    ($($type:ty),*) => {
        $(impl Write for $type {
            fn write(&self, text: &mut String) {
                put_displayed(text, &(*self as u64));
            }
        })*
    };
}

whole_numbers! { u32, u64, usize }

impl Write for bool {
    fn write(&self, text: &mut String) {
        put(text, if *self { "true" } else { "false" });
    }
}

impl Write for str {
    #[inline(never)]
    fn write(&self, text: &mut String) {
        put(text, "\"");
        for character in self.chars() {
            match character {
                '"' => put(text, "\\\""),
                '\\' => put(text, "\\\\"),
                '\u{8}' => put(text, "\\b"),
                '\u{c}' => put(text, "\\f"),
                '\n' => put(text, "\\n"),
                '\r' => put(text, "\\r"),
                '\t' => put(text, "\\t"),
                '\0'..' ' => {
                    put(text, if character < '\u{10}' { "\\u000" } else { "\\u001" });
                    text.extend(char::from_digit(u32::from(character) % 16, 16));
                }
                _ => text.push(character),
            }
        }
        put(text, "\"");
    }
}

impl Write for String {
    fn write(&self, text: &mut String) {
        self.as_str().write(text);
    }
}

impl<T: Write + ?Sized> Write for &T {
    fn write(&self, text: &mut String) {
        (**self).write(text);
    }
}

/// None is `null`.
impl<T: Write> Write for Option<T> {
    fn write(&self, text: &mut String) {
        match self {
            Some(value) => value.write(text),
            None => put(text, "null"),
        }
    }
}

impl<T: Write> Write for Vec<T> {
    fn write(&self, text: &mut String) {
        put(text, "[");
        for (index, value) in self.iter().enumerate() {
            put(text, if index == 0 { "" } else { "," });
            value.write(text);
        }
        put(text, "]");
    }
}

impl Write for Value {
    fn write(&self, text: &mut String) {
        match self {
            Self::Null => put(text, "null"),
            Self::Bool(value) => value.write(text),
            Self::Number(number) => number.write(text),
            Self::String(value) => value.write(text),
            Self::Array(values) => values.write(text),
            Self::Object(fields) => {
                put(text, "{");
                for (index, (name, value)) in fields.iter().enumerate() {
                    put_name(text, index == 0, name);
                    value.write(text);
                }
                put(text, "}");
            }
        }
    }
}

impl Write for Number {
    fn write(&self, text: &mut String) {
        match (self.as_u64(), self.as_i64()) {
            (Some(whole), _) => whole.write(text),
            (_, Some(whole)) => put_displayed(text, &whole),
            _ => self.as_f64().unwrap_or(f64::NAN).write(text),
        }
    }
}

fn put_name(text: &mut String, is_first: bool, name: &str) {
    put(text, if is_first { "" } else { "," });
    name.write(text);
    put(text, ":");
}

/// Appends an object of the fields `names`, given as in Rust, but for those that are nothing.
#[inline(never)]
pub fn put_fields(text: &mut String, names: &[&str], values: &[Option<&dyn Write>]) {
    put(text, "{");
    let mut is_first = true;
    for (name, value) in names.iter().zip(values) {
        let Some(value) = value else { continue };
        put_name(text, is_first, &camel_case(name));
        value.write(text);
        is_first = false;
    }
    put(text, "}");
}

/// Appends a name that is given as in Rust.
#[inline(never)]
pub fn put_variant(text: &mut String, name: &str) {
    camel_case(name).write(text);
}

/// Puts a `type`, given as in Rust, first into the object that starts at the byte `start`.
#[inline(never)]
pub fn put_tag(text: &mut String, start: usize, name: &str) {
    let fields = text.split_off(start);
    put_fields(text, &["type"], &[Some(&camel_case(name))]);
    join(text, &fields);
}

/// Puts the fields of a part behind those of the object that ends the text.
#[inline(never)]
pub fn put_part(text: &mut String, part: &dyn Write) {
    join(text, &crate::write(part));
}

/// Puts the fields of an object behind those of the one that ends the text.
fn join(text: &mut String, fields: &str) {
    if fields != "{}" {
        text.pop();
        put(text, if text.ends_with('{') { "" } else { "," });
        put(text, &fields[1..]);
    }
}

/// A field that is left out where it is as usual.
#[inline]
pub fn unless_usual<'a, T: Write + PartialEq>(value: &'a T, usual: &T) -> Option<&'a dyn Write> {
    if value == usual { None } else { Some(value) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::write;

    /// Bits that are spread over all there are.
    fn spread() -> impl Iterator<Item = u64> {
        (0..200_000u64).map(|index| index.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Whether two texts differ by 1 in a digit, as where a number is as near to one as to the other.
    fn is_tie(text: &str, other: &str) -> bool {
        let mut differing = text.bytes().zip(other.bytes()).filter(|(one, other)| one != other);
        text.len() == other.len()
            && differing.next().is_some_and(|(one, other)| one.abs_diff(other) == 1)
            && differing.next().is_none()
    }

    #[test]
    fn numbers_are_written_as_by_serde() {
        let powers = || (-330..310).map(|exponent| format!("1e{exponent}"));
        let f64s = powers().flat_map(|power| {
            let power: f64 = power.parse().unwrap();
            [1.0, 1.5, 9.999_999_999_999_998, -1.234_567_890_123_456_7].map(|factor| power * factor)
        });
        let more = [0.0, -0.0, 0.1, 0.001, 65504.0, f64::NAN, f64::INFINITY, f64::MIN, f64::MIN_POSITIVE, 5e-324];
        for number in f64s.chain(more).chain(spread().map(f64::from_bits)) {
            let (text, expected) = (write(&number), serde_json::to_string(&number).unwrap());
            assert!(text == expected || is_tie(&text, &expected) && text.parse() == Ok(number), "{text} {expected}");
        }
        let f32s = spread().map(|bits| f32::from_bits((bits >> 32) as u32));
        for number in f32s.chain(powers().map(|power| power.parse().unwrap())).chain(more.map(|number| number as f32)) {
            let (text, expected) = (write(&number), serde_json::to_string(&number).unwrap());
            assert!(text == expected || is_tie(&text, &expected) && text.parse() == Ok(number), "{text} {expected}");
        }
        for (number, expected) in [(0.001, "0.001"), (1.0, "1.0"), (1e-7, "1e-7"), (-2.5e20, "-2.5e+20")] {
            assert_eq!(write(&number), expected);
        }
        assert_eq!(write(&vec![0, u64::MAX]), "[0,18446744073709551615]");
    }

    #[test]
    fn values_are_written_as_by_serde() {
        let text: String = (0..300u32).filter_map(char::from_u32).chain("日本\u{2028}🦀".chars()).collect();
        let value =
            json!({"b": [1, -3, 0.5, 1e300, u64::MAX, i64::MIN], "a\"": {}, "c": [], "d": {"e": null, "f": true}});
        assert_eq!(write(&value), value.to_string());
        assert_eq!(write(&text), serde_json::to_string(&text).unwrap());
        assert_eq!(write(&json!(text)), json!(text).to_string());
    }
}
