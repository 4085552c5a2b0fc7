// The camera's picture on the page: mirrored to look at, never for the networks, with what was seen drawn on it.

import { CannotLookError, openPose } from "./pose.js";

const SLOW_MS = 95; // a picture that takes longer is fewer than about ten a second
const TRIED = 15; // pictures before that is judged, after those that warm up
const WARM_UP = 5;
const SURE = 0.5; // visibility from which a line is drawn full

const BONES = [
  ["trunk", 11, 23], ["trunk", 12, 24], ["trunk", 11, 12], ["trunk", 23, 24],
  ["left_upper_arm", 11, 13], ["left_forearm", 13, 15], ["right_upper_arm", 12, 14], ["right_forearm", 14, 16],
  ["left_thigh", 23, 25], ["left_shank", 25, 27], ["left_foot", 27, 31], ["left_foot", 27, 29], ["left_foot", 29, 31],
  ["right_thigh", 24, 26], ["right_shank", 26, 28], ["right_foot", 28, 32], ["right_foot", 28, 30], ["right_foot", 30, 32],
];

// Why there is no picture, in words that say what to do.
export const troubleWords = (problem) => {
  if (problem instanceof CannotLookError)
    return "This browser cannot look for a person in a picture: it is too old, or its graphics (WebGL) are switched off. Everything here also works without a camera.";
  switch (problem?.name) {
    case "NotAllowedError":
      return "The camera is not allowed. Allow it beside the address of this page, then try again. Or go on without it.";
    case "NotFoundError":
    case "OverconstrainedError":
      return "No camera was found. Plug one in and try again, or go on without it.";
    case "NotReadableError":
      return "Another program uses the camera. Close it and try again, or go on without it.";
    default:
      return "The camera could not be started. Try again, or go on without it.";
  }
};

export class CameraStage {
  // `seen(numbers, atMs)` gets what was seen in each picture; `changed()` hears that the model was changed.
  constructor(root, parts, { seen, changed }) {
    Object.assign(this, { root, parts, seen, changed });
    this.video = root.querySelector("video");
    this.canvas = root.querySelector("canvas");
    this.model = this.rememberedModel();
    this.took = [];
    this.marked = new Set();
    this.near = null;
    this.fixed = false; // while something is measured or counted, the model stays
    this.pictures = 0;
  }

  rememberedModel() {
    try {
      return localStorage.getItem("nextposture.camera-model") === "lite" ? "lite" : "full";
    } catch {
      return "full";
    }
  }

  get size() {
    return [this.video.videoWidth, this.video.videoHeight];
  }

  // `lent`: a stream that is somebody else's to stop; without it the camera is asked for.
  async open(lent = null) {
    if (!navigator.mediaDevices?.getUserMedia) throw new CannotLookError();
    this.lent = lent !== null;
    this.stream =
      lent ??
      (await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 }, facingMode: "user" },
      }));
    try {
      this.video.srcObject = this.stream;
      await this.video.play();
      this.pose = await openPose(this.parts, this.model);
    } catch (problem) {
      this.close();
      throw problem;
    }
    this.root.style.setProperty("--shape", `${this.size[0]} / ${this.size[1]}`);
    this.root.dataset.where = this.pose.where;
    this.begun = performance.now();
    this.run(this.pose);
  }

  close() {
    if (!this.lent) {
      this.stream?.getTracks().forEach((track) => track.stop());
      this.video.srcObject = null;
    }
    this.pose?.close();
    this.pose = null;
  }

  nextPicture() {
    return new Promise((resolve) => {
      if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(resolve);
      else requestAnimationFrame(resolve);
      // A page in the background gets neither.
      setTimeout(resolve, 500);
    });
  }

  // One picture at a time: those that come meanwhile are let go, never kept.
  async run(pose) {
    let last = 0;
    while (this.pose === pose) {
      await this.nextPicture();
      if (this.pose !== pose || this.video.readyState < 2) continue;
      const atMs = Math.max(performance.now() - this.begun, last + 1);
      last = atMs;
      try {
        const { numbers, tookMs } = await pose.look(this.video, atMs);
        if (this.pose !== pose) return;
        this.pictures += 1;
        this.root.dataset.pictures = this.pictures;
        this.numbers = numbers;
        this.seen(numbers, performance.timeOrigin + this.begun + atMs);
        this.draw();
        await this.judge(pose, tookMs);
      } catch (problem) {
        if (this.pose === pose) this.failed?.(problem);
        return;
      }
    }
  }

  // A slow machine gets the smaller model, for good: the two do not measure alike.
  async judge(pose, tookMs) {
    if (this.model !== "full" || this.fixed) return;
    this.took.push(tookMs);
    if (this.took.length < WARM_UP + TRIED) return;
    const sorted = this.took.slice(WARM_UP).sort((a, b) => a - b);
    this.took = [];
    if (sorted[Math.floor(sorted.length / 2)] <= SLOW_MS) return;
    this.model = "lite";
    await pose.open("lite");
    try {
      localStorage.setItem("nextposture.camera-model", "lite");
    } catch {
      // it is then found out again
    }
    this.changed?.();
  }

  // What the answer to a picture marks: the side that counts, and limbs that are not where they should be.
  mark(show) {
    this.near = show?.near ?? null;
    const side = this.near ?? show?.side;
    const other = { left: "right", right: "left" }[side];
    this.marked = new Set(
      (show?.limbs ?? []).map((limb) => limb.replace(/^near_/, `${side}_`).replace(/^far_/, `${other}_`)),
    );
  }

  draw() {
    drawSkeleton(this.canvas, this.size, this.numbers, this.marked);
  }
}

// Beside a mirrored picture a drawing turns the way the person in it does. `drawn`: the side that it shows near.
export const faceLikeYou = (svg, drawn, near) =>
  svg.classList.toggle("as-in-mirror", svg.dataset.view === "front" || near === drawn);

// What was seen, over the picture it was seen in. `marked`: limbs that are not where they should be.
export const drawSkeleton = (canvas, [width, height], numbers, marked = new Set()) => {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, width, height);
  if (numbers.length <= 3) return;
  const point = (number) => [
    numbers[3 + 3 * number] * width,
    numbers[4 + 3 * number] * height,
    numbers[5 + 3 * number],
  ];
  pen.lineCap = "round";
  const unit = height / 240;
  for (const pass of ["outline", "line"]) {
    for (const [part, from, to] of BONES) {
      const [x1, y1, seen1] = point(from);
      const [x2, y2, seen2] = point(to);
      const wrong = marked.has(part);
      pen.globalAlpha = Math.min(seen1, seen2) < SURE ? 0.3 : 1;
      pen.strokeStyle = pass === "outline" ? "#15110d" : wrong ? "#ffd9a0" : "#a8e6de";
      pen.lineWidth = (wrong ? 5 : 3) * unit + (pass === "outline" ? 2 * unit : 0);
      pen.beginPath();
      pen.moveTo(x1, y1);
      pen.lineTo(x2, y2);
      pen.stroke();
    }
  }
  pen.globalAlpha = 1;
};
