//! Events of arrays that hold one column after another: they are kept as they stand in the file, compressed where they are, and
//! read side by side when all have come. So they take no more memory than the file's bytes, and a window for each column.

use super::array::Number;
use super::inflate::Inflate;
use super::rows;
use crate::Block;
use crate::format::kept::Kept;
use crate::format::pieces::fault;
use decolle_error::{Code, Result};

/// Bytes that are read of a column at once.
const OUT: usize = 1 << 10;

/// Where a column stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// First byte among those that were kept, and the byte behind the last.
    pub(super) first: u64,
    pub(super) end: u64,
    pub(super) is_deflated: bool,
    /// Bytes, of what they are when inflated, before the column.
    pub(super) skip: u64,
    pub(super) number: Number,
}

/// A column that is being read.
struct Column {
    place: Place,
    inflate: Option<Inflate>,
    out: [u8; OUT],
    read: usize,
    end: usize,
}

/// Four columns that are being read: x, y, time and polarity.
pub(super) struct Columns {
    columns: Box<[Column; 4]>,
    /// Events to come.
    left: u64,
    /// Offset in the file that is told of events.
    byte: u64,
}

impl Columns {
    /// Begins to read columns of so many events.
    pub(super) fn new(places: [Place; 4], events: u64, byte: u64) -> Self {
        let column = |place: Place| Column {
            place,
            inflate: place.is_deflated.then(Inflate::new),
            out: [0; OUT],
            read: 0,
            end: 0,
        };
        Self { columns: Box::new(places.map(column)), left: events, byte }
    }

    /// Appends events until the block is full or there are no more.
    pub(super) fn give(&mut self, kept: &Kept, block: &mut Block) -> Result<()> {
        while self.left > 0 && !block.is_full() {
            let mut event = [None; 4];
            for (value, column) in event.iter_mut().zip(&mut *self.columns) {
                if column.place.skip > 0 || column.end - column.read < column.place.number.size {
                    column.fill(kept);
                }
                if column.end - column.read < column.place.number.size {
                    let expected = "as many numbers as the header says";
                    return Err(fault(Code::Format, self.byte, &expected, &"fewer"));
                }
                let number = column.place.number.at(0);
                *value = number.read(&column.out[column.read..column.end]);
                column.read += number.size;
            }
            rows::push(event, self.byte, block)?;
            self.left -= 1;
        }
        Ok(())
    }
}

impl Column {
    /// Reads until there is a number, or nothing more.
    fn fill(&mut self, kept: &Kept) {
        loop {
            self.out.copy_within(self.read..self.end, 0);
            (self.read, self.end) = (0, self.end - self.read);
            let bytes = kept.at(self.place.first);
            let left = decolle_number::saturated(self.place.end.saturating_sub(self.place.first));
            let bytes = &bytes[..bytes.len().min(left)];
            let (taken, made) = match &mut self.inflate {
                Some(inflate) => {
                    let (taken, _) = inflate.take(bytes);
                    let made = inflate.made().len().min(OUT - self.end);
                    self.out[self.end..self.end + made].copy_from_slice(&inflate.made()[..made]);
                    inflate.took(made);
                    (taken, made)
                }
                None if self.place.skip > 0 => {
                    let skipped = bytes.len().min(decolle_number::saturated(self.place.skip));
                    self.place.skip -= skipped as u64;
                    self.place.first += skipped as u64;
                    if skipped == 0 {
                        return;
                    }
                    continue;
                }
                None => {
                    let made = bytes.len().min(OUT - self.end);
                    self.out[self.end..self.end + made].copy_from_slice(&bytes[..made]);
                    (made, made)
                }
            };
            self.place.first += taken as u64;
            self.end += made;
            let skipped = (self.end - self.read).min(decolle_number::saturated(self.place.skip));
            self.place.skip -= skipped as u64;
            self.read += skipped;
            let has_number = self.place.skip == 0 && self.end - self.read >= self.place.number.size;
            if has_number || (taken == 0 && made == 0) {
                return;
            }
        }
    }
}
