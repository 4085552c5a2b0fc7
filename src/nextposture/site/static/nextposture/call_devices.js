// Camera, microphone, speaker and network, opened and checked before a call.

const RELAY_MS = 8000;
const HEARD = 0.01; // of full scale (RMS): a quiet room stays below, speech at arm's length is well above

const PICTURE = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };

const why = (problem, what) => {
  switch (problem?.name) {
    case "NotAllowedError":
      return `The ${what} is not allowed. Allow it beside the address of this page, or go on without it.`;
    case "NotFoundError":
    case "OverconstrainedError":
      return `No ${what} was found.`;
    case "NotReadableError":
      return `Another program uses the ${what}. Close it and try again.`;
    default:
      return `The ${what} could not be started.`;
  }
};

// One of the two, or none with the reason in words.
export const openOne = async (kind, id = "") => {
  const what = kind === "video" ? "camera" : "microphone";
  if (!navigator.mediaDevices?.getUserMedia) return { track: null, problem: `This browser gives no ${what}.` };
  try {
    const asked = kind === "video" ? { video: { ...PICTURE, ...(id ? { deviceId: { exact: id } } : { facingMode: "user" }) } } : { audio: { echoCancellation: true, ...(id && { deviceId: { exact: id } }) } };
    const stream = await navigator.mediaDevices.getUserMedia(asked);
    return { track: stream.getTracks()[0], problem: "" };
  } catch (problem) {
    return { track: null, problem: why(problem, what) };
  }
};

export const devicesOf = async (kind) => {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return all.filter((one) => one.kind === `${kind}input` && one.deviceId && one.label);
};

// Shows how loud the microphone hears, until it is stopped. `heard()` is called once it hears somebody.
export class Level {
  constructor(meter, heard) {
    Object.assign(this, { meter, heard });
  }

  follow(track) {
    this.stop();
    const Context = window.AudioContext;
    if (!track || !Context) return;
    this.context ??= new Context();
    this.context.resume();
    const source = this.context.createMediaStreamSource(new MediaStream([track]));
    const analyser = new AnalyserNode(this.context, { fftSize: 4096 });
    source.connect(analyser);
    this.source = source;
    const samples = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const loud = Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
      this.meter.value = Math.min(1, loud * 4);
      if (loud > HEARD) this.heard?.();
    }, 100);
  }

  stop() {
    clearInterval(this.timer);
    this.source?.disconnect();
    this.meter.value = 0;
  }
}

// Whether the relay gives this browser a place: "works", "fails", or "none" where the clinic has set up none.
export const tryRelay = async (ice) => {
  if (!ice.length) return "none";
  const pc = new RTCPeerConnection({ iceServers: ice, iceTransportPolicy: "relay" });
  try {
    pc.createDataChannel("try");
    const found = new Promise((resolve) => {
      pc.onicecandidate = ({ candidate }) => candidate && resolve("works");
      pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && resolve("fails");
      setTimeout(() => resolve("fails"), RELAY_MS);
    });
    await pc.setLocalDescription();
    return await found;
  } finally {
    pc.close();
  }
};
