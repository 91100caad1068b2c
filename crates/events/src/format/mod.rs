//! File formats of recordings: one file each, and one line each in [`FORMATS`].

pub mod nmnist;

use crate::Events;
use decolle_error::{Code, Fault, Result};

/// A file format that can be read.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Name by which a caller asks for it, in lower case.
    pub name: &'static str,
    /// Reads a whole recording from bytes; faults name the byte offset.
    pub decode: fn(&[u8]) -> Result<Events>,
}

/// Every format that can be read.
pub const FORMATS: &[Format] = &[Format { name: "nmnist", decode: nmnist::decode_nmnist }];

/// The format called `name`.
///
/// ```
/// let events = (decolle_events::format::named("nmnist")?.decode)(&[3, 4, 0x80, 0, 7])?;
/// assert_eq!((events.x[0], events.y[0], events.polarity[0], events.time[0]), (3, 4, 1, 7));
/// # Ok::<(), decolle_error::Fault>(())
/// ```
///
/// # Errors
/// `unsupported` for a name that is not in [`FORMATS`].
pub fn named(name: &str) -> Result<&'static Format> {
    FORMATS.iter().find(|format| format.name == name).ok_or_else(|| {
        let known: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
        Fault::new(Code::Unsupported, format!("format: expected one of {}, found {name:?}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_found_by_name_and_others_refused_with_the_list() {
        for format in FORMATS {
            assert_eq!(named(format.name).unwrap().name, format.name);
        }
        let fault = named("evt9").unwrap_err();
        assert_eq!(fault.code, Code::Unsupported);
        assert!(fault.message.contains("nmnist") && fault.message.contains("evt9"), "{fault}");
    }
}
