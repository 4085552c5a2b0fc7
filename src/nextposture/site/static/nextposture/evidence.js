// Filter the claims while typing. Without script the same form asks the server.

const field = document.querySelector("[data-filter]");
const found = document.getElementById("found");
const claims = [...document.querySelectorAll("#claims > li")];
const words = claims.map((claim) => claim.textContent.toLowerCase());
const total = Number(found.dataset.total);

// After a server-side search only some claims are on the page; then the form keeps asking the server.
if (claims.length === total) {
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    claims.forEach((claim, place) => {
      claim.hidden = !wanted.every((word) => words[place].includes(word));
      shown += claim.hidden ? 0 : 1;
    });
    found.textContent = wanted.length ? `${shown} of ${total} claims` : `${total} claims`;
  });
}
