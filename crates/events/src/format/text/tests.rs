use crate::{Block, Events, ReadOptions, Reader, decode, encode};
use decolle_error::{Code, Fault};
use proptest::prelude::*;

fn text(text: &str) -> Events {
    decode("text", text.as_bytes()).unwrap().events
}

fn fault(text: &str) -> Fault {
    decode("text", text.as_bytes()).unwrap_err()
}

/// Two events: 1 µs at (2, 3), darker; 1.5 s at (4, 5), brighter.
fn two() -> Events {
    Events::new(vec![2, 4], vec![3, 5], vec![0, 1], vec![1, 1_500_000]).unwrap()
}

#[test]
fn separators_are_blanks_commas_or_semicolons() {
    for file in [
        "0.000001 2 3 0\n1.5 4 5 1\n",
        "0.000001,2,3,0\r\n1.5,4,5,1\r\n",
        "0.000001; 2; 3; 0\n1.5 ;4;5 ; 1",
        "  0.000001\t2   3\t-1  \n\n+1.5\t4\t5\t+1\n",
        "# remark\n% another\n// third\n1e-06 2e0 3.0 0\n1.5 4.000e+00 50e-1 1.0\n",
    ] {
        assert_eq!(text(file), two(), "{file}");
    }
}

#[test]
fn names_order_the_columns_and_say_the_unit() {
    for file in [
        "x,y,polarity,timestamp\n2,3,0,0.000001\n4,5,1,1.5\n",
        "x,y,polarity,timestamp\n2,3,0,1\n4,5,1,1500000\n",
        "p t_us y x\n-1 1.0 3 2\n1 1500000.0 5 4\n",
        "\"T [ns]\";\"X\";\"Y\";\"P\"\n1000;2;3;false\n1500000000;4;5;True\n",
        "# p t_us y x\n-1 1.0 3 2\n1 1500000.0 5 4\n",
        "id,time_s,x,y,p\n7,0.000001,2,3,0\n8,1.5,4,5,1\n",
        "t(ms),x,y,p,label\n0.001,2,3,0,a\n1500,4,5,1,b\n",
    ] {
        assert_eq!(text(file), two(), "{file}");
    }
}

#[test]
fn the_first_event_says_the_unit_where_no_name_does() {
    assert_eq!(text("1 0 0 0\n2.5 0 0 0\n").time, [1, 3]);
    assert_eq!(text("1.0 0 0 0\n2 0 0 0\n").time, [1_000_000, 2_000_000]);
    assert_eq!(text("-5 0 0 0\n").time, [-5]);
}

#[test]
fn two_numbers_in_the_first_line_are_the_sensor() {
    let decoded = decode("text", b"# made by hand\n240 180\n0.5 239 179 1\n").unwrap();
    assert_eq!((decoded.sensor, decoded.events.time), (Some([240, 180]), vec![500_000]));
    let outside = fault("240 180\n0.5 240 179 1\n");
    assert_eq!(outside.to_string(), "[range] byte 8: expected x below 240, found 240 in event 0");
}

#[test]
fn damage_is_told_with_its_byte() {
    for (file, message) in [
        ("1 2 3 0\n1 2 3\n", "[format] byte 8: expected 4 fields, found \"1 2 3\""),
        ("1 2 3 0\n1 2 3 0 4\n", "[format] byte 8: expected 4 fields, found \"1 2 3 0 4\""),
        ("1,2,3,\n", "[format] byte 6: expected a polarity: 0 or 1, -1 or 1, found \"\""),
        ("1 2 3 2\n", "[format] byte 6: expected a polarity: 0 or 1, -1 or 1, found \"2\""),
        ("1 2.5 3 0\n", "[format] byte 2: expected a whole number, found \"2.5\""),
        ("1 65536 3 0\n", "[range] byte 2: expected a place from 0 to 65535, found \"65536\""),
        ("1 -1 3 0\n", "[range] byte 2: expected a place from 0 to 65535, found \"-1\""),
        ("1 2 3 0\nsoon 2 3 0", "[format] byte 8: expected a time, found \"soon\""),
        (
            "a,b,c,d\n",
            "[format] byte 0: expected 16 names of columns at most, one of them t or ts or time or timestamp or timestamps, found \"a,b,c,d\"",
        ),
        ("5 1 1 0\n4 1 1 0\n", "[time-order] byte 8: expected a time of at least 5 µs, found 4 in event 1"),
        ("99999999999999999 1 1 0\n", "[range] byte 0: expected a time within ±(2^53 - 1) µs, found 999"),
        ("1e18 1 1 0\n", "[format] byte 0: expected a time, found \"1e18\""),
    ] {
        let fault = fault(file).to_string();
        assert!(fault.starts_with(message), "{fault}");
    }
    let long = "1".repeat(600);
    assert_eq!(fault(&long).to_string(), "[format] byte 512: expected the end of a line within 512 bytes, found more");
    assert_eq!(fault(&format!("{long}\n")).path(), Some("byte 512"));
}

#[test]
fn the_longest_line_is_read_however_it_is_cut_and_one_byte_more_is_refused() {
    for (blanks, is_read) in [(505, true), (506, false)] {
        let file = format!("1 2 3 1{}\n4 5 6 0\n", " ".repeat(blanks));
        for size in [1, 512, 513, file.len()] {
            let mut reader = Reader::new("text", ReadOptions::default()).unwrap();
            let mut block = Block::new();
            let outcome = file.as_bytes().chunks(size).try_for_each(|piece| {
                assert_eq!(reader.take(piece, &mut block)?, piece.len());
                Ok::<(), Fault>(())
            });
            assert_eq!(outcome.is_ok(), is_read, "{blanks} blanks, pieces of {size}");
            assert!(!is_read || block.len() == 2, "{blanks} blanks, pieces of {size}");
        }
    }
}

proptest! {
    /// A blank before a line makes it one that is not written as most are.
    #[test]
    fn a_line_is_read_alike_however_it_is_written(
        whole in 0u64..200_000_000_000, decimals in "(\\.[0-9]{0,12})?", seconds: bool, x in "[0-9]{1,6}", y in "[0-9]{1,3}",
        polarity in "(0|1|-1|01|2)", end in "(\n|\r\n|,\n)", separator in "( |,|;|\t|  )", size in 1usize..100,
    ) {
        let first = if seconds { "0.5 1 1 1\n" } else { "5 1 1 1\n" };
        let line = [&format!("{whole}{decimals}"), &x, &y, &polarity].map(String::as_str).join(&separator);
        let [usual, other] = ["", " "].map(|blank| decode("text", format!("{first}{blank}{line}{end}").as_bytes()));
        match (usual, other) {
            (Ok(usual), Ok(other)) => {
                prop_assert_eq!(&usual, &other);
                let file = format!("{first}{line}{end}");
                let (mut reader, mut block) = (Reader::new("text", ReadOptions::default()).unwrap(), Block::new());
                let mut events = Events::default();
                for mut piece in file.as_bytes().chunks(size) {
                    while !piece.is_empty() {
                        piece = &piece[reader.take(piece, &mut block).unwrap()..];
                    }
                }
                reader.end(&mut block).unwrap();
                block.append_to(&mut events).unwrap();
                prop_assert_eq!(events, usual.events);
            }
            (Err(usual), Err(other)) => prop_assert_eq!(usual.code, other.code),
            (usual, other) => prop_assert!(false, "{line}: {usual:?} {other:?}"),
        }
    }
}

#[test]
fn text_is_recognised_and_prose_is_not() {
    let long: String = (0..900).map(|line| format!("{line} 1 2 0\n")).collect();
    for file in ["1 2 3 0", "x y t p\n", "240 180\n0.1 2 3 1\n", &long] {
        assert_eq!(decode("auto", file.as_bytes()).unwrap().events.len(), text(file).len(), "{file}");
    }
    for file in ["", "\n\n", "# only a remark\n", "Dear reader\n", "1 2 3\n", "1 2 3 0\n\u{0}", "#!AER-DAT9.0\r\n"] {
        assert_eq!(decode("auto", file.as_bytes()).unwrap_err().code, Code::Format, "{file}");
    }
}

#[test]
fn lines_are_written_as_the_data_sets_have_them() {
    assert_eq!(encode("text", &two(), None).unwrap(), b"0.000001 2 3 0\n1.500000 4 5 1\n");
    let early = Events::new(vec![0], vec![0], vec![0], vec![-1]).unwrap();
    assert_eq!(encode("text", &early, None).unwrap_err().path(), Some("t[0]"));
}
