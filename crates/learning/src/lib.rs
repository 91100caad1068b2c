//! Learning in one layer: local readout, local cost, regulariser, dropout, initialisation, optimisers.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod cost;
mod dropout;
mod error_trigger;
mod initialization;
mod occurrences;
mod optimizer;
mod readout;
mod regularizer;

pub use cost::Cost;
pub use dropout::{Dropout, Passes};
pub use error_trigger::{ErrorTrigger, ErrorTriggerControl};
pub use initialization::{Initialization, Uniform, draw_decays};
pub use occurrences::Occurrences;
pub use optimizer::*;
pub use readout::{Feedback, Readout, ReadoutSettings, STRIP};
pub use regularizer::{LowerActivity, Regularizer, SpikeBudget};
