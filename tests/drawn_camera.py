"""A drawn person in place of the camera: the camera's pages shown and tried without a film of anybody.

The simulated person of `synthetic_person.py` moves, and a picture of her is drawn and played to the page as
its camera. The networks take her for a person (a detector's score of 0.95, hip and knee within 6 degrees of
what is drawn), so nothing else is put in: picture, networks, socket, coach and record are the program's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from playwright.sync_api import Browser, Page

from tests import synthetic_person as body
from tests.live_server import LiveServer
from tests.synthetic_person import Camera, Film, Script, thomas
from tests.watched_page import watched

FPS = 12
TABLE_M = 0.85
"""Height of the hips of somebody who lies on a table."""

THIGH_BELOW_LEVEL = 6
"""Degrees, of the thigh that hangs over the table's edge."""

# The browser's camera, replaced before any script of the page runs.
SCRIPT = """
window.drawn = {films: FILMS, name: null, begun: 0};
drawn.play = (name) => Object.assign(drawn, {name, begun: performance.now()});
drawn.frame = () => {
  const {width, height, floor, frames} = drawn.films[drawn.name];
  const at = Math.floor((performance.now() - drawn.begun) / 1000 * FPS);
  return {width, height, floor, points: frames[Math.min(at, frames.length - 1)]};
};
drawn.paint = (pen) => {
  const {width, height, floor, points} = drawn.frame();
  const at = (number) => [points[3 * number] * width, points[3 * number + 1] * height];
  const between = (a, b, share = 0.5) => a.map((one, axis) => one + share * (b[axis] - one));
  const shoulder = between(at(11), at(12)), hip = between(at(23), at(24));
  const unit = Math.hypot(shoulder[0] - hip[0], shoulder[1] - hip[1]);
  pen.fillStyle = "#cfc7b8";
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = "#8f8069";
  pen.fillRect(0, floor * height, width, height);
  pen.fillStyle = "#e6e0d3";
  pen.fillRect(0, floor * height - 5, width, 5);
  if (drawn.name.startsWith("thomas")) {
    const top = Math.max(hip[1], shoulder[1]) + 0.19 * unit, way = Math.sign(hip[0] - shoulder[0]);
    const ends = [hip[0] + 0.1 * unit * way, shoulder[0] - 0.75 * unit * way];
    pen.fillStyle = "#6c5136";
    pen.fillRect(Math.min(...ends), top, Math.abs(ends[1] - ends[0]), height);
    drawn.edge = {y: top / height, ends: ends.map((x) => x / width)};
  }
  const limb = (from, to, wide, thin, colour) => {
    const turn = Math.atan2(to[1] - from[1], to[0] - from[0]);
    pen.fillStyle = colour;
    pen.beginPath();
    pen.arc(...from, wide * unit, turn + Math.PI / 2, turn - Math.PI / 2);
    pen.arc(...to, thin * unit, turn - Math.PI / 2, turn + Math.PI / 2);
    pen.fill();
  };
  const half = (near, right) => {
    const [skin, shirt, cloth, shoe] = near
      ? ["#b98263", "#7f93a3", "#3d4654", "#2b2622"] : ["#94664c", "#63747f", "#2c333d", "#1f1b18"];
    const leg = () => {
      limb(at(27 + right), at(31 + right), 0.075, 0.05, shoe);
      limb(at(27 + right), at(29 + right), 0.075, 0.06, shoe);
      limb(at(25 + right), at(27 + right), 0.1, 0.06, cloth);
      limb(at(23 + right), at(25 + right), 0.16, 0.105, cloth);
    };
    const arm = () => {
      limb(at(13 + right), at(15 + right), 0.065, 0.045, skin);
      limb(at(15 + right), at(19 + right), 0.05, 0.03, skin);
      limb(at(11 + right), at(13 + right), 0.095, 0.07, shirt);
    };
    return {leg, arm};
  };
  const rightNear = points[3 * 24 + 2] >= points[3 * 23 + 2] ? 1 : 0;
  const near = half(true, rightNear), far = half(false, 1 - rightNear);
  const ear = at(7 + rightNear), face = at(0);
  far.arm();
  far.leg();
  limb(between(shoulder, hip, 0.02), ear, 0.085, 0.1, "#b98263");
  limb(between(ear, face, 0.25), between(ear, face, 0.45), 0.2, 0.17, "#b98263");
  limb(between(ear, face, -0.1), between(ear, face, 0.05), 0.2, 0.19, "#4a3a2f");
  near.leg();
  limb(between(shoulder, hip, 0.12), between(shoulder, hip, 0.96), 0.2, 0.185, "#7f93a3");
  near.arm();
};
drawn.every = (show) => setInterval(show, 1000 / FPS);
if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => {
  const {width, height} = drawn.frame();
  const canvas = Object.assign(document.createElement("canvas"), {width, height});
  const pen = canvas.getContext("2d");
  drawn.every(() => drawn.paint(pen));
  drawn.paint(pen);
  return canvas.captureStream();
};
"""

# Time goes on by one picture when one is asked for, so nothing depends on how fast the machine is.
STEPPED = """
{
  let now = 0, show = () => {};
  performance.now = () => now;
  drawn.every = (painted) => { show = painted; };
  const next = HTMLVideoElement.prototype.requestVideoFrameCallback;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (seen) {
    now += 1000 / FPS;
    show();
    return next.call(this, seen);
  };
}
"""


def films() -> Mapping[str, Film]:
    """What the drawn person does, by name; each stays as it ends."""
    hands = {"work_arm": body.Arm(22, 85), "rest_arm": body.Arm(22, 85)}
    hanging, lifted = (replace(thomas(extension, 78), **hands) for extension in (THIGH_BELOW_LEVEL, -24))
    again = Script(hanging, settle_s=0).then(lifted, 0.7, 0.3).then(hanging, 0.8)
    leaning = replace(body.KNEEL, trunk=60)
    webcam = Camera(width=640, height_px=480, fps=FPS, jitter=0.0, drift=0.0)
    on_table = replace(webcam, height=0.9)
    nearer = replace(webcam, distance=2.4)
    kneel = {
        "leaning": Script(body.KNEEL_UP, settle_s=1).then(leaning, 1.5),
        "kneeling": Script(leaning, settle_s=0).then(body.KNEEL, 1.5),
    }
    return {
        "thomas": Film(Script(hanging), on_table, "left", "left", hips_m=TABLE_M),
        "thomas_again": Film(again, on_table, "left", "left", hips_m=TABLE_M),
        **{
            f"{name}_{side}": Film(done, nearer, side, side)
            for name, done in kneel.items()
            for side in ("left", "right")
        },
    }


def script(stepped: bool = False) -> str:
    """What a browser runs before any page, so that the drawn person is its camera."""
    told = {}
    for name, film in films().items():
        frames = list(film.frames())
        places = [[[one.x, one.y, one.visibility] for one in frame.landmarks] for frame in frames]
        lowest = max(y for _, y, _ in places[0])
        told[name] = {
            "width": frames[0].width_px,
            "height": frames[0].height_px,
            "floor": 0.86 if film.hips_m else lowest + 0.01,
            "frames": [[round(value, 4) for mark in one for value in mark] for one in places],
        }
    whole = SCRIPT + (STEPPED if stepped else "")
    return whole.replace("FILMS", json.dumps(told)).replace("FPS", str(FPS))


@contextmanager
def drawn_camera(
    app: LiveServer, browser: Browser, *, stepped: bool = False, **more: object
) -> Iterator[Page]:
    """A page signed in to `app` whose camera is the drawn person; `drawn.play(name)` in it begins a film.

    `stepped`: a picture is a twelfth of a second later than the one before, however long it took to look at.
    """
    context = browser.new_context(base_url=app.origin, locale="en-GB", **more)  # type: ignore[arg-type]
    context.add_init_script(script(stepped))
    with watched(context, app.origin) as page:
        page.goto(app.new_link())
        yield page
    context.close()


def lay_the_line(page: Page) -> None:
    """Drag both ends of the line on to the edge of the drawn table."""
    edge, box = page.evaluate("drawn.edge"), page.locator("[data-line]").bounding_box()
    assert box is not None
    for end, x in enumerate(edge["ends"]):
        page.locator(f"[data-line-end='{end}']").hover()
        page.mouse.down()
        page.mouse.move(box["x"] + (1 - x) * box["width"], box["y"] + edge["y"] * box["height"], steps=5)
        page.mouse.up()
