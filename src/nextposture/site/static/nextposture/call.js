// A video call: the device is checked, one waits, the two talk, and the practitioner may take a reading.

import { CameraStage, drawSkeleton, troubleWords } from "./camera_stage.js";
import { devicesOf, Level, openOne, tryRelay } from "./call_devices.js";
import { CallLine } from "./call_line.js";
import { CallPeer } from "./call_peer.js";
import { sound, speak, wake } from "./session_sounds.js";

const script = JSON.parse(document.getElementById("script").textContent);
const root = document.querySelector("[data-call]");
const part = (name) => root.querySelector(`[data-${name}]`);
const section = (name) => root.querySelector(`[data-part="${name}"]`);
const button = (name) => root.querySelector(`[data-do="${name}"]`);
const told = (name, words) => {
  root.querySelector(`[data-told="${name}"]`).textContent = words;
};
const mine = script.side === "person";
const page = crypto.randomUUID();

const REFUSED = {
  4400: "The server did not understand this page, so the line was closed. Load the page again.",
  4409: "This call is open in another window or on another device. It goes on there.",
  4410: "The call is closed: its time is over, or you were signed out. Load the page again to see which.",
  4429: "This page sent too much at once, so the line was closed. Load the page again.",
};

const tracks = { audio: null, video: null };
let ice = script.ice;
let peer = null;
let peerPage = "";
let peerHere = false;
let joined = false;
let muted = false;
let pictureOff = false;
let allowed = false;
let other = { microphone: false, camera: false };
let stage = null;
let hereAt = 0;
let answered = false;

// ---- What is shown

const status = (words) => {
  if (part("status").textContent !== words) part("status").textContent = words;
};
const trouble = (words) => {
  part("trouble").textContent = words;
  part("trouble").hidden = !words;
};

const show = (at) => {
  if (root.dataset.at === at && !section("check").hidden === (at === "check")) return;
  root.dataset.at = at;
  for (const name of ["check", "waiting", "talk", "ended"]) section(name).hidden = name !== at;
  section("measuring").hidden = at !== "talk";
  part("bar").hidden = at !== "waiting" && at !== "talk";
  part("self").hidden = at === "ended" || !tracks.video;
  if (at !== "check" || joined) root.querySelector(`[data-heading="${at}"]`)?.focus();
};

const showSelf = () => {
  const video = part("self").querySelector("video");
  if (!tracks.video) video.srcObject = null;
  else if (video.srcObject?.getTracks()[0] !== tracks.video) {
    video.srcObject = new MediaStream([tracks.video]);
    video.play().catch(() => undefined);
  }
  part("self").hidden = root.dataset.at === "ended" || !tracks.video;
  const bar = { mute: [muted, "Mute", "Muted", tracks.audio], camera: [pictureOff, "Camera off", "Camera is off", tracks.video] };
  for (const [name, [off, words, done, has]] of Object.entries(bar)) {
    button(name).setAttribute("aria-pressed", String(off || !has));
    button(name).textContent = has ? (off ? done : words) : name === "mute" ? "No microphone" : "No camera";
    button(name).disabled = !has;
  }
};

const showOther = () => {
  part("no-picture").hidden = other.camera;
  part("other-muted").hidden = other.microphone;
  part("remote").classList.toggle("call-blank", !other.camera);
};

const showWay = async () => {
  if (!peer?.connected) return "";
  const way = await peer.way();
  root.dataset.way = way;
  const through = way === "relay" ? "through the clinic’s relay" : "directly";
  status(`Connected with ${script.other}, ${through}. Nothing is recorded.`);
  return way;
};

// ---- Devices

const level = new Level(part("level"), () => told("microphone", "It hears you."));

const opened = async (kind, id) => {
  const { track, problem } = await openOne(kind, id);
  tracks[kind]?.stop();
  tracks[kind] = track;
  const name = kind === "video" ? "camera" : "microphone";
  if (track) {
    told(name, kind === "video" ? "On. You see yourself below." : "On. Say something and watch the bar.");
    track.onended = () => {
      tracks[kind] = null;
      told(name, `The ${name} was unplugged or stopped.`);
      peer?.setTrack(kind, null);
      tellState();
      showSelf();
    };
    if (kind === "audio") track.enabled = !muted;
  } else told(name, problem);
  if (kind === "audio") level.follow(track);
  if (peer) await peer.setTrack(kind, kind === "video" && pictureOff ? null : track);
  tellState();
  showSelf();
};

const showChoices = async () => {
  let several = false;
  for (const kind of ["video", "audio"]) {
    const choice = root.querySelector(`[data-choose="${kind}"]`);
    const found = await devicesOf(kind);
    several ||= found.length > 1;
    const now = tracks[kind]?.getSettings().deviceId;
    choice.replaceChildren(
      ...found.map((one) => new Option(one.label, one.deviceId, false, one.deviceId === now)),
    );
    choice.parentElement.hidden = found.length < 2;
  }
  part("choices").hidden = !several;
};

const openDevices = async (kinds) => {
  wake();
  for (const kind of kinds) {
    told(kind === "video" ? "camera" : "microphone", "Asking the browser …");
    await opened(kind, "");
  }
  await showChoices();
};

const RELAY_WORDS = {
  works: "The relay for calls answers, so the call can get through most networks.",
  fails: "The relay for calls does not answer from here. The call may still work directly; if not, use the phone.",
  none: "This clinic has set up no relay. Where a network does not let the two browsers meet, use the phone.",
};

// ---- The line, and the other side

const tellState = () => {
  if (joined) line.say({ do: "state", microphone: Boolean(tracks.audio) && !muted, camera: Boolean(tracks.video) && !pictureOff });
};

const hello = () => {
  line.say({ do: "hello", page });
  tellState();
};

const peerState = (name) => {
  root.dataset.connection = name;
  if (name === "connected") {
    root.dataset.connectedMs = Math.round(performance.now() - hereAt);
    trouble("");
    showWay().then((way) => {
      if (way && !mine) line.say({ do: "way", relayed: way === "relay" });
    });
  } else if (name === "disconnected" || name === "failed") {
    root.dataset.drops = Number(root.dataset.drops ?? 0) + 1;
    status(`The connection to ${script.other} dropped. Looking for a way; you need do nothing.`);
  }
};

const meet = async () => {
  peer?.close();
  hereAt = performance.now();
  part("remote").autoplay = true;
  part("remote").srcObject ??= new MediaStream();
  peer = new CallPeer({
    offers: !mine,
    relayOnly: script.relayOnly,
    ice,
    remote: part("remote").srcObject,
    send: (signal) => line.say({ do: "signal", to: peerPage, signal }),
    state: peerState,
    landmarks: mine ? null : drawn,
  });
  await peer.begin({ audio: tracks.audio, video: pictureOff ? null : tracks.video });
};

const heard = (message) => {
  switch (message.is) {
    case "welcome":
      ({ ice } = message);
      peer?.refresh(ice);
      setAllowed(message.allowed);
      if (!peerHere && !peer?.connected) status(`You are in the waiting room. ${script.other} is not here yet.`);
      break;
    case "here":
      peerHere = true;
      other = { microphone: message.state.microphone, camera: message.state.camera };
      showOther();
      show("talk");
      if (message.page !== peerPage) {
        peerPage = message.page;
        status(`${script.other} is here. Connecting.`);
        meet();
      } else if (!peer.connected) peer.restart();
      else showWay();
      break;
    case "gone":
      peerHere = false;
      if (!peer?.connected) status(`${script.other}’s line dropped. Waiting for them to come back.`);
      break;
    case "signal":
      if (message.page === peerPage) peer?.hear(message.signal);
      break;
    case "state":
      other = { microphone: message.microphone, camera: message.camera };
      showOther();
      break;
    case "ended":
      peer?.close();
      peer = null;
      peerPage = "";
      peerHere = false;
      setAllowed(false);
      show("waiting");
      status(`${script.other} hung up. They can come back; you can hang up too.`);
      break;
    case "phone":
      status(`${script.other} would go on by phone. The numbers are at the end of this page.`);
      break;
    case "asked":
      part("asked").hidden = allowed;
      status(part("asked").textContent.trim());
      button("allow").focus();
      break;
    case "allowed":
      if (message.yes !== allowed) {
        if (mine) status(message.yes ? "Measuring is on. You can stop it at any time." : "Measuring has stopped.");
        else status(message.yes ? `${script.other} lets you measure.` : `${script.other} has stopped the measuring.`);
      }
      setAllowed(message.yes);
      break;
    case "refused":
      status(message.text);
      break;
    case "begun":
      begun();
      break;
    case "show":
      if (mine) shownToPerson(message);
      else shownToPractitioner(message);
      break;
    case "result":
      result(message);
      break;
    default:
  }
};

const line = new CallLine(script.link, {
  heard,
  up: () => {
    told("server", "The clinic’s server answers.");
    trouble("");
    if (joined) hello();
  },
  down: () => {
    peerHere = false;
    told("server", "The line to the clinic’s server dropped. Trying again.");
    if (joined)
      trouble(
        peer?.connected
          ? "The line to the clinic’s server dropped. You still see and hear each other; it is being tried again."
          : "The network dropped. It is being tried again; you need do nothing.",
      );
  },
  refused: (code) => {
    turnOff();
    show("ended");
    button("again").hidden = true;
    trouble(REFUSED[code] ?? "The server closed the line. Load the page again.");
    status("");
  },
});

const turnOff = () => {
  joined = false;
  peer?.close();
  peer = null;
  stopLooking();
  level.stop();
  for (const kind of ["audio", "video"]) {
    tracks[kind]?.stop();
    tracks[kind] = null;
  }
  showSelf();
};

// ---- The person's pose, seen in their own browser

const look = async () => {
  if (stage || !tracks.video) return;
  const looking = new CameraStage(part("self"), script.parts, {
    seen: (numbers) => {
      const now = performance.now() / 1000;
      if (now <= look.last) return;
      look.last = now;
      numbers[0] = now; // one clock for the whole page, however often the pose is started anew
      line.picture(numbers);
      peer?.show(numbers);
    },
    changed: () => line.say({ do: "model", model: looking.model }),
  });
  looking.failed = (problem) => {
    stopLooking();
    line.say({ do: "allow", yes: false });
    trouble(troubleWords(problem));
  };
  stage = looking;
  cue("Getting ready to look. The first time takes a few seconds.");
  try {
    await looking.open(new MediaStream([tracks.video]));
    if (stage === looking) cue("");
    else looking.close();
  } catch (problem) {
    if (stage === looking) looking.failed(problem);
  }
};
look.last = 0;

const stopLooking = () => {
  if (!stage) return;
  const was = stage;
  stage = null;
  was.close();
  const canvas = part("self").querySelector("canvas");
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
};

const cue = (words) => {
  part("cue").textContent = words ?? "";
  part("cue").hidden = !words;
};

const setAllowed = (yes) => {
  allowed = yes;
  root.dataset.allowed = yes;
  if (mine) {
    part("asked").hidden = true;
    button("allow").hidden = yes;
    button("refuse").hidden = !yes;
    if (yes) look();
    else {
      stopLooking();
      cue("");
    }
    return;
  }
  for (const one of root.querySelectorAll("[data-not-allowed]")) one.hidden = yes;
  part("allowed").hidden = !yes;
  if (!yes) {
    part("reading").hidden = true;
    part("question").hidden = true;
    part("test").hidden = false;
    part("drawn").getContext("2d").clearRect(0, 0, part("drawn").width, part("drawn").height);
  }
};

const shownToPerson = (message) => {
  if (message.phase === "watch") {
    if (!message.sight.ok) cue(message.sight.text);
    else if (!stage?.fixed) cue("You are seen. Wait for what comes next.");
    return;
  }
  if (stage) stage.fixed = true;
  cue(message.sight.ok ? message.shown?.text : message.sight.text);
  if (message.say && part("voice").checked) speak(message.say.text);
  for (const event of message.events ?? []) if (event.id === "trial_done") sound("end");
};

// ---- What the practitioner sees of it

function drawn(numbers) {
  if (!allowed || numbers.length < 3) return;
  const canvas = part("drawn");
  drawSkeleton(canvas, [numbers[1], numbers[2]], numbers);
  canvas.dataset.pictures = Number(canvas.dataset.pictures ?? 0) + (numbers.length > 3 ? 1 : 0);
}

const PHASES = { find: "Finding them", ready: "Getting into place", measure: "Measuring", ask: "One question", again: "Once more", done: "Done" };

const shownToPractitioner = (message) => {
  for (const one of root.querySelectorAll("[data-angle]")) {
    const value = message.angles[one.dataset.angle];
    one.textContent = value === undefined ? "–" : `${Math.round(value)}°`.replace("-", "−");
  }
  part("sight").textContent = message.sight.ok ? `Their ${message.near} side is next to the camera.` : "They cannot be measured as they are seen now.";
  if (message.phase === "watch") return;
  part("phase").textContent = PHASES[message.phase] ?? "";
  part("trial").textContent = message.trials ? `${Math.min(message.trial, message.trials)} of ${message.trials}` : "";
  const below = message.angles.thigh_below_level;
  part("number").textContent = below === undefined ? "" : Math.abs(Math.round(below));
  part("unit").textContent = below === undefined ? "" : below < 0 ? "degrees above level" : "degrees below level";
  part("cue").textContent = (message.sight.ok ? message.shown?.text : message.sight.text) ?? "";
  const asks = message.ask === "pelvis_flat";
  if (!asks) answered = false;
  if (asks && !answered && part("question").hidden) {
    part("question").hidden = false;
    part("question").querySelector("button").focus();
  } else if (!asks) part("question").hidden = true;
};

const begun = () => {
  section("result").hidden = true;
  if (mine) {
    if (stage) stage.fixed = true;
    status("A reading has begun. Do what is read out.");
    return;
  }
  part("reading").hidden = false;
  part("test").hidden = true;
  status("The reading has begun.");
};

const result = ({ words, kept }) => {
  if (stage) stage.fixed = false;
  if (!mine) {
    part("reading").hidden = true;
    part("question").hidden = true;
    part("test").hidden = false;
  } else cue("");
  part("words").replaceChildren(
    ...words.map((one) => Object.assign(document.createElement("p"), { textContent: one })),
  );
  part("kept").hidden = !kept;
  section("result").hidden = false;
  root.querySelector('[data-heading="result"]').focus();
  status(words[0]);
};

// ---- Buttons

const ACTIONS = {
  devices: () => openDevices(["video", "audio"]),
  "microphone-only": () => openDevices(["audio"]),
  tone: () => {
    wake();
    setTimeout(() => sound("begin"), 50);
    told("speaker", "Played. If you heard nothing, turn the volume up or choose another output in your system.");
  },
  join: () => {
    wake();
    joined = true;
    level.stop();
    show("waiting");
    status(`You are in the waiting room. ${script.other} is not here yet.`);
    if (line.isUp) hello();
    else trouble("The clinic’s server does not answer yet. It is being tried again.");
  },
  mute: () => {
    muted = !muted;
    if (tracks.audio) tracks.audio.enabled = !muted;
    tellState();
    showSelf();
    status(muted ? "You are muted." : "You can be heard.");
  },
  camera: async () => {
    pictureOff = !pictureOff;
    await peer?.setTrack("video", pictureOff ? null : tracks.video);
    tellState();
    showSelf();
    status(
      pictureOff
        ? `${script.other} does not see your picture${allowed ? "; the line drawing still goes out" : ""}.`
        : `${script.other} sees your picture.`,
    );
  },
  "hang-up": () => {
    line.say({ do: "hang_up" });
    peerPage = "";
    setAllowed(false);
    turnOff();
    show("ended");
    status("You hung up.");
  },
  again: () => {
    show("check");
    root.querySelector('[data-heading="check"]').focus();
    status("");
  },
  allow: async () => {
    if (!tracks.video) await opened("video", "");
    if (!tracks.video) {
      trouble("Measuring needs your camera. The call goes on without.");
      return;
    }
    const model = stage?.model ?? (localStorage.getItem("nextposture.camera-model") === "lite" ? "lite" : "full");
    line.say({ do: "allow", yes: true, model });
  },
  refuse: () => {
    setAllowed(false);
    line.say({ do: "allow", yes: false });
    status("Measuring has stopped.");
  },
  ask: () => {
    line.say({ do: "ask" });
    status(`${script.other} was asked.`);
  },
  measure: () => line.say({ do: "measure", test: script.test, side: root.querySelector("[name=side]:checked").value }),
  stop: () => line.say({ do: "stop" }),
};

root.addEventListener("click", (event) => {
  const one = event.target.closest("[data-do], [data-answer]");
  if (!one) return;
  if (one.dataset.do) ACTIONS[one.dataset.do]();
  else {
    line.say({ do: "answer", value: JSON.parse(one.dataset.answer) });
    // Pictures that were on their way still ask.
    answered = true;
    part("question").hidden = true;
  }
});
for (const choice of root.querySelectorAll("[data-choose]"))
  choice.addEventListener("change", () => opened(choice.dataset.choose, choice.value));
part("phone").addEventListener("submit", (event) => {
  if (!line.isUp || !joined) return;
  event.preventDefault();
  line.say({ do: "phone" });
  status("Noted: you go on by phone. The call here stays open until you hang up.");
});
window.addEventListener("pagehide", () => {
  line.close();
  peer?.close();
});

show("check");
showSelf();
line.open();
tryRelay(ice).then((works) => {
  root.dataset.relay = works;
  told("relay", RELAY_WORDS[works]);
});
