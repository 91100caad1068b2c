//! The one error type of decolle.
//!
//! Every fault carries a [`Code`] that programs can branch on and a message for people, which names the field, the
//! byte offset or the event index, what was found and what was expected. Bindings pass both across the language
//! border as `[code] message`.

use std::fmt;

/// What kind of fault happened; the spelling of [`Code::as_str`] is part of the public contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// An array has another length or rank than expected.
    Shape,
    /// A number lies outside its allowed range.
    Range,
    /// A number is NaN or infinite.
    NotFinite,
    /// What was asked for needs more memory than there is, or than this build can address.
    Memory,
    /// Events or recordings go back in time.
    TimeOrder,
    /// Bytes do not follow the format they claim.
    Format,
    /// A valid request that this build or format cannot serve.
    Unsupported,
    /// A specification has a missing, unknown or ill-typed field.
    Config,
    /// The object was disposed before the call.
    Disposed,
    /// The object is at work on another call.
    Busy,
    /// The caller aborted the work.
    Aborted,
    /// A backend could not be loaded.
    Backend,
    /// A checkpoint does not fit or is damaged.
    Checkpoint,
    /// A file or folder could not be read or written.
    Io,
}

impl Code {
    /// The code as users see it, e.g. `not-finite`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Range => "range",
            Self::NotFinite => "not-finite",
            Self::Memory => "memory",
            Self::TimeOrder => "time-order",
            Self::Format => "format",
            Self::Unsupported => "unsupported",
            Self::Config => "config",
            Self::Disposed => "disposed",
            Self::Busy => "busy",
            Self::Aborted => "aborted",
            Self::Backend => "backend",
            Self::Checkpoint => "checkpoint",
            Self::Io => "io",
        }
    }
}

/// A fault: its code and a message for people.
///
/// ```
/// use decolle_error::{Code, Fault};
/// let fault = Fault::new(Code::Range, "batchSize: expected at least 1, found 0");
/// assert_eq!(fault.to_string(), "[range] batchSize: expected at least 1, found 0");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind of fault.
    pub code: Code,
    /// Where it happened, what was found, what was expected.
    pub message: String,
}

impl Fault {
    /// A fault of the given kind.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The fault of `field` asking for so many bytes, which are not there to be had.
    ///
    /// ```
    /// let fault = decolle_error::Fault::memory("readout.units", 14_400_000_000);
    /// assert_eq!(fault.to_string(), "[memory] readout.units: needs 14400000000 bytes (14.4 GB), which cannot be had here");
    /// ```
    pub fn memory(field: &str, bytes: u64) -> Self {
        let message = format!("{field}: needs {}, which cannot be had here", Bytes(bytes));
        Self::new(Code::Memory, message)
    }
}

/// A number of bytes, for messages: `123456789 bytes (123.5 MB)`.
#[derive(Clone, Copy, Debug)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
        match units.iter().find(|(_, size)| self.0 as f64 >= *size) {
            Some((unit, size)) => write!(formatter, "{} bytes ({:.1} {unit})", self.0, self.0 as f64 / size),
            None => write!(formatter, "{} bytes", self.0),
        }
    }
}

/// Makes room in a list for `more` entries, exactly; `field` is what asks for them.
///
/// ```
/// let mut list: Vec<f32> = Vec::new();
/// decolle_error::reserve(&mut list, 3, "samples")?;
/// assert!(list.capacity() >= 3);
/// let fault = decolle_error::reserve(&mut list, usize::MAX / 8, "samples").unwrap_err();
/// assert_eq!(fault.code, decolle_error::Code::Memory);
/// # Ok::<(), decolle_error::Fault>(())
/// ```
///
/// # Errors
/// `memory`, where there is none.
pub fn reserve<T>(list: &mut Vec<T>, more: usize, field: &str) -> Result<()> {
    list.try_reserve_exact(more).map_err(|_| {
        let entries = list.len() as u64 + more as u64;
        Fault::memory(field, entries.saturating_mul(size_of::<T>() as u64))
    })
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{}] {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Fault {}

/// A result whose error is a [`Fault`].
pub type Result<T> = std::result::Result<T, Fault>;
