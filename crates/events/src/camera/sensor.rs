//! The pixels of the camera: contrast thresholds, refractory time, noise.

use super::canvas::Canvas;
use super::options::SyntheticOptions;
use crate::Events;
use decolle_random::Generator;
use std::f64::consts::TAU;

/// Least threshold that mismatch may leave a pixel with: without it a pixel could fire without end.
const LEAST_THRESHOLD: f64 = 0.01;

/// Every pixel's state, and the noise to come.
#[derive(Clone, Debug)]
pub(super) struct Pixels {
    width: u16,
    refractory: i64,
    /// Thresholds for brightening and for darkening, a pair per pixel.
    thresholds: Vec<[f32; 2]>,
    /// Log intensity at which the pixel fired last, moved by whole thresholds.
    reference: Vec<f32>,
    /// Time of the pixel's last event in microseconds.
    fired: Vec<i64>,
    noise: Noise,
    /// Events of the frame interval at work as (time − from) << 32 | pixel << 1 | polarity, to be sorted by time.
    moments: Vec<u64>,
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
    /// To the next event: gaps of a Poisson process are distributed exponentially.
    fn advance(&mut self) {
        self.next += -libm::log(1.0 - f64::from(self.generator.uniform())) * self.gap;
    }
}

impl Pixels {
    /// Pixels that have seen nothing yet. `noise` draws the noise; thresholds belong to the camera and so depend on the
    /// seed and the size alone.
    pub(super) fn new(options: &SyntheticOptions, noise: Generator) -> Self {
        let pixels = usize::from(options.width) * usize::from(options.height);
        let sensor = &options.sensor;
        let mut mismatch = Generator::new(options.seed, "synthetic.sensor");
        let threshold =
            |deviation: f64| (sensor.threshold + sensor.threshold_mismatch * deviation).max(LEAST_THRESHOLD) as f32;
        let thresholds = (0..pixels).map(|_| normal_pair(&mut mismatch).map(threshold)).collect();
        let rate = sensor.noise_rate * pixels as f64;
        let mut noise = Noise { generator: noise, gap: 1e6 / rate, next: 0.0 };
        if rate > 0.0 {
            noise.advance();
        } else {
            noise.next = f64::INFINITY;
        }
        Self {
            width: options.width,
            refractory: sensor.refractory,
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

    /// Lets the log intensity run from the frame before to the current one, linearly from time `from` to `to`, and
    /// appends the events of that time, `from` to `to` − 1, in order of time, then of pixel.
    pub(super) fn expose(&mut self, canvas: &Canvas, from: i64, to: i64, events: &mut Events) {
        self.moments.clear();
        for &pixel in &canvas.changed {
            self.follow(pixel, canvas.before[pixel as usize], canvas.now[pixel as usize], from, to);
        }
        self.add_noise(from, to);
        self.moments.sort_unstable();
        for &moment in &self.moments {
            let pixel = (moment as u32) >> 1;
            let (row, column) = (pixel / u32::from(self.width), pixel % u32::from(self.width));
            events.push(column as u16, row as u16, (moment & 1) as u8, from + (moment >> 32) as i64);
        }
    }

    /// One pixel: an event whenever the log intensity has moved by a threshold from the reference, which then moves there.
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
            let time = from + ((fraction * span) as i64).min(to - from - 1);
            self.reference[pixel as usize] = crossed;
            // As in ESIM the reference moves on though the pixel stays silent.
            self.fire(pixel, polarity, time, from);
        }
    }

    fn add_noise(&mut self, from: i64, to: i64) {
        let pixels = self.reference.len() as u32;
        while self.noise.next < to as f64 {
            let time = (self.noise.next as i64).max(from);
            let pixel = self.noise.generator.below(pixels);
            let polarity = self.noise.generator.below(2);
            self.fire(pixel, polarity, time, from);
            self.noise.advance();
        }
    }

    /// An event, unless the pixel fired less than the refractory time ago (or, for noise, fires later in the interval).
    fn fire(&mut self, pixel: u32, polarity: u32, time: i64, from: i64) {
        let fired = &mut self.fired[pixel as usize];
        if time - *fired >= self.refractory {
            *fired = time;
            self.moments.push(((time - from) as u64) << 32 | u64::from(pixel << 1 | polarity));
        }
    }
}

/// Two independent normal numbers (G. E. P. Box, M. E. Muller, 1958).
fn normal_pair(generator: &mut Generator) -> [f64; 2] {
    let length = libm::sqrt(-2.0 * libm::log(1.0 - f64::from(generator.uniform())));
    let angle = TAU * f64::from(generator.uniform());
    [length * libm::cos(angle), length * libm::sin(angle)]
}
