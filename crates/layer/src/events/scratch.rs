//! Scratch of a stretch: where samples, blocks and strips work, kept from one stretch to the next.

use decolle_program::NeuronScratch;
use decolle_synapse::events::{ArrivalsByChannel, ArrivalsByColumn};
use decolle_synapse::{Aligned, STRIP, TraceRun};
use decolle_threads::each;

use super::stretch::Stretch;
use crate::inputs::leaks::ByRow;
use crate::judgement::TOGETHER;
use crate::neurons::Tile;
use crate::{Constants, Sample};

/// Steps whose filtered errors lie in memory together: of a strip of 16×16 outputs, as many as a second-level cache holds.
pub(super) const FILTERED: usize = 8;

/// Parts in which the gradients of a convolution's samples are summed, each in memory for all weights.
const PARTS: usize = 4;

/// Most samples that are at work at a time where nothing is summed.
const AT_WORK: usize = 32;

/// How many of so many samples have scratch of their own.
pub fn samples_at_work(dense: bool, learn: bool, samples: usize) -> usize {
    match (dense, learn) {
        // The errors of all samples are kept until all are there.
        (true, true) => samples,
        (_, false) => samples.min(AT_WORK),
        (false, true) => samples.min(PARTS),
    }
}

/// Where the samples of a layer work, as many as are at work at a time.
#[derive(Default)]
pub(crate) struct EventScratch {
    pub(crate) samples: Vec<StretchScratch>,
    /// What P and Q from before the stretch have to be multiplied with: `[sample][strip or block][position][output]`.
    pub(crate) initial: Initial,
    /// The synaptic traces of a dense layer from before it that are not zero.
    pub(crate) runs: Vec<TraceRun>,
}

/// Where one sample works at a time.
pub(crate) struct StretchScratch {
    pub(super) by_column: ArrivalsByColumn,
    pub(super) by_channel: ArrivalsByChannel,
    pub(super) by_row: ByRow,
    pub(crate) blocks: Vec<BlockScratch>,
    pub(super) strips: Vec<StripScratch>,
    pub(super) waiting: [Waiting; TOGETHER],
    pub(crate) operations: u64,
    /// Summed over the samples that take turns here.
    pub(crate) regularization: f64,
    /// The first step in which a potential or an error was not finite.
    pub(crate) broken: Option<usize>,
}

/// Where a block of outputs works.
pub(crate) struct BlockScratch {
    /// Of a dense layer: W·S, and V + b.
    pub(crate) arrived: Aligned,
    pub(crate) drive: Aligned,
    /// Where compiled neurons work.
    pub(crate) neurons: NeuronScratch,
    /// Of a convolution: its neurons at work, and which of them spike, `[step][pooled position][strip]`.
    pub(super) tile: Tile,
    pub(super) spikes: Vec<u16>,
    /// Potentials after pooling, then δ, then of a dense layer the filtered δ: `[step][pooled position][output]`.
    pub(crate) potentials: Aligned,
    /// Which positions won, laid out alike.
    pub(crate) winners: Vec<u16>,
    /// Places of units that fired, and where each step's end.
    pub(crate) fired: Vec<u32>,
    pub(crate) ends: Vec<usize>,
    pub(crate) broken: Option<usize>,
    /// Whether there was no memory for what fired.
    pub(super) out_of_memory: bool,
    /// Of a dense layer: Σ δ.
    pub(crate) bias: Aligned,
}

/// Where a strip of a convolution's outputs learns. Arrays are `[position][output of the strip]`.
pub(super) struct StripScratch {
    pub(crate) delta: Aligned,
    pub(crate) membrane: Aligned,
    pub(crate) synaptic: Aligned,
    /// [`Plane`]s of filtered errors.
    pub(crate) filtered: Aligned,
    /// The gradient of the samples that take turns here, laid out as stencils.
    pub(crate) gradient: Aligned,
    pub(crate) bias: [f32; STRIP],
}

/// What came back in a step whose δ waits.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) error: Vec<f32>,
    pub(super) draws: Vec<u8>,
}

impl Waiting {
    /// Takes it from the sample, which draws anew in every step.
    pub(super) fn take(&mut self, sample: &mut Sample) {
        self.error.clone_from(&sample.error);
        self.draws.resize(sample.draws.len(), 0);
        std::mem::swap(&mut self.draws, &mut sample.draws);
    }
}

/// Factors of the traces from before a stretch.
#[derive(Default)]
pub(crate) struct Initial {
    pub(crate) membrane: Aligned,
    pub(crate) synaptic: Aligned,
}

/// Those of one sample.
pub(crate) struct InitialOf<'a> {
    pub(crate) membrane: &'a mut [f32],
    pub(crate) synaptic: &'a mut [f32],
}

impl Initial {
    /// Those of the samples, in runs of `run`; `length` numbers each.
    pub(super) fn runs(
        &mut self,
        run: usize,
        length: usize,
    ) -> impl ExactSizeIterator<Item = Vec<InitialOf<'_>>> + DoubleEndedIterator + Send {
        let membrane = self.membrane.chunks_mut(run * length);
        membrane.zip(self.synaptic.chunks_mut(run * length)).map(move |(membrane, synaptic)| {
            let pairs = membrane.chunks_exact_mut(length).zip(synaptic.chunks_exact_mut(length));
            pairs.map(|(membrane, synaptic)| InitialOf { membrane, synaptic }).collect()
        })
    }
}
impl EventScratch {
    /// Where the only sample works, and its factors of the traces from before.
    pub(crate) fn only(&mut self) -> (&mut StretchScratch, InitialOf<'_>) {
        let Initial { membrane, synaptic } = &mut self.initial;
        (&mut self.samples[0], InitialOf { membrane, synaptic })
    }

    /// Gets ready for a stretch and sets sums to zero; gives how many samples take turns in one scratch.
    pub(crate) fn prepare(&mut self, stretch: &Stretch<'_>) -> usize {
        let constants = stretch.constants;
        let samples = stretch.samples;
        let count = samples_at_work(constants.geometry.is_dense(), stretch.learn, samples);
        let at_once = samples.div_ceil(count);
        self.samples.resize_with(samples.div_ceil(at_once), || StretchScratch::new(constants));
        if stretch.learn {
            let length = samples * constants.neuron_memory();
            self.initial.membrane.resize(length);
            self.initial.synaptic.resize(length);
        }
        for scratch in &mut self.samples {
            scratch.start(stretch);
        }
        at_once
    }
}

impl BlockScratch {
    /// Gets ready for a sample.
    pub(super) fn start(&mut self) {
        self.fired.clear();
        self.ends.clear();
        (self.broken, self.out_of_memory) = (None, false);
    }
}

impl StretchScratch {
    fn new(constants: &Constants) -> Self {
        let geometry = &constants.geometry;
        let block = || BlockScratch {
            arrived: Aligned::zeros(geometry.block),
            drive: Aligned::zeros(geometry.block),
            neurons: constants.neurons.scratch(),
            tile: Tile::new(constants),
            spikes: Vec::new(),
            potentials: Aligned::default(),
            winners: Vec::new(),
            fired: Vec::new(),
            ends: Vec::new(),
            broken: None,
            out_of_memory: false,
            bias: Aligned::zeros(geometry.block),
        };
        Self {
            by_column: ArrivalsByColumn::default(),
            by_channel: ArrivalsByChannel::default(),
            by_row: ByRow::default(),
            blocks: (0..geometry.blocks()).map(|_| block()).collect(),
            strips: Vec::new(),
            waiting: Default::default(),
            operations: 0,
            regularization: 0.0,
            broken: None,
        }
    }

    fn start(&mut self, stretch: &Stretch<'_>) {
        let constants = stretch.constants;
        let geometry = &constants.geometry;
        self.operations = 0;
        self.regularization = 0.0;
        self.broken = None;
        // Convolutions pool as they go, so that what they end with is kept in any case.
        let kept = if stretch.keep { stretch.range.len() } else { usize::from(!geometry.is_dense()) };
        let units = constants.pooled_positions() * geometry.block * kept;
        for block in &mut self.blocks {
            block.potentials.resize(units);
            block.winners.resize(if constants.is_pooled() { units } else { 0 }, 0);
        }
        if let (true, Some(plane)) = (stretch.learn, stretch.plane) {
            let neurons = geometry.positions() * STRIP;
            let made = self.strips.len();
            self.strips.extend((made..geometry.strips()).map(|strip| StripScratch {
                delta: Aligned::zeros(neurons),
                membrane: Aligned::zeros(neurons),
                synaptic: Aligned::zeros(neurons),
                filtered: Aligned::zeros(FILTERED * plane.length()),
                gradient: Aligned::zeros(geometry.stencil_length(strip)),
                bias: [0.0; STRIP],
            }));
            each(&mut self.strips, |strip| {
                strip.gradient.fill(0.0);
                strip.bias = [0.0; STRIP];
            });
        }
    }
}
