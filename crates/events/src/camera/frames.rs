//! Frames before the camera: a webcam, a film, a canvas, made into events as v2e makes them (Y. Hu, S.-C. Liu, T. Delbruck,
//! "v2e: From Video Frames to Realistic DVS Events", CVPR Workshops 2021).
//!
//! | constant | usual value | source |
//! |---|---|---|
//! | threshold | 0.2 in ln of the luminance, ± 0.03 from pixel to pixel | v2e's default |
//! | refractory time | 500 µs | v2e's default |
//! | toe | luminance 20 of 255, from where on the intensity is logarithmic | v2e's `lin_log` |
//! | noise, leak | none; v2e's noisy camera has 5 and 0.1 events per pixel and second | v2e's `clean`, `noisy` |
//! | interpolation | linear in the log intensity between two frames | ESIM (Rebecq, Gehrig, Scaramuzza, CoRL 2018) |
//!
//! Below the toe the intensity goes on along the tangent of the logarithm. v2e draws a line from there to 0, three times as
//! steep, which makes the dark of a webcam's picture, where its noise is, three times as lively.
//!
//! Luminance is taken as frames have it, which is encoded for the eye (sRGB), as v2e takes it: a contrast of 0.2 in it is one
//! of about 0.44 in light.

use super::canvas::Canvas;
use super::options::{MOST_EVENTS, SIDES, whole};
use super::sensor::Pixels;
use super::sensor_options::{GivenSensor, Sensor};
use crate::columns::LARGEST_WHOLE;
use crate::{Events, check};
use decolle_error::{Code, Fault, Result};
use decolle_number::nearest;
use decolle_random::{Generator, seed_from_number};

/// Least and largest toe: the smallest luminance that a byte holds, and all of its range.
const TOES: (f64, f64) = (1.0 / 255.0, 1.0);

/// Shortest and longest gap in microseconds.
const GAPS: (i64, i64) = (1_000, 10_000_000);

/// How a [`FrameCamera`] sees.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameOptions {
    /// Seed of thresholds and noise.
    pub seed: u64,
    /// Width in pixels, 8 to 512.
    pub width: u16,
    /// Height in pixels, 8 to 512.
    pub height: u16,
    /// Luminance from which on the intensity is logarithmic, as a share of white, 1/255 to 1; below it is linear.
    pub toe: f64,
    /// Microseconds between two frames, 1,000 to 10,000,000, from which on the later one is taken as the first is: the camera
    /// looked away meanwhile, and nothing is known of what moved.
    pub gap: i64,
    /// The pixels.
    pub sensor: Sensor,
}

impl Default for FrameOptions {
    /// Seed 0, 64×64 pixels, toe 20/255, a gap of half a second, the pixels of v2e without noise.
    fn default() -> Self {
        Self {
            seed: 0,
            width: 64,
            height: 64,
            toe: 20.0 / 255.0,
            gap: 500_000,
            sensor: Sensor { refractory: 500, noise_rate: 0.0, ..Sensor::default() },
        }
    }
}

/// [`FrameOptions`] as JSON gives them.
struct Given {
    seed: Option<f64>,
    width: Option<f64>,
    height: Option<f64>,
    toe: Option<f64>,
    gap: Option<f64>,
    sensor: Option<GivenSensor>,
}

decolle_json::object! {
    Given { seed = None, width = None, height = None, toe = None, gap = None, sensor = None }
}

impl FrameOptions {
    /// Reads and checks JSON with the fields of this type in camelCase, all optional.
    ///
    /// ```
    /// use decolle_events::FrameOptions;
    /// let options = FrameOptions::from_json(r#"{"width": 32, "sensor": {"threshold": 0.3}}"#)?;
    /// assert_eq!((options.width, options.height, options.sensor.threshold), (32, 64, 0.3));
    /// let fault = FrameOptions::from_json(r#"{"toe": 2}"#).unwrap_err();
    /// assert_eq!(fault.message, "camera.toe: expected 0.00392156862745098 to 1, found 2");
    /// # Ok::<(), decolle_error::Fault>(())
    /// ```
    ///
    /// # Errors
    /// `config` for a field that is unknown or of the wrong type, `range` for a value out of its range.
    pub fn from_json(text: &str) -> Result<Self> {
        let given: Given = check::read("camera", text)?;
        let usual = Self::default();
        let seed =
            given.seed.map_or(Ok(usual.seed), |seed| seed_from_number(seed).map_err(|fault| fault.within("camera")))?;
        let options = Self {
            seed,
            width: whole("camera.width", given.width, usual.width, SIDES)?,
            height: whole("camera.height", given.height, usual.height, SIDES)?,
            toe: given.toe.unwrap_or(usual.toe),
            gap: whole("camera.gap", given.gap, usual.gap, GAPS)?,
            sensor: given.sensor.unwrap_or_default().or(&usual.sensor, "camera.sensor")?,
        };
        options.check()?;
        Ok(options)
    }

    /// The checks of [`FrameOptions::from_json`], for options made without it.
    fn check(&self) -> Result<()> {
        check::within("camera.width", self.width.into(), SIDES.0, SIDES.1)?;
        check::within("camera.height", self.height.into(), SIDES.0, SIDES.1)?;
        check::between("camera.toe", self.toe, TOES.0, TOES.1)?;
        check::within("camera.gap", self.gap, GAPS.0, GAPS.1)?;
        self.sensor.check("camera.sensor")
    }

    /// The intensity of a luminance, 0 to 1, over that at the toe.
    fn intensity(&self, luminance: f64) -> f32 {
        let over = luminance / self.toe;
        nearest(if over < 1.0 { over - 1.0 } else { libm::log(over) })
    }
}

/// A simulated event camera that looks at frames, one after the other, at any times.
///
/// Between two frames the log intensity of a pixel runs linearly, and whenever it has moved by the pixel's threshold from
/// where the pixel fired last, there is an event, at that time. The first frame is what pixels fired at last.
///
/// ```
/// use decolle_events::{FrameCamera, FrameOptions};
/// let mut camera = FrameCamera::new(&FrameOptions::from_json(r#"{"width": 8, "height": 8}"#)?)?;
/// assert!(camera.expose(&[100; 64], 0)?.is_empty());
/// let events = camera.expose(&[200; 64], 33_000)?;
/// // ln 2 is some three thresholds of 0.2.
/// assert!(events.len() > 2 * 64 && events.polarity.iter().all(|&polarity| polarity == 1));
/// assert!(events.time.iter().all(|time| (0..33_000).contains(time)));
/// # Ok::<(), decolle_error::Fault>(())
/// ```
#[derive(Clone, Debug)]
pub struct FrameCamera {
    options: FrameOptions,
    /// Intensity of each luminance that a byte holds.
    intensities: Vec<f32>,
    canvas: Canvas,
    pixels: Pixels,
    /// Time of the last frame in microseconds; nothing before the first, and after [`FrameCamera::settle`].
    time: Option<i64>,
    /// Why it cannot go on, once there was no memory in the middle of a frame.
    broken: Option<Fault>,
}

impl FrameCamera {
    /// A camera that has seen nothing yet.
    ///
    /// # Errors
    /// `range` or `not-finite` for options out of their range.
    pub fn new(options: &FrameOptions) -> Result<Self> {
        options.check()?;
        let noise = Generator::new(options.seed, "frames.noise");
        Ok(Self {
            options: options.clone(),
            intensities: (0..=255).map(|byte: u8| options.intensity(f64::from(byte) / 255.0)).collect(),
            canvas: Canvas::new(options.width, options.height),
            pixels: Pixels::new((options.width, options.height), &options.sensor, options.seed, noise),
            time: None,
            broken: None,
        })
    }

    /// Looks at a frame: luminance row by row, 0 to 255, as it was at `time`, in microseconds.
    ///
    /// Events lie from the time of the frame before to `time` − 1, in order of time, then of pixel. There are none where the
    /// frame is the first, or comes a gap or more after the one before: pixels then settle on it, as at the start.
    ///
    /// # Errors
    /// `shape` for another number of pixels, `time-order` for a time that is not later than that of the frame before, `range`
    /// for one beyond ±(2⁵³ − 1): the camera stays as it was. `memory` for more than 2²⁷ events, or where there is none for
    /// them; and then again by every later call.
    pub fn expose(&mut self, luminance: &[u8], time: i64) -> Result<Events> {
        self.check(luminance.len(), time)?;
        for (pixel, &byte) in (0..).zip(luminance) {
            self.canvas.put(pixel, self.intensities[usize::from(byte)]);
        }
        self.take(time)
    }

    /// As [`FrameCamera::expose`], of luminance from 0, black, to 1, white, in any steps.
    ///
    /// # Errors
    /// As [`FrameCamera::expose`]; `not-finite` or `range` for a luminance, with the index of its pixel.
    pub fn expose_float(&mut self, luminance: &[f32], time: i64) -> Result<Events> {
        self.check(luminance.len(), time)?;
        for (pixel, &value) in luminance.iter().enumerate() {
            if !(0.0..=1.0).contains(&value) {
                check::between(&format!("luminance[{pixel}]"), value.into(), 0.0, 1.0)?;
            }
        }
        for (pixel, &value) in (0..).zip(luminance) {
            self.canvas.put(pixel, self.options.intensity(value.into()));
        }
        self.take(time)
    }

    /// Forgets the last frame, so that pixels settle on the next: after a cut, say. Times may go back then.
    pub fn settle(&mut self) {
        self.time = None;
    }

    /// What must hold before a frame changes anything.
    fn check(&mut self, pixels: usize, time: i64) -> Result<()> {
        if let Some(fault) = &self.broken {
            return Err(fault.clone());
        }
        let expected = self.canvas.now.len();
        if pixels != expected {
            let expected = format_args!("{expected} pixels, the sensor's");
            return Err(Fault::unfit(Code::Shape, &"luminance", &expected, &pixels));
        }
        check::within("time", time, -LARGEST_WHOLE, LARGEST_WHOLE)?;
        if let Some(last) = self.time.filter(|&last| time <= last) {
            let expected = format_args!("after {last} µs, the last frame's");
            return Err(Fault::unfit(Code::TimeOrder, &"time", &expected, &time));
        }
        self.canvas.begin();
        Ok(())
    }

    /// The events up to the frame that was drawn.
    fn take(&mut self, time: i64) -> Result<Events> {
        let mut events = Events::default();
        match self.time.filter(|last| time - last < self.options.gap) {
            None => self.pixels.settle_at(&self.canvas, time),
            Some(from) => {
                let exposed = self.pixels.expose(&self.canvas, from, time, &mut events);
                let allowed = exposed.and_then(|()| events.make_room(0, MOST_EVENTS, "luminance"));
                if let Err(fault) = allowed {
                    self.broken = Some(fault.clone());
                    return Err(fault);
                }
            }
        }
        self.time = Some(time);
        Ok(events)
    }
}
