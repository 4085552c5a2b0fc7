// One test with the camera: set up, measured by what the server says, kept there, and its result shown.

import { CameraLine } from "./camera_line.js";
import { CameraLink } from "./camera_link.js";
import { CameraStage, faceLikeYou, troubleWords } from "./camera_stage.js";
import { sound, speak, wake } from "./session_sounds.js";

const script = JSON.parse(document.getElementById("script").textContent);
const root = document.querySelector("[data-measuring]");
const part = (name) => root.querySelector(`[data-${name}]`);
const stageRoot = part("stage");
const line = part("line") ? new CameraLine(part("line")) : null;
const TONES = { go: "begin", trial_done: "end", stand: "out", break: "change", lost: "change", done: "end" };
const PHASES = {
  find: "Finding you",
  ready: "Ready",
  count_down: "Get ready",
  measure: "Measuring",
  ask: "One question",
  again: "Once more",
  done: "Done",
};

let stage = null;
let link = null;
let measuring = false;
let asked = null;
let key = script.key;

const trouble = (words) => {
  part("trouble").textContent = words;
  part("trouble").hidden = !words;
};
const notice = (words) => {
  part("camera-notice").textContent = words;
  part("camera-notice").hidden = !words;
};
const say = (words) => {
  part("say").textContent = words;
  if (part("voice").checked) speak(words);
};
const side = () => root.querySelector("[name=side]:checked")?.value ?? "";

const face = (near) => faceLikeYou(part("drawing").querySelector("svg"), "right", near);

const state = (name) => {
  root.dataset.state = name;
  part("before").hidden = name !== "before";
  stageRoot.hidden = name === "before";
  part("controls").hidden = name === "before";
  part("beside").hidden = name === "before";
  part("count-panel").hidden = name !== "measuring";
  // What it should look like stays in sight, beside the person.
  part(name === "before" ? "drawing-before" : "drawing-beside").append(part("drawing"));
  if (name !== "measuring") face(name === "before" ? null : side());
  part("begin").hidden = name !== "set-up";
  part("end").hidden = name !== "measuring";
  if (line) {
    part("line").hidden = name !== "set-up";
    part("line-words").hidden = name !== "set-up";
  }
  if (name !== "measuring") {
    part("cue").hidden = true;
    part("ask").hidden = true;
  }
};

const numberOf = (show) => {
  if (show.phase === "count_down" && show.left_s !== null) return [Math.ceil(show.left_s), "seconds"];
  if (show.phase === "find" || show.phase === "ready") return ["", ""];
  if (show.test === "thomas") {
    const below = show.angles.thigh_below_level;
    return below === undefined ? ["", ""] : [Math.abs(Math.round(below)), below < 0 ? "degrees above level" : "degrees below level"];
  }
  if (show.test === "sit_to_stand") return [show.count, show.count === 1 ? "time" : "times"];
  return [Math.floor(show.held_s), "seconds"];
};

const shown = (show) => {
  stage.mark(show);
  if (show.near) face(show.near);
  stage.fixed = show.phase !== "find";
  part("phase").textContent =
    PHASES[show.phase] + (show.trials > 1 && show.phase !== "done" ? `, ${show.trial} of ${show.trials}` : "");
  const [number, unit] = numberOf(show);
  part("number").textContent = number;
  part("unit").textContent = unit;
  const words = show.sight.ok ? show.shown?.text : show.sight.text;
  part("cue").textContent = words ?? "";
  part("cue").hidden = !words;
  if (show.say) say(show.say.text);
  for (const event of show.events) if (part("sound").checked && TONES[event.id]) sound(TONES[event.id]);
  if (show.ask !== asked) {
    asked = show.ask;
    part("ask").hidden = !asked;
    if (asked) {
      part("ask-words").textContent = show.ask_text;
      part("ask").focus({ preventScroll: true });
      if (show.say?.text !== show.ask_text) say(show.ask_text);
    }
  }
};

const ended = (message) => {
  measuring = false;
  if (message.key) {
    turnOff();
    window.location.assign(`${script.result}${message.key}/`);
    return;
  }
  state("set-up");
  stage.fixed = false;
  key = crypto.randomUUID();
  trouble(message.refusals.join(" ") || "Not enough was seen to say anything. Nothing is kept. Try again.");
};

const heard = (message, tookMs) => {
  if (tookMs !== null) stageRoot.dataset.tookMs = tookMs.toFixed(1);
  if (message.is === "show" && measuring) shown(message);
  else if (message.is === "result") ended(message);
  else if (message.is === "refused") {
    measuring = false;
    state("set-up");
    trouble(message.text);
  }
};

const start = async () => {
  trouble("");
  part("start").disabled = true;
  wake();
  const opening = new CameraStage(stageRoot, script.parts, {
    seen: (numbers, takenAt) => link?.picture(numbers, takenAt),
    changed: () => notice("This machine is slow, so the smaller model looks now. Its readings stay apart."),
  });
  opening.failed = (problem) => {
    turnOff();
    trouble(troubleWords(problem));
  };
  try {
    state("set-up");
    notice("Starting the camera. The first time takes a few seconds.");
    part("begin").disabled = true;
    await opening.open();
    stage = opening;
    link = new CameraLink(script.parts.link, {
      heard,
      lost: () => {
        if (measuring) state("set-up");
        measuring = false;
        notice("The connection to the program was lost. Trying again; nothing that was kept is lost.");
      },
      back: () => notice(""),
    });
    if (!(await link.open())) throw new Error("no connection");
    notice("");
    part("begin").disabled = false;
    part("begin").focus({ preventScroll: true });
    root.scrollIntoView({ block: "start" });
    say("The camera is on. Check that all of you is in the picture.");
  } catch (problem) {
    opening.close();
    turnOff();
    trouble(troubleWords(problem));
  }
  part("start").disabled = false;
};

const turnOff = () => {
  link?.close();
  stage?.close();
  link = stage = null;
  measuring = false;
  notice("");
  state("before");
};

part("start").hidden = false;
part("start").addEventListener("click", start);
part("off").addEventListener("click", () => {
  trouble("");
  turnOff();
  part("start").focus();
});
part("begin").addEventListener("click", () => {
  trouble("");
  wake();
  measuring = true;
  asked = null;
  state("measuring");
  part("end").focus({ preventScroll: true });
  root.scrollIntoView({ block: "start" });
  link.say({
    do: "measure",
    test: script.test,
    side: side(),
    key,
    model: stage.model,
    line: line?.value ?? null,
    size: stage.size,
  });
});
part("end").addEventListener("click", () => link.say({ do: "stop" }));
for (const button of root.querySelectorAll("[data-answer]"))
  button.addEventListener("click", () => {
    link.say({ do: "answer", name: "pelvis_flat", value: JSON.parse(button.dataset.answer) });
    part("ask").hidden = true;
  });
window.addEventListener("pagehide", turnOff);
