//! Writing of `.npz` archives: one member, `events.npy`, its bytes in deflate's blocks that are not compressed, so that they go out
//! as they come; checksum and sizes stand behind it. Sizes have 64 bits everywhere, as NumPy writes them.

use super::archive::CRC;
use super::member::{DESCRIPTOR, END, LIST, LOCAL};
use super::writer;
use crate::Pixels;
use crate::format::write::make_room;
use crate::format::{About, Encoder};
use crc::{Digest, Table};
use decolle_error::Result;

/// The one member.
const NAME: &[u8] = b"events.npy";

/// What the version of the format is that has 64-bit sizes; sizes behind a member; deflate; the first of January 1980, which is the
/// least there is.
const VERSION: [u8; 2] = [45, 0];
const BEHIND: [u8; 2] = [8, 0];
const DEFLATE: [u8; 2] = [8, 0];
const DATE: [u8; 4] = [0, 0, 0x21, 0];

/// Stands where a number has 64 bits elsewhere.
const ELSEWHERE: [u8; 4] = [0xff; 4];

/// Bytes of a block.
const BLOCK: usize = 0xffff;

/// An archive that is being written.
struct Archive {
    array: Box<dyn Encoder>,
    /// Bytes of the array that are not in a block yet.
    made: Vec<u8>,
    sum: Digest<'static, u32, Table<1>>,
    /// Bytes of the array, as they are and in blocks.
    size: u64,
    packed: u64,
    begun: bool,
}

/// Begins to write an archive of so many events.
pub(super) fn begin(about: &About) -> Result<Box<dyn Encoder>> {
    let array = writer::begin(about)?;
    Ok(Box::new(Archive { array, made: Vec::new(), sum: CRC.digest(), size: 0, packed: 0, begun: false }))
}

impl Encoder for Archive {
    fn put(&mut self, pixels: Pixels<'_>, time: &[i64], bytes: &mut Vec<u8>) -> Result<()> {
        self.array.put(pixels, time, &mut self.made)?;
        self.store(self.made.len() / BLOCK * BLOCK, bytes)
    }

    fn end(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        self.array.end(&mut self.made)?;
        self.store(self.made.len(), bytes)?;
        bytes.extend([1, 0, 0, 0xff, 0xff]);
        self.packed += 5;
        let sum = self.sum.clone().finalize().to_le_bytes();
        bytes.extend(DESCRIPTOR.to_le_bytes());
        bytes.extend(sum);
        bytes.extend(self.packed.to_le_bytes());
        bytes.extend(self.size.to_le_bytes());
        let list = head().len() as u64 + self.packed + 24;
        let entry = self.entry(sum);
        bytes.extend(&entry);
        bytes.extend(ends(list, entry.len() as u64));
        Ok(())
    }
}

impl Archive {
    /// Appends so many bytes of what was made of the array, after the member's header where they are the first. Blocks are whole but
    /// for the last one, so that a file does not depend on the pieces that it was written in.
    fn store(&mut self, count: usize, bytes: &mut Vec<u8>) -> Result<()> {
        make_room(bytes, count + 5 * (count / BLOCK + 1) + 256)?;
        if !std::mem::replace(&mut self.begun, true) {
            bytes.extend(head());
        }
        self.sum.update(&self.made[..count]);
        self.size += count as u64;
        for block in self.made[..count].chunks(BLOCK) {
            let length = u16::try_from(block.len()).unwrap_or(0);
            bytes.push(0);
            bytes.extend(length.to_le_bytes());
            bytes.extend((!length).to_le_bytes());
            bytes.extend(block);
            self.packed += 5 + block.len() as u64;
        }
        self.made.drain(..count);
        Ok(())
    }

    /// The member's entry in the list of members.
    fn entry(&self, sum: [u8; 4]) -> Vec<u8> {
        let name = u16::try_from(NAME.len()).unwrap_or(0).to_le_bytes();
        let parts: [&[u8]; 15] = [
            &LIST.to_le_bytes(),
            &VERSION,
            &VERSION,
            &BEHIND,
            &DEFLATE,
            &DATE,
            &sum,
            &ELSEWHERE,
            &ELSEWHERE,
            &name,
            &[20, 0],
            // No remark, the first file, no attributes, at the first byte.
            &[0; 14],
            NAME,
            &[1, 0, 16, 0],
            &[self.size.to_le_bytes(), self.packed.to_le_bytes()].concat(),
        ];
        parts.concat()
    }
}

/// What stands before the member: room for sizes of 64 bits.
fn head() -> Vec<u8> {
    let name = u16::try_from(NAME.len()).unwrap_or(0).to_le_bytes();
    let parts: [&[u8]; 11] = [
        &LOCAL.to_le_bytes(),
        &VERSION,
        &BEHIND,
        &DEFLATE,
        &DATE,
        &[0; 4],
        &[ELSEWHERE, ELSEWHERE].concat(),
        &name,
        &[20, 0],
        NAME,
        &[&[1, 0, 16, 0][..], &[0; 16]].concat(),
    ];
    parts.concat()
}

/// What stands behind the list of members, which begins at this byte and has so many: with 64 bits, where these are, and with 32.
fn ends(list: u64, length: u64) -> Vec<u8> {
    let one = 1u64.to_le_bytes();
    let parts: [&[u8]; 19] = [
        &0x0606_4b50u32.to_le_bytes(),
        &44u64.to_le_bytes(),
        &VERSION,
        &VERSION,
        &[0; 8],
        &one,
        &one,
        &length.to_le_bytes(),
        &list.to_le_bytes(),
        &0x0706_4b50u32.to_le_bytes(),
        &[0; 4],
        &(list + length).to_le_bytes(),
        &[1, 0, 0, 0],
        &END.to_le_bytes(),
        &[0; 4],
        &[1, 0, 1, 0],
        &ELSEWHERE,
        &ELSEWHERE,
        &[0; 2],
    ];
    parts.concat()
}
