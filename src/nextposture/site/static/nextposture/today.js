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

  draw();
  setInterval(draw, 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") ask();
  });
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
