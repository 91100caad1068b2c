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

use super::{Decoder, Format};
use crate::Block;
use decolle_error::{Code, Fault, Result};

/// Content of the `.bin` files; nothing in them says what they are.
pub const FORMAT: Format = Format {
    name: "nmnist",
    extensions: &[".bin"],
    recognise: None,
    decoder: || Box::new(Nmnist { rest: [0; EVENT], held: 0, events: 0 }),
    encoder: None,
};

/// Bytes of an event.
const EVENT: usize = 5;

/// Width and height of the sensor area that the set was cut to.
const SIDE: u8 = 34;

/// A file that is being read.
struct Nmnist {
    /// The first bytes of an event whose others have not come yet, and how many they are.
    rest: [u8; EVENT],
    held: usize,
    /// Events read.
    events: u64,
}

impl Decoder for Nmnist {
    fn take(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        block.sensor = Some([SIDE.into(); 2]);
        let mut taken = 0;
        if self.held > 0 && !block.is_full() {
            taken = bytes.len().min(EVENT - self.held);
            self.rest[self.held..self.held + taken].copy_from_slice(&bytes[..taken]);
            self.held += taken;
            if self.held < EVENT {
                return Ok(taken);
            }
            self.event(self.rest, block)?;
            self.held = 0;
        }
        let (whole, rest) = bytes[taken..].as_chunks::<EVENT>();
        let fit = whole.len().min(block.room());
        for event in &whole[..fit] {
            self.event(*event, block)?;
        }
        if block.is_full() {
            return Ok(taken + fit * EVENT);
        }
        self.rest[..rest.len()].copy_from_slice(rest);
        self.held = rest.len();
        Ok(bytes.len())
    }

    fn end(&mut self, _: &mut Block) -> Result<()> {
        let Self { held, events, .. } = *self;
        if held == 0 {
            return Ok(());
        }
        let found = format_args!("{held} bytes after {events} events");
        let path = format_args!("byte {}", events * EVENT as u64);
        Err(Fault::unfit(Code::Format, &path, &format_args!("whole events of {EVENT} bytes"), &found))
    }
}

impl Nmnist {
    fn event(&mut self, event: [u8; EVENT], block: &mut Block) -> Result<()> {
        let index = self.events;
        let byte = index * EVENT as u64;
        for (place, name) in ["x", "y"].into_iter().enumerate() {
            let found = event[place];
            if found >= SIDE {
                let path = format_args!("byte {}", byte + place as u64);
                let found = format_args!("{found} in event {index}");
                return Err(Fault::unfit(Code::Range, &path, &format_args!("{name} below {SIDE}"), &found));
            }
        }
        let time = i64::from(event[2] & 0x7f) << 16 | i64::from(event[3]) << 8 | i64::from(event[4]);
        self.events = index + 1;
        block.push(u16::from(event[0]), u16::from(event[1]), event[2] >> 7, time, byte);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Events;
    use proptest::prelude::*;

    fn decode_nmnist(bytes: &[u8]) -> Result<Events> {
        crate::decode("nmnist", bytes).map(|decoded| decoded.events)
    }

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
            (changed(9, 99), Code::TimeOrder, "byte 5: expected a time of at least 100 µs, found 99 in event 1"),
        ] {
            let fault = decode_nmnist(&bytes).unwrap_err();
            assert_eq!(fault.code, code, "{fault}");
            assert!(fault.message.starts_with(start), "{fault}");
        }
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same(
            bytes in proptest::collection::vec(0u8..36, 0..200), sizes in proptest::collection::vec(0usize..13, 1..60)
        ) {
            let pieces = crate::format::tests::in_pieces("nmnist", &bytes, &sizes);
            prop_assert_eq!(pieces.map(|decoded| decoded.events), decode_nmnist(&bytes));
        }

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
