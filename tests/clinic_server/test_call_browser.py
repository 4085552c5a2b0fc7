"""Two real browsers: a person is screened, refers and books; they meet in a call, a reading is taken and
lands in the record, a drop is got over; the plan is edited, and the person sees it.

The person's camera plays a real film, so real joints reach the practitioner. The film shows nobody lying
down, so for the Thomas reading the worker that looks is replaced by one that tells a synthetic person's
landmarks; everything behind it is the product's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.answering import Person as Answering
from tests.chromium import chromium_path
from tests.clinic_server.call_people import Meeting, meeting
from tests.clinical.cases import answers_of, vignettes
from tests.filmed_people import fake_camera
from tests.synthetic_person import Camera, Film, Script, thomas
from tests.watched_page import axe_violations, watched

WITHIN_MS = 60_000
FPS = 12


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meeting]:
    """A clinic's server and an appointment by video that has begun."""
    one = meeting(tmp_path_factory.mktemp("clinic"))
    yield one
    one.server.stop()


@pytest.fixture(scope="module")
def filming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, Browser]]:
    """Two Chromium, the person's and the practitioner's; a woman walks past each camera, microphones beep."""
    film = fake_camera(tmp_path_factory.mktemp("film") / "walk.mjpeg")
    arguments = [
        "--no-sandbox",
        "--autoplay-policy=no-user-gesture-required",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    with sync_playwright() as playwright:
        one, other = (
            playwright.chromium.launch(executable_path=chromium_path(), args=arguments) for _ in range(2)
        )
        yield one, other
        one.close()
        other.close()


@contextmanager
def page_of(
    met: Meeting, browser: Browser, cookies: dict[str, str], *, devices: bool = True, **more: Any
) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(
        base_url=met.server.origin,
        locale="en-GB",
        permissions=["camera", "microphone"] if devices else [],
        **more,
    )
    context.add_cookies([{"name": k, "value": v, "url": met.server.origin} for k, v in cookies.items()])
    with watched(context, met.server.origin, "WebSocket connection to") as page:
        yield page
    context.close()


def join(page: Page, met: Meeting, start: str | None = "Turn on camera and microphone") -> None:
    page.goto(met.address)
    expect(page.locator("[data-told=server]")).to_contain_text("answers", timeout=WITHIN_MS)
    if start:
        page.get_by_role("button", name=start).click()
        expect(page.locator("[data-told=microphone]")).not_to_contain_text("tried", timeout=WITHIN_MS)
    page.get_by_role("button", name="Go to the waiting room").click()


def connected(*pages: Page) -> None:
    for page in pages:
        call = page.locator("[data-call]")
        expect(call).to_have_attribute("data-connection", "connected", timeout=WITHIN_MS)


def plays(page: Page) -> bool:
    """Whether the other side's picture moves here."""
    script = "one => new Promise(done => one.requestVideoFrameCallback(() => done(one.videoWidth > 0)))"
    return bool(page.locator("[data-remote]").evaluate(script))


def lying() -> list[list[float]]:
    """The landmarks of three trials of the left leg, at FPS pictures a second: lifted, let down, still."""
    script = Script(thomas(-25, 70), settle_s=1.0)
    for _ in range(3):
        script = script.then(thomas(-8, 70), 0.8, 4.0).then(thomas(-30, 70), 0.8, 0.4)
    camera = Camera(fps=FPS, jitter=0.001, drift=0.001, height=0.9)
    frames = Film(script, camera, work="left", near="left", hips_m=0.85).frames()
    return [
        [round(value, 5) for one in frame.landmarks for value in (one.x, one.y, one.visibility)]
        for frame in frames
    ]


def worker_of(pictures: list[list[float]]) -> str:
    """A worker in the place of the one that looks: it tells these landmarks, picture after picture."""
    return f"""
const pictures = {json.dumps(pictures)};
const begun = performance.now();
addEventListener("message", ({{ data }}) => {{
  if (data.do === "open") return postMessage({{ is: "open" }});
  data.picture.close();
  const at = Math.floor((performance.now() - begun) / {1000 / FPS});
  const numbers = new Float32Array([data.atMs / 1000, 1280, 720, ...pictures[at % pictures.length]]);
  setTimeout(() => postMessage({{ is: "seen", numbers, tookMs: 5 }}, [numbers.buffer]), {1000 // FPS});
}});
"""


def test_two_meet_and_the_practitioner_sees_a_real_persons_joints(
    met: Meeting, filming: tuple[Browser, Browser]
) -> None:
    with ExitStack() as stack:
        ann = stack.enter_context(
            page_of(met, filming[0], met.person, viewport={"width": 390, "height": 844})
        )
        bo = stack.enter_context(page_of(met, filming[1], met.practitioner))
        bo.goto(met.address)
        bo.get_by_role("button", name="Turn on camera and microphone").click()
        expect(bo.locator("[data-told=camera]")).to_contain_text("On.", timeout=WITHIN_MS)
        expect(bo.locator("[data-told=microphone]")).to_contain_text("hears you", timeout=WITHIN_MS)
        expect(bo.locator("[data-told=relay]")).to_contain_text("no relay", timeout=WITHIN_MS)
        assert axe_violations(bo) == []
        join(ann, met)
        expect(ann.get_by_role("status").first).to_contain_text("Ines Marlow is not here yet")
        assert axe_violations(ann) == []
        assert ann.evaluate("document.documentElement.scrollWidth") <= 390
        bo.get_by_role("button", name="Go to the waiting room").click()
        connected(ann, bo)
        assert plays(ann) and plays(bo)
        for page in (ann, bo):
            expect(page.locator("[data-status]")).to_contain_text("directly", timeout=WITHIN_MS)
            assert axe_violations(page) == []

        # Nothing is seen of the pose before the person says yes.
        assert bo.locator("[data-drawn]").get_attribute("data-pictures") is None
        bo.get_by_role("button", name="Ask to measure").click()
        expect(ann.locator("[data-asked]")).to_be_visible()
        expect(ann.get_by_role("button", name="Let Ines Marlow measure")).to_be_focused()
        ann.keyboard.press("Enter")
        expect(bo.locator("[data-drawn]")).to_have_attribute(
            "data-pictures", re.compile(r"\d\d"), timeout=WITHIN_MS
        )
        expect(bo.locator("[data-angle=knee]")).to_contain_text("°", timeout=WITHIN_MS)
        assert axe_violations(bo) == [] and axe_violations(ann) == []

        # The picture can be off while the joints go on.
        ann.get_by_role("button", name="Camera off").click()
        expect(bo.locator("[data-no-picture]")).to_be_visible()
        before = int(bo.locator("[data-drawn]").get_attribute("data-pictures") or 0)
        expect(bo.locator("[data-drawn]")).not_to_have_attribute("data-pictures", str(before))
        ann.get_by_role("button", name="Mute").click()
        expect(bo.locator("[data-other-muted]")).to_be_visible()

        # Stopped, it ends at once.
        ann.get_by_role("button", name="Stop measuring").click()
        expect(bo.get_by_role("button", name="Ask to measure")).to_be_visible()
        assert "muted" not in ann.locator("[data-status]").inner_text()
        bo.get_by_role("button", name="Hang up").click()
        expect(ann.locator("[data-status]")).to_contain_text("hung up")
        track = "() => document.querySelector('[data-self] video').srcObject"
        assert bo.evaluate(track) is None


def newcomer(met: Meeting) -> dict[str, str]:
    """The cookie of somebody who has just made an account on the clinic's site."""
    email = "zoe@home.example"
    met.server.run(
        script=f"from nextposture.clinic import demo\ndemo._account({email!r}, 'Zoe Hart', 'correct horse')"
    )
    return met.server.session_of(email)


def screened_referred_and_booked(zoe: Page) -> str:
    """She checks in, hands the result to the clinic with what it may see, and asks for a time by video.

    Returns the appointment's address.
    """
    Answering(zoe, answers_of(next(one for one in vignettes() if one.id == "P21"))).fill_in()
    zoe.goto("/clinic/")
    zoe.get_by_role("link", name="Harbour Street Physiotherapy").click()
    zoe.get_by_role("link", name="Hand a referral over").click()
    for name in ("Urgency, why", "Your plan", "Measurements"):
        zoe.get_by_role("checkbox", name=name).check()
    zoe.get_by_role("button", name="Hand it over").click()
    zoe.get_by_role("link", name="Find a time").click()
    zoe.get_by_role("radio", name="By video").check()
    zoe.get_by_label("With").select_option(label="Ines Marlow")
    zoe.get_by_role("button", name="Show these times").click()
    while not (free := zoe.locator(".times button")).count():
        zoe.get_by_role("link", name="Week after").click()
    free.first.click()
    zoe.goto("/clinic/appointments/")
    zoe.locator("main a[href*='/clinic/appointments/']").first.click()
    return zoe.url


def accepted(ines: Page, appointment: str) -> None:
    """The practitioner takes the referral from the queue and confirms the time."""
    ines.goto("/clinic/")
    ines.get_by_role("link", name="Zoe Hart").first.click()
    ines.get_by_role("button", name="Accept").click()
    ines.goto(appointment)
    ines.get_by_role("button", name="Confirm").click()


def plan_is_edited_and_seen(ines: Page, zoe: Page) -> None:
    """She locks one exercise, leaves one out with the reason; the person sees both and who decided."""
    ines.goto("/clinic/")
    ines.get_by_role("link", name="Zoe Hart").first.click()
    expect(ines.get_by_text("in a video call").first).to_be_visible()
    ines.get_by_role("link", name="Plan", exact=True).click()
    for item, button, why in (
        ("EX_BRIDGE", "Lock at this dose", "Ten are enough until your hip moves more."),
        ("EX_PLANK", "Leave it out", "Your shoulder first."),
    ):
        card = ines.locator(f"#{item}")
        card.locator("summary").click()
        if item == "EX_BRIDGE":
            card.get_by_label("Repetitions").fill("10")
        card.get_by_label("Why").fill(why)
        card.get_by_role("button", name=button).click()
        expect(ines.locator(f"#{item} .decision")).to_contain_text(why)
    assert axe_violations(ines) == []
    zoe.goto("/today/")
    note = zoe.locator("[data-decisions-new]")
    expect(note).to_contain_text("Locked by Ines Marlow, physiotherapist, Harbour Street Physiotherapy")
    expect(note).to_contain_text("Your shoulder first.")
    note.get_by_role("link", name="See the plan").click()
    expect(zoe.locator("#EX_BRIDGE")).to_contain_text("10 repetitions")
    expect(zoe.locator("[data-left-out=EX_PLANK]")).to_contain_text("Left out by Ines Marlow")
    assert axe_violations(zoe) == []


def test_the_whole_story_from_screening_to_an_edited_plan_and_a_dead_server_in_between(
    met: Meeting, filming: tuple[Browser, Browser]
) -> None:
    cookie = newcomer(met)
    with ExitStack() as stack:
        ann = stack.enter_context(page_of(met, filming[0], cookie))
        bo = stack.enter_context(page_of(met, filming[1], met.practitioner))
        appointment = screened_referred_and_booked(ann)
        accepted(bo, appointment)
        met = replace(met, uid=appointment.rstrip("/").rpartition("/")[2], person=cookie)
        met.told(
            "from datetime import timedelta\nfrom django.utils import timezone\nnow = timezone.now()\n"
            "Appointment.objects.filter(pk=one.pk).update(starts_at=now, ends_at=now + timedelta(minutes=30))"
        )
        worker = worker_of(lying())
        ann.route(
            "**/pose_worker*.js", lambda route: route.fulfill(body=worker, content_type="text/javascript")
        )
        join(ann, met)
        join(bo, met)
        connected(ann, bo)

        # The server dies in the middle of it, and comes back: they went on seeing each other.
        met.server.stop()
        expect(ann.locator("[data-trouble]")).to_contain_text("still see and hear", timeout=WITHIN_MS)
        assert plays(ann) and plays(bo)
        met.server.serve()
        for page in (ann, bo):
            expect(page.locator("[data-trouble]")).to_be_hidden(timeout=WITHIN_MS)
        connected(ann, bo)

        ann.get_by_role("button", name="Let Ines Marlow measure").click()
        bo.get_by_role("radio", name="Left").check(timeout=WITHIN_MS)
        bo.get_by_role("button", name="Start the reading").click()
        for _ in range(3):
            flat = bo.get_by_role("button", name="Flat", exact=True)
            expect(flat).to_be_focused(timeout=WITHIN_MS)
            bo.keyboard.press("Enter")
            expect(bo.locator("[data-question]")).to_be_hidden()
        words = bo.locator("[data-words]")
        expect(words).to_contain_text("give or take", timeout=WITHIN_MS)
        expect(ann.locator("[data-words]")).to_contain_text("Your left side: the thigh came to")
        assert axe_violations(bo) == [] and axe_violations(ann) == []

        kept = json.loads(
            met.told(
                "import json\nrow = Measurement.objects.get(person=one.person)\n"
                "trail = AuditEvent.objects.filter(person=one.person, action='added').get()\n"
                "told = [row.method, row.side, row.value, row.error, trail.what, trail.actor_name]\n"
                "print(json.dumps(told))"
            )
        )
        assert kept[0] == "call" and kept[1] == "left"
        assert kept[2] == pytest.approx(-8, abs=3) and kept[3] > 0
        assert "measured in a call" in kept[4] and kept[5] == "Ines Marlow"

        # The person sees it in the list of who looked at what; then their plan is edited.
        ann.get_by_role("button", name="Hang up").click()
        ann.goto("/clinic/sharing/")
        expect(ann.get_by_text("measured in a call").first).to_be_visible()
        plan_is_edited_and_seen(bo, ann)


def test_it_works_with_camera_and_microphone_refused_and_says_so(
    met: Meeting, filming: tuple[Browser, Browser]
) -> None:
    refuses = """
      const refuse = () => Promise.reject(new DOMException("no", "NotAllowedError"));
      navigator.mediaDevices.getUserMedia = refuse;
    """
    with ExitStack() as stack:
        ann = stack.enter_context(page_of(met, filming[0], met.person, devices=False))
        bo = stack.enter_context(page_of(met, filming[1], met.practitioner))
        ann.add_init_script(refuses)
        join(ann, met)
        expect(ann.locator("[data-told=camera]")).to_contain_text("not allowed")
        join(bo, met)
        connected(ann, bo)
        assert plays(ann)
        expect(bo.locator("[data-no-picture]")).to_be_visible()
        expect(ann.get_by_role("button", name="No camera")).to_be_disabled()
        ann.get_by_role("button", name="Let Ines Marlow measure").click()
        expect(ann.locator("[data-trouble]")).to_contain_text("needs your camera")

        # They go on by phone: both numbers are there, and it is noted.
        expect(ann.get_by_role("link", name="020 7946 0990")).to_be_visible()
        expect(bo.get_by_role("link", name="020 7946 0123")).to_be_visible()
        ann.get_by_role("button", name="We go on by phone").click()
        expect(bo.locator("[data-status]")).to_contain_text("by phone")
    assert met.told("print(one.call.fell_back_to_phone)").strip() == "True"
