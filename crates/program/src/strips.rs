//! Strips of neurons that take many steps one after the other, so that their state stays where they work.

use std::ops::{Deref, DerefMut};

use fearless_simd::{Level, dispatch};

use crate::NeuronProgram;
use crate::kernel::{Registers, STRIP};
use crate::neuron::{Source, not_finite};

/// Strips that take steps side by side: so many that finding the next operation costs little beside it, and that none
/// waits for another.
pub const STRIPS_ABREAST: usize = 16;

/// The register of the drive, a kernel's first input.
const DRIVE: usize = 0;

/// Where strips take steps.
#[derive(Clone, Debug, Default)]
pub struct StripsScratch(Registers<STRIPS_ABREAST>);

impl StripsScratch {
    /// Bytes of memory.
    pub fn bytes(&self) -> u64 {
        self.0.bytes()
    }

    /// The drive of each strip in the next step, with the bias where [`NeuronProgram::takes_bias_with_drive`].
    #[inline(always)]
    pub fn drive(&mut self) -> &mut [[f32; STRIP]; STRIPS_ABREAST] {
        self.0.at(DRIVE)
    }
}

impl NeuronProgram {
    /// Somewhere for strips to work.
    pub fn strips_scratch(&self) -> StripsScratch {
        StripsScratch(self.kernel.registers())
    }

    /// Loads a strip of neurons whose state lies from `first` on, to take steps with [`NeuronProgram::advance`].
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "all that a neuron starts from")]
    pub fn load_strip<A: Deref<Target = [f32]>>(
        &self,
        scratch: &mut StripsScratch,
        strip: usize,
        first: usize,
        bias: &[f32; STRIP],
        states: &[A],
        potential: &[f32],
        spike: &[f32],
    ) {
        for (register, source) in self.sources.iter().enumerate() {
            let from: &[f32] = match *source {
                // Layers with sums over themselves, or with constants that learn, do not get here.
                Source::Drive(_) | Source::Sum(_) | Source::Constant(_) => continue,
                Source::Bias => bias,
                Source::State(state) => &states[state][first..first + STRIP],
                Source::PastSpike => &spike[first..first + STRIP],
                Source::PastPotential => &potential[first..first + STRIP],
            };
            scratch.0.at(register)[strip].copy_from_slice(from);
        }
    }

    /// One step of the first `N` strips, at most [`STRIPS_ABREAST`], whose [`StripsScratch::drive`] has been set; false if a
    /// potential or a state variable is not finite. Not part of its caller's code, for it is long.
    #[inline(never)]
    pub fn advance<const N: usize>(&self, level: Level, scratch: &mut StripsScratch) -> bool {
        dispatch!(level, _simd => self.step_strips::<N>(level, scratch))
    }

    #[inline(always)]
    fn step_strips<const N: usize>(&self, level: Level, scratch: &mut StripsScratch) -> bool {
        let registers = &mut scratch.0;
        self.kernel.run(level, N, registers);
        let stored = self.states.len() + self.extra;
        let mut exponents = not_finite::<N, _>(registers.get(self.kernel.output(stored)));
        for state in 0..self.states.len() {
            exponents |= not_finite::<N, _>(registers.get(self.kernel.output(state)));
        }
        // What comes out goes in again; state is floored, so that no output is another input's register.
        for (register, source) in self.sources.iter().enumerate() {
            if let Some(output) = source.comes_from(stored) {
                registers.copy::<N>(self.kernel.output(output), register);
            }
        }
        exponents == 0
    }

    /// U after a step, strip by strip.
    #[inline(always)]
    pub fn potentials<'a>(&self, scratch: &'a StripsScratch) -> &'a [[f32; STRIP]] {
        scratch.0.get(self.kernel.output(self.states.len() + self.extra))
    }

    /// Stores a strip of neurons after the last step.
    #[inline(always)]
    pub fn store_strip<A: Deref<Target = [f32]> + DerefMut>(
        &self,
        scratch: &StripsScratch,
        strip: usize,
        first: usize,
        states: &mut [A],
        potential: &mut [f32],
        spike: &mut [f32],
    ) {
        let store = |output: usize, to: &mut [f32]| {
            to[first..first + STRIP].copy_from_slice(&scratch.0.get(self.kernel.output(output))[strip]);
        };
        let stored = self.states.len() + self.extra;
        for (output, state) in states[..stored].iter_mut().enumerate() {
            store(output, state);
        }
        store(stored, potential);
        store(stored + 1, spike);
    }
}
