"""The posterior: emcee on the surfaces, twice, then put right against the model itself.

1. Surfaces are fitted to runs over the prior; a first sample from them finds where the posterior lies.
2. New runs over that place, widened, give better surfaces; four independent ensembles sample from them.
3. Some thousand draws are run through the model itself, weighed by what the surface got wrong, and drawn
   again: what ships is the model's posterior, not the surface's.
"""

from __future__ import annotations

from dataclasses import dataclass

import emcee
import numpy as np
from arviz_stats.base import array_stats
from numpy.typing import NDArray

from calibration.design import Runs, reference_runs
from calibration.likelihood import Emulator, emulate, log_likelihood, log_posterior
from nextposture.body.uncertain import draw_prior, uncertain

Floats = NDArray[np.float64]
CHAINS = 4


@dataclass(frozen=True)
class Size:
    """How much of everything: runs of the model for a surface and how many of them it does not see; walkers,
    and of every `thin` steps one kept: `steps` after `burn`; draws run through the model, and shipped; runs
    for the surface of other people."""

    runs: int = 6000
    unseen: int = 600
    walkers: int = 80
    thin: int = 10
    steps: int = 2000
    burn: int = 400
    checked: int = 4000
    shipped: int = 1500
    personal: int = 16000


@dataclass(frozen=True)
class Calibration:
    """The sample (n, d) and how it was found."""

    draws: Floats
    prior: Floats
    rhat: Floats  # (d) rank-normalised and split, over the four ensembles
    effective: Floats  # (d) effective size of the sampler's draws
    acceptance: float
    weight_efficiency: float  # effective share of the checked draws once weighed by the model itself
    surface_error: float  # SD of log likelihood, surface less model, over the checked draws
    emulator: Emulator
    runs: Runs  # of the shipped draws


def ensemble(
    emulator: Emulator, start: Floats, steps: int, burn: int, thin: int, seed: int
) -> tuple[Floats, float]:
    """(steps, walkers, d) one ensemble's thinned chain after `burn` kept steps, and its acceptance."""
    random = np.random.RandomState(seed)  # emcee takes no other kind
    sampler = emcee.EnsembleSampler(
        *start.shape,
        log_posterior,
        args=(emulator,),
        vectorize=True,
        moves=[(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)],
    )
    sampler.random_state = random.get_state()
    sampler.run_mcmc(start, burn + steps, thin_by=thin)
    return sampler.get_chain(discard=burn), float(sampler.acceptance_fraction.mean())


def _start(emulator: Emulator, walkers: int, random: np.random.Generator) -> Floats:
    """Prior draws, taken in proportion to their likelihood's tenth root so that the start is
    overdispersed."""
    theta = draw_prior(40 * walkers, random)
    score = 0.1 * log_likelihood(theta, emulator(theta))
    weight = np.exp(score - score.max())
    return theta[random.choice(len(theta), walkers, replace=False, p=weight / weight.sum())]


def calibrate(seed: int, size: Size | None = None, quiet: bool = False) -> Calibration:
    """Find the posterior. The same seed gives the same sample."""
    size = size or Size()
    random = np.random.default_rng(seed)
    wide = draw_prior(size.runs, random)
    emulator = emulate(wide, reference_runs(wide, quiet), size.unseen)
    start = _start(emulator, size.walkers, random)
    rough, _ = ensemble(emulator, start, size.steps // 4, size.burn, size.thin, seed)
    rough = rough.reshape(-1, rough.shape[-1])
    near = widened(rough[random.choice(len(rough), size.runs)], 1.3, random)
    second = reference_runs(near, quiet)
    emulator = emulate(near, second, size.unseen)
    chains, acceptances = [], []
    for chain in range(CHAINS):
        start = _start(emulator, size.walkers, random)
        drawn, acceptance = ensemble(emulator, start, size.steps, size.burn, size.thin, seed + 1 + chain)
        chains.append(drawn)
        acceptances.append(acceptance)
    every = np.array(chains)  # (chains, steps, walkers, d)
    effective, rhat = diagnose(every)
    flat = every.reshape(-1, every.shape[-1])
    checked = flat[random.choice(len(flat), size.checked, replace=False)]
    true = reference_runs(checked, quiet)
    wrong = log_likelihood(checked, emulator(checked)) - log_likelihood(checked, true)
    weight = np.exp(-(wrong - wrong.min()))
    weight /= weight.sum()
    kept = random.choice(size.checked, size.shipped, replace=False, p=weight)
    return Calibration(
        draws=checked[kept],
        prior=draw_prior(20_000, random),
        rhat=rhat,
        effective=effective,
        acceptance=float(np.mean(acceptances)),
        weight_efficiency=float(1.0 / (weight**2).sum() / size.checked),
        surface_error=float(wrong.std()),
        emulator=emulator,
        runs=Runs(*(part[kept] for part in true)),
    )


def widened(theta: Floats, by: float, random: np.random.Generator) -> Floats:
    """Rows spread wider about their mean and shaken apart, inside the prior's limits."""
    middle, spread = theta.mean(axis=0), theta.std(axis=0)
    out = middle + by * (theta - middle) + 0.2 * spread * random.standard_normal(theta.shape)
    low, high = (np.array([getattr(row, end) for row in uncertain()]) for end in ("low", "high"))
    return np.asarray(np.clip(out, low, high))


def diagnose(chains: Floats) -> tuple[Floats, Floats]:
    """(d) effective size and (d) R-hat of chains (ensembles, steps, walkers, d): each walker counts as a
    chain of its own for R-hat; the size is steps times walkers over emcee's integrated autocorrelation
    time."""
    count, steps, walkers, d = chains.shape
    thin = max(1, steps // 500)
    apart = chains[:, ::thin].transpose(0, 2, 1, 3).reshape(count * walkers, -1, d)
    rhat = np.array([float(array_stats.rhat(apart[:, :, k], chain_axis=0, draw_axis=1)) for k in range(d)])
    size = np.zeros(d)
    for chain in chains:
        size += steps * walkers / emcee.autocorr.integrated_time(chain, quiet=True)
    return size, rhat
