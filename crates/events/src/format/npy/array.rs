//! What the header of a NumPy array says: where x, y, time and polarity of an event stand.

use super::literal::{self, Value};
use crate::format::pieces::fault;
use decolle_error::{Code, Result};

/// How a number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Signed,
    Unsigned,
    Float,
    /// Bytes of another kind, which are passed over.
    Other,
    /// No bytes at all: the same number in every record.
    Constant(u16),
}

/// A number within a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    kind: Kind,
    is_big: bool,
    /// Bytes, and the first of them within the record.
    pub(super) size: usize,
    pub(super) place: usize,
    /// How much one of it is worth: microseconds of a unit of time, 1 for others.
    unit: u16,
}

/// How events are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One event after another, in records of so many bytes: x, y, time and polarity.
    Rows { record: usize, fields: [Number; 4] },
    /// One column after another, each of all events; `place` is the column's.
    Columns([Number; 4]),
    /// One column alone.
    Column(Number),
    /// An array that holds no events.
    Other,
}

/// An array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Array {
    pub(super) layout: Layout,
    /// Number of events.
    pub(super) events: u64,
    /// Bytes of all numbers.
    pub(super) bytes: u64,
}

/// What a two-dimensional array does not say of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// Which column holds x, y, time and polarity.
    pub(super) columns: [usize; 4],
    /// Microseconds of a unit of time; times of another unit may be fractions and are rounded to microseconds.
    pub(super) unit: u16,
}

/// The greatest record.
const RECORD: usize = 1 << 10;

/// Which of x, y, time and polarity a field or a member of an archive is called: 0 to 3.
pub(super) fn column(name: &str) -> Option<usize> {
    match name.to_ascii_lowercase().as_str() {
        "x" | "xs" | "unit" | "units" => Some(0),
        "y" | "ys" => Some(1),
        "t" | "ts" | "time" | "times" | "timestamp" | "timestamps" => Some(2),
        "p" | "ps" | "pol" | "polarity" | "polarities" => Some(3),
        _ => None,
    }
}

/// Reads a header that begins at this offset of the file.
pub(super) fn read(header: &[u8], order: Order, offset: u64) -> Result<Array> {
    let wrong = |code, place: usize, expected: &str| {
        let found = String::from_utf8_lossy(&header[place..header.len().min(place + 80)]).into_owned();
        Err(fault(code, offset + place as u64, &expected, &format_args!("{:?}", found.trim_end())))
    };
    let Ok(text) = std::str::from_utf8(header) else { return wrong(Code::Format, 0, "a header of UTF-8") };
    let value = match literal::parse(text) {
        Ok(value) => value,
        Err(place) => return wrong(Code::Format, place, "a Python dictionary of texts and numbers"),
    };
    let (Some(kind), Some(Value::Truth(by_column)), Some(Value::Many(shape))) =
        (value.get("descr"), value.get("fortran_order"), value.get("shape"))
    else {
        return wrong(Code::Format, 0, "descr, fortran_order and shape");
    };
    let side = |side: &Value<'_>| if let Value::Number(side) = side { Some(*side) } else { None };
    let Some(shape) = shape.iter().map(side).collect::<Option<Vec<u64>>>() else {
        return wrong(Code::Format, 0, "a shape of whole numbers");
    };
    let (Some(size), Some(entries)) = (
        size(kind, 0).filter(|&size| size <= RECORD),
        shape.iter().try_fold(1u64, |product, &side| product.checked_mul(side)),
    ) else {
        return wrong(
            Code::Unsupported,
            0,
            "entries of known types and at most 1024 bytes, and a number of them in 64 bits",
        );
    };
    let Some(bytes) = entries.checked_mul(size as u64) else {
        return wrong(Code::Unsupported, 0, "an array of less than 2⁶⁴ bytes");
    };
    let (layout, events) = match kind.text().and_then(number) {
        Some(number) => plain(number, &shape, *by_column, order),
        None => (structured(kind, size), entries),
    };
    Ok(Array { layout, events, bytes })
}

/// The layout of an array of numbers, and its events.
fn plain(number: Number, shape: &[u64], by_column: bool, order: Order) -> (Layout, u64) {
    if number.kind == Kind::Other {
        return (Layout::Other, 0);
    }
    let (is_rows, events) = match *shape {
        [events] => return (Layout::Column(number), events),
        // Four rows, column by column, are the same bytes as rows of four.
        [events, 4] => (!by_column, events),
        [4, events] => (by_column, events),
        _ => return (Layout::Other, 0),
    };
    let numbers = |width: usize| {
        let mut numbers = order.columns.map(|column| number.at(column * width));
        numbers[2].unit = order.unit;
        numbers
    };
    if is_rows {
        (Layout::Rows { record: 4 * number.size, fields: numbers(number.size) }, events)
    } else {
        (Layout::Columns(numbers(1)), events)
    }
}

/// The layout of an array of records.
fn structured(kind: &Value<'_>, record: usize) -> Layout {
    let mut fields = [None; 4];
    let mut place = 0;
    for field in kind.many() {
        let [name, kind, ..] = field.many() else { return Layout::Other };
        // A field may have a title beside its name.
        let name = name.text().or_else(|| name.many().last().and_then(Value::text)).unwrap_or_default();
        if let Some(column) = column(name)
            && let [_, _] = field.many()
            && let Some(number) = kind.text().and_then(number)
            && number.kind != Kind::Other
            && fields[column].is_none()
        {
            fields[column] = Some(Number { place, ..number });
        }
        place += field_size(field, 0).unwrap_or(0);
    }
    match fields {
        [Some(x), Some(y), Some(time), Some(polarity)] => Layout::Rows { record, fields: [x, y, time, polarity] },
        // Spike trains of units. With y but without polarity it would be no events: boxes around objects, say.
        [Some(unit), None, Some(time), polarity] => {
            let polarity = polarity.unwrap_or(Number::constant(1));
            Layout::Rows { record, fields: [unit, Number::constant(0), time, polarity] }
        }
        _ => Layout::Other,
    }
}

/// Bytes of an entry of this type; none where it is not known or too large.
fn size(kind: &Value<'_>, depth: usize) -> Option<usize> {
    match kind {
        Value::Text(text) => number(text).map(|number| number.size),
        Value::Many(fields) if depth < 8 => {
            fields.iter().try_fold(0usize, |sum, field| sum.checked_add(field_size(field, depth)?))
        }
        _ => None,
    }
}

/// Bytes of a field: a name, a type, and perhaps a shape.
fn field_size(field: &Value<'_>, depth: usize) -> Option<usize> {
    let [_, kind, shape @ ..] = field.many() else { return None };
    let each = size(kind, depth + 1)?;
    let sides: &[Value<'_>] = match shape {
        [] => &[],
        [Value::Many(sides)] => sides,
        [side @ Value::Number(_)] => std::slice::from_ref(side),
        _ => return None,
    };
    sides.iter().try_fold(each, |product, side| {
        let Value::Number(side) = side else { return None };
        product.checked_mul(usize::try_from(*side).ok()?).filter(|&product| product <= RECORD)
    })
}

/// A number as NumPy writes its type: byte order, kind, bytes.
fn number(text: &str) -> Option<Number> {
    let (order, text) = match text.strip_prefix(['<', '>', '|', '=']) {
        Some(rest) => (text.as_bytes()[0], rest),
        None => (b'|', text),
    };
    let kind = text.chars().next()?;
    let (bytes, unit) = match text[kind.len_utf8()..].split_once('[') {
        Some((bytes, unit)) => (bytes, unit.strip_suffix(']')?),
        None => (&text[kind.len_utf8()..], ""),
    };
    let size: usize = if kind == '?' && bytes.is_empty() { 1 } else { bytes.parse().ok()? };
    let (kind, size) = match (kind, size) {
        ('i', 1 | 2 | 4 | 8) => (Kind::Signed, size),
        // Durations and dates in microseconds are whole numbers of them.
        ('m' | 'M', 8) if unit == "us" => (Kind::Signed, size),
        ('u', 1 | 2 | 4 | 8) | ('b' | '?', 1) => (Kind::Unsigned, size),
        ('f', 4 | 8) => (Kind::Float, size),
        ('U', _) => (Kind::Other, size.checked_mul(4)?),
        ('i' | 'u' | 'b' | 'f' | 'c' | 'm' | 'M' | 'V' | 'S' | 'a', _) => (Kind::Other, size),
        _ => return None,
    };
    (size <= RECORD).then_some(Number { kind, is_big: order == b'>', size, place: 0, unit: 1 })
}

impl Number {
    /// A number that is not in the record.
    fn constant(value: u16) -> Self {
        Self { kind: Kind::Constant(value), is_big: false, size: 0, place: 0, unit: 1 }
    }

    /// The same at another place.
    pub(super) fn at(self, place: usize) -> Self {
        Self { place, ..self }
    }

    /// Whether it is a whole number that stands for itself, the lowest byte first.
    pub(super) fn is_little_integer(&self) -> bool {
        self.unit == 1 && matches!(self.kind, Kind::Signed | Kind::Unsigned) && (!self.is_big || self.size == 1)
    }

    /// Reads the number from its record; none where it is no whole number that 64 bits hold.
    #[inline]
    pub(super) fn read(&self, record: &[u8]) -> Option<i64> {
        let field = record.get(self.place..)?;
        let bits: u64 = match self.size {
            0 => 0,
            1 => (*field.first()?).into(),
            2 => u16::from_le_bytes(self.bytes(field)?).into(),
            4 => u32::from_le_bytes(self.bytes(field)?).into(),
            _ => u64::from_le_bytes(self.bytes(field)?),
        };
        let whole = match self.kind {
            Kind::Unsigned => i64::try_from(bits).ok()?,
            Kind::Signed => {
                let unused = 64 - 8 * self.size;
                (bits << unused).cast_signed() >> unused
            }
            Kind::Float if self.size == 8 => return self.rounded(f64::from_bits(bits)),
            Kind::Float => return self.rounded(f32::from_bits(u32::try_from(bits).ok()?).into()),
            Kind::Constant(value) => return Some(value.into()),
            Kind::Other => return None,
        };
        whole.checked_mul(self.unit.into())
    }

    /// Fractions of a unit that is more than one are rounded.
    fn rounded(&self, value: f64) -> Option<i64> {
        decolle_number::whole(if self.unit == 1 { value } else { (value * f64::from(self.unit)).round() })
    }

    /// The first bytes, the lowest first.
    #[inline]
    fn bytes<const N: usize>(&self, field: &[u8]) -> Option<[u8; N]> {
        let mut bytes = *field.first_chunk()?;
        if self.is_big {
            bytes.reverse();
        }
        Some(bytes)
    }
}
