//! What corrects a stretch in which weights change at every step: products of the traces of its steps.

use decolle_neuron::CarriedDynamics;
use decolle_synapse::{Aligned, Level, inner_product};

use crate::events::LONGEST;

/// What the corrections of a stretch are made from.
#[derive(Default)]
pub(crate) struct LowRank {
    /// P of each step so far, `[step][trace plane]`.
    traces: Aligned,
    /// `P[s]·P[t]` and `P[s]·Q[t]` of each step s so far with the present t.
    pub(super) with_membrane: Vec<f32>,
    pub(super) with_synaptic: Vec<f32>,
    /// `P[s]·S[t]`.
    arrived: Vec<f32>,
    /// P and Q from before the stretch.
    membrane: Aligned,
    synaptic: Aligned,
}

impl LowRank {
    /// Starts a stretch of at most `LONGEST` steps from these traces.
    pub(super) fn start(&mut self, membrane: &[f32], synaptic: &[f32]) {
        self.traces.resize(LONGEST * membrane.len());
        self.with_membrane.clear();
        self.with_synaptic.clear();
        self.arrived.clear();
        self.membrane.resize(membrane.len());
        self.membrane.copy_from_slice(membrane);
        self.synaptic.resize(synaptic.len());
        self.synaptic.copy_from_slice(synaptic);
    }

    /// Moves all products on by a step in which these events arrive.
    pub(super) fn arrive(&mut self, dynamics: &CarriedDynamics, indices: &[u32], counts: &[f32]) {
        let plane = self.membrane.len();
        for (arrived, traces) in self.arrived.iter_mut().zip(self.traces.chunks_exact(plane)) {
            *arrived = 0.0;
            for (&index, &count) in indices.iter().zip(counts) {
                *arrived += traces[index as usize] * count;
            }
        }
        dynamics.advance(&self.arrived, &mut self.with_membrane, &mut self.with_synaptic);
    }

    /// Adds the step that just learned: its P, and the products of that with P and Q.
    pub(super) fn record(&mut self, level: Level, membrane: &[f32], synaptic: &[f32]) {
        let step = self.arrived.len();
        self.traces[step * membrane.len()..][..membrane.len()].copy_from_slice(membrane);
        self.with_membrane.push(inner_product(level, membrane, membrane));
        self.with_synaptic.push(inner_product(level, membrane, synaptic));
        self.arrived.push(0.0);
    }

    /// Exchanges the traces from before the stretch for these.
    pub(super) fn swap(&mut self, membrane: &mut Aligned, synaptic: &mut Aligned) {
        std::mem::swap(&mut self.membrane, membrane);
        std::mem::swap(&mut self.synaptic, synaptic);
    }
}
