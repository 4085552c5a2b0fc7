"""Where the desktop companion brings bouts and breaks, and hears of the plan."""

from __future__ import annotations

import hmac
import json
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from nextposture import knowledge
from nextposture.companion import folder
from nextposture.record import companion
from nextposture.record.people import owner
from nextposture.selfcare.breaks_today import why_shut
from nextposture.selfcare.open_plan import open_plan
from nextposture.sitting.saved import plain


# It has no session and sends no form: a token that only the owner of the data folder can read lets it in.
@csrf_exempt
@login_not_required
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep what it sends, each once, and answer with the names kept and the plan."""
    token = folder.app_token(Path(settings.DATA))
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(sent.encode(), token.encode()):
        return HttpResponseForbidden("The token is missing or wrong.")
    person, known = owner(), knowledge.load()
    try:
        names = companion.keep(person, json.loads(request.body)["kept"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, IntegrityError) as error:
        why = "" if isinstance(error, (KeyError, AttributeError)) else str(error)
        return JsonResponse({"refused": why or "These are no bouts and breaks."}, status=400)
    standing = open_plan(known, person)
    plan = companion.plan_for(
        known,
        person,
        standing.plan,
        timezone.localdate(),
        why_shut=why_shut(standing),
        exercises_wait=standing.wait is not None,
    )
    rules = companion.rules_for(person)
    return JsonResponse({"kept": names, "plan": {"plan": plain(plan), "rules": plain(rules)}})
