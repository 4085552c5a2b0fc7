// Short tones for a session, made in the browser. Everything they say is on the screen as well.

let context = null;

// Browsers let a page sound only after a tap or a key, so this is called from one.
export const wake = () => {
  const Context = window.AudioContext;
  if (!Context) return;
  context ??= new Context();
  if (context.state === "suspended") context.resume();
};

const tone = (hertz, fromS, lengthS, loudness) => {
  const at = context.currentTime + fromS;
  const source = context.createOscillator();
  const gain = context.createGain();
  source.frequency.value = hertz;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loudness, at + 0.02);
  gain.gain.setValueAtTime(loudness, at + lengthS - 0.05);
  gain.gain.linearRampToValueAtTime(0, at + lengthS);
  source.connect(gain).connect(context.destination);
  source.start(at);
  source.stop(at + lengthS);
};

const SOUNDS = {
  tick: [[440, 0, 0.09, 0.12]],
  begin: [[880, 0, 0.35, 0.2]],
  end: [
    [660, 0, 0.18, 0.2],
    [440, 0.2, 0.35, 0.2],
  ],
  out: [[520, 0, 0.15, 0.12]],
  hold: [[620, 0, 0.1, 0.08]],
  back: [[390, 0, 0.15, 0.12]],
  change: [
    [550, 0, 0.15, 0.18],
    [550, 0.22, 0.15, 0.18],
  ],
};

export const sound = (name) => {
  if (context?.state !== "running") return;
  for (const one of SOUNDS[name]) tone(...one);
};

export const canSpeak = () => "speechSynthesis" in window;

// Some browsers offer voices that are made on another computer, which would then be told every word.
const ownVoice = () => {
  const own = window.speechSynthesis.getVoices().filter((one) => one.localService);
  return own.find((one) => one.lang === "en-GB") ?? own.find((one) => one.lang.startsWith("en"));
};

export const speak = (words) => {
  const voice = canSpeak() && ownVoice();
  if (!voice) return;
  window.speechSynthesis.cancel();
  const said = new SpeechSynthesisUtterance(words);
  said.voice = voice;
  said.lang = "en-GB";
  window.speechSynthesis.speak(said);
};
