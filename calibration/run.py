"""Calibrate the body model and write what ships: `python -m calibration.run` (`make calibrate`).

Writes `src/nextposture/body/tables/posterior.npz`, `docs/calibration.md` and its figures. `--report` only
writes the page again from the last run, kept in `build/calibration.pkl`.
"""

from __future__ import annotations

import argparse
import pickle
import time
from pathlib import Path

import numpy as np

from calibration.design import draw_people, personal_runs
from calibration.literature import literature
from calibration.sampling import Calibration, Size, calibrate, widened
from nextposture.body import posterior as shipped
from nextposture.body.adaptation import reference_day, working_length
from nextposture.body.person import scales
from nextposture.body.response_surface import Surface, fit
from nextposture.body.uncertain import uncertain

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "src" / "nextposture" / "body" / "tables" / shipped.FILE
KEPT = ROOT / "build" / "calibration.pkl"
SEED = 20261124
POSTURES = (*(str(spell.posture) for spell in reference_day()), "half_kneeling_stretch")


def personal_surface(draws: np.ndarray, size: Size, seed: int, quiet: bool = False) -> Surface:
    """The surface that stands in for the model for any person, fitted about the posterior."""
    random = np.random.default_rng(seed + 100)
    theta = widened(draws[random.integers(0, len(draws), size.personal)], 1.15, random)
    people = draw_people(size.personal, random)
    shortening = shipped.MOST * 1.05 * random.random(size.personal) ** 1.2
    found = personal_runs(theta, people, shortening, quiet)
    scale = np.array([scales(person)[:3] for person in people])
    weight = shipped.weights(theta, scale[:, 2], shortening)
    inputs = shipped.surface_inputs(theta, scale, shortening)
    return fit(inputs, shipped.to_surface(found, weight), max(20, size.personal // 10))


def sitting_shortening(draws: np.ndarray, extension: np.ndarray) -> np.ndarray:
    """(n) the shortening of people who sit much against people who sit little that each draw says."""
    share = draws[:, [row.name for row in uncertain()].index("share_sitting")]
    lost = share * literature()["boukabache2021"]["extension_difference_deg"]
    return shipped.shortening_for(extension, lost)[0]


def write_table(found: Calibration, surface: Surface, seed: int, place: Path = TABLE) -> None:
    """What ships, in single precision. The bytes depend on the numbers alone."""
    np.savez_compressed(
        place,
        draws=found.draws.astype(np.float32),
        sitting=sitting_shortening(found.draws, found.runs.extension).astype(np.float32),
        extension=found.runs.extension.astype(np.float32),
        shorter=shipped.SHORTER,
        centre=surface.centre,
        scale=surface.scale,
        coefficients=surface.coefficients.astype(np.float32),
        error=surface.error.astype(np.float32),
        posture_names=np.array(POSTURES),
        lengths=np.array([working_length(name) for name in POSTURES]),
        seed=seed,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--report", action="store_true", help="only write the page again")
    args = parser.parse_args()
    if not args.report:
        begun = time.process_time()
        size = Size()
        found = calibrate(args.seed, size)
        surface = personal_surface(found.draws, size, args.seed)
        write_table(found, surface, args.seed)
        KEPT.parent.mkdir(exist_ok=True)
        kept = {"found": found, "surface": surface, "size": size, "seed": args.seed}
        KEPT.write_bytes(pickle.dumps(kept | {"seconds": time.process_time() - begun}))
    from calibration.report import write_page

    write_page(pickle.loads(KEPT.read_bytes()))


if __name__ == "__main__":
    main()
