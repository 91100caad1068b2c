//! The potential kernel of convolutions: a few positions by a few vectors of outputs stay in registers while the inputs
//! stream by.
//!
//! Each step of the inner loop loads the weights of one input for a strip of outputs, spreads the traces of a few
//! positions, multiplies and adds (two roundings: a fused multiply-add would not give the same bits everywhere). Where the
//! outputs of a strip are of several groups, each lane has traces of its own, one vector of outputs at a time.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use crate::Geometry;
use crate::geometry::{PAD, WIDEST_BLOCK};

/// W·P + b for output rows `first_row..` of one sample of a convolution and the block of outputs of this number.
///
/// `panel` holds the block's weights, `bias` its biases, `traces` the sample's plane. `potentials`
/// (`[row][column][output of the block]`) is as long as the rows that it asks for. Returns the multiply-adds done.
#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
pub fn convolution_rows(
    level: Level,
    geometry: &Geometry,
    number: usize,
    panel: &[f32],
    bias: &[f32],
    traces: &[f32],
    first_row: usize,
    potentials: &mut [f32],
) -> u64 {
    // Apart, so that what few layers need does not take registers from what most do.
    if geometry.groups() > 1 {
        return dispatch!(level, simd => grouped_rows(simd, geometry, number, panel, bias, traces, first_row, potentials));
    }
    dispatch!(level, simd => rows(simd, geometry, panel, bias, traces, first_row, potentials))
}

/// Vectors in the usual strip of outputs: two vectors by eight positions fill half of 32 registers.
const STRIP: usize = 2;

#[inline(always)]
fn rows<S: Simd>(
    simd: S,
    geometry: &Geometry,
    panel: &[f32],
    bias: &[f32],
    traces: &[f32],
    first_row: usize,
    potentials: &mut [f32],
) -> u64 {
    let (block, columns) = (geometry.block, geometry.output_plane[1]);
    let run = geometry.row_length;
    assert_eq!(panel.len(), geometry.fan_in() * block);
    assert_eq!(bias.len(), block);
    assert!(traces.len() >= geometry.trace_plane);
    let mut operations = 0;
    for (line, potentials) in potentials.chunks_exact_mut(columns * block).enumerate() {
        let y = first_row + line;
        let live = geometry.live_rows(y);
        operations += (live.len() * run) as u64 * (columns * block) as u64;
        let panel = &panel[live.start * run * block..live.end * run * block];
        // The patch of column x starts `stride · depth` values after that of column x − 1.
        let starts = &geometry.starts()[y * columns..(y + 1) * columns];
        let runs = Runs { count: live.len(), length: run, stride: geometry.row_stride, first: live.start };
        let mut column = 0;
        while column < columns {
            let left = columns - column;
            let starts = &starts[column..];
            let out = &mut potentials[column * block..];
            let width = widest_tile::<S>(left);
            match width {
                8 => patches::<S, 8>(simd, &runs, panel, block, bias, traces, starts, out),
                4 => patches::<S, 4>(simd, &runs, panel, block, bias, traces, starts, out),
                2 => patches::<S, 2>(simd, &runs, panel, block, bias, traces, starts, out),
                _ => patches::<S, 1>(simd, &runs, panel, block, bias, traces, starts, out),
            }
            column += width;
        }
    }
    operations
}

/// As [`rows`], where outputs fall into groups.
#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
#[inline(always)]
fn grouped_rows<S: Simd>(
    simd: S,
    geometry: &Geometry,
    number: usize,
    panel: &[f32],
    bias: &[f32],
    traces: &[f32],
    first_row: usize,
    potentials: &mut [f32],
) -> u64 {
    let (block, columns) = (geometry.block, geometry.output_plane[1]);
    let run = geometry.row_length;
    assert!(panel.len() == geometry.fan_in() * block && bias.len() == block);
    assert!(traces.len() >= geometry.trace_plane);
    let groups = Groups::of(geometry, number);
    let mut operations = 0;
    for (line, potentials) in potentials.chunks_exact_mut(columns * block).enumerate() {
        let y = first_row + line;
        let live = geometry.live_rows(y);
        operations += (live.len() * run) as u64 * (columns * block) as u64;
        let panel = &panel[live.start * run * block..live.end * run * block];
        let starts = &geometry.starts()[y * columns..(y + 1) * columns];
        let runs = Runs { count: live.len(), length: run, stride: geometry.row_stride, first: live.start };
        let mut column = 0;
        while column < columns {
            let out = &mut potentials[column * block..];
            column += groups.patches(simd, &runs, panel, block, bias, traces, &starts[column..], out);
        }
    }
    operations
}

/// Positions per tile: eight where there are 32 registers of 16 lanes, else four.
#[inline(always)]
fn widest_tile<S: Simd>(left: usize) -> usize {
    let most = if S::f32s::LEN == 16 { 8 } else { 4 };
    match left {
        8.. if most == 8 => 8,
        4.. => 4,
        2.. => 2,
        _ => 1,
    }
}

/// The runs of traces that every patch of an output row reads.
struct Runs {
    count: usize,
    length: usize,
    stride: usize,
    first: usize,
}

#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
#[inline(always)]
fn patches<S: Simd, const M: usize>(
    simd: S,
    runs: &Runs,
    panel: &[f32],
    block: usize,
    bias: &[f32],
    traces: &[f32],
    starts: &[u32],
    out: &mut [f32],
) {
    let starts: [usize; M] = std::array::from_fn(|m| starts[m] as usize + runs.first * runs.stride);
    let last = starts[M - 1] + (runs.count.max(1) - 1) * runs.stride + runs.length;
    assert!(last <= traces.len() && starts.is_sorted());
    assert!(panel.len() >= runs.count * runs.length * block && out.len() >= M * block);
    let mut strip = 0;
    while strip < block {
        // SAFETY: the assertions above bound every index of both calls.
        unsafe {
            if block - strip >= STRIP * S::f32s::LEN {
                patch_strip::<S, M, STRIP>(simd, runs, panel, block, strip, bias, traces, &starts, out);
                strip += STRIP * S::f32s::LEN;
            } else {
                patch_strip::<S, M, 1>(simd, runs, panel, block, strip, bias, traces, &starts, out);
                strip += S::f32s::LEN;
            }
        }
    }
}

/// Where the traces of the outputs of a block start, by their groups.
struct Groups([usize; WIDEST_BLOCK]);

/// Positions that outputs of several groups take at a time.
const GROUPED: usize = 4;

impl Groups {
    /// Those of the block of this number.
    fn of(geometry: &Geometry, number: usize) -> Self {
        let first = number * geometry.block;
        let mut starts = [0; WIDEST_BLOCK];
        for (lane, start) in starts[..geometry.block].iter_mut().enumerate() {
            *start = geometry.group_start(first + lane) as usize;
        }
        Self(starts)
    }

    /// The first of the positions, all outputs of the block; gives how many.
    #[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
    #[inline(always)]
    fn patches<S: Simd>(
        &self,
        simd: S,
        runs: &Runs,
        panel: &[f32],
        block: usize,
        bias: &[f32],
        traces: &[f32],
        starts: &[u32],
        out: &mut [f32],
    ) -> usize {
        if starts.len() >= GROUPED {
            self.strips::<S, GROUPED>(simd, runs, panel, block, bias, traces, starts, out);
            GROUPED
        } else {
            self.strips::<S, 1>(simd, runs, panel, block, bias, traces, starts, out);
            1
        }
    }

    #[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
    #[inline(always)]
    fn strips<S: Simd, const M: usize>(
        &self,
        simd: S,
        runs: &Runs,
        panel: &[f32],
        block: usize,
        bias: &[f32],
        traces: &[f32],
        starts: &[u32],
        out: &mut [f32],
    ) {
        let starts: [usize; M] = std::array::from_fn(|m| starts[m] as usize + runs.first * runs.stride);
        let last = starts[M - 1] + (runs.count.max(1) - 1) * runs.stride + runs.length;
        assert!(starts.is_sorted());
        assert!(panel.len() >= runs.count * runs.length * block && out.len() >= M * block);
        for strip in (0..block).step_by(S::f32s::LEN) {
            let groups = &self.0[strip..strip + S::f32s::LEN];
            let (first, same) = (groups[0], groups.iter().all(|group| *group == groups[0]));
            if same {
                let traces = &traces[first..];
                assert!(last <= traces.len());
                // SAFETY: the assertions bound every index.
                unsafe { patch_strip::<S, M, 1>(simd, runs, panel, block, strip, bias, traces, &starts, out) };
            } else {
                for (&start, out) in starts.iter().zip(out.chunks_exact_mut(block)) {
                    mixed_strip(simd, runs, panel, block, strip, bias, traces, start, groups, out);
                }
            }
        }
    }
}

/// One position by one vector of outputs of several groups, whose traces start at `groups`.
#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
#[inline(always)]
fn mixed_strip<S: Simd>(
    simd: S,
    runs: &Runs,
    panel: &[f32],
    block: usize,
    strip: usize,
    bias: &[f32],
    traces: &[f32],
    start: usize,
    groups: &[usize],
    out: &mut [f32],
) {
    let mut sum = [S::f32s::splat(simd, 0.0)];
    let mut lanes = [0.0; PAD];
    let lanes = &mut lanes[..S::f32s::LEN];
    for row in 0..runs.count {
        for column in 0..runs.length {
            let place = start + row * runs.stride + column;
            for (lane, group) in lanes.iter_mut().zip(groups) {
                *lane = traces[group + place];
            }
            let weights = (row * runs.length + column) * block + strip;
            let weights = [S::f32s::from_slice(simd, &panel[weights..weights + S::f32s::LEN])];
            add_products::<S, 1>(S::f32s::from_slice(simd, lanes), &weights, &mut sum);
        }
    }
    store(simd, &[sum], bias, strip, block, out);
}

/// `M` positions by `N` vectors of outputs.
///
/// # Safety
/// Each start plus the reach of the runs is at most `traces.len()`, and `panel` holds `block` outputs for each of them.
#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
#[inline(always)]
unsafe fn patch_strip<S: Simd, const M: usize, const N: usize>(
    simd: S,
    runs: &Runs,
    panel: &[f32],
    block: usize,
    strip: usize,
    bias: &[f32],
    traces: &[f32],
    starts: &[usize; M],
    out: &mut [f32],
) {
    let mut sums = [[S::f32s::splat(simd, 0.0); N]; M];
    for row in 0..runs.count {
        let weights = row * runs.length * block + strip;
        let offset = row * runs.stride;
        for column in 0..runs.length {
            // SAFETY: row < count and column < length; the caller's promise.
            let weights = unsafe { load_strip::<S, N>(simd, panel, weights + column * block) };
            // By places here and below, not by iterators of both sides, which the compiler may leave out of line.
            for (m, sums) in sums.iter_mut().enumerate() {
                let start = starts[m];
                // SAFETY: within the reach of the runs; the caller's promise.
                let trace = S::f32s::splat(simd, unsafe { *traces.get_unchecked(start + offset + column) });
                add_products::<S, N>(trace, &weights, sums);
            }
        }
    }
    store(simd, &sums, bias, strip, block, out);
}

/// sums ← sums + trace · weights, the product rounded before the sum.
#[inline(always)]
fn add_products<S: Simd, const N: usize>(trace: S::f32s, weights: &[S::f32s; N], sums: &mut [S::f32s; N]) {
    for n in 0..N {
        sums[n] += trace * weights[n];
    }
}

/// `N` vectors from `values[at..]`.
///
/// # Safety
/// `at + N · S::f32s::LEN` is at most `values.len()`.
#[inline(always)]
unsafe fn load_strip<S: Simd, const N: usize>(simd: S, values: &[f32], at: usize) -> [S::f32s; N] {
    std::array::from_fn(|n| {
        let at = at + n * S::f32s::LEN;
        // SAFETY: the caller's promise.
        S::f32s::from_slice(simd, unsafe { values.get_unchecked(at..at + S::f32s::LEN) })
    })
}

/// Adds the bias to the sums and writes them out.
#[inline(always)]
fn store<S: Simd, const M: usize, const N: usize>(
    simd: S,
    sums: &[[S::f32s; N]; M],
    bias: &[f32],
    strip: usize,
    block: usize,
    out: &mut [f32],
) {
    for (m, sums) in sums.iter().enumerate() {
        for (n, sum) in sums.iter().enumerate() {
            let lane = strip + n * S::f32s::LEN;
            let bias = S::f32s::from_slice(simd, &bias[lane..lane + S::f32s::LEN]);
            (*sum + bias).store_slice(&mut out[m * block + lane..m * block + lane + S::f32s::LEN]);
        }
    }
}
