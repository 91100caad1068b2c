//! Lines of a text file.

use super::number::{self, Number};
use decolle_error::Code;

/// What a line holds.
pub(super) enum Line {
    /// An event; time in microseconds.
    Event { x: u16, y: u16, polarity: u8, time: i64 },
    /// Width and height of the sensor.
    Sensor([u32; 2]),
    /// Neither.
    Nothing,
}

/// What is wrong with a line, from its byte `place` on.
pub(super) struct Misfit {
    pub(super) code: Code,
    pub(super) place: u64,
    pub(super) expected: String,
    pub(super) found: String,
}

/// What fields mean, in the order of lines without names.
const TIME: usize = 0;
const X: usize = 1;
const Y: usize = 2;
const POLARITY: usize = 3;

/// Names of fields.
const NAMES: [&[&str]; 4] =
    [&["t", "ts", "time", "timestamp", "timestamps"], &["x"], &["y"], &["p", "pol", "polarity"]];

/// Units by the end of the name of the time: as whole microseconds, a power of ten.
const UNITS: [(&str, i32); 5] = [("us", 0), ("µs", 0), ("ns", -3), ("ms", 3), ("s", 6)];

/// Fields that a line may have.
const MOST: usize = 16;

/// Where fields are in a line, as far as that is known.
pub(super) struct Columns {
    /// Which field holds what.
    place: [usize; 4],
    fields: usize,
    /// Microseconds in a unit of time, as a power of ten.
    scale: Option<i32>,
    is_named: bool,
    has_sensor: bool,
    has_events: bool,
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            place: [TIME, X, Y, POLARITY],
            fields: 4,
            scale: None,
            is_named: false,
            has_sensor: false,
            has_events: false,
        }
    }
}

/// The fields of a line: first byte and end of each, and how many they are, of which the first [`MOST`] have places.
struct Fields {
    ends: [(usize, usize); MOST],
    count: usize,
}

impl Fields {
    #[inline]
    fn of(line: &[u8]) -> Self {
        let (mut ends, mut count, mut place) = ([(0, 0); MOST], 0, 0);
        let is_blank = |byte: u8| byte == b' ' || byte == b'\t' || byte == b'\r';
        let skip = |mut place: usize| {
            while place < line.len() && is_blank(line[place]) {
                place += 1;
            }
            place
        };
        place = skip(place);
        let mut open = false;
        while place < line.len() || open {
            let first = place;
            while place < line.len() && !is_blank(line[place]) && line[place] != b',' && line[place] != b';' {
                place += 1;
            }
            if count < MOST {
                ends[count] = (first, place);
            }
            count += 1;
            place = skip(place);
            // A separator promises one more field.
            open = place < line.len() && (line[place] == b',' || line[place] == b';');
            if open {
                place = skip(place + 1);
            }
        }
        Self { ends, count }
    }

    fn get<'a>(&self, line: &'a [u8], place: usize) -> &'a [u8] {
        let (first, end) = self.ends[place];
        &line[first..end]
    }
}

/// An event of a line that is written as most are, and the bytes of the line with its end.
pub(super) struct Usual {
    pub(super) x: u16,
    pub(super) y: u16,
    pub(super) polarity: u8,
    pub(super) time: i64,
    pub(super) bytes: usize,
}

impl Columns {
    /// The microseconds in a unit, as a power of ten, of lines that [`usual`] reads; none where lines are others.
    pub(super) fn usual_scale(&self) -> Option<i32> {
        let is_usual = self.has_events && self.fields == 4 && self.place == [TIME, X, Y, POLARITY];
        self.scale.filter(|scale| is_usual && matches!(scale, 0 | 6))
    }

    /// Whether a line with names has come.
    pub(super) fn are_named(&self) -> bool {
        self.is_named
    }

    /// Reads a line, without its end.
    #[inline]
    pub(super) fn read(&mut self, line: &[u8]) -> Result<Line, Misfit> {
        let fields = Fields::of(line);
        if fields.count == 0 {
            return Ok(Line::Nothing);
        }
        if is_remark(fields.get(line, 0)) {
            // numpy writes names so.
            if line[0] == b'#' && !self.has_events && !self.is_named {
                let _ = self.name(&line[1..]);
            }
            return Ok(Line::Nothing);
        }
        if !self.has_events {
            if let Some(line) = self.read_first(line, &fields)? {
                return Ok(line);
            }
            self.has_events = true;
        }
        self.event(line, &fields)
    }

    /// Reads a line before the first event, where it is not one.
    #[cold]
    fn read_first(&mut self, line: &[u8], fields: &Fields) -> Result<Option<Line>, Misfit> {
        if !self.is_named && fields.get(line, 0).first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'"')
        {
            self.name(line)?;
            return Ok(Some(Line::Nothing));
        }
        let side = |place: usize| {
            let number = number::read(fields.get(line, place), 0).filter(|number| !number.is_decimal)?;
            u32::try_from(number.value).ok().filter(|side| (1..=1 << 16).contains(side))
        };
        if fields.count == 2
            && !self.has_sensor
            && let (Some(width), Some(height)) = (side(0), side(1))
        {
            self.has_sensor = true;
            return Ok(Some(Line::Sensor([width, height])));
        }
        if self.scale.is_none() && self.fields == fields.count {
            let is_decimal = number::read(fields.get(line, self.place[TIME]), 0).is_some_and(|time| time.is_decimal);
            self.scale = Some(if is_decimal { 6 } else { 0 });
        }
        Ok(None)
    }

    /// Reads names.
    fn name(&mut self, line: &[u8]) -> Result<(), Misfit> {
        let text = String::from_utf8_lossy(line).to_lowercase();
        let names = names_of(&text);
        let mut scale = None;
        let mut place = [0; 4];
        for (column, known) in NAMES.iter().enumerate() {
            let found = names.iter().position(|name| known.contains(&unit_of(name).0));
            let Some(found) = found.filter(|_| names.len() <= MOST) else {
                let expected = format!("{MOST} names of columns at most, one of them {}", known.join(" or "));
                return Err(misfit(Code::Format, 0, expected, line));
            };
            place[column] = found;
            if column == TIME {
                scale = unit_of(names[found]).1;
            }
        }
        (self.place, self.scale, self.fields, self.is_named) = (place, scale, names.len(), true);
        Ok(())
    }

    #[inline]
    fn event(&self, line: &[u8], fields: &Fields) -> Result<Line, Misfit> {
        if fields.count != self.fields {
            let expected = format!("{} fields", self.fields);
            return Err(misfit(Code::Format, 0, expected, line));
        }
        let wrong = |column: usize, code: Code, expected: &str| {
            let place = self.place[column];
            misfit(code, fields.ends[place].0, expected.to_string(), fields.get(line, place))
        };
        let pixel = |column: usize| {
            let number = number::read(fields.get(line, self.place[column]), 0);
            match number.filter(|number| !number.is_rounded) {
                Some(Number { value, .. }) => {
                    u16::try_from(value).map_err(|_| wrong(column, Code::Range, "a place from 0 to 65535"))
                }
                None => Err(wrong(column, Code::Format, "a whole number")),
            }
        };
        let (x, y) = (pixel(X)?, pixel(Y)?);
        let polarity = polarity(fields.get(line, self.place[POLARITY]))
            .ok_or_else(|| wrong(POLARITY, Code::Format, "a polarity: 0 or 1, -1 or 1"))?;
        let time = number::read(fields.get(line, self.place[TIME]), self.scale.unwrap_or(0))
            .ok_or_else(|| wrong(TIME, Code::Format, "a time"))?
            .value;
        Ok(Line::Event { x, y, polarity, time })
    }
}

/// Digits from a place on as a number, as far as they go, and the place behind them; at most so many.
#[inline(always)]
fn digits(bytes: &[u8], mut place: usize, most: usize) -> Option<(i64, usize)> {
    let first = place;
    let mut value = 0;
    while let Some(&byte @ b'0'..=b'9') = bytes.get(place) {
        value = value * 10 + i64::from(byte - b'0');
        place += 1;
        if place - first > most {
            return None;
        }
    }
    (place > first).then_some((value, place))
}

/// The first line of these bytes, where it is digits between single separators and ends among them: what [`Columns::read`] makes
/// of it, without a look at what else it might be.
#[inline(always)]
pub(super) fn usual(bytes: &[u8], scale: i32) -> Option<Usual> {
    let (mut time, mut place) = digits(bytes, 0, 11)?;
    if scale == 6 {
        time *= 1_000_000;
        if bytes.get(place) == Some(&b'.') {
            let point = place;
            let mut unit = 100_000;
            while let Some(&byte @ b'0'..=b'9') = bytes.get(place + 1) {
                let digit = i64::from(byte - b'0');
                // Of what is less than a microsecond, the first digit says how it is rounded.
                time += if unit > 0 { digit * unit } else { i64::from(place - point == 6 && digit >= 5) };
                unit /= 10;
                place += 1;
            }
            place += 1;
        }
    }
    let separated = |place: usize| matches!(bytes.get(place), Some(b' ' | b',' | b'\t' | b';')).then_some(place + 1);
    let (x, end) = digits(bytes, separated(place)?, 5)?;
    let (y, end) = digits(bytes, separated(end)?, 5)?;
    place = separated(end)?;
    let polarity = match bytes.get(place)? {
        b'0' => 0,
        b'1' => 1,
        _ => return None,
    };
    let end = place + 1 + usize::from(bytes.get(place + 1) == Some(&b'\r'));
    let (x, y) = (u16::try_from(x).ok()?, u16::try_from(y).ok()?);
    (bytes.get(end) == Some(&b'\n')).then_some(Usual { x, y, polarity, time, bytes: end + 1 })
}

/// Whether a line whose first field is this one is no data.
fn is_remark(first: &[u8]) -> bool {
    matches!(first, [b'#' | b'%', ..] | [b'/', b'/', ..])
}

/// The polarity that is written so.
#[inline]
fn polarity(text: &[u8]) -> Option<u8> {
    match text {
        b"0" => return Some(0),
        b"1" => return Some(1),
        _ => {}
    }
    if text.eq_ignore_ascii_case(b"true") || text.eq_ignore_ascii_case(b"false") {
        return Some(u8::from(text.len() == 4));
    }
    match number::read(text, 0)? {
        Number { value: 0 | -1, is_rounded: false, .. } => Some(0),
        Number { value: 1, is_rounded: false, .. } => Some(1),
        _ => None,
    }
}

/// The names in a line: at commas, semicolons and tabs where there are some, so that there may be blanks in them, else at blanks.
fn names_of(line: &str) -> Vec<&str> {
    const QUOTES: [char; 3] = ['"', '\'', '\u{feff}'];
    let separators = [',', ';', '\t'];
    if line.contains(separators) {
        line.split(separators).map(|name| name.trim().trim_matches(QUOTES)).collect()
    } else {
        line.split_whitespace().map(|name| name.trim_matches(QUOTES)).collect()
    }
}

/// A name without the unit at its end, and that as a power of ten.
fn unit_of(name: &str) -> (&str, Option<i32>) {
    for (unit, scale) in UNITS {
        for (open, close) in [("_", ""), ("[", "]"), ("(", ")")] {
            let before = name.strip_suffix(close).and_then(|name| name.strip_suffix(unit));
            if let Some(name) = before.and_then(|name| name.strip_suffix(open)) {
                return (name.trim_end(), Some(scale));
            }
        }
    }
    (name, None)
}

#[cold]
fn misfit(code: Code, place: usize, expected: String, found: &[u8]) -> Misfit {
    let found = String::from_utf8_lossy(&found[..found.len().min(40)]).into_owned();
    Misfit { code, place: place as u64, expected, found }
}
