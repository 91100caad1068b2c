//! Zstandard frames, by the crate `ruzstd`, block by block.
//!
//! A block of up to 128 KiB is gathered as it comes and given to the crate as a whole, which keeps the window, a list of the block's
//! sequences and its literals. None of that is bounded by the bytes that have come: a few of them may ask for a window of many
//! megabytes, or claim 98,000 sequences. So what a frame and a block are going to take is reckoned from their headers, and has to
//! be below twice the bytes of the file so far and 1 MiB; where it is not, the packet waits for more of the file
//! ([`Needs::More`]). Windows above 8 MiB, the least that every decoder has to support, are refused.
//!
//! What is not reckoned: literals compressed by Huffman codes that decode to more than their header says are found out only
//! when they have been decoded, to at most eight times their bytes (1 MiB).

use crate::format::pieces::{Gather, split, u16_at, u32_at, u64_at};
use decolle_error::{Code, Fault, Result};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use ruzstd::io::Read;

/// The greatest window.
const WINDOW: u64 = 8 << 20;

/// The greatest content of a block.
const BLOCK: u64 = 128 << 10;

/// Bytes that are decoded at once for whoever takes them.
const OUT: usize = 8 << 10;

/// What everything else takes that reads a file: a block of events, tables of codes, what stands here.
const OTHERS: u64 = 256 << 10;

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Magic,
    SkipSize,
    Skip(u32),
    /// The descriptor's byte, then the rest of the frame's header.
    Descriptor,
    Header,
    BlockHeader,
    /// So many bytes of the block, and of the checksum behind the last one.
    Block(usize),
    /// A block that is whole and was not decoded yet.
    Whole,
}

/// What is needed to go on.
pub(super) enum Needs {
    /// More bytes, or nothing.
    Nothing,
    /// More of the file, since so much memory is asked for.
    More(u64),
}

/// Frames that are being decoded.
pub(super) struct Zstandard {
    decoder: FrameDecoder,
    part: Part,
    /// The bytes of a field that have come: a frame's header has 18 at most.
    header: [u8; 18],
    field: Gather<18>,
    /// The block that is gathered, with its header.
    block: Vec<u8>,
    /// The frame's window, and sequences for which the crate has room.
    window: u64,
    sequences: u64,
    /// The frame's content: its promised size, what came of it, whether a checksum follows.
    promised: Option<u64>,
    content: u64,
    has_sum: bool,
    /// What was decoded: up to `taken` it was taken, up to `end` it is there.
    out: Box<[u8; OUT]>,
    taken: usize,
    end: usize,
}

/// Another thing than the format has there; without a place.
fn wrong(code: Code, expected: &dyn std::fmt::Display, found: &dyn std::fmt::Display) -> Fault {
    Fault::unfit(code, &"", expected, found)
}

impl Zstandard {
    /// Expects a frame.
    pub(super) fn new() -> Self {
        Self {
            decoder: FrameDecoder::new(),
            part: Part::Magic,
            header: [0; 18],
            field: Gather::new(),
            block: Vec::new(),
            window: 0,
            sequences: 0,
            promised: None,
            content: 0,
            has_sum: false,
            out: Box::new([0; OUT]),
            taken: 0,
            end: 0,
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

    /// Takes bytes until they are used up or some are decoded, or more than `allowed` bytes of memory are needed. To be called
    /// where none are left that were decoded before.
    ///
    /// # Errors
    /// `format`, `unsupported`, `memory`, without a place.
    pub(super) fn take(&mut self, bytes: &mut &[u8], allowed: u64) -> Result<Needs> {
        loop {
            (self.taken, self.end) = (0, self.decoder.read(&mut self.out[..]).unwrap_or(0));
            self.content += self.end as u64;
            if self.end > 0 {
                return Ok(Needs::Nothing);
            }
            if self.part == Part::Whole {
                let needed = self.needed()?.saturating_add(OTHERS);
                if needed > allowed {
                    return Ok(Needs::More(needed));
                }
                self.decode()?;
            } else if !self.step(bytes)? {
                return Ok(Needs::Nothing);
            }
        }
    }

    /// Says that there is nothing more.
    ///
    /// # Errors
    /// `format` within a frame, without a place.
    pub(super) fn end(&mut self) -> Result<()> {
        if self.part == Part::Magic && self.field.held().is_empty() {
            return self.check_content();
        }
        Err(wrong(Code::Format, &"the rest of a Zstandard frame", &"the end of the packet"))
    }

    /// Refuses a frame before that has other content than it promised.
    fn check_content(&mut self) -> Result<()> {
        let (promised, content) = (self.promised.take(), std::mem::take(&mut self.content));
        let has_sum = std::mem::take(&mut self.has_sum);
        let sums = self.decoder.get_checksum_from_data().zip(self.decoder.get_calculated_checksum());
        if let Some((stored, computed)) = sums
            && has_sum
            && stored != computed
        {
            let expected = format_args!("{computed:#010x}, the checksum of the content");
            return Err(wrong(Code::Format, &expected, &format_args!("{stored:#010x}")));
        }
        if promised.is_some_and(|promised| promised != content) {
            let expected = "content of the size that the frame promised";
            return Err(wrong(Code::Format, &expected, &format_args!("{content} bytes")));
        }
        Ok(())
    }

    /// Goes on by one part. Gives whether there may be more.
    fn step(&mut self, bytes: &mut &[u8]) -> Result<bool> {
        let wanted = match self.part {
            Part::Skip(left) => {
                let skipped = split(bytes, left as usize).len();
                let left = left - u32::try_from(skipped).unwrap_or(left);
                self.part = if left > 0 { Part::Skip(left) } else { Part::Magic };
                return Ok(skipped > 0 || left == 0);
            }
            Part::Block(left) => {
                let piece = split(bytes, left);
                decolle_error::reserve(&mut self.block, piece.len(), "bytes")?;
                self.block.extend_from_slice(piece);
                self.part = if left > piece.len() { Part::Block(left - piece.len()) } else { Part::Whole };
                return Ok(!piece.is_empty());
            }
            Part::Descriptor => 1,
            Part::Header => frame_header(self.header[4]),
            Part::BlockHeader => 3,
            Part::Magic | Part::SkipSize | Part::Whole => 4,
        };
        let Some(field) = self.field.fill(bytes, wanted) else { return Ok(false) };
        match self.part {
            Part::Magic => {
                self.check_content()?;
                self.part = match u32_at(&field, 0) {
                    0xfd2f_b528 => Part::Descriptor,
                    0x184d_2a50..=0x184d_2a5f => Part::SkipSize,
                    magic => {
                        let found = format_args!("{magic:#010x}");
                        return Err(wrong(Code::Format, &"a Zstandard frame (0xfd2fb528)", &found));
                    }
                };
                self.header[..4].copy_from_slice(&field[..4]);
            }
            Part::SkipSize => self.part = Part::Skip(u32_at(&field, 0)),
            Part::Descriptor => {
                self.header[4] = field[0];
                self.part = Part::Header;
            }
            Part::Header => {
                self.header[5..5 + wanted].copy_from_slice(&field[..wanted]);
                self.begin(&field[..wanted])?;
            }
            _ => self.block([field[0], field[1], field[2]])?,
        }
        Ok(true)
    }

    /// Begins a frame, of whose header this is what follows the descriptor.
    fn begin(&mut self, rest: &[u8]) -> Result<()> {
        let flags = self.header[4];
        let is_single = flags & 0x20 != 0;
        let size = &rest[rest.len() - content_size(flags)..];
        self.promised = match size.len() {
            0 => None,
            1 => Some(size[0].into()),
            2 => Some(u64::from(u16_at(size, 0)) + 256),
            4 => Some(u32_at(size, 0).into()),
            _ => Some(u64_at(size, 0)),
        };
        self.window = match self.promised {
            Some(promised) if is_single => promised,
            _ => (8 + u64::from(rest[0] & 7)) << (7 + u32::from(rest[0] >> 3)),
        };
        if self.window > WINDOW {
            let found = format_args!("{} bytes", self.window);
            return Err(wrong(Code::Unsupported, &"a Zstandard window of at most 8 MiB", &found));
        }
        self.has_sum = flags & 4 != 0;
        self.sequences = 0;
        // A decoder that is used again would make room for the whole window, which the frame may not need.
        self.decoder = FrameDecoder::new();
        self.block = Vec::new();
        let header = &self.header[..5 + rest.len()];
        self.decoder.init(header).map_err(|error| wrong(Code::Format, &"the header of a Zstandard frame", &error))?;
        self.part = Part::BlockHeader;
        Ok(())
    }

    /// Begins a block of this header.
    fn block(&mut self, header: [u8; 3]) -> Result<()> {
        let bits = u32::from_le_bytes([header[0], header[1], header[2], 0]);
        let (is_last, kind, size) = (bits & 1 != 0, bits >> 1 & 3, bits >> 3);
        if u64::from(size) > BLOCK || kind == 3 {
            let found = format_args!("type {kind} and {size} bytes");
            return Err(wrong(Code::Format, &"a Zstandard block of at most 128 KiB", &found));
        }
        let size = if kind == 1 { 1 } else { size as usize };
        self.block.clear();
        self.block.extend(header);
        let left = size + if is_last && self.has_sum { 4 } else { 0 };
        self.part = if left > 0 { Part::Block(left) } else { Part::Whole };
        Ok(())
    }

    /// Bytes that the crate may come to hold when it decodes the block.
    fn needed(&self) -> Result<u64> {
        let held = self.window.min(BLOCK * self.decoder.blocks_decoded() as u64) + BLOCK;
        let ring = held.min(self.promised.unwrap_or(held));
        const SLACK: u64 = 256 << 10;
        // What it grows from and what it grows to are there at the same time.
        let ring = match ring.checked_sub(SLACK) {
            None => ring.next_power_of_two() / 2 * 3,
            Some(more) => 2 * SLACK + more.next_power_of_two() / 2 * 3,
        };
        let (literals, sequences) = self.claimed()?;
        let list = if sequences > self.sequences { self.sequences + sequences.max(2 * self.sequences) } else { self.sequences };
        Ok(ring + 12 * list + 2 * literals + 3 * self.block.len() as u64)
    }

    /// Bytes of literals and number of sequences that the block claims.
    fn claimed(&self) -> Result<(u64, u64)> {
        let content = &self.block[3..];
        if self.block[0] >> 1 & 3 != 2 {
            return Ok((0, 0));
        }
        let byte = |place: usize| u64::from(content.get(place).copied().unwrap_or(0));
        let bits = (0..5).fold(0, |bits, place| bits | byte(place) << (8 * place));
        let (literals, header, stored) = match (bits & 3, bits >> 2 & 3) {
            (kind @ 0..2, form) => {
                let (literals, header) = match form {
                    1 => (bits >> 4 & 0xfff, 2),
                    3 => (bits >> 4 & 0xf_ffff, 3),
                    _ => (bits >> 3 & 0x1f, 1),
                };
                (literals, header, if kind == 0 { literals } else { 1 })
            }
            (_, 0 | 1) => (bits >> 4 & 0x3ff, 3, bits >> 14 & 0x3ff),
            (_, 2) => (bits >> 4 & 0x3fff, 4, bits >> 18 & 0x3fff),
            _ => (bits >> 4 & 0x3_ffff, 5, bits >> 22 & 0x3_ffff),
        };
        let place = decolle_number::saturated(header + stored);
        let sequences = match byte(place) {
            few @ 0..128 => few,
            more @ 128..255 => (more - 128) << 8 | byte(place + 1),
            _ => (byte(place + 1) | byte(place + 2) << 8) + 0x7f00,
        };
        // A sequence makes three bytes at least.
        if literals > BLOCK || sequences > BLOCK / 3 {
            let found = format_args!("{literals} literals and {sequences} sequences");
            return Err(wrong(Code::Format, &"a Zstandard block of at most 128 KiB", &found));
        }
        Ok((literals, sequences))
    }

    /// Decodes the block.
    fn decode(&mut self) -> Result<()> {
        let (_, sequences) = self.claimed()?;
        if sequences > self.sequences {
            self.sequences = sequences.max(2 * self.sequences);
        }
        let is_last = self
            .decoder
            .decode_blocks(&self.block[..], BlockDecodingStrategy::UptoBlocks(1))
            .map_err(|error| wrong(Code::Format, &"a Zstandard block", &error))?;
        let is_more = self.promised.is_some_and(|promised| self.content + self.decoder.can_collect() as u64 > promised);
        if is_more {
            return Err(wrong(Code::Format, &"content of the size that the frame promised", &"more"));
        }
        self.part = if is_last { Part::Magic } else { Part::BlockHeader };
        Ok(())
    }
}

/// Bytes of a frame's header behind its descriptor.
fn frame_header(flags: u8) -> usize {
    let window = usize::from(flags & 0x20 == 0);
    let dictionary = [0, 1, 2, 4][usize::from(flags & 3)];
    window + dictionary + content_size(flags)
}

/// Bytes in which a frame's header says the size of its content.
fn content_size(flags: u8) -> usize {
    match flags >> 6 {
        0 => usize::from(flags & 0x20 != 0),
        code => 1 << code,
    }
}
