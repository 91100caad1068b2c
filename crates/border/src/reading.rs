//! Reading a recording piece by piece, as both bindings offer it.

use decolle_error::{Code, Fault, Result, reserve};
use decolle_events::{Block, ReadOptions, Reader, TimeOrder};
use decolle_number::index;

use crate::{told, whole_number};

/// A file that is read, and the bytes of it that have come and are not used up.
pub struct Reading {
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
        Ok(Self { reader, block: Block::new(), bytes: Vec::new(), taken: 0, finished: false })
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// `busy` where those before are not used up, or after [`Reading::finish`]; `range` for more than
    /// [`Reading::LARGEST_PIECE`] at once; `memory`.
    pub fn give(&mut self, bytes: &[u8]) -> Result<()> {
        if self.finished {
            return Err(Fault::at(Code::Busy, &"bytes", &"the file was said to be at its end"));
        }
        if self.taken < self.bytes.len() {
            return Err(Fault::at(Code::Busy, &"bytes", &"those before are not used up"));
        }
        if bytes.len() > Self::LARGEST_PIECE {
            let expected = format_args!("at most {} at once", Self::LARGEST_PIECE);
            return Err(Fault::unfit(Code::Range, &"bytes.length", &expected, &bytes.len()));
        }
        self.bytes.clear();
        self.taken = 0;
        reserve(&mut self.bytes, bytes.len(), "bytes")?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Says that there are no more bytes.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// The next events, at most a block of them; an empty block where it needs more bytes, or where the file is at its end.
    ///
    /// # Errors
    /// Those of the reader; after one, nothing more can be read.
    pub fn next(&mut self) -> Result<&Block> {
        self.block.clear();
        loop {
            let rest = &self.bytes[self.taken..];
            if rest.is_empty() && self.finished {
                if self.reader.is_ended() {
                    break;
                }
                self.reader.end(&mut self.block)?;
                if !self.block.is_empty() {
                    break;
                }
                continue;
            }
            // A decoder may hold more than a block of what it took before, so it is asked with no bytes, too.
            self.taken += self.reader.take(rest, &mut self.block)?;
            if self.block.is_full() || self.taken == self.bytes.len() {
                break;
            }
        }
        Ok(&self.block)
    }

    /// JSON: what is known of the file so far. Damage is told as it is thrown.
    pub fn describe(&self) -> String {
        decolle_json::write(&Known {
            format: self.reader.format().map(|format| format.name.to_string()),
            sensor: self.block.sensor.map(Vec::from),
            dropped: self.reader.dropped(),
            untimed: self.block.untimed,
            damage: self.reader.fault().map(told),
        })
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
    untimed: u64,
    damage: Option<String>,
}

decolle_json::written! { Known { format, sensor, dropped, untimed, damage } }
