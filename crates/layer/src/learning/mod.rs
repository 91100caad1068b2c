//! Learning: gradients, eligibility traces, constants that learn, and updates.

mod constants;
mod eligibility;
mod gradient;
mod update;

pub use constants::Learned;
pub use eligibility::Synapses;
pub(crate) use eligibility::{EligibilityStep, advance_synapses};
pub(crate) use gradient::{Gradient, GradientSpectra, convolution_gradient, dense_gradient, frequency_gradient};
pub use gradient::{Learner, LearnerState, samples_at_once};
pub(crate) use update::Descent;
