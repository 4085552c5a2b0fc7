"""Keeping in step: what waits goes to the clinic, what changed there comes here, in rounds that repeat well.

What is done here is written before it is sent and marked after it was answered; what is heard is kept
together with how far was heard. So a round that was cut off at any point is simply done again: the clinic
knows each act by its key, and takes each parcel as a whole.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone
from filelock import FileLock, Timeout

from nextposture.interop.content import CHECKS
from nextposture.interop.joined import links
from nextposture.interop.joined.line import Ask, TroubleError, ask
from nextposture.interop.joined.parcels import parcels, to_send
from nextposture.interop.joined.table import joined_table
from nextposture.interop.kept import kept_of, restored
from nextposture.knowledge import load
from nextposture.record import check_ins, decided
from nextposture.record.models import ClinicLink, FromClinic, Measurement, Person, PlanDecision, ToClinic

log = logging.getLogger(__name__)
T = TypeVar("T")

MOST_ROUNDS = 60
FIRST_AFTER_S = 10.0
IN_EMERGENCY = frozenset({"withdraw", "take_back", "cancel_time", "leave"})
"""What is told also while an emergency stands: what takes back, never what asks a clinic for help."""


def keep_in_step(
    person: Person, using: Ask = ask, now: Callable[[], datetime] = timezone.now, folder: Path | None = None
) -> str:
    """Send what waits and fetch what is new. The id of the trouble there was, empty without any.

    Without a clinic nothing is asked of anybody.
    """
    lock = FileLock((folder or settings.DATA) / "clinic.lock", timeout=0)
    try:
        with lock:
            return _keep(person, using, now)
    except Timeout:
        return "busy"


def _keep(person: Person, using: Ask, now: Callable[[], datetime]) -> str:
    link = links.link_of(person)
    if link is None:
        return ""
    trouble = ""
    try:
        if not links.token_of(link):
            raise TroubleError("no_key")
        for _ in range(MOST_ROUNDS):
            if not _round(link, using, now):
                break
            link.refresh_from_db()
            if link.ended_at is not None:
                return ""
    except TroubleError as error:
        trouble = error.id
    at = now()
    if trouble == "left":
        _told_all(link, at)
        links.end(link, ClinicLink.EndedBy.PERSON, at)
        return ""
    if trouble == "revoked":
        links.end(link, ClinicLink.EndedBy.CLINIC, at)
    told: dict[str, Any] = {"trouble": trouble}
    if not trouble:
        told["in_step_at"] = at
    ClinicLink.objects.filter(pk=link.pk).update(**told)
    return trouble


def _round(link: ClinicLink, using: Ask, now: Callable[[], datetime]) -> bool:
    """One request and what its answer changes. Whether there is more to do. Raises TroubleError."""
    table, at = joined_table(), now()
    emergency = links.emergency_stands(link.person)
    pending = [one for one in links.waiting(link) if not emergency or one.kind in IN_EMERGENCY]
    most_bytes = table.limits.request_bytes // 2
    acts = _first_that_fit(pending[: table.limits.acts], lambda one: one.content, most_bytes)
    # Before they leave: who left answers no more.
    answers = [] if any(one.kind == "leave" for one in pending) else links.unheard_answers(link)
    here = {} if emergency else parcels(link.person, links.allowed(link, at))
    differing = {} if emergency else to_send(here, link.parcels)
    body = {
        "cursor": link.cursor,
        "acts": [
            {"key": str(one.key), "kind": one.kind, "content": _content(link, one), "at": one.at.isoformat()}
            for one in (*acts, *answers[: table.limits.acts - len(acts)])
        ],
        # So that no parcel is in the way of what was done.
        "parcels": {} if acts else dict(_first_that_fit(differing.items(), lambda one: one[1], most_bytes)),
    }
    ClinicLink.objects.filter(pk=link.pk).update(tried_at=at)  # from here on it may have arrived
    told = using(link.address, "sync", body, links.token_of(link))
    try:
        _keep_answer(link, acts, told, at)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise TroubleError("newer") from None
    if refused := told.get("refused"):
        log.error("The clinic's server did not take %s", str(refused).partition(",")[0].partition(":")[0])
        raise TroubleError("not_taken")
    link.refresh_from_db()
    if link.ended_at is not None:
        return True
    left = [one for one in links.waiting(link) if not emergency or one.kind in IN_EMERGENCY]
    more_answers = links.unheard_answers(link)
    if more_answers and [one.key for one in more_answers] != [one.key for one in answers]:
        return True
    if told["items"] or acts:  # which may have changed what may be seen, and the plan
        here = {} if emergency else parcels(link.person, links.allowed(link, at))
    still = {} if emergency else to_send(here, link.parcels)
    # What the clinic left aside, since its consent ended there meanwhile, is not sent again and again.
    return bool(told["more"] or left or (still and (acts or still.keys() != differing.keys())))


def _content(link: ClinicLink, act: ToClinic) -> dict[str, Any]:
    if act.kind != "refer":
        return dict(act.content)
    outcome = check_ins.current_outcome(link.person)
    if outcome is None:
        return dict(act.content)
    return {
        **act.content,
        "urgency": outcome.urgency,
        "reasons": check_ins.plain_reasons(outcome),
        "knowledge_version": outcome.knowledge_version,
    }


def _first_that_fit(those: Iterable[T], content: Callable[[T], Any], most_bytes: int) -> list[T]:
    """The first that fit into a request together; one that is too large alone goes alone."""
    fitting, size = list[T](), 0
    for one in those:
        size += len(json.dumps(content(one)))
        if fitting and size > most_bytes:
            break
        fitting.append(one)
    return fitting


@transaction.atomic
def _keep_answer(link: ClinicLink, acts: list[ToClinic], told: Mapping[str, Any], at: datetime) -> None:
    answered = told["acts"]
    if told["again"]:  # the clinic's server was restored from a backup; what it knows it answers as before
        sent = ToClinic.objects.filter(link=link, refused="").exclude(sent_at=None)
        # A time with the clinic that is over, and what was refused, is not to happen a second time.
        leave = sent.filter(kind="leave").order_by("-pk").first()
        sent.filter(pk__gt=0 if leave is None else leave.pk).update(sent_at=None)
    for one in acts:
        if (why := answered.get(str(one.key))) is not None:
            ToClinic.objects.filter(key=one.key).update(sent_at=at, refused=str(why))
    for item in told["items"]:
        _hear(link, str(item["kind"]), str(item["key"]), item["content"], at)
    if any(item["kind"] == "decision" for item in told["items"]):
        decided.put_in_force(load(), link.person, at)
    changed = {
        "clinic": dict(told["clinic"]),
        "cursor": int(told["cursor"]),
        "parcels": {str(name): str(one) for name, one in told["parcels"].items()},
    }
    ClinicLink.objects.filter(pk=link.pk).update(**changed)
    left = [one for one in acts if one.kind == "leave" and answered.get(str(one.key)) is not None]
    if left:
        links.end(link, ClinicLink.EndedBy.PERSON, at)


def _hear(link: ClinicLink, kind: str, key: str, content: Any, at: datetime) -> None:
    if kind == "measurement":
        _keep_row(link.person, Measurement, key, content)
        return
    if kind == "decision":
        _keep_row(link.person, PlanDecision, key, content)
    if content is None:
        FromClinic.objects.filter(link=link, kind=kind, key=key).delete()
        return
    FromClinic.objects.update_or_create(
        link=link, kind=kind, key=key, defaults={"content": dict(content), "heard_at": at}
    )


def _keep_row(person: Person, model: type[Measurement | PlanDecision], key: str, content: Any) -> None:
    """What a clinic measured or decided becomes part of the record; what is there already stays as it is."""
    if content is None or model.objects.filter(key=key).exists():
        return
    check = CHECKS[model.__name__]
    values = {
        field.name: restored(field, content[field.name])
        for field in kept_of(model).fields
        if field.name in content
    }
    if wrong := check(values):
        raise ValueError(wrong[0])
    if model is PlanDecision:  # the answer is the person's, and is here if there is one
        values = {name: value for name, value in values.items() if not name.startswith("answer")}
    model.objects.create(person=person, **values)


def _told_all(link: ClinicLink, at: datetime) -> None:
    """The clinic says that we left: what went with or before that was told, and only its answer lost."""
    leave = links.waiting(link).filter(kind="leave").first()
    if leave is not None:
        links.waiting(link).filter(pk__lte=leave.pk).update(sent_at=at)


@contextmanager
def kept_in_step(person: Callable[[], Person | None]) -> Iterator[None]:
    """Keep in step every so often, in a thread, while the block runs; only while somebody joined a clinic."""
    ended = threading.Event()

    def look() -> None:
        pause = FIRST_AFTER_S
        while not ended.wait(pause):
            pause = joined_table().every.total_seconds()
            try:
                who = person()
                if who is not None:
                    keep_in_step(who)
            except Exception as error:  # a full disk must not end the looking
                log.error("Keeping in step with the clinic failed: %s", type(error).__name__)
            finally:
                connections.close_all()

    thread = threading.Thread(target=look, name="clinic", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=2)
