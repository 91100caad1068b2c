//! Recordings of event cameras as JavaScript objects.

use decolle_events::{CLASSES, Events, RateCoding, SyntheticOptions, Train};
use napi::bindgen_prelude::{Float64Array, Uint8Array, Uint16Array, Uint32Array};
use napi_derive::napi;

use crate::safely;

/// The events of a recording as columns of equal length.
#[napi(object)]
pub struct EventColumns {
    /// Column of the pixel, from 0.
    pub x: Uint16Array,
    /// Row of the pixel, from 0.
    pub y: Uint16Array,
    /// Polarity: 0 where it darkened, 1 where it brightened.
    pub p: Uint8Array,
    /// Time in whole microseconds.
    pub t: Float64Array,
}

impl From<Events> for EventColumns {
    fn from(events: Events) -> Self {
        let t = Float64Array::new(events.float_times());
        Self { x: Uint16Array::new(events.x), y: Uint16Array::new(events.y), p: Uint8Array::new(events.polarity), t }
    }
}

/// A spike train as columns of equal length.
#[napi(object)]
pub struct TrainColumns {
    /// Time in whole microseconds.
    pub t: Float64Array,
    /// Which unit, from 0.
    pub unit: Uint32Array,
}

impl From<Train> for TrainColumns {
    fn from(train: Train) -> Self {
        Self { t: Float64Array::new(train.float_times()), unit: Uint32Array::new(train.unit) }
    }
}

/// Draws the spike train of an image by rate coding.
#[napi]
pub fn rate_coded(image: Uint8Array, options_json: String) -> napi::Result<TrainColumns> {
    safely(|| decolle_events::rate_coded(&image, &RateCoding::from_json(&options_json)?)).map(TrainColumns::from)
}

/// Records an image through three saccades.
#[napi]
pub fn saccades(image: Uint8Array, options_json: String) -> napi::Result<EventColumns> {
    safely(|| decolle_events::saccades(&image, &SyntheticOptions::from_json(&options_json)?)).map(EventColumns::from)
}

/// A recording of the synthetic event camera.
#[napi(object)]
pub struct SyntheticRecording {
    /// The events.
    pub events: EventColumns,
    /// Index of the gesture.
    pub class: u32,
}

/// A piece of the synthetic event camera's endless stream.
#[napi(object)]
pub struct SyntheticPiece {
    /// The events.
    pub events: EventColumns,
    /// Index of the gesture shown longest in the piece.
    pub class: u32,
    /// Where the piece starts, in microseconds.
    pub start: f64,
    /// Where it ends, in microseconds.
    pub end: f64,
}

/// Names of the synthetic gestures, in the order of their classes.
#[napi]
pub fn synthetic_classes() -> Vec<&'static str> {
    CLASSES.to_vec()
}

/// Makes a synthetic recording.
#[napi]
pub fn synthesize(options_json: String) -> napi::Result<SyntheticRecording> {
    let recording = safely(|| decolle_events::synthesize(&SyntheticOptions::from_json(&options_json)?))?;
    Ok(SyntheticRecording { events: recording.events.into(), class: recording.class })
}

/// A synthetic event camera that never ends.
#[napi]
pub struct SyntheticCamera {
    camera: decolle_events::SyntheticCamera,
}

#[napi]
impl SyntheticCamera {
    /// Builds the camera.
    #[napi(constructor)]
    pub fn new(options_json: String) -> napi::Result<Self> {
        let camera = safely(|| decolle_events::SyntheticCamera::new(&SyntheticOptions::from_json(&options_json)?))?;
        Ok(Self { camera })
    }

    /// The events of the next `duration` microseconds.
    #[napi]
    pub fn next(&mut self, duration: f64) -> napi::Result<SyntheticPiece> {
        let piece = safely(|| self.camera.next(decolle_border::duration(duration)?))?;
        Ok(SyntheticPiece {
            events: piece.events.into(),
            class: piece.class,
            start: piece.start as f64,
            end: piece.end as f64,
        })
    }

    /// Where the next piece starts, in microseconds.
    #[napi]
    pub fn time(&self) -> f64 {
        self.camera.time() as f64
    }
}
