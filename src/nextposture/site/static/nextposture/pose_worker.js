// Looks for a person in one picture after another, beside the page so that the page stays quick.

import { numbersOf, openLandmarker } from "./pose_landmarker.js";

let landmarker = null;

const open = async ({ parts, model }) => {
  landmarker?.close();
  landmarker = await openLandmarker(parts, model, new OffscreenCanvas(1, 1));
  postMessage({ is: "open" });
};

const look = ({ picture, atMs }) => {
  const begun = performance.now();
  const { width, height } = picture;
  const result = landmarker.detectForVideo(picture, atMs);
  picture.close();
  const numbers = numbersOf(result, atMs, width, height);
  postMessage({ is: "seen", numbers, tookMs: performance.now() - begun }, [numbers.buffer]);
};

addEventListener("message", async ({ data }) => {
  try {
    if (data.do === "open") await open(data);
    else look(data);
  } catch (problem) {
    postMessage({ is: "failed", why: String(problem) });
  }
});
