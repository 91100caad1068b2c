//! GFLOP/s of the kernels on the layers of the DvsGesture net, one thread.
fn main() {
    use decolle_synapse::gradient::{self, DeltaList};
    use decolle_synapse::{Connection, Geometry, Weights, level, potential};
    use std::time::Instant;
    let nets = [
        Connection::Convolution { input: [2, 32, 32], channels: 64, kernel: 7, padding: 3 },
        Connection::Convolution { input: [64, 16, 16], channels: 128, kernel: 7, padding: 3 },
        Connection::Convolution { input: [128, 16, 16], channels: 128, kernel: 7, padding: 3 },
        Connection::Convolution { input: [16, 16, 16], channels: 32, kernel: 7, padding: 3 },
        Connection::Dense { inputs: 2312, units: 512 },
        Connection::Dense { inputs: 512, units: 512 },
    ];
    for connection in nets {
        let geometry = Geometry::new(connection).unwrap();
        let mut weights = Weights::zeros(&geometry);
        for (i, w) in weights.slices[0].weights.iter_mut().enumerate() {
            *w = (i % 17) as f32 * 0.01;
        }
        if !geometry.is_dense() {
            weights.pack(level::best(), &geometry);
        }
        let dense = geometry.tile > 1;
        let samples = if dense { 72 } else { 4 };
        let planes: Vec<f32> = (0..samples * geometry.trace_plane).map(|i| (i % 13) as f32 * 0.1).collect();
        let active: Vec<u32> = (0..geometry.inputs as u32).collect();
        for simd in level::all() {
            let mut best = f64::MAX;
            let mut ops = 0;
            let mut out = vec![0.0; geometry.tile * geometry.positions() * geometry.block];
            for _ in 0..5 {
                let t = Instant::now();
                ops = 0;
                for tile in planes.chunks(geometry.tile * geometry.trace_plane) {
                    for b in 0..geometry.blocks() {
                        let (panel, bias) = (&weights.block(b).weights, &weights.block(b).bias);
                        ops += if dense {
                            potential::dense_tile(simd, &geometry, panel, bias, tile, &active, &mut out)
                        } else {
                            potential::convolution_rows(simd, &geometry, panel, bias, tile, 0, &mut out)
                        };
                    }
                }
                best = best.min(t.elapsed().as_secs_f64());
            }
            let forward = 2e-9 * ops as f64 / best;
            let mut gbest = f64::MAX;
            let mut gops = 0;
            let mut list = DeltaList::new(geometry.slice, samples * geometry.positions());
            let mut grad = vec![0.0; geometry.block * geometry.weights_per_output()];
            let mut bias = vec![0.0; geometry.slice];
            let mut lbest = f64::MAX;
            let groups = vec![true; samples.div_ceil(geometry.tile) * geometry.trace_plane / 8];
            let dd: Vec<f32> = (0..samples * geometry.blocks() * geometry.block).map(|i| (i % 5) as f32).collect();
            for _ in 0..3 {
                let t = Instant::now();
                gops = 0;
                let mut ltime = 0.0;
                for s in 0..(if dense { 1 } else { samples }) {
                    for _ in 0..geometry.slices() {
                        if dense {
                            gops += gradient::dense(simd, &geometry, &planes, &groups, &dd, 0, &mut grad, &mut bias);
                            continue;
                        }
                        let t2 = Instant::now();
                        list.clear();
                        for ss in if dense { 0..samples } else { s..s + 1 } {
                            for p in 0..geometry.positions() {
                                let start = (ss * geometry.trace_plane) as u32 + geometry.starts()[p];
                                let mut d = [0.0f32; 32];
                                for (l, d) in d[..geometry.slice].iter_mut().enumerate() {
                                    *d = if (p * 7 + l * 3 + ss) % 2 == 0 { 0.1 } else { 0.0 };
                                }
                                list.push_row(&d[..geometry.slice], |_| start);
                            }
                        }
                        ltime += t2.elapsed().as_secs_f64();
                        gops += gradient::convolution(simd, &geometry, &planes, &list, &mut grad, &mut bias);
                    }
                }
                gbest = gbest.min(t.elapsed().as_secs_f64());
                lbest = lbest.min(ltime);
            }
            let t = Instant::now();
            if !geometry.is_dense() {
                weights.pack(level::best(), &geometry);
            }
            let pack = t.elapsed().as_secs_f64();
            println!(
                "{connection:?} {:8} forward {forward:6.1} GFLOP/s  gradient {:6.1} GFLOP/s (lists {:.0}%), pack {:.0} us",
                level::name(simd),
                2e-9 * gops as f64 / gbest,
                100.0 * lbest / gbest,
                pack * 1e6
            );
        }
    }
}
