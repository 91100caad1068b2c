//! The ways to move, and why a single image cannot tell them apart.
//!
//! A figure has a place, an angle, and a size. The angle is uniform over the circle, the logarithm of the size uniform
//! between two bounds, the place uniform over a disc around the middle of the sensor, **at every instant and for every
//! class**, and the three are independent:
//!
//! - turning adds to a uniform angle, expanding and contracting to a uniform logarithm of the size, which wraps around;
//! - moving along and swinging follow a chord of the disc at constant speed, from end to end again and again, or to and
//!   fro, from a uniform phase. The chord's distance from the centre is that of a uniform point, so its points are uniform;
//! - circling keeps the distance from the centre, which is that of a uniform point, and turns around it from a uniform phase;
//! - everything else stays at a uniform point, angle and size.
//!
//! So one image is distributed alike whatever the gesture; only two images, in their order, tell more.

use super::figure::Figure;
use decolle_random::Generator;
use std::f64::consts::TAU;

/// Names of the classes; a class is an index into them. Rows count downwards, as on a screen.
pub const CLASSES: [&str; 12] = [
    "right",
    "left",
    "down",
    "up",
    "clockwise",
    "anticlockwise",
    "expanding",
    "contracting",
    "circlingClockwise",
    "circlingAnticlockwise",
    "swingingSideways",
    "swingingUpAndDown",
];

/// Radius of a figure, in shorter sides of the sensor.
const RADIUS: (f64, f64) = (0.16, 0.34);

/// Radius of the disc of places, in shorter sides of the sensor.
const PLACES: f64 = 0.12;

/// Passes of a chord per second while moving along.
const PASSES: (f64, f64) = (5.0, 8.0);

/// Turns per second on the spot.
const TURNS: (f64, f64) = (4.0, 6.0);

/// Passes from the least to the largest size, or back, per second.
const GROWTHS: (f64, f64) = (4.0, 6.0);

/// Circles per second.
const CIRCLES: (f64, f64) = (6.0, 9.0);

/// Swings to and fro per second.
const SWINGS: (f64, f64) = (9.0, 13.0);

/// Furthest that any point of a figure moves between two frames, in pixels: ESIM's rule for how densely to render.
const DISPLACEMENT: f64 = 0.4;

/// Frames are at least this far apart, in microseconds, and at most that far.
const INTERVALS: (f64, f64) = (50.0, 5_000.0);

/// What the camera watches until the gesture ends: one figure that moves.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    figure: Figure,
    start: Start,
    class: u32,
    /// Passes, turns, circles or swings per second.
    rate: f64,
    /// Microseconds between frames.
    pub(super) interval: i64,
}

/// Where a figure starts.
#[derive(Clone, Copy, Debug)]
struct Start {
    /// Right of and below the middle of the sensor, in shorter sides; uniform over the disc of places.
    place: [f64; 2],
    /// In radians, uniform.
    angle: f64,
    /// Logarithm of the size as a part of its range, uniform within 0..1.
    size: f64,
}

/// Where a figure is: place in pixels, cosine and sine of its angle, radius in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) cosine: f64,
    pub(super) sine: f64,
    pub(super) radius: f64,
}

/// A number in `low..high`.
pub(super) fn draw(generator: &mut Generator, (low, high): (f64, f64)) -> f64 {
    low + (high - low) * f64::from(generator.uniform())
}

impl Scene {
    /// Draws a scene of `class` for a sensor of `width` × `height` pixels.
    pub(super) fn draw(class: u32, generator: &mut Generator, width: u16, height: u16) -> Self {
        let figure = Figure::draw(generator);
        // The root makes the area, not the distance from the centre, uniform.
        let distance = PLACES * libm::sqrt(draw(generator, (0.0, 1.0)));
        let direction = draw(generator, (0.0, TAU));
        let start = Start {
            place: [distance * libm::cos(direction), distance * libm::sin(direction)],
            angle: draw(generator, (0.0, TAU)),
            size: draw(generator, (0.0, 1.0)),
        };
        // Rates per second, and the way of the fastest point in shorter sides while the rate counts one.
        let (rates, way) = match class {
            0..=3 => (PASSES, 2.0 * PLACES),
            4 | 5 => (TURNS, TAU * RADIUS.1),
            6 | 7 => (GROWTHS, RADIUS.1 * libm::log(RADIUS.1 / RADIUS.0)),
            8 | 9 => (CIRCLES, TAU * PLACES),
            _ => (SWINGS, 4.0 * PLACES),
        };
        let rate = draw(generator, rates);
        let side = f64::from(width.min(height));
        let interval = (DISPLACEMENT / (rate * way * side) * 1e6).clamp(INTERVALS.0, INTERVALS.1) as i64;
        Self { figure, start, class, rate, interval }
    }

    /// The figure and where it is, `elapsed` µs after the gesture began.
    pub(super) fn pose(&self, elapsed: i64, width: u16, height: u16) -> (&Figure, Pose) {
        let Start { place, mut angle, mut size } = self.start;
        let [mut right, mut down] = place;
        let passed = self.rate * elapsed as f64 * 1e-6;
        // Rows grow downwards, so growing angles turn clockwise as seen on a screen.
        match self.class {
            0 => right = along(right, down, passed),
            1 => right = along(right, down, -passed),
            2 => down = along(down, right, passed),
            3 => down = along(down, right, -passed),
            4 => angle += TAU * passed,
            5 => angle -= TAU * passed,
            6 => size = fraction(size + passed),
            7 => size = fraction(size - passed),
            8 => [right, down] = turned(place, TAU * passed),
            9 => [right, down] = turned(place, -TAU * passed),
            10 => right = swinging(right, down, passed),
            _ => down = swinging(down, right, passed),
        }
        let (width, height) = (f64::from(width), f64::from(height));
        let side = width.min(height);
        let pose = Pose {
            x: width / 2.0 + right * side,
            y: height / 2.0 + down * side,
            cosine: libm::cos(angle),
            sine: libm::sin(angle),
            radius: side * RADIUS.0 * libm::exp(size * libm::log(RADIUS.1 / RADIUS.0)),
        };
        (&self.figure, pose)
    }
}

/// What is left of a number above the whole number below it.
fn fraction(number: f64) -> f64 {
    number - libm::floor(number)
}

/// Half the chord of the disc of places at distance `across` from its centre.
fn half_chord(across: f64) -> f64 {
    libm::sqrt((PLACES * PLACES - across * across).max(0.0))
}

/// Along the chord from `from`, `passed` times its length, beginning anew at its end.
fn along(from: f64, across: f64, passed: f64) -> f64 {
    let half = half_chord(across);
    if half == 0.0 {
        return from;
    }
    half * (2.0 * fraction((from / half + 1.0) / 2.0 + passed) - 1.0)
}

/// To and fro along the chord from `from`, `passed` times both ways.
fn swinging(from: f64, across: f64, passed: f64) -> f64 {
    let half = half_chord(across);
    if half == 0.0 {
        return from;
    }
    let phase = fraction((from / half + 1.0) / 4.0 + passed);
    half * (if phase < 0.5 { 4.0 * phase } else { 4.0 - 4.0 * phase } - 1.0)
}

/// `place` turned around the centre of the disc.
fn turned([right, down]: [f64; 2], angle: f64) -> [f64; 2] {
    let (cosine, sine) = (libm::cos(angle), libm::sin(angle));
    [right * cosine - down * sine, right * sine + down * cosine]
}
