// What tapping does better with script than without: keep the focus, let a number and "don't know" exclude
// each other, and say when an answer could not be saved. Without script, "Save and continue" saves it all.

const form = document.getElementById("screen");
const said = document.getElementById("said");

form.addEventListener("input", ({ target }) => {
  const question = target.closest(".question");
  if (target.matches("[data-number]") && target.value) {
    for (const open of question.querySelectorAll("[data-open]")) open.checked = false;
  } else if (target.matches("[data-open]")) {
    const number = question.querySelector("[data-number]");
    if (number) number.value = "";
  }
});

// What a button will answer is filled in at once, so that it is sent even if the next tap leaves the page.
form.addEventListener(
  "click",
  ({ target }) => {
    const button = target.closest("button");
    if (button?.name === "none") {
      for (const question of button.closest(".group").querySelectorAll(".first-question:not(.alone)")) {
        const no = question.querySelector("input[value=false], input[value=none]");
        if (no && !question.querySelector("input:checked")) no.checked = true;
      }
      tell();
    } else if (button?.name === "pick") {
      const [name, value] = button.value.split("=");
      form.elements.namedItem(name)[0].value = value;
      for (const open of button.closest(".question").querySelectorAll("[data-open]")) open.checked = false;
    }
  },
  true,
);

// The button below a group says "None of these", "No to the rest" or "All answered here".
const tell = () => {
  for (const group of form.querySelectorAll(".group")) {
    const questions = [...group.querySelectorAll(".first-question")];
    group.toggleAttribute(
      "data-filled",
      questions.length > 0 && questions.every((one) => one.querySelector("input:checked")),
    );
  }
};
form.addEventListener("change", tell);

// A kind of day that is spent driving asks for the hours of it at once.
form.addEventListener("change", ({ target }) => {
  if (target.name !== "job_type") return;
  for (const fold of form.querySelectorAll("[data-opened-by]")) {
    if (fold.dataset.openedBy.split(" ").includes(target.value)) fold.open = true;
  }
});

// A piece that is replaced takes the focus with it; give it back to its successor, or to the question.
let focused = null;
document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  const active = document.activeElement;
  focused = detail.target?.contains(active) ? { id: active.id, piece: detail.target.id } : null;
});
document.addEventListener("htmx:oobAfterSwap", () => {
  tell();
  if (!focused) return;
  const piece = document.getElementById(focused.piece);
  const heir =
    (focused.id && document.getElementById(focused.id)) ||
    piece?.querySelector("input:not([type=hidden]), button") ||
    piece?.closest(".group")?.querySelector("input:not([type=hidden])");
  heir?.focus({ preventScroll: true });
  focused = null;
});

// ---- While the server does not answer: say so where it is seen, keep the page, try again.

const RETRY_MS = 3000;
const UNSAVED = "Not saved yet: Next Posture does not answer. Leave this page open and start it again.";
const unsaved = document.getElementById("unsaved");
const fields = form.querySelector("[hx-post]");
let onward = null; // the button that was pressed and waits for the server
let reached = false;
let retry = null;

const answers = async () => {
  try {
    await fetch(import.meta.url, { method: "HEAD", cache: "no-store" });
    return true;
  } catch {
    return false;
  }
};

const waitForServer = () => {
  unsaved.textContent = `${UNSAVED} It is sent as soon as it can be.`;
  said.textContent = "Not saved yet.";
  clearTimeout(retry);
  retry = setTimeout(async () => {
    if (!(await answers())) waitForServer();
    else if (onward) goOn(onward);
    else window.htmx.trigger(fields, "change");
  }, RETRY_MS);
};

const goOn = (button) => {
  reached = true;
  form.requestSubmit(button);
  reached = false;
};

form.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (reached || event.defaultPrevented || button?.hasAttribute("hx-post")) return;
  event.preventDefault();
  if (onward) return;
  onward = button;
  if (await answers()) goOn(button);
  else waitForServer();
});
window.addEventListener("pageshow", () => {
  onward = null;
});

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, waitForServer);
}
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!detail.successful) return;
  clearTimeout(retry);
  unsaved.textContent = "";
});

said.textContent = said.dataset.first ?? "";
