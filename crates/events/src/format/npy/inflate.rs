//! Deflated bytes, inflated as they come.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_IGNORE_ADLER32};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// Bytes that what comes refers back to.
const WINDOW: usize = 1 << 15;

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// There may be more.
    Open,
    /// The last byte has come.
    Over,
    /// What came is not deflated.
    Broken,
}

/// Bytes that are being inflated.
pub(super) struct Inflate {
    state: Box<DecompressorOxide>,
    window: Box<[u8]>,
    /// What was inflated and not taken yet: these bytes of the window.
    first: usize,
    end: usize,
    status: Status,
}

impl Inflate {
    /// Nothing has come yet.
    pub(super) fn new() -> Self {
        Self {
            state: Box::default(),
            window: vec![0; WINDOW].into_boxed_slice(),
            first: 0,
            end: 0,
            status: Status::Open,
        }
    }

    /// What was inflated and not taken yet.
    pub(super) fn made(&self) -> &[u8] {
        &self.window[self.first..self.end]
    }

    /// Says that so many inflated bytes were taken.
    pub(super) fn took(&mut self, bytes: usize) {
        self.first += bytes;
    }

    /// Inflates some bytes, where none are left that were inflated before; gives how many were taken. The status is told when all
    /// was taken that was inflated before it came about.
    pub(super) fn take(&mut self, bytes: &[u8]) -> (usize, Status) {
        if self.first < self.end {
            return (0, Status::Open);
        }
        if self.status != Status::Open {
            return (0, self.status);
        }
        let place = self.end % WINDOW;
        let flags = TINFL_FLAG_HAS_MORE_INPUT | TINFL_FLAG_IGNORE_ADLER32;
        let (status, taken, made) = decompress(&mut self.state, bytes, &mut self.window, place, flags);
        self.status = match status {
            TINFLStatus::Done => Status::Over,
            TINFLStatus::NeedsMoreInput | TINFLStatus::HasMoreOutput => Status::Open,
            _ => Status::Broken,
        };
        (self.first, self.end) = (place, place + made);
        (taken, if made > 0 { Status::Open } else { self.status })
    }
}
