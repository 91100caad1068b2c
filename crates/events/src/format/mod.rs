//! File formats of recordings: one file each, and one line each in [`FORMATS`].
//!
//! A format is read by a [`Decoder`], which is fed the bytes of a file in pieces of any size and appends the events that it
//! finds; [`decode`] feeds it a whole file.

pub mod nmnist;

use crate::Events;
use decolle_error::{Code, Fault, Result};

/// A file format that can be read.
#[derive(Clone, Copy)]
pub struct Format {
    /// Name by which a caller asks for it, in lower case.
    pub name: &'static str,
    /// How names of such files end.
    pub extensions: &'static [&'static str],
    /// Tells from the first bytes of a file whether it is one; none where files do not say what they are.
    pub recognise: Option<fn(&[u8]) -> bool>,
    /// Begins to read a file.
    pub decoder: fn() -> Box<dyn Decoder>,
}

/// What a file holds, as far as it has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The events.
    pub events: Events,
    /// Width and height of the sensor in pixels, where the format says them.
    pub sensor: Option<[u32; 2]>,
}

/// Reads one file, from its first byte to its last.
pub trait Decoder {
    /// Takes the next bytes, and appends the events that are whole.
    ///
    /// # Errors
    /// `format`, `range`, `time-order` or `unsupported` with the offset of the byte, counted from the start of the file;
    /// `memory`. After an error nothing more can be read.
    fn take(&mut self, bytes: &[u8], decoded: &mut Decoded) -> Result<()>;

    /// Says that there are no more bytes.
    ///
    /// # Errors
    /// `format` where the file ends within something.
    fn end(&mut self, decoded: &mut Decoded) -> Result<()>;
}

/// Every format that can be read.
pub const FORMATS: &[Format] = &[nmnist::FORMAT];

/// Reads a file in the format called `format`, or, for `auto`, in that which its first bytes are recognised by.
///
/// ```
/// let decoded = decolle_events::decode("nmnist", &[3, 4, 0x80, 0, 7])?;
/// let events = decoded.events;
/// assert_eq!((events.x[0], events.y[0], events.polarity[0], events.time[0]), (3, 4, 1, 7));
/// assert_eq!(decoded.sensor, Some([34, 34]));
/// # Ok::<(), decolle_error::Fault>(())
/// ```
///
/// # Errors
/// `unsupported` for another name; `format` where no format is recognised; those of the format's decoder.
pub fn decode(format: &str, bytes: &[u8]) -> Result<Decoded> {
    let mut decoder = (named(format, bytes)?.decoder)();
    let mut decoded = Decoded::default();
    decoder.take(bytes, &mut decoded)?;
    decoder.end(&mut decoded)?;
    Ok(decoded)
}

/// The format called `name`, or, for `auto`, that which the first bytes of a file are recognised by.
///
/// # Errors
/// `unsupported` for a name that is not in [`FORMATS`], `format` where none is recognised.
pub fn named(name: &str, first: &[u8]) -> Result<&'static Format> {
    let automatic = name == "auto";
    let is_meant = |format: &&Format| {
        if automatic { format.recognise.is_some_and(|recognise| recognise(first)) } else { format.name == name }
    };
    FORMATS.iter().find(is_meant).ok_or_else(|| {
        let known: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
        let known = known.join(", ");
        if automatic {
            let expected = format_args!("a file that says what it is, or its format by name, one of {known}");
            return Fault::unfit(Code::Format, &"format", &expected, &"neither");
        }
        Fault::unfit(Code::Unsupported, &"format", &format_args!("one of {known}"), &format_args!("{name:?}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_found_by_name_and_others_refused_with_the_list() {
        for format in FORMATS {
            assert_eq!(named(format.name, &[]).unwrap().name, format.name);
            assert!(format.extensions.iter().all(|extension| extension.starts_with('.')));
        }
        let fault = named("evt9", &[]).err().unwrap();
        assert_eq!((fault.code, fault.found()), (Code::Unsupported, Some("\"evt9\"")));
        assert!(fault.expected().unwrap().contains("nmnist"), "{fault}");
    }

    #[test]
    fn bytes_that_say_nothing_have_to_be_named() {
        let fault = decode("auto", &[1, 2, 3]).unwrap_err();
        assert_eq!((fault.code, fault.path()), (Code::Format, Some("format")));
    }
}
