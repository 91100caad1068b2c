//! Behaviours of NumPy arrays and archives, on files made by hand as NumPy writes them.

use crate::{Events, decode, encode};
use crc::{CRC_32_ISO_HDLC, Crc};
use decolle_error::Code;
use proptest::prelude::*;

/// A `.npy` file of this type, order and shape.
fn npy(descr: &str, by_column: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let by_column = if by_column { "True" } else { "False" };
    let header = format!("{{'descr': {descr}, 'fortran_order': {by_column}, 'shape': {shape}, }}\n");
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), data].concat()
}

/// How a member of an archive is written.
#[derive(Clone, Copy, Debug)]
enum Form {
    Stored,
    Deflated,
    /// Its sizes behind it.
    Streamed,
}

/// A member of an archive.
fn member(name: &str, content: &[u8], form: Form) -> Vec<u8> {
    let packed = match form {
        Form::Stored => content.to_vec(),
        _ => miniz_oxide::deflate::compress_to_vec(content, 6),
    };
    let sum = Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(content).to_le_bytes();
    let sizes = [packed.len() as u64, content.len() as u64];
    let is_streamed = matches!(form, Form::Streamed);
    let mut bytes = b"PK\x03\x04\x2d\x00".to_vec();
    bytes.extend([if is_streamed { 8 } else { 0 }, 0, if matches!(form, Form::Stored) { 0 } else { 8 }, 0, 0, 0, 0, 0]);
    // As NumPy writes them: sizes in the extra field for large files.
    bytes.extend(if is_streamed { [0; 4] } else { sum });
    bytes.extend([0xff; 8]);
    bytes.extend((name.len() as u16).to_le_bytes());
    bytes.extend([20, 0]);
    bytes.extend(name.as_bytes());
    bytes.extend([1, 0, 16, 0]);
    let [packed_size, size] = if is_streamed { [0; 2] } else { sizes };
    bytes.extend(size.to_le_bytes());
    bytes.extend(packed_size.to_le_bytes());
    bytes.extend(packed);
    if is_streamed {
        bytes.extend(b"PK\x07\x08");
        bytes.extend(sum);
        bytes.extend(sizes[0].to_le_bytes());
        bytes.extend(sizes[1].to_le_bytes());
    }
    bytes
}

/// An archive; its list of members is only begun, since it is not read.
fn archive(members: &[(&str, Vec<u8>)], form: Form) -> Vec<u8> {
    let members: Vec<Vec<u8>> = members.iter().map(|(name, content)| member(name, content, form)).collect();
    [&members.concat()[..], b"PK\x01\x02and so on"].concat()
}

fn message(format: &str, bytes: &[u8]) -> String {
    decode(format, bytes).unwrap_err().to_string()
}

/// x, y, time and polarity of an event as bytes of a number.
type Write = fn(i64) -> Vec<u8>;

/// Types of numbers and how they are stored.
const TYPES: [(&str, Write); 8] = [
    ("'<i8'", |value| value.to_le_bytes().to_vec()),
    ("'>i8'", |value| value.to_be_bytes().to_vec()),
    ("'>u4'", |value| (value as u32).to_be_bytes().to_vec()),
    ("'<i4'", |value| (value as i32).to_le_bytes().to_vec()),
    ("'<f8'", |value| (value as f64).to_le_bytes().to_vec()),
    ("'>f8'", |value| (value as f64).to_be_bytes().to_vec()),
    ("'<f4'", |value| (value as f32).to_le_bytes().to_vec()),
    ("'<u2'", |value| (value as u16).to_le_bytes().to_vec()),
];

/// Events whose numbers every type holds.
fn recordings() -> impl Strategy<Value = Vec<[i64; 4]>> {
    let event = (0i64..300, 0i64..300, 0i64..60_000, 0i64..2);
    proptest::collection::vec(event, 1..400).prop_map(|events| {
        let mut events: Vec<[i64; 4]> =
            events.into_iter().map(|(x, y, time, polarity)| [x, y, time, polarity]).collect();
        events.sort_by_key(|event| event[2]);
        events
    })
}

/// The events as columns.
fn columns(events: &[[i64; 4]]) -> Events {
    let mut columns = Events::default();
    for &[x, y, time, polarity] in events {
        columns.push(x as u16, y as u16, u8::from(polarity > 0), time);
    }
    columns
}

/// Reads a file in pieces.
fn in_pieces(format: &str, bytes: &[u8], size: usize) -> Events {
    let (mut reader, mut block) =
        (crate::Reader::new(format, crate::ReadOptions::default()).unwrap(), crate::Block::new());
    let mut events = Events::default();
    for mut piece in bytes.chunks(size) {
        while !piece.is_empty() {
            piece = &piece[reader.take(piece, &mut block).unwrap()..];
            block.append_to(&mut events).unwrap();
            block.clear();
        }
    }
    while !reader.is_ended() {
        reader.end(&mut block).unwrap();
        block.append_to(&mut events).unwrap();
        block.clear();
    }
    events
}

#[test]
fn spike_trains_of_units_are_read_as_events_on_a_line() {
    let spikes: [(u16, i64); 3] = [(3, 10), (699, 20), (0, 20)];
    // The last as tonic has SHD and SSC.
    for (descr, polarity) in [
        ("[('t', '<i8'), ('unit', '<u2')]", None),
        ("[('times', '<i8'), ('units', '<u2')]", None),
        ("[('t', '<i8'), ('x', '<u2'), ('p', '|b1')]", Some(0u8)),
    ] {
        let mut data = Vec::new();
        for (unit, time) in spikes {
            data.extend(time.to_le_bytes());
            data.extend(unit.to_le_bytes());
            data.extend(polarity);
        }
        let bytes = npy(descr, false, "(3,)", &data);
        let expected: Vec<_> =
            spikes.iter().map(|&(unit, time)| [unit.into(), 0, time, polarity.unwrap_or(1).into()]).collect();
        assert_eq!(decode("auto", &bytes).unwrap().events, columns(&expected), "{descr}");
    }
}

#[test]
fn records_that_are_neither_events_nor_spikes_are_refused() {
    for descr in [
        "[('t', '<i8'), ('y', '<u2')]",
        "[('x', '<u2'), ('y', '<u2'), ('p', '|b1')]",
        // Boxes around objects, as Prophesee's data sets have them.
        "[('ts', '<u8'), ('x', '<f4'), ('y', '<f4'), ('w', '<f4'), ('h', '<f4'), ('class_id', '|u1')]",
    ] {
        let found = message("npy", &npy(descr, false, "(1,)", &[0; 40]));
        assert!(found.starts_with("[unsupported] byte 10: expected records with fields"), "{found}");
    }
}

proptest! {
    #[test]
    fn fields_of_any_type_and_order_are_read(
        events in recordings(), kinds in proptest::array::uniform4(0usize..8), order in Just([0usize, 1, 2, 3]).prop_shuffle(),
        size in 1usize..3000,
    ) {
        let names = ["x", "Y", "timestamp", "pol"];
        let mut fields: Vec<String> = order.iter().map(|&column| format!("('{}', {})", names[column], TYPES[kinds[column]].0)).collect();
        fields.insert(2, "('label', '<U3'), ('place', [('a', '<i2'), ('b', '<f8')], (2,))".to_string());
        let mut data = Vec::new();
        for event in &events {
            for (place, &column) in order.iter().enumerate() {
                if place == 2 {
                    data.extend([9; 32]);
                }
                data.extend(TYPES[kinds[column]].1(event[column]));
            }
        }
        let bytes = npy(&format!("[{}]", fields.join(", ")), false, &format!("({},)", events.len()), &data);
        prop_assert_eq!(decode("auto", &bytes).unwrap().events, columns(&events));
        for form in [Form::Stored, Form::Deflated, Form::Streamed] {
            if matches!(form, Form::Streamed | Form::Deflated) || size % 2 == 0 {
                let label = npy("'<U4'", false, "()", &[65; 16]);
                let archive = archive(&[("labels.npy", label), ("notes.txt", b"words".to_vec()), ("events.npy", bytes.clone())], form);
                prop_assert_eq!(in_pieces("auto", &archive, size), columns(&events), "{:?}", form);
            }
        }
    }

    #[test]
    fn columns_and_rows_of_numbers_are_read(events in recordings(), kind in 0usize..8, size in 1usize..3000, by_time: bool) {
        let (descr, write) = TYPES[kind];
        let order = if by_time { [2, 0, 1, 3] } else { [0, 1, 2, 3] };
        let [npy_name, npz_name] = if by_time { ["npy-txyp", "npz-txyp"] } else { ["auto", "auto"] };
        let by_row: Vec<u8> = events.iter().flat_map(|event| order.map(|column| write(event[column])).concat()).collect();
        let by_column: Vec<u8> = order.iter().flat_map(|&column| events.iter().flat_map(move |event| write(event[column]))).collect();
        let (tall, wide) = (format!("({}, 4)", events.len()), format!("(4, {})", events.len()));
        for (is_column, shape, data) in [(false, &tall, &by_row), (true, &tall, &by_column), (false, &wide, &by_column), (true, &wide, &by_row)] {
            // Four by four says nothing of which it is.
            if events.len() == 4 && shape == &wide {
                continue;
            }
            let bytes = npy(descr, is_column, shape, data);
            prop_assert_eq!(in_pieces(npy_name, &bytes, size), columns(&events), "{} {}", is_column, shape);
            let archive = archive(&[("a.npy", bytes)], Form::Deflated);
            prop_assert_eq!(in_pieces(npz_name, &archive, size), columns(&events), "{} {}", is_column, shape);
        }
    }

    #[test]
    fn four_members_of_an_archive_are_read_in_any_order(
        events in recordings(), kinds in proptest::array::uniform4(0usize..8), order in Just([0usize, 1, 2, 3]).prop_shuffle(),
        size in 1usize..3000,
    ) {
        let names = ["xs.npy", "y.npy", "ts.npy", "p.npy"];
        let mut members = vec![("q.npy", npy("'<i8'", false, "(1,)", &[0; 8]))];
        for column in order {
            let data: Vec<u8> = events.iter().flat_map(|event| TYPES[kinds[column]].1(event[column])).collect();
            members.push((names[column], npy(TYPES[kinds[column]].0, false, &format!("({},)", events.len()), &data)));
        }
        for form in [Form::Stored, Form::Deflated, Form::Streamed] {
            if matches!(form, Form::Stored) || size % 2 == 0 {
                prop_assert_eq!(in_pieces("auto", &archive(&members, form), size), columns(&events), "{:?}", form);
            }
        }
    }
}

#[test]
fn numbers_beyond_the_usual_are_read_among_those_that_are_usual() {
    let [usual, wide, early] = [(1u16, 2u16, 1u8, 5i64), (40_000, 65_535, 0, 6), (3, 4, 0xff, -7)];
    let records = [early, usual, wide, wide].map(|(x, y, polarity, time)| {
        [&x.to_le_bytes()[..], &y.to_le_bytes(), &time.to_le_bytes(), &[polarity]].concat()
    });
    let bytes = npy("[('x','<u2'),('y','<u2'),('t','<i8'),('p','|i1')]", false, "(4,)", &records.concat());
    let decoded = decode("auto", &bytes).unwrap().events;
    assert_eq!((decoded.x, decoded.y), (vec![3, 1, 40_000, 40_000], vec![4, 2, 65_535, 65_535]));
    assert_eq!((decoded.polarity, decoded.time), (vec![0, 1, 0, 0], vec![-7, 5, 6, 6]));
}

#[test]
fn polarity_is_a_truth_value_or_has_a_sign() {
    for (descr, polarity) in [("'|b1'", [0, 1]), ("'?'", [0, 1]), ("'|i1'", [0xff, 1])] {
        let data = [1, 2, 3, polarity[0], 1, 2, 3, polarity[1]];
        let bytes = npy(&format!("[('x','|u1'),('y','|u1'),('t','|i1'),('p',{descr})]"), false, "(2,)", &data);
        assert_eq!(decode("auto", &bytes).unwrap().events.polarity, [0, 1], "{descr}");
    }
}

#[test]
fn what_holds_no_events_is_refused_with_its_byte() {
    let records = "[('x','<u2'),('y','<u2'),('t','<f8'),('p','|i1')]";
    let one = |time: f64, polarity: u8| [&[1, 0, 2, 0][..], &time.to_le_bytes(), &[polarity]].concat();
    let file = |time: f64, polarity: u8| npy(records, false, "(1,)", &one(time, polarity));
    let start = file(0.0, 0).len() - 13;
    for (bytes, expected) in [
        (file(0.5, 0), format!("[range] byte {start}: expected a whole number as time in microseconds")),
        (file(f64::NAN, 0), format!("[range] byte {start}: expected a whole number as time in microseconds")),
        (file(7.0, 2), format!("[range] byte {start}: expected polarity from -1 to 1, found 2")),
        (npy(records, false, "(2,)", &one(0.0, 0)), format!("[format] byte {}: expected 1 more events", start + 13)),
        (
            npy(records, false, "(2,)", &[&one(0.0, 0)[..], &[1; 5]].concat()),
            format!("[format] byte {}: expected 1 more", start + 13),
        ),
        (
            npy(records, false, "(1,)", &one(0.0, 0).repeat(2)),
            format!("[format] byte {}: expected the end", start + 13),
        ),
        (npy("'<i8'", false, "(3,)", &[0; 24]), "[unsupported] byte 10: expected records with fields".to_string()),
        (npy("'|O'", false, "(3,)", &[0; 24]), "[unsupported] byte 10: expected entries of known types".to_string()),
        (
            npy("'<i8'", false, "(4, 9223372036854775807)", &[0; 24]),
            "[unsupported] byte 10: expected entries".to_string(),
        ),
        (npy("'<i8'", false, "(-4,)", &[]), "[format] byte 61: expected a Python dictionary".to_string()),
        (b"\x93NUMPY\x04\x00\x00\x00".to_vec(), "[unsupported] byte 6: expected version 1, 2 or 3".to_string()),
        (
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(),
            "[unsupported] byte 8: expected a header of at most".to_string(),
        ),
        (b"\x93NUMP".to_vec(), "[format] byte 5: expected the header of an array".to_string()),
    ] {
        let found = message("npy", &bytes);
        assert!(found.starts_with(&expected), "{found}");
    }
}

#[test]
fn damaged_archives_are_refused_with_their_byte() {
    let column = |length: u8| npy("'|u1'", false, &format!("({length},)"), &vec![1; length.into()]);
    let members = [("x.npy", column(3)), ("y.npy", column(3)), ("t.npy", column(3)), ("p.npy", column(3))];
    let whole = archive(&members, Form::Deflated);
    assert_eq!(decode("auto", &whole).unwrap().events.len(), 3);
    let starts = |bytes: &[u8], start: &str| {
        let found = message("npz", bytes);
        assert!(found.starts_with(start), "{found}");
    };
    starts(&archive(&members[..3], Form::Stored), "[unsupported] byte");
    assert!(message("npz", &archive(&members[..3], Form::Stored)).ends_with("found x.npy, y.npy, t.npy"));
    let mut others = members.clone();
    others[2].1 = column(2);
    assert!(
        message("npz", &archive(&others, Form::Stored))
            .contains("expected 3 entries in each of x, y, t and p, found 2")
    );
    let end = whole.len() - 13;
    starts(&whole[..end], &format!("[format] byte {end}: expected the list of members of the archive"));
    let changed = |place: usize, value: u8| {
        let mut bytes = whole.clone();
        bytes[place] ^= value;
        bytes
    };
    starts(&changed(14, 1), "[format] byte 0: expected 0x");
    starts(&changed(6, 1), "[unsupported] byte 6: expected a member that is not encrypted");
    starts(&changed(8, 4), "[unsupported] byte 6: expected a member that is stored (0) or deflated (8)");
    starts(&changed(39, 1), "[format] byte 0: expected a member of");
    for place in 59..100 {
        assert!(decode("npz", &changed(place, 0x55)).is_err(), "{place}");
    }
    let mut stored = archive(&members, Form::Stored);
    stored[6] = 8;
    starts(&stored, "[unsupported] byte 6: expected the size of a stored member before it");
}

#[test]
fn times_in_milliseconds_are_rounded_to_microseconds() {
    let rows = |number: fn(f64) -> Vec<u8>| {
        let events = [[3.0, 4.0, 1.0, 0.0], [127.0, 0.0, 0.0, 1.5], [5.0, 6.0, 1.0, 6000.0]];
        events.into_iter().flatten().flat_map(number).collect::<Vec<u8>>()
    };
    let expected =
        |half: i64| Events::new(vec![3, 127, 5], vec![4, 0, 6], vec![1, 0, 1], vec![0, half, 6_000_000]).unwrap();
    for (descr, number, half) in [
        ("'<f8'", (|value: f64| value.to_le_bytes().to_vec()) as fn(f64) -> Vec<u8>, 1500),
        ("'>f4'", |value| (value as f32).to_be_bytes().to_vec(), 1500),
        ("'<u2'", |value| (value as u16).to_le_bytes().to_vec(), 1000),
    ] {
        let bytes = npy(descr, false, "(3, 4)", &rows(number));
        assert_eq!(decode("npy-xypt-ms", &bytes).unwrap().events, expected(half), "{descr}");
    }
    // Records say themselves what they hold.
    let records = encode("npy", &expected(1), None).unwrap();
    assert_eq!(decode("npy-xypt-ms", &records).unwrap().events, expected(1));
    let late = npy("'<u8'", false, "(1, 4)", &[1, 1, 1, u64::MAX / 2].map(u64::to_le_bytes).concat());
    assert_eq!(decode("npy-xypt-ms", &late).unwrap_err().code, Code::Range);
}

proptest! {
    #[test]
    fn what_is_written_as_an_archive_is_read_in_pieces_of_any_size(
        events in recordings(), block in 1usize..500, size in 1usize..3000,
    ) {
        let events = columns(&events);
        let about = crate::About { sensor: None, events: Some(events.len() as u64) };
        let (mut encoder, mut bytes) = (crate::encoder("npz", &about).unwrap(), Vec::new());
        let pixels = events.pixels();
        for start in (0..events.len()).step_by(block) {
            let of = start..events.len().min(start + block);
            let pixels = crate::Pixels { x: &pixels.x[of.clone()], y: &pixels.y[of.clone()], p: &pixels.p[of.clone()] };
            encoder.put(pixels, &events.time[of], &mut bytes).unwrap();
        }
        encoder.end(&mut bytes).unwrap();
        prop_assert_eq!(in_pieces("auto", &bytes, size), events);
    }
}

#[test]
fn what_is_written_has_a_header_that_numpy_aligns() {
    let events = Events::new(vec![1, 65_535], vec![2, 3], vec![1, 0], vec![5, 1 << 52]).unwrap();
    let bytes = encode("npy", &events, None).unwrap();
    let header =
        "{'descr': [('x', '<u2'), ('y', '<u2'), ('t', '<i8'), ('p', '|b1')], 'fortran_order': False, 'shape': (2,), }";
    assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
    assert_eq!(std::str::from_utf8(&bytes[10..128]).unwrap(), format!("{header:<117}\n"));
    assert_eq!(bytes.len(), 128 + 26);
    assert_eq!(decode("auto", &bytes).unwrap().events, events);
    let fault = crate::encoder("npy", &crate::About::default()).err().unwrap();
    assert_eq!((fault.code, fault.path()), (Code::Config, Some("events")));
    let about = crate::About { sensor: None, events: Some(1) };
    let mut encoder = crate::encoder("npy", &about).unwrap();
    let mut bytes = Vec::new();
    assert_eq!(encoder.put(events.pixels(), &events.time, &mut bytes).unwrap_err().code, Code::Shape);
    assert_eq!(encoder.end(&mut bytes).unwrap_err().code, Code::Shape);
    assert!(bytes.is_empty());
}
