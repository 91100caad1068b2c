//! `.npz`: a zip archive of `.npy` files, stored or deflated
//! (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>).
//!
//! The crates for zip archives look for the list of members at the end of a file that they can seek in. Here members are read
//! one after another, by the headers before them, as they come; `miniz_oxide` inflates them.

use super::array::{self, Layout, Number, Order};
use super::columns::{Columns, Place};
use super::inflate::{Inflate, Status};
use super::member::{DESCRIPTOR, END, HEADER, LIST, LOCAL, Member};
use super::rows::{Head, Rows};
use crate::Block;
use crate::format::Decoder;
use crate::format::kept::Kept;
use crate::format::pieces::{Gather, fault, split, u32_at};
use crc::{CRC_32_ISO_HDLC, Crc, Digest, Table};
use decolle_error::{Code, Result};

/// Bytes of a name and of extra fields that are looked at.
const LOOKED_AT: usize = 128;

/// Bytes that are inflated at once.
const OUT: usize = 8 << 10;

/// Checksums, with a table of 1 KiB: the code is loaded in browsers.
pub(super) static CRC: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);

/// Begins to read an archive.
pub(super) fn begin(order: Order) -> Box<dyn Decoder> {
    Box::new(Archive {
        state: State::Signature,
        field: Gather::new(),
        order,
        member: Member::default(),
        content: Content::Skip,
        inflate: None,
        out: Box::new([0; OUT]),
        read: 0,
        end: 0,
        sum: CRC.digest(),
        kept: Kept::new(),
        columns: [None; 4],
        is_found: false,
        names: String::new(),
        offset: 0,
    })
}

/// What comes next.
enum State {
    /// Four bytes that say what follows.
    Signature,
    /// The rest of a member's header; so many bytes of its name, then of its extra fields.
    Header,
    Name(usize),
    Extra(usize),
    /// The member's bytes.
    Data,
    /// Checksum and sizes behind it.
    Descriptor,
    /// Columns, now that all are there.
    Columns(Columns),
    Over,
}

/// What becomes of a member's content.
enum Content {
    /// Its header says.
    Head(Head),
    /// The recording.
    Rows(Rows),
    /// It is kept: a column, or columns one after another.
    Keep,
    Skip,
}

/// A column that was found, and its length.
#[derive(Clone, Copy)]
struct Found {
    place: Place,
    events: u64,
}

/// An archive that is being read.
struct Archive {
    state: State,
    field: Gather<HEADER>,
    order: Order,
    member: Member,
    content: Content,
    inflate: Option<Inflate>,
    /// Content that was made and not read yet.
    out: Box<[u8; OUT]>,
    read: usize,
    end: usize,
    sum: Digest<'static, u32, Table<1>>,
    kept: Kept,
    columns: [Option<Found>; 4],
    /// Whether a member held whole events.
    is_found: bool,
    /// Names of members, for a message.
    names: String,
    /// Bytes taken.
    offset: u64,
}

impl Decoder for Archive {
    fn take(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        let mut rest = bytes;
        while !block.is_full() {
            let before = rest.len();
            let goes_on = match &mut self.state {
                State::Signature => self.signature(&mut rest)?,
                State::Header => self.header(&mut rest)?,
                State::Name(left) => {
                    let is_whole = text(&mut rest, left, &mut self.member.name);
                    if is_whole {
                        self.state = State::Extra(self.member.extra_length);
                    }
                    is_whole
                }
                State::Extra(left) => {
                    let is_whole = text(&mut rest, left, &mut self.member.extra);
                    if is_whole {
                        self.begin_data()?;
                    }
                    is_whole
                }
                State::Data => self.data(&mut rest, block)?,
                State::Descriptor => self.descriptor(&mut rest)?,
                State::Columns(columns) => {
                    columns.give(&self.kept, block)?;
                    if !block.is_full() {
                        self.state = State::Over;
                    }
                    true
                }
                State::Over => {
                    rest = &[];
                    false
                }
            };
            self.offset += (before - rest.len()) as u64;
            if !goes_on {
                break;
            }
        }
        Ok(bytes.len() - rest.len())
    }

    fn end(&mut self, _: &mut Block) -> Result<()> {
        match self.state {
            State::Over => Ok(()),
            _ => Err(fault(Code::Format, self.offset, &"the list of members of the archive", &"the end of the file")),
        }
    }
}

/// Takes a text of which so many bytes are left, and keeps what is looked at. Gives whether it is whole.
fn text(bytes: &mut &[u8], left: &mut usize, text: &mut Vec<u8>) -> bool {
    let piece = split(bytes, *left);
    *left -= piece.len();
    text.extend_from_slice(&piece[..piece.len().min(LOOKED_AT.saturating_sub(text.len()))]);
    *left == 0
}

impl Archive {
    fn signature(&mut self, bytes: &mut &[u8]) -> Result<bool> {
        let first = self.offset - self.field.held().len() as u64;
        let Some(field) = self.field.fill(bytes, 4) else { return Ok(false) };
        match u32_at(&field, 0) {
            LOCAL => {
                self.member.first = first;
                self.state = State::Header;
            }
            LIST | END => self.state = self.all_members(first)?,
            other => {
                let found = format_args!("{other:#010x}");
                return Err(fault(Code::Format, first, &"a member of a zip archive, or the list of them", &found));
            }
        }
        Ok(true)
    }

    /// Takes the header of a member behind its signature.
    fn header(&mut self, bytes: &mut &[u8]) -> Result<bool> {
        let Some(header) = self.field.fill(bytes, HEADER - 4) else { return Ok(false) };
        let (member, name) = Member::begin(self.member.first, &header)?;
        (self.member, self.state) = (member, State::Name(name));
        Ok(true)
    }

    /// Name and extra fields have come.
    fn begin_data(&mut self) -> Result<()> {
        let member = &mut self.member;
        member.read_extra();
        let name = String::from_utf8_lossy(&member.name).into_owned();
        if self.names.len() < 256 {
            self.names += &format!("{}{name}", if self.names.is_empty() { "" } else { ", " });
        }
        member.kept = self.kept.length();
        self.content =
            if name.ends_with(".npy") && !self.is_found { Content::Head(Head::new()) } else { Content::Skip };
        self.inflate = member.is_deflated.then(Inflate::new);
        (self.read, self.end, self.sum) = (0, 0, CRC.digest());
        self.state = State::Data;
        Ok(())
    }

    /// Makes content of a member's bytes, or reads what was made. Gives whether to go on.
    fn data(&mut self, bytes: &mut &[u8], block: &mut Block) -> Result<bool> {
        if self.read < self.end {
            self.content(block)?;
            return Ok(true);
        }
        let member = &mut self.member;
        let left = member.packed - member.taken.min(member.packed);
        let is_endless = member.has_descriptor;
        let most = if is_endless { bytes.len() } else { bytes.len().min(decolle_number::saturated(left)) };
        let piece = &bytes[..most];
        (self.read, self.end) = (0, 0);
        let taken = match &mut self.inflate {
            _ if member.is_over => 0,
            Some(inflate) => {
                let (taken, status) = inflate.take(piece);
                if status == Status::Broken {
                    return Err(fault(Code::Format, member.first, &"deflated bytes", &"others"));
                }
                member.is_over = status == Status::Over;
                self.end = inflate.made().len().min(OUT);
                self.out[..self.end].copy_from_slice(&inflate.made()[..self.end]);
                inflate.took(self.end);
                taken
            }
            None => {
                let stored = piece.len().min(OUT);
                self.out[..stored].copy_from_slice(&piece[..stored]);
                self.end = stored;
                stored
            }
        };
        if matches!(self.content, Content::Head(_) | Content::Keep) {
            self.kept.push(&piece[..taken])?;
        }
        *bytes = &bytes[taken..];
        member.taken += taken as u64;
        member.made += self.end as u64;
        self.sum.update(&self.out[..self.end]);
        if self.end > 0 {
            return Ok(true);
        }
        let is_whole = if member.is_deflated { member.is_over } else { member.taken == member.packed };
        if is_whole {
            self.end_data()?;
        } else if !is_endless && member.taken == member.packed {
            return Err(fault(Code::Format, member.first, &"the end of the deflated bytes", &"the end of the member"));
        }
        Ok(is_whole || taken > 0)
    }

    /// Reads content that was made, as far as the block has room.
    fn content(&mut self, block: &mut Block) -> Result<()> {
        let first = self.member.first;
        let mut made = &self.out[self.read..self.end];
        match &mut self.content {
            Content::Head(head) => {
                let outcome = head.take(&mut made, self.order, first);
                let length = head.length;
                self.read = self.end - made.len();
                match outcome {
                    Ok(None) => {}
                    Ok(Some(array)) => self.content = self.found(array, length),
                    // An array of a type that is not known may be one among others.
                    Err(fault) if fault.code == Code::Unsupported => self.content = Content::Skip,
                    Err(fault) => return Err(fault),
                }
            }
            Content::Rows(rows) => {
                rows.take(&mut made, first, true, block)?;
                self.read = self.end - made.len();
                if rows.left == 0 {
                    self.content = Content::Skip;
                }
            }
            Content::Keep | Content::Skip => self.read = self.end,
        }
        Ok(())
    }

    /// What becomes of the content of a member with this array, that begins after so many bytes.
    fn found(&mut self, array: array::Array, length: u64) -> Content {
        let (first, is_deflated) = (self.member.kept, self.member.is_deflated);
        let place =
            |number: Number, skip: u64| Place { first, end: u64::MAX, is_deflated, skip: length + skip, number };
        match array.layout {
            Layout::Rows { record, fields } => {
                (self.is_found, self.columns) = (true, [None; 4]);
                if array.events == 0 { Content::Skip } else { Content::Rows(Rows::new(record, fields, array.events)) }
            }
            Layout::Columns(numbers) if array.bytes > 0 => {
                self.is_found = true;
                let column = |number: Number| {
                    let skip = number.place as u64 * array.events * number.size as u64;
                    Some(Found { place: place(number, skip), events: array.events })
                };
                self.columns = numbers.map(column);
                Content::Keep
            }
            Layout::Column(number) => {
                let name = String::from_utf8_lossy(&self.member.name);
                let column = array::column(name.trim_end_matches(".npy"));
                match column.map(|column| (&self.columns[column], column)) {
                    Some((None, column)) => {
                        self.columns[column] = Some(Found { place: place(number, 0), events: array.events });
                        Content::Keep
                    }
                    _ => Content::Skip,
                }
            }
            Layout::Columns(_) | Layout::Other => Content::Skip,
        }
    }

    /// A member has ended.
    fn end_data(&mut self) -> Result<()> {
        match &self.content {
            Content::Rows(rows) => {
                let expected = format_args!("{} more events in the member", rows.left);
                return Err(fault(Code::Format, self.member.first, &expected, &"its end"));
            }
            Content::Keep => {
                for column in self.columns.iter_mut().flatten() {
                    column.place.end = column.place.end.min(self.kept.length());
                }
            }
            Content::Head(_) | Content::Skip => {}
        }
        self.content = Content::Skip;
        if self.member.has_descriptor {
            self.state = State::Descriptor;
            Ok(())
        } else {
            self.check_member()
        }
    }

    /// Takes what follows a member whose sizes were not known before it.
    fn descriptor(&mut self, bytes: &mut &[u8]) -> Result<bool> {
        let held = self.field.held();
        if held.len() < 4 {
            let Some((&byte, rest)) = bytes.split_first() else { return Ok(false) };
            *bytes = rest;
            self.field.push(byte);
            return Ok(true);
        }
        let has_signature = u32_at(held, 0) == DESCRIPTOR;
        let wanted = self.member.descriptor(has_signature);
        let Some(field) = self.field.fill(bytes, wanted) else { return Ok(false) };
        self.member.describe(&field, has_signature);
        self.check_member()?;
        Ok(true)
    }

    /// Refuses a member that is not what was said of it, and makes ready for another.
    fn check_member(&mut self) -> Result<()> {
        self.state = State::Signature;
        self.member.check(std::mem::replace(&mut self.sum, CRC.digest()).finalize())
    }

    /// All members have come, and their list begins at this byte: what is left to do.
    fn all_members(&self, byte: u64) -> Result<State> {
        let columns = match self.columns {
            [Some(x), Some(y), Some(time), Some(polarity)] => [x, y, time, polarity],
            _ if self.is_found => return Ok(State::Over),
            _ => {
                let expected = "records with fields x, y, t and p, n×4 numbers, or members x, y, t and p";
                return Err(fault(Code::Unsupported, byte, &expected, &self.names));
            }
        };
        let events = columns[0].events;
        if let Some(other) = columns.iter().find(|column| column.events != events) {
            let expected = format_args!("{events} entries in each of x, y, t and p");
            return Err(fault(Code::Format, byte, &expected, &other.events));
        }
        Ok(State::Columns(Columns::new(columns.map(|column| column.place), events, byte)))
    }
}
