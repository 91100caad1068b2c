//! Files of recordings, read and written piece by piece.

use decolle_border::{Reading, Writing};
use decolle_events::{Block, Pixels};
use napi::bindgen_prelude::{Float64Array, Uint8Array, Uint16Array};
use napi_derive::napi;

use crate::recording::EventColumns;
use crate::safely;

impl From<&Block> for EventColumns {
    fn from(block: &Block) -> Self {
        Self {
            x: Uint16Array::new(block.x().to_vec()),
            y: Uint16Array::new(block.y().to_vec()),
            p: Uint8Array::new(block.polarity().to_vec()),
            t: Float64Array::new(decolle_border::float_times(block)),
        }
    }
}

/// JSON: the formats.
#[napi]
pub fn formats() -> String {
    decolle_border::formats()
}

/// A file that is read.
#[napi]
pub struct Reader {
    reading: Reading,
}

#[napi]
impl Reader {
    /// Begins to read.
    #[napi(constructor)]
    pub fn new(format: String, order: String, sort_within: f64, partial: bool) -> napi::Result<Self> {
        safely(|| Reading::new(&format, &order, sort_within, partial)).map(|reading| Self { reading })
    }

    /// Takes the next bytes of the file.
    #[napi]
    pub fn give(&mut self, bytes: &[u8]) -> napi::Result<()> {
        safely(|| self.reading.give(bytes))
    }

    /// Says that there are no more bytes.
    #[napi]
    pub fn finish(&mut self) -> napi::Result<()> {
        safely(|| self.reading.finish())
    }

    /// The next events.
    #[napi(js_name = "next")]
    pub fn next_block(&mut self) -> napi::Result<EventColumns> {
        safely(|| self.reading.next_block().map(EventColumns::from))
    }

    /// JSON: what is known of the file.
    #[napi]
    pub fn describe(&mut self) -> napi::Result<String> {
        safely(|| self.reading.describe())
    }

    /// Gives the reader up.
    #[napi]
    pub fn dispose(&mut self) {
        self.reading.dispose();
    }
}

/// A file that is written.
#[napi]
pub struct Encoder {
    writing: Writing,
}

#[napi]
impl Encoder {
    /// Begins to write.
    #[napi(constructor)]
    pub fn new(format: String, sensor: &[u32], events: f64) -> napi::Result<Self> {
        safely(|| Writing::new(&format, sensor, events)).map(|writing| Self { writing })
    }

    /// The bytes of the next events.
    #[napi]
    pub fn put(&mut self, x: &[u16], y: &[u16], p: &[u8], t: &[f64]) -> napi::Result<Uint8Array> {
        safely(|| self.writing.put(Pixels { x, y, p }, t)).map(Uint8Array::new)
    }

    /// The bytes that follow the last event.
    #[napi]
    pub fn end(&mut self) -> napi::Result<Uint8Array> {
        safely(|| self.writing.end()).map(Uint8Array::new)
    }

    /// Gives the encoder up.
    #[napi]
    pub fn dispose(&mut self) {
        self.writing.dispose();
    }
}
