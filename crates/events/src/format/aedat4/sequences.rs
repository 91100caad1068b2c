//! Whole sequences of an LZ4 block, many at a time: what makes decoding fast. What is not whole or is damaged is left to `lz4.rs`.

/// A sequence: so many literals, at this place; then a match of so many bytes, so far back; and where the next begins.
struct Sequence {
    literals: usize,
    place: usize,
    length: usize,
    distance: usize,
    next: usize,
}

/// Bytes that are copied at once.
const STEP: usize = 16;

/// Decodes sequences from `input` behind the first `end` bytes of `out`, as long as they are whole, end within `limit`, and refer
/// back to `first` at most. Gives how many bytes were used, and the new end; what is behind that may have been changed.
pub(super) fn decode(input: &[u8], out: &mut [u8], mut end: usize, limit: usize, first: usize) -> (usize, usize) {
    let mut used = 0;
    while let Some(sequence) = parse(input, used) {
        let Sequence { literals, place, length, distance, next } = sequence;
        if limit - end < literals + length || distance == 0 || distance > end + literals - first {
            break;
        }
        let has_room = out.len() - end >= literals + length + STEP;
        match input[place..].first_chunk::<STEP>() {
            Some(step) if literals <= STEP && has_room => out[end..end + STEP].copy_from_slice(step),
            _ => out[end..end + literals].copy_from_slice(&input[place..place + literals]),
        }
        end += literals;
        if distance >= STEP && has_room {
            for step in (0..length).step_by(STEP) {
                let from = end - distance + step;
                out.copy_within(from..from + STEP, end + step);
            }
        } else {
            repeat(out, end, distance, length);
        }
        end += length;
        used = next;
    }
    (used, end)
}

/// Appends `length` bytes behind the first `end`, each that which stands `distance` before it.
pub(super) fn repeat(out: &mut [u8], end: usize, distance: usize, length: usize) {
    let first = end - distance;
    let mut copied = 0;
    // What was copied can be copied again: each turn may take more.
    while copied < length {
        let piece = (distance + copied).min(length - copied);
        out.copy_within(first..first + piece, end + copied);
        copied += piece;
    }
}

/// The sequence at a place, if it is whole. The last of a block never is: it has literals alone.
#[inline(always)]
fn parse(input: &[u8], place: usize) -> Option<Sequence> {
    let token = *input.get(place)?;
    let (literals, place) = number(input, place + 1, token >> 4)?;
    let &[low, high] = input.get(place + literals..)?.first_chunk()?;
    let (length, next) = number(input, place + literals + 2, token & 15)?;
    let distance = usize::from(u16::from_le_bytes([low, high]));
    Some(Sequence { literals, place, length: length + 4, distance, next })
}

/// A number of which these four bits are the beginning, and the place behind it.
#[inline(always)]
fn number(input: &[u8], mut place: usize, bits: u8) -> Option<(usize, usize)> {
    let mut number = usize::from(bits);
    if bits == 15 {
        loop {
            let more = *input.get(place)?;
            number += usize::from(more);
            place += 1;
            if more != 255 {
                break;
            }
        }
    }
    Some((number, place))
}
