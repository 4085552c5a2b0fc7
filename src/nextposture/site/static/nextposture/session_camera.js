// The camera in a session: the coach on the server watches one set at a time and says when it is done.

import { CameraLink } from "./camera_link.js";
import { CameraStage, faceLikeYou, troubleWords } from "./camera_stage.js";
import { sound, speak } from "./session_sounds.js";

const TONES = { begin: "begin", rep: "out", short_rep: "back", held: "end", break: "change", lost: "change", back: "tick" };

export class SessionCamera {
  // `done({reps, seconds})` hears that the set is over, `off(words)` that the camera is; `speaks`, `sounds`: may it.
  constructor(root, script, { done, off, speaks, sounds }) {
    Object.assign(this, { root, script, done, off, speaks, sounds });
    this.step = null;
    this.show = null;
    this.on = false;
    this.resting = false;
  }

  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  watches(step) {
    return this.on && this.script.camera.watched[step];
  }

  async turnOn() {
    const stage = new CameraStage(this.part("stage"), this.script.camera.parts, {
      seen: (numbers, takenAt) => {
        if (this.step !== null && !this.resting) this.link?.picture(numbers, takenAt);
      },
    });
    stage.failed = (problem) => this.turnOff(troubleWords(problem));
    this.part("stage").hidden = false;
    this.notice("Starting the camera. The first time takes a few seconds.");
    try {
      await stage.open();
      this.stage = stage;
      this.link = new CameraLink(this.script.camera.parts.link, {
        heard: (message, tookMs) => this.heard(message, tookMs),
        lost: (code) => {
          if (code >= 4400) this.turnOff("The camera was refused. The session goes on by the clock.");
          else this.notice("The connection was lost. Trying again.");
        },
        back: () => {
          this.notice("");
          if (this.step !== null) this.ask();
        },
      });
      if (!(await this.link.open())) throw new Error("no connection");
      this.on = true;
      this.notice("");
      return true;
    } catch (problem) {
      stage.close();
      this.turnOff(troubleWords(problem));
      return false;
    }
  }

  turnOff(words = "") {
    const was = this.on;
    this.on = false;
    this.step = null;
    this.show = null;
    this.link?.close();
    this.stage?.close();
    this.link = this.stage = null;
    this.part("stage").hidden = true;
    this.cue("");
    for (const svg of this.root.querySelectorAll(".as-in-mirror")) svg.classList.remove("as-in-mirror");
    if (was || words) this.off(words);
  }

  // Watch this set, or go on watching it after a rest.
  go(step) {
    this.resting = false;
    if (this.step === step) return;
    this.step = step;
    this.show = null;
    this.stage.fixed = true;
    this.root.scrollIntoView({ block: "start" });
    this.ask();
  }

  // The set waits: pictures are not sent, and time does not count.
  rest() {
    this.resting = true;
  }

  ask() {
    this.link.say({ do: "coach", session: this.script.key, step: this.step, model: this.stage.model });
  }

  // The set stops here; what was done of it comes back through `done` only if it is asked for.
  leave() {
    if (this.step === null) return;
    this.step = null;
    this.show = null;
    this.link?.say({ do: "leave" });
    this.stage?.mark(null);
    if (this.stage) this.stage.fixed = false;
    this.cue("");
  }

  // Ends the set with what was done of it.
  finish() {
    this.link?.say({ do: "stop" });
  }

  heard(message, tookMs) {
    if (tookMs !== null) this.part("stage").dataset.tookMs = tookMs.toFixed(1);
    if (this.step === null) return;
    if (message.is === "show") this.shown(message);
    else if (message.is === "set") {
      const done = { reps: message.reps, seconds: Math.round(message.held_s) };
      this.leave();
      this.done(done);
    } else if (message.is === "refused") {
      this.leave();
      this.notice(message.text);
      this.done(null);
    }
  }

  shown(show) {
    this.show = show;
    this.stage.mark(show);
    this.face(show.near);
    this.cue(show.sight.ok ? show.shown?.text : show.sight.text);
    if (show.say) {
      this.part("say").textContent = show.say.text;
      if (this.speaks()) speak(show.say.text);
    }
    for (const event of show.events) if (this.sounds() && TONES[event.id]) sound(TONES[event.id]);
  }

  // The name of a drawing ends in the side that it is drawn for.
  face(near) {
    const drawing = this.root.querySelector("[data-drawing]:not([hidden])");
    if (drawing && near) faceLikeYou(drawing.querySelector("svg"), drawing.dataset.drawing.split("-").pop(), near);
  }

  cue(words) {
    this.part("cue").textContent = words ?? "";
    this.part("cue").hidden = !words;
  }

  notice(words) {
    this.part("camera-notice").textContent = words;
    this.part("camera-notice").hidden = !words;
  }
}
