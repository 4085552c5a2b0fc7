"""A day as a ribbon, drawn on the server: sitting, standing and breaks, and what became of each prompt.

Shape says it as well as colour, and the same is there in words and as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from html import escape

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from nextposture.record.models import Bout, Break

WIDTH, HEIGHT = 720, 92
BAND_TOP, BAND_BOTTOM = 34, 62
MARKS_Y, HOURS_Y = 18, 84
FIRST_HOUR, LAST_HOUR = 8, 18
LONGEST_BREAK = timedelta(hours=2)
"""A longer absence is drawn as a gap: nobody calls the evening a break."""
SAID = {
    "done": "taken",
    "not_now": "skipped",
    "unanswered": "not answered",
    "later": "put off",
    "withdrawn": "taken back",
}


@dataclass(frozen=True)
class Ribbon:
    """The drawing, its sentence, and its rows: when, what, how long."""

    svg: SafeString
    sentence: str
    rows: tuple[tuple[str, str, str], ...]


def ribbon(on: date, bouts: Sequence[Bout], breaks: Sequence[Break]) -> Ribbon | None:
    """The ribbon of a day, or None if nothing is known of it."""
    breaks = [one for one in breaks if one.answer != Break.Answer.WITHDRAWN]
    if not bouts and not breaks:
        return None
    start, end = _span(on, bouts, breaks)

    def x(at: datetime) -> float:
        share = (timezone.localtime(at) - start) / (end - start)
        return round(WIDTH * min(1.0, max(0.0, share)), 1)

    parts = [_block("ribbon-ground", 0, WIDTH)]
    rows: list[tuple[datetime, str, str]] = []
    for bout in bouts:
        until = bout.started_at + timedelta(seconds=bout.span_s)
        parts.append(_block(f"ribbon-{bout.posture}", x(bout.started_at), x(until)))
        words = f"{bout.get_posture_display()}{'' if bout.seen else ', as far as the clock can tell'}"
        rows.append((bout.started_at, words, _minutes(bout.seconds)))
    for one in breaks:
        length = timedelta(seconds=one.seconds)
        if one.started_at is not None and length <= LONGEST_BREAK:
            parts.append(
                _block(
                    "ribbon-break", x(one.started_at), max(x(one.started_at + length), x(one.started_at) + 3)
                )
            )
        if one.offered_at is not None:
            parts.append(_mark(one, x(one.offered_at)))
        rows.append((one.offered_at or one.started_at or one.answered_at, _words(one), _length(one)))
    hours = []
    hour = start
    while hour <= end:
        if hour.hour % 2 == 0:
            at = min(WIDTH - 14, max(14, x(hour)))
            hours.append(f'<text class="ribbon-hour" x="{at}" y="{HOURS_Y}">{hour:%H}:00</text>')
        hour += timedelta(hours=1)
    sentence = _sentence(bouts, breaks)
    svg = (
        f'<svg class="ribbon" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(sentence)}">'
        f"{''.join(parts)}{''.join(hours)}</svg>"
    )
    rows.sort(key=lambda row: row[0])
    told = tuple((f"{timezone.localtime(at):%H:%M}", what, long) for at, what, long in rows)
    return Ribbon(mark_safe(svg), sentence, told)  # our own drawing, its words escaped


def _span(on: date, bouts: Sequence[Bout], breaks: Sequence[Break]) -> tuple[datetime, datetime]:
    """From the hour in which the day begins to the one in which it ends, office hours at least."""
    times = [timezone.localtime(bout.started_at) for bout in bouts]
    times += [timezone.localtime(bout.started_at + timedelta(seconds=bout.span_s)) for bout in bouts]
    times += [timezone.localtime(one.offered_at or one.started_at or one.answered_at) for one in breaks]
    midnight = timezone.make_aware(datetime.combine(on, time()))
    first = min(*times, midnight + timedelta(hours=FIRST_HOUR))
    last = max(*times, midnight + timedelta(hours=LAST_HOUR))
    whole = first.replace(minute=0, second=0, microsecond=0)
    return whole, last.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _block(kind: str, left: float, right: float) -> str:
    return (
        f'<rect class="{kind}" x="{left}" y="{BAND_TOP}" width="{max(1.0, round(right - left, 1))}" '
        f'height="{BAND_BOTTOM - BAND_TOP}"/>'
    )


def _mark(one: Break, x: float) -> str:
    """Filled: taken. Ring: nobody answered. Cross: skipped. A line down: it had waited or been put off."""
    x = min(WIDTH - 7, max(7, x))
    y = MARKS_Y
    title = f"<title>{escape(_words(one))}</title>"
    waited = (
        ""
        if not (one.snoozes or one.deferred)
        else f'<path class="ribbon-waited" d="M{x} {y + 6}V{BAND_TOP}"/>'
    )
    if one.answer == Break.Answer.DONE:
        shape = f'<circle class="ribbon-taken" cx="{x}" cy="{y}" r="6"/>'
    elif one.answer == Break.Answer.NOT_NOW:
        shape = f'<path class="ribbon-skipped" d="M{x - 5} {y - 5}l10 10m0 -10l-10 10"/>'
    else:
        shape = f'<circle class="ribbon-open" cx="{x}" cy="{y}" r="5"/>'
    return f"<g>{title}{waited}{shape}</g>"


def _words(one: Break) -> str:
    if one.offered_at is None and one.answer == Break.Answer.DONE:
        return "Break, unasked"
    words = [f"Break, {SAID[one.answer]}"]
    if one.snoozes:
        words.append(f"put off {'once' if one.snoozes == 1 else 'twice'}")
    waited = sum(seconds for reason, seconds in one.deferred.items() if reason != "put_off")
    if waited >= 30:
        words.append(f"had waited {_minutes(waited)}")
    return ", ".join(words)


def _length(one: Break) -> str:
    return _minutes(one.seconds) if one.seconds else ""


def _minutes(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _sentence(bouts: Sequence[Bout], breaks: Sequence[Break]) -> str:
    said = []
    for posture, word in ((Bout.Posture.SITTING, "sat"), (Bout.Posture.STANDING, "stood at the desk")):
        long = sum(bout.seconds for bout in bouts if bout.posture == posture)
        if long:
            said.append(f"{word} for {_minutes(long)}")
    longest = max((bout.seconds for bout in bouts if bout.posture == Bout.Posture.SITTING), default=0)
    if longest:
        said.append(f"at most {_minutes(longest)} at a time")
    offered = [one for one in breaks if one.offered_at is not None]
    taken = [one for one in offered if one.answer == Break.Answer.DONE]
    if offered:
        said.append(f"were up {len(taken)} of {len(offered)} times when asked")
    unasked = sum(one.offered_at is None and one.answer == Break.Answer.DONE for one in breaks)
    if unasked:
        said.append(f"got up {unasked} time{'s' if unasked > 1 else ''} unasked")
    *rest, last = said or ["left no trace yet"]
    return f"You {', '.join(rest)} and {last}." if rest else f"You {last}."
