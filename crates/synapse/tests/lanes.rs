//! Neurons of a strip in vectors, against the same neurons number by number, at every SIMD level of this machine.

use decolle_neuron::{
    CarriedDynamics, DecayRun, Lif, Refractory, RefractoryDynamics, TraceDynamics, TraceOrder, order, recovery,
};
use decolle_synapse::level;
use fearless_simd::prelude::*;
use fearless_simd::{dispatch, f32x16};

/// Numbers of both signs, some of them zero, that differ from lane to lane and step to step.
fn lanes(step: usize) -> [f32; 16] {
    std::array::from_fn(|lane| ((step * 37 + lane * 11) % 23) as f32 * 0.17 - 1.7)
}

/// Bits of numbers.
fn bits(numbers: &[f32; 16]) -> [u32; 16] {
    numbers.map(f32::to_bits)
}

#[test]
fn carried_potentials_in_vectors_have_the_bits_of_those_number_by_number() {
    for level in level::all() {
        for (trace, known) in
            [(TraceOrder::Previous, true), (TraceOrder::Previous, false), (TraceOrder::Current, false)]
        {
            let traces = TraceDynamics::new(&Lif { trace, ..Lif::default() });
            let carried = CarriedDynamics::new(&traces).unwrap();
            let (mut v, mut x) = ([0.0f32; 16], [0.0f32; 16]);
            dispatch!(level, simd => {
                let (mut potential, mut current) = (f32x16::splat(simd, 0.0), f32x16::splat(simd, 0.0));
                for now in 0..2000 {
                    // Long pauses, over which traces sink below their floor.
                    let arrived = if now % 1500 < 40 { lanes(now) } else { [0.0; 16] };
                    carried.advance(&arrived, &mut v, &mut x);
                    let arrived = f32x16::from_slice(simd, &arrived);
                    if known {
                        carried.advance_lanes::<_, { order::PREVIOUS }>(simd, arrived, &mut potential, &mut current);
                    } else {
                        carried.advance_lanes::<_, { order::ANY }>(simd, arrived, &mut potential, &mut current);
                    }
                    assert_eq!(bits(&v), bits(&potential), "step {now}");
                    assert_eq!(bits(&x), bits(&current), "step {now}");
                }
            });
        }
    }
}

#[test]
fn refractoriness_and_spikes_in_vectors_have_the_bits_of_those_number_by_number() {
    for level in level::all() {
        for form in [Refractory::Normalized, Refractory::Additive, Refractory::Decayed, Refractory::Potential] {
            for (spike_at_threshold, known) in [(false, true), (true, true), (false, false), (true, false)] {
                let lif = Lif { refractory: form, rho: 0.7, spike_at_threshold, ..Lif::default() };
                let dynamics = RefractoryDynamics::new(&lif);
                let gammas: [f32; 16] = std::array::from_fn(|lane| 0.5 + 0.03 * lane as f32);
                let (mut r, mut u, mut s) = ([0.0; 16], [0.0; 16], [0.0; 16]);
                dispatch!(level, simd => {
                    let (zero, one) = (f32x16::splat(simd, 0.0), f32x16::splat(simd, 1.0));
                    let (mut refractory, mut potential, mut spike) = (zero, zero, zero.simd_gt(zero));
                    let constants = dynamics.lanes(simd, f32x16::from_slice(simd, &gammas));
                    for now in 0..3000 {
                        let drive = if now % 1500 < 40 { lanes(now) } else { [-0.1; 16] };
                        dynamics.step(DecayRun::Each(&gammas), &drive, &mut r, &mut u, &mut s);
                        let drive = f32x16::from_slice(simd, &drive);
                        let state = (&mut refractory, &mut potential, &mut spike);
                        match if known { recovery::of(form) } else { recovery::ANY } {
                            recovery::LEAKY => {
                                constants.step::<{ recovery::LEAKY }>(simd, drive, state.0, state.1, state.2);
                            }
                            recovery::DECAYED => {
                                constants.step::<{ recovery::DECAYED }>(simd, drive, state.0, state.1, state.2);
                            }
                            recovery::OF_POTENTIAL => {
                                constants.step::<{ recovery::OF_POTENTIAL }>(simd, drive, state.0, state.1, state.2);
                            }
                            _ => constants.step::<{ recovery::ANY }>(simd, drive, state.0, state.1, state.2),
                        }
                        let found = [refractory, potential, spike.select(one, zero)];
                        for (expected, found) in [&r, &u, &s].into_iter().zip(&found) {
                            assert_eq!(bits(expected), bits(found), "{form:?}, step {now}");
                        }
                    }
                });
            }
        }
    }
}
