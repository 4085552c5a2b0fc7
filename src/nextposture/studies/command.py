"""`nextposture study FILE`: run a study over a population and write its report."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, TextIO


def add_parser(subparsers: Any) -> None:
    """Register the sub-command with argparse's sub-parsers."""
    parser = subparsers.add_parser(
        "study",
        help="run a study over a population of bodies; YAML in, Parquet and a report out",
        description="Run a study. Killed and started again, it goes on where it was.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the study, YAML (docs/study.md says how)")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where to (the file's name without its ending)"
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="threads on this computer (as many as it has cores)"
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="a Dask cluster's scheduler, such as tcp://host:8786"
    )


def run(args: argparse.Namespace, out: TextIO) -> int:
    """Run it and say on `out` where the report is; 0, or 2 with one line on stderr for a wrong file, or 1
    with one line when a part is not installed, the folder cannot be used or the cluster does not answer."""
    try:
        from nextposture.knowledge.reading import KnowledgeError
        from nextposture.studies import report, running
        from nextposture.studies.study_file import read_study
    except ModuleNotFoundError as missing:
        print(
            f"nextposture study: {missing.name} is not installed; "
            "run `make studies`, or pip install 'nextposture[studies]'",
            file=sys.stderr,
        )
        return 1
    if args.workers is not None and args.workers < 1:
        print("nextposture study: --workers must be 1 or more", file=sys.stderr)
        return 2
    try:
        study = read_study(args.file)
    except KnowledgeError as wrong:
        print(f"nextposture study: {wrong}", file=sys.stderr)
        return 2
    except OSError as failure:
        print(f"nextposture study: {args.file}: {failure.strerror or failure}", file=sys.stderr)
        return 2
    folder = args.out or args.file.with_suffix("")
    try:
        running.run(study, folder, args.workers, args.scheduler)
        page = report.write(study, folder)
    except running.OtherStudyError as refusal:
        print(f"nextposture study: {refusal}", file=sys.stderr)
        return 2
    except OSError as failure:
        print(f"nextposture study: {failure}", file=sys.stderr)
        return 1
    print(page, file=out)
    return 0
