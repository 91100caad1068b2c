//! What a packet of events holds: a FlatBuffers table `EVTS` after its size, with one field, a vector of 16-byte events
//! `{int64 t, int16 x, int16 y, bool polarity, 3 bytes of padding}`.
//!
//! Where the vector begins is found from the first bytes; its events are then read as they come.

use super::flat::{Flat, Need};
use crate::Block;
use crate::format::pieces::{Gather, i16_at, i64_at, split};
use decolle_error::{Code, Fault, Result};

/// Bytes within which the vector has to begin. Builders of FlatBuffers put it right behind its table.
const HEAD: usize = 512;

/// Bytes of an event.
const EVENT: usize = 16;

/// What comes next.
#[derive(Clone, Copy)]
enum Part {
    /// The bytes before the vector.
    Head,
    /// So many events.
    Events(u64),
    /// Bytes behind the vector.
    Rest,
}

/// A packet that is being read, from the bytes it decompresses to.
pub(super) struct Content {
    part: Part,
    head: [u8; HEAD],
    held: usize,
    event: Gather<EVENT>,
}

/// A fault that has no place yet.
fn wrong(code: Code, expected: &dyn std::fmt::Display, found: &dyn std::fmt::Display) -> Fault {
    Fault::unfit(code, &"", expected, found)
}

impl Content {
    /// Nothing has come yet.
    pub(super) const fn new() -> Self {
        Self { part: Part::Head, head: [0; HEAD], held: 0, event: Gather::new() }
    }

    /// Takes bytes until they are used up or the block is full. Events are those of a packet that begins at `byte`.
    ///
    /// # Errors
    /// `format`, `range`, `unsupported`, without a place.
    pub(super) fn take(&mut self, bytes: &mut &[u8], byte: u64, block: &mut Block) -> Result<()> {
        while !bytes.is_empty() && !block.is_full() {
            match self.part {
                Part::Head => self.head(bytes)?,
                Part::Events(left) => {
                    let mut taken = 0;
                    if self.event.held().is_empty() {
                        let (whole, _) = bytes.as_chunks::<EVENT>();
                        let most = block.room().min(usize::try_from(left).unwrap_or(usize::MAX));
                        let whole = &whole[..whole.len().min(most)];
                        for event in whole {
                            push(event, byte, block)?;
                        }
                        taken = whole.len() as u64;
                        *bytes = &bytes[whole.len() * EVENT..];
                    }
                    if taken == 0
                        && let Some(event) = self.event.fill(bytes, EVENT)
                    {
                        push(&event, byte, block)?;
                        taken = 1;
                    }
                    self.part = if taken < left { Part::Events(left - taken) } else { Part::Rest };
                }
                Part::Rest => *bytes = &[],
            }
        }
        Ok(())
    }

    /// Says that the packet has ended, and makes ready for another.
    ///
    /// # Errors
    /// `format` where it is not whole, without a place.
    pub(super) fn end(&mut self) -> Result<()> {
        let expected = match self.part {
            Part::Rest => {
                (self.part, self.held) = (Part::Head, 0);
                return Ok(());
            }
            Part::Head => "a table of events in the packet".to_string(),
            Part::Events(left) => format!("{left} more events in the packet"),
        };
        Err(wrong(Code::Format, &expected, &"its end"))
    }

    /// Takes the bytes that are needed to say where the vector begins, or to get there.
    fn head(&mut self, bytes: &mut &[u8]) -> Result<()> {
        loop {
            let needed = match vector(&Flat(&self.head[..self.held])) {
                Err(Need(needed)) => needed,
                Ok(Some([size, first, events])) => {
                    if first + events * EVENT as u64 > size + 4 {
                        let expected = format_args!("events within the {size} bytes of the table");
                        return Err(wrong(Code::Format, &expected, &format_args!("{events} from byte {first} on")));
                    }
                    if first < self.held as u64 {
                        return Err(wrong(Code::Unsupported, &"events behind the list of fields", &"before it"));
                    }
                    self.part = if events > 0 { Part::Events(events) } else { Part::Rest };
                    return Ok(());
                }
                Ok(None) => {
                    if self.head[8..12] != *b"EVTS" {
                        let found = String::from_utf8_lossy(&self.head[8..12]).into_owned();
                        return Err(wrong(Code::Format, &"a table of events (EVTS)", &format_args!("{found:?}")));
                    }
                    self.part = Part::Rest;
                    return Ok(());
                }
            };
            let Some(needed) = usize::try_from(needed).ok().filter(|&needed| needed <= HEAD) else {
                let expected = format_args!("events that begin within {HEAD} bytes of a packet");
                return Err(wrong(Code::Unsupported, &expected, &format_args!("byte {needed}")));
            };
            let more = split(bytes, needed - self.held);
            self.head[self.held..self.held + more.len()].copy_from_slice(more);
            self.held += more.len();
            if self.held < needed {
                return Ok(());
            }
        }
    }
}

/// Size of the table, place of its first event, and number of events; none where it is another table or has no events.
fn vector(flat: &Flat<'_>) -> std::result::Result<Option<[u64; 3]>, Need> {
    let size = flat.number(0)?;
    let root = flat.referred(4)?;
    if flat.at(8)? != *b"EVTS" {
        return Ok(None);
    }
    let Some(field) = flat.field(root, 0)? else { return Ok(None) };
    let list = flat.referred(field)?;
    Ok(Some([size, list + 4, flat.number(list)?]))
}

#[inline]
fn push(event: &[u8; EVENT], byte: u64, block: &mut Block) -> Result<()> {
    let (time, x, y, polarity) = (i64_at(event, 0), i16_at(event, 8), i16_at(event, 10), event[12]);
    let (Ok(column), Ok(row)) = (u16::try_from(x), u16::try_from(y)) else {
        return Err(wrong(Code::Range, &"x and y of at least 0", &format_args!("x = {x}, y = {y}")));
    };
    block.push(column, row, u8::from(polarity != 0), time, byte);
    Ok(())
}
