//! Binning: from events in microseconds to sparse counts per time step.
//!
//! A spike list per step is what the engine eats; no dense frame is ever built. Events come in order of time, so the
//! events of a step lie side by side: their pixel indices are gathered, sorted and run-length counted, in time
//! O(n log n) in the events of a step and without memory per pixel.

use crate::columns::{LARGEST_WHOLE, Pixels, check_length, check_order, whole_times};
use crate::{Events, check};
use decolle_error::{Code, Fault, Result, reserve};

/// Largest width and height of a sensor: columns hold 16 bits.
const LARGEST_SIDE: i64 = 1 << 16;

/// Most time steps of one call: four and a half hours at 1 ms.
const MOST_STEPS: i64 = 1 << 24;

/// How events become spikes: crop, sum over squares of pixels, count per time step.
///
/// An event at pixel (x, y) inside the crop goes to column (x − left) / downsample and row (y − top) / downsample of a
/// plane of `crop_width / downsample` × `crop_height / downsample` cells per polarity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binning {
    /// Width of the sensor in pixels, 1 to 65,536; an event outside it is a fault.
    pub width: u32,
    /// Height of the sensor in pixels, 1 to 65,536; an event outside it is a fault.
    pub height: u32,
    /// First column of the crop.
    pub left: u32,
    /// First row of the crop.
    pub top: u32,
    /// Width of the crop in pixels, a multiple of `downsample`; events outside it are dropped.
    pub crop_width: u32,
    /// Height of the crop in pixels, a multiple of `downsample`; events outside it are dropped.
    pub crop_height: u32,
    /// Side of the square of pixels whose events are summed into one cell, at least 1.
    pub downsample: u32,
    /// Length of a time step in microseconds, 1 to 2⁵³ − 1.
    pub time_step: i64,
    /// Number of time steps, 1 to 2²⁴; events after them are dropped.
    pub steps: u32,
    /// Where the first step starts, in microseconds, events before it being dropped; `None` for the first event.
    pub start: Option<i64>,
}

/// [`Binning`] as JSON gives it.
struct Given {
    width: f64,
    height: f64,
    left: f64,
    top: f64,
    crop_width: Option<f64>,
    crop_height: Option<f64>,
    downsample: Option<f64>,
    time_step: f64,
    steps: f64,
    start: Option<f64>,
}

decolle_json::object! {
    Given {
        width,
        height,
        left = 0.0,
        top = 0.0,
        crop_width = None,
        crop_height = None,
        downsample = None,
        time_step,
        steps,
        start = None,
    }
}

impl Binning {
    /// Reads and checks JSON with `width`, `height`, `timeStep`, `steps` and optionally `left`, `top` (0), `cropWidth`,
    /// `cropHeight` (the rest of the sensor), `downsample` (1) and `start` (null: the first event).
    ///
    /// ```
    /// let text = r#"{"width": 128, "height": 128, "downsample": 4, "timeStep": 1000, "steps": 500}"#;
    /// let binning = decolle_events::Binning::from_json(text)?;
    /// assert_eq!((binning.crop_width, binning.plane_width(), binning.start), (128, 32, None));
    /// # Ok::<(), decolle_error::Fault>(())
    /// ```
    ///
    /// # Errors
    /// `config` for a field that is missing, unknown or of the wrong type, `range` for a value out of its range.
    pub fn from_json(text: &str) -> Result<Self> {
        let given: Given = check::read("binning", text)?;
        let side = |name: &str, value: f64, least: i64| -> Result<u32> {
            check::whole(&format!("binning.{name}"), value, least, LARGEST_SIDE)
        };
        let (width, height) = (side("width", given.width, 1)?, side("height", given.height, 1)?);
        let (left, top) = (side("left", given.left, 0)?, side("top", given.top, 0)?);
        let rest = |name: &str, given: Option<f64>, rest: u32| given.map_or(Ok(rest), |value| side(name, value, 1));
        let start = given.start.map(|start| check::whole("binning.start", start, -LARGEST_WHOLE, LARGEST_WHOLE));
        let binning = Self {
            width,
            height,
            left,
            top,
            crop_width: rest("cropWidth", given.crop_width, width.saturating_sub(left))?,
            crop_height: rest("cropHeight", given.crop_height, height.saturating_sub(top))?,
            downsample: side("downsample", given.downsample.unwrap_or(1.0), 1)?,
            time_step: check::whole("binning.timeStep", given.time_step, 1, LARGEST_WHOLE)?,
            steps: check::whole("binning.steps", given.steps, 1, MOST_STEPS)?,
            start: start.transpose()?,
        };
        binning.check()?;
        Ok(binning)
    }

    /// Width of the plane of cells.
    pub fn plane_width(&self) -> u32 {
        self.crop_width / self.downsample
    }

    /// Height of the plane of cells.
    pub fn plane_height(&self) -> u32 {
        self.crop_height / self.downsample
    }

    fn check(&self) -> Result<()> {
        check::within("binning.width", self.width.into(), 1, LARGEST_SIDE)?;
        check::within("binning.height", self.height.into(), 1, LARGEST_SIDE)?;
        check::within("binning.left", self.left.into(), 0, i64::from(self.width) - 1)?;
        check::within("binning.top", self.top.into(), 0, i64::from(self.height) - 1)?;
        check::within("binning.cropWidth", self.crop_width.into(), 1, (self.width - self.left).into())?;
        check::within("binning.cropHeight", self.crop_height.into(), 1, (self.height - self.top).into())?;
        check::within("binning.downsample", self.downsample.into(), 1, self.crop_width.min(self.crop_height).into())?;
        check::within("binning.timeStep", self.time_step, 1, LARGEST_WHOLE)?;
        check::within("binning.steps", self.steps.into(), 1, MOST_STEPS)?;
        for (name, side) in [("cropWidth", self.crop_width), ("cropHeight", self.crop_height)] {
            if side % self.downsample != 0 {
                return Err(Fault::unfit(
                    Code::Range,
                    &format_args!("binning.{name}"),
                    &format_args!("a multiple of downsample = {}", self.downsample),
                    &side,
                ));
            }
        }
        // Indices have 32 bits, and 65,536 × 65,536 × 2 cells would need 33.
        let cells = u64::from(self.plane_width()) * u64::from(self.plane_height()) * 2;
        if cells > u64::from(u32::MAX) {
            return Err(Fault::unfit(Code::Range, &"binning", &"at most 2^32 - 1 cells (two polarities)", &cells));
        }
        Ok(())
    }
}

/// Spikes of one recording as sparse lists, one list a time step.
///
/// The spikes of step s are `indices[offsets[s]..offsets[s + 1]]` and as many counts. An index is
/// (polarity · height + row) · width + column on the plane of cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spikes {
    /// Where the list of each step starts, and the end of the last: `steps + 1` entries.
    pub offsets: Vec<u32>,
    /// Index of each cell with events, ascending and unique within a step.
    pub indices: Vec<u32>,
    /// Number of events in the cell, at least 1; exact up to 2²⁴.
    pub counts: Vec<f32>,
    /// Number of events outside the crop or the time steps.
    pub dropped: u64,
}

/// Counts events per cell and time step.
///
/// A step holds the times from its start to just before the start of the next. Without events every step is empty.
///
/// ```
/// use decolle_events::{Binning, Events, bin};
/// let events = Events::new(vec![0, 3, 1], vec![0, 1, 1], vec![1, 0, 1], vec![0, 700, 999])?;
/// let binning = r#"{"width": 4, "height": 2, "downsample": 2, "timeStep": 1000, "steps": 1}"#;
/// let spikes = bin(&events, &Binning::from_json(binning)?)?;
/// assert_eq!((spikes.indices, spikes.counts), (vec![1, 2], vec![1.0, 2.0]));
/// # Ok::<(), decolle_error::Fault>(())
/// ```
///
/// # Errors
/// `range` for settings out of range or an event outside the sensor, with its index; the faults of [`Events::new`] for
/// columns that were not made by it; `shape` for more than 2³² − 1 spikes.
pub fn bin(events: &Events, binning: &Binning) -> Result<Spikes> {
    bin_pixels(events.pixels(), &events.time, binning)
}

/// As [`bin`](fn@bin), for events that lie in a caller's columns, times in float64.
///
/// # Errors
/// Those of [`bin`](fn@bin) and of [`Events::from_float_times`].
pub fn bin_columns(pixels: Pixels<'_>, times: &[f64], binning: &Binning) -> Result<Spikes> {
    bin_pixels(pixels, &whole_times(times)?, binning)
}

fn bin_pixels(pixels: Pixels<'_>, time: &[i64], binning: &Binning) -> Result<Spikes> {
    binning.check()?;
    pixels.check(time)?;
    pixels.check_sensor(binning.width, binning.height)?;
    bin_cells(time, binning, &|index| cell(&pixels, index, binning))
}

/// Counts the spikes of units per time step, from trains of (time, unit): as [`bin`](fn@bin) counts events, whose pixels
/// are units here. Of the settings only those of time steps matter.
///
/// ```
/// use decolle_events::{Binning, bin_train};
/// let binning = Binning::from_json(r#"{"width": 1, "height": 1, "timeStep": 1000, "steps": 2}"#)?;
/// let spikes = bin_train(&[500.0, 700.0, 1500.0], &[4, 4, 0], 5, &binning)?;
/// assert_eq!((spikes.offsets, spikes.indices, spikes.counts), (vec![0, 1, 2], vec![4, 0], vec![2.0, 1.0]));
/// # Ok::<(), decolle_error::Fault>(())
/// ```
///
/// # Errors
/// `shape` for columns of different length, `range` for a unit that is not below `units`, and for times those of
/// [`Events::from_float_times`]; each with the index.
pub fn bin_train(times: &[f64], unit: &[u32], units: usize, binning: &Binning) -> Result<Spikes> {
    binning.check()?;
    check_length("unit", times.len(), unit.len())?;
    let time = whole_times(times)?;
    check_order(&time)?;
    if let Some(index) = unit.iter().position(|&unit| unit as usize >= units) {
        let expected = format_args!("0 to {}", units.saturating_sub(1));
        return Err(Fault::unfit(Code::Range, &format_args!("unit[{index}]"), &expected, &unit[index]));
    }
    bin_cells(&time, binning, &|index| unit[index])
}

/// An event's cell where it has none; no cell has this number.
const DROPPED: u32 = u32::MAX;

/// Counts per cell and time step; `cell` tells the cell of an event, or [`DROPPED`].
fn bin_cells(time: &[i64], binning: &Binning, cell: &dyn Fn(usize) -> u32) -> Result<Spikes> {
    let start = binning.start.or(time.first().copied()).unwrap_or(0);
    // In 128 bits, since a step far in the future may lie beyond 64.
    let begins = |step: u32| i128::from(start) + i128::from(step) * i128::from(binning.time_step);
    let first = time.partition_point(|&time| i128::from(time) < begins(0));
    let end = time.partition_point(|&time| i128::from(time) < begins(binning.steps));

    let steps = binning.steps as usize;
    let mut spikes = Spikes { dropped: (time.len() - (end - first)) as u64, ..Spikes::default() };
    let mut cells: Vec<u32> = Vec::new();
    reserve(&mut spikes.offsets, steps + 1, "binning.steps")?;
    // No more spikes than events.
    reserve(&mut spikes.indices, end - first, "events")?;
    reserve(&mut spikes.counts, end - first, "events")?;
    reserve(&mut cells, end - first, "events")?;
    cells.extend((first..end).map(cell));
    spikes.offsets.push(0);
    let written = |spikes: &Spikes| {
        let message = "spikes: expected at most 2^32 - 1 in one recording, found more";
        u32::try_from(spikes.indices.len()).map_err(|_| Fault::new(Code::Shape, message))
    };
    let mut next = first;
    while next < end {
        // Between start and the end of the last step, so the difference is not negative and the step is below 2²⁴.
        let elapsed = i128::from(time[next]) - i128::from(start);
        let step = u32::try_from(elapsed / i128::from(binning.time_step)).expect("a step of the recording");
        spikes.offsets.resize(step as usize + 1, written(&spikes)?);
        let after = begins(step + 1);
        let from = next;
        while next < end && i128::from(time[next]) < after {
            next += 1;
        }
        let of_step = &mut cells[from - first..next - first];
        of_step.sort_unstable();
        for same in of_step.chunk_by(|one, other| one == other) {
            if same[0] == DROPPED {
                spikes.dropped += same.len() as u64;
                continue;
            }
            spikes.indices.push(same[0]);
            spikes.counts.push(same.len() as f32);
        }
    }
    let total = written(&spikes)?;
    spikes.offsets.resize(steps + 1, total);
    spikes.indices.shrink_to_fit();
    spikes.counts.shrink_to_fit();
    Ok(spikes)
}

/// The cell of an event, or [`DROPPED`] where it lies outside the crop.
fn cell(pixels: &Pixels<'_>, index: usize, binning: &Binning) -> u32 {
    let inside = |value: u16, first: u32, size: u32| u32::from(value).checked_sub(first).filter(|&place| place < size);
    let column = inside(pixels.x[index], binning.left, binning.crop_width);
    let row = inside(pixels.y[index], binning.top, binning.crop_height);
    let (Some(column), Some(row)) = (column, row) else { return DROPPED };
    let line = u32::from(pixels.p[index]) * binning.plane_height() + row / binning.downsample;
    line * binning.plane_width() + column / binning.downsample
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A sensor of 6×4 pixels and five steps of 10 µs from 100 µs.
    fn small() -> Binning {
        let text = r#"{"width": 6, "height": 4, "timeStep": 10, "steps": 5, "start": 100}"#;
        Binning::from_json(text).unwrap()
    }

    /// Counts by the definition, densely: [steps, 2, height, width].
    fn densely(events: &Events, binning: &Binning) -> (Vec<f32>, u64) {
        let (width, height) = (binning.plane_width() as usize, binning.plane_height() as usize);
        let mut counts = vec![0.0; binning.steps as usize * 2 * height * width];
        let mut dropped = 0;
        let start = binning.start.unwrap_or_else(|| events.time.first().copied().unwrap_or(0));
        for i in 0..events.len() {
            let step = (events.time[i] - start).div_euclid(binning.time_step);
            let x = i64::from(events.x[i]) - i64::from(binning.left);
            let y = i64::from(events.y[i]) - i64::from(binning.top);
            let inside = (0..i64::from(binning.steps)).contains(&step)
                && (0..i64::from(binning.crop_width)).contains(&x)
                && (0..i64::from(binning.crop_height)).contains(&y);
            if inside {
                let (column, row) =
                    (x as usize / binning.downsample as usize, y as usize / binning.downsample as usize);
                let plane = step as usize * 2 + usize::from(events.polarity[i]);
                counts[(plane * height + row) * width + column] += 1.0;
            } else {
                dropped += 1;
            }
        }
        (counts, dropped)
    }

    fn spread(spikes: &Spikes, cells: usize) -> Vec<f32> {
        let steps = spikes.offsets.len() - 1;
        let mut counts = vec![0.0; steps * cells];
        for step in 0..steps {
            for i in spikes.offsets[step] as usize..spikes.offsets[step + 1] as usize {
                counts[step * cells + spikes.indices[i] as usize] += spikes.counts[i];
            }
        }
        counts
    }

    prop_compose! {
        fn recordings()(
            mut events in proptest::collection::vec((0u16..12, 0u16..9, 0u8..2, -40i64..200), 0..80)
        ) -> Events {
            events.sort_by_key(|event| event.3);
            let mut columns = Events::default();
            for (x, y, polarity, time) in events {
                columns.push(x, y, polarity, time);
            }
            columns
        }
    }

    prop_compose! {
        fn binnings()(
            downsample in 1u32..4, columns in 1u32..4, rows in 1u32..3, corner in (0u32..3, 0u32..3),
            time_step in 1i64..50, steps in 1u32..12, start in proptest::option::of(-60i64..100),
        ) -> Binning {
            let (crop_width, crop_height) = (columns * downsample, rows * downsample);
            Binning {
                width: 12, height: 9, left: corner.0, top: corner.1, crop_width, crop_height, downsample,
                time_step, steps, start,
            }
        }
    }

    proptest! {
        #[test]
        fn sparse_lists_hold_what_a_dense_count_holds(events in recordings(), binning in binnings()) {
            let spikes = bin(&events, &binning).unwrap();
            let (counts, dropped) = densely(&events, &binning);
            let cells = (2 * binning.plane_width() * binning.plane_height()) as usize;
            prop_assert_eq!(spikes.offsets.len(), binning.steps as usize + 1);
            prop_assert_eq!(spread(&spikes, cells), counts);
            prop_assert_eq!(spikes.dropped, dropped);
        }

        #[test]
        fn lists_are_ascending_unique_and_without_zeros(events in recordings(), binning in binnings()) {
            let spikes = bin(&events, &binning).unwrap();
            prop_assert_eq!(spikes.indices.len(), spikes.counts.len());
            prop_assert_eq!(*spikes.offsets.last().unwrap() as usize, spikes.indices.len());
            prop_assert!(spikes.counts.iter().all(|&count| count >= 1.0));
            for step in spikes.offsets.windows(2) {
                let list = &spikes.indices[step[0] as usize..step[1] as usize];
                prop_assert!(list.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }

    #[test]
    fn a_step_holds_its_start_and_not_its_end() {
        let events = Events::new(vec![0; 5], vec![0; 5], vec![0; 5], vec![99, 100, 109, 110, 150]).unwrap();
        let spikes = bin(&events, &small()).unwrap();
        assert_eq!(spikes.offsets, [0, 1, 2, 2, 2, 2]);
        assert_eq!(spikes.counts, [2.0, 1.0]);
        assert_eq!(spikes.dropped, 2);
    }

    #[test]
    fn without_a_start_the_first_event_starts() {
        let events = Events::new(vec![1], vec![2], vec![1], vec![-7]).unwrap();
        let spikes = bin(&events, &Binning { start: None, ..small() }).unwrap();
        assert_eq!((spikes.offsets[1], spikes.indices.as_slice()), (1, [(4 + 2) * 6 + 1].as_slice()));
    }

    #[test]
    fn no_events_are_empty_steps() {
        let spikes = bin(&Events::default(), &Binning { start: None, ..small() }).unwrap();
        assert_eq!(spikes, Spikes { offsets: vec![0; 6], ..Spikes::default() });
    }

    #[test]
    fn events_outside_the_sensor_are_refused_with_their_index() {
        for (x, y, start) in [(6, 0, "x[1]: expected below 6"), (0, 4, "y[1]: expected below 4")] {
            let events = Events::new(vec![0, x], vec![0, y], vec![0, 0], vec![0, 0]).unwrap();
            let fault = bin(&events, &small()).unwrap_err();
            assert_eq!(fault.code, Code::Range);
            assert!(fault.message.starts_with(start), "{fault}");
        }
    }

    #[test]
    fn columns_that_were_never_checked_are_checked() {
        let broken = Events { x: vec![0], y: vec![], polarity: vec![0], time: vec![0] };
        assert_eq!(bin(&broken, &small()).unwrap_err().code, Code::Shape);
        let back = Events { x: vec![0; 2], y: vec![0; 2], polarity: vec![0; 2], time: vec![120, 110] };
        assert_eq!(bin(&back, &small()).unwrap_err().code, Code::TimeOrder);
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let events = Events::new(vec![0; 2], vec![0; 2], vec![0; 2], vec![i64::MIN, i64::MAX]).unwrap();
        let far = Binning { time_step: LARGEST_WHOLE, steps: 1 << 24, start: None, ..small() };
        let spikes = bin(&events, &far).unwrap();
        assert_eq!(spikes.dropped + spikes.counts.len() as u64, 2);
        assert_eq!(bin(&events, &Binning { start: Some(i64::MAX), ..small() }).unwrap().dropped, 1);
    }

    #[test]
    fn settings_are_refused_field_by_field() {
        for (change, code, start) in [
            (r#""width": 0"#, Code::Range, "binning.width: expected a whole number from 1 to 65536, found 0"),
            (r#""height": -3"#, Code::Range, "binning.height: "),
            (r#""width": 70000"#, Code::Range, "binning.width: "),
            (r#""width": "8""#, Code::Config, "binning.width: expected a number, found \"8\""),
            (r#""left": 8"#, Code::Range, "binning.left: expected a whole number from 0 to 7, found 8"),
            (r#""top": 0.5"#, Code::Range, "binning.top: "),
            (r#""cropWidth": 9"#, Code::Range, "binning.cropWidth: expected a whole number from 1 to 8, found 9"),
            (r#""left": 4, "cropWidth": 5"#, Code::Range, "binning.cropWidth: "),
            (r#""cropHeight": 0"#, Code::Range, "binning.cropHeight: "),
            (r#""downsample": 0"#, Code::Range, "binning.downsample: "),
            (r#""downsample": 3"#, Code::Range, "binning.cropWidth: expected a multiple of downsample = 3, found 8"),
            (r#""timeStep": 0"#, Code::Range, "binning.timeStep: "),
            (r#""timeStep": 1e300"#, Code::Range, "binning.timeStep: "),
            (r#""steps": 0"#, Code::Range, "binning.steps: "),
            (r#""steps": 1e9"#, Code::Range, "binning.steps: "),
            (r#""start": 0.5"#, Code::Range, "binning.start: "),
            (r#""start": "now""#, Code::Config, "binning.start: "),
            (r#""wide": 1"#, Code::Config, "binning.wide: unknown field"),
        ] {
            let defaults = [("width", "8"), ("height", "8"), ("timeStep", "1000"), ("steps", "10")];
            let others: Vec<String> = defaults
                .iter()
                .filter(|(name, _)| !change.contains(&format!("\"{name}\"")))
                .map(|(name, value)| format!("\"{name}\": {value}"))
                .collect();
            let text = format!("{{{change}, {}}}", others.join(", "));
            let fault = Binning::from_json(&text).unwrap_err();
            assert_eq!(fault.code, code, "{text}: {fault}");
            assert!(fault.message.starts_with(start), "{text}: {fault}");
        }
        for text in ["", "[]", "{", r#"{"width": 8}"#, "{} {}"] {
            assert_eq!(Binning::from_json(text).unwrap_err().code, Code::Config, "{text}");
        }
    }

    #[test]
    fn settings_made_without_json_are_checked_too() {
        let events = Events::default();
        assert_eq!(bin(&events, &Binning { downsample: 0, ..small() }).unwrap_err().code, Code::Range);
        assert_eq!(bin(&events, &Binning { left: 6, ..small() }).unwrap_err().code, Code::Range);
        let side = 1 << 16;
        let huge = Binning { width: side, height: side, crop_width: side, crop_height: side, ..small() };
        assert_eq!(bin(&events, &huge).unwrap_err().code, Code::Range);
    }
}
