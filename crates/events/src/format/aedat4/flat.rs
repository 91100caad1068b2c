//! Fields of FlatBuffers tables, read from the beginning of a buffer the rest of which may not have come yet.
//!
//! The crate `flatbuffers` verifies and reads buffers that are whole, by tables whose accessors are unsafe. A packet of events may
//! be as long as its writer liked, so here only its first bytes are looked at, each place checked, and its vector is read as it comes.

/// Bytes that have to be there before more can be said.
pub(super) struct Need(pub(super) u64);

/// The beginning of a buffer.
pub(super) struct Flat<'a>(pub(super) &'a [u8]);

impl Flat<'_> {
    /// The bytes at a place.
    pub(super) fn at<const N: usize>(&self, place: u64) -> Result<[u8; N], Need> {
        let bytes = usize::try_from(place).ok().and_then(|place| self.0.get(place..)).and_then(|rest| rest.first_chunk());
        bytes.copied().ok_or(Need(place.saturating_add(N as u64)))
    }

    /// A 32-bit number.
    pub(super) fn number(&self, place: u64) -> Result<u64, Need> {
        self.at(place).map(|bytes| u32::from_le_bytes(bytes).into())
    }

    /// What the 32-bit number at this place refers to: it counts from there.
    pub(super) fn referred(&self, place: u64) -> Result<u64, Need> {
        Ok(place + self.number(place)?)
    }

    /// Place of a field of the table at this place; none where it has its default. A list of fields that would begin before the
    /// buffer has none.
    pub(super) fn field(&self, table: u64, index: u64) -> Result<Option<u64>, Need> {
        let back = i32::from_le_bytes(self.at(table)?);
        let Some(list) = table.checked_add_signed(-i64::from(back)) else { return Ok(None) };
        let half = |place| self.at(place).map(|bytes| u64::from(u16::from_le_bytes(bytes)));
        let entry = 4 + 2 * index;
        if half(list)? < entry + 2 {
            return Ok(None);
        }
        let place = half(list + entry)?;
        Ok((place > 0).then_some(table + place))
    }
}
