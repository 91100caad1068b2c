//! Reading a recording from bytes in pieces of any size, block after block, in constant memory.

use crate::format::{self, Decoder, FIRST, Format};
use crate::{Backwards, Block, order::Order};
use decolle_error::{Code, Fault, Result};

/// What becomes of events whose time lies before that of an event before them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeOrder {
    /// They are a fault, with the index of the event and its byte.
    #[default]
    Refuse,
    /// Events are held and given in order of time, those of equal time as they came. One that comes later than those that
    /// are held reach back is a fault.
    Sort,
    /// They are left out and counted.
    Drop,
}

impl TimeOrder {
    /// The policy called `refuse`, `sort` or `drop`.
    ///
    /// # Errors
    /// `config` for another name.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "refuse" => Ok(Self::Refuse),
            "sort" => Ok(Self::Sort),
            "drop" => Ok(Self::Drop),
            _ => {
                let found = format_args!("{name:?}");
                Err(Fault::unfit(Code::Config, &"timeOrder", &"one of refuse, sort, drop", &found))
            }
        }
    }
}

/// How a recording is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// What becomes of times that go backwards.
    pub time_order: TimeOrder,
    /// Events that are held for sorting, from 2 to 2²⁴; half of them at least before an event is given. 16 bytes each, and
    /// as much again while they are sorted.
    pub sort_within: u32,
    /// Whether a recording that is damaged is read up to there instead of refused.
    pub partial: bool,
}

impl ReadOptions {
    /// The most events that may be held for sorting.
    pub const MOST_SORTED: u32 = 1 << 24;
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { time_order: TimeOrder::Refuse, sort_within: 1 << 14, partial: false }
    }
}

/// Where a reader has got to.
enum State {
    /// The format is not known yet: the bytes that have come.
    Choosing(Vec<u8>),
    /// The bytes by which the format was recognised are decoded, those from `taken` on.
    Held { first: Vec<u8>, taken: usize },
    /// Bytes are decoded as they come.
    Reading,
    /// Nothing more is decoded, but there may be events to be given.
    Ending,
    /// Everything was given.
    Ended,
}

/// Reads one recording.
///
/// ```
/// use decolle_events::{Block, ReadOptions, Reader};
/// let mut reader = Reader::new("nmnist", ReadOptions::default())?;
/// let mut block = Block::new();
/// let mut events = 0;
/// for piece in [&[3, 4, 0x80, 0][..], &[7, 5, 6, 0, 0, 9]] {
///     let mut rest = piece;
///     while !rest.is_empty() {
///         rest = &rest[reader.take(rest, &mut block)?..];
///         if block.is_full() {
///             events += block.len();
///             block.clear();
///         }
///     }
/// }
/// while !reader.is_ended() {
///     reader.end(&mut block)?;
///     events += block.len();
///     block.clear();
/// }
/// assert_eq!(events, 2);
/// # Ok::<(), decolle_error::Fault>(())
/// ```
pub struct Reader {
    format: Option<&'static Format>,
    decoder: Option<Box<dyn Decoder>>,
    state: State,
    order: Order,
    partial: bool,
    fault: Option<Fault>,
}

impl Reader {
    /// Begins to read a recording in the format called `format`, or, for `auto`, in that which its first [`FIRST`] bytes are
    /// recognised by.
    ///
    /// # Errors
    /// `unsupported` for another name, `range` for options.
    pub fn new(format: &str, options: ReadOptions) -> Result<Self> {
        crate::check::within("sortWithin", options.sort_within.into(), 2, ReadOptions::MOST_SORTED.into())?;
        let format = if format == "auto" { None } else { Some(format::named(format)?) };
        Ok(Self {
            format,
            decoder: format.map(|format| (format.decoder)()),
            state: if format.is_some() { State::Reading } else { State::Choosing(Vec::new()) },
            order: Order::new(&options),
            partial: options.partial,
            fault: None,
        })
    }

    /// Takes bytes from the start of `bytes` until they are used up or `block` is full, and appends events to the block; gives
    /// how many bytes it took. Called again with the rest, once the block has been emptied.
    ///
    /// # Errors
    /// Those of the format's decoder and of the policy for times, with the offset of the byte; `format` where none is
    /// recognised. With `partial` there are none of these: the events up to the damage stay, [`Reader::fault`] says it, and all
    /// bytes after it are passed over. After an error the block is as it was, and nothing more can be read.
    pub fn take(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        let before = block.len();
        let taken = self.take_some(bytes, block);
        Ok(self.settle(taken, before, block)?.unwrap_or(bytes.len()))
    }

    /// Says that there are no more bytes, and appends events to the block. Called again, with the block emptied, while
    /// [`Reader::is_ended`] says no.
    ///
    /// # Errors
    /// As [`Reader::take`].
    pub fn end(&mut self, block: &mut Block) -> Result<()> {
        let before = block.len();
        let ended = self.end_some(block);
        self.settle(ended, before, block)?;
        if matches!(self.state, State::Ending) {
            self.order.give(block);
            if self.order.is_empty() {
                self.state = State::Ended;
            }
        }
        Ok(())
    }

    /// Whether everything was given, after [`Reader::end`].
    pub fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// The format that is read, once it is known.
    pub fn format(&self) -> Option<&'static Format> {
        self.format
    }

    /// Events left out because their time went backwards.
    pub fn dropped(&self) -> u64 {
        self.order.dropped
    }

    /// The first of the events that were left out because their time went backwards.
    pub fn first_dropped(&self) -> Option<Backwards> {
        self.order.first_dropped
    }

    /// The damage up to which the recording was read, with `partial`.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// What comes of a call: its outcome, or, where the recording is damaged and may be read in part, nothing.
    fn settle<T>(&mut self, outcome: Result<T>, before: usize, block: &mut Block) -> Result<Option<T>> {
        let fault = match outcome {
            Ok(outcome) => return Ok(Some(outcome)),
            Err(fault) => fault,
        };
        self.decoder = None;
        self.fault = Some(fault.clone());
        self.state = State::Ending;
        // A file whose format is not known has no part that can be read.
        if self.partial && self.format.is_some() {
            self.order.finish()?;
            return Ok(None);
        }
        self.partial = false;
        block.truncate(before);
        Err(fault)
    }

    fn take_some(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        self.check_readable()?;
        let mut passed = 0;
        if let State::Choosing(first) = &mut self.state {
            passed = bytes.len().min(FIRST - first.len());
            decolle_error::reserve(first, passed, "bytes")?;
            first.extend_from_slice(&bytes[..passed]);
            if first.len() < FIRST {
                return Ok(passed);
            }
            self.choose()?;
        }
        self.take_held(block)?;
        match self.state {
            State::Reading => Ok(passed + self.decode(&bytes[passed..], block)?),
            State::Held { .. } => Ok(passed),
            _ => Ok(bytes.len()),
        }
    }

    fn end_some(&mut self, block: &mut Block) -> Result<()> {
        self.check_readable()?;
        self.choose()?;
        self.take_held(block)?;
        if !matches!(self.state, State::Reading) {
            return Ok(());
        }
        self.decode(&[], block)?;
        if block.is_full() {
            return Ok(());
        }
        self.state = State::Ending;
        if let Some(mut decoder) = self.decoder.take() {
            let first = block.len();
            let outcome = decoder.end(block);
            self.order.put(block, first)?;
            outcome?;
        }
        self.order.finish()
    }

    /// Refuses to go on after an error.
    fn check_readable(&self) -> Result<()> {
        match &self.fault {
            Some(fault) if !self.partial => Err(fault.clone()),
            _ => Ok(()),
        }
    }

    /// Finds the format by the bytes that have come, where it is not known.
    fn choose(&mut self) -> Result<()> {
        if let State::Choosing(first) = &mut self.state {
            let format = format::recognised(first)?;
            self.format = Some(format);
            self.decoder = Some((format.decoder)());
            self.state = State::Held { first: std::mem::take(first), taken: 0 };
        }
        Ok(())
    }

    /// Decodes what was held while the format was found, as far as the block has room.
    fn take_held(&mut self, block: &mut Block) -> Result<()> {
        if let State::Held { first, taken } = &mut self.state {
            let (first, from) = (std::mem::take(first), *taken);
            let taken = from + self.decode(&first[from..], block)?;
            self.state = if taken < first.len() { State::Held { first, taken } } else { State::Reading };
        }
        Ok(())
    }

    /// Decodes bytes until they are used up or the block is full of events that the policy lets through.
    fn decode(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        let mut taken = 0;
        while !self.order.give(block)
            && let Some(decoder) = &mut self.decoder
        {
            let first = block.len();
            let outcome = decoder.take(&bytes[taken..], block);
            let was_full = block.is_full();
            // Events before damage are put in order, too: what comes first in the file is told.
            self.order.put(block, first)?;
            taken += outcome?;
            if !was_full {
                self.order.give(block);
                break;
            }
        }
        Ok(taken)
    }
}
