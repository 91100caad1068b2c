//! Blocks of events: what a decoder writes, a bounded piece of a recording.

use crate::{Events, Pixels};
use decolle_error::Result;

/// A piece of a recording: at most [`Block::ROOM`] events as columns, and a little slack.
///
/// ```
/// use decolle_events::Block;
/// let mut block = Block::new();
/// block.push(3, 4, 1, 1_000, 0);
/// assert_eq!((block.x(), block.y(), block.polarity(), block.time()), (&[3][..], &[4][..], &[1][..], &[1_000][..]));
/// assert!(!block.is_full());
/// ```
#[derive(Clone, Debug)]
pub struct Block {
    x: Box<[u16; Self::LENGTH]>,
    y: Box<[u16; Self::LENGTH]>,
    polarity: Box<[u8; Self::LENGTH]>,
    time: Box<[i64; Self::LENGTH]>,
    byte: Box<[u64; Self::LENGTH]>,
    length: usize,
    /// Width and height of the sensor in pixels, once the format has said them; stays when the block is cleared.
    pub sensor: Option<[u32; 2]>,
    /// Events that the format holds but gives no time, such as those before the first time of an EVT2 stream: they are left
    /// out. Counted over all blocks.
    pub untimed: u64,
}

/// A column of zeros.
fn column<T: Copy + Default, const N: usize>() -> Box<[T; N]> {
    match vec![T::default(); N].into_boxed_slice().try_into() {
        Ok(column) => column,
        Err(_) => unreachable!("a list of N entries has N"),
    }
}

impl Block {
    /// Events from which on a block is full.
    pub const ROOM: usize = 8192;
    /// Events for which there is room beyond: no record of a format may make more of them at once.
    pub const SLACK: usize = 64;
    const LENGTH: usize = Self::ROOM + Self::SLACK;

    /// A block without events; some 170 kB.
    pub fn new() -> Self {
        let (x, y, polarity) = (column(), column(), column());
        Self { x, y, polarity, time: column(), byte: column(), length: 0, sensor: None, untimed: 0 }
    }

    /// Appends an event: column and row of the pixel, polarity (0 darker, 1 brighter), time in microseconds, and the offset
    /// in the file of the byte where it begins, or where the compressed packet begins that it is in.
    ///
    /// # Panics
    /// Where there is no room. A decoder looks at [`Block::is_full`] before each record.
    #[inline(always)]
    pub fn push(&mut self, x: u16, y: u16, polarity: u8, time: i64, byte: u64) {
        let place = self.length;
        assert!(place < Self::LENGTH, "a full block was written to");
        self.x[place] = x;
        self.y[place] = y;
        self.polarity[place] = polarity;
        self.time[place] = time;
        self.byte[place] = byte;
        self.length = place + 1;
    }

    /// Number of events.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether nothing more should be written before it is cleared.
    #[inline(always)]
    pub fn is_full(&self) -> bool {
        self.length >= Self::ROOM
    }

    /// Events that may be written until it is full.
    #[inline(always)]
    pub fn room(&self) -> usize {
        Self::ROOM.saturating_sub(self.length)
    }

    /// Takes the events out.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// Takes out the events from `length` on.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Column of the pixel, from 0 at the left.
    pub fn x(&self) -> &[u16] {
        &self.x[..self.length]
    }

    /// Row of the pixel, from 0 at the top.
    pub fn y(&self) -> &[u16] {
        &self.y[..self.length]
    }

    /// 0 where the pixel darkened, 1 where it brightened.
    pub fn polarity(&self) -> &[u8] {
        &self.polarity[..self.length]
    }

    /// Time in microseconds.
    pub fn time(&self) -> &[i64] {
        &self.time[..self.length]
    }

    /// Offset in the file of each event's first byte. Of events that were sorted, nothing that means anything.
    pub fn byte(&self) -> &[u64] {
        &self.byte[..self.length]
    }

    /// The columns but for the times.
    pub fn pixels(&self) -> Pixels<'_> {
        Pixels { x: self.x(), y: self.y(), p: self.polarity() }
    }

    /// Appends the events to columns.
    ///
    /// # Errors
    /// `memory`.
    pub fn append_to(&self, events: &mut Events) -> Result<()> {
        events.make_room(self.length, usize::MAX, "bytes")?;
        events.x.extend_from_slice(self.x());
        events.y.extend_from_slice(self.y());
        events.polarity.extend_from_slice(self.polarity());
        events.time.extend_from_slice(self.time());
        Ok(())
    }

    /// Takes out the events from `first` on that `keep` does not want; it is asked in order, with each one's time.
    pub(crate) fn retain_from(&mut self, first: usize, mut keep: impl FnMut(i64) -> bool) {
        let mut kept = first;
        for place in first..self.length {
            if keep(self.time[place]) {
                self.x[kept] = self.x[place];
                self.y[kept] = self.y[place];
                self.polarity[kept] = self.polarity[place];
                self.time[kept] = self.time[place];
                self.byte[kept] = self.byte[place];
                kept += 1;
            }
        }
        self.length = kept;
    }
}

impl Default for Block {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_block_has_room_for_one_more_record() {
        let mut block = Block::new();
        for event in 0..Block::ROOM {
            assert!(!block.is_full());
            assert_eq!(block.room(), Block::ROOM - event);
            block.push(1, 2, 1, 3, 4);
        }
        assert!(block.is_full());
        for _ in 0..Block::SLACK {
            block.push(1, 2, 1, 3, 4);
        }
        assert_eq!((block.len(), block.room()), (Block::ROOM + Block::SLACK, 0));
    }

    #[test]
    #[should_panic(expected = "a full block was written to")]
    fn writing_beyond_the_slack_is_noticed() {
        let mut block = Block::new();
        for _ in 0..=Block::ROOM + Block::SLACK {
            block.push(0, 0, 0, 0, 0);
        }
    }

    #[test]
    fn clearing_takes_the_events_and_leaves_the_sensor() {
        let mut block = Block { sensor: Some([3, 4]), ..Block::new() };
        block.push(1, 2, 1, 3, 4);
        let mut events = Events::default();
        block.append_to(&mut events).unwrap();
        block.clear();
        assert!(block.is_empty() && block.x().is_empty() && block.byte().is_empty());
        assert_eq!(block.sensor, Some([3, 4]));
        assert_eq!((events.len(), events.time[0]), (1, 3));
    }
}
