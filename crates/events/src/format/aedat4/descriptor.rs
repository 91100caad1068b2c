//! The descriptor of an LZ4 frame: what stands between its first four bytes and its blocks.

use super::lz4::wrong;
use crate::format::pieces::u64_at;
use decolle_error::{Code, Result};
use std::hash::Hasher;
use twox_hash::XxHash32;

/// Flags.
const BLOCK_SUM: u8 = 1 << 4;
const CONTENT_SIZE: u8 = 1 << 3;
const CONTENT_SUM: u8 = 1 << 2;
const DICTIONARY: u8 = 1;

/// What a frame's descriptor says.
#[derive(Default)]
pub(super) struct Descriptor {
    flags: u8,
    /// The greatest size of a block.
    pub(super) greatest: u32,
    /// Bytes of the content, where they are said.
    pub(super) promised: Option<u64>,
    sum: XxHash32,
}

impl Descriptor {
    /// The first two bytes: flags, and a code of the greatest size of a block.
    ///
    /// # Errors
    /// `format`, `unsupported`, without a place.
    pub(super) fn begin([flags, size]: [u8; 2]) -> Result<Self> {
        if flags >> 6 != 1 || flags & 2 != 0 || size & 0x8f != 0 || size < 0x40 {
            return Err(wrong("flags of an LZ4 frame of version 1", &format_args!("{flags:#04x} and {size:#04x}")));
        }
        if flags & DICTIONARY != 0 {
            return Err(wrong("an LZ4 frame without a dictionary", &"one with").coded(Code::Unsupported));
        }
        let mut sum = XxHash32::with_seed(0);
        sum.write(&[flags, size]);
        // 64 KiB, 256 KiB, 1 MiB and 4 MiB are 4 to 7.
        Ok(Self { flags, greatest: 1 << (8 + 2 * u32::from(size >> 4)), promised: None, sum })
    }

    /// Bytes behind the first two.
    pub(super) fn rest(&self) -> usize {
        1 + if self.flags & CONTENT_SIZE != 0 { 8 } else { 0 }
    }

    /// These bytes: perhaps the content's size, and a byte of the descriptor's checksum.
    ///
    /// # Errors
    /// `format`, without a place.
    pub(super) fn finish(&mut self, field: &[u8]) -> Result<()> {
        let (sum, size) = field.split_last().unwrap_or((&0, &[]));
        self.sum.write(size);
        let expected = self.sum.finish_32() >> 8 & 0xff;
        if u32::from(*sum) != expected {
            let expected = format!("{expected:#04x}, the checksum of the frame's header");
            return Err(wrong(&expected, &format_args!("{sum:#04x}")));
        }
        self.promised = (!size.is_empty()).then(|| u64_at(size, 0));
        Ok(())
    }

    /// Whether a checksum follows each block.
    #[inline]
    pub(super) fn has_block_sum(&self) -> bool {
        self.flags & BLOCK_SUM != 0
    }

    /// Whether a checksum follows the content.
    pub(super) fn has_content_sum(&self) -> bool {
        self.flags & CONTENT_SUM != 0
    }
}
