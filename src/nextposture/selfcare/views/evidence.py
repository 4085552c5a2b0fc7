"""What the evidence says: every claim the app leans on, how sure one can be, for, against and sources."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nextposture import knowledge
from nextposture.selfcare.evidence_lines import how_read, matching, shown


def show(request: HttpRequest) -> HttpResponse:
    """Show all claims, or with `?q=` those that hold every word of it, and the sources they cite."""
    known = knowledge.load()
    query = request.GET.get("q", "").strip()
    claims = matching((shown(claim, known.sources) for claim in known.claims.values()), query)
    cited = {line.source_id for claim in claims for line in claim.lines if line.source_id}
    context = {
        "query": query,
        "claims": claims,
        "total": len(known.claims),
        "topics": sorted({topic for claim in known.claims.values() for topic in claim.topics}),
        "sources": [
            (id_, known.sources[id_], how_read(known.sources[id_].provenance))
            for id_ in sorted(cited, key=lambda id_: known.sources[id_].cite.casefold())
        ],
    }
    return render(request, "selfcare/evidence.html", context)
