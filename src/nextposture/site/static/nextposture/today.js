// The break timer between two answers of the server, whose time is the truth. Every tap is a plain form.

const section = document.querySelector("[data-timer]");
const notify = document.querySelector("[data-notify]");
const NOTIFY_KEY = "nextposture.notify";
const DRIFT_S = 5; // more than clocks differ by: something was answered elsewhere

const wantsNotice = () => {
  try {
    return localStorage.getItem(NOTIFY_KEY) === "yes" && Notification.permission === "granted";
  } catch {
    return false; // storage may be switched off
  }
};

if (section) {
  const intervalS = Number(section.dataset.intervalS);
  const title = document.title;
  let readAt = Date.now();
  let satS = Number(section.dataset.satS);
  let dueInS = Number(section.dataset.dueInS);
  let told = dueInS <= 0; // the page was drawn as due

  const part = (name) => section.querySelector(`[data-${name}]`);

  const tellDue = (minutes) => {
    part("title").textContent = "Time to get up";
    part("due-said").textContent = "Time to get up.";
    part("when-due").hidden = false;
    if (!told && wantsNotice()) {
      new Notification("Time to get up", { body: `You have sat for ${minutes} minutes.`, tag: "break" });
    }
    told = true;
  };

  const draw = () => {
    const passedS = (Date.now() - readAt) / 1000;
    const minutes = Math.floor((satS + passedS) / 60);
    const leftS = dueInS - passedS;
    part("sat").textContent = minutes;
    const share = Math.min(1, Math.max(0, 1 - leftS / intervalS));
    part("ring").setAttribute("stroke-dasharray", `${(100 * share).toFixed(1)} 100`);
    if (leftS > 0) {
      const left = Math.ceil(leftS / 60);
      part("next").textContent = `Next break in ${left} minute${left === 1 ? "" : "s"}.`;
      document.title = title;
    } else {
      part("next").textContent = `You have sat for ${minutes} minutes. One to five minutes up is enough.`;
      document.title = `Get up · ${title}`;
      if (!told || part("when-due").hidden) tellDue(minutes);
    }
  };

  // The computer may have slept, or another page may have answered: ask again.
  const ask = async () => {
    try {
      const answer = await fetch(section.dataset.timer, { headers: { Accept: "application/json" } });
      const now = await answer.json();
      const expected = dueInS - (Date.now() - readAt) / 1000;
      if (now.unknown || now.due_in_s === null || Math.abs(now.due_in_s - expected) > DRIFT_S) {
        window.location.reload();
        return;
      }
      ({ sat_s: satS, due_in_s: dueInS } = now);
      readAt = Date.now();
      draw();
    } catch {
      draw(); // no server just now: the page's own clock has to do
    }
  };

  // The page's clock counts no sleep where the system's wall clock does (Linux, macOS): the difference is sleep,
  // and that is an absence like any other. Nobody is greeted with a notification on waking.
  let wallMs = Date.now();
  let awakeMs = performance.now();
  const tick = () => {
    const sleptMs = Date.now() - wallMs - (performance.now() - awakeMs);
    wallMs = Date.now();
    awakeMs = performance.now();
    if (sleptMs >= 1000 * Number(section.dataset.breakS)) {
      tellAbsence(wallMs - sleptMs).catch(ask);
    } else {
      draw();
    }
  };

  draw();
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") ask();
  });
}

// Idle Detection, where the browser has it and the person has allowed it: an absence as long as a break is one.
const IDLE_KEY = "nextposture.idle";
const SHORTEST_IDLE_MS = 60000; // browsers take no less
const noticeIdle = document.querySelector("[data-notice-idle]");
const noIdle = document.querySelector("[data-no-idle]");
let idleWatch = null;

let tellsAbsence = false; // sleep and still hands may both tell of one absence

const tellAbsence = async (sinceMs) => {
  const seconds = Math.round((Date.now() - sinceMs) / 1000);
  if (tellsAbsence || seconds < Number(section.dataset.breakS)) return;
  tellsAbsence = true;
  const form = section.querySelector("form[data-once]");
  const body = new FormData();
  body.append("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
  body.append("key", crypto.randomUUID());
  body.append("seconds", Math.min(seconds, 86400));
  try {
    await fetch(section.dataset.away, { method: "POST", body });
  } catch (error) {
    tellsAbsence = false;
    throw error;
  }
  window.location.reload();
};

const watchIdle = async () => {
  const thresholdMs = Math.max(SHORTEST_IDLE_MS, 1000 * Number(section.dataset.awayAfterS));
  let awaySinceMs = null;
  idleWatch = new AbortController();
  const detector = new IdleDetector();
  detector.addEventListener("change", () => {
    const away = detector.userState === "idle" || detector.screenState === "locked";
    if (away && awaySinceMs === null) {
      awaySinceMs = Date.now() - (detector.screenState === "locked" ? 0 : thresholdMs);
    } else if (!away && awaySinceMs !== null) {
      tellAbsence(awaySinceMs);
      awaySinceMs = null;
    }
  });
  await detector.start({ threshold: thresholdMs, signal: idleWatch.signal });
};

if (section && noticeIdle && "IdleDetector" in window) {
  const choice = noticeIdle.querySelector("[data-idle-switch]");
  const said = noticeIdle.querySelector("[data-idle-said]");
  const cannot = (words) => {
    choice.checked = false;
    said.textContent = words;
  };
  noticeIdle.hidden = false;
  choice.addEventListener("change", async () => {
    idleWatch?.abort();
    try {
      if (choice.checked && (await IdleDetector.requestPermission()) !== "granted") {
        cannot("The browser does not allow it. Its settings for this site can change that.");
      } else if (choice.checked) {
        await watchIdle();
      }
      localStorage.setItem(IDLE_KEY, choice.checked ? "yes" : "no");
    } catch {
      cannot("The browser does not allow it here.");
    }
  });
  try {
    if (localStorage.getItem(IDLE_KEY) === "yes") {
      choice.checked = true;
      watchIdle().catch(() => cannot("The browser allows it no longer. Switch it on again if you like."));
    }
  } catch {
    choice.checked = false; // storage may be switched off
  }
} else if (noIdle) {
  noIdle.hidden = false;
}

// What the companion says now; when it says something else, the page is drawn again.
const companion = document.querySelector("[data-companion]");
if (companion) {
  const COMPANION_EVERY_MS = 15000;
  const minutes = companion.querySelector("[data-companion-minutes]");
  const look = async () => {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch(companion.dataset.companion, { headers: { Accept: "application/json" } });
      const now = await answer.json();
      if (now.phase !== companion.dataset.companionPhase || now.prompt !== companion.dataset.companionPrompt) {
        window.location.reload();
      } else if (minutes && now.minutes !== null) {
        minutes.textContent = now.minutes;
      }
    } catch {
      // no server just now: what stands there stays
    }
  };
  setInterval(look, COMPANION_EVERY_MS);
  document.addEventListener("visibilitychange", look);
}

if (notify && "Notification" in window) {
  const choice = notify.querySelector("[data-notify-switch]");
  const said = notify.querySelector("[data-notify-said]");
  notify.hidden = false;
  choice.checked = wantsNotice();
  choice.addEventListener("change", async () => {
    if (choice.checked && (await Notification.requestPermission()) !== "granted") {
      choice.checked = false;
      said.textContent = "The browser does not allow it. Its settings for this site can change that.";
    }
    try {
      localStorage.setItem(NOTIFY_KEY, choice.checked ? "yes" : "no");
    } catch {
      choice.checked = false;
      said.textContent = "This browser keeps no settings for this page, so it cannot be switched on.";
    }
  });
}
