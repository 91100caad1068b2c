//! The potential kernels: a few positions by a few vectors of outputs stay in registers while the inputs stream by.
//!
//! Each step of the inner loop loads the weights of one input for a strip of outputs, spreads the traces of a few
//! positions, multiplies and adds (two roundings: a fused multiply-add would not give the same bits everywhere).

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use crate::Geometry;

/// W·P + b for output rows `first_row..` of one sample of a convolution and one block of outputs.
///
/// `panel` holds the block's weights, `bias` its biases, `traces` the sample's plane. `potentials`
/// (`[row][column][output of the block]`) is as long as the rows that it asks for. Returns the multiply-adds done.
pub fn convolution_rows(
    level: Level,
    geometry: &Geometry,
    panel: &[f32],
    bias: &[f32],
    traces: &[f32],
    first_row: usize,
    potentials: &mut [f32],
) -> u64 {
    dispatch!(level, simd => rows(simd, geometry, panel, bias, traces, first_row, potentials))
}

/// W·P + b for up to [`Geometry::tile`] samples of a dense layer and one block of outputs.
///
/// `traces` holds the planes of the tile's samples, `active` the inputs, ascending, whose trace is not zero in all of
/// them. `potentials` is `[sample][output of the block]`. Returns the multiply-adds done.
pub fn dense_tile(
    level: Level,
    geometry: &Geometry,
    panel: &[f32],
    bias: &[f32],
    traces: &[f32],
    active: &[u32],
    potentials: &mut [f32],
) -> u64 {
    debug_assert!(active.iter().all(|&input| (input as usize) < geometry.row_length));
    dispatch!(level, simd => tile(simd, geometry, panel, bias, traces, active, potentials))
}

/// Vectors in a strip of outputs.
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
        operations += (live.len() * run * columns * block) as u64;
        let panel = &panel[live.start * run * block..live.end * run * block];
        // The patch of column x starts `depth` values after that of column x − 1.
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
        let width = if block - strip >= STRIP * S::f32s::LEN { STRIP } else { 1 };
        if width == STRIP {
            let mut sums = [[S::f32s::splat(simd, 0.0); STRIP]; M];
            for row in 0..runs.count {
                let weights = row * runs.length * block + strip;
                let offset = row * runs.stride;
                for column in 0..runs.length {
                    // SAFETY: row < count and column < length, so by the assertions above all indices lie in `panel`.
                    let w: [S::f32s; STRIP] = std::array::from_fn(|n| unsafe {
                        load::<S>(simd, panel, weights + column * block + n * S::f32s::LEN)
                    });
                    for m in 0..M {
                        // SAFETY: at most `last − 1`, which the assertion above bounds by `traces`.
                        let p = S::f32s::splat(simd, unsafe { *traces.get_unchecked(starts[m] + offset + column) });
                        for n in 0..STRIP {
                            sums[m][n] += p * w[n];
                        }
                    }
                }
            }
            store::<S, M, STRIP>(simd, &sums, bias, strip, block, out);
        } else {
            let mut sums = [[S::f32s::splat(simd, 0.0); 1]; M];
            for row in 0..runs.count {
                let weights = row * runs.length * block + strip;
                let offset = row * runs.stride;
                for column in 0..runs.length {
                    // SAFETY: as above.
                    let w = unsafe { load::<S>(simd, panel, weights + column * block) };
                    for m in 0..M {
                        // SAFETY: as above.
                        let p = S::f32s::splat(simd, unsafe { *traces.get_unchecked(starts[m] + offset + column) });
                        sums[m][0] += p * w;
                    }
                }
            }
            store::<S, M, 1>(simd, &sums, bias, strip, block, out);
        }
        strip += width * S::f32s::LEN;
    }
}

#[inline(always)]
fn tile<S: Simd>(
    simd: S,
    geometry: &Geometry,
    panel: &[f32],
    bias: &[f32],
    traces: &[f32],
    active: &[u32],
    potentials: &mut [f32],
) -> u64 {
    let block = geometry.block;
    assert_eq!(panel.len(), geometry.weights_per_slice());
    assert_eq!(bias.len(), block);
    let samples = traces.len() / geometry.trace_plane;
    assert!(potentials.len() >= samples * block);
    let mut sample = 0;
    while sample < samples {
        let width = widest_tile::<S>(samples - sample);
        let planes = &traces[sample * geometry.trace_plane..];
        let out = &mut potentials[sample * block..];
        match width {
            8 => gathered::<S, 8>(simd, geometry, panel, bias, planes, active, out),
            4 => gathered::<S, 4>(simd, geometry, panel, bias, planes, active, out),
            2 => gathered::<S, 2>(simd, geometry, panel, bias, planes, active, out),
            _ => gathered::<S, 1>(simd, geometry, panel, bias, planes, active, out),
        }
        sample += width;
    }
    (active.len() * samples * block) as u64
}

#[inline(always)]
fn gathered<S: Simd, const M: usize>(
    simd: S,
    geometry: &Geometry,
    panel: &[f32],
    bias: &[f32],
    planes: &[f32],
    active: &[u32],
    out: &mut [f32],
) {
    let (block, plane) = (geometry.block, geometry.trace_plane);
    assert!(planes.len() >= M * plane && out.len() >= M * block);
    assert!(active.last().is_none_or(|&input| (input as usize) < geometry.row_length));
    let mut strip = 0;
    while strip < block {
        if block - strip >= STRIP * S::f32s::LEN {
            let mut sums = [[S::f32s::splat(simd, 0.0); STRIP]; M];
            for &input in active {
                let input = input as usize;
                // SAFETY: `active` ascends, so its last entry, which the assertion above bounds, bounds all.
                let w: [S::f32s; STRIP] = std::array::from_fn(|n| unsafe {
                    load::<S>(simd, panel, input * block + strip + n * S::f32s::LEN)
                });
                for m in 0..M {
                    // SAFETY: input < row_length ≤ plane and `planes` holds M planes.
                    let p = S::f32s::splat(simd, unsafe { *planes.get_unchecked(m * plane + input) });
                    for n in 0..STRIP {
                        sums[m][n] += p * w[n];
                    }
                }
            }
            store::<S, M, STRIP>(simd, &sums, bias, strip, block, out);
            strip += STRIP * S::f32s::LEN;
        } else {
            let mut sums = [[S::f32s::splat(simd, 0.0); 1]; M];
            for &input in active {
                let input = input as usize;
                // SAFETY: as above.
                let w = unsafe { load::<S>(simd, panel, input * block + strip) };
                for m in 0..M {
                    // SAFETY: as above.
                    let p = S::f32s::splat(simd, unsafe { *planes.get_unchecked(m * plane + input) });
                    sums[m][0] += p * w;
                }
            }
            store::<S, M, 1>(simd, &sums, bias, strip, block, out);
            strip += S::f32s::LEN;
        }
    }
}

/// A vector from `values[at..]`.
///
/// # Safety
/// `at + S::f32s::LEN` is at most `values.len()`.
#[inline(always)]
unsafe fn load<S: Simd>(simd: S, values: &[f32], at: usize) -> S::f32s {
    // SAFETY: the caller's promise.
    S::f32s::from_slice(simd, unsafe { values.get_unchecked(at..at + S::f32s::LEN) })
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
