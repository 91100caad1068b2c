//! Simulated event cameras before frames and before a pointer's spot.

use decolle_events::{FrameOptions, SpotOptions};
use napi::bindgen_prelude::{Float32Array, Uint8Array};
use napi_derive::napi;

use crate::recording::EventColumns;
use crate::safely;

/// A simulated event camera that looks at frames.
#[napi]
pub struct FrameCamera {
    camera: decolle_events::FrameCamera,
}

#[napi]
impl FrameCamera {
    /// Builds the camera.
    #[napi(constructor)]
    pub fn new(options_json: String) -> napi::Result<Self> {
        let camera = safely(|| decolle_events::FrameCamera::new(&FrameOptions::from_json(&options_json)?))?;
        Ok(Self { camera })
    }

    /// The events up to a frame of luminance from 0 to 255.
    #[napi]
    pub fn expose(&mut self, luminance: Uint8Array, time: f64) -> napi::Result<EventColumns> {
        safely(|| self.camera.expose(&luminance, decolle_border::instant("time", time)?)).map(EventColumns::from)
    }

    /// The events up to a frame of luminance from 0 to 1.
    #[napi]
    pub fn expose_float(&mut self, luminance: Float32Array, time: f64) -> napi::Result<EventColumns> {
        safely(|| self.camera.expose_float(&luminance, decolle_border::instant("time", time)?)).map(EventColumns::from)
    }

    /// Forgets the last frame.
    #[napi]
    pub fn settle(&mut self) {
        self.camera.settle();
    }
}

/// A simulated event camera that watches a spot move.
#[napi]
pub struct SpotCamera {
    camera: decolle_events::SpotCamera,
}

#[napi]
impl SpotCamera {
    /// Builds the camera.
    #[napi(constructor)]
    pub fn new(options_json: String) -> napi::Result<Self> {
        let camera = safely(|| decolle_events::SpotCamera::new(&SpotOptions::from_json(&options_json)?))?;
        Ok(Self { camera })
    }

    /// Puts the spot somewhere without an event.
    #[napi]
    pub fn put(&mut self, x: f64, y: f64) -> napi::Result<()> {
        safely(|| self.camera.put(x, y))
    }

    /// The events of a move.
    #[napi]
    pub fn move_to(&mut self, x: f64, y: f64, from: f64, to: f64) -> napi::Result<EventColumns> {
        let moved = safely(|| {
            let (from, to) = (decolle_border::instant("from", from)?, decolle_border::instant("to", to)?);
            self.camera.move_to(x, y, from, to)
        });
        moved.map(EventColumns::from)
    }
}
