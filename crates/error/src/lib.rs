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
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{}] {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Fault {}

/// A result whose error is a [`Fault`].
pub type Result<T> = std::result::Result<T, Fault>;
