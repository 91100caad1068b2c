//! What decoders share that are fed a file in pieces: fields that arrive in parts, header lines, faults that name their byte.

use decolle_error::{Code, Fault};
use std::fmt::Display;

/// The fault of the byte at this offset of the file.
#[cold]
#[inline(never)]
pub(super) fn fault(code: Code, byte: u64, expected: &dyn Display, found: &dyn Display) -> Fault {
    Fault::unfit(code, &format_args!("byte {byte}"), expected, found)
}

/// Takes the first bytes of what is left, at most so many.
pub(super) fn split<'a>(bytes: &mut &'a [u8], most: usize) -> &'a [u8] {
    let (first, rest) = bytes.split_at(most.min(bytes.len()));
    *bytes = rest;
    first
}

/// The first bytes of a field of at most `N` bytes, the others of which have not come yet.
pub(super) struct Gather<const N: usize> {
    bytes: [u8; N],
    held: usize,
}

impl<const N: usize> Gather<N> {
    /// Nothing yet.
    pub(super) const fn new() -> Self {
        Self { bytes: [0; N], held: 0 }
    }

    /// What has come.
    pub(super) fn held(&self) -> &[u8] {
        &self.bytes[..self.held]
    }

    /// Takes bytes up to a field of `wanted` bytes, at most `N`; gives it once it is whole, and begins anew.
    pub(super) fn fill(&mut self, bytes: &mut &[u8], wanted: usize) -> Option<[u8; N]> {
        let more = split(bytes, wanted.saturating_sub(self.held));
        self.bytes[self.held..self.held + more.len()].copy_from_slice(more);
        self.held += more.len();
        if self.held < wanted {
            return None;
        }
        self.held = 0;
        Some(self.bytes)
    }

    /// Takes one byte, while fewer than `N` are held.
    pub(super) fn push(&mut self, byte: u8) {
        self.bytes[self.held] = byte;
        self.held += 1;
    }

    /// Begins anew.
    pub(super) fn clear(&mut self) {
        self.held = 0;
    }
}

/// A line of a text header, of which the beginning is kept: values that decoders look for stand there, and some programs write
/// lines of many kilobytes.
pub(super) struct Line {
    kept: [u8; Self::KEPT],
    length: usize,
}

impl Line {
    /// Bytes that are kept.
    const KEPT: usize = 256;

    /// An empty line.
    pub(super) const fn new() -> Self {
        Self { kept: [0; Self::KEPT], length: 0 }
    }

    /// Takes bytes up to the end of the line, and tells whether that has come.
    pub(super) fn fill(&mut self, bytes: &mut &[u8]) -> bool {
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let part = split(bytes, end.map_or(usize::MAX, |end| end + 1));
        self.keep(part);
        end.is_some()
    }

    /// Appends what there is room for.
    pub(super) fn keep(&mut self, part: &[u8]) {
        let more = part.len().min(Self::KEPT - self.length);
        self.kept[self.length..self.length + more].copy_from_slice(&part[..more]);
        self.length += more;
    }

    /// The beginning of the line, without white space around it; as far as it is UTF-8.
    pub(super) fn text(&self) -> &str {
        let bytes = &self.kept[..self.length];
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
        };
        text.trim()
    }

    /// Begins anew.
    pub(super) fn clear(&mut self) {
        self.length = 0;
    }
}

/// A little-endian number at a place of a field; 0 beyond its end.
macro_rules! little_endian {
    ($($name:ident: $type:ty),*) => {$(
        pub(super) fn $name(bytes: &[u8], place: usize) -> $type {
            let field = bytes.get(place..).and_then(|rest| rest.first_chunk());
            field.map_or(0, |field| <$type>::from_le_bytes(*field))
        }
    )*};
}
little_endian!(u16_at: u16, i16_at: i16, u32_at: u32, i32_at: i32, u64_at: u64, i64_at: i64);
