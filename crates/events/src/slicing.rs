//! Slicing: several recordings out of one, by time, by number of events, or by labels.
//!
//! A slice is a range of the recording's events; nothing is copied here. Names and options are those that the library tonic
//! made usual.

use crate::check;
use crate::columns::{LARGEST_WHOLE, check_order, whole_times};
use decolle_error::{Code, Fault, Result};

/// Most slices of a recording.
const MOST_SLICES: i128 = 1 << 20;

/// How a recording is sliced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slicing {
    /// By microseconds since the first event.
    ByTime(Windows),
    /// By number of events.
    ByCount(Windows),
    /// By what a file of labels says, such as that of DvsGesture: one slice a label, in their order, each of the recording's
    /// own times.
    ByLabel(Vec<Labelled>),
}

/// Stretches of equal length that begin equally far from one another; the first begins with the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Length of each, in microseconds or events, at least 1.
    pub length: i64,
    /// How much of each belongs to the next one, too; less than the length.
    pub overlap: i64,
    /// Whether what is left at the end, too short for a whole one, is one more.
    pub include_incomplete: bool,
}

/// The stretch of time that a label is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// Where it begins, in microseconds.
    pub start: i64,
    /// Where it ends: the first microsecond that is no part of it.
    pub end: i64,
}

/// A part of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Its first event.
    pub first: usize,
    /// The event after its last.
    pub last: usize,
    /// Where it begins, in microseconds: where its window does, or its first event where events are counted.
    pub start: i64,
    /// Where it ends: the first microsecond that is no part of it.
    pub end: i64,
}

#[expect(clippy::enum_variant_names, reason = "they are called so in JSON")]
enum Given {
    ByTime(GivenTime),
    ByCount(GivenCount),
    ByLabel { labels: Vec<GivenLabel> },
}

struct GivenTime {
    window: f64,
    overlap: f64,
    include_incomplete: bool,
}

struct GivenCount {
    count: f64,
    overlap: f64,
    include_incomplete: bool,
}

struct GivenLabel {
    start: f64,
    end: f64,
}

decolle_json::object! { GivenTime { window, overlap = 0.0, include_incomplete = false } }
decolle_json::object! { GivenCount { count, overlap = 0.0, include_incomplete = false } }
decolle_json::object! { GivenLabel { start, end } }
decolle_json::tagged! { Given { ByTime, ByCount, ByLabel { labels } } }

impl Slicing {
    /// Reads and checks JSON: `{"type": "byTime", "window": 500000}` and `{"type": "byCount", "count": 1000}`, both optionally
    /// with `overlap` (0) and `includeIncomplete` (false); or `{"type": "byLabel", "labels": [{"start": 0, "end": 900}]}`.
    ///
    /// ```
    /// use decolle_events::Slicing;
    /// let halves = Slicing::from_json(r#"{"type": "byTime", "window": 500, "includeIncomplete": true}"#)?;
    /// let slices = halves.slice(&[10, 509, 510, 1_600])?;
    /// assert_eq!(slices.iter().map(|slice| slice.last - slice.first).collect::<Vec<_>>(), [2, 1, 0, 1]);
    /// # Ok::<(), decolle_error::Fault>(())
    /// ```
    ///
    /// # Errors
    /// `config` for a field that is missing, unknown or of the wrong type, `range` for a value out of its range.
    pub fn from_json(text: &str) -> Result<Self> {
        match check::read("slicing", text)? {
            Given::ByTime(GivenTime { window, overlap, include_incomplete }) => {
                Windows::checked(("slicing.window", window), overlap, include_incomplete).map(Self::ByTime)
            }
            Given::ByCount(GivenCount { count, overlap, include_incomplete }) => {
                Windows::checked(("slicing.count", count), overlap, include_incomplete).map(Self::ByCount)
            }
            Given::ByLabel { labels } => {
                labels.iter().enumerate().map(Labelled::checked).collect::<Result<_>>().map(Self::ByLabel)
            }
        }
    }

    /// The slices of a recording with these times, which never decrease. Slices by time and by label may be empty.
    ///
    /// # Errors
    /// `time-order`; `range` for more than a million slices.
    pub fn slice(&self, times: &[i64]) -> Result<Vec<Slice>> {
        check_order(times)?;
        let (Some(&begin), Some(&last)) = (times.first(), times.last()) else {
            return Ok(if let Self::ByLabel(labels) = self { labelled(labels, times) } else { Vec::new() });
        };
        match self {
            Self::ByTime(windows) => {
                // In 128 bits, since the whole of 64 may lie between the first and the last.
                let length = i128::from(last) - i128::from(begin) + 1;
                let slices = windows.starts("slicing.window", length)?.map(|start| {
                    let start = i128::from(begin) + start;
                    between(times, held(start), held(start + i128::from(windows.length)))
                });
                Ok(slices.collect())
            }
            Self::ByCount(windows) => {
                let slices = windows.starts("slicing.count", times.len() as i128)?.map(|start| {
                    let first = usize::try_from(start).unwrap_or(times.len());
                    let length = decolle_number::saturated(windows.length.unsigned_abs());
                    let last = first.saturating_add(length).min(times.len());
                    Slice { first, last, start: times[first], end: times[last - 1].saturating_add(1) }
                });
                Ok(slices.collect())
            }
            Self::ByLabel(labels) => Ok(labelled(labels, times)),
        }
    }

    /// As [`Slicing::slice`], for times in float64.
    ///
    /// # Errors
    /// Those of [`Slicing::slice`] and of [`Events::from_float_times`](crate::Events::from_float_times).
    pub fn slice_float_times(&self, times: &[f64]) -> Result<Vec<Slice>> {
        self.slice(&whole_times(times)?)
    }
}

impl Windows {
    fn checked((path, length): (&str, f64), overlap: f64, include_incomplete: bool) -> Result<Self> {
        let length = check::whole(path, length, 1, LARGEST_WHOLE)?;
        let overlap = check::whole("slicing.overlap", overlap, 0, length - 1)?;
        Ok(Self { length, overlap, include_incomplete })
    }

    /// Where the windows of a recording begin that is so long.
    fn starts(self, path: &str, total: i128) -> Result<impl Iterator<Item = i128>> {
        let Self { length, overlap, include_incomplete } = self;
        let stride = i128::from(length - overlap);
        let beyond = total - i128::from(length);
        let whole = if beyond < 0 { 0 } else { beyond / stride + 1 };
        // What the whole ones leave over; where they overlap, its begin is part of the last of them.
        let covered = if whole == 0 { 0 } else { (whole - 1) * stride + i128::from(length) };
        let count = whole + i128::from(include_incomplete && covered < total);
        if count > MOST_SLICES {
            let expected = format_args!("so much that there are at most {MOST_SLICES} slices");
            return Err(Fault::unfit(Code::Range, &path, &expected, &format_args!("{length}, which gives {count}")));
        }
        Ok((0..count).map(move |number| number * stride))
    }
}

impl Labelled {
    fn checked((place, given): (usize, &GivenLabel)) -> Result<Self> {
        let path = |name| format!("slicing.labels[{place}].{name}");
        let start = check::whole(&path("start"), given.start, -LARGEST_WHOLE, LARGEST_WHOLE)?;
        let end = check::whole(&path("end"), given.end, -LARGEST_WHOLE, LARGEST_WHOLE)?;
        if end >= start {
            return Ok(Self { start, end });
        }
        Err(Fault::unfit(Code::Range, &path("end"), &format_args!("at least start = {start}"), &end))
    }
}

fn labelled(labels: &[Labelled], times: &[i64]) -> Vec<Slice> {
    labels.iter().map(|label| between(times, label.start, label.end)).collect()
}

/// A time, or the last there is.
fn held(time: i128) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

/// The events from `start` to just before `end`.
fn between(times: &[i64], start: i64, end: i64) -> Slice {
    let first = times.partition_point(|&time| time < start);
    let last = times.partition_point(|&time| time < end);
    Slice { first, last, start, end }
}
