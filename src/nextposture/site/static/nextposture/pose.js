// Finds a person in the camera's pictures, in this browser. No picture leaves it.

import { numbersOf, openLandmarker } from "./pose_landmarker.js";

export class CannotLookError extends Error {}

const OPEN_WITHIN_MS = 60000;

// Older Safari has no WebGL outside the page; there the page itself looks.
const worksBeside = () => {
  try {
    return Boolean(window.Worker && new OffscreenCanvas(1, 1).getContext("webgl2"));
  } catch {
    return false;
  }
};

class BesideThePage {
  constructor(parts) {
    this.parts = parts;
    this.worker = new Worker(parts.worker, { type: "module" });
    this.where = "worker";
  }

  ask(message, transfer = []) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("no answer")), OPEN_WITHIN_MS);
      this.worker.onmessage = ({ data }) => {
        clearTimeout(late);
        if (data.is === "failed") reject(new Error(data.why));
        else resolve(data);
      };
      this.worker.onerror = (problem) => {
        clearTimeout(late);
        reject(new Error(problem.message ?? "the worker did not start"));
      };
      this.worker.postMessage(message, transfer);
    });
  }

  open(model) {
    const { worker, ...parts } = this.parts;
    return this.ask({ do: "open", parts, model });
  }

  async look(video, atMs) {
    const picture = await createImageBitmap(video);
    return this.ask({ do: "look", picture, atMs }, [picture]);
  }

  close() {
    this.worker.terminate();
  }
}

class OnThePage {
  constructor(parts) {
    this.parts = parts;
    this.where = "page";
  }

  async open(model) {
    this.landmarker?.close();
    this.landmarker = await openLandmarker(this.parts, model, document.createElement("canvas"));
  }

  async look(video, atMs) {
    const begun = performance.now();
    const result = this.landmarker.detectForVideo(video, atMs);
    const numbers = numbersOf(result, atMs, video.videoWidth, video.videoHeight);
    return { numbers, tookMs: performance.now() - begun };
  }

  close() {
    this.landmarker?.close();
  }
}

// Opens whichever works here; throws CannotLookError where neither does.
export const openPose = async (parts, model) => {
  for (const Way of worksBeside() ? [BesideThePage, OnThePage] : [OnThePage]) {
    const pose = new Way(parts);
    try {
      await pose.open(model);
      return pose;
    } catch {
      pose.close();
    }
  }
  throw new CannotLookError();
};
