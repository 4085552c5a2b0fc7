// A plain script in the head, not a module: it must set the paper's colour before the first paint.
(() => {
  "use strict";
  const key = "nextposture.paper";
  const root = document.documentElement;

  const read = () => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be switched off; the device's own setting then stands
    }
  };

  const apply = (choice) => {
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
    else delete root.dataset.theme;
  };

  apply(read());

  document.addEventListener("DOMContentLoaded", () => {
    for (const chooser of document.querySelectorAll("[data-theme-switch]")) {
      chooser.hidden = false;
      const current = chooser.querySelector(`input[value="${root.dataset.theme ?? "device"}"]`);
      if (current) current.checked = true;
      chooser.addEventListener("change", (event) => {
        apply(event.target.value);
        try {
          localStorage.setItem(key, event.target.value);
        } catch {
          // the choice then lasts for this page only
        }
      });
    }
  });
})();
