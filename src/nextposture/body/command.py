"""`nextposture spine`: loads on the lumbar discs of a person in a posture, with and without a shortened
psoas."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from nextposture.body.disc_loads import Loads
    from nextposture.body.person import Person
    from nextposture.body.standing_posture import Alignment

PICTURE = "spine.svg"
HELD = 1e-3  # Nm of reserve that a posture which muscles can hold stays below


def add_parser(subparsers: Any) -> None:
    """Register the sub-command with argparse's sub-parsers."""
    parser = subparsers.add_parser(
        "spine",
        help="loads on the lumbar discs, and what a shorter psoas changes",
        description="Loads on the lumbar discs in a posture, beside those with a psoas of full length.",
    )
    parser.add_argument("what", nargs="?", choices=["postures"], help="list every named posture and its load")
    parser.add_argument("--height", type=float, default=1.75, metavar="M", help="height in metres (1.75)")
    parser.add_argument("--mass", type=float, default=75.0, metavar="KG", help="mass in kilograms (75)")
    parser.add_argument("--sex", default="male", metavar="S", help="female or male (male)")
    parser.add_argument("--age", type=float, default=35.0, metavar="Y", help="age in years (35)")
    parser.add_argument(
        "--posture", default="standing", metavar="NAME", help="a named posture, or flexed_<degrees>"
    )
    parser.add_argument(
        "--shortening",
        type=float,
        default=0.0,
        metavar="FRACTION",
        help="optimal length psoas and iliacus have lost",
    )
    parser.add_argument("--json", action="store_true", help="write JSON instead of a table and a picture")
    parser.add_argument(
        "--picture", type=Path, default=Path(PICTURE), metavar="FILE", help=f"where the SVG goes ({PICTURE})"
    )


def run(args: argparse.Namespace, out: TextIO) -> int:
    """Write the answer to `out`; 0, or 2 with one line on stderr for input outside the model's limits, or 1
    with one line when NumPy and Numba are not installed or the picture cannot be written."""
    try:
        from nextposture.body.person import OutOfRangeError, Person
    except ModuleNotFoundError as missing:
        print(
            f"nextposture spine: {missing.name} is not installed; "
            "run `make body`, or pip install 'nextposture[body]'",
            file=sys.stderr,
        )
        return 1

    try:
        person = Person(args.height, args.mass, args.sex, args.age)
        if args.what == "postures":
            return _postures(person, args.shortening, args.json, out)
        return _spine(person, args, out)
    except OutOfRangeError as refusal:
        print(f"nextposture spine: {refusal}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads has read enough; Python would still complain while closing
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _state(person: Person, name: str, shortening: float) -> tuple[dict[str, Any], Loads, Any, float]:
    """What one shortening gives: the JSON part, the loads, the coordinates to draw, and the knee flexion."""
    from nextposture.body.disc_loads import loads
    from nextposture.body.hip import hip_extension
    from nextposture.body.postures import coordinates, posture
    from nextposture.body.standing_posture import posture_alignment, standing

    shape = posture(name)
    if name == "standing":
        stood = standing(person, shortening)
        found, aligned, x = stood.loads, stood.alignment, stood.coordinates
    else:
        found, aligned, x = loads(person, shape, shortening), posture_alignment(shape), coordinates(shape)
    return _part(found, aligned, hip_extension(person, shortening)), found, x, shape.leg.knee_flexion_deg


def _part(found: Loads, aligned: Alignment, extension: float) -> dict[str, Any]:
    return {
        "levels": [
            {
                "level": level.level,
                "compression_N": round(level.compression_N, 2),
                "shear_N": round(level.shear_N, 2),
                "moment_Nm": round(level.moment_Nm, 3),
            }
            for level in found.levels
        ],
        "pelvic_tilt_deg": round(aligned.tilt_forwards, 3),
        "lordosis_deg": round(aligned.lordosis, 3),
        "hip_extension_deg": round(extension, 3),
        "reserve_Nm": round(found.reserve_Nm, 6),
    }


def _difference(now: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "levels": [
            {"level": a["level"]} | {key: round(a[key] - b[key], 3) for key in a if key != "level"}
            for a, b in zip(now["levels"], before["levels"], strict=True)
        ]
    }
    return out | {key: round(now[key] - before[key], 6) for key in now if key != "levels"}


def _spine(person: Person, args: argparse.Namespace, out: TextIO) -> int:
    from nextposture.body.person import check_shortening
    from nextposture.body.picture import sagittal_svg

    check_shortening(args.shortening)
    now, found, x, knee = _state(person, args.posture, args.shortening)
    before, _, x0, _ = _state(person, args.posture, 0.0) if args.shortening else (now, found, x, knee)
    answer = {
        "person": {
            "height_m": person.height,
            "mass_kg": person.mass,
            "sex": person.sex,
            "age_years": person.age,
        },
        "posture": args.posture,
        "shortening": args.shortening,
        **now,
        "unshortened": before,
        "difference": _difference(now, before),
    }
    if args.json:
        print(json.dumps(answer, indent=2), file=out)
        return 0
    title = f"{args.posture.replace('_', ' ')}, psoas {100 * args.shortening:g} % shorter"
    ghost = x0 if args.shortening and args.posture == "standing" else None
    try:
        args.picture.write_text(sagittal_svg(x, found.levels, knee, title, ghost), encoding="utf-8")
    except OSError as failure:
        print(f"nextposture spine: the picture was not written: {failure}", file=sys.stderr)
        return 1
    _table(answer, out)
    print(f"\nPicture: {args.picture}", file=out)
    return 0


def _table(answer: dict[str, Any], out: TextIO) -> None:
    who = answer["person"]
    print(f"{who['height_m']:g} m, {who['mass_kg']:g} kg, {who['sex']}, {who['age_years']:g} years", file=out)
    print(f"{answer['posture']}, psoas and iliacus {100 * answer['shortening']:g} % shorter\n", file=out)
    print(f"{'level':<8}{'compression N':>22}{'shear N':>22}{'moment Nm':>22}", file=out)
    for now, change in zip(reversed(answer["levels"]), reversed(answer["difference"]["levels"]), strict=True):
        cells = "".join(
            f"{now[key]:>{12}.{digits}f} ({change[key]:+.{digits}f})".rjust(22)
            for key, digits in (("compression_N", 0), ("shear_N", 0), ("moment_Nm", 1))
        )
        print(f"{now['level']:<8}{cells}", file=out)
    print("\nIn brackets: the difference from a psoas of full length.\n", file=out)
    for key, name in (
        ("pelvic_tilt_deg", "pelvis tilted forwards"),
        ("lordosis_deg", "lordosis, L1 to S1"),
        ("hip_extension_deg", "passive hip extension"),
    ):
        print(f"{name:<26}{answer[key]:>8.1f} deg ({answer['difference'][key]:+.1f})", file=out)
    cannot = " (muscles of this strength cannot hold it)" if answer["reserve_Nm"] > HELD else ""
    print(f"{'reserve used':<26}{answer['reserve_Nm']:>8.4f} Nm{cannot}", file=out)


def _postures(person: Person, shortening: float, as_json: bool, out: TextIO) -> int:
    from nextposture.body.disc_loads import loads
    from nextposture.body.postures import posture_names

    solved = {name: loads(person, name, shortening) for name in posture_names()}
    reference = solved["standing"].level("L4/5").compression_N
    rows = [
        {
            "name": name,
            "ratio_to_standing": round(found.level("L4/5").compression_N / reference, 4),
            "levels": [
                {
                    "level": level.level,
                    "compression_N": round(level.compression_N, 2),
                    "shear_N": round(level.shear_N, 2),
                    "moment_Nm": round(level.moment_Nm, 3),
                }
                for level in found.levels
            ],
            "reserve_Nm": round(found.reserve_Nm, 6),
        }
        for name, found in solved.items()
    ]
    if as_json:
        print(json.dumps({"postures": rows}, indent=2), file=out)
        return 0
    heads = f"{'L4/5 compression N':>20}{'to standing':>14}{'L5/S1 shear N':>16}{'reserve Nm':>13}"
    print(f"{'posture':<26}{heads}", file=out)
    for row in rows:
        by = {level["level"]: level for level in row["levels"]}  # type: ignore[attr-defined]
        print(
            f"{row['name']:<26}{by['L4/5']['compression_N']:>20.0f}{row['ratio_to_standing']:>14.2f}"
            f"{by['L5/S1']['shear_N']:>16.0f}{row['reserve_Nm']:>13.3f}",
            file=out,
        )
    if any(row["reserve_Nm"] > HELD for row in rows):  # type: ignore[operator]
        print(f"\nA reserve above {HELD:g} Nm: muscles of this strength cannot hold the posture.", file=out)
    return 0
