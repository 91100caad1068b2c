//! Headers of the members of a zip archive.

use crate::format::pieces::{fault, split, u16_at, u32_at, u64_at};
use decolle_error::{Code, Result};

/// What a member begins with, and what may stand behind it where its sizes were not known before.
pub(super) const LOCAL: u32 = 0x0403_4b50;
pub(super) const DESCRIPTOR: u32 = 0x0807_4b50;

/// What the list of members begins with, and what follows it.
pub(super) const LIST: u32 = 0x0201_4b50;
pub(super) const END: u32 = 0x0605_4b50;

/// Bytes of a member's header before its name.
pub(super) const HEADER: usize = 30;

/// A member, from what is said before and behind it.
#[derive(Default)]
pub(super) struct Member {
    /// Where it begins.
    pub(super) first: u64,
    /// Its name, and bytes of its extra fields.
    pub(super) name: Vec<u8>,
    pub(super) extra: Vec<u8>,
    pub(super) extra_length: usize,
    pub(super) is_deflated: bool,
    /// Whether checksum and sizes stand behind it, and whether these have 64 bits.
    pub(super) has_descriptor: bool,
    is_zip64: bool,
    sum: u32,
    /// Bytes as they stand in the archive, and inflated; how many of these came.
    pub(super) packed: u64,
    size: u64,
    pub(super) taken: u64,
    pub(super) made: u64,
    /// Whether the inflated bytes have come to their end.
    pub(super) is_over: bool,
    /// Where its bytes begin among those that are kept.
    pub(super) kept: u64,
}

/// Whether these first bytes are those of an archive whose first member is an array.
pub(super) fn is_archive(first: &[u8]) -> bool {
    let name = first.get(HEADER..).and_then(|rest| rest.get(..u16_at(first, 26).into()));
    first.starts_with(&LOCAL.to_le_bytes()) && name.is_some_and(|name| name.ends_with(b".npy"))
}

impl Member {
    /// A member at this byte, of whose header this is what follows the signature; and the length of its name.
    ///
    /// # Errors
    /// `unsupported`.
    pub(super) fn begin(first: u64, header: &[u8; HEADER]) -> Result<(Self, usize)> {
        let (flags, method) = (u16_at(header, 2), u16_at(header, 4));
        let unsupported = |expected: &str, found: u16| {
            Err(fault(Code::Unsupported, first + 6, &expected, &format_args!("{found:#06x}")))
        };
        if flags & 0x41 != 0 {
            return unsupported("a member that is not encrypted", flags);
        }
        if method != 0 && method != 8 {
            return unsupported("a member that is stored (0) or deflated (8)", method);
        }
        if method == 0 && flags & 8 != 0 {
            return unsupported("the size of a stored member before it", flags);
        }
        let member = Self {
            first,
            extra_length: u16_at(header, 24).into(),
            is_deflated: method == 8,
            has_descriptor: flags & 8 != 0,
            sum: u32_at(header, 10),
            packed: u32_at(header, 14).into(),
            size: u32_at(header, 18).into(),
            ..Self::default()
        };
        Ok((member, u16_at(header, 22).into()))
    }

    /// Reads the extra fields: sizes that 32 bits do not hold.
    pub(super) fn read_extra(&mut self) {
        let mut extra = self.extra.as_slice();
        while extra.len() >= 4 {
            let (kind, size) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
            extra = &extra[4..];
            let field = split(&mut extra, size);
            if kind != 1 {
                continue;
            }
            self.is_zip64 = true;
            let mut place = 0;
            for size in [&mut self.size, &mut self.packed] {
                if *size == u64::from(u32::MAX) {
                    *size = u64_at(field, place);
                    place += 8;
                }
            }
        }
    }

    /// Bytes of what stands behind it, with a signature or without.
    pub(super) fn descriptor(&self, has_signature: bool) -> usize {
        4 + if has_signature { 4 } else { 0 } + if self.is_zip64 { 16 } else { 8 }
    }

    /// Reads what stands behind it.
    pub(super) fn describe(&mut self, descriptor: &[u8], has_signature: bool) {
        let place = if has_signature { 4 } else { 0 };
        self.sum = u32_at(descriptor, place);
        (self.packed, self.size) = if self.is_zip64 {
            (u64_at(descriptor, place + 4), u64_at(descriptor, place + 12))
        } else {
            (u32_at(descriptor, place + 4).into(), u32_at(descriptor, place + 8).into())
        };
    }

    /// Refuses a member that is not what was said of it, by its sizes and its checksum.
    ///
    /// # Errors
    /// `format`.
    pub(super) fn check(&self, computed: u32) -> Result<()> {
        let Self { packed, size, taken, made, sum, first, .. } = *self;
        if (packed, size) != (taken, made) {
            let expected = format_args!("a member of {packed} bytes, inflated {size}");
            return Err(fault(Code::Format, first, &expected, &format_args!("{taken} and {made}")));
        }
        if computed != sum {
            let expected = format_args!("{computed:#010x}, the checksum of the member");
            return Err(fault(Code::Format, first, &expected, &format_args!("{sum:#010x}")));
        }
        Ok(())
    }
}
