//! What the options of a batch must be.

use decolle_error::{Code, Fault, Result};
use decolle_layer::Options;

use crate::counters::{Counters, MOST_COUNTED};
use crate::network::Network;

pub(crate) fn check_options(options: &Options) -> Result<()> {
    let least_one = |name: &str, value: usize, most: usize| {
        if (1..=most).contains(&value) {
            Ok(())
        } else {
            Err(Fault::unfit(Code::Range, &name, &format_args!("1 to {most}"), &value))
        }
    };
    least_one("samples", options.samples, 1 << 20)?;
    least_one("steps", options.steps, 1 << 26)?;
    least_one("updateEvery", options.update_every, 1 << 26)
}

impl Network {
    /// Refuses a batch after which more has been counted than a checkpoint takes.
    pub(crate) fn check_counts(&self, options: &Options) -> Result<()> {
        let Counters { steps, updates, .. } = self.counters;
        // As many updates as steps, and that of a gradient which waited.
        let learned = if options.learn { steps.max(updates.saturating_add(1)) } else { 0 };
        let counted = learned.max(if options.keep_state { self.sequence_step } else { 0 });
        if counted.saturating_add(options.steps as u64) <= MOST_COUNTED {
            return Ok(());
        }
        Err(Fault::unfit(
            Code::Range,
            &"steps",
            &"at most 2^53 - 1 steps and updates in all",
            &format_args!("{counted} and {} more", options.steps),
        ))
    }
}
