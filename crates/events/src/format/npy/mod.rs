//! NumPy arrays: `.npy` files of one array, and `.npz` archives of several, read and written
//! (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).
//!
//! | array | events |
//! |---|---|
//! | of records | fields called `x`, `y`, `t` (or `ts`, `time`, `timestamp`) and `p` (or `pol`, `polarity`), with an s behind or without, in any order and case; other fields are passed over. Spike trains of units have `unit` (or `x`) and `t`: y is 0 then, and without `p` polarity is 1 |
//! | n×4 or 4×n | columns x, y, t, p; for the formats `npy-txyp` and `npz-txyp` t, x, y, p; for `npy-xypt-ms` x, y, p, t, time in milliseconds |
//! | four of n in an archive | called like the fields |
//!
//! Numbers may be whole or floats, of either byte order, signed or not, polarity also a truth value. They have to be whole:
//! time is in microseconds (or `timedelta64[us]`), and seconds in floats have to be multiplied first. Polarity is 0 or 1, or
//! −1 and 1.
//!
//! Of an archive's members the first that holds whole events is read, otherwise the first of each of the four columns; others are
//! skipped. Columns that come one after another, in an archive or in an array that is stored by column, have to be there before
//! the first event is known: they are kept as they are in the file (`columns.rs`).
//!
//! What is written is an array of records x (`<u2`), y (`<u2`), t (`<i8`), p (bool), in an archive as the member `events.npy`; its header says how many they are, so their
//! number has to be known before. No format of these says the size of the sensor.

mod archive;
mod array;
mod columns;
mod inflate;
mod literal;
mod member;
mod rows;
#[cfg(test)]
mod tests;
mod writer;
mod zip;

use super::kept::Kept;
use super::pieces::{fault, split};
use super::{Decoder, Format};
use crate::Block;
use array::{Array, Layout, Number, Order};
use columns::{Columns, Place};
use decolle_error::{Code, Result};
use rows::{Head, MAGIC, Rows};

/// Arrays of x, y, t, p; of t, x, y, p; and of x, y, p and milliseconds.
const XYTP: Order = Order { columns: [0, 1, 2, 3], unit: 1 };
const TXYP: Order = Order { columns: [1, 2, 0, 3], unit: 1 };
const XYPT_MS: Order = Order { columns: [0, 1, 3, 2], unit: 1000 };

/// A `.npy` file.
pub(super) const FORMAT: Format = Format {
    name: "npy",
    extensions: &[".npy"],
    recognise: Some(|first| first.starts_with(MAGIC)),
    decoder: || Npy::boxed(XYTP),
    encoder: Some(writer::begin),
};

/// A `.npy` file whose columns, where it is two-dimensional, are t, x, y, p.
pub(super) const TXYP_FORMAT: Format =
    Format { name: "npy-txyp", recognise: None, decoder: || Npy::boxed(TXYP), encoder: None, ..FORMAT };

/// A `.npy` file whose columns, where it is two-dimensional, are x, y, p, t in milliseconds, as tonic's copy of DvsGesture has them.
pub(super) const XYPT_MS_FORMAT: Format =
    Format { name: "npy-xypt-ms", recognise: None, decoder: || Npy::boxed(XYPT_MS), encoder: None, ..FORMAT };

/// A `.npz` archive.
pub(super) const ARCHIVE: Format = Format {
    name: "npz",
    extensions: &[".npz"],
    recognise: Some(member::is_archive),
    decoder: || archive::begin(XYTP),
    encoder: Some(zip::begin),
};

/// A `.npz` archive whose two-dimensional arrays have columns t, x, y, p.
pub(super) const TXYP_ARCHIVE: Format =
    Format { name: "npz-txyp", recognise: None, decoder: || archive::begin(TXYP), encoder: None, ..ARCHIVE };

/// What comes next.
enum State {
    Head(Head),
    Rows(Rows),
    /// So many bytes of columns, of this many events, that begin at this byte.
    Keep {
        numbers: [Number; 4],
        events: u64,
        left: u64,
        first: u64,
    },
    Columns(Columns),
    Over,
}

/// A file that is being read.
struct Npy {
    state: State,
    order: Order,
    kept: Kept,
    /// Bytes taken.
    offset: u64,
}

impl Decoder for Npy {
    fn take(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        let mut rest = bytes;
        while !block.is_full() {
            let before = rest.len();
            let next = match &mut self.state {
                State::Head(head) => match head.take(&mut rest, self.order, 0)? {
                    None => None,
                    Some(array) => Some(begin(&array, head.length)?),
                },
                State::Rows(rows) => {
                    rows.take(&mut rest, self.offset, false, block)?;
                    (rows.left == 0).then_some(State::Over)
                }
                State::Keep { numbers, events, left, first } => {
                    let piece = split(&mut rest, decolle_number::saturated(*left));
                    self.kept.push(piece)?;
                    *left -= piece.len() as u64;
                    (*left == 0).then(|| State::Columns(side_by_side(*numbers, *events, &self.kept, *first)))
                }
                State::Columns(columns) => {
                    columns.give(&self.kept, block)?;
                    (!block.is_full()).then_some(State::Over)
                }
                State::Over => match rest {
                    [] => None,
                    _ => {
                        return Err(fault(
                            Code::Format,
                            self.offset,
                            &"the end of the file behind the array",
                            &"more bytes",
                        ));
                    }
                },
            };
            self.offset += (before - rest.len()) as u64;
            match next {
                Some(state) => self.state = state,
                None => break,
            }
        }
        Ok(bytes.len() - rest.len())
    }

    fn end(&mut self, _: &mut Block) -> Result<()> {
        let expected = match &self.state {
            State::Over => return Ok(()),
            State::Head(_) => "the header of an array".to_string(),
            State::Rows(rows) => format!("{} more events", rows.left),
            State::Keep { left, .. } => format!("{left} more bytes of the array"),
            State::Columns(_) => "the events of the array".to_string(),
        };
        let held = if let State::Rows(rows) = &self.state { rows.held() as u64 } else { 0 };
        Err(fault(Code::Format, self.offset - held, &expected, &"the end of the file"))
    }
}

impl Npy {
    fn boxed(order: Order) -> Box<dyn Decoder> {
        Box::new(Self { state: State::Head(Head::new()), order, kept: Kept::new(), offset: 0 })
    }
}

/// What follows the header, from this byte on.
fn begin(array: &Array, first: u64) -> Result<State> {
    match array.layout {
        Layout::Rows { record, fields } if array.events > 0 => Ok(State::Rows(Rows::new(record, fields, array.events))),
        Layout::Columns(numbers) if array.events > 0 => {
            Ok(State::Keep { numbers, events: array.events, left: array.bytes, first })
        }
        Layout::Rows { .. } | Layout::Columns(_) => Ok(State::Over),
        Layout::Column(_) | Layout::Other => {
            let expected = "records with fields x, y, t and p, or n×4 numbers";
            Err(fault(Code::Unsupported, 10, &expected, &"another array"))
        }
    }
}

/// Columns of an array of which all bytes are kept, whose first stands at this offset.
fn side_by_side(numbers: [Number; 4], events: u64, kept: &Kept, first: u64) -> Columns {
    let place = |number: Number| Place {
        first: 0,
        end: kept.length(),
        is_deflated: false,
        skip: number.place as u64 * events * number.size as u64,
        number,
    };
    Columns::new(numbers.map(place), events, first)
}
