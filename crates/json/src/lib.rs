//! Reading of settings from JSON, so that every field is refused alike: by its path, with what was expected and found. And
//! writing of settings and results.
//!
//! A text is parsed to a value first, and the value read as the type that is wanted, by [`Read`]; [`Write`] appends a value
//! to a text. To make a type readable and writable, list its fields or variants beside it, with their defaults:
//!
//! ```
//! struct Descent {
//!     learning_rate: f32,
//!     momentum: f32,
//! }
//!
//! decolle_json::object! { Descent { learning_rate, momentum = 0.0 } }
//!
//! let descent: Descent = decolle_json::read("descent", r#"{"learningRate": 0.5}"#)?;
//! assert_eq!((descent.learning_rate, descent.momentum), (0.5, 0.0));
//! assert_eq!(decolle_json::write(&descent), r#"{"learningRate":0.5,"momentum":0.0}"#);
//! # Ok::<(), decolle_error::Fault>(())
//! ```
//!
//! [`object!`] is for structs, [`part!`] for fields that several of them share, [`written!`] for structs that are not read,
//! [`names!`] for enums of names alone, [`tagged!`] for enums of objects that say their `type`; anything else implements
//! [`Read`] and [`Write`] by hand. A field or a variant that is not listed does not compile. Names in JSON are those of Rust in camelCase, as serde writes them with
//! `rename_all = "camelCase"`; numbers and strings are written as serde writes them, too.
//!
//! Serde's derives are not used: they compile a reader and a writer of its own for each type, and another for each inside of a
//! tagged enum, which takes a good part of a WebAssembly module. Here the work is done by functions of no type, and a type adds
//! its list.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod camel_case;
mod macros;
mod misfit;
mod object;
mod value;
mod write;

use decolle_error::Result;

pub use misfit::{Misfit, Reason};
#[doc(hidden)]
pub use object::{Fields, Part, name, tag};
pub use serde_json::Value;
pub use value::Read;
pub use write::Write;
#[doc(hidden)]
pub use write::{put_fields, put_part, put_tag, put_variant, unless_usual};

/// Reads a text as `T`; messages call the whole `whole`.
///
/// ```
/// let fault = decolle_json::read::<Vec<u32>>("numbers", "[1, true]").unwrap_err();
/// assert_eq!(fault.to_string(), "[config] [1]: expected a whole number from 0, found true");
/// ```
///
/// # Errors
/// `config` with the path of the field that is missing, unknown or of the wrong type, or for a text that is no JSON; `range`
/// for a number that is not whole, or lies outside what `T` holds.
pub fn read<T: Read>(whole: &str, text: &str) -> Result<T> {
    parse(text).and_then(T::read).map_err(|misfit| misfit.fault(whole))
}

/// Reads a text as a value.
///
/// # Errors
/// Why it is no JSON.
pub fn parse(text: &str) -> std::result::Result<Value, Misfit> {
    serde_json::from_str(text).map_err(|error| Misfit::no_json(&error))
}

/// Writes a value as one line of JSON.
#[inline(never)]
pub fn write(value: &dyn Write) -> String {
    let mut text = String::new();
    value.write(&mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Signal {
        gain: Option<f32>,
        delay: Option<Option<u32>>,
    }

    part! { Signal { gain = None => omitted, delay => given } }

    #[derive(Debug, PartialEq)]
    struct Dense {
        units: u32,
        signal: Signal,
    }

    object! { Dense { units } with signal: Signal }

    #[derive(Debug, PartialEq)]
    struct Wire {
        length: u32,
        signal: Signal,
    }

    object! { Wire { length = 1 => omitted } with signal: Signal }

    #[derive(Debug, PartialEq)]
    enum Layer {
        Dense(Dense),
        Pool { side: u32 },
        Flat {},
    }

    tagged! { Layer { Dense, Pool { side = 2 }, Flat {} } }

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Kind {
        Plain,
        WellScaled,
    }

    names! { Kind { Plain, WellScaled } }

    #[derive(Debug, PartialEq)]
    struct Usual {
        width: f64,
        is_wide: bool,
    }

    object! { Usual { width, is_wide } or Self { width: 0.5, is_wide: true } }

    #[derive(Debug, PartialEq)]
    struct Whole {
        layers: Vec<Layer>,
        kind: Kind,
        r#type: Option<String>,
        usual: Option<Option<Usual>>,
    }

    object! { Whole, "an object that is whole" { layers, kind = Kind::Plain, r#type = None, usual => given } }

    #[test]
    fn a_text_that_fits_is_read() {
        let text = r#"{"layers": [{"gain": 0.5, "type": "dense", "units": 3}, {"type": "pool"}, {"type": "flat"}],
            "kind": "wellScaled", "type": "x", "usual": {"isWide": false}}"#;
        let dense = Dense { units: 3, signal: Signal { gain: Some(0.5), delay: None } };
        let layers = vec![Layer::Dense(dense), Layer::Pool { side: 2 }, Layer::Flat {}];
        let usual = Usual { width: 0.5, is_wide: false };
        let whole = Whole { layers, kind: Kind::WellScaled, r#type: Some("x".into()), usual: Some(Some(usual)) };
        assert_eq!(read::<Whole>("whole", text).unwrap(), whole);
    }

    #[test]
    fn what_is_left_out_is_as_usual_and_null_is_what_may_be_none() {
        let bare = Whole { layers: vec![], kind: Kind::Plain, r#type: None, usual: None };
        assert_eq!(read::<Whole>("whole", r#"{"layers": []}"#).unwrap(), bare);
        let whole: Whole = read("whole", r#"{"layers": [], "type": null, "usual": null}"#).unwrap();
        assert_eq!(whole, Whole { usual: Some(None), ..bare });
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in [
            r#"{"layers":[{"type":"dense","units":3,"gain":0.5},{"type":"pool","side":2},{"type":"flat"}],"kind":"wellScaled","type":"x","usual":{"width":1.0,"isWide":false}}"#,
            r#"{"layers":[{"type":"dense","units":3}],"kind":"plain","type":null,"usual":null}"#,
            r#"{"layers":[],"kind":"plain","type":null}"#,
        ] {
            assert_eq!(write(&read::<Whole>("whole", text).unwrap()), text);
        }
    }

    #[test]
    fn the_fields_of_a_part_stand_behind_those_of_the_whole() {
        for (text, wire) in [
            ("{}", Wire { length: 1, signal: Signal { gain: None, delay: None } }),
            (r#"{"delay":null}"#, Wire { length: 1, signal: Signal { gain: None, delay: Some(None) } }),
            (r#"{"length":2}"#, Wire { length: 2, signal: Signal { gain: None, delay: None } }),
            (
                r#"{"length":2,"gain":0.5,"delay":3}"#,
                Wire { length: 2, signal: Signal { gain: Some(0.5), delay: Some(Some(3)) } },
            ),
        ] {
            assert_eq!(read::<Wire>("wire", text).unwrap(), wire);
            assert_eq!(write(&wire), text);
        }
        for (text, expected) in [
            (
                r#"{"gains": 1}"#,
                "gains: unknown field `gains`; there is `length`, `gain`, `delay`; did you mean `gain`?",
            ),
            (r#"{"gain": "", "length": ""}"#, "gain: expected a number, found \"\""),
            (r#"{"gain": 1, "length": ""}"#, "length: expected a whole number from 0, found \"\""),
        ] {
            assert_eq!(read::<Wire>("wire", text).unwrap_err().message, expected, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told_by_its_path() {
        for (text, expected) in [
            ("[]", "[config] whole: expected an object that is whole, found an array"),
            (r#"{"layers": 3}"#, "[config] layers: expected an array, found 3"),
            (
                r#"{"layers": [], "layer": 1}"#,
                "[config] layer: unknown field `layer`; there is `layers`, `kind`, `type`, `usual`; did you mean `layers`?",
            ),
            (
                r#"{"layers": [], "kind": "plane"}"#,
                "[config] kind: expected one of `plain`, `wellScaled`, found `plane`",
            ),
            (r#"{"layers": [], "kind": 7}"#, "[config] kind: expected a string, found 7"),
            (r#"{"layers": [], "kind": null}"#, "[config] kind: expected a string, found null"),
            (r#"{"layers": [], "kind": {"plain": null}}"#, "[config] kind: expected a string, found an object"),
            (r#"{"kind": "plain"}"#, "[config] layers: expected it, found none"),
            (r#"{"layers": [3]}"#, "[config] layers[0]: expected an object with a type, found 3"),
            (r#"{"layers": [["dense", 3]]}"#, "[config] layers[0]: expected an object with a type, found an array"),
            (r#"{"layers": [{}]}"#, "[config] layers[0].type: expected it, found none"),
            (r#"{"layers": [{"type": 3}]}"#, "[config] layers[0].type: expected a string, found 3"),
            (
                r#"{"layers": [{"type": "Dense"}]}"#,
                "[config] layers[0].type: expected one of `dense`, `pool`, `flat`, found `Dense`; did you mean `dense`?",
            ),
            (r#"{"layers": [{"type": "dense"}]}"#, "[config] layers[0].units: expected it, found none"),
            (
                r#"{"layers": [{"type": "pool", "side": null}]}"#,
                "[config] layers[0].side: expected a whole number from 0, found null",
            ),
            (
                r#"{"layers": [{"type": "flat", "side": 1}]}"#,
                "[config] layers[0].side: unknown field `side`; there are none",
            ),
            (r#"{"layers": [], "usual": []}"#, "[config] usual: expected an object, found an array"),
            (r#"{"layers": [], "usual": {"isWide": 1}}"#, "[config] usual.isWide: expected a boolean, found 1"),
        ] {
            assert_eq!(read::<Whole>("whole", text).unwrap_err().to_string(), expected, "{text}");
        }
    }

    /// As they come in the object, which is by their names; what is missing comes last.
    #[test]
    fn of_several_faults_the_first_is_told() {
        for (text, expected) in [
            (r#"{"a": 1, "kind": 3, "layers": 1}"#, "a: unknown field"),
            (r#"{"l": 1, "kind": 3, "layers": 1}"#, "kind: expected a string"),
            (r#"{"z": 1, "type": 1}"#, "type: expected a string"),
            (r#"{"z": 1}"#, "z: unknown field"),
        ] {
            let fault = read::<Whole>("whole", text).unwrap_err();
            assert!(fault.message.starts_with(expected), "{text}: {fault}");
        }
    }

    #[test]
    fn a_text_that_is_no_json_is_told_without_lines_and_columns() {
        for (text, expected) in [
            ("{", "[config] whole: EOF while parsing an object"),
            ("{} 3", "[config] whole: trailing characters"),
            ("", "[config] whole: EOF while parsing a value"),
        ] {
            assert_eq!(read::<Value>("whole", text).unwrap_err().to_string(), expected, "{text}");
        }
        let fault = read::<Value>("whole", &"[".repeat(100_000)).unwrap_err();
        assert_eq!(fault.message, "whole: expected fewer than 128 objects and arrays within one another");
    }
}
