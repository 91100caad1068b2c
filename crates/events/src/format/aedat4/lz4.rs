//! LZ4 frames, decoded from pieces of any size through a window of 64 KiB
//! (<https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>, <https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>).
//!
//! The crate `lz4_flex` decodes a block at once: a header of a few bytes makes it allocate the block's greatest size, up to
//! 4 MiB, twice. A block's sequences refer back by 64 KiB at most, so here they are carried out as they come, and nothing grows by
//! what a file claims.

use super::descriptor::Descriptor;
use super::sequences;
use crate::format::pieces::{Gather, split, u32_at};
use decolle_error::{Code, Fault, Result};
use std::hash::Hasher;
use twox_hash::XxHash32;

/// Bytes that a sequence refers back at most, and one more.
const WINDOW: usize = 1 << 16;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Magic,
    /// Size of a frame of no interest, and so many of its bytes.
    SkipSize,
    Skip,
    /// Flags and block size, then the rest of the descriptor.
    Flags,
    Descriptor,
    BlockSize,
    /// So many bytes that are not compressed.
    Stored,
    /// A sequence of a compressed block, in parts.
    Token,
    MoreLiterals,
    Literals,
    Distance,
    MoreMatch,
    Match,
    BlockSum,
    ContentSum,
}

/// Frames that are being decoded.
pub(super) struct Lz4 {
    part: Part,
    field: Gather<16>,
    frame: Descriptor,
    /// Bytes of the block that have not come yet, and those it has been decoded to.
    left: u32,
    made: u32,
    /// Bytes of the frame's content.
    content: u64,
    /// Literals and match of the sequence: bytes to come, and how far back.
    literals: usize,
    length: usize,
    distance: usize,
    /// What was decoded: up to `taken` it was taken, up to `end` it is there; the last 64 KiB are the window.
    out: Box<[u8]>,
    taken: usize,
    end: usize,
    /// Where the frame's content begins, as far as it is in the window, and up to where it was counted.
    first: usize,
    counted: usize,
    block_sum: XxHash32,
    content_sum: XxHash32,
    /// Damage behind what was decoded.
    fault: Option<Fault>,
}

/// Another thing than the format has there; without a place.
pub(super) fn wrong(expected: &str, found: &dyn std::fmt::Display) -> Fault {
    Fault::unfit(Code::Format, &"", &expected, found)
}

impl Lz4 {
    /// Expects a frame.
    pub(super) fn new() -> Self {
        Self {
            part: Part::Magic,
            field: Gather::new(),
            frame: Descriptor::default(),
            left: 0,
            made: 0,
            content: 0,
            literals: 0,
            length: 0,
            distance: 0,
            out: vec![0; 2 * WINDOW].into_boxed_slice(),
            taken: 0,
            end: 0,
            first: 0,
            counted: 0,
            block_sum: XxHash32::with_seed(0),
            content_sum: XxHash32::with_seed(0),
            fault: None,
        }
    }

    /// What was decoded and not taken yet.
    pub(super) fn decoded(&self) -> &[u8] {
        &self.out[self.taken..self.end]
    }

    /// Says that so many decoded bytes were taken.
    pub(super) fn took(&mut self, bytes: usize) {
        self.taken += bytes;
    }

    /// Takes bytes until they are used up or some are decoded. To be called where none are left that were decoded before; what was
    /// decoded before damage is given first.
    ///
    /// # Errors
    /// `format`, `unsupported`, without a place.
    pub(super) fn take(&mut self, bytes: &mut &[u8]) -> Result<()> {
        if self.end == self.out.len() {
            self.out.copy_within(WINDOW.., 0);
            self.end = WINDOW;
            (self.counted, self.first) = (WINDOW, self.first.saturating_sub(WINDOW));
        }
        self.taken = self.end;
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        while self.end < self.out.len() {
            match self.step(bytes) {
                Ok(true) => {}
                Ok(false) => break,
                Err(fault) if self.end == self.taken => return Err(fault),
                Err(fault) => {
                    self.fault = Some(fault);
                    break;
                }
            }
        }
        self.count_content();
        Ok(())
    }

    /// Counts what has been decoded of the frame.
    fn count_content(&mut self) {
        let content = &self.out[self.counted..self.end];
        if self.frame.has_content_sum() {
            self.content_sum.write(content);
        }
        self.content += content.len() as u64;
        self.counted = self.end;
    }

    /// Says that there is nothing more.
    ///
    /// # Errors
    /// `format` within a frame, without a place.
    pub(super) fn end(&mut self) -> Result<()> {
        if self.part == Part::Magic && self.field.held().is_empty() {
            return Ok(());
        }
        Err(wrong("the rest of an LZ4 frame", &"the end of the packet"))
    }

    /// Goes on by one part. Gives whether there may be more.
    fn step(&mut self, bytes: &mut &[u8]) -> Result<bool> {
        match self.part {
            Part::Token | Part::MoreLiterals | Part::Literals | Part::Distance | Part::MoreMatch | Part::Match => {
                return self.sequence(bytes);
            }
            Part::Stored => {
                let piece = split(bytes, self.room()?.min(self.left as usize));
                self.count(piece);
                self.put(piece);
                if self.left == 0 {
                    self.end_block();
                }
                return Ok(!piece.is_empty());
            }
            Part::Skip => {
                let skipped = split(bytes, self.left as usize).len();
                self.left -= u32::try_from(skipped).unwrap_or(self.left);
                if self.left == 0 {
                    self.part = Part::Magic;
                }
                return Ok(skipped > 0 || self.left == 0);
            }
            _ => {}
        }
        let wanted = match self.part {
            Part::Flags => 2,
            Part::Descriptor => self.frame.rest(),
            _ => 4,
        };
        let Some(field) = self.field.fill(bytes, wanted) else { return Ok(false) };
        match self.part {
            Part::Magic => self.magic(u32_at(&field, 0))?,
            Part::SkipSize => (self.left, self.part) = (u32_at(&field, 0), Part::Skip),
            Part::Flags => self.begin([field[0], field[1]])?,
            Part::Descriptor => {
                self.frame.finish(&field[..wanted])?;
                self.part = Part::BlockSize;
            }
            Part::BlockSize => self.block(u32_at(&field, 0))?,
            Part::BlockSum => {
                self.part = Part::BlockSize;
                check_sum("block", self.block_sum.finish_32(), u32_at(&field, 0))?;
            }
            _ => {
                self.part = Part::Magic;
                check_sum("content", self.content_sum.finish_32(), u32_at(&field, 0))?;
            }
        }
        Ok(true)
    }

    fn magic(&mut self, magic: u32) -> Result<()> {
        self.part = match magic {
            0x184d_2204 => Part::Flags,
            0x184d_2a50..=0x184d_2a5f => Part::SkipSize,
            _ => return Err(wrong("an LZ4 frame (0x184d2204)", &format_args!("{magic:#010x}"))),
        };
        Ok(())
    }

    /// Begins a frame of these flags and this code of the greatest size of a block.
    fn begin(&mut self, field: [u8; 2]) -> Result<()> {
        self.frame = Descriptor::begin(field)?;
        self.content_sum = XxHash32::with_seed(0);
        (self.content, self.first, self.counted) = (0, self.end, self.end);
        self.part = Part::Descriptor;
        Ok(())
    }

    /// Begins a block, or ends the frame.
    fn block(&mut self, size: u32) -> Result<()> {
        if size == 0 {
            self.count_content();
            if self.frame.promised.is_some_and(|promised| promised != self.content) {
                let found = format_args!("{} bytes", self.content);
                return Err(wrong("content of the size that the frame promised", &found));
            }
            self.part = if self.frame.has_content_sum() { Part::ContentSum } else { Part::Magic };
            return Ok(());
        }
        (self.left, self.made) = (size & 0x7fff_ffff, 0);
        if self.left > self.frame.greatest {
            return Err(wrong("a block within the frame's greatest size", &format_args!("{} bytes", self.left)));
        }
        self.block_sum = XxHash32::with_seed(0);
        self.part = if size >> 31 == 0 { Part::Token } else { Part::Stored };
        if self.left == 0 {
            self.end_block();
        }
        Ok(())
    }

    fn end_block(&mut self) {
        self.part = if self.frame.has_block_sum() { Part::BlockSum } else { Part::BlockSize };
    }

    /// These bytes of the block have come.
    fn count(&mut self, piece: &[u8]) {
        // A piece is a part of what is left.
        self.left -= u32::try_from(piece.len()).unwrap_or(self.left);
        if self.frame.has_block_sum() {
            self.block_sum.write(piece);
        }
    }

    /// The next byte of the block.
    fn byte(&mut self, bytes: &mut &[u8]) -> Result<Option<u8>> {
        if self.left == 0 {
            return Err(wrong("literals at the end of a block", &"its end within a sequence"));
        }
        let piece = split(bytes, 1);
        self.count(piece);
        Ok(piece.first().copied())
    }

    /// Bytes that may be appended now.
    ///
    /// # Errors
    /// `format` where the block has its greatest size already.
    fn room(&self) -> Result<usize> {
        match self.frame.greatest - self.made {
            0 => Err(wrong("a block of the frame's greatest size", &"a longer one")),
            left => Ok((self.out.len() - self.end).min(left as usize)),
        }
    }

    /// So many bytes were appended.
    fn grow(&mut self, more: usize) {
        self.made += u32::try_from(more).unwrap_or(0);
        self.end += more;
    }

    /// Appends bytes for which there is room.
    fn put(&mut self, piece: &[u8]) {
        self.out[self.end..self.end + piece.len()].copy_from_slice(piece);
        self.grow(piece.len());
    }

    /// Goes on by a part of a sequence. Gives whether there may be more.
    fn sequence(&mut self, bytes: &mut &[u8]) -> Result<bool> {
        match self.part {
            Part::Token => {
                self.whole_sequences(bytes);
                if self.end == self.out.len() {
                    return Ok(true);
                }
                let Some(token) = self.byte(bytes)? else { return Ok(false) };
                (self.literals, self.length) = (usize::from(token >> 4), usize::from(token & 15));
                self.part = if self.literals == 15 { Part::MoreLiterals } else { Part::Literals };
            }
            Part::MoreLiterals => {
                let Some(more) = self.byte(bytes)? else { return Ok(false) };
                self.literals += usize::from(more);
                if more != 255 {
                    self.part = Part::Literals;
                }
            }
            Part::Literals => return self.literals(bytes),
            Part::Distance => {
                let Some(byte) = self.byte(bytes)? else { return Ok(false) };
                self.field.push(byte);
                let &[low, high] = self.field.held() else { return Ok(true) };
                self.field.clear();
                self.distance = usize::from(u16::from_le_bytes([low, high]));
                if self.distance == 0 || self.distance > self.end - self.first {
                    return Err(wrong(
                        "a match within what was decoded",
                        &format_args!("{} bytes back", self.distance),
                    ));
                }
                self.part = if self.length == 15 { Part::MoreMatch } else { Part::Match };
                self.length += 4;
            }
            Part::MoreMatch => {
                let Some(more) = self.byte(bytes)? else { return Ok(false) };
                self.length += usize::from(more);
                if more != 255 {
                    self.part = Part::Match;
                }
            }
            _ => self.repeat()?,
        }
        Ok(true)
    }

    /// Carries out the sequences that have come whole.
    fn whole_sequences(&mut self, bytes: &mut &[u8]) {
        let input = &bytes[..bytes.len().min(self.left as usize)];
        let limit = self.end + self.room().unwrap_or(0);
        let (used, end) = sequences::decode(input, &mut self.out, self.end, limit, self.first);
        self.grow(end - self.end);
        self.count(split(bytes, used));
    }

    /// Copies literals; a block ends after some.
    fn literals(&mut self, bytes: &mut &[u8]) -> Result<bool> {
        if self.literals > self.left as usize {
            return Err(wrong("literals within the block", &format_args!("{} of them", self.literals)));
        }
        let most = if self.literals > 0 { self.room()? } else { 0 };
        let piece = split(bytes, self.literals.min(most));
        self.count(piece);
        self.put(piece);
        self.literals -= piece.len();
        if self.literals > 0 {
            return Ok(!piece.is_empty());
        }
        if self.left == 0 {
            self.end_block();
        } else {
            self.part = Part::Distance;
        }
        Ok(true)
    }

    /// Copies a match, as far as there is room.
    fn repeat(&mut self) -> Result<()> {
        let count = self.length.min(self.room()?);
        sequences::repeat(&mut self.out, self.end, self.distance, count);
        self.grow(count);
        self.length -= count;
        if self.length == 0 {
            self.part = Part::Token;
        }
        Ok(())
    }
}

/// Refuses content that has another checksum than its frame says.
fn check_sum(what: &str, computed: u32, stored: u32) -> Result<()> {
    if computed == stored {
        return Ok(());
    }
    Err(wrong(&format!("{computed:#010x}, the checksum of the {what}"), &format_args!("{stored:#010x}")))
}
