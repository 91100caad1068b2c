//! The choice for state from which the weights cannot be moved out: an eligibility trace for each synapse, or a stop.

use decolle_error::{Code, Fault, Result};

use crate::document::Remainder;
use crate::expression::{Id, Symbol};
use crate::factorization::{Obstacle, Treatment, obstacles};
use crate::model::Model;
use crate::numbered::Map;
use crate::operation::Op;

/// Makes the choice for state that does not factorise; gives what is left to eligibility traces.
pub(crate) fn settle_remainder(model: &mut Model, treatments: &mut [Treatment]) -> Result<Map<usize, Obstacle>> {
    loop {
        let found = obstacles(model)?;
        if found.is_empty() {
            return Ok(found);
        }
        match model.remainder {
            Some(Remainder::Eligibility) => return Ok(found),
            None => {
                let (state, obstacle) =
                    found.iter().find(|(_, obstacle)| obstacle.follows.is_none()).expect("some obstacle comes first");
                return Err(Fault::at(
                    Code::Config,
                    &"neuron.remainder",
                    &format_args!(
                        "the state variable {} {}, so that the weights cannot be moved out of it; \
                         choose \"eligibility\" (exact, {} bytes more per synapse) or \"stop\" (no gradient through its \
                         past), or put stopGradient around the part",
                        model.states[state].name,
                        obstacle.reason,
                        4 * found.keys().count()
                    ),
                ));
            }
            Some(Remainder::Stop) => {
                let of_its_own = found.iter().filter(|(_, obstacle)| obstacle.follows.is_none());
                let stopped: Vec<usize> = of_its_own.map(|(state, _)| state).collect();
                for &state in &stopped {
                    treatments[state] = Treatment::Stopped(found[state].clone());
                }
                stop(model, &stopped)?;
            }
        }
    }
}

/// Stops the gradient through the past of these states.
fn stop(model: &mut Model, states: &[usize]) -> Result<()> {
    let mut stops = Map::new();
    for &state in states {
        for symbol in [Symbol::State(state), Symbol::PastSpike, Symbol::PastPotential] {
            let leaf = model.graph.leaf(symbol);
            stops.insert(leaf, model.graph.apply(Op::Stop, &[leaf]));
        }
    }
    let roots: Vec<Id> = model.states.iter().map(|state| state.next).chain([model.potential]).collect();
    let stopped = model.graph.substitute(&roots, &stops, "step")?;
    for (state, &next) in model.states.iter_mut().zip(&stopped) {
        state.next = next;
    }
    model.values = stopped[..model.states.len()].to_vec();
    model.potential = stopped[model.states.len()];
    Ok(())
}
