//! The `.bin` files of N-MNIST and N-Caltech101: 40-bit events of the ATIS camera without a header, as Orchard et al.
//! ("Converting Static Image Datasets to Spiking Neuromorphic Datasets Using Saccades", Frontiers in Neuroscience 9:437, 2015)
//! published them.
//!
//! | byte | holds |
//! |---|---|
//! | 0 | x |
//! | 1 | y |
//! | 2 | bit 7: polarity; bits 0–6: time, bits 16–22 |
//! | 3, 4 | time, bits 8–15 and 0–7 |
//!
//! Time is in microseconds and 23 bits wide (8.4 s). `nmnist` is 34×34 pixels. `ncaltech101` has a picture of another size in
//! every file, so no sensor is said; there a y of 240, a row below the camera's last, is no event, but says that the times from
//! there on are 2¹³ µs later (as the authors' reader has it). In `nmnist` it is an event outside the sensor like any other.
//!
//! Nothing in a file says what it is. It is taken for one of the two where its first 8 events at least, 819 at most, have times
//! that go on and never decrease and, in `ncaltech101`, y up to 240: for `nmnist` where all lie within 34×34 pixels, else for
//! `ncaltech101`. A recording of either in which that is misleading has to be named.

use super::records::Records;
use super::write::{Limits, low_8, make_room};
use super::{About, Decoder, Encoder, Format};
use crate::columns::LARGEST_WHOLE;
use crate::{Block, Pixels};
use decolle_error::Result;

/// `.bin` files of N-MNIST.
pub(super) const NMNIST: Format = Format {
    name: "nmnist",
    extensions: &[".bin"],
    recognise: Some(|first| largest(first).is_some_and(|[x, y]| x < SIDE && y < SIDE)),
    decoder: || Box::new(Atis::<false> { records: Records::new(0), later: 0 }),
    encoder: Some(|about| Ok(Box::new(Writer::<false>::new([SIDE.into(); 2], about)?))),
};

/// `.bin` files of N-Caltech101.
pub(super) const NCALTECH101: Format = Format {
    name: "ncaltech101",
    extensions: &[".bin"],
    recognise: Some(|first| largest(first).is_some_and(|[_, y]| y <= LATER)),
    decoder: || Box::new(Atis::<true> { records: Records::new(0), later: 0 }),
    encoder: Some(|about| Ok(Box::new(Writer::<true>::new([256, LATER.into()], about)?))),
};

/// Bytes of an event.
const EVENT: usize = 5;

/// Width and height of the sensor area that N-MNIST was cut to.
const SIDE: u8 = 34;

/// The y that says that times are later from there on, and by how much.
const LATER: u8 = 240;
const LATER_BY: i64 = 1 << 13;

/// The latest time that fits 23 bits.
const LONGEST: i64 = (1 << 23) - 1;

/// The largest x and y of the events that a file begins with, where it may be one of these.
fn largest(first: &[u8]) -> Option<[u8; 2]> {
    let (events, _) = first.as_chunks::<EVENT>();
    let ordered = events.windows(2).all(|pair| time(pair[0]) <= time(pair[1]) || pair[1][1] == LATER);
    let max = |place: usize| events.iter().map(|event| event[place]).max();
    let goes_on = events.first().map(|event| time(*event)) < events.last().map(|event| time(*event));
    if events.len() >= 8 && ordered && goes_on { Some([max(0)?, max(1)?]) } else { None }
}

#[inline(always)]
fn time(event: [u8; EVENT]) -> i64 {
    i64::from(u32::from_be_bytes([0, event[2] & 0x7f, event[3], event[4]]))
}

/// A file that is being read.
struct Atis<const MARKED: bool> {
    records: Records<EVENT>,
    /// By how much times are later than they say.
    later: i64,
}

impl<const MARKED: bool> Decoder for Atis<MARKED> {
    fn take(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        if !MARKED {
            block.sensor = Some([SIDE.into(); 2]);
        }
        let Self { records, later } = self;
        records.take(bytes, block, |events, mut byte, block| {
            let fit = events.len().min(block.room());
            for event in &events[..fit] {
                if MARKED && event[1] == LATER {
                    *later += LATER_BY;
                } else {
                    block.push(event[0].into(), event[1].into(), event[2] >> 7, time(*event) + *later, byte);
                }
                byte += EVENT as u64;
            }
            Ok(fit)
        })
    }

    fn end(&mut self, _: &mut Block) -> Result<()> {
        self.records.end("events")
    }
}

/// A file that is being written.
struct Writer<const MARKED: bool> {
    limits: Limits,
    later: i64,
}

impl<const MARKED: bool> Writer<MARKED> {
    fn new(most: [u32; 2], about: &About) -> Result<Self> {
        let mut limits = Limits::new(most, about.sensor)?;
        limits.latest = if MARKED { LARGEST_WHOLE } else { LONGEST };
        Ok(Self { limits, later: 0 })
    }
}

impl<const MARKED: bool> Encoder for Writer<MARKED> {
    fn put(&mut self, pixels: Pixels<'_>, time: &[i64], bytes: &mut Vec<u8>) -> Result<()> {
        self.limits.check(pixels, time)?;
        let later = time.last().map_or(0, |&last| (last - self.later) / LATER_BY);
        let more = time.len() + usize::try_from(later).unwrap_or(usize::MAX / EVENT / 2);
        make_room(bytes, more * EVENT)?;
        for (index, &time) in time.iter().enumerate() {
            while time - self.later > LONGEST {
                self.later += LATER_BY;
                bytes.extend_from_slice(&[0, LATER, 0, 0, 0]);
            }
            let shown = time - self.later;
            let high = pixels.p[index] << 7 | low_8(shown >> 16);
            bytes.extend_from_slice(&[
                low_8(pixels.x[index].into()),
                low_8(pixels.y[index].into()),
                high,
                low_8(shown >> 8),
                low_8(shown),
            ]);
        }
        Ok(())
    }

    fn end(&mut self, _: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Events, decode, encode};
    use decolle_error::{Code, Result};
    use proptest::prelude::*;

    fn decode_nmnist(bytes: &[u8]) -> Result<Events> {
        decode("nmnist", bytes).map(|decoded| decoded.events)
    }

    /// Three events, after the table at the top of this file.
    const GOOD: [u8; 15] = [1, 2, 0, 0, 100, 3, 4, 0x80, 0, 200, 5, 6, 0, 1, 44];

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
        let changed = |place: usize, value: u8| {
            let mut bytes = GOOD.to_vec();
            bytes[place] = value;
            bytes
        };
        for (bytes, code, start) in [
            (
                GOOD[..14].to_vec(),
                Code::Format,
                "byte 10: expected whole events of 5 bytes, found the end of the file after 4",
            ),
            (GOOD[..1].to_vec(), Code::Format, "byte 0: "),
            (changed(5, 34), Code::Range, "byte 5: expected x below 34, found 34 in event 1"),
            (changed(11, 240), Code::Range, "byte 10: expected y below 34, found 240 in event 2"),
            (changed(9, 99), Code::TimeOrder, "byte 5: expected a time of at least 100 µs, found 99 in event 1"),
        ] {
            let fault = decode_nmnist(&bytes).unwrap_err();
            assert_eq!(fault.code, code, "{fault}");
            assert!(fault.message.starts_with(start), "{fault}");
        }
    }

    #[test]
    fn a_y_of_240_makes_times_later_in_n_caltech101() {
        let bytes = [200, 100, 0, 0, 100, 0, 240, 0, 0, 101, 0, 240, 0, 0, 102, 255, 239, 0x80, 0, 103];
        let decoded = decode("ncaltech101", &bytes).unwrap();
        assert_eq!(decoded.sensor, None);
        assert_eq!((decoded.events.time, decoded.events.x), (vec![100, 103 + 2 * 8192], vec![200, 255]));
    }

    #[test]
    fn n_mnist_and_n_caltech101_are_told_apart_by_their_pixels() {
        let events = |x: u8| -> Vec<u8> { (0..20).flat_map(|time| [x, 33, 0x80, 0, time]).collect() };
        let sensor = |bytes: &[u8]| decode("auto", bytes).map(|decoded| decoded.sensor);
        assert_eq!(sensor(&events(33)).unwrap(), Some([34, 34]));
        assert_eq!(sensor(&events(34)).unwrap(), None);
        // Seven events say too little, and so do times that go back.
        assert_eq!(sensor(&events(33)[..35]).unwrap_err().code, Code::Format);
        let mut back = events(33);
        back[44] = 0;
        assert_eq!(sensor(&back).unwrap_err().code, Code::Format);
    }

    #[test]
    fn n_mnist_holds_no_later_times_than_23_bits_and_n_caltech101_does() {
        let late = Events::new(vec![1; 2], vec![2; 2], vec![1; 2], vec![5, 1 << 23]).unwrap();
        let fault = encode("nmnist", &late, None).unwrap_err();
        assert_eq!((fault.code, fault.path(), fault.found()), (Code::Range, Some("t[1]"), Some("8388608")));
        let bytes = encode("ncaltech101", &late, None).unwrap();
        assert_eq!(bytes.len(), 15);
        assert_eq!(decode("ncaltech101", &bytes).unwrap().events, late);
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
    }
}
