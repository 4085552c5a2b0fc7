// The phone lies on the thigh and says how far it hangs below level: table first, then goes with a count and a beep.

import { LowPass, StillWindow, Table, upFromAngles } from "./gravity.js";
import { sound, speak, wake } from "./session_sounds.js";

const script = JSON.parse(document.getElementById("inclinometer-script").textContent);
const level = script.level;
const root = document.querySelector("[data-inclinometer]");
const part = (name) => root.querySelector(`[data-${name}]`);
const SENSOR_WITHIN_MS = 4000;
const LOOK_EVERY_MS = 100;
const SIDES = ["left", "right"];
const WORDS = {
  insecure: "This browser gives a page the sensor only over an encrypted connection. Use the phone's own level app instead, and type the angle in on the computer.",
  refused: "The browser did not give leave for motion. Close this page, open the link again and allow it, or use the phone's own level app.",
  no_sensor: "No reading comes from a sensor. A desktop computer has none. On a phone, allow motion sensors for this page in the browser's settings, or use the phone's own level app.",
  not_flat: "That is not level enough to be a table. Lay the phone down flat, screen up, and try again.",
  unsteady: "It did not lie still long enough. Try again.",
  impossible: "No thigh does that. Check that the phone lies along the thigh, its top towards the knee. Then do this go again.",
  already: "A reading came to the computer already. Look there.",
  not_sent: "It could not be sent. Look at the computer: if no reading came, type these angles in there.",
};

const lowPass = new LowPass(level.smoothing_s, level.restart_s);
const still = new StillWindow(level.window_s, level.still, level.restart_s);
const goes = [];
let state = "start";
let table = null;
let motion = false;
let newest = null;
let sinceS = 0;
let askedOf = null;
let screenLock = null;

const nowS = () => performance.now() / 1000;
const loud = () => part("loud").checked;
const say = (words) => {
  part("say").textContent = words;
  if (loud()) speak(words);
};
const beep = (name) => {
  if (loud()) sound(name);
};
const trouble = (words) => {
  part("trouble").textContent = words;
  part("trouble").hidden = !words;
};
const side = () => root.querySelector("[name=side]:checked").value;
const goesOf = (one) => goes.filter((go) => go.side === one);
const inWords = (angle) => {
  const shown = Math.abs(Math.round(angle));
  const unit = shown === 1 ? "degree" : "degrees";
  return shown === 0 ? "level" : `${shown} ${unit} ${angle > 0 ? "below" : "above"} level`;
};

// ---- What is shown

const show = (name) => {
  state = name;
  sinceS = nowS();
  still.clear();
  root.dataset.state = name;
  for (const panel of root.querySelectorAll("[data-in]")) panel.hidden = !panel.dataset.in.split(" ").includes(name);
  if (name === "ready") showGoes();
};

const showGoes = () => {
  const number = goesOf(side()).length + 1;
  const full = number > level.goes;
  part("go").textContent = full ? `All ${level.goes} goes of the ${side()} side are done.` : `Go ${number} of ${level.goes}, ${side()} side`;
  part("measure").hidden = full;
  part("goes").replaceChildren(
    ...SIDES.flatMap((one) =>
      goesOf(one).map((go, index) => {
        const row = document.createElement("li");
        const flat = { true: "back flat", false: "back not flat", null: "back: could not tell" }[go.flat];
        const out = document.createElement("button");
        row.textContent = `${one === "left" ? "Left" : "Right"} ${index + 1}: ${inWords(go.thigh)}, ${flat} `;
        out.type = "button";
        out.className = "button button-quiet";
        out.textContent = "Take out";
        out.setAttribute("aria-label", `Take out ${one} go ${index + 1}`);
        out.addEventListener("click", () => {
          goes.splice(goes.indexOf(go), 1);
          showGoes();
          part("measure").focus();
        });
        row.append(out);
        return row;
      }),
    ),
  );
  part("done").hidden = goes.length === 0;
};

const showAngle = (angle) => {
  part("number").textContent = angle === null ? "" : `${Math.abs(Math.round(angle))}°`;
  const words = angle === null ? "" : inWords(angle).replace(/^\d+ degrees? /, "");
  part("unit").textContent = words === "level" ? "level" : words;
};

// ---- The sensor

const took = (vector) => {
  const atS = nowS();
  newest = { atS, vector: lowPass.take(atS, vector) };
  const angle = table ? table.below(newest.vector) : new Table(newest.vector).leans;
  still.take(atS, angle);
};

const onMotion = (event) => {
  const pull = event.accelerationIncludingGravity;
  if (!pull || pull.x === null || Math.hypot(pull.x, pull.y, pull.z) < 1) return;
  motion = true;
  took([pull.x, pull.y, pull.z]);
};
const onOrientation = (event) => {
  if (!motion && event.beta !== null) took(upFromAngles(event.beta, event.gamma));
};

const begin = async () => {
  trouble("");
  wake();
  if (!window.isSecureContext) return trouble(WORDS.insecure);
  for (const kind of [window.DeviceMotionEvent, window.DeviceOrientationEvent]) {
    // Apple's browsers ask the person, and only from within a tap.
    if (typeof kind?.requestPermission !== "function") continue;
    try {
      if ((await kind.requestPermission()) !== "granted") return trouble(WORDS.refused);
    } catch {
      return trouble(WORDS.refused);
    }
  }
  // Only now: a browser that was asked for readings before it had leave may never give any.
  window.addEventListener("devicemotion", onMotion);
  window.addEventListener("deviceorientation", onOrientation);
  show("find");
  setTimeout(() => {
    if (state !== "find") return;
    show("start");
    trouble(WORDS.no_sensor);
  }, SENSOR_WITHIN_MS);
  try {
    screenLock = await navigator.wakeLock?.request("screen");
  } catch {
    // the screen may then go dark, which the page says
  }
};

// ---- Step by step

const look = () => {
  const sinceThen = nowS() - sinceS;
  const fresh = newest !== null && nowS() - newest.atS < level.restart_s;
  if (state === "find" && fresh) show("table");
  else if (state === "laying") lay(fresh, sinceThen);
  else if (state === "ready" || state === "still") {
    showAngle(fresh ? table.below(newest.vector) : null);
    if (state === "still") holdStill(sinceThen);
  } else if (state === "count") count(sinceThen);
};

const lay = (fresh, sinceThen) => {
  if (still.still) {
    const found = new Table(newest.vector);
    if (Math.abs(found.leans) > level.table_most || Math.abs(newest.vector[2]) < Math.hypot(...newest.vector) / 2) {
      show("table");
      trouble(WORDS.not_flat);
      return;
    }
    table = found;
    beep("end");
    say("Level is set.");
    show("ready");
    part("measure").focus();
  } else if (sinceThen > level.wait_s || !fresh) {
    show("table");
    trouble(WORDS.unsteady);
  }
};

const count = (sinceThen) => {
  const left = Math.ceil(level.count_down_s - sinceThen);
  if (left <= 0) {
    beep("begin");
    show("still");
    return;
  }
  if (part("left").textContent !== String(left)) {
    part("left").textContent = left;
    beep("tick");
  }
};

const holdStill = (sinceThen) => {
  if (still.still) {
    const thigh = Math.round(still.middle * 10) / 10;
    const [least, most] = script.limits;
    if (thigh < least || thigh > most) {
      show("ready");
      trouble(WORDS.impossible);
      beep("change");
      return;
    }
    askedOf = { side: side(), thigh, flat: null };
    part("result").textContent = inWords(thigh);
    beep("end");
    navigator.vibrate?.(200);
    show("ask");
    say(`${inWords(thigh)}. ${part("question").textContent}`);
    part("question").focus();
  } else if (sinceThen > level.wait_s) {
    show("ready");
    trouble(WORDS.unsteady);
    beep("change");
  }
};

const answered = (flat) => {
  goes.push({ ...askedOf, flat });
  const mine = side();
  const other = SIDES.find((one) => one !== mine);
  if (goesOf(mine).length >= level.goes && goesOf(other).length < level.goes)
    root.querySelector(`[name=side][value=${other}]`).checked = true;
  show("ready");
  (part("measure").hidden ? part("done") : part("measure")).focus();
};

const send = async () => {
  trouble("");
  part("done").disabled = true;
  try {
    const answer = await fetch(script.send, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(script.csrf ? { "X-CSRFToken": script.csrf } : {}) },
      body: JSON.stringify({ key: script.key, goes }),
    });
    if (answer.ok) sent();
    else if (answer.status === 409) trouble(WORDS.already);
    else if (answer.status === 422) trouble(await answer.text());
    else trouble(WORDS.not_sent);
  } catch {
    trouble(WORDS.not_sent);
  }
  part("done").disabled = false;
};

const sent = () => {
  screenLock?.release();
  beep("end");
  if (script.next) window.location.assign(script.next);
  show("sent");
  say(part("sent").textContent);
  part("sent").focus();
};

part("begin").addEventListener("click", begin);
part("lie").addEventListener("click", () => {
  trouble("");
  show("laying");
});
part("table-again").addEventListener("click", () => show("table"));
part("measure").addEventListener("click", () => {
  trouble("");
  wake();
  part("left").textContent = "";
  show("count");
  say("Get ready.");
});
part("cancel").addEventListener("click", () => show("ready"));
part("not-good").addEventListener("click", () => show("ready"));
for (const button of root.querySelectorAll("[data-flat]"))
  button.addEventListener("click", () => answered(JSON.parse(button.dataset.flat)));
for (const one of root.querySelectorAll("[name=side]")) one.addEventListener("change", showGoes);
part("done").addEventListener("click", send);
part("begin").hidden = false;
setInterval(look, LOOK_EVERY_MS);
