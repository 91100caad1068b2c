//! The ways to move, and why a single image cannot tell them apart.
//!
//! A figure has a place, an angle, and a size. The angle is uniform over the circle, the logarithm of the size uniform
//! between two bounds, the place uniform over a disc around the middle of the sensor, **at every instant and for every
//! class**, and the three are independent:
//!
//! - turning adds to a uniform angle, expanding and contracting to a uniform logarithm of the size, which wraps around;
//! - moving along and swinging follow a chord of the disc at constant speed, from end to end again and again, or to and
//!   fro, from a uniform phase. The chord's distance from the centre is that of a uniform point, so its points are
//!   uniform;
//! - circling keeps the distance from the centre, which is that of a uniform point, and turns around it from a uniform
//!   phase;
//! - everything else stays at a uniform point, angle and size.
//!
//! So one image is distributed alike whatever the gesture; only two images, in their order, tell more.

use super::figure::{Figure, draw};
use decolle_number::truncated;
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
const RADIUS: (f64, f64) = (0.16, 0.32);

/// Radius of the disc of places, in shorter sides of the sensor.
const PLACES: f64 = 0.17;

/// Passes of a chord per second while moving along.
const PASSES: (f64, f64) = (3.5, 5.5);

/// Turns per second on the spot.
const TURNS: (f64, f64) = (2.5, 4.0);

/// Passes from the least to the largest size, or back, per second.
const GROWTHS: (f64, f64) = (3.5, 5.0);

/// Circles per second.
const CIRCLES: (f64, f64) = (7.0, 10.0);

/// Swings to and fro per second.
const SWINGS: (f64, f64) = (14.0, 18.0);

/// Furthest that any point of a figure moves between two frames, in pixels: ESIM's rule for how densely to render.
pub(super) const DISPLACEMENT: f64 = 0.4;

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
    /// Whether a swing begins on its way back, either alike.
    back: bool,
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
            back: generator.below(2) == 1,
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
        let interval = truncated((DISPLACEMENT / (rate * way * side) * 1e6).clamp(INTERVALS.0, INTERVALS.1));
        Self { figure, start, class, rate, interval }
    }

    /// The figure and where it is, `elapsed` µs after the gesture began.
    pub(super) fn pose(&self, elapsed: i64, width: u16, height: u16) -> (&Figure, Pose) {
        let Start { place, mut angle, mut size, back } = self.start;
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
            10 => right = swinging(right, down, back, passed),
            _ => down = swinging(down, right, back, passed),
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

/// To and fro along the chord from `from`, `passed` times both ways; at first `back` to its beginning or on to its end.
fn swinging(from: f64, across: f64, back: bool, passed: f64) -> f64 {
    let half = half_chord(across);
    if half == 0.0 {
        return from;
    }
    let forth = (from / half + 1.0) / 4.0;
    let phase = fraction(if back { 1.0 - forth } else { forth } + passed);
    half * (if phase < 0.5 { 4.0 * phase } else { 4.0 - 4.0 * phase } - 1.0)
}

/// `place` turned around the centre of the disc.
fn turned([right, down]: [f64; 2], angle: f64) -> [f64; 2] {
    let (cosine, sine) = (libm::cos(angle), libm::sin(angle));
    [right * cosine - down * sine, right * sine + down * cosine]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells of equal probability that a pose falls into: 4 rings × 4 sectors of the place, 8 angles, 8 sizes.
    fn cells(pose: Pose) -> [usize; 3] {
        let (right, down) = (pose.x / 64.0 - 0.5, pose.y / 64.0 - 0.5);
        let ring = ((right * right + down * down) / (PLACES * PLACES) * 4.0) as usize;
        let sector = usize::from(right > 0.0) * 2 + usize::from(down > 0.0);
        let angle = fraction(libm::atan2(pose.sine, pose.cosine) / TAU) * 8.0;
        let size = libm::log(pose.radius / 64.0 / RADIUS.0) / libm::log(RADIUS.1 / RADIUS.0) * 8.0;
        [ring.min(3) * 4 + sector, (angle as usize).min(7), (size.max(0.0) as usize).min(7)]
    }

    #[test]
    fn at_any_instant_place_angle_and_size_are_distributed_alike_in_every_class() {
        // 4,000 scenes per class, from one set of seeds per class and instant; chi-square against uniform cells. The
        // bounds are the 1 - 10⁻⁶ quantiles for 15 and 7 degrees of freedom, so that none of 180 true uniforms should
        // exceed them.
        let scenes = 4_000;
        for class in 0..CLASSES.len() as u32 {
            for elapsed in [0, 1, 37_000, 123_456, 299_999] {
                let mut counts = [[0u32; 16], [0; 16], [0; 16]];
                let mut generator = Generator::new(u64::from(class), "poses");
                for scene in 0..scenes {
                    generator.seek(scene, 0);
                    let scene = Scene::draw(class, &mut generator, 64, 64);
                    for (count, cell) in counts.iter_mut().zip(cells(scene.pose(elapsed, 64, 64).1)) {
                        count[cell] += 1;
                    }
                }
                for (name, counts, cells, most) in
                    [("place", counts[0], 16, 56.5), ("angle", counts[1], 8, 40.6), ("size", counts[2], 8, 40.6)]
                {
                    let expected = scenes as f64 / cells as f64;
                    let square =
                        |&count: &u32| (f64::from(count) - expected) * (f64::from(count) - expected) / expected;
                    let found: f64 = counts[..cells].iter().map(square).sum();
                    assert!(found < most, "{} at {elapsed} µs: {name} has chi-square {found}", CLASSES[class as usize]);
                }
            }
        }
    }

    /// Change of right, down, angle and size in the first 100 µs, and of right and down in the next tenth of a second.
    fn course(class: u32, stream: u64) -> ([f64; 4], [Pose; 2]) {
        let mut generator = Generator::new(5, "course");
        generator.seek(stream, 0);
        let scene = Scene::draw(class, &mut generator, 64, 64);
        let (first, then) = (scene.pose(0, 64, 64).1, scene.pose(100, 64, 64).1);
        let turned = first.cosine * then.sine - first.sine * then.cosine;
        ([then.x - first.x, then.y - first.y, turned, then.radius - first.radius], [first, then])
    }

    #[test]
    fn every_class_moves_as_its_name_says() {
        let mut beginnings = 0;
        for stream in 0..200 {
            let still =
                |changes: [f64; 4], moving: usize| (0..4).all(|axis| axis == moving || changes[axis].abs() < 1e-12);
            let tests: [(u32, usize, f64); 8] = [
                (0, 0, 1.0),
                (1, 0, -1.0),
                (2, 1, 1.0),
                (3, 1, -1.0),
                (4, 2, 1.0),
                (5, 2, -1.0),
                (6, 3, 1.0),
                (7, 3, -1.0),
            ];
            for (class, axis, sign) in tests {
                let (changes, _) = course(class, stream);
                assert!(still(changes, axis), "{}: {changes:?}", CLASSES[class as usize]);
                // A pass that ends within these 100 µs jumps back; that is rare, and counted.
                beginnings += u32::from(changes[axis] * sign <= 0.0);
            }
            for (class, sign) in [(8, 1.0), (9, -1.0)] {
                let (changes, [first, _]) = course(class, stream);
                // Clockwise on the screen, with rows downwards: the cross product of place and motion is positive.
                let cross = (first.x - 32.0) * changes[1] - (first.y - 32.0) * changes[0];
                assert!(cross * sign > 0.0 && changes[2..].iter().all(|change| change.abs() < 1e-12));
            }
            assert!(still(course(10, stream).0, 0) && still(course(11, stream).0, 1));
        }
        assert!(beginnings < 10, "{beginnings}");
    }

    #[test]
    fn swings_go_either_way_at_first() {
        for class in [10, 11] {
            let forth = (0..400).filter(|&stream| course(class, stream).0[class as usize - 10] > 0.0).count();
            // Six standard deviations around the half.
            assert!((140..260).contains(&forth), "{forth}");
        }
    }

    #[test]
    fn no_point_moves_further_between_two_frames_than_it_may() {
        for class in 0..CLASSES.len() as u32 {
            for stream in 0..50 {
                let mut generator = Generator::new(9, "frames");
                generator.seek(stream, 0);
                let scene = Scene::draw(class, &mut generator, 128, 128);
                let (_, first) = scene.pose(0, 128, 128);
                let (_, then) = scene.pose(scene.interval, 128, 128);
                let point = |pose: Pose| [pose.x + pose.radius * pose.cosine, pose.y + pose.radius * pose.sine];
                let ([x0, y0], [x1, y1]) = (point(first), point(then));
                let moved = libm::hypot(x1 - x0, y1 - y0);
                assert!(moved <= DISPLACEMENT * 1.001 || passes_end(&scene), "{class}: {moved}");
            }
        }
    }

    /// Whether a pass along a chord or through the sizes ends within the first frame interval.
    fn passes_end(scene: &Scene) -> bool {
        let ([right, down], passed) = (scene.start.place, scene.rate * scene.interval as f64 * 1e-6);
        let place = |from: f64, across: f64| (from / half_chord(across) + 1.0) / 2.0;
        let ends = |from: f64, passed: f64| libm::floor(from) != libm::floor(from + passed);
        match scene.class {
            0 => ends(place(right, down), passed),
            1 => ends(place(right, down), -passed),
            2 => ends(place(down, right), passed),
            3 => ends(place(down, right), -passed),
            6 => ends(scene.start.size, passed),
            7 => ends(scene.start.size, -passed),
            _ => false,
        }
    }
}
