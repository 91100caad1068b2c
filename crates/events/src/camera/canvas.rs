//! The image of the log intensity, redrawn only where the figure is or was.

use super::figure::{Figure, REACH};
use super::gesture::{Pose, Scene};
use decolle_number::{nearest, truncated};

/// Log intensity over the background, of the current frame and the one before.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    width: u16,
    height: u16,
    /// Current frame.
    pub(super) now: Vec<f32>,
    /// Frame before; the two agree in every pixel that is not in `changed`.
    pub(super) before: Vec<f32>,
    /// Pixels that the figure covers now or covered before, without duplicates.
    pub(super) changed: Vec<u32>,
    /// Pixels that the figure covers now.
    covered: Vec<u32>,
    /// The frame in which a pixel was last listed as changed, to list it once.
    listed: Vec<u64>,
    frame: u64,
}

impl Canvas {
    pub(super) fn new(width: u16, height: u16) -> Self {
        let pixels = usize::from(width) * usize::from(height);
        Self {
            width,
            height,
            now: vec![0.0; pixels],
            before: vec![0.0; pixels],
            changed: Vec::with_capacity(pixels),
            covered: Vec::with_capacity(pixels),
            listed: vec![0; pixels],
            frame: 0,
        }
    }

    /// Draws the next frame: the scene `elapsed` µs after its gesture began.
    pub(super) fn draw(&mut self, scene: &Scene, elapsed: i64) {
        self.draw_figure(Some(scene.pose(elapsed, self.width, self.height)));
    }

    /// Draws the next frame: one figure, or none.
    pub(super) fn draw_figure(&mut self, shown: Option<(&Figure, Pose)>) {
        self.frame += 1;
        self.begin();
        for &pixel in &self.covered {
            self.now[pixel as usize] = 0.0;
            if self.listed[pixel as usize] != self.frame {
                self.listed[pixel as usize] = self.frame;
                self.changed.push(pixel);
            }
        }
        self.covered.clear();
        if let Some((figure, pose)) = shown {
            self.add(figure, pose);
        }
    }

    /// Begins the next frame, which is as the one before until pixels are put.
    pub(super) fn begin(&mut self) {
        // What changed in the last frame is where the frame before it may still differ.
        for &pixel in &self.changed {
            self.before[pixel as usize] = self.now[pixel as usize];
        }
        self.changed.clear();
    }

    /// Puts a pixel of a frame that has begun, once at most.
    pub(super) fn put(&mut self, pixel: u32, now: f32) {
        if self.now[pixel as usize] != now {
            self.now[pixel as usize] = now;
            self.changed.push(pixel);
        }
    }

    fn add(&mut self, figure: &Figure, pose: Pose) {
        let radius = nearest(pose.radius);
        let scale = 1.0 / radius;
        let (cosine, sine) = (nearest(pose.cosine) * scale, nearest(pose.sine) * scale);
        let reach = f64::from(REACH) * pose.radius + 1.0;
        for (row, dy) in span(pose.y, reach, self.height) {
            for (column, dx) in span(pose.x, reach, self.width) {
                let shade = figure.shade(dx * cosine + dy * sine, dy * cosine - dx * sine, scale);
                if shade == 0.0 {
                    continue;
                }
                let pixel = u32::from(row) * u32::from(self.width) + u32::from(column);
                let place = pixel as usize;
                if self.listed[place] != self.frame {
                    self.listed[place] = self.frame;
                    self.changed.push(pixel);
                }
                self.covered.push(pixel);
                self.now[place] = figure.contrast * shade;
            }
        }
    }
}

/// Pixels within `reach` of `place` on an axis of `side` pixels, with the distance of their centres from `place`.
fn span(place: f64, reach: f64, side: u16) -> impl Iterator<Item = (u16, f32)> {
    let pixel = |edge: f64| u16::try_from(truncated(libm::ceil(edge).clamp(0.0, f64::from(side)))).unwrap_or(side);
    let (first, end) = (pixel(place - reach - 0.5), pixel(place + reach - 0.5));
    (first..end).map(move |index| (index, nearest(f64::from(index) + 0.5 - place)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use decolle_random::Generator;

    #[test]
    fn a_span_ends_where_its_reach_or_the_sensor_ends() {
        let places = |place, reach| span(place, reach, 8).map(|(index, _)| index).collect::<Vec<u16>>();
        assert_eq!(places(0.25, 2.0), [0, 1]);
        assert_eq!(places(4.0, 1.0), [3, 4]);
        assert_eq!(places(7.0, 100.0), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(places(-9.0, 2.0).is_empty());
        assert_eq!(span(4.0, 1.0, 8).map(|(_, distance)| distance).collect::<Vec<f32>>(), [-0.5, 0.5]);
    }

    #[test]
    fn pixels_that_are_not_listed_as_changed_did_not_change() {
        let (width, height) = (20, 12);
        let mut canvas = Canvas::new(width, height);
        for class in 0..12 {
            let scene = Scene::draw(class, &mut Generator::new(u64::from(class), "canvas"), width, height);
            for frame in 0..40 {
                let last = canvas.now.clone();
                canvas.draw(&scene, frame * 7_000);
                assert_eq!(canvas.before, last);
                let mut listed = vec![false; last.len()];
                for &pixel in &canvas.changed {
                    assert!(!listed[pixel as usize], "listed twice");
                    listed[pixel as usize] = true;
                }
                let differ = |pixel: usize| canvas.now[pixel] != last[pixel];
                assert!((0..last.len()).all(|pixel| listed[pixel] || !differ(pixel)));
                let mut afresh = Canvas::new(width, height);
                afresh.draw(&scene, frame * 7_000);
                assert_eq!(afresh.now, canvas.now);
            }
        }
    }
}
