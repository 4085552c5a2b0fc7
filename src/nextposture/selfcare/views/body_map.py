"""The body map: where it hurts, front and back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from nextposture.knowledge.body_map import Region
from nextposture.knowledge.body_map import body_map as the_map
from nextposture.record import body_map
from nextposture.record.people import person_of


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Show the map as it was marked last, or keep what is marked now."""
    person, today = person_of(request), timezone.localdate()
    if request.method == "POST":
        body_map.mark(person, request.POST.getlist("region"), today)
        return redirect("selfcare:progress")
    drawn = the_map()
    maps = body_map.marked(person)
    now = maps[0].regions if maps else frozenset()
    views = [
        (title, [(one, *_place(one), one.id in now) for one in drawn.seen(view)])  # type: ignore[arg-type]
        for view, title in (("back", "Seen from behind"), ("front", "Seen from the front"))
    ]
    return render(request, "selfcare/body_map.html", {"map": drawn, "views": views, "maps": maps[1:9]})


def _place(region: Region) -> tuple[str, float, float, float, float]:
    """The outline as SVG points, and the box around it: x, y, width, height."""
    across, down = [x for x, _ in region.points], [y for _, y in region.points]
    points = " ".join(f"{x:g},{y:g}" for x, y in region.points)
    return points, min(across), min(down), max(across) - min(across), max(down) - min(down)
