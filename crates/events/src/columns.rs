//! Events as columns.

use decolle_error::{Code, Fault, Result, reserve};

/// The events of a recording as columns of equal length, in the order in which they happened.
///
/// ```
/// use decolle_events::Events;
/// let events = Events::new(vec![3, 4], vec![0, 0], vec![1, 0], vec![10, 25])?;
/// assert_eq!(events.len(), 2);
/// let fault = Events::new(vec![3, 4], vec![0, 0], vec![1, 0], vec![25, 10]).unwrap_err();
/// assert_eq!(fault.to_string(), "[time-order] t[1]: expected at least 25 µs, found 10");
/// # Ok::<(), decolle_error::Fault>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// Column of the pixel, from 0 at the left.
    pub x: Vec<u16>,
    /// Row of the pixel, from 0 at the top.
    pub y: Vec<u16>,
    /// 0 where the pixel darkened, 1 where it brightened.
    pub polarity: Vec<u8>,
    /// Time in microseconds, never decreasing.
    pub time: Vec<i64>,
}

impl Events {
    /// Bytes of an event.
    pub(crate) const BYTES: usize = size_of::<u16>() * 2 + size_of::<u8>() + size_of::<i64>();

    /// Checked columns.
    ///
    /// # Errors
    /// `shape` for columns of different length, `range` for a polarity above 1, `time-order` for a time before that of
    /// the event before; each names the index.
    pub fn new(x: Vec<u16>, y: Vec<u16>, polarity: Vec<u8>, time: Vec<i64>) -> Result<Self> {
        let events = Self { x, y, polarity, time };
        events.check()?;
        Ok(events)
    }

    /// Checked columns from times in float64, the one number type that JavaScript has for them.
    ///
    /// # Errors
    /// Those of [`Events::new`]; `not-finite` for a time that is NaN or infinite, `range` for one that is no whole
    /// number of microseconds or beyond ±(2⁵³ − 1).
    pub fn from_float_times(x: Vec<u16>, y: Vec<u16>, polarity: Vec<u8>, time: &[f64]) -> Result<Self> {
        Self::new(x, y, polarity, whole_times(time)?)
    }

    /// The times in microseconds as float64, exact up to ±(2⁵³ − 1).
    pub fn float_times(&self) -> Vec<f64> {
        self.time.iter().map(|&time| time as f64).collect()
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// The checks of [`Events::new`]; needed again by whoever takes columns, since the fields are public.
    pub(crate) fn check(&self) -> Result<()> {
        self.pixels().check(&self.time)
    }

    /// The columns but for the times.
    pub fn pixels(&self) -> Pixels<'_> {
        Pixels { x: &self.x, y: &self.y, p: &self.polarity }
    }

    /// Makes room for `more` events, in step with how many there are already.
    ///
    /// # Errors
    /// `memory`, naming `field`, where they would be more than `most`, or there is none.
    pub(crate) fn make_room(&mut self, more: usize, most: usize, field: &str) -> Result<()> {
        let Self { x, y, polarity, time } = self;
        let events = time.len() + more;
        let bytes = events as u64 * Self::BYTES as u64;
        if events > most {
            return Err(Fault::memory(field, bytes));
        }
        let had = x.try_reserve(more).is_ok()
            && y.try_reserve(more).is_ok()
            && polarity.try_reserve(more).is_ok()
            && time.try_reserve(more).is_ok();
        if had { Ok(()) } else { Err(Fault::memory(field, bytes)) }
    }

    pub(crate) fn push(&mut self, x: u16, y: u16, polarity: u8, time: i64) {
        self.x.push(x);
        self.y.push(y);
        self.polarity.push(polarity);
        self.time.push(time);
    }
}

/// The columns of events but for their times. Faults call columns as JavaScript does: x, y, p and t.
#[derive(Clone, Copy, Debug)]
pub struct Pixels<'a> {
    /// Column of the pixel, from 0 at the left.
    pub x: &'a [u16],
    /// Row of the pixel, from 0 at the top.
    pub y: &'a [u16],
    /// 0 where the pixel darkened, 1 where it brightened.
    pub p: &'a [u8],
}

impl Pixels<'_> {
    /// The checks of [`Events::new`].
    pub(crate) fn check(&self, time: &[i64]) -> Result<()> {
        for (name, found) in [("x", self.x.len()), ("y", self.y.len()), ("p", self.p.len())] {
            check_length(name, time.len(), found)?;
        }
        if let Some(index) = self.p.iter().position(|&polarity| polarity > 1) {
            return Err(Fault::unfit(Code::Range, &format_args!("p[{index}]"), &"0 or 1", &self.p[index]));
        }
        check_order(time)
    }
}

/// Refuses a column of another length than the times have.
pub(crate) fn check_length(name: &str, expected: usize, found: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Fault::unfit(Code::Shape, &name, &format_args!("{expected} entries, as many as times"), &found))
}

/// Refuses times that go back.
pub(crate) fn check_order(time: &[i64]) -> Result<()> {
    let Some(before) = time.windows(2).position(|pair| pair[1] < pair[0]) else { return Ok(()) };
    let (index, least, found) = (before + 1, time[before], time[before + 1]);
    Err(Fault::unfit(Code::TimeOrder, &format_args!("t[{index}]"), &format_args!("at least {least} µs"), &found))
}

/// Times in float64 as whole microseconds.
pub(crate) fn whole_times(times: &[f64]) -> Result<Vec<i64>> {
    let mut whole = Vec::new();
    reserve(&mut whole, times.len(), "t")?;
    for (index, &time) in times.iter().enumerate() {
        // Times within ±(2⁵³ − 1) µs (285 years) survive the way through float64.
        match decolle_number::whole(time) {
            Some(time) => whole.push(time),
            None => {
                let (code, expected) = if time.is_finite() {
                    (Code::Range, "whole microseconds within ±(2^53 - 1)")
                } else {
                    (Code::NotFinite, "microseconds")
                };
                return Err(Fault::unfit(code, &format_args!("t[{index}]"), &expected, &time));
            }
        }
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(polarity: [u8; 2], time: [i64; 2]) -> Result<Events> {
        Events::new(vec![0, 1], vec![0, 1], polarity.to_vec(), time.to_vec())
    }

    #[test]
    fn columns_of_different_length_are_refused_by_name() {
        let three = || vec![0u16; 3];
        for (x, y, polarity, name) in [
            (vec![0; 2], three(), vec![0; 3], "x"),
            (three(), vec![0; 4], vec![0; 3], "y"),
            (three(), three(), vec![0; 1], "p"),
        ] {
            let fault = Events::new(x, y, polarity, vec![0; 3]).unwrap_err();
            assert_eq!(fault.code, Code::Shape);
            assert!(fault.message.starts_with(&format!("{name}: expected 3")), "{fault}");
        }
    }

    #[test]
    fn polarities_are_0_or_1() {
        let fault = two([1, 2], [0, 0]).unwrap_err();
        assert_eq!((fault.code, fault.message.as_str()), (Code::Range, "p[1]: expected 0 or 1, found 2"));
    }

    #[test]
    fn time_may_stand_still_but_not_go_back() {
        assert!(two([0, 1], [5, 5]).is_ok());
        assert_eq!(two([0, 1], [5, 4]).unwrap_err().code, Code::TimeOrder);
        assert_eq!(two([0, 1], [i64::MAX, i64::MIN]).unwrap_err().code, Code::TimeOrder);
    }

    #[test]
    fn float_times_must_be_whole_microseconds() {
        let with = |time: f64| Events::from_float_times(vec![0], vec![0], vec![0], &[time]);
        for (time, code) in [
            (f64::NAN, Code::NotFinite),
            (f64::INFINITY, Code::NotFinite),
            (0.5, Code::Range),
            (9_007_199_254_740_992.0, Code::Range),
            (-1e300, Code::Range),
        ] {
            let fault = with(time).unwrap_err();
            assert_eq!(fault.code, code, "{time}");
            assert!(fault.message.starts_with("t[0]"), "{fault}");
        }
        let exact = with(-9_007_199_254_740_991.0).unwrap();
        assert_eq!(exact.float_times(), [-9_007_199_254_740_991.0]);
    }
}
