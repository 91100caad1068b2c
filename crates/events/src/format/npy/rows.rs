//! Events of an array that come one after another, and the header before them.

use super::array::{self, Array, Number, Order};
use crate::Block;
use crate::format::pieces::{Gather, fault, i64_at, split, u16_at, u32_at};
use decolle_error::{Code, Fault, Result};

/// What an array begins with.
pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Bytes that a header may have. NumPy itself reads no longer ones by default.
const HEADER: usize = 10_000;

/// The header of an array, as it comes.
pub(super) struct Head {
    /// Six bytes, two of the version, then the header's size in two or four.
    start: Gather<12>,
    left: Option<usize>,
    bytes: Vec<u8>,
    /// Bytes before the first number.
    pub(super) length: u64,
}

impl Head {
    pub(super) const fn new() -> Self {
        Self { start: Gather::new(), left: None, bytes: Vec::new(), length: 0 }
    }

    /// Takes bytes of the header, of an array that begins at `first`; gives what it says once it is whole.
    pub(super) fn take(&mut self, bytes: &mut &[u8], order: Order, first: u64) -> Result<Option<Array>> {
        let left = match self.left {
            Some(left) => left,
            None => {
                let wanted = match self.start.held() {
                    [_, _, _, _, _, _, 1, ..] => 10,
                    [_, _, _, _, _, _, 2 | 3, ..] => 12,
                    [_, _, _, _, _, _, version, ..] => {
                        return Err(fault(Code::Unsupported, first + 6, &"version 1, 2 or 3 of the format", version));
                    }
                    held => {
                        let more = split(bytes, 7 - held.len());
                        for &byte in more {
                            self.start.push(byte);
                        }
                        if self.start.held().len() < 7 {
                            return Ok(None);
                        }
                        if !self.start.held().starts_with(MAGIC) {
                            return Err(fault(Code::Format, first, &"\\x93NUMPY", &"other bytes"));
                        }
                        return self.take(bytes, order, first);
                    }
                };
                let Some(start) = self.start.fill(bytes, wanted) else { return Ok(None) };
                let size = if wanted == 10 { u16_at(&start, 8).into() } else { u32_at(&start, 8) };
                let Some(size) = usize::try_from(size).ok().filter(|&size| size <= HEADER) else {
                    return Err(fault(
                        Code::Unsupported,
                        first + 8,
                        &format_args!("a header of at most {HEADER} bytes"),
                        &size,
                    ));
                };
                self.length = wanted as u64;
                size
            }
        };
        let piece = split(bytes, left);
        self.bytes.try_reserve(piece.len()).map_err(|_| Fault::memory("bytes", piece.len() as u64))?;
        self.bytes.extend_from_slice(piece);
        self.left = Some(left - piece.len());
        if left > piece.len() {
            return Ok(None);
        }
        let header = std::mem::take(&mut self.bytes);
        let array = array::read(&header, order, first + self.length)?;
        self.length += header.len() as u64;
        Ok(Some(array))
    }
}

/// Events in records, as they come.
pub(super) struct Rows {
    record: usize,
    fields: [Number; 4],
    /// Events that have not come.
    pub(super) left: u64,
    /// Whether the fields have the sizes that most arrays have.
    is_usual: bool,
    /// The first bytes of a record whose others have not come yet.
    part: Vec<u8>,
}

impl Rows {
    pub(super) fn new(record: usize, fields: [Number; 4], events: u64) -> Self {
        let sizes = [2, 2, 8, 1];
        let is_usual = fields.iter().zip(sizes).all(|(field, size)| field.size == size && field.is_little_integer());
        Self { record, fields, left: events, is_usual, part: Vec::with_capacity(record) }
    }

    /// Bytes of a record that have come.
    pub(super) fn held(&self) -> usize {
        self.part.len()
    }

    /// Takes records of the usual sizes (16 bits, 16 bits, 64 bits, 8 bits) and numbers, as far as they come one after another;
    /// gives how many. Any others are read number by number.
    fn usual(&self, bytes: &mut &[u8], offset: u64, is_packed: bool, block: &mut Block) -> u64 {
        if !self.is_usual || !self.part.is_empty() {
            return 0;
        }
        // Compiled once more for the order of fields that most arrays have, without gaps.
        match (self.record, self.fields.map(|field| field.place)) {
            (13, [0, 2, 4, 12]) => self.usual_at(13, [0, 2, 4, 12], bytes, offset, is_packed, block),
            (record, places) => self.usual_at(record, places, bytes, offset, is_packed, block),
        }
    }

    /// Records of so many bytes, whose x, y, time and polarity have these places.
    #[inline(always)]
    fn usual_at(
        &self,
        size: usize,
        [x, y, time, polarity]: [usize; 4],
        bytes: &mut &[u8],
        offset: u64,
        is_packed: bool,
        block: &mut Block,
    ) -> u64 {
        let most = block.room().min(decolle_number::saturated(self.left));
        let step = if is_packed { 0 } else { size as u64 };
        let mut taken = 0;
        for record in bytes.chunks_exact(size).take(most) {
            let event = (u16_at(record, x), u16_at(record, y), record.get(polarity), i64_at(record, time));
            let (x @ 0..0x8000, y @ 0..0x8000, Some(&polarity @ 0..=1), time @ 0..) = event else { break };
            block.push(x, y, polarity, time, offset + taken * step);
            taken += 1;
        }
        *bytes = &bytes[decolle_number::saturated(taken) * size..];
        taken
    }

    /// Takes bytes until they are used up, the block is full, or all events have come. The first byte stands at `offset` of the
    /// file; or, where records have no place of their own in it (`is_packed`), all stand there.
    pub(super) fn take(&mut self, bytes: &mut &[u8], offset: u64, is_packed: bool, block: &mut Block) -> Result<()> {
        let mut offset = offset - if is_packed { 0 } else { self.part.len() as u64 };
        while !block.is_full() && self.left > 0 {
            let usual = self.usual(bytes, offset, is_packed, block);
            if usual > 0 {
                self.left -= usual;
                offset += if is_packed { 0 } else { usual * self.record as u64 };
                continue;
            }
            let byte = offset;
            let record = if self.part.is_empty() && bytes.len() >= self.record {
                split(bytes, self.record)
            } else {
                let more = split(bytes, self.record - self.part.len());
                self.part.extend_from_slice(more);
                if self.part.len() < self.record {
                    break;
                }
                &self.part
            };
            push(self.fields.map(|field| field.read(record)), byte, block)?;
            self.part.clear();
            self.left -= 1;
            offset += if is_packed { 0 } else { self.record as u64 };
        }
        Ok(())
    }
}

/// Appends an event of x, y, time and polarity.
#[inline]
pub(super) fn push(event: [Option<i64>; 4], byte: u64, block: &mut Block) -> Result<()> {
    if let [Some(x), Some(y), Some(time), Some(polarity)] = event
        && let (Ok(x), Ok(y)) = (u16::try_from(x), u16::try_from(y))
        && (-1..=1).contains(&polarity)
    {
        block.push(x, y, u8::from(polarity > 0), time, byte);
        return Ok(());
    }
    Err(unfit(event, byte))
}

#[cold]
fn unfit(event: [Option<i64>; 4], byte: u64) -> Fault {
    let names = ["x", "y", "time in microseconds", "polarity"];
    for (name, value) in names.into_iter().zip(event) {
        let Some(value) = value else {
            let expected =
                format_args!("a whole number as {name}, within 64 bits and, where it is a float, ±(2⁵³ − 1)");
            return fault(Code::Range, byte, &expected, &"another");
        };
        let (least, most) = match name {
            "polarity" => (-1, 1),
            "x" | "y" => (0, u16::MAX.into()),
            _ => (i64::MIN, i64::MAX),
        };
        if value < least || value > most {
            return fault(Code::Range, byte, &format_args!("{name} from {least} to {most}"), &value);
        }
    }
    fault(Code::Range, byte, &"an event", &"another")
}
