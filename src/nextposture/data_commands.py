"""`nextposture export`, `import`, `backup`, `restore`, `erase`, `report`, `clinic-sync`: in and out.

They work whether the app runs or not.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

FORMATS = {"json": "json", "csv": "zip", "fhir": "fhir.json"}
"""Formats of an export, and how a file of each ends."""


def add_parser(subparsers: Any) -> None:
    """Register the sub-commands."""

    def command(name: str, help_: str, description: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = subparsers.add_parser(name, help=help_, description=description)
        # Also after the command, where one would look for it.
        parser.add_argument(
            "--data", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="folder of the record"
        )
        return parser

    export = command(
        "export", "write everything that is kept to one file", "Write everything that is kept to one file."
    )
    export.add_argument("--format", choices=tuple(FORMATS), default="json", help="default: json")
    export.add_argument(
        "-o", "--output", metavar="FILE", help="default: a file named by the date; - for standard output"
    )
    import_ = command(
        "import",
        "bring a record in from an export",
        "Read an export (JSON or FHIR bundle) into this record: all of it or nothing.",
    )
    import_.add_argument("file", metavar="FILE")
    import_.add_argument(
        "--replace", action="store_true", help="take the place of the record here, which is backed up first"
    )
    backup = command("backup", "back the record up now", "Back the record up now, besides the daily backup.")
    backup.add_argument("--list", action="store_true", help="only list the backups there are")
    restore = command(
        "restore",
        "go back to a backup",
        "Put a backup in place of the record, which is backed up first. Without FILE: the newest backup.",
    )
    restore.add_argument(
        "file", metavar="FILE", nargs="?", help="a name that `backup --list` shows, or a path"
    )
    erase = command(
        "erase",
        "erase everything that is kept, backups included",
        "Erase the record, its backups and what the companion keeps. This cannot be undone.",
    )
    erase.add_argument("--yes", action="store_true", help="do not ask")
    command(
        "clinic-sync",
        "bring this record and your clinic in step",
        "Send what waits for your clinic and fetch what is new there, as the running app does by itself.",
    )
    report = command(
        "report", "a report for a physiotherapist", "Write a report for a physiotherapist, as PDF or HTML."
    )
    report.add_argument("--format", choices=("pdf", "html"), default="pdf", help="default: pdf")
    report.add_argument(
        "--weeks", type=int, default=12, help="how far back it looks (default 12; 0: everything)"
    )
    report.add_argument(
        "-o", "--output", metavar="FILE", help="default: a file named by the date; - for standard output"
    )


def run(args: argparse.Namespace, out: TextIO) -> int:
    """Do what was asked; 2 with one line on stderr if it cannot be done."""
    from nextposture.site import data_folder

    os.umask(0o077)
    data = (args.data or data_folder.default()).expanduser().resolve()
    if not (data / "nextposture.sqlite3").exists() and args.command != "import":
        return _refuse(args, f"There is no record in {data}. Name the folder: --data DIR")
    try:
        data_folder.prepare(data)
        _open(data)
    except Exception as error:
        return _refuse(args, f"The record in {data} cannot be opened: {error}")
    from nextposture.interop.archive import ImportRefusedError, NotEmptyError
    from nextposture.interop.backups import BackupError
    from nextposture.interop.bundle import BundleError
    from nextposture.interop.erasing import EraseError
    from nextposture.interop.missing import MissingPartError
    from nextposture.interop.report.files import PdfError
    from nextposture.record.models import Person

    if Person.objects.count() > 1:
        return _refuse(args, f"The record in {data} is about several people. These commands are for one.")
    try:
        return _COMMANDS[args.command](args, data, out)
    except ImportRefusedError as error:
        for problem in error.problems:
            print(f"nextposture {args.command}: {problem}", file=sys.stderr)
        offer = " --replace puts the file in its place." if isinstance(error, NotEmptyError) else ""
        return _refuse(args, f"Nothing was changed.{offer}")
    except (BackupError, BundleError, EraseError, MissingPartError, PdfError) as error:
        return _refuse(args, str(error))
    except OSError as error:
        return _refuse(args, f"{error.filename or data}: {error.strerror or error}")


def _open(data: Path) -> None:
    """Make Django ready over `data`, with the database brought up to date."""
    os.environ["NEXTPOSTURE_DATA"] = str(data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nextposture.site.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)


def _export(args: argparse.Namespace, data: Path, out: TextIO) -> int:
    from nextposture.interop import archive
    from nextposture.record.people import owner

    if args.format == "fhir":
        from nextposture.interop.bundle import bundle_of

        made = archive.as_json(bundle_of(owner()))
    else:
        document = archive.exported(owner())
        made = archive.as_csv(document) if args.format == "csv" else archive.as_json(document)
    return _write(args, made, f"nextposture-{datetime.now():%Y-%m-%d}.{FORMATS[args.format]}", out)


def _import(args: argparse.Namespace, data: Path, out: TextIO) -> int:
    from nextposture.interop import archive, backups
    from nextposture.record.people import owner

    document = archive.document_in(Path(args.file).read_bytes())
    person = owner()
    if args.replace and archive.counts(person):
        backups.make(data, datetime.now(UTC))
    done = archive.import_into(person, document, replace=args.replace)
    print(f"Imported: {archive.in_words(done.rows) or 'an empty record'}.", file=out)
    return 0


def _backup(args: argparse.Namespace, data: Path, out: TextIO) -> int:
    from nextposture.interop import backups

    if not args.list:
        made = backups.make(data, datetime.now(UTC))
        print(f"Backed up as {made.path}", file=out)
        return 0
    for one in backups.listed(data):
        print(f"{one.name}  {one.made_at.astimezone():%Y-%m-%d %H:%M}  {one.size / 1e6:.1f} MB", file=out)
    return 0


def _restore(args: argparse.Namespace, data: Path, out: TextIO) -> int:
    from nextposture.interop import archive, backups
    from nextposture.record.people import owner

    there = backups.listed(data)
    if args.file is None and not there:
        return _refuse(args, "There is no backup yet. Make one: nextposture backup")
    path = there[0].path if args.file is None else Path(args.file)
    if not path.exists() and (backups.folder(data) / path.name).exists():
        path = backups.folder(data) / path.name
    if not path.is_file():
        return _refuse(args, f"There is no backup {args.file}. List them: nextposture backup --list")
    done = backups.restore(owner(), data, path, datetime.now(UTC))
    print(f"Restored: {archive.in_words(done.rows) or 'an empty record'}.", file=out)
    return 0


def _erase(args: argparse.Namespace, data: Path, out: TextIO) -> int:
    from nextposture.interop import erasing

    if not args.yes:
        print(f"Everything in {data} will be erased, backups included. This cannot be undone.", file=out)
        print('Type "erase" to go on: ', end="", file=out, flush=True)
        with contextlib.suppress(EOFError):
            if input().strip() != "erase":
                return _refuse(args, "Nothing was erased.")
            erasing.erase(data)
            print("Erased.", file=out)
            return 0
        print(file=out)
        return _refuse(args, "Nothing was erased. Say --yes where nobody can be asked.")
    erasing.erase(data)
    print("Erased.", file=out)
    return 0


def _report(args: argparse.Namespace, data: Path, out: TextIO) -> int:
    from django.utils import timezone

    from nextposture.interop.report import files
    from nextposture.interop.report.whole import report_of
    from nextposture.record.people import owner

    if args.weeks < 0:
        return _refuse(args, "--weeks must be 0 or more")
    content = report_of(owner(), timezone.now(), args.weeks or None)
    made = files.as_pdf(content) if args.format == "pdf" else files.as_html(content)
    return _write(args, made, f"back-report-{datetime.now():%Y-%m-%d}.{args.format}", out)


def _write(args: argparse.Namespace, made: bytes, name: str, out: TextIO) -> int:
    if args.output == "-":
        sys.stdout.buffer.write(made)
        return 0
    path = Path(args.output or name)
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(made)
    new.replace(path)
    print(
        f"Written to {path}. It holds health data: keep it as you would keep a letter from your doctor.",
        file=out,
    )
    return 0


def _refuse(args: argparse.Namespace, message: str) -> int:
    print(f"nextposture {args.command}: {message}", file=sys.stderr)
    return 2


def _clinic_sync(args: argparse.Namespace, data: Path, out: TextIO) -> int:
    from nextposture.interop.joined import in_step, links
    from nextposture.interop.joined.table import joined_table
    from nextposture.record.people import owner

    link = links.link_of(owner())
    if link is None:
        print("You have joined no clinic, so nothing was asked of anybody.", file=out)
        return 0
    if trouble := in_step.keep_in_step(owner(), folder=data):
        return _refuse(args, joined_table().trouble[trouble])
    print(f"In step with {link.clinic.get('name', 'the clinic')}.", file=out)
    return 0


_COMMANDS = {
    "export": _export,
    "import": _import,
    "backup": _backup,
    "restore": _restore,
    "erase": _erase,
    "report": _report,
    "clinic-sync": _clinic_sync,
}
