//! Input for tests of whole networks.

/// Lists of spikes, one a sample and step: offsets, indices, counts. About one event for every tenth input, from
/// Marsaglia's xorshift generator (2003), triple 13, 17, 5.
pub(crate) fn draw(lists: usize, inputs: usize) -> (Vec<u32>, Vec<u32>, Vec<f32>) {
    let (mut offsets, mut indices, mut counts) = (vec![0], Vec::new(), Vec::new());
    let mut state = 2_463_534_242u32;
    for _ in 0..lists {
        for input in 0..inputs as u32 {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            if state % 20 < 2 {
                indices.push(input);
                counts.push((state % 20 + 1) as f32);
            }
        }
        offsets.push(indices.len() as u32);
    }
    (offsets, indices, counts)
}
