"""`nextposture measure`: one of the tests, or a walk, measured from a video file."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from nextposture.pose.watching import Watched

TESTS = {
    "thomas": "thomas",
    "plank": "plank",
    "bridge": "single_leg_bridge",
    "sit-to-stand": "sit_to_stand",
    "walk": "walk",
}
"""What a test is called on the command line -> in `motion.measuring`."""

PROGRESS_EVERY_S = 1.0
FLAT = {"yes": True, "no": False}


def add_parser(subparsers: Any) -> None:
    """Register the sub-command with argparse's sub-parsers."""
    parser = subparsers.add_parser(
        "measure",
        help="measure a test from a video file",
        description="Angles over time, the result with its error band, and what stood in the way, "
        "from a video that shows one person from the side.",
    )
    parser.add_argument("video", type=Path, metavar="VIDEO", help="a video file, for example an MP4")
    parser.add_argument("--test", required=True, choices=list(TESTS), help="what the person does in it")
    parser.add_argument("--side", choices=["left", "right"], help="the person's side that is measured")
    parser.add_argument(
        "--back-flat",
        choices=list(FLAT),
        help="thomas: whether the lower back was held flat; a video cannot show it",
    )
    parser.add_argument("--from", dest="start", type=_seconds, default=0.0, metavar="S", help="start here")
    parser.add_argument("--to", dest="end", type=_seconds, metavar="S", help="end here; seconds of the video")
    parser.add_argument("--model", choices=["full", "lite"], default="full", help="the network (full)")
    parser.add_argument("--json", action="store_true", help="write JSON, angles over time included")
    parser.add_argument(
        "--overlay", type=Path, metavar="OUT", help="also write a video with what was seen (MP4)"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(args: argparse.Namespace, out: TextIO) -> int:
    """Write the result; 0, or 2 with one line on stderr for a video that cannot be measured, or 1 with one
    line when what reads videos is not installed."""
    try:
        from nextposture.pose.video import VideoError
        from nextposture.pose.watching import watch
    except ModuleNotFoundError as missing:
        print(
            f"nextposture measure: {missing.name} is not installed; "
            "run `make video`, or pip install 'nextposture[video]'",
            file=sys.stderr,
        )
        return 1
    test = TESTS[args.test]
    if args.side is None and test in ("thomas", "single_leg_bridge"):
        return _refuse(f"--test {args.test} needs --side left or --side right, the person's own.")
    if args.overlay is not None and _same(args.overlay, args.video):
        return _refuse(f"--overlay would write over {args.video} itself. Choose another name.")
    try:
        watched = watch(
            args.video,
            test,
            args.side,
            pelvis_flat=FLAT.get(args.back_flat),
            model=args.model,
            start_s=args.start,
            end_s=args.end,
            overlay=args.overlay,
            progress=None if args.quiet else _Progress(sys.stderr),
        )
    except VideoError as problem:
        return _refuse(str(problem))
    if args.json:
        json.dump(_plain(watched, args), out, indent=2)
        print(file=out)
    if watched.refusal is not None:
        return _refuse(watched.refusal)
    if not args.json:
        _write(watched, args, out)
    return 0


def _refuse(words: str) -> int:
    print(f"nextposture measure: {words}", file=sys.stderr)
    return 2


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < 1e6:
        raise argparse.ArgumentTypeError("seconds are 0 or more")
    return seconds


class _Progress:
    """How far along, on one line that is written over, at most once a second and only on a terminal."""

    def __init__(self, to: TextIO) -> None:
        self.to = to
        self.begun = time.monotonic()
        self.told = self.begun

    def __call__(self, done_s: float, all_s: float | None, pictures: int) -> None:
        now = time.monotonic()
        if now - self.told < PROGRESS_EVERY_S or not self.to.isatty():
            return
        self.told = now
        share = f"{100 * done_s / all_s:.0f} %, " if all_s else ""
        print(
            f"\r{share}{pictures / (now - self.begun):.0f} pictures a second ",
            end="",
            file=self.to,
            flush=True,
        )

    def end(self) -> None:
        """Leave a clean line."""
        if self.told != self.begun:
            print("\r" + " " * 40 + "\r", end="", file=self.to, flush=True)


def _plain(watched: Watched, args: argparse.Namespace) -> dict[str, Any]:
    return {
        "video": args.video.name,
        "test": args.test,
        "model": watched.model,
        "runtime": watched.runtime,
        "pictures": watched.pictures,
        "with_person": watched.with_person,
        "seconds": round(watched.seconds, 3),
        "refused": watched.refusal,
        "sight": dict(watched.sight),
        **{name: value for name, value in watched.result.as_plain().items() if name != "test"},
        "series": dict(watched.series),
    }


def _write(watched: Watched, args: argparse.Namespace, out: TextIO) -> None:
    result = watched.result.as_plain()
    side = f", {result['side']} side" if result["side"] else ""
    print(f"{args.test}{side}: {_value(result)}", file=out)
    print(f"quality: {result['quality']}", file=out)
    for note in (*result["refusals"], *result["notes"]):
        print(f"- {note['text']}", file=out)
    for name, value in result["detail"].items():
        if isinstance(value, str | int | float):
            print(f"{name.replace('_', ' ')}: {value}", file=out)
    for name, values in watched.series.items():
        seen = [value for value in values if value is not None]
        if name != "at_s" and seen:
            print(f"{name}: {min(seen):.0f} to {max(seen):.0f} degrees in {len(seen)} pictures", file=out)
    print(
        f"{watched.with_person} of {watched.pictures} pictures show a person; "
        f"{watched.model}, {watched.runtime}",
        file=out,
    )
    if args.overlay is not None:
        print(f"what was seen: {args.overlay}", file=out)


def _value(result: dict[str, Any]) -> str:
    if result["measure"] is None:
        return "no number of its own; the angles are below"
    if result["value"] is None:
        return "unknown"
    error = result["error"]
    # A clock's band is less than a second, which is not nothing.
    band = "" if error is None else f" give or take {error:.0f}" if error >= 1 else f" give or take {error:g}"
    return f"{result['value']:.1f} {result['unit']}{band}"
