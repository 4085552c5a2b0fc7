// What a page does better with script than without. Nothing here is needed.

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Paper has no taps: what is folded is open in print, but for what the stylesheet leaves out.
window.addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("main details:not([open], .no-print, .factor-fold)")) {
    fold.open = true;
    fold.dataset.openedForPrint = "";
  }
});
window.addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll("details[data-opened-for-print]")) {
    fold.open = false;
    delete fold.dataset.openedForPrint;
  }
});

// Escape, or a tap elsewhere, closes the danger-sign panel.
const panel = document.querySelector(".danger-signs");
if (panel) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.open) {
      panel.open = false;
      panel.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!panel.contains(event.target)) panel.open = false;
  });
}

// A second tap on the same form is dropped while the first is on its way. Forms that a script sends itself
// (their event is already prevented) are left alone.
const patience = 3000; // ms
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
  } else {
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, patience);
  }
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
