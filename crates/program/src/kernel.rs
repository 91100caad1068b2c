//! Elementwise expressions as a list of instructions over registers, each of which holds a value for every lane.
//!
//! The operations are those of the interpreter (`elementwise`), one by one and in float32, so the bits are, too. What
//! only depends on constants is computed once, when the kernel is made.

use aligned_vec::{AVec, ConstAlign, avec};
use decolle_plasticity::{Op, Real, elementwise, with_elementwise};
use fearless_simd::{Level, dispatch};

/// Lanes that a vector of the widest level holds.
pub const STRIP: usize = 16;
/// Strips of a tile.
pub(crate) const STRIPS: usize = 4;
/// Lanes of a tile.
pub const LANES: usize = STRIP * STRIPS;

/// A value for every lane, strip by strip.
pub(crate) type Tile<const S: usize = STRIPS> = [[f32; STRIP]; S];

/// How lanes are filled and emptied.
pub(crate) trait Lanewise {
    /// Takes in up to as many numbers as there are lanes, a multiple of [`STRIP`].
    fn load(&mut self, from: &[f32]);
    /// Gives up to as many numbers as there are lanes, a multiple of [`STRIP`].
    fn store(&self, to: &mut [f32]);
    /// The same value in every lane.
    fn spread(&mut self, value: f32);
}

impl<const S: usize> Lanewise for Tile<S> {
    #[inline(always)]
    fn load(&mut self, from: &[f32]) {
        for (strip, from) in self.iter_mut().zip(from.as_chunks::<STRIP>().0) {
            *strip = *from;
        }
    }

    #[inline(always)]
    fn store(&self, to: &mut [f32]) {
        for (strip, to) in self.iter().zip(to.as_chunks_mut::<STRIP>().0) {
            *to = *strip;
        }
    }

    #[inline(always)]
    fn spread(&mut self, value: f32) {
        *self = [[value; STRIP]; S];
    }
}

/// What an instruction does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Code {
    /// An operation of the language.
    Apply(Op),
    /// The value, or zero where it is so small that kept state counts as zero.
    Floored,
    /// a · b + c, each rounded.
    MulAdd,
    /// c − a · b, each rounded.
    MulSub,
    /// a · b + c floored.
    MulAddFloored,
}

/// One instruction: registers of its arguments and of its result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instruction {
    pub(crate) code: Code,
    pub(crate) arguments: [u32; 3],
    pub(crate) out: u32,
}

/// Instructions over registers: inputs first, then constants, then what is computed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kernel {
    pub(crate) instructions: Vec<Instruction>,
    pub(crate) constants: Vec<(usize, f32)>,
    pub(crate) registers: usize,
    /// Where each output is found afterwards.
    pub(crate) outputs: Vec<usize>,
}

/// Where a kernel works: registers of `S` strips, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Registers<const S: usize = STRIPS>(Strips);

/// Strips at the start of a cache line each.
type Strips = AVec<[f32; STRIP], ConstAlign<64>>;

impl<const S: usize> Default for Registers<S> {
    fn default() -> Self {
        Self(AVec::new(64))
    }
}

impl<const S: usize> Registers<S> {
    #[inline(always)]
    pub(crate) fn at(&mut self, register: usize) -> &mut Tile<S> {
        &mut self.0.as_chunks_mut().0[register]
    }

    /// Copies the first `N` strips of a register to another.
    #[inline(always)]
    pub(crate) fn copy<const N: usize>(&mut self, from: usize, to: usize) {
        if from == to {
            return;
        }
        for strip in 0..N {
            self.0[to * S + strip] = self.0[from * S + strip];
        }
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> u64 {
        size_of_val(&self.0[..]) as u64
    }

    #[inline(always)]
    pub(crate) fn get(&self, register: usize) -> &Tile<S> {
        &self.0.as_chunks().0[register]
    }
}

impl Kernel {
    /// Registers with the constants in place.
    pub(crate) fn registers<const S: usize>(&self) -> Registers<S> {
        let mut registers = Registers(avec![[64]| [0.0; STRIP]; self.registers * S]);
        for &(register, value) in &self.constants {
            registers.at(register).spread(value);
        }
        registers
    }

    /// The register of output `index`.
    #[inline(always)]
    pub(crate) fn output(&self, index: usize) -> usize {
        self.outputs[index]
    }

    /// Computes all outputs from the inputs, in the first `strips` strips.
    ///
    /// Not part of its callers' code, nor compiled for each number of strips: every operation is in it for every SIMD level,
    /// so that copies would make up much of a WebAssembly module, and of the time that it takes to compile.
    #[inline(always)]
    pub(crate) fn run<const S: usize>(&self, level: Level, strips: usize, registers: &mut Registers<S>) {
        self.run_strips(level, strips.min(S), S, &mut registers.0);
    }

    /// As [`Kernel::run`], on registers of `stride` strips.
    #[inline(never)]
    fn run_strips(&self, level: Level, strips: usize, stride: usize, registers: &mut [[f32; STRIP]]) {
        dispatch!(level, _simd => self.run_in_vectors(strips, stride, registers));
    }

    #[inline(always)]
    fn run_in_vectors(&self, strips: usize, stride: usize, registers: &mut [[f32; STRIP]]) {
        for instruction in &self.instructions {
            let [a, b, c] = instruction.arguments.map(|register| register as usize * stride);
            let out = instruction.out as usize * stride;
            macro_rules! lanes {
                (|$x:ident, $y:ident, $z:ident| $value:expr) => {
                    for strip in 0..strips {
                        let (first, second, third) = (registers[a + strip], registers[b + strip], registers[c + strip]);
                        let mut result = [0.0f32; STRIP];
                        for lane in 0..STRIP {
                            let ($x, $y, $z) = (first[lane], second[lane], third[lane]);
                            result[lane] = $value;
                        }
                        registers[out + strip] = result;
                    }
                };
            }
            macro_rules! each {
                ($($op:ident),*) => {
                    match instruction.code {
                        Code::MulAdd => lanes!(|x, y, z| x * y + z),
                        Code::MulSub => lanes!(|x, y, z| z - x * y),
                        Code::MulAddFloored => lanes!(|x, y, z| (x * y + z).floored()),
                        Code::Floored => lanes!(|x, _y, _z| x.floored()),
                        $(Code::Apply(Op::$op) => {
                            lanes!(|x, y, z| elementwise(Op::$op, |argument| [x, y, z][argument]))
                        })*
                        Code::Apply(op) => unreachable!("{op:?} is not elementwise"),
                    }
                };
            }
            with_elementwise!(each);
        }
    }
}

impl Code {
    /// How many arguments count.
    pub(crate) fn arity(self) -> usize {
        match self {
            Self::MulAdd | Self::MulSub | Self::MulAddFloored => 3,
            Self::Floored => 1,
            Self::Apply(op) => op.arity(),
        }
    }
}
