//! Files of recordings, read and written piece by piece.

use decolle_border::{Reading, Writing};
use decolle_events::Pixels;
use decolle_web_border::thrown;
use js_sys::{Error, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::columns::block_columns;

/// JSON: the formats.
#[wasm_bindgen]
pub fn formats() -> String {
    decolle_border::formats()
}

/// A file that is read.
#[wasm_bindgen]
pub struct Reader {
    reading: Reading,
}

#[wasm_bindgen]
impl Reader {
    /// Begins to read.
    ///
    /// # Errors
    /// `unsupported`, `config`, `range`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        format: &str,
        order: &str,
        #[wasm_bindgen(js_name = sortWithin)] sort_within: f64,
        partial: bool,
    ) -> Result<Self, Error> {
        let reading = Reading::new(format, order, sort_within, partial).map_err(thrown)?;
        Ok(Self { reading })
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// `busy`, `range`, `memory`.
    pub fn give(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.reading.give(bytes).map_err(thrown)
    }

    /// Says that there are no more bytes.
    ///
    /// # Errors
    /// `disposed`.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.reading.finish().map_err(thrown)
    }

    /// The next events.
    ///
    /// # Errors
    /// Those of the events crate.
    #[wasm_bindgen(js_name = next, unchecked_return_type = "EventColumns")]
    pub fn next_block(&mut self) -> Result<JsValue, Error> {
        self.reading.next_block().map(block_columns).map_err(thrown)
    }

    /// JSON: what is known of the file.
    ///
    /// # Errors
    /// `disposed`.
    pub fn describe(&mut self) -> Result<String, Error> {
        self.reading.describe().map_err(thrown)
    }

    /// Gives the reader up.
    pub fn dispose(&mut self) {
        self.reading.dispose();
    }
}

/// A file that is written.
#[wasm_bindgen]
pub struct Encoder {
    writing: Writing,
}

#[wasm_bindgen]
impl Encoder {
    /// Begins to write.
    ///
    /// # Errors
    /// `unsupported`, `shape`, those of the format.
    #[wasm_bindgen(constructor)]
    pub fn new(format: &str, sensor: &[u32], events: f64) -> Result<Self, Error> {
        let writing = Writing::new(format, sensor, events).map_err(thrown)?;
        Ok(Self { writing })
    }

    /// The bytes of the next events.
    ///
    /// # Errors
    /// Those of the format.
    pub fn put(&mut self, x: &[u16], y: &[u16], p: &[u8], t: &[f64]) -> Result<Uint8Array, Error> {
        let bytes = self.writing.put(Pixels { x, y, p }, t).map_err(thrown)?;
        Ok(Uint8Array::from(&bytes[..]))
    }

    /// The bytes that follow the last event.
    ///
    /// # Errors
    /// Those of the format.
    pub fn end(&mut self) -> Result<Uint8Array, Error> {
        self.writing.end().map(|bytes| Uint8Array::from(&bytes[..])).map_err(thrown)
    }

    /// Gives the encoder up.
    pub fn dispose(&mut self) {
        self.writing.dispose();
    }
}
