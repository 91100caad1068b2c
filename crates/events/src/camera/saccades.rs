//! Still images before the camera, which moves: three saccades along a triangle, as N-MNIST was recorded (G. Orchard, A.
//! Jayawant, G. K. Cohen, N. Thakor, "Converting static image datasets to spiking neuromorphic datasets using saccades",
//! Frontiers in Neuroscience 9:437, 2015).

use super::Split;
use super::canvas::Canvas;
use super::options::{MOST_EVENTS, SyntheticOptions};
use super::recording::drawn;
use crate::Events;
use decolle_error::{Code, Fault, Result};
use decolle_number::nearest;
use std::f64::consts::PI;

/// How far an image moves from the middle, in pixels; so wide is the margin of the sensor around it.
const REACH: u16 = 3;

/// Where the image stands between saccades, in pixels right of and below the middle: the corners of a triangle.
const CORNERS: [[f64; 2]; 4] = [[-3.0, 3.0], [0.0, -3.0], [3.0, 3.0], [-3.0, 3.0]];

/// By how much the log intensity of the brightest pixel exceeds the darkest. A digit of MNIST then makes some four and a half
/// thousand events; one of N-MNIST has four thousand.
const CONTRAST: f64 = 1.1;

/// Time from frame to frame in microseconds: the fastest motion there is by default is a fifth of a pixel a frame.
const INTERVAL: i64 = 2_000;

/// Records an image, row by row, through three saccades of a third of the duration each.
///
/// The sensor is three pixels wider than the image on every side; it is that of [`synthesize`](super::synthesize), with its
/// thresholds, refractory time and noise. Each saccade starts and ends at rest, its course half a cosine.
///
/// ```
/// use decolle_events::{SyntheticOptions, saccades};
/// let options = SyntheticOptions::from_json(r#"{"seed": 1, "width": 14, "height": 14, "duration": 300000}"#)?;
/// let mut image = [0; 64];
/// image[27] = 255;
/// assert!(saccades(&image, &options)?.len() > 100);
/// # Ok::<(), decolle_error::Fault>(())
/// ```
///
/// # Errors
/// `shape` for an image that is not six pixels narrower and lower than the sensor; `range`, `not-finite` and `memory` as for
/// [`synthesize`](super::synthesize).
pub fn saccades(image: &[u8], options: &SyntheticOptions) -> Result<Events> {
    options.check()?;
    options.check_noise()?;
    let still = Still::new(image, options)?;
    let noise = drawn(options.seed, purpose(options.split), u64::from(options.index));
    let mut canvas = Canvas::new(options.width, options.height);
    let mut pixels = options.pixels(noise);
    let mut events = Events::default();
    still.draw(&mut canvas, 0.0);
    pixels.settle(&canvas);
    let mut from = 0;
    while from < options.duration {
        events.make_room(0, MOST_EVENTS, "synthetic.duration")?;
        let to = (from + INTERVAL).min(options.duration);
        still.draw(&mut canvas, to as f64 / options.duration as f64);
        pixels.expose(&canvas, from, to, &mut events)?;
        from = to;
    }
    Ok(events)
}

fn purpose(split: Split) -> &'static str {
    match split {
        Split::Train => "saccades.train.noise",
        Split::Test => "saccades.test.noise",
    }
}

/// Where the image stands after a share of the time, in pixels right of and below the middle.
fn place(share: f64) -> [f64; 2] {
    let done = (3.0 * share).clamp(0.0, 3.0);
    let saccade = usize::from(done >= 1.0) + usize::from(done >= 2.0);
    let [from, to] = [CORNERS[saccade], CORNERS[saccade + 1]];
    let course = (1.0 - libm::cos(PI * (done - saccade as f64))) / 2.0;
    [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * course)
}

/// An image of which the sensor sees a shifted copy.
struct Still<'a> {
    image: &'a [u8],
    width: u16,
    height: u16,
}

impl<'a> Still<'a> {
    fn new(image: &'a [u8], options: &SyntheticOptions) -> Result<Self> {
        // Sides are at least 8 pixels.
        let [width, height] = [options.width, options.height].map(|side| side - 2 * REACH);
        let pixels = usize::from(width) * usize::from(height);
        if image.len() == pixels {
            return Ok(Self { image, width, height });
        }
        let expected = format_args!("{pixels} pixels, for the sensor is {REACH} wider on every side");
        Err(Fault::unfit(Code::Shape, &"image", &expected, &image.len()))
    }

    /// Draws the next frame: the image after a share of the time, interpolated linearly between pixels.
    fn draw(&self, canvas: &mut Canvas, share: f64) {
        let [right, down] = place(share);
        canvas.begin();
        let sensor_width = self.width + 2 * REACH;
        let mut pixel: u32 = 0;
        for row in 0..self.height + 2 * REACH {
            let rows = mix(f64::from(row) - f64::from(REACH) - down, self.height);
            for column in 0..sensor_width {
                let columns = mix(f64::from(column) - f64::from(REACH) - right, self.width);
                canvas.put(pixel, nearest(CONTRAST * self.intensity(&rows, &columns) / 255.0));
                pixel += 1;
            }
        }
    }

    fn intensity(&self, rows: &Mix, columns: &Mix) -> f64 {
        let mut sum = 0.0;
        for &(row, of_row) in rows {
            for &(column, of_column) in columns {
                let pixel = usize::from(row) * usize::from(self.width) + usize::from(column);
                sum += of_row * of_column * f64::from(self.image[pixel]);
            }
        }
        sum
    }
}

/// Two neighbours on an axis and their weights; a neighbour outside the image has weight 0.
type Mix = [(u16, f64); 2];

/// What a place on an axis of `side` pixels is made of.
fn mix(place: f64, side: u16) -> Mix {
    let below = libm::floor(place);
    let beyond = place - below;
    [(below, 1.0 - beyond), (below + 1.0, beyond)].map(|(neighbour, weight)| {
        match u16::try_from(decolle_number::truncated(neighbour)) {
            Ok(pixel) if pixel < side => (pixel, weight),
            _ => (0, 0.0),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::Sensor;
    use proptest::prelude::*;

    fn quiet(side: u16) -> SyntheticOptions {
        let sensor = Sensor { threshold_mismatch: 0.0, refractory: 0, noise_rate: 0.0, ..Sensor::default() };
        SyntheticOptions { width: side, height: side, duration: 300_000, sensor, ..SyntheticOptions::default() }
    }

    #[test]
    fn a_saccade_starts_and_ends_at_a_corner_and_at_rest() {
        for (saccade, corner) in CORNERS.iter().enumerate() {
            let share = saccade as f64 / 3.0;
            let distance = |share: f64| {
                let [right, down] = place(share);
                (right - corner[0]).hypot(down - corner[1])
            };
            assert!(distance(share) < 1e-9);
            assert!(distance((share + 1e-4).min(1.0)) < 1e-5);
        }
    }

    #[test]
    fn a_dot_crosses_pixels_in_both_polarities_and_comes_back() {
        let mut image = [0; 64];
        image[27] = 255;
        let events = saccades(&image, &quiet(14)).unwrap();
        assert!(events.check().is_ok());
        let bright = events.polarity.iter().filter(|&&polarity| polarity == 1).count();
        // A pixel that the dot left has fired as often in either polarity; only where it rests at first and last may differ.
        assert!(events.len() > 100 && events.len().abs_diff(2 * bright) <= 8, "{} of {}", bright, events.len());
        // The dot is in column 3, row 3 of the image, thus in column 6 of the sensor, give or take the reach.
        assert!(events.x.iter().chain(&events.y).all(|side| (3..=9).contains(side)));
        assert!(events.time.iter().all(|time| (0..300_000).contains(time)));
    }

    #[test]
    fn an_image_without_contrast_is_silent_without_noise() {
        assert!(saccades(&[0; 64], &quiet(14)).unwrap().is_empty());
    }

    #[test]
    fn an_image_of_another_size_is_refused() {
        let fault = saccades(&[0; 63], &quiet(14)).unwrap_err();
        let expected = "[shape] image: expected 64 pixels, for the sensor is 3 wider on every side, found 63";
        assert_eq!(fault.to_string(), expected);
        assert_eq!(saccades(&[], &SyntheticOptions { width: 7, ..quiet(14) }).unwrap_err().code, Code::Range);
    }

    proptest! {
        #[test]
        fn any_image_gives_events_in_order_within_the_sensor(
            image in proptest::collection::vec(any::<u8>(), 6 * 4), index: u32, seed: u32,
        ) {
            let options = SyntheticOptions {
                width: 12, height: 10, seed: seed.into(), index, duration: 30_000, ..SyntheticOptions::default()
            };
            let events = saccades(&image, &options).unwrap();
            prop_assert!(events.check().is_ok());
            prop_assert!(events.x.iter().all(|&x| x < 12) && events.y.iter().all(|&y| y < 10));
            prop_assert_eq!(events, saccades(&image, &options).unwrap());
        }
    }
}
