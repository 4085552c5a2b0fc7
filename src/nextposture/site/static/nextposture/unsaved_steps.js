// Steps of a session on their way to the server. Kept in the browser until the server has them.

const PREFIX = "nextposture.session.";
const RETRY_MS = 3000;

export const keptPlace = (key) => {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key));
  } catch {
    return null; // storage may be switched off; the server's place then stands
  }
};

export const keepPlace = (key, place) => {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(place));
  } catch {
    // then a reload goes on at the start of the step that the server has
  }
};

const forgetPlace = (key) => {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // nothing was kept
  }
};

// Sends one step; resolves to the server's answer, or null when it can never be saved. Rejects to try again.
const send = async (address, token, key, step) => {
  const body = new URLSearchParams({ csrfmiddlewaretoken: token, key, ...step });
  const answer = await fetch(address, {
    method: "POST",
    body,
    headers: { Accept: "application/json" },
    keepalive: true,
  });
  if (answer.ok) return answer.json();
  if (answer.status === 400 || answer.status === 404) return null;
  throw new Error(`not saved: ${answer.status}`);
};

// One queue for a session. `changed(waiting, failed)` hears of every change, `ended` that it is over elsewhere.
export class UnsavedSteps {
  constructor({ address, token, key, waiting, changed, ended }) {
    Object.assign(this, { address, token, key, waiting: [...waiting], changed, ended });
    this.sending = false;
  }

  add(step) {
    this.waiting.push(step);
    this.flush();
  }

  async flush() {
    if (this.sending) return;
    this.sending = true;
    while (this.waiting.length) {
      try {
        const answer = await send(this.address, this.token, this.key, this.waiting[0]);
        this.waiting.shift();
        this.changed(this.waiting, false);
        if (answer && !answer.open) this.ended();
      } catch {
        this.changed(this.waiting, true);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    this.sending = false;
  }
}

// After a session: send what is left of any, then forget it.
const form = document.querySelector("[data-unsent]");
if (form) {
  const token = form.elements.csrfmiddlewaretoken.value;
  const keys = (() => {
    try {
      return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
    } catch {
      return [];
    }
  })();
  for (const name of keys) {
    const key = name.slice(PREFIX.length);
    const waiting = keptPlace(key)?.waiting ?? [];
    const queue = new UnsavedSteps({
      address: form.action,
      token,
      key,
      waiting,
      changed: (left) => {
        if (left.length) keepPlace(key, { ...keptPlace(key), waiting: left });
        else forgetPlace(key);
      },
      ended: () => {},
    });
    if (waiting.length) queue.flush();
    else forgetPlace(key);
  }
}
