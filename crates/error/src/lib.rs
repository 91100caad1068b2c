//! The one error type of decolle.
//!
//! Every fault carries a [`Code`] that programs can branch on, the path of the field or event it is about, what was
//! expected and found there, and a message for people that says all of it. Bindings pass them across the language border
//! as JSON.

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

/// A fault as data: its code, where it happened, what was expected and what was found; and the message for people that
/// is made of them, once.
///
/// ```
/// use decolle_error::{Code, Fault};
/// let fault = Fault::unfit(Code::Range, &"batchSize", &"at least 1", &0);
/// assert_eq!(fault.to_string(), "[range] batchSize: expected at least 1, found 0");
/// assert_eq!((fault.path(), fault.expected(), fault.found()), (Some("batchSize"), Some("at least 1"), Some("0")));
/// let whole = fault.within("options");
/// assert_eq!((whole.path(), whole.found()), (Some("options.batchSize"), Some("0")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
// Boxed: a result that may be a fault is no larger than it is without.
pub struct Fault(Box<Told>);

/// What a [`Fault`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The kind of fault.
    pub code: Code,
    /// Where it happened, what was expected, what was found.
    pub message: String,
    /// Bytes at the start of the message that are the path.
    path: usize,
    /// Where the message has what was expected, and what was found: first byte and length.
    expected: [usize; 2],
    found: [usize; 2],
}

impl std::ops::Deref for Fault {
    type Target = Told;

    fn deref(&self) -> &Told {
        &self.0
    }
}

impl Fault {
    /// A fault of the given kind that has no place.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self::told(code, message.into())
    }

    #[cold]
    #[inline(never)]
    fn told(code: Code, message: String) -> Self {
        Self(Box::new(Told { code, message, path: 0, expected: [0; 2], found: [0; 2] }))
    }

    /// What is wrong at `path`, such as `layers[0].stride`.
    #[cold]
    #[inline(never)]
    pub fn at(code: Code, path: &dyn fmt::Display, wrong: &dyn fmt::Display) -> Self {
        Self::told(code, wrong.to_string()).of(&path.to_string())
    }

    /// Something else than what was expected at `path`.
    #[cold]
    #[inline(never)]
    pub fn unfit(code: Code, path: &dyn fmt::Display, expected: &dyn fmt::Display, found: &dyn fmt::Display) -> Self {
        let mut message = String::from("expected ");
        let mut put = |text: &str, part: &dyn fmt::Display| {
            use fmt::Write;
            message.push_str(text);
            let first = message.len();
            // A text takes everything.
            let _ = write!(message, "{part}");
            [first, message.len() - first]
        };
        let (expected, found) = (put("", expected), put(", found ", found));
        let mut fault = Self::told(code, message);
        (fault.0.expected, fault.0.found) = (expected, found);
        let path = path.to_string();
        // What has no place yet gets one from whoever knows it.
        if path.is_empty() { fault } else { fault.of(&path) }
    }

    /// The fault of `field` asking for so many bytes, which are not there to be had.
    ///
    /// ```
    /// let fault = decolle_error::Fault::memory("readout.units", 14_400_000_000);
    /// assert_eq!(fault.to_string(), "[memory] readout.units: needs 14400000000 bytes (14.4 GB), which cannot be had here");
    /// ```
    pub fn memory(field: &str, bytes: u64) -> Self {
        Self::at(Code::Memory, &field, &format_args!("needs {}, which cannot be had here", Bytes(bytes)))
    }

    /// The same, where what has the fault's path is the part `whole` of something: the path grows by it.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn within(self, whole: &str) -> Self {
        let dot = match self.path() {
            None => return self.of(whole),
            Some(path) => {
                if path.starts_with('[') {
                    ""
                } else {
                    "."
                }
            }
        };
        self.put(0..0, dot).put(0..0, whole)
    }

    /// The same as a fault of `place`, in whose message the path so far is part of what is wrong.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn of(self, place: &str) -> Self {
        let mut fault = self.put(0..0, ": ").put(0..0, place);
        fault.0.path = place.len();
        fault
    }

    /// Whether it is about `whole` or a part of it.
    ///
    /// ```
    /// # use decolle_error::{Code, Fault};
    /// let fault = Fault::at(Code::Range, &"layers[1].units", &"too many");
    /// assert!(fault.is_within("layers") && fault.is_within("layers[1]") && fault.is_within("layers[1].units"));
    /// assert!(!fault.is_within("layer") && !fault.is_within("units"));
    /// ```
    pub fn is_within(&self, whole: &str) -> bool {
        let rest = self.path().and_then(|path| path.strip_prefix(whole));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    /// The same, where what has the path `from` is better known as `to`. A fault of something else becomes one of `to`, in
    /// whose message its path is part of what is wrong.
    ///
    /// ```
    /// # use decolle_error::{Code, Fault};
    /// let fault = Fault::unfit(Code::Range, &"neuron.nodes[3]", &"a number", &"none");
    /// let moved = fault.moved_to("neuron", "layers[0].neuron");
    /// assert_eq!(moved.message, "layers[0].neuron.nodes[3]: expected a number, found none");
    /// assert_eq!((moved.path(), moved.found()), (Some("layers[0].neuron.nodes[3]"), Some("none")));
    /// ```
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn moved_to(self, from: &str, to: &str) -> Self {
        if self.is_within(from) { self.put(0..from.len(), to) } else { self.of(to) }
    }

    /// The same with a remark behind its path, in the message alone.
    ///
    /// ```
    /// # use decolle_error::{Code, Fault};
    /// let fault = Fault::unfit(Code::Config, &"nodes[3]", &"1 argument", &2).remarked(" (neg)");
    /// assert_eq!(fault.message, "nodes[3] (neg): expected 1 argument, found 2");
    /// assert_eq!((fault.path(), fault.found()), (Some("nodes[3]"), Some("2")));
    /// ```
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn remarked(self, remark: &str) -> Self {
        let path = self.path;
        let mut fault = self.put(path..path, remark);
        fault.0.path = path;
        fault
    }

    /// Puts a text into the path, or before it.
    fn put(mut self, place: std::ops::Range<usize>, text: &str) -> Self {
        let told = &mut *self.0;
        let moved = |first: usize| first + text.len() - place.len();
        (told.path, told.expected[0], told.found[0]) =
            (moved(told.path), moved(told.expected[0]), moved(told.found[0]));
        told.message = [&told.message[..place.start], text, &told.message[place.end..]].concat();
        self
    }

    /// The same as a fault of another kind.
    #[must_use]
    pub fn coded(mut self, code: Code) -> Self {
        self.0.code = code;
        self
    }

    /// Where it happened, such as `layers[0].stride`.
    pub fn path(&self) -> Option<&str> {
        self.part([0, self.path])
    }

    /// What was expected there.
    pub fn expected(&self) -> Option<&str> {
        self.part(self.expected)
    }

    /// What was found there.
    pub fn found(&self) -> Option<&str> {
        self.part(self.found)
    }

    fn part(&self, [first, length]: [usize; 2]) -> Option<&str> {
        self.message.get(first..first + length).filter(|part| !part.is_empty())
    }

    /// The message alone.
    pub fn into_message(self) -> String {
        self.0.message
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
