//! Gradient descent whose weights are averaged: z ← z − ηg, x ← x + c(z − x), W ← (1−β)z + βx with c = max(1/n, 1/window) at
//! update n. Learning goes on at W, predictions are made with the average x.
//!
//! With β = 0 the steps are those of plain descent and x is their average (Polyak & Juditsky 1992,
//! doi:10.1137/0330046); with β > 0 gradients are taken near the average, which is the schedule-free method (Defazio, Yang,
//! Mehta, Mishchenko, Khaled & Cutkosky 2024, arXiv:2405.15682, equations 1 to 3). The window, which bounds what an average
//! over an endless stream remembers, is ours.

use super::RateDrop;

/// Constants of averaged descent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Averaged {
    /// η, at least 0.
    pub learning_rate: f32,
    /// β, how near to the average gradients are taken, in `[0, 1)`.
    pub beta: f32,
    /// Updates that the average reaches back over, at least 1; all of them where there is none.
    pub window: Option<u32>,
    /// How η falls.
    pub drop: Option<RateDrop>,
}

decolle_json::object! { Averaged { learning_rate, beta = 0.0, window = None, drop = None } }

impl Averaged {
    #[inline(always)]
    pub(super) fn update(&self, rate: f32, update: u64, gradient: &[f32], parameters: &mut [f32], average: &mut [f32]) {
        if update == 1 {
            average.copy_from_slice(parameters);
        }
        let (beta, share) = (self.beta, share(self.window, update));
        if beta == 0.0 {
            for (w, &g) in parameters.iter_mut().zip(gradient) {
                *w -= rate * g;
            }
            follow(share, parameters, average);
        } else {
            let rest = 1.0 - beta;
            let inverse = 1.0 / rest;
            for ((w, &g), x) in parameters.iter_mut().zip(gradient).zip(average) {
                let lead = (*w - beta * *x) * inverse - rate * g;
                *x += share * (lead - *x);
                *w = rest * lead + beta * *x;
            }
        }
    }
}

/// c, what share of the average is the newest.
pub(super) fn share(window: Option<u32>, update: u64) -> f32 {
    let most = window.map_or(u64::MAX, u64::from);
    1.0 / update.min(most).max(1) as f32
}

/// x ← x + c(W − x); with c = 1 it is W, whatever it was.
#[inline(always)]
pub(super) fn follow(share: f32, parameters: &[f32], average: &mut [f32]) {
    if share == 1.0 {
        average.copy_from_slice(parameters);
    } else {
        for (x, &w) in average.iter_mut().zip(parameters) {
            *x += share * (w - *x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descend(averaged: &Averaged, gradients: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let (mut w, mut x) = ([1.0f32], [0.0f32]);
        let taken = gradients.iter().zip(1..).map(|(&gradient, update)| {
            averaged.update(averaged.learning_rate, update, &[gradient], &mut w, &mut x);
            (w[0], x[0])
        });
        taken.unzip()
    }

    #[test]
    fn without_a_window_the_average_is_that_of_all_steps_of_plain_descent() {
        let averaged = Averaged { learning_rate: 0.5, beta: 0.0, window: None, drop: None };
        let (steps, averages) = descend(&averaged, &[1.0, -3.0, 0.5, 2.0]);
        assert_eq!(steps, [0.5, 2.0, 1.75, 0.75]);
        for (n, average) in (1..).zip(averages) {
            let mean = steps[..n].iter().sum::<f32>() / n as f32;
            assert!((average - mean).abs() < 1e-6, "{n}: {average} and {mean}");
        }
    }

    #[test]
    fn a_window_forgets_what_lies_before_it() {
        let averaged = Averaged { learning_rate: 1.0, beta: 0.0, window: Some(4), drop: None };
        let gradients: Vec<f32> = std::iter::once(1e3).chain(std::iter::repeat_n(0.0, 200)).collect();
        let (steps, averages) = descend(&averaged, &gradients);
        assert!((averages[200] - steps[200]).abs() < 1e-3);
    }

    #[test]
    fn gradients_near_the_average_move_the_weights_by_the_rest() {
        let averaged = Averaged { learning_rate: 0.5, beta: 0.9, window: None, drop: None };
        let (mut z, mut x) = (1.0f32, 1.0f32);
        let gradients = [1.0, -3.0, 0.5, 2.0, -0.25];
        let (steps, averages) = descend(&averaged, &gradients);
        for (n, &gradient) in gradients.iter().enumerate() {
            z -= 0.5 * gradient;
            x += (z - x) / (n + 1) as f32;
            let y = 0.1 * z + 0.9 * x;
            assert!((steps[n] - y).abs() < 1e-5 && (averages[n] - x).abs() < 1e-5, "{n}");
        }
    }
}
