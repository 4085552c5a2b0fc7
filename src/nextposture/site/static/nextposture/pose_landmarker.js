// The one way to open MediaPipe's pose landmarker, in a worker and on the page alike.
// `parts`: addresses of the runtime (bundle, loader, wasm) and of the networks by model.

export const openLandmarker = async (parts, model, canvas) => {
  const loader = await import(parts.loader);
  const { PoseLandmarker } = await import(parts.bundle);
  // The runtime would load its loader as a classic script, which a module is not; it takes one that is there.
  globalThis.ModuleFactory = loader.default;
  const opening = () =>
    PoseLandmarker.createFromOptions(
      { wasmLoaderPath: "", wasmBinaryPath: parts.wasm },
      {
        baseOptions: { modelAssetPath: parts.models[model], delegate: "CPU" },
        runningMode: "VIDEO",
        numPoses: 1,
        canvas,
      },
    );
  const landmarker = await quietly(opening);
  // Without WebGL it opens all the same, and fails at the first picture: better now, while there is another way.
  landmarker.detectForVideo(new ImageData(16, 16), 0);
  return landmarker;
};

// The runtime writes what it has to tell, all of it, as errors; it takes hold of the console as it opens.
const quietly = async (opening) => {
  const loud = console.error;
  console.error = (...words) => (String(words[0]).startsWith("INFO:") ? console.debug : loud)(...words);
  try {
    return await opening();
  } finally {
    console.error = loud;
  }
};

// What goes over the wire: seconds, width, height, then x, y and visibility of each point; no points, nobody.
export const numbersOf = (result, atMs, width, height) => {
  const points = result.landmarks[0] ?? [];
  const numbers = new Float32Array(3 + 3 * points.length);
  numbers.set([atMs / 1000, width, height]);
  points.forEach((point, at) => numbers.set([point.x, point.y, point.visibility], 3 + 3 * at));
  return numbers;
};
