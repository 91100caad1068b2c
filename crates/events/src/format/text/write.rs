//! Writing text.

use crate::Pixels;
use crate::format::write::{Limits, make_room};
use crate::format::{About, Encoder};
use decolle_error::Result;
use std::io::Write;

/// A file that is being written.
pub(super) struct Writer {
    limits: Limits,
}

impl Writer {
    pub(super) fn new(about: &About) -> Result<Self> {
        Ok(Self { limits: Limits::new([1 << 16; 2], about.sensor)? })
    }
}

impl Encoder for Writer {
    fn put(&mut self, pixels: Pixels<'_>, time: &[i64], bytes: &mut Vec<u8>) -> Result<()> {
        self.limits.check(pixels, time)?;
        // Seconds have 11 digits at most and lines 33 bytes.
        make_room(bytes, time.len() * 33)?;
        for (index, &time) in time.iter().enumerate() {
            let (x, y, p) = (pixels.x[index], pixels.y[index], pixels.p[index]);
            // A list of bytes takes everything.
            let _ = writeln!(bytes, "{}.{:06} {x} {y} {p}", time / 1_000_000, time % 1_000_000);
        }
        Ok(())
    }

    fn end(&mut self, _: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }
}
