//! Neurons: state, potential and spikes after their drive, in one of two forms.
//!
//! ```text
//! lif.rs           the fused form of the leaky integrate-and-fire neuron      program.rs       any other, compiled
//! lif_tile.rs      the same, a convolution's over many steps                  program_tile.rs  likewise
//! pooling.rs       pooling of potentials            spikes.rs  which units spike        tile.rs  a convolution by events
//! ```

mod lif;
mod lif_tile;
mod pooling;
mod program;
mod program_tile;
mod spikes;
mod tile;

use decolle_neuron::{RefractoryDynamics, Threshold};
use decolle_program::{MOST_PRESYNAPTIC, NeuronProgram, NeuronScratch};
use decolle_synapse::Level;
use fearless_simd::dispatch;

pub(crate) use lif::all_finite;
pub(crate) use pooling::{record_moments, rows, window};
pub(crate) use program::sum_over_layer;
pub(crate) use spikes::{fire, list_fired};
pub(crate) use tile::{Kept, StripRun, Tile, earlier};

use crate::Constants;
use crate::state::Block;

/// What a layer's neurons do with their drive.
pub enum Neurons {
    /// Leaky integrate-and-fire (eqs. 3 and 4), whose state is its refractory trace: the fused form.
    LeakyIntegrateAndFire(RefractoryDynamics),
    /// Any other, compiled from its derived rule.
    Program(Box<NeuronProgram>),
}

/// A state variable.
pub struct StateVariable {
    /// Its name among the tensors of a layer's state.
    pub name: String,
    /// Its value at rest.
    pub initial: f32,
}

impl Neurons {
    /// State variables, in the order in which they are kept.
    pub fn states(&self) -> Vec<StateVariable> {
        match self {
            Self::LeakyIntegrateAndFire(_) => vec![StateVariable { name: "refractory".into(), initial: 0.0 }],
            Self::Program(program) => program
                .states()
                .iter()
                .map(|state| StateVariable { name: format!("neuron.{}", state.name), initial: state.initial })
                .collect(),
        }
    }

    /// What each state variable is at rest, in the order in which they are kept.
    pub(crate) fn initial(&self) -> impl Iterator<Item = f32> {
        // The refractory trace of the fused form starts at 0.
        let (fused, program) = (self.lif().map(|_| 0.0), self.program());
        let of_program = program.into_iter().flat_map(|program| program.states().iter().map(|state| state.initial));
        fused.into_iter().chain(of_program)
    }

    /// The fused form, where it is that.
    pub fn lif(&self) -> Option<&RefractoryDynamics> {
        match self {
            Self::LeakyIntegrateAndFire(dynamics) => Some(dynamics),
            Self::Program(_) => None,
        }
    }

    /// As [`Neurons::lif`], to be changed.
    pub fn lif_mut(&mut self) -> Option<&mut RefractoryDynamics> {
        match self {
            Self::LeakyIntegrateAndFire(dynamics) => Some(dynamics),
            Self::Program(_) => None,
        }
    }

    /// The program, where it is one.
    pub fn program(&self) -> Option<&NeuronProgram> {
        match self {
            Self::LeakyIntegrateAndFire(_) => None,
            Self::Program(program) => Some(program),
        }
    }

    /// Where the threshold lies.
    pub fn threshold(&self) -> Threshold {
        match self {
            Self::LeakyIntegrateAndFire(dynamics) => dynamics.threshold,
            Self::Program(program) if program.spikes_at_threshold() => Threshold::At,
            Self::Program(_) => Threshold::Above,
        }
    }

    /// Values of each neuron that δ or the cost looks at, kept behind the state variables.
    pub(crate) fn looked_at(&self) -> usize {
        self.program().map_or(0, NeuronProgram::extra)
    }

    /// Whether the drive comes with the bias in it.
    pub(crate) fn takes_bias_with_drive(&self) -> bool {
        self.program().is_none_or(NeuronProgram::takes_bias_with_drive)
    }

    /// Where the neurons of one block of a sample work.
    pub(crate) fn scratch(&self) -> NeuronScratch {
        self.program().map(NeuronProgram::scratch).unwrap_or_default()
    }
}

/// What a block of neurons is driven by.
pub(crate) struct Drive<'a> {
    /// W·P + b, `[position][output of the block]`; one for each value of an input that weights multiply.
    pub(crate) drives: [&'a [f32]; MOST_PRESYNAPTIC],
    /// Constants that learn, one value a neuron.
    pub(crate) learned: [&'a [f32]; MOST_PRESYNAPTIC],
    /// Biases.
    pub(crate) bias: &'a [f32],
}

impl<'a> Drive<'a> {
    /// One drive, and no constants that learn.
    pub(crate) fn of_one(drive: &'a [f32], bias: &'a [f32]) -> Self {
        let mut drives = [&[][..]; MOST_PRESYNAPTIC];
        drives[0] = drive;
        Self { drives, learned: [&[]; MOST_PRESYNAPTIC], bias }
    }
}

/// State, U and S of a block's neurons, and U after pooling; false if a potential or a state variable is not finite.
pub(crate) fn advance(
    constants: &Constants,
    level: Level,
    block: usize,
    scratch: &mut NeuronScratch,
    drive: &Drive<'_>,
    state: &mut Block,
) -> bool {
    let finite = match &constants.neurons {
        Neurons::LeakyIntegrateAndFire(dynamics) => lif::advance(dynamics, level, block, drive.drives[0], state),
        Neurons::Program(program) => program::advance(program, level, scratch, drive, state),
    };
    if constants.is_pooled() {
        dispatch!(level, _simd => pooling::pool(constants, state));
    }
    finite
}
