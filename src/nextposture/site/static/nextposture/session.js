// The guided session: counts by real time, keeps its place, saves each step. Nothing needs a touch during a set.

import { SessionCamera } from "./session_camera.js";
import { canSpeak, sound, speak, wake } from "./session_sounds.js";
import { UnsavedSteps, keepPlace, keptPlace } from "./unsaved_steps.js";

const TICK_MS = 200;
const ASLEEP_MS = 5000; // a longer silence between two ticks: the page or the computer slept
const TWICE_MS = 400; // a second tap this soon is the same tap
const RESTART_MS = 3000; // "back" within this goes to the step before, later to the start of this one
const LAST_SECONDS = 3;
const WATCHED_LONGEST = 3; // a set that the camera watches ends after so many times its length, done or not
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

// ---- The camera, where the person turned it on: it counts a set instead of the clock

const camera = script.camera
  ? new SessionCamera(player, script, {
      done: (done) => {
        const step = steps[position];
        if (!done) return cameraOff("There is no camera for this exercise. The clock counts it.", false);
        const seconds = step.reps ? Math.round(spent() / 1000) : done.seconds;
        move(position + 1, {
          step: position,
          seconds: Math.min(step.seconds, seconds),
          reps: Math.min(step.reps, done.reps),
        });
      },
      off: (words) => cameraOff(words, true),
      speaks: () => part("speech").checked,
      sounds: () => part("sound").checked,
    })
  : null;
const watched = () => !over() && steps[position].kind === "set" && Boolean(camera?.watches(position));
const seenOf = (step) => {
  const show = camera.show;
  if (!show) return { share: 0, ms: 0 };
  const cycle = (step.move_s + step.hold_s + step.return_s) * 1000;
  if (step.reps) return { share: show.reps / step.reps, ms: show.reps * cycle };
  return { share: show.held_s / step.seconds, ms: show.held_s * 1000 };
};
const cameraOff = (words, whole) => {
  if (whole) {
    part("camera").checked = false;
    delete player.dataset.watching;
  }
  if (over()) return;
  pause();
  elapsed = 0;
  showStep();
  showState();
  if (words) notice(words);
};
const WATCHED_PHASES = { find: "Finding you", place: "Get into position", hold: "Hold", rest: "Rest", done: "Done" };

const showWatched = (step) => {
  const show = camera.show;
  part("line").value = Math.min(1, seenOf(step).share);
  part("phase").textContent = show ? (WATCHED_PHASES[show.phase] ?? step.out) : "Finding you";
  if (step.reps) {
    part("number").textContent = show?.reps ?? 0;
    part("unit").textContent = `of ${step.reps}`;
  } else {
    const left = Math.max(0, Math.ceil(step.seconds - (show?.held_s ?? 0)));
    part("number").textContent = left;
    part("unit").textContent = left === 1 ? "second" : "seconds";
  }
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
  if (watched()) return showWatched(step);
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
  if (watched()) return;
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
  if (watched()) camera.go(position);
  notice("");
  if (window.innerHeight < LOW_SCREEN_PX) window.scrollTo(0, player.offsetTop);
  stayAwake();
  showState();
};

const pause = (at = spent()) => {
  if (!running()) return;
  elapsed = at;
  since = null;
  camera?.rest();
  letSleep();
  keep();
  showTime();
  showState();
};

const move = (to, done, carried = 0) => {
  const wasSet = steps[position]?.kind === "set";
  camera?.leave();
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
  if (running() && watched()) camera.go(position);
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
  if (watched()) {
    if (spent() >= WATCHED_LONGEST * length) camera.finish();
    showTime();
    return;
  }
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
  const { share, ms } = watched() ? seenOf(step) : { share: spent() / (step.seconds * 1000), ms: spent() };
  const done = step.kind === "set" && share >= 0.5 ? setDone(ms) : {};
  move(position + 1, done);
};

const back = () => {
  if (over() || !tapped()) return;
  if (spent() > RESTART_MS || position === 0) {
    elapsed = 0;
    if (running()) since = performance.now();
    camera?.leave();
    if (running() && watched()) camera.go(position);
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

if (camera) {
  part("camera-option").hidden = false;
  part("camera").addEventListener("change", async () => {
    if (!part("camera").checked) return camera.turnOff();
    wake();
    pause();
    player.dataset.watching = "on";
    part("camera").disabled = true;
    if (await camera.turnOn()) {
      if (canSpeak()) part("speech").checked = true;
      if (watched()) elapsed = 0;
      showStep();
      showState();
      notice("The camera is on. Stand side-on, two to three metres away, with all of you in the picture. Then go on.");
    }
    part("camera").disabled = false;
  });
  window.addEventListener("pagehide", () => camera.turnOff());
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
