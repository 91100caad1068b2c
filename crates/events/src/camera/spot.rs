//! A bright spot that follows a pointer, before the camera.

use super::canvas::Canvas;
use super::figure::Figure;
use super::frames::FrameOptions;
use super::gesture::{DISPLACEMENT, Pose};
use super::options::{SIDES, whole};
use super::sensor::Pixels;
use super::sensor_options::{GivenSensor, Sensor};
use crate::{Events, check};
use decolle_error::{Code, Fault, Result};
use decolle_number::{nearest, truncated};
use decolle_random::{Generator, seed_from_number};

/// Least and largest radius in pixels.
const RADII: (f64, f64) = (0.5, 64.0);

/// Least and largest contrast.
const CONTRASTS: (f64, f64) = (0.05, 3.0);

/// Most frames that one move is drawn in; a longer way is drawn in longer steps.
const MOST_FRAMES: i64 = 4096;

/// Longest move in microseconds.
const LONGEST: i64 = 10_000_000;

/// How a [`SpotCamera`] sees.
#[derive(Clone, Debug, PartialEq)]
pub struct SpotOptions {
    /// Seed of thresholds and noise.
    pub seed: u64,
    /// Width in pixels, 8 to 512.
    pub width: u16,
    /// Height in pixels, 8 to 512.
    pub height: u16,
    /// Radius of the spot in pixels, 0.5 to 64.
    pub radius: f64,
    /// Log intensity of the spot over its surroundings, 0.05 to 3.
    pub contrast: f64,
    /// The pixels.
    pub sensor: Sensor,
}

impl Default for SpotOptions {
    /// Seed 0, 64×64 pixels, a spot of radius 4 with a contrast of 1.2, which is within that of the synthetic gestures, and the
    /// pixels of [`FrameOptions`].
    fn default() -> Self {
        let FrameOptions { seed, width, height, sensor, .. } = FrameOptions::default();
        Self { seed, width, height, radius: 4.0, contrast: 1.2, sensor }
    }
}

/// [`SpotOptions`] as JSON gives them.
struct Given {
    seed: Option<f64>,
    width: Option<f64>,
    height: Option<f64>,
    radius: Option<f64>,
    contrast: Option<f64>,
    sensor: Option<GivenSensor>,
}

decolle_json::object! {
    Given { seed = None, width = None, height = None, radius = None, contrast = None, sensor = None }
}

impl SpotOptions {
    /// Reads and checks JSON with the fields of this type in camelCase, all optional.
    ///
    /// # Errors
    /// `config` for a field that is unknown or of the wrong type, `range` for a value out of its range.
    pub fn from_json(text: &str) -> Result<Self> {
        let given: Given = check::read("spot", text)?;
        let usual = Self::default();
        let seed =
            given.seed.map_or(Ok(usual.seed), |seed| seed_from_number(seed).map_err(|fault| fault.within("spot")))?;
        let options = Self {
            seed,
            width: whole("spot.width", given.width, usual.width, SIDES)?,
            height: whole("spot.height", given.height, usual.height, SIDES)?,
            radius: given.radius.unwrap_or(usual.radius),
            contrast: given.contrast.unwrap_or(usual.contrast),
            sensor: given.sensor.unwrap_or_default().or(&usual.sensor, "spot.sensor")?,
        };
        options.check()?;
        Ok(options)
    }

    /// The checks of [`SpotOptions::from_json`], for options made without it.
    fn check(&self) -> Result<()> {
        check::within("spot.width", self.width.into(), SIDES.0, SIDES.1)?;
        check::within("spot.height", self.height.into(), SIDES.0, SIDES.1)?;
        check::between("spot.radius", self.radius, RADII.0, RADII.1)?;
        check::between("spot.contrast", self.contrast, CONTRASTS.0, CONTRASTS.1)?;
        self.sensor.check("spot.sensor")
    }
}

/// A simulated event camera that watches a bright spot move where a pointer moves.
///
/// ```
/// use decolle_events::{SpotCamera, SpotOptions};
/// let mut camera = SpotCamera::new(&SpotOptions::from_json(r#"{"width": 32, "height": 32}"#)?)?;
/// camera.put(8.0, 16.0)?;
/// let events = camera.move_to(24.0, 16.0, 0, 50_000)?;
/// assert!(events.len() > 100 && events.time.iter().all(|time| (0..50_000).contains(time)));
/// # Ok::<(), decolle_error::Fault>(())
/// ```
#[derive(Clone, Debug)]
pub struct SpotCamera {
    options: SpotOptions,
    figure: Figure,
    canvas: Canvas,
    pixels: Pixels,
    /// Where the spot is, in pixels; nothing where there is none.
    place: Option<[f64; 2]>,
    /// Up to when the spot has moved, in microseconds.
    time: i64,
    /// Why it cannot go on, once there was no memory in the middle of a move.
    broken: Option<Fault>,
}

impl SpotCamera {
    /// A camera that has seen nothing yet.
    ///
    /// # Errors
    /// `range` or `not-finite` for options out of their range.
    pub fn new(options: &SpotOptions) -> Result<Self> {
        options.check()?;
        let noise = Generator::new(options.seed, "spot.noise");
        Ok(Self {
            options: options.clone(),
            figure: Figure::disc(nearest(options.contrast)),
            canvas: Canvas::new(options.width, options.height),
            pixels: Pixels::new((options.width, options.height), &options.sensor, options.seed, noise),
            place: None,
            time: i64::MIN,
            broken: None,
        })
    }

    /// Puts the spot somewhere, in pixels from the upper left corner of the sensor, without an event: the camera settles on it.
    ///
    /// # Errors
    /// `not-finite` for a place; the camera stays as it was.
    pub fn put(&mut self, x: f64, y: f64) -> Result<()> {
        let place = places(x, y)?;
        self.place = Some(place);
        self.draw(place);
        self.pixels.settle(&self.canvas);
        Ok(())
    }

    /// Moves the spot from where it is in a straight line and at constant speed, from one time to another, in microseconds.
    ///
    /// Events lie within these times, in order of time, then of pixel. A spot that rests makes none, but for noise and leak.
    ///
    /// # Errors
    /// `not-finite` for a place, `config` where there is no spot yet, `time-order` for a start before the end of the last move
    /// or an end that is not after the start, `range` for a move of more than ten seconds: the camera stays as it was.
    /// `memory` where there is none; and then again by every later call.
    pub fn move_to(&mut self, x: f64, y: f64, from: i64, to: i64) -> Result<Events> {
        let [right, down] = places(x, y)?;
        let start = self.check(from, to)?;
        let way = [right - start[0], down - start[1]];
        let length = libm::sqrt(way[0] * way[0] + way[1] * way[1]);
        let frames = truncated(libm::ceil(length / DISPLACEMENT)).clamp(1, MOST_FRAMES.min(to - from));
        let mut events = Events::default();
        let mut done = from;
        for frame in 1..=frames {
            let share = frame as f64 / frames as f64;
            let next = from + (to - from) * frame / frames;
            self.draw([start[0] + share * way[0], start[1] + share * way[1]]);
            if let Err(fault) = self.pixels.expose(&self.canvas, done, next, &mut events) {
                self.broken = Some(fault.clone());
                return Err(fault);
            }
            done = next;
        }
        self.place = Some([right, down]);
        self.time = to;
        Ok(events)
    }

    /// What must hold before a move changes anything; gives where the spot is.
    fn check(&self, from: i64, to: i64) -> Result<[f64; 2]> {
        if let Some(fault) = &self.broken {
            return Err(fault.clone());
        }
        let Some(place) = self.place else {
            return Err(Fault::at(Code::Config, &"spot", &"it has to be put somewhere before it moves"));
        };
        if from < self.time {
            let expected = format_args!("at least {} µs, where the last move ended", self.time);
            return Err(Fault::unfit(Code::TimeOrder, &"from", &expected, &from));
        }
        if to <= from {
            return Err(Fault::unfit(Code::TimeOrder, &"to", &format_args!("after {from} µs"), &to));
        }
        check::within("to", to, from, from.saturating_add(LONGEST))?;
        Ok(place)
    }

    fn draw(&mut self, [x, y]: [f64; 2]) {
        let pose = Pose { x, y, cosine: 1.0, sine: 0.0, radius: self.options.radius };
        self.canvas.draw_figure(Some((&self.figure, pose)));
    }
}

/// A place, checked.
fn places(x: f64, y: f64) -> Result<[f64; 2]> {
    for (name, value) in [("x", x), ("y", y)] {
        check::between(name, value, -1e6, 1e6)?;
    }
    Ok([x, y])
}
