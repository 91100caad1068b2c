//! One random layer: the derivatives that a rule gives there, and those of finite differences.

use decolle_error::{Code, Fault, Result};

use super::reference::{Moment, Reference, Run};
use super::stimulus::Stimulus;
use super::{Check, CheckOptions, Plant, TOLERANCE, Verdict, Worst, planted};
use crate::document::ConstantKind;
use crate::rule::Rule;
use crate::simulation::Simulation;

/// Half width of the central differences, in units of the parameter's size: float64 leaves 1e−16/1e−5 of rounding and
/// 1e−10 of curvature.
const STEP: f64 = 1e-5;
/// Potentials beyond this leave float64 too few digits for differences of spikes.
const LARGEST_POTENTIAL: f64 = 1e5;
/// Largest difference between potentials with weights inside the dynamics and outside, relative to their size.
const DYNAMICS: f64 = 1e-9;
/// A factor is exercised where an error of 1 % in it moves some derivative by so much of the largest of its kind.
const EXERCISED: f64 = 10.0 * TOLERANCE;
/// Roundings of the largest number in play that a difference may be off by.
const ROUNDINGS: f64 = 64.0 * f64::EPSILON;
/// Least size of a derivative that others are compared with.
const SMALLEST: f64 = 1e-8;

/// Derivatives of every parameter, by kind: weights, biases, constants that learn.
type Derivatives = Vec<Vec<f64>>;

/// A layer that both have run.
pub(super) struct Trial<'a> {
    rule: &'a Rule,
    options: &'a CheckOptions,
    stimulus: Stimulus,
    moments: Vec<Moment>,
    /// Largest potential in size.
    greatest: f64,
    /// Largest difference between potentials.
    dynamics: f64,
    /// As the rule to be checked has them.
    derived: Derivatives,
    /// As the rule has them, and with an error in each of its factors.
    right: Derivatives,
    wrong: Vec<(Plant, Derivatives)>,
}

/// A derivative as finite differences have it.
struct Measured {
    /// By two widths.
    wide: f64,
    narrow: f64,
    /// Whether an operation of the dynamics or the cost has a kink within the width.
    crosses: bool,
}

impl Measured {
    /// Whether the two widths agree in their first digits, as they do not where a value jumps.
    fn is_steady(&self) -> bool {
        (self.wide - self.narrow).abs() <= 1e-3 * self.wide.abs().max(self.narrow.abs())
    }
}

fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(SMALLEST, |largest, value| largest.max(value.abs()))
}

impl<'a> Trial<'a> {
    /// Runs a rule with a stimulus; `None` where rounding decides which way a comparison goes or whether a neuron spikes.
    ///
    /// # Errors
    /// `not-finite` where the dynamics overflow, `range` where potentials are too large to be told apart.
    pub(super) fn new(
        rule: &'a Rule,
        options: &'a CheckOptions,
        factors: &[Plant],
        stimulus: Stimulus,
    ) -> Result<Option<Self>> {
        let drawn = &stimulus.drawn;
        let reference = Reference::new(&rule.original, options, &drawn.events, &drawn.target);
        let moments = reference.run(&drawn.parameters, None)?.moments;
        let greatest = moments.iter().flat_map(|moment| &moment.potential).fold(0.0f64, |most, u| most.max(u.abs()));
        if greatest > LARGEST_POTENTIAL {
            let wrong =
                format_args!("potentials grow to {greatest:e}, too large to be told apart; check with fewer steps");
            return Err(Fault::at(Code::Range, &"membrane", &wrong));
        }
        let run = |rule: &Rule| {
            let mut simulation = Simulation::new(rule, options.shape, &drawn.parameters, options.time_step);
            let (mut last, mut dynamics, mut is_close, mut parted) = (Derivatives::new(), 0.0f64, false, false);
            for (events, moment) in drawn.events.iter().zip(&moments) {
                let step = simulation.step(events, &drawn.target)?;
                is_close |= moment.is_close;
                let spikes = step.spikes.iter().zip(&moment.spikes);
                for ((u, expected), (spike, expected_spike)) in step.potential.iter().zip(&moment.potential).zip(spikes)
                {
                    let difference = (u - expected).abs();
                    let is_rounding = difference <= DYNAMICS * greatest.max(1.0);
                    parted |= if is_rounding { spike != expected_spike } else { is_close };
                    // Once the two have gone different ways, nothing compares any more.
                    if !parted {
                        dynamics = dynamics.max(difference);
                    }
                }
                last = [step.weight_gradient, step.bias_gradient].into_iter().chain(step.constant_gradients).collect();
            }
            Ok::<_, Fault>((last, dynamics, parted))
        };
        let (right, dynamics, parted) = run(rule)?;
        if parted {
            return Ok(None);
        }
        let wrong = factors
            .iter()
            .map(|&plant| Ok((plant, run(&planted(rule, Some(plant)))?.0)))
            .collect::<Result<Vec<_>>>()?;
        let planted = options.plant.and_then(|plant| wrong.iter().find(|(wrong, _)| *wrong == plant));
        let derived = planted.map_or(&right, |(_, derived)| derived).clone();
        Ok(Some(Self { rule, options, stimulus, moments, greatest, dynamics, derived, right, wrong }))
    }

    /// Factors in which an error would not show: in no derivative would it make a difference that `counts`, which is given
    /// the derivative's kind and place and the difference.
    pub(super) fn idle(&self, counts: impl Fn(usize, usize, f64) -> Result<bool>) -> Result<Vec<Plant>> {
        let shows = |wrong: &Derivatives| {
            for (kind, (right, wrong)) in self.right.iter().zip(wrong).enumerate() {
                let least = EXERCISED * largest(right.iter().copied());
                for (place, (right, wrong)) in right.iter().zip(wrong).enumerate() {
                    let difference = (right - wrong).abs();
                    if difference >= least && counts(kind, place, difference)? {
                        return Ok(true);
                    }
                }
            }
            Ok::<_, Fault>(false)
        };
        let mut idle = Vec::new();
        for (plant, wrong) in &self.wrong {
            if !shows(wrong)? {
                idle.push(*plant);
            }
        }
        Ok(idle)
    }

    /// What kind of parameter a derivative is by, in words.
    fn name(&self, kind: usize) -> String {
        match kind {
            0 => "weight".into(),
            1 => "bias".into(),
            _ => self.rule.original.constants[self.rule.constants[kind - 2].constant].name.clone(),
        }
    }

    /// Half width of the differences of a kind: a small change of the potential, whatever the size of the traces and the time
    /// constants.
    fn width(&self, kind: usize) -> f64 {
        match kind {
            0 => STEP * self.stimulus.scale,
            1 => STEP * self.stimulus.bias_scale,
            _ => {
                let constant = self.rule.constants[kind - 2].constant;
                let value = self.stimulus.drawn.parameters.constants[constant][0];
                let decays = self.rule.original.constants[constant].kind != ConstantKind::Number;
                STEP * if decays { (1.0 - value).max(1e-3) } else { value.abs().max(1e-3) }
            }
        }
    }

    /// A run with one parameter moved over the whole past.
    fn moved(&self, kind: usize, place: usize, by: f64) -> Result<Run> {
        let drawn = &self.stimulus.drawn;
        let mut moved = drawn.parameters.clone();
        match kind {
            0 => moved.weights[place] += by,
            1 => moved.bias[place] += by,
            _ => moved.constants[self.rule.constants[kind - 2].constant][place] += by,
        }
        let reference = Reference::new(&self.rule.original, self.options, &drawn.events, &drawn.target);
        reference.run(&moved, Some(&self.moments))
    }

    /// The central difference, and whether there is a kink within.
    fn slope(&self, kind: usize, place: usize, width: f64) -> Result<(f64, bool)> {
        let (up, down) = (self.moved(kind, place, width)?, self.moved(kind, place, -width)?);
        Ok(((up.cost - down.cost) / (2.0 * width), up.crosses || down.crosses))
    }

    fn measure(&self, kind: usize, place: usize) -> Result<Measured> {
        let width = self.width(kind);
        let ((wide, crosses), (narrow, _)) = (self.slope(kind, place, width)?, self.slope(kind, place, width / 4.0)?);
        Ok(Measured { wide, narrow, crosses })
    }

    /// Compares all derivatives.
    pub(super) fn compare(&self) -> Result<Check> {
        let middle = self.moved(0, 0, 0.0)?.cost;
        let mut result = Check { dynamics: self.dynamics, ..Check::of_nothing("") };
        let mut kinds = Vec::new();
        for (kind, derived) in self.derived.iter().enumerate() {
            let differences = (0..derived.len()).map(|place| self.measure(kind, place)).collect::<Result<Vec<_>>>()?;
            let steady = differences.iter().filter(|measured| measured.is_steady()).map(|measured| measured.wide);
            let largest = largest(derived.iter().copied().chain(steady));
            let rounding = ROUNDINGS * middle.abs().max(self.greatest).max(1.0) / (2.0 * self.width(kind));
            for (place, (&derived, measured)) in derived.iter().zip(&differences).enumerate() {
                let difference = measured.wide;
                let deviation = (derived - difference).abs() / largest;
                if self.is_hidden(kind, place, measured, largest, deviation, rounding)? {
                    result.skipped += 1;
                    continue;
                }
                result.compared += 1;
                result.nonzero += usize::from(difference != 0.0 || derived != 0.0);
                if deviation >= result.worst.deviation {
                    let inputs = self.options.shape.inputs;
                    let place = if kind == 0 { vec![place / inputs, place % inputs] } else { vec![place] };
                    result.worst = Worst { parameter: self.name(kind), place, derived, difference, deviation };
                }
            }
            kinds.push((differences, largest, rounding));
        }
        // As hard to see as what was compared: an error that would pass for rounding would not have been found.
        let idle = self.idle(|kind, place, difference| {
            let (differences, largest, rounding) = &kinds[kind];
            let measured = &differences[place];
            Ok(!self.is_hidden(kind, place, measured, *largest, difference / largest, *rounding)?)
        })?;
        (result.outcome, result.reason) = self.judge(&result, &idle);
        result.passed = result.outcome == Verdict::Passed;
        Ok(result)
    }

    /// Whether a kink of the cost or rounding keeps a difference from saying anything.
    fn is_hidden(
        &self,
        kind: usize,
        place: usize,
        measured: &Measured,
        largest: f64,
        deviation: f64,
        rounding: f64,
    ) -> Result<bool> {
        let least = 0.5 * TOLERANCE * largest;
        if (measured.wide - measured.narrow).abs() > least {
            return Ok(true);
        }
        if deviation <= TOLERANCE {
            return Ok(false);
        }
        // At a kink the rule gives the slope of one side, differences that of the other or a mean of both.
        if measured.crosses || deviation * largest <= rounding {
            return Ok(true);
        }
        // Where the derivative is far larger than the function over this width, it is the width that is too large.
        if !measured.is_steady() && (measured.wide - measured.narrow).abs() > 4.0 * rounding {
            return Ok(true);
        }
        // Rounding makes two widths agree by chance once in a while, four hardly ever.
        for part in [0.37, 0.61] {
            if (self.slope(kind, place, part * self.width(kind))?.0 - measured.wide).abs() > least {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What all of it says, and why.
    fn judge(&self, result: &Check, idle: &[Plant]) -> (Verdict, String) {
        let Worst { parameter, place, derived, difference, deviation } = &result.worst;
        let listed = |plants: &[Plant]| plants.iter().map(|plant| plant.as_str()).collect::<Vec<_>>().join(", ");
        if result.dynamics > DYNAMICS * self.greatest.max(1.0) {
            let reason =
                format!("with weights moved out of the dynamics the potential is {:e} off its value", result.dynamics);
            return (Verdict::Failed, reason);
        }
        if *deviation > TOLERANCE {
            let reason = format!(
                "the derivative by {parameter}{place:?} is {difference:e}, the rule gives {derived:e}: {deviation:e} of the \
                 largest apart, at most {TOLERANCE:e} allowed"
            );
            return (Verdict::Failed, reason);
        }
        let unsure = |reason: String| (Verdict::Inconclusive, reason);
        if let Some(plant) = self.options.plant.filter(|plant| self.wrong.iter().all(|(wrong, _)| wrong != plant)) {
            return unsure(format!("the rule has no {} to plant an error in", plant.as_str()));
        }
        if result.nonzero == 0 {
            return unsure("every derivative that was compared is 0, whatever weights and events were tried".into());
        }
        if !idle.is_empty() {
            let factors = listed(idle);
            return unsure(format!(
                "an error of 1 % in the factor {factors} would not show in any derivative, whatever weights and events were \
                 tried"
            ));
        }
        if result.skipped > result.compared {
            let (skipped, all) = (result.skipped, result.skipped + result.compared);
            return unsure(format!("a kink of the cost, or rounding, hides {skipped} of {all} derivatives"));
        }
        let factors: Vec<Plant> = self.wrong.iter().map(|(plant, _)| *plant).collect();
        let reason = format!(
            "{} derivatives agree, and an error of 1 % in any factor ({}) would have shown",
            result.compared,
            listed(&factors)
        );
        (Verdict::Passed, reason)
    }
}
