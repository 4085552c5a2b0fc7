// Look how far the phone is, and show the page anew when that has changed.

const pairing = document.querySelector("[data-pairing]");
const LOOK_EVERY_MS = 1500;

const look = async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(pairing.dataset.pairing);
    if (answer.ok && (await answer.json()).phase !== pairing.dataset.phase) window.location.reload();
  } catch {
    // the program may be starting again; the next look tells
  }
};

setInterval(look, LOOK_EVERY_MS);
document.addEventListener("visibilitychange", look);
