"""Styles, scripts and fonts, served under names that change with their content.

They are made ready (hashed, compressed) in the data folder when the server starts, once per set of files, so
that a checkout and an installed wheel work the same way and building needs no Django.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import SuspiciousFileOperation
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.utils._os import safe_join
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from nextposture.pose import parts

MANIFEST = CompressedManifestStaticFilesStorage.manifest_name
"""The file in STATIC_ROOT that says which name with a hash each file has."""


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names with content hashes, also inside the import statements of ES modules."""

    support_js_module_import_aggregation = True


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise, answering in one piece: under ASGI Django warns of its file iterator at each request.

    What finds a person in the camera's picture is served from the package itself, not copied and compressed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.pose_prefix = f"{settings.STATIC_URL}{parts.address('')}"
        super().__init__(get_response)
        self.add_files(parts.FOLDER, prefix=self.pose_prefix)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Also files that a newer version has put there since: its pages may ask this worker for them."""
        if request.path.startswith(settings.STATIC_URL) and request.path not in self.files:
            with suppress(SuspiciousFileOperation, ValueError):
                file = safe_join(settings.STATIC_ROOT, request.path.removeprefix(settings.STATIC_URL))
                if Path(file).is_file():
                    self.add_file_to_dictionary(request.path, file)
        return cast(HttpResponse, super().__call__(request))

    def immutable_file_test(self, path: str, url: str) -> bool:
        """Whether the address changes with the content; the parts' prefix does."""
        return url.startswith(self.pose_prefix) or super().immutable_file_test(path, url)

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """The file as an ordinary response."""
        streamed = WhiteNoiseMiddleware.serve(static_file, request)
        body = b"".join(streamed.streaming_content)
        streamed.close()
        return HttpResponse(body, status=streamed.status_code, headers=streamed.headers)


def make_ready() -> None:
    """Fill STATIC_ROOT, unless it already holds exactly today's files.

    What the version before served stays until the next: its pages are open in browsers still, and on a
    clinic's server its workers too may go on for a while.
    """
    root = Path(settings.STATIC_ROOT)
    made_from = root / "made-from"
    recipe = _fingerprint()
    if made_from.is_file() and made_from.read_text() == recipe:
        return
    before = _served_from(root)
    for file in root.rglob("*"):
        if file.is_file() and file.name != MANIFEST and _plain_name(root, file) not in before:
            file.unlink()
    call_command("collectstatic", interactive=False, verbosity=0)
    made_from.write_text(recipe)


def _served_from(root: Path) -> frozenset[str]:
    """The files in `root` that pages ask for, by their names with hashes."""
    try:
        return frozenset(json.loads((root / MANIFEST).read_text())["paths"].values())
    except (OSError, ValueError, KeyError):
        return frozenset()


def _plain_name(root: Path, file: Path) -> str:
    """The name of a file, also of its compressed copy, within `root`."""
    return file.relative_to(root).as_posix().removesuffix(".gz").removesuffix(".br")


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            facts = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
