//! Behaviours of the binary formats, on files made by hand.

use super::*;

/// A file out of a header and words.
fn raw<const N: usize>(header: &str, words: &[[u8; N]]) -> Vec<u8> {
    [header.as_bytes(), words.as_flattened()].concat()
}

fn evt2(words: &[u32]) -> Vec<u8> {
    raw("% evt 2.0\n", &words.iter().map(|word| word.to_le_bytes()).collect::<Vec<_>>())
}

fn evt3(words: &[u16]) -> Vec<u8> {
    raw("% evt 3.0\n", &words.iter().map(|word| word.to_le_bytes()).collect::<Vec<_>>())
}

/// Reads a file and says how many events had no time.
fn read(bytes: &[u8]) -> Result<(Decoded, u64)> {
    let (mut reader, mut block) = (Reader::new("auto", ReadOptions::default())?, Block::new());
    assert_eq!(reader.take(bytes, &mut block)?, bytes.len());
    reader.end(&mut block)?;
    let mut events = Events::default();
    block.append_to(&mut events)?;
    Ok((Decoded { events, sensor: block.sensor }, block.untimed))
}

fn fault(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn formats_are_found_by_name_and_others_refused_with_the_list() {
    for format in FORMATS {
        assert_eq!(named(format.name).unwrap().name, format.name);
        assert!(format.extensions.iter().all(|extension| extension.starts_with('.')));
    }
    let fault = named("evt9").err().unwrap();
    assert_eq!((fault.code, fault.found()), (Code::Unsupported, Some("\"evt9\"")));
    assert!(fault.expected().unwrap().contains("nmnist"), "{fault}");
    let fault = encode("evt3", &Events::default(), None).unwrap_err();
    assert_eq!((fault.code, fault.path()), (Code::Unsupported, Some("format")));
}

#[test]
fn bytes_that_say_nothing_have_to_be_named() {
    for bytes in [&[1, 2, 3][..], &[]] {
        let fault = decode("auto", bytes).unwrap_err();
        assert_eq!((fault.code, fault.path()), (Code::Format, Some("format")));
    }
}

#[test]
fn headers_of_prophesee_say_format_and_sensor() {
    let name = |header: &str| recognised(header.as_bytes()).map(|format| format.name).ok();
    for (header, expected) in [
        ("% evt 2.0\n", Some("evt2")),
        ("% evt 2.1\n", Some("evt21")),
        ("% date 2023-03-29 16:37:46\n% evt 3.0\r\n", Some("evt3")),
        ("% evt 3.0\n% format EVT2;height=720;width=1280\n% end\n%%%%", Some("evt2")),
        ("% format EVT21;endianness=little;height=320;width=320\n", Some("evt21")),
        ("% integrator_name Prophesee\n", Some("evt2")),
        ("% Data file containing CD events.\n% Version 2\n", Some("dat")),
        ("% Width 304\n\u{c}\u{8}", Some("dat")),
        ("% evt 4\n", None),
        ("% format HISTO3D\n", None),
        ("% Width 304\n", None),
    ] {
        assert_eq!(name(header), expected, "{header}");
    }
    for header in ["% evt 2.0\n% geometry 640x480\n", "% evt 2.0\n% format EVT2;height=480;width=640\n% end\n"] {
        assert_eq!(read(header.as_bytes()).unwrap().0.sensor, Some([640, 480]), "{header}");
    }
}

#[test]
fn a_header_that_is_damaged_or_of_another_format_is_refused_with_its_byte() {
    for (header, start) in [
        (
            "% evt 2.0\n% geometry 640x0\n",
            "[format] byte 26: expected a line with a side of the sensor, 1 to 65536, found \"0\"",
        ),
        ("% evt 2.0\n% format EVT2;width=99999999999\n", "[format] byte 41: expected a line with a side"),
        ("% evt 2.1\n% endianness big\n", "[format] byte 26: expected a line with little or legacy, found \"big\""),
    ] {
        let fault = decode("evt2", header.as_bytes()).unwrap_err().to_string();
        assert!(fault.starts_with(start), "{fault}");
    }
    let fault = decode("evt2", b"% evt 3.0\nabcd").unwrap_err().to_string();
    assert_eq!(fault, "[format] byte 10: expected Evt2 data, found a header that says Evt3");
    let fault = decode("evt3", b"% evt 3.0").unwrap_err().to_string();
    assert_eq!(fault, "[format] byte 9: expected the end of a header's line, found the end of the file");
    let long = format!("% {}", "a".repeat(2000));
    let fault = decode("evt3", long.as_bytes()).unwrap_err().to_string();
    assert_eq!(fault, "[format] byte 1024: expected the end of a header's line within 1024 bytes, found more");
}

#[test]
fn data_that_begins_with_a_per_cent_sign_is_no_header() {
    // x 4, y 293 in a word whose first byte is that of the sign.
    let words = [0x8000_0001, 0x1000_2125, 0x1000_2125u32];
    let bytes = raw("", &[words[1].to_le_bytes(), words[0].to_le_bytes(), words[2].to_le_bytes()]);
    for pieces in [bytes.len(), 1] {
        let (mut reader, mut block) = (Reader::new("evt2", ReadOptions::default()).unwrap(), Block::new());
        for piece in bytes.chunks(pieces) {
            reader.take(piece, &mut block).unwrap();
        }
        reader.end(&mut block).unwrap();
        assert_eq!((block.x(), block.y(), block.time(), block.untimed), (&[4][..], &[293][..], &[64][..], 1));
        assert_eq!(block.byte(), [8]);
    }
}

#[test]
fn evt2_leaves_out_events_before_the_first_time_and_unwraps_the_clock() {
    let event = |time: u32| 1 << 28 | time << 22 | 3 << 11 | 4;
    let high = |time: u32| 8 << 28 | time;
    let words = [
        event(1),
        event(2),
        high(7),
        event(5),
        0xa000_0000,
        0xe123_4567,
        high(0xfff_ffff),
        event(63),
        high(0),
        event(0),
    ];
    let (decoded, untimed) = read(&evt2(&words)).unwrap();
    assert_eq!((decoded.events.time, untimed), (vec![7 * 64 + 5, (1 << 34) - 1, 1 << 34], 2));
    assert_eq!((decoded.events.x[0], decoded.events.y[0], decoded.events.polarity[0]), (3, 4, 1));
    let cut = evt2(&words);
    let fault = fault(&cut[..cut.len() - 1]);
    assert_eq!(fault, "[format] byte 46: expected whole words of 4 bytes, found the end of the file after 3 of them");
}

#[test]
fn evt21_gives_the_events_of_a_vector_in_both_orders_of_halves() {
    let words = [
        1 << 60 | 1, // before the first time
        8 << 60 | 9 << 32,
        1 << 60 | 5 << 54 | 64 << 43 | 7 << 32 | 0x8000_0003,
        6 << 54 | 2047 << 43 | 8 << 32 | 1u64,
        0xa << 60,
    ];
    let [time, before] = [8 << 60, 1 << 60 | 1u64];
    for (header, rotated, first) in [
        ("% evt 2.1\n% format EVT21;endianness=little\n", 0, before),
        ("% evt 2.1\n% endianness legacy\n", 32, before),
        ("% evt 2.1\n", 0, time),
        ("% evt 2.1\n", 32, time),
    ] {
        let stored =
            [first].iter().chain(&words[1..]).map(|word| word.rotate_left(rotated).to_le_bytes()).collect::<Vec<_>>();
        let (decoded, untimed) = read(&raw(header, &stored)).unwrap();
        let Events { x, y, polarity, time } = decoded.events;
        assert_eq!((x, y), (vec![64, 65, 95, 2047], vec![7, 7, 7, 8]), "{header} {rotated}");
        assert_eq!((polarity, time), (vec![1, 1, 1, 0], vec![581, 581, 581, 582]), "{header} {rotated}");
        assert_eq!(untimed, u64::from(first == before));
    }
}

#[test]
fn evt3_follows_what_changes() {
    let words = [
        0x2805, // an event before there is a time
        0x8002,
        0x2805, // and one before there is a row
        0x6007,
        0x0003,
        0x2805,
        0x2006, // time 0x2007, y 3
        0x3000 | 0x800 | 100,
        0x4801,
        0x5081,
        0x4000,
        0x4001, // vectors at 100, 112, 120, 132
        0xa000,
        0xe000,
        0x7000,
        0xf000, // no events
        0x8003,
        0x2005,
        0x8fff,
        0x6fff,
        0x2005,
        0x8000,
        0x2005,
        0x6001,
        0x2005, // the clock wraps around
    ];
    let (decoded, untimed) = read(&evt3(&words)).unwrap();
    let Events { x, y, polarity, time } = decoded.events;
    assert_eq!(x, [5, 6, 100, 111, 112, 119, 132, 5, 5, 5, 5]);
    assert!(y.iter().all(|&y| y == 3));
    assert_eq!(polarity, [1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
    assert_eq!(time[..7], [0x2007; 7]);
    assert_eq!(time[7..], [0x3000, 0xff_ffff, 0x100_0000, 0x100_0001]);
    assert_eq!(untimed, 2);
}

#[test]
fn vectors_of_evt3_that_leave_every_sensor_are_refused() {
    let mut words = vec![0x8000, 0x0000, 0x37ff, 0x4001];
    assert_eq!(read(&evt3(&words)).unwrap().0.events.x, [2047]);
    words.push(0x4001);
    assert_eq!(fault(&evt3(&words)), "[range] byte 18: expected pixels of a vector below 2048, found 2059");
}

#[test]
fn dat_of_both_versions_is_read_and_its_clock_unwrapped() {
    let event = |time: u32, data: u32| [time.to_le_bytes(), data.to_le_bytes()].concat();
    let file = |header: &str, events: &[Vec<u8>]| [header.as_bytes(), &events.concat()].concat();
    let second = file(
        "% Version 2\n% Height 240\n% Width 304\n\u{c}\u{8}",
        &[event(u32::MAX, 303 | 239 << 14 | 1 << 28), event(2, 5 | 6 << 14 | 0xe000_0000)],
    );
    let decoded = decode("auto", &second).unwrap();
    assert_eq!(decoded.sensor, Some([304, 240]));
    let Events { x, y, polarity, time } = decoded.events;
    assert_eq!((x, y, polarity), (vec![303, 5], vec![239, 6], vec![1, 0]));
    assert_eq!(time, [(1 << 32) - 1, (1 << 32) + 2]);
    let first = file("% Version 1\n\0\u{8}", &[event(9, 303 | 239 << 9 | 1 << 17)]);
    let Events { x, y, polarity, time } = decode("auto", &first).unwrap().events;
    assert_eq!((x[0], y[0], polarity[0], time[0]), (303, 239, 1, 9));
}

#[test]
fn dat_that_is_damaged_or_holds_no_events_of_pixels_is_refused() {
    for (bytes, start) in [
        ("% Version 2\n\u{e}\u{8}", "[unsupported] byte 12: expected events of type 0, 12 or 40, found 14"),
        ("% Version 2\n\u{c}\u{9}", "[format] byte 13: expected events of 8 bytes, found 9"),
        ("% Version 3\n\u{c}\u{8}", "[unsupported] byte 0: expected a DAT of version 1 or 2, found version 3"),
        ("% Version 2\n\u{c}", "[format] byte 13: expected lines that begin with %, and type and size"),
        ("% Version 2\n\u{c}\u{8}1234567", "[format] byte 14: expected whole events of 8 bytes"),
        (
            "% Version 2\n% Width 2\n% Height 2\n\u{c}\u{8}\0\0\0\0\u{2}\0\0\0",
            "[range] byte 35: expected x below 2, found 2 in event 0",
        ),
    ] {
        assert!(fault(bytes.as_bytes()).starts_with(start), "{}", fault(bytes.as_bytes()));
    }
    let fault = decode("dat", &[12, 8, 0, 0]).unwrap_err().to_string();
    assert_eq!(fault, "[format] byte 0: expected lines that begin with %, found 12");
}

#[test]
fn event_streams_count_on_bytes_that_are_no_events() {
    let header = b"Event Stream\x02\x00\x00\x01\x22\x00\x23\x00";
    let events = [255, 255, 254, 126 << 1 | 1, 33, 0, 34, 0, 0, 1, 0, 2, 0];
    let decoded = decode("auto", &[&header[..], &events].concat()).unwrap();
    assert_eq!(decoded.sensor, Some([34, 35]));
    let Events { x, y, polarity, time } = decoded.events;
    assert_eq!((x, y, polarity, time), (vec![33, 1], vec![34, 2], vec![1, 0], vec![380, 380]));
}

#[test]
fn event_streams_of_other_versions_and_types_are_refused_by_name() {
    for (place, value, message) in [
        (12, 1, "[unsupported] byte 12: expected an Event Stream of version 2, found version 1"),
        (15, 0, "[unsupported] byte 15: expected DVS events (1), found events that are generic (0)"),
        (15, 2, "[unsupported] byte 15: expected DVS events (1), found events that are ATIS (2)"),
        (15, 4, "[unsupported] byte 15: expected DVS events (1), found events that are colour (4)"),
    ] {
        let mut header = b"Event Stream\x02\x00\x00\x01\x22\x00\x22\x00".to_vec();
        header[place] = value;
        assert_eq!(fault(&header), message);
    }
    assert_eq!(
        fault(b"Event Stream\x02"),
        "[format] byte 0: expected a header of 20 bytes, found the end of the file after 13 of them"
    );
    let fault = fault(b"Event Stream\x02\x00\x00\x01\x22\x00\x22\x00\x02\x01\x00");
    assert_eq!(fault, "[format] byte 20: expected whole events of 5 bytes, found the end of the file after 3 of them");
    let fault = encode("es", &Events::default(), None).unwrap_err();
    assert_eq!((fault.code, fault.path()), (Code::Config, Some("sensor")));
}
