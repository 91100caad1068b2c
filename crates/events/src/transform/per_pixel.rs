//! A time for each pixel.

use super::Extent;
use crate::Events;
use decolle_error::{Result, reserve};

/// Pixels up to which a sensor has an entry for each of them, however few events there are.
const SMALL: u64 = 1 << 20;

/// Entries of a table per event, so that memory is in proportion to the events where the sensor is large.
const PER_EVENT: u64 = 4;

/// When something last happened at the pixels that have events.
pub(super) struct PerPixel {
    width: u32,
    height: u32,
    /// The pixels with events in order; none where the table has all pixels of the sensor.
    pixels: Option<Vec<u32>>,
    times: Vec<i64>,
}

impl PerPixel {
    /// Never, at any pixel.
    ///
    /// # Errors
    /// `memory`.
    pub(super) fn new(events: &Events, extent: Extent) -> Result<Self> {
        let Extent { width, height, .. } = extent;
        let area = u64::from(width) * u64::from(height);
        let mut table = Self { width, height, pixels: None, times: Vec::new() };
        if area > SMALL && area > PER_EVENT * events.len() as u64 {
            let mut pixels = Vec::new();
            reserve(&mut pixels, events.len(), "events")?;
            pixels.extend(events.x.iter().zip(&events.y).map(|(&x, &y)| table.number(x.into(), y.into())));
            pixels.sort_unstable();
            pixels.dedup();
            table.pixels = Some(pixels);
        }
        let entries = table.pixels.as_ref().map_or(decolle_number::saturated(area), Vec::len);
        reserve(&mut table.times, entries, "sensor")?;
        table.times.resize(entries, i64::MIN);
        Ok(table)
    }

    /// Whether something happened at the pixel less than `period` microseconds before `time`. Nothing has outside the sensor.
    pub(super) fn is_recent(&self, x: u32, y: u32, time: i64, period: i64) -> bool {
        self.place(x, y).is_some_and(|place| time.saturating_sub(self.times[place]) < period)
    }

    /// Something happens at the pixel.
    pub(super) fn set(&mut self, x: u32, y: u32, time: i64) {
        if let Some(place) = self.place(x, y) {
            self.times[place] = time;
        }
    }

    fn place(&self, x: u32, y: u32) -> Option<usize> {
        if x >= self.width || y >= self.height {
            return None;
        }
        let number = self.number(x, y);
        match &self.pixels {
            None => Some(number as usize),
            Some(pixels) => pixels.binary_search(&number).ok(),
        }
    }

    /// Of 65,536 × 65,536 pixels the last has the largest number of 32 bits.
    fn number(&self, x: u32, y: u32) -> u32 {
        y * self.width + x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_the_largest_sensor_is_as_small_as_its_events() {
        let corners = [0, u16::MAX];
        let events = Events::new(corners.to_vec(), corners.to_vec(), vec![0, 1], vec![0, 1]).unwrap();
        let side = 1 << 16;
        let mut table = PerPixel::new(&events, Extent { width: side, height: side, duration: 1 }).unwrap();
        assert_eq!(table.times.len(), 2);
        table.set(side - 1, side - 1, 5);
        assert!(table.is_recent(side - 1, side - 1, 7, 3) && !table.is_recent(side - 1, side - 1, 7, 2));
        assert!(!table.is_recent(0, 0, 7, i64::MAX) && !table.is_recent(side, 0, 7, i64::MAX));
    }
}
