//! Bytes that are kept until it is known what to do with them.

use crate::format::pieces::split;
use decolle_error::{Fault, Result};
use std::collections::VecDeque;

/// Bytes of a file that were kept, in pieces of equal size: nothing is copied as they become more, and none are held that did not
/// come.
pub(super) struct Kept {
    pieces: VecDeque<Vec<u8>>,
    /// Bytes of the first piece that were let go, and of all before it.
    gone: u64,
    length: u64,
}

impl Kept {
    /// Bytes of a piece.
    const PIECE: usize = 16 << 10;

    /// Nothing yet.
    pub(super) const fn new() -> Self {
        Self { pieces: VecDeque::new(), gone: 0, length: 0 }
    }

    /// Number of bytes that were ever kept.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// `memory`.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.length += bytes.len() as u64;
        while !bytes.is_empty() {
            match self.pieces.back_mut() {
                Some(last) if last.len() < Self::PIECE => {
                    let room = Self::PIECE - last.len();
                    last.extend_from_slice(split(&mut bytes, room));
                }
                _ => {
                    let mut piece = Vec::new();
                    decolle_error::reserve(&mut piece, Self::PIECE, "bytes")?;
                    self.pieces.try_reserve(1).map_err(|_| Fault::memory("bytes", self.length))?;
                    self.pieces.push_back(piece);
                }
            }
        }
        Ok(())
    }

    /// Bytes from a place on, some of them; none at the end, or where they were let go.
    pub(super) fn at(&self, place: u64) -> &[u8] {
        let Some(place) = place.checked_sub(self.gone).and_then(|place| usize::try_from(place).ok()) else { return &[] };
        let piece = self.pieces.get(place / Self::PIECE);
        piece.and_then(|piece| piece.get(place % Self::PIECE..)).unwrap_or_default()
    }

    /// Lets the bytes before a place go, as far as they fill pieces.
    pub(super) fn let_go(&mut self, place: u64) {
        while place.saturating_sub(self.gone) >= Self::PIECE as u64 && self.pieces.pop_front().is_some() {
            self.gone += Self::PIECE as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_kept_is_found_at_its_place(pieces in proptest::collection::vec(0usize..40_000, 0..8), seed: u8) {
            let mut kept = Kept::new();
            let mut all = Vec::new();
            for piece in pieces {
                let bytes: Vec<u8> = (0..piece).map(|place| (place / 7) as u8 ^ seed).collect();
                kept.push(&bytes).unwrap();
                all.extend(bytes);
            }
            prop_assert_eq!(kept.length(), all.len() as u64);
            let mut place = 0;
            while place < all.len() {
                let found = kept.at(place as u64);
                prop_assert!(!found.is_empty() && all[place..].starts_with(found));
                place += found.len().min(5_000);
                kept.let_go(place as u64);
            }
            prop_assert!(kept.at(place as u64).is_empty());
            prop_assert!(kept.pieces.len() <= 1);
        }
    }
}
