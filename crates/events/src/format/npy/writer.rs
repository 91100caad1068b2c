//! Writing of `.npy` files.

use super::rows::MAGIC;
use crate::Pixels;
use crate::format::write::{Limits, make_room};
use crate::format::{About, Encoder};
use decolle_error::{Code, Fault, Result};

/// Bytes of a record.
const RECORD: usize = 13;

/// A file that is being written.
struct Writer {
    events: u64,
    written: u64,
    begun: bool,
    limits: Limits,
}

/// Begins to write a file of so many events.
pub(super) fn begin(about: &About) -> Result<Box<dyn Encoder>> {
    let Some(events) = about.events else {
        return Err(Fault::unfit(Code::Config, &"events", &"the number of events, which the header holds", &"none"));
    };
    let limits = Limits::new([1 << 16; 2], about.sensor)?;
    Ok(Box::new(Writer { events, written: 0, begun: false, limits }))
}

impl Encoder for Writer {
    fn put(&mut self, pixels: Pixels<'_>, time: &[i64], bytes: &mut Vec<u8>) -> Result<()> {
        let all = self.written + time.len() as u64;
        if all > self.events {
            return Err(Fault::unfit(Code::Shape, &"events", &self.events, &format_args!("{all} or more")));
        }
        self.limits.check(pixels, time)?;
        make_room(bytes, time.len() * RECORD + 192)?;
        self.begin(bytes);
        for (event, time) in time.iter().enumerate() {
            bytes.extend(pixels.x[event].to_le_bytes());
            bytes.extend(pixels.y[event].to_le_bytes());
            bytes.extend(time.to_le_bytes());
            bytes.push(pixels.p[event]);
        }
        self.written = all;
        Ok(())
    }

    fn end(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        if self.written != self.events {
            return Err(Fault::unfit(Code::Shape, &"events", &self.events, &self.written));
        }
        self.begin(bytes);
        Ok(())
    }
}

impl Writer {
    /// Appends the header, once: its length is a multiple of 64, and its last byte ends a line.
    fn begin(&mut self, bytes: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let fields = "[('x', '<u2'), ('y', '<u2'), ('t', '<i8'), ('p', '|b1')]";
        let header = format!("{{'descr': {fields}, 'fortran_order': False, 'shape': ({},), }}", self.events);
        let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
        bytes.extend(MAGIC);
        bytes.extend([1, 0]);
        bytes.extend(u16::try_from(length).unwrap_or(0).to_le_bytes());
        bytes.extend(format!("{header:<width$}\n", width = length - 1).as_bytes());
    }
}
