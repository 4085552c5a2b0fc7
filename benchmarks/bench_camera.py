"""The camera: pictures a second and capture to cue in Chromium, speed on a video file, 50 coached at once.

`python -m benchmarks.bench_camera [browser|video|server]...`; all three without a word. Times are wall
times, so what else the machine does is in them: the load is printed beside.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import sync_playwright
from tests.chromium import chromium_path
from tests.day_people import give_plan
from tests.filmed_people import WALK, WALK_S, fake_camera
from tests.live_server import LiveServer
from tests.synthetic_person import KNEEL, KNEEL_UP, Film, Script
from websockets.asyncio.client import connect

from nextposture.motion.coaching import Coach, SetDose
from nextposture.motion.exercises import coached
from nextposture.pose.blazepose import BlazePose
from nextposture.pose.video import pictures
from nextposture.pose.watching import watch

WATCH_S = 15
WARM_UP_S = 3
SESSIONS, SESSIONS_FPS, SESSIONS_S = 50, 12, 20


def main() -> None:
    wanted = sys.argv[1:] or ["browser", "video", "server"]
    parts: dict[str, Callable[[], None]] = {"browser": browser, "video": video, "server": server}
    for name in wanted:
        print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        parts[name]()


def browser() -> None:
    """A coached set in Chromium, its camera a film: each answer with the time since its picture."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        served = LiveServer(Path(folder)).start()
        give_plan(served.data)
        film = fake_camera(Path(folder) / "walk.mjpeg")
        chromium = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=[
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-video-capture={film}",
            ],
        )
        for model in ("full", "lite"):
            context = chromium.new_context(base_url=served.origin, permissions=["camera"])
            # Stay with the model that is measured, however slow the machine is.
            context.add_init_script(f"localStorage.setItem('nextposture.camera-model', '{model}')")
            page = context.new_page()
            page.goto(served.new_link())
            page.goto("/measure/plank/")
            begun = time.perf_counter()
            page.get_by_role("button", name="Start the camera").click()
            page.locator("[data-begin]:enabled").wait_for(timeout=120_000)
            ready = time.perf_counter() - begun
            page.evaluate(
                """() => {
                  window.took = [];
                  new MutationObserver(() => window.took.push([
                    performance.now(), Number(document.querySelector('[data-stage]').dataset.tookMs)]))
                    .observe(document.querySelector('[data-stage]'), {attributeFilter: ['data-took-ms']});
                }"""
            )
            page.locator("[data-begin]").click()
            page.wait_for_timeout(1000 * (WARM_UP_S + WATCH_S))
            took = page.evaluate("window.took")
            context.close()
            first = took[0][0] + 1000 * WARM_UP_S
            kept = [(at, ms) for at, ms in took if at >= first]
            fps = (len(kept) - 1) / (kept[-1][0] - kept[0][0]) * 1000
            milliseconds = sorted(ms for _, ms in kept)
            print(
                f"browser, {model}: {fps:.1f} pictures a second; capture to cue median "
                f"{statistics.median(milliseconds):.0f} ms, 95th percentile "
                f"{milliseconds[int(0.95 * len(milliseconds))]:.0f} ms; ready after {ready:.1f} s"
            )
        chromium.close()
        served.kill()


def video() -> None:
    """A walk of 3.3 s at 30 pictures a second, as `nextposture measure` goes through it, and its parts."""
    for model in ("full", "lite"):
        begun, worked = time.perf_counter(), time.process_time()
        watched = watch(WALK, "walk", None, model=model, start_s=WALK_S[0], end_s=WALK_S[1])
        spent, worked = time.perf_counter() - begun, time.process_time() - worked
        print(
            f"video, {model}: {watched.pictures / spent:.1f} pictures a second, "
            f"{watched.seconds / spent:.2f} times real time; {worked / watched.pictures * 1000:.0f} ms of "
            f"processor time a picture, decoding included"
        )
    estimator = BlazePose("full")
    shown = [one.picture for one in pictures(WALK, *WALK_S)]
    worked = time.process_time()
    for picture in shown:
        estimator.look(picture)
    each = (time.process_time() - worked) / len(shown) * 1000
    print(f"video, full: {each:.1f} ms of processor time a picture in the networks")
    frames = list(Film(Script(KNEEL_UP).then(KNEEL, 2.0, 30.0)).frames())
    coach = Coach(coached()["EX_KNEEL"], SetDose(hold_s=30.0), ("left",))
    worked = time.process_time()
    for frame in frames:
        coach.step(frame).as_plain()
    print(f"coach: {(time.process_time() - worked) / len(frames) * 1000:.2f} ms of processor time a picture")


def server() -> None:
    """50 people coached at once by one server process, each sending pictures at the rate browsers reach."""
    with tempfile.TemporaryDirectory() as folder:
        served = LiveServer(Path(folder)).start()
        give_plan(served.data)
        with served.sign_in() as client:
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
            client.follow_redirects = True
            fields = r'name="(csrfmiddlewaretoken|key)" value="([^"]+)"'
            form = {**dict(re.findall(fields, client.get("/session/").text)), "pain": "1"}
            guided = client.post("/session/start/", data=form, headers={"Origin": served.origin}).text
        script = json.loads(guided.partition('id="script" type="application/json">')[2].partition("<")[0])
        begin = {"do": "coach", "session": script["key"], "step": script["camera"]["watched"].index(True)}
        asyncio.run(_many(served, cookie, {**begin, "model": "full"}))
        served.kill()


async def _many(served: LiveServer, cookie: str, begin: dict[str, object]) -> None:
    frames = [
        struct.pack(
            "<102f",
            frame.at_s,
            frame.width_px,
            frame.height_px,
            *(value for one in frame.landmarks for value in (one.x, one.y, one.visibility)),
        )
        for frame in Film(Script(KNEEL_UP).then(KNEEL, 2.0, SESSIONS_S)).frames()
        if frame.landmarks
    ]
    took: list[float] = []
    late = 0

    async def one(number: int) -> None:
        nonlocal late
        async with connect(
            f"ws://127.0.0.1:{served.port}/camera/",
            origin=served.origin,  # type: ignore[arg-type]
            additional_headers={"Cookie": cookie},
            proxy=None,
        ) as socket:
            await socket.send(json.dumps(begin))
            assert json.loads(await socket.recv()) == {"is": "begun"}
            at = time.perf_counter() + number / SESSIONS / SESSIONS_FPS
            for picture in range(SESSIONS_FPS * SESSIONS_S):
                await asyncio.sleep(max(0.0, at - time.perf_counter()))
                late += time.perf_counter() - at > 1 / SESSIONS_FPS
                sent = time.perf_counter()
                await socket.send(_later(frames, picture))
                await socket.recv()
                took.append((time.perf_counter() - sent) * 1000)
                at += 1 / SESSIONS_FPS
            await socket.send('{"do": "leave"}')

    begun = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(SESSIONS)))
    spent = time.perf_counter() - begun
    milliseconds = sorted(took)
    slowest = milliseconds[int(0.95 * len(milliseconds))]
    print(
        f"server: {SESSIONS} at once, {len(took) / spent:.0f} pictures a second (asked: "
        f"{SESSIONS * SESSIONS_FPS}), answer median {statistics.median(milliseconds):.0f} ms, "
        f"95th percentile {slowest:.0f} ms, {late} of {len(took)} pictures sent late"
    )


def _later(frames: list[bytes], picture: int) -> bytes:
    """A frame of the film at the time of this picture: times only go forwards."""
    return struct.pack("<f", picture / SESSIONS_FPS) + frames[picture % len(frames)][4:]


if __name__ == "__main__":
    main()
