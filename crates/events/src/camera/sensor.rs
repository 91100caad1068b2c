//! The pixels of the camera: contrast thresholds, refractory time, noise.

use super::canvas::Canvas;
use super::sensor_options::Sensor;
use crate::Events;
use decolle_error::{Fault, Result};
use decolle_number::{index, low_16, nearest, truncated};
use decolle_random::Generator;
use std::f64::consts::TAU;

/// Least threshold that mismatch may leave a pixel with: without it a pixel could fire without end.
const LEAST_THRESHOLD: f64 = 0.01;

/// More crossings than a pixel can have in a frame: the log intensities of frames differ by at most 6.6, drawn contrasts are
/// at most 3, to and fro, and the least threshold.
const MOST_CROSSINGS: usize = 2048;

/// Every pixel's state, and the noise to come.
#[derive(Clone, Debug)]
pub(super) struct Pixels {
    width: u16,
    refractory: i64,
    /// By how many thresholds the reference sinks per microsecond.
    leak: f64,
    /// Thresholds for brightening and for darkening, a pair per pixel.
    thresholds: Vec<[f32; 2]>,
    /// Log intensity at which the pixel fired last, moved by whole thresholds.
    reference: Vec<f32>,
    /// Time of the pixel's last event in microseconds.
    fired: Vec<i64>,
    noise: Noise,
    /// Events of the frame interval at work as (time − from, pixel << 1 | polarity), to be sorted by time.
    moments: Vec<(u32, u32)>,
}

/// Noise as one Poisson process over all pixels.
#[derive(Clone, Debug)]
struct Noise {
    generator: Generator,
    /// Mean time between two noise events in microseconds; infinite without noise.
    gap: f64,
    /// Time of the next noise event in microseconds.
    next: f64,
}

impl Noise {
    /// Begins at a time in microseconds.
    fn begin(&mut self, time: i64) {
        self.next = if self.gap.is_finite() { time as f64 } else { f64::INFINITY };
        if self.gap.is_finite() {
            self.advance();
        }
    }

    /// To the next event: gaps of a Poisson process are distributed exponentially.
    fn advance(&mut self) {
        self.next += -libm::log(1.0 - f64::from(self.generator.uniform())) * self.gap;
    }
}

impl Pixels {
    /// Pixels that have seen nothing yet. `noise` draws the noise; thresholds belong to the camera and so depend on the
    /// seed and the size alone.
    pub(super) fn new((width, height): (u16, u16), sensor: &Sensor, seed: u64, noise: Generator) -> Self {
        let pixels = usize::from(width) * usize::from(height);
        let mut mismatch = Generator::new(seed, "synthetic.sensor");
        let threshold =
            |deviation: f64| (sensor.threshold + sensor.threshold_mismatch * deviation).max(LEAST_THRESHOLD);
        let thresholds = (0..pixels).map(|_| normal_pair(&mut mismatch).map(threshold).map(nearest)).collect();
        let rate = sensor.noise_rate * pixels as f64;
        let mut noise = Noise { generator: noise, gap: 1e6 / rate, next: 0.0 };
        noise.begin(0);
        Self {
            width,
            refractory: sensor.refractory,
            leak: sensor.leak_rate * 1e-6,
            thresholds,
            reference: vec![0.0; pixels],
            fired: vec![i64::MIN / 2; pixels],
            noise,
            moments: Vec::new(),
        }
    }

    /// Takes the current frame as what the pixels fired at last, as ESIM does with the first.
    pub(super) fn settle(&mut self, canvas: &Canvas) {
        self.reference.copy_from_slice(&canvas.now);
    }

    /// As [`Self::settle`], at a time in microseconds, which may lie before that of the last event: noise begins there, and no
    /// pixel is still silent.
    pub(super) fn settle_at(&mut self, canvas: &Canvas, time: i64) {
        self.settle(canvas);
        self.fired.fill(i64::MIN / 2);
        self.noise.begin(time);
    }

    /// Lets the log intensity run from the frame before to the current one, linearly from time `from` to `to`, and
    /// appends the events of that time, `from` to `to` − 1, in order of time, then of pixel.
    ///
    /// # Errors
    /// `memory` where there is none for the events, or there are more than [`MOST_EVENTS`](super::options::MOST_EVENTS).
    pub(super) fn expose(&mut self, canvas: &Canvas, from: i64, to: i64, events: &mut Events) -> Result<()> {
        self.moments.clear();
        if self.leak > 0.0 {
            self.follow_leaking(canvas, from, to)?;
        } else {
            for &pixel in &canvas.changed {
                self.make_room(MOST_CROSSINGS)?;
                self.follow(pixel, canvas.before[pixel as usize], canvas.now[pixel as usize], from, to);
            }
        }
        self.add_noise(from, to)?;
        self.moments.sort_unstable();
        events.make_room(self.moments.len(), usize::MAX, "synthetic.duration")?;
        for &(elapsed, event) in &self.moments {
            let pixel = event >> 1;
            // Sides have at most 512 pixels.
            let [row, column] =
                [pixel / u32::from(self.width), pixel % u32::from(self.width)].map(u64::from).map(low_16);
            events.push(column, row, u8::from(event & 1 == 1), from + i64::from(elapsed));
        }
        Ok(())
    }

    /// Makes room for so many more events of the interval.
    fn make_room(&mut self, more: usize) -> Result<()> {
        let bytes = (self.moments.len() + more) as u64 * size_of::<(u32, u32)>() as u64;
        self.moments.try_reserve(more).map_err(|_| Fault::memory("synthetic.duration", bytes))
    }

    /// Every pixel, also where the light stands still: the reference sinks linearly, so the light rises over it.
    fn follow_leaking(&mut self, canvas: &Canvas, from: i64, to: i64) -> Result<()> {
        for (pixel, (&before, &now)) in (0..).zip(canvas.before.iter().zip(&canvas.now)) {
            self.make_room(MOST_CROSSINGS)?;
            let [brightening, _] = self.thresholds[pixel as usize];
            let sunk = nearest(self.leak * (to - from) as f64 * f64::from(brightening));
            self.follow(pixel, before, now + sunk, from, to);
            self.reference[pixel as usize] -= sunk;
        }
        Ok(())
    }

    /// One pixel: an event whenever the log intensity has moved by a threshold from the reference, which then moves
    /// there.
    fn follow(&mut self, pixel: u32, before: f32, now: f32, from: i64, to: i64) {
        let change = now - before;
        if change == 0.0 {
            return;
        }
        let polarity = u32::from(change > 0.0);
        let threshold = self.thresholds[pixel as usize][1 - polarity as usize];
        let step = if polarity == 1 { threshold } else { -threshold };
        let span = (to - from) as f32;
        loop {
            let crossed = self.reference[pixel as usize] + step;
            let beyond = if polarity == 1 { crossed > now } else { crossed < now };
            if beyond {
                return;
            }
            // A reference left behind by a change of direction may already have been passed: then it fires at once.
            let fraction = ((crossed - before) / change).clamp(0.0, 1.0);
            let time = from + truncated(f64::from(fraction * span)).min(to - from - 1);
            self.reference[pixel as usize] = crossed;
            // As in ESIM the reference moves on though the pixel stays silent.
            self.fire(pixel, polarity, time, from);
        }
    }

    fn add_noise(&mut self, from: i64, to: i64) -> Result<()> {
        let pixels = index(self.reference.len());
        while self.noise.next < to as f64 {
            self.make_room(1)?;
            let time = truncated(self.noise.next).max(from);
            let pixel = self.noise.generator.below(pixels);
            let polarity = self.noise.generator.below(2);
            self.fire(pixel, polarity, time, from);
            self.noise.advance();
        }
        Ok(())
    }

    /// An event, unless the pixel fired less than the refractory time ago (or, for noise, fires later in the interval).
    fn fire(&mut self, pixel: u32, polarity: u32, time: i64, from: i64) {
        let fired = &mut self.fired[pixel as usize];
        if time - *fired >= self.refractory {
            *fired = time;
            let elapsed = u32::try_from(time - from).expect("a time within the interval");
            self.moments.push((elapsed, pixel << 1 | polarity));
        }
    }
}

/// Two independent normal numbers (G. E. P. Box, M. E. Muller, 1958).
fn normal_pair(generator: &mut Generator) -> [f64; 2] {
    let length = libm::sqrt(-2.0 * libm::log(1.0 - f64::from(generator.uniform())));
    let angle = TAU * f64::from(generator.uniform());
    [length * libm::cos(angle), length * libm::sin(angle)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::options::SyntheticOptions;

    /// One pixel row of eight (and seven rows more) without mismatch and noise, threshold ¼, which float32 holds
    /// exactly.
    fn quiet(refractory: i64) -> SyntheticOptions {
        let sensor = Sensor { threshold: 0.25, threshold_mismatch: 0.0, refractory, noise_rate: 0.0, leak_rate: 0.0 };
        SyntheticOptions { width: 8, height: 8, sensor, ..SyntheticOptions::default() }
    }

    fn pixels(options: &SyntheticOptions) -> Pixels {
        Pixels::new((options.width, options.height), &options.sensor, options.seed, Generator::new(1, "noise"))
    }

    /// Lets pixel 9 (column 1, row 1) run through `levels`, 1,000 µs from one to the next.
    fn run(pixels: &mut Pixels, levels: &[f32]) -> Vec<(i64, u8)> {
        let mut canvas = Canvas::new(8, 8);
        let mut events = Events::default();
        canvas.now[9] = levels[0];
        pixels.settle(&canvas);
        for (interval, pair) in levels.windows(2).enumerate() {
            (canvas.before[9], canvas.now[9], canvas.changed) = (pair[0], pair[1], vec![9]);
            let from = 1_000 * interval as i64;
            pixels.expose(&canvas, from, from + 1_000, &mut events).unwrap();
        }
        assert!(events.check().is_ok());
        assert!(events.x.iter().chain(&events.y).all(|&place| place == 1));
        events.time.into_iter().zip(events.polarity).collect()
    }

    #[test]
    fn a_ramp_fires_at_every_crossing_at_the_interpolated_time() {
        let fired = run(&mut pixels(&quiet(0)), &[0.0, 1.0]);
        assert_eq!(fired, [(250, 1), (500, 1), (750, 1), (999, 1)]);
        let fired = run(&mut pixels(&quiet(0)), &[1.0, 0.5, 0.5]);
        assert_eq!(fired, [(500, 0), (999, 0)]);
    }

    #[test]
    fn the_reference_stays_where_the_pixel_fired_last() {
        // Up by 0.4 fires once, at 0.25; back down by 0.4 must fall to 0 to fire.
        let fired = run(&mut pixels(&quiet(0)), &[0.0, 0.4, 0.1, 0.0]);
        assert_eq!(fired, [(625, 1), (2_999, 0)]);
        // A step too small never fires, however often it comes and goes.
        assert!(run(&mut pixels(&quiet(0)), &[0.0, 0.2, 0.0, 0.2, 0.0, 0.2]).is_empty());
    }

    #[test]
    fn within_the_refractory_time_a_pixel_is_silent_and_its_reference_moves_on() {
        let fired = run(&mut pixels(&quiet(400)), &[0.0, 1.0, 1.2]);
        assert_eq!(fired, [(250, 1), (750, 1)]);
        let fired = run(&mut pixels(&quiet(0)), &[0.0, 1.0, 1.2]);
        assert_eq!(fired.len(), 4);
    }

    #[test]
    fn thresholds_differ_from_pixel_to_pixel_as_asked_and_belong_to_the_camera() {
        let options = SyntheticOptions { width: 128, height: 128, seed: 3, ..SyntheticOptions::default() };
        let drawn = pixels(&options);
        let values: Vec<f64> = drawn.thresholds.iter().flatten().map(|&value| f64::from(value)).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let deviation = (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count).sqrt();
        // Five standard errors of 32,768 draws.
        assert!((mean - 0.2).abs() < 5.0 * 0.03 / count.sqrt(), "{mean}");
        assert!((deviation - 0.03).abs() < 5.0 * 0.03 / (2.0 * count).sqrt(), "{deviation}");
        let other = SyntheticOptions { split: crate::Split::Test, index: 9, ..options.clone() };
        assert_eq!(pixels(&other).thresholds, drawn.thresholds);
        assert_ne!(pixels(&SyntheticOptions { seed: 4, ..options }).thresholds, drawn.thresholds);
    }

    #[test]
    fn noise_comes_at_its_rate_from_every_pixel_in_both_polarities() {
        let mut options = quiet(0);
        options.sensor.noise_rate = 5.0;
        let mut events = Events::default();
        // 64 pixels, 20 s: 6,400 events; five standard deviations are 400.
        pixels(&options).expose(&Canvas::new(8, 8), 0, 20_000_000, &mut events).unwrap();
        assert!((6_000..6_800).contains(&events.len()), "{}", events.len());
        assert!(events.check().is_ok());
        let bright = events.polarity.iter().filter(|&&polarity| polarity == 1).count();
        assert!((events.len() / 2).abs_diff(bright) < 200, "{bright}");
        let mut per_pixel = [0; 64];
        for (&x, &y) in events.x.iter().zip(&events.y) {
            per_pixel[usize::from(y) * 8 + usize::from(x)] += 1;
        }
        assert!(per_pixel.iter().all(|count| (50..150).contains(count)), "{per_pixel:?}");
    }

    #[test]
    fn a_leak_makes_every_pixel_fire_at_its_rate_and_brighten_sooner() {
        let mut options = quiet(0);
        options.sensor.leak_rate = 4.0;
        let mut leaking = pixels(&options);
        let mut events = Events::default();
        // 64 pixels, two seconds in frames of ten milliseconds; the eighth crossing may be lost to rounding.
        for frame in 0..200 {
            leaking.expose(&Canvas::new(8, 8), frame * 10_000, (frame + 1) * 10_000, &mut events).unwrap();
        }
        assert!(events.check().is_ok());
        assert!((64 * 7..=64 * 8).contains(&events.len()), "{}", events.len());
        assert!(events.polarity.iter().all(|&polarity| polarity == 1));
        let first = |options: &SyntheticOptions| run(&mut pixels(options), &[0.0, 0.5])[0];
        assert_eq!(first(&quiet(0)), (500, 1));
        options.sensor.leak_rate = 10.0;
        // 0.5 + 10 · 0.25 · 0.001 a millisecond instead of 0.5.
        assert_eq!(first(&options), (497, 1));
    }

    #[test]
    fn without_noise_a_still_scene_is_silent() {
        let mut events = Events::default();
        pixels(&quiet(0)).expose(&Canvas::new(8, 8), 0, 20_000_000, &mut events).unwrap();
        assert!(events.is_empty());
    }
}
