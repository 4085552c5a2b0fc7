"""The calibration: what is fitted, what is kept from it, and that a tiny run of it is repeatable."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from calibration import design, likelihood, sampling
from calibration.checks import Check
from calibration.literature import literature, riener
from calibration.run import personal_surface, write_table

from nextposture.body import Person
from nextposture.body.posterior import SHORTER, along, shortening_for
from nextposture.body.uncertain import draw_prior, log_prior, model_names, uncertain

TINY = sampling.Size(
    runs=40, unseen=5, walkers=40, thin=1, steps=6, burn=2, checked=12, shipped=6, personal=40
)
NAMES = [row.name for row in uncertain()]


@pytest.fixture(scope="module")
def theta() -> np.ndarray:
    return draw_prior(8, np.random.default_rng(4))


@pytest.fixture(scope="module")
def runs(theta: np.ndarray) -> design.Runs:
    return design.reference_runs(theta)


def test_the_formula_of_the_paper_is_as_it_was_coded() -> None:
    assert riener(np.array([20.0, 0.0, -10.0]), 0.0) == pytest.approx([25.4, 8.6, 4.9], abs=0.1)


def test_every_prior_draw_has_a_density_and_what_lies_outside_has_none(theta: np.ndarray) -> None:
    assert np.isfinite(log_prior(theta)).all()
    beyond = theta.copy()
    beyond[:, NAMES.index("share_sitting")] = 1.2
    assert (log_prior(beyond) == -np.inf).all()


def test_shortening_is_found_from_the_extension_it_costs(runs: design.Runs) -> None:
    meant = np.linspace(0.02, 0.15, len(runs.extension))
    lost = runs.extension[:, 0] - along(runs.extension, meant)
    found, beyond = shortening_for(runs.extension, lost)
    clear = lost > 0.1
    assert found[clear] == pytest.approx(meant[clear], abs=2e-3)
    assert beyond == pytest.approx(np.zeros(len(meant)))
    assert shortening_for(runs.extension, lost + 90.0)[0] == pytest.approx(np.full(len(meant), SHORTER[-1]))


def test_held_out_studies_do_not_move_the_likelihood(
    theta: np.ndarray, runs: design.Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = likelihood.log_likelihood(theta, runs)
    other = copy.deepcopy(literature())
    for name, data in other.items():
        if not data["fitted"]:
            other[name] = dict.fromkeys(data, 99.0) | {"fitted": False}
    monkeypatch.setattr(likelihood, "literature", lambda: other)
    assert likelihood.log_likelihood(theta, runs) == pytest.approx(before)
    other["preece2021"]["tilt_change_deg"] = -9.0
    assert (likelihood.log_likelihood(theta, runs) < before).all()


def test_a_body_in_which_a_shorter_psoas_does_nothing_is_allowed(theta: np.ndarray) -> None:
    row = np.array([[0.5 * (r.low + r.high) if r.kind == "uniform" else r.middle for r in uncertain()]])
    row[0, NAMES.index("psoas_neutral_ratio")] = 0.93
    row[0, NAMES.index("share_stretch")] = row[0, NAMES.index("share_sitting")] = 0.0
    runs = design.reference_runs(row)
    rise = 100.0 * (runs.compression[0, 1] / runs.compression[0, 0] - 1.0)
    assert abs(runs.tilt[0, 1]) < 0.1
    assert rise < 1.0
    assert np.isfinite(log_prior(row)).all()
    assert np.isfinite(likelihood.log_likelihood(row, runs)).all()


def test_a_tiny_calibration_is_repeatable_and_can_be_shipped(tmp_path: object) -> None:
    first, again = (sampling.calibrate(3, TINY, quiet=True) for _ in range(2))
    assert first.draws == pytest.approx(again.draws)
    assert first.draws.shape == (TINY.shipped, len(uncertain()))
    assert np.isfinite(log_prior(first.draws)).all()
    surface = personal_surface(first.draws, TINY, 3, quiet=True)
    place = tmp_path / "posterior.npz"  # type: ignore[operator]
    write_table(first, surface, 3, place)
    with np.load(place) as held:
        assert held["draws"].shape == first.draws.shape
        assert held["coefficients"].shape[1] == 19
        assert len(held["centre"]) == len(model_names()) + 4


def test_a_check_passes_only_inside_the_middle_95_percent() -> None:
    predicted = np.linspace(0.0, 1.0, 1001)
    assert Check("", "", 0.5, predicted, "").passed
    assert not Check("", "", 0.99, predicted, "").passed


def test_people_of_the_surface_are_people_of_the_model() -> None:
    assert all(isinstance(p, Person) for p in design.draw_people(20, np.random.default_rng(1)))
