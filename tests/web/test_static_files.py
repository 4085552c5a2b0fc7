"""Styles and scripts when a new version takes over: pages of the one before go on with theirs."""

from __future__ import annotations

from pathlib import Path

from django.conf import LazySettings
from django.http import HttpResponse
from django.test import RequestFactory

from nextposture.site import static_files


def test_files_of_the_version_before_stay_until_the_next(
    tmp_path: Path, settings: LazySettings, db: None
) -> None:
    """`db`, as the end of every answer looks after the connections that there are."""
    sources, root = tmp_path / "sources", tmp_path / "static"
    sources.mkdir()
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [sources]
    settings.STATIC_ROOT = root
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "nextposture.site.static_files.HashedFiles"},
    }

    def served_by(version: str) -> set[str]:
        (sources / "site.css").write_text(f"/* {version} */" + "a { color: red }" * 100)
        (sources / f"only-{version}.js").write_text(version)
        static_files.make_ready()
        (sources / f"only-{version}.js").unlink()
        return {one.name for one in root.iterdir() if "." in one.name}

    first = served_by("first")
    hashed = {name for name in first if name.count(".") > 1 and name != "site.css.gz"}
    assert len(hashed) == 3  # the style's with its compressed copy
    running = static_files.StaticFilesMiddleware(lambda request: HttpResponse(status=404))
    second = served_by("second")
    assert hashed < second and "only-first.js" not in second
    assert "second" in (root / "site.css").read_text()

    def status(name: str) -> int:
        return running(RequestFactory().get(f"/static/{name}")).status_code

    assert not {
        name for name in second if not name.endswith(".gz") and status(name) != 200
    }  # of both versions, by a worker of the first
    assert status("site.none.css") == status("../sources/site.css") == status("") == 404
    third = served_by("third")
    assert not hashed & third and len(second & third) > 3
