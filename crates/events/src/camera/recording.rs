//! Single recordings.

use super::canvas::Canvas;
use super::gesture::{CLASSES, Scene};
use super::options::MOST_EVENTS;
use super::options::SyntheticOptions;
use crate::Events;
use decolle_error::Result;
use decolle_number::{index, saturated};
use decolle_random::Generator;

/// A recording of the synthetic camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntheticRecording {
    /// Its events, times from 0 to the duration − 1 µs.
    pub events: Events,
    /// The gesture, an index into [`CLASSES`].
    pub class: u32,
}

/// Draws recording number `options.index` of its split.
///
/// Every recording depends on seed, split, index, size, duration and sensor alone, so recordings can be drawn in any
/// order. Classes are balanced: recordings 12k to 12k + 11 hold each class once, in random order.
///
/// ```
/// use decolle_events::{CLASSES, SyntheticOptions, synthesize};
/// let recording = synthesize(&SyntheticOptions { seed: 1, index: 5, ..SyntheticOptions::default() })?;
/// assert!(recording.events.time.iter().all(|time| (0..300_000).contains(time)));
/// assert!((recording.class as usize) < CLASSES.len());
/// # Ok::<(), decolle_error::Fault>(())
/// ```
///
/// # Errors
/// `range` or `not-finite` for options out of their range; `memory` for more than 2²⁷ events, or where there is none for them.
pub fn synthesize(options: &SyntheticOptions) -> Result<SyntheticRecording> {
    options.check()?;
    options.check_noise()?;
    let purpose = options.split.purpose();
    let stream = u64::from(options.index);
    let class = class_of(options.seed, &format!("{purpose}.class"), stream);
    let scene = Scene::draw(class, &mut drawn(options.seed, purpose, stream), options.width, options.height);
    let mut canvas = Canvas::new(options.width, options.height);
    let mut pixels = options.pixels(drawn(options.seed, &format!("{purpose}.noise"), stream));
    let mut events = Events::default();
    canvas.draw(&scene, 0);
    pixels.settle(&canvas);
    let mut from = 0;
    while from < options.duration {
        events.make_room(0, MOST_EVENTS, "synthetic.duration")?;
        let to = (from + scene.interval).min(options.duration);
        canvas.draw(&scene, to);
        pixels.expose(&canvas, from, to, &mut events)?;
        from = to;
    }
    Ok(SyntheticRecording { events, class })
}

/// The generator of one recording or gesture.
pub(super) fn drawn(seed: u64, purpose: &str, stream: u64) -> Generator {
    let mut generator = Generator::new(seed, purpose);
    generator.seek(stream, 0);
    generator
}

/// The class of number `number`: blocks of twelve hold every class once, in an order drawn for the block.
pub(super) fn class_of(seed: u64, purpose: &str, number: u64) -> u32 {
    let classes = index(CLASSES.len());
    let (block, place) = (number / u64::from(classes), number % u64::from(classes));
    drawn(seed, purpose, block).permutation(classes)[saturated(place)]
}
