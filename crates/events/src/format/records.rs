//! What decoders share: records of fixed width out of pieces of any size, and clocks that wrap around.

use crate::Block;
use decolle_error::{Code, Fault, Result};

/// Cuts bytes into records of `N` bytes, however they come.
pub(super) struct Records<const N: usize> {
    /// The first bytes of a record whose others have not come yet, and how many they are.
    rest: [u8; N],
    held: usize,
    /// Offset in the file of the next record.
    pub(super) byte: u64,
}

impl<const N: usize> Records<N> {
    /// For records that begin at this byte of the file.
    pub(super) fn new(byte: u64) -> Self {
        Self { rest: [0; N], held: 0, byte }
    }

    /// Holds a byte as if it had come before the others.
    pub(super) fn hold(&mut self, byte: u8) {
        self.rest[self.held] = byte;
        self.held += 1;
    }

    /// Gives whole records to `each`, which takes as many as there is room for, at least one, and says how many; it is told the
    /// offset of the first. Gives how many bytes were used.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        block: &mut Block,
        mut each: impl FnMut(&[[u8; N]], u64, &mut Block) -> Result<usize>,
    ) -> Result<usize> {
        let mut used = 0;
        if block.is_full() {
            return Ok(used);
        }
        if self.held > 0 {
            used = bytes.len().min(N - self.held);
            self.rest[self.held..self.held + used].copy_from_slice(&bytes[..used]);
            self.held += used;
            if self.held < N {
                return Ok(used);
            }
            each(&[self.rest], self.byte, block)?;
            self.held = 0;
            self.byte += N as u64;
        }
        let (whole, rest) = bytes[used..].as_chunks::<N>();
        let mut taken = 0;
        while taken < whole.len() && !block.is_full() {
            let more = each(&whole[taken..], self.byte, block)?;
            self.byte += (more * N) as u64;
            taken += more;
        }
        used += taken * N;
        if taken == whole.len() {
            self.rest[..rest.len()].copy_from_slice(rest);
            self.held = rest.len();
            used += rest.len();
        }
        Ok(used)
    }

    /// Refuses the end of the file within a record; `what` is how messages call them.
    pub(super) fn end(&self, what: &str) -> Result<()> {
        if self.held == 0 {
            return Ok(());
        }
        let expected = format_args!("whole {what} of {N} bytes");
        let found = format_args!("the end of the file after {} of them", self.held);
        Err(Fault::unfit(Code::Format, &format_args!("byte {}", self.byte), &expected, &found))
    }
}

/// A clock of so many bits that starts again at 0. A time more than half of its range before the last is one after it wrapped
/// around; one more than half of its range after it is one before it had, where it has.
pub(super) struct Clock<const BITS: u32> {
    last: i64,
    base: i64,
}

impl<const BITS: u32> Clock<BITS> {
    const RANGE: i64 = 1 << BITS;

    pub(super) fn new() -> Self {
        Self { last: 0, base: 0 }
    }

    /// The time that the clock shows, counted on.
    #[inline(always)]
    pub(super) fn at(&mut self, shown: i64) -> i64 {
        let ahead = shown - self.last;
        if ahead.unsigned_abs() > Self::RANGE.unsigned_abs() / 2 {
            self.wrap(ahead);
        }
        self.last = shown;
        self.base + shown
    }

    #[cold]
    fn wrap(&mut self, ahead: i64) {
        if ahead < 0 {
            // Beyond this a reader refuses times.
            self.base = (self.base + Self::RANGE).min(1 << 60);
        } else if self.base > 0 {
            self.base -= Self::RANGE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_count_on_where_they_wrap_and_back_where_they_had_not() {
        let mut clock = Clock::<8>::new();
        let shown = [200, 255, 3, 2, 250, 5, 100, 220, 10];
        assert_eq!(shown.map(|shown| clock.at(shown)), [200, 255, 259, 258, 250, 261, 356, 476, 522]);
    }

    #[test]
    fn a_clock_that_has_not_wrapped_goes_no_further_back_than_0() {
        let mut clock = Clock::<8>::new();
        assert_eq!([0, 255, 250].map(|shown| clock.at(shown)), [0, 255, 250]);
    }

    #[test]
    fn a_clock_that_wraps_for_ever_does_not_overflow() {
        let mut clock = Clock { last: 200, base: (1 << 60) - 1 } as Clock<8>;
        assert_eq!([1, 200, 1].map(|shown| clock.at(shown)), [(1 << 60) + 1, (1 << 60) - 56, (1 << 60) + 1]);
    }
}
