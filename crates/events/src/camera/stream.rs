//! The endless stream.

use super::canvas::Canvas;
use super::gesture::{CLASSES, Scene};
use super::options::MOST_EVENTS;
use super::options::{DURATIONS, SyntheticOptions};
use super::recording::{class_of, drawn};
use super::sensor::Pixels;
use crate::{Events, check};
use decolle_error::{Fault, Result};

/// A synthetic camera that never stops: gesture follows gesture, each for `duration` µs, in constant memory.
///
/// A new gesture brings a new scene, which appears at once, so that most pixels under the old and the new figure fire.
/// The stream is the same however it is cut into pieces; gestures come in blocks of twelve with each class once.
///
/// ```
/// use decolle_events::{SyntheticCamera, SyntheticOptions};
/// let mut camera = SyntheticCamera::new(&SyntheticOptions::from_json(r#"{"seed": 1, "duration": 200000}"#)?)?;
/// let first = camera.next(50_000)?;
/// let second = camera.next(50_000)?;
/// assert_eq!((first.class, first.end), (second.class, second.start));
/// assert!(second.events.time.iter().all(|time| (50_000..100_000).contains(time)));
/// # Ok::<(), decolle_error::Fault>(())
/// ```
#[derive(Clone, Debug)]
pub struct SyntheticCamera {
    options: SyntheticOptions,
    canvas: Canvas,
    pixels: Pixels,
    scene: Scene,
    /// Number of the gesture that is shown.
    gesture: u64,
    /// Time in microseconds up to which frames were drawn.
    drawn: i64,
    /// Where the next piece starts, in microseconds.
    time: i64,
    /// Events that are drawn but belong to pieces to come: at most those of one frame interval.
    waiting: Events,
    /// Why it cannot go on, once there was no memory in the middle of a frame.
    broken: Option<Fault>,
}

/// A piece of an endless stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntheticPiece {
    /// Its events, times from `start` to `end` − 1.
    pub events: Events,
    /// The gesture shown longest in the piece, the earlier one on ties; an index into [`CLASSES`].
    pub class: u32,
    /// Where the piece starts, in microseconds since the stream began.
    pub start: i64,
    /// Where it ends and the next one starts.
    pub end: i64,
}

impl SyntheticCamera {
    /// A stream from its start; `options.split` and `options.index` choose which, `options.duration` is how long each
    /// gesture lasts.
    ///
    /// # Errors
    /// `range` or `not-finite` for options out of their range.
    pub fn new(options: &SyntheticOptions) -> Result<Self> {
        options.check()?;
        let purpose = options.split.purpose();
        let noise = drawn(options.seed, &format!("{purpose}.stream.noise"), u64::from(options.index));
        let mut canvas = Canvas::new(options.width, options.height);
        let mut pixels = options.pixels(noise);
        let scene = scene(options, 0);
        canvas.draw(&scene, 0);
        pixels.settle(&canvas);
        let waiting = Events::default();
        Ok(Self {
            options: options.clone(),
            canvas,
            pixels,
            scene,
            gesture: 0,
            drawn: 0,
            time: 0,
            waiting,
            broken: None,
        })
    }

    /// Where the next piece starts, in microseconds since the stream began.
    pub fn time(&self) -> i64 {
        self.time
    }

    /// The next `duration` µs, 1 to 60,000,000.
    ///
    /// # Errors
    /// `range` for another duration, `memory` for more than 2²⁷ events; the stream stays where it was. `memory` also where
    /// there is none, and then again by every later call.
    pub fn next(&mut self, duration: i64) -> Result<SyntheticPiece> {
        check::within("duration", duration, 1, DURATIONS.1)?;
        if let Some(fault) = &self.broken {
            return Err(fault.clone());
        }
        let (start, end) = (self.time, self.time + duration);
        while self.drawn < end {
            // Before a frame changes anything.
            self.waiting.make_room(0, MOST_EVENTS, "duration")?;
            if let Err(fault) = self.draw() {
                self.broken = Some(fault.clone());
                return Err(fault);
            }
        }
        let count = self.waiting.time.partition_point(|&time| time < end);
        let later = Events {
            x: self.waiting.x.split_off(count),
            y: self.waiting.y.split_off(count),
            polarity: self.waiting.polarity.split_off(count),
            time: self.waiting.time.split_off(count),
        };
        let events = std::mem::replace(&mut self.waiting, later);
        self.time = end;
        Ok(SyntheticPiece { events, class: self.longest(start, end), start, end })
    }

    /// Draws one frame and takes the events up to it.
    fn draw(&mut self) -> Result<()> {
        let duration = self.options.duration;
        let gesture = (self.drawn / duration).unsigned_abs();
        if gesture != self.gesture {
            self.gesture = gesture;
            self.scene = scene(&self.options, gesture);
        }
        let begin = self.drawn / duration * duration;
        let to = (self.drawn + self.scene.interval).min(begin + duration);
        self.canvas.draw(&self.scene, to - begin);
        self.pixels.expose(&self.canvas, self.drawn, to, &mut self.waiting)?;
        self.drawn = to;
        Ok(())
    }

    /// Class of the gesture shown longest from `start` to `end`.
    fn longest(&self, start: i64, end: i64) -> u32 {
        let duration = self.options.duration;
        let mut shown = [0i64; CLASSES.len()];
        let mut best = class(&self.options, (start / duration).unsigned_abs());
        let mut from = start;
        while from < end {
            let gesture = from / duration;
            let to = end.min((gesture + 1) * duration);
            let now = class(&self.options, gesture.unsigned_abs());
            shown[now as usize] += to - from;
            if shown[now as usize] > shown[best as usize] {
                best = now;
            }
            from = to;
        }
        best
    }
}

fn class(options: &SyntheticOptions, gesture: u64) -> u32 {
    let purpose = format!("{}.stream.class.{}", options.split.purpose(), options.index);
    class_of(options.seed, &purpose, gesture)
}

fn scene(options: &SyntheticOptions, gesture: u64) -> Scene {
    let purpose = format!("{}.stream.{}", options.split.purpose(), options.index);
    let class = class(options, gesture);
    Scene::draw(class, &mut drawn(options.seed, &purpose, gesture), options.width, options.height)
}
