//! Reading a recording piece by piece, as both bindings offer it.

use decolle_error::{Code, Fault, Result, reserve};
use decolle_events::{Backwards, Block, ReadOptions, Reader, TimeOrder};
use decolle_number::index;

use crate::{told, whole_number};

/// A file that is read, until it is given up.
pub struct Reading(Option<Open>);

/// A reader, and the bytes that have come and are not used up.
struct Open {
    reader: Reader,
    block: Block,
    bytes: Vec<u8>,
    taken: usize,
    finished: bool,
}

impl Reading {
    /// Most bytes that it takes at once, 16 MiB.
    pub const LARGEST_PIECE: usize = 1 << 24;

    /// Begins to read; `order` is the policy for times that go backwards, `sort_within` how many events may be held for it.
    ///
    /// # Errors
    /// `unsupported` for a format that there is none, `config` or `range` for options.
    pub fn new(format: &str, order: &str, sort_within: f64, partial: bool) -> Result<Self> {
        let sort_within = index(whole_number("sortWithin", sort_within, 2, ReadOptions::MOST_SORTED as usize)?);
        let options = ReadOptions { time_order: TimeOrder::named(order)?, sort_within, partial };
        let reader = Reader::new(format, options)?;
        Ok(Self(Some(Open { reader, block: Block::new(), bytes: Vec::new(), taken: 0, finished: false })))
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// `busy` where those before are not used up, or after [`Reading::finish`]; `range` for more than
    /// [`Reading::LARGEST_PIECE`] at once; `memory`; `disposed`.
    pub fn give(&mut self, bytes: &[u8]) -> Result<()> {
        let open = self.open()?;
        if open.finished {
            return Err(Fault::at(Code::Busy, &"bytes", &"the file was said to be at its end"));
        }
        if open.taken < open.bytes.len() {
            return Err(Fault::at(Code::Busy, &"bytes", &"those before are not used up"));
        }
        if bytes.len() > Self::LARGEST_PIECE {
            let expected = format_args!("at most {} at once", Self::LARGEST_PIECE);
            return Err(Fault::unfit(Code::Range, &"bytes.length", &expected, &bytes.len()));
        }
        open.bytes.clear();
        open.taken = 0;
        reserve(&mut open.bytes, bytes.len(), "bytes")?;
        open.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Says that there are no more bytes.
    ///
    /// # Errors
    /// `disposed`.
    pub fn finish(&mut self) -> Result<()> {
        self.open()?.finished = true;
        Ok(())
    }

    /// The next events, at most a block of them; an empty block where it needs more bytes, or where the file is at its end.
    ///
    /// # Errors
    /// Those of the reader, after one of which nothing more can be read; `disposed`.
    pub fn next_block(&mut self) -> Result<&Block> {
        let open = self.open()?;
        open.block.clear();
        loop {
            let rest = &open.bytes[open.taken..];
            // A decoder may hold more than a block of what it took before, so it is asked with no bytes, too.
            if !(rest.is_empty() && open.finished) {
                open.taken += open.reader.take(rest, &mut open.block)?;
                if open.block.is_full() || open.taken == open.bytes.len() && !open.finished {
                    break;
                }
            } else if open.reader.is_ended() {
                break;
            } else {
                open.reader.end(&mut open.block)?;
                if open.block.is_full() {
                    break;
                }
            }
        }
        Ok(&open.block)
    }

    /// JSON: what is known of the file so far. Damage is told as it is thrown.
    ///
    /// # Errors
    /// `disposed`.
    pub fn describe(&mut self) -> Result<String> {
        let Open { reader, block, .. } = self.open()?;
        Ok(decolle_json::write(&Known {
            format: reader.format().map(|format| format.name.to_string()),
            sensor: block.sensor.map(Vec::from),
            dropped: reader.dropped(),
            first_dropped: reader.first_dropped().map(|Backwards { event, byte, time, latest }| {
                vec![event as f64, byte as f64, time as f64, latest as f64]
            }),
            untimed: block.untimed,
            damage: reader.fault().map(told),
        }))
    }

    /// Gives the reader up. A second call does nothing.
    pub fn dispose(&mut self) {
        self.0 = None;
    }

    fn open(&mut self) -> Result<&mut Open> {
        self.0.as_mut().ok_or_else(|| Fault::at(Code::Disposed, &"reader", &"it was disposed before this call"))
    }
}

/// The times of a block in float64, exact up to ±(2⁵³ − 1).
pub fn float_times(block: &Block) -> Vec<f64> {
    block.time().iter().map(|&time| time as f64).collect()
}

/// What is known of a file.
struct Known {
    format: Option<String>,
    sensor: Option<Vec<u32>>,
    dropped: u64,
    /// Index and byte of the event, its time and the latest before.
    first_dropped: Option<Vec<f64>>,
    untimed: u64,
    damage: Option<String>,
}

decolle_json::written! { Known { format, sensor, dropped, first_dropped, untimed, damage } }
