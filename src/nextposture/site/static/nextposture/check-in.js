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
      for (const question of button.closest(".group").querySelectorAll(".first-question")) {
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

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, () => {
    said.textContent =
      "This answer is not saved yet. Check that Next Posture is running, then tap “Save and continue”.";
  });
}
