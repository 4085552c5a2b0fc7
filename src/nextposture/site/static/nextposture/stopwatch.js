// A stopwatch that fills in the seconds, or thirty seconds that count down. Space or Enter on the button works it.

import { sound, speak, wake } from "./session_sounds.js";

const root = document.querySelector("[data-stopwatch]");
const part = (name) => root.querySelector(`[data-${name}]`);
const field = document.querySelector("[name=amount]");
const longestS = Number(root.dataset.longest) || Infinity;
const down = "down" in root.dataset;
const COUNT_IN_S = 5;
const SHOW_EVERY_MS = 100;

let startS = null; // when the time begins; ahead of now while it counts in
let endedS = 0;
let told = null;

const nowS = () => performance.now() / 1000;
const show = (seconds) => {
  part("time").textContent = down ? String(Math.ceil(Math.max(0, longestS - seconds))) : seconds.toFixed(1);
};
const say = (words) => {
  part("say").textContent = words;
  speak(words);
};

const rest = () => {
  startS = null;
  part("go").textContent = "Start";
};

const stop = () => {
  const counting = nowS() < startS;
  endedS = counting ? 0 : Math.min(nowS() - startS, longestS);
  rest();
  show(endedS);
  if (counting) return say("Stopped before it began.");
  sound("end");
  if (down) {
    say(endedS >= longestS ? "Time is over. Write down how often you stood up." : "Stopped early.");
    if (endedS >= longestS) field.focus();
  } else {
    field.value = endedS.toFixed(1);
    say(`${endedS.toFixed(0)} seconds. The time is in the field below.`);
  }
};

const start = () => {
  wake();
  told = null;
  const countIn = part("count-in").checked;
  startS = nowS() + (countIn ? COUNT_IN_S : 0);
  part("go").textContent = "Stop";
  if (!countIn) sound("begin");
};

const tick = () => {
  if (startS === null) return;
  const seconds = nowS() - startS;
  const whole = Math.ceil(-seconds);
  if (seconds < 0) part("time").textContent = String(whole);
  else show(seconds);
  if (whole !== told && seconds < 0) sound("tick");
  if (seconds >= 0 && told !== null && told > 0) sound("begin");
  told = Math.max(0, whole);
  if (seconds >= longestS) stop();
};

part("go").addEventListener("click", () => (startS === null ? start() : stop()));
part("zero").addEventListener("click", () => {
  rest();
  show(0);
  part("go").focus();
});
// While it runs, the keys stop it wherever the focus is, unless someone is writing.
document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (startS === null || !["Enter", " "].includes(event.key) || at === part("go")) return;
  if (at instanceof HTMLElement && at.closest("input, select, textarea, a, button, summary")) return;
  event.preventDefault();
  stop();
});

root.hidden = false;
show(0);
setInterval(tick, SHOW_EVERY_MS);
