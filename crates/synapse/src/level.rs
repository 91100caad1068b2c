//! SIMD levels: which one this machine has, and their names.

use fearless_simd::Level;

/// The best level of this machine.
pub fn best() -> Level {
    Level::new()
}

/// All levels that this machine can run, the scalar one first; WebAssembly is compiled for one.
pub fn all() -> Vec<Level> {
    let best = best();
    #[cfg(not(target_family = "wasm"))]
    let mut levels = vec![Level::fallback()];
    #[cfg(target_family = "wasm")]
    let mut levels = Vec::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        levels.extend(best.as_sse2().map(Level::Sse2));
        levels.extend(best.as_sse4_2().map(Level::Sse4_2));
        levels.extend(best.as_avx2().map(Level::Avx2));
        levels.extend(best.as_avx512().map(Level::Avx512));
    }
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    if !best.is_fallback() {
        levels.push(best);
    }
    levels
}

/// The name of a level: `scalar`, `sse2`, `sse4.2`, `avx2`, `avx512`, `neon`, `simd128`.
pub fn name(level: Level) -> &'static str {
    match level {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Sse2(_) => "sse2",
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Sse4_2(_) => "sse4.2",
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx2(_) => "avx2",
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx512(_) => "avx512",
        #[cfg(target_arch = "aarch64")]
        Level::Neon(_) => "neon",
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        Level::WasmSimd128(_) => "simd128",
        _ => "scalar",
    }
}
