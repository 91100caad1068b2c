//! N-MNIST: 40-bit events of the ATIS camera without a header, as Orchard et al. ("Converting Static Image Datasets to
//! Spiking Neuromorphic Datasets Using Saccades", Frontiers in Neuroscience 9:437, 2015) published them.
//!
//! | byte | holds |
//! |---|---|
//! | 0 | x |
//! | 1 | y |
//! | 2 | bit 7: polarity; bits 0–6: time, bits 16–22 |
//! | 3, 4 | time, bits 8–15 and 0–7 |
//!
//! Time is in microseconds and 23 bits wide (8.4 s), which recordings of 0.3 s never exceed. Readers of longer ATIS
//! files know a marker for overflown time, y = 240; it cannot occur on 34×34 pixels, no recording of the set needs it,
//! and here it is an event outside the sensor like any other.

use crate::Events;
use decolle_error::{Code, Fault, Result};

/// Bytes of an event.
const EVENT: usize = 5;

/// Width and height of the sensor area that the set was cut to.
const SIDE: u8 = 34;

/// Reads an N-MNIST recording: the content of one `.bin` file, 34×34 pixels, time in microseconds.
///
/// ```
/// let events = decolle_events::decode_nmnist(&[5, 33, 0x01, 0x02, 0x03])?;
/// assert_eq!((events.x[0], events.y[0], events.polarity[0], events.time[0]), (5, 33, 0, 0x01_02_03));
/// # Ok::<(), decolle_error::Fault>(())
/// ```
///
/// # Errors
/// `format` where the length is no multiple of 5, `range` for a pixel outside 34×34, `time-order` for a time before
/// that of the event before; each with the byte offset. `memory` where there is none for the events.
pub fn decode_nmnist(bytes: &[u8]) -> Result<Events> {
    let whole = bytes.len() - bytes.len() % EVENT;
    if whole != bytes.len() {
        let message = format!(
            "byte {whole}: expected whole events of {EVENT} bytes, found {} bytes after {} events",
            bytes.len() - whole,
            whole / EVENT
        );
        return Err(Fault::new(Code::Format, message));
    }
    let count = bytes.len() / EVENT;
    let mut events = Events::default();
    events.make_room(count, usize::MAX, "bytes")?;
    let mut before = 0;
    for (index, event) in bytes.chunks_exact(EVENT).enumerate() {
        let offset = index * EVENT;
        for (name, value, place) in [("x", event[0], offset), ("y", event[1], offset + 1)] {
            if value >= SIDE {
                let message = format!("byte {place}: expected {name} below {SIDE}, found {value} in event {index}");
                return Err(Fault::new(Code::Range, message));
            }
        }
        let time = i64::from(event[2] & 0x7f) << 16 | i64::from(event[3]) << 8 | i64::from(event[4]);
        if time < before {
            let place = offset + 2;
            let message =
                format!("byte {place}: expected a time of at least {before} µs, found {time} in event {index}");
            return Err(Fault::new(Code::TimeOrder, message));
        }
        before = time;
        events.push(u16::from(event[0]), u16::from(event[1]), event[2] >> 7, time);
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The inverse, after the table at the top of this file.
    fn encode(events: &[(u8, u8, u8, u32)]) -> Vec<u8> {
        let bytes = |&(x, y, polarity, time): &(u8, u8, u8, u32)| {
            [x, y, polarity << 7 | (time >> 16) as u8, (time >> 8) as u8, time as u8]
        };
        events.iter().flat_map(bytes).collect()
    }

    #[test]
    fn the_time_is_23_bits_wide_and_the_polarity_is_its_neighbour() {
        let events = decode_nmnist(&[0, 33, 0x7f, 0xff, 0xff, 33, 0, 0xff, 0xff, 0xff]).unwrap();
        assert_eq!(events.time, [0x7f_ffff, 0x7f_ffff]);
        assert_eq!(events.polarity, [0, 1]);
        assert_eq!((events.x, events.y), (vec![0, 33], vec![33, 0]));
    }

    #[test]
    fn an_empty_file_is_an_empty_recording() {
        assert!(decode_nmnist(&[]).unwrap().is_empty());
    }

    #[test]
    fn damage_is_reported_with_its_byte_offset() {
        let good = encode(&[(1, 2, 0, 100), (3, 4, 1, 200), (5, 6, 0, 300)]);
        let changed = |place: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[place] = value;
            bytes
        };
        for (bytes, code, start) in [
            (good[..14].to_vec(), Code::Format, "byte 10: expected whole events of 5 bytes, found 4 bytes after 2"),
            (good[..1].to_vec(), Code::Format, "byte 0: "),
            (changed(5, 34), Code::Range, "byte 5: expected x below 34, found 34 in event 1"),
            (changed(11, 240), Code::Range, "byte 11: expected y below 34, found 240 in event 2"),
            (changed(9, 99), Code::TimeOrder, "byte 7: expected a time of at least 100 µs, found 99 in event 1"),
        ] {
            let fault = decode_nmnist(&bytes).unwrap_err();
            assert_eq!(fault.code, code, "{fault}");
            assert!(fault.message.starts_with(start), "{fault}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode_to_checked_columns_or_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            match decode_nmnist(&bytes) {
                Ok(events) => {
                    prop_assert_eq!(events.len() * 5, bytes.len());
                    prop_assert!(events.check().is_ok());
                }
                Err(fault) => prop_assert!(fault.message.starts_with("byte "), "{}", fault),
            }
        }

        #[test]
        fn what_was_encoded_is_decoded(
            mut events in proptest::collection::vec((0u8..34, 0u8..34, 0u8..2, 0u32..1 << 23), 0..100)
        ) {
            events.sort_by_key(|event| event.3);
            let decoded = decode_nmnist(&encode(&events)).unwrap();
            let again: Vec<(u8, u8, u8, u32)> = (0..decoded.len())
                .map(|i| (decoded.x[i] as u8, decoded.y[i] as u8, decoded.polarity[i], decoded.time[i] as u32))
                .collect();
            prop_assert_eq!(again, events);
        }
    }
}
