// The guided session: counts by real time, keeps its place, saves each step. Nothing needs a touch during a set.

import { canSpeak, sound, speak, wake } from "./session_sounds.js";
import { UnsavedSteps, keepPlace, keptPlace } from "./unsaved_steps.js";

const TICK_MS = 200;
const ASLEEP_MS = 5000; // a longer silence between two ticks: the page or the computer slept
const TWICE_MS = 400; // a second tap this soon is the same tap
const RESTART_MS = 3000; // "back" within this goes to the step before, later to the start of this one
const LAST_SECONDS = 3;
const LOW_SCREEN_PX = 480; // a phone on its side: the site's header then scrolls away

const player = document.querySelector("[data-player]");
const script = JSON.parse(document.getElementById("script").textContent);
const steps = script.steps;
const part = (name) => document.querySelector(`[data-${name}]`);
const drawings = new Map([...player.querySelectorAll("[data-drawing]")].map((one) => [one.dataset.drawing, one]));
const dialog = document.querySelector("[data-stop-dialog]");
const go = part("go");

// ---- Where we are

const kept = keptPlace(script.key);
let position = script.position;
let elapsed = 0; // milliseconds of this step before `since`
let since = null; // performance.now() at which the clock began to run; null while paused
let lastTick = 0;
let lastTap = -Infinity;
let heard = ""; // the last sound made, so that none sounds twice
if (kept && kept.position >= position) ({ position, elapsed } = kept);

const running = () => since !== null;
const spent = () => elapsed + (since === null ? 0 : performance.now() - since);
const over = () => position >= steps.length;
const keep = () => keepPlace(script.key, { position, elapsed: spent(), waiting: unsaved.waiting });

const unsaved = new UnsavedSteps({
  address: player.dataset.step,
  token: player.querySelector("[name=csrfmiddlewaretoken]").value,
  key: script.key,
  waiting: kept?.waiting ?? [],
  changed: (waiting, failed) => {
    keep();
    if (failed) notice("Not saved yet. Trying again; nothing is lost, and you can go on.");
    else if (!waiting.length && part("notice").dataset.about === "saving") notice("");
    if (failed) part("notice").dataset.about = "saving";
    if (over() && !waiting.length) leave();
  },
  ended: () => leave(),
});

const leave = () => {
  since = null;
  window.location.assign(player.dataset.after);
};

// ---- What is shown

const notice = (words) => {
  part("notice").textContent = words;
  part("notice").hidden = !words;
  delete part("notice").dataset.about;
};

const repetition = (step, ms) => {
  const [out, hold, back] = [step.move_s, step.hold_s, step.return_s].map((s) => s * 1000);
  const whole = out + hold + back;
  const number = Math.min(step.reps, Math.floor(ms / whole) + 1);
  const within = ms - (number - 1) * whole;
  if (within < out) return { number, name: "out", words: step.out, left: out - within };
  if (within < out + hold) return { number, name: "hold", words: "Hold", left: out + hold - within };
  return { number, name: "back", words: step.back, left: whole - within };
};

const showStep = () => {
  const step = steps[position];
  player.dataset.kind = step.kind;
  part("title").textContent = step.title;
  part("side").textContent = step.side;
  part("count").textContent = step.count;
  part("place").textContent = `Step ${position + 1} of ${steps.length}`;
  part("done").value = position;
  part("cues").replaceChildren(
    ...step.cues.map((cue) => Object.assign(document.createElement("li"), { textContent: cue })),
  );
  for (const [key, drawing] of drawings) drawing.hidden = key !== step.picture;
  part("next-words").textContent = "Skip";
  showTime();
};

const showTime = () => {
  const step = steps[position];
  const ms = Math.min(spent(), step.seconds * 1000);
  part("line").value = ms / (step.seconds * 1000);
  if (step.kind === "set" && step.reps) {
    const now = repetition(step, ms);
    part("phase").textContent = now.words;
    part("number").textContent = now.number;
    part("unit").textContent = `of ${step.reps}`;
  } else {
    const left = Math.ceil((step.seconds * 1000 - ms) / 1000);
    part("phase").textContent = step.phase;
    part("number").textContent = left;
    part("unit").textContent = left === 1 ? "second" : "seconds";
  }
};

const showState = () => {
  const fresh = position === 0 && spent() === 0;
  player.dataset.state = running() ? "running" : fresh ? "ready" : "paused";
  go.textContent = running() ? "Pause" : fresh ? "Begin" : "Continue";
};

// ---- What is heard

const quiet = () => !part("sound").checked;

const hear = (mark, name) => {
  if (heard === mark) return;
  heard = mark;
  if (!quiet()) sound(name);
};

const soundNow = () => {
  const step = steps[position];
  const ms = spent();
  if (step.kind === "set" && step.reps) {
    const now = repetition(step, ms);
    hear(`${position} ${now.number} ${now.name}`, now.name);
    return;
  }
  const left = Math.ceil((step.seconds * 1000 - ms) / 1000);
  if (step.kind !== "set" && left <= LAST_SECONDS) hear(`${position} ${left}`, "tick");
};

const announce = () => {
  const step = steps[position];
  part("say").textContent = step.say;
  if (part("speech").checked) speak(step.say);
  if (quiet()) return;
  if (step.kind === "set" && !step.reps) sound("begin");
  if (step.kind === "change_side") sound("change");
};

// ---- Going on

const run = () => {
  if (running() || over()) return;
  wake();
  since = performance.now();
  lastTick = since;
  if (elapsed === 0) announce();
  notice("");
  if (window.innerHeight < LOW_SCREEN_PX) window.scrollTo(0, player.offsetTop);
  stayAwake();
  showState();
};

const pause = (at = spent()) => {
  if (!running()) return;
  elapsed = at;
  since = null;
  letSleep();
  keep();
  showTime();
  showState();
};

const move = (to, done, carried = 0) => {
  const wasSet = steps[position]?.kind === "set";
  position = to;
  elapsed = carried;
  if (running()) since = performance.now();
  unsaved.add({ position, ...done });
  keep();
  if (over()) {
    since = null;
    letSleep();
    if (!quiet()) sound("end");
    notice("That was the last step. Saving.");
    showState();
    return;
  }
  if (wasSet && running() && !quiet()) sound("end");
  showStep();
  if (running()) announce();
  showState();
};

const setDone = (ms) => {
  const step = steps[position];
  const cycle = (step.move_s + step.hold_s + step.return_s) * 1000;
  const reps = step.reps ? Math.min(step.reps, Math.floor(ms / cycle)) : 0;
  return { step: position, seconds: Math.min(step.seconds, Math.round(ms / 1000)), reps };
};

const tick = () => {
  if (!running()) return;
  const now = performance.now();
  const gap = now - lastTick;
  if (gap > ASLEEP_MS) {
    pause(spent() - gap);
    notice("Paused: this page was asleep. It kept its place.");
    return;
  }
  lastTick = now;
  const step = steps[position];
  const length = step.seconds * 1000;
  if (spent() >= length) {
    move(position + 1, step.kind === "set" ? setDone(length) : {}, spent() - length);
    return;
  }
  soundNow();
  showTime();
};

const tapped = () => {
  const twice = performance.now() - lastTap < TWICE_MS;
  lastTap = performance.now();
  return !twice;
};

const skip = () => {
  if (over() || !tapped()) return;
  const step = steps[position];
  // More than half of a set is a set done, for as long as it went.
  const done = step.kind === "set" && spent() >= step.seconds * 500 ? setDone(spent()) : {};
  move(position + 1, done);
};

const back = () => {
  if (over() || !tapped()) return;
  if (spent() > RESTART_MS || position === 0) {
    elapsed = 0;
    if (running()) since = performance.now();
    heard = "";
    keep();
    showTime();
    showState();
  } else move(position - 1, {});
};

const stop = () => {
  const was = running();
  pause();
  dialog.dataset.was = was ? "running" : "paused";
  dialog.showModal();
};

// ---- The screen stays on while the clock runs

let lock = null;
const stayAwake = async () => {
  if (!("wakeLock" in navigator)) {
    part("wake").textContent = "This browser cannot keep the screen on. Set your screen to stay on longer.";
    return;
  }
  try {
    lock = await navigator.wakeLock.request("screen");
    part("wake").textContent = "The screen stays on.";
    if (!running()) letSleep();
  } catch {
    part("wake").textContent = "The screen could not be kept on; a low battery can do that.";
  }
};
const letSleep = () => {
  lock?.release();
  lock = null;
};
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && running()) stayAwake();
});

// ---- Keys and taps

go.addEventListener("click", () => (running() ? pause() : run()));
part("next").addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  skip();
});
part("back").addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  back();
});
part("stop").addEventListener("click", (event) => {
  event.preventDefault();
  stop();
});
dialog.addEventListener("close", () => {
  if (dialog.returnValue === "go-on" && dialog.dataset.was === "running") run();
  dialog.returnValue = "";
  go.focus();
});
document.addEventListener("keydown", (event) => {
  if (dialog.open || event.ctrlKey || event.metaKey || event.altKey || over()) return;
  const onControl = event.target.closest("button, a, input, select, textarea, summary");
  if (event.key === " " && !onControl) {
    if (running()) pause();
    else run();
  } else if (event.key === "ArrowRight") skip();
  else if (event.key === "ArrowLeft") back();
  else if (event.key === "Escape" && !document.querySelector(".danger-signs[open]")) stop();
  else return;
  event.preventDefault();
});
window.addEventListener("pagehide", keep);

for (const name of ["sound", "speech"]) {
  const choice = part(name);
  try {
    const chosen = localStorage.getItem(`nextposture.${name}`);
    if (chosen) choice.checked = chosen === "on";
  } catch {
    // the default stands
  }
  choice.addEventListener("change", () => {
    try {
      localStorage.setItem(`nextposture.${name}`, choice.checked ? "on" : "off");
    } catch {
      // it then lasts for this page
    }
  });
}

go.hidden = false;
part("options").hidden = false;
part("keys").hidden = !window.matchMedia("(hover: hover)").matches;
part("speech-option").hidden = !canSpeak();
if (unsaved.waiting.length) unsaved.flush();
if (over()) {
  if (!unsaved.waiting.length) leave();
} else {
  showStep();
  showState();
  if (position === 0 && spent() === 0) notice("Put the screen where you can see it. Then begin.");
  else notice("Paused. It kept your place.");
  setInterval(tick, TICK_MS);
}
