// Moves the exercise figures gently from start to end and back. Drawings come whole from the server; this only
// blends the outlines that carry data-frames. Nothing moves with reduced motion, off screen, or once paused.
//
// A button with data-figure-toggle inside the same <figure> pauses and resumes (WCAG 2.2.2); it stays hidden
// while nothing can move. Its words are in data-pause and data-play. Inside a session's data-player the drawing
// moves while the session runs, and pauses with it.

const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const LONGEST_HOLD_S = 3; // a 30 s stretch need not be watched for 30 s

const curve = (p, closed) => {
  const count = p.length / 2;
  const ends = closed ? count : count - 1;
  const at = (i) => (closed ? (i + count) % count : Math.max(0, Math.min(count - 1, i))) * 2;
  let d = `M${p[0]} ${p[1]}C`;
  for (let i = 0; i < ends; i += 1) {
    const [a, b, c, e] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    d += `${p[b] + (p[c] - p[a]) / 6} ${p[b + 1] + (p[c + 1] - p[a + 1]) / 6} `;
    d += `${p[c] - (p[e] - p[b]) / 6} ${p[c + 1] - (p[e + 1] - p[b + 1]) / 6} ${p[c]} ${p[c + 1]} `;
  }
  return closed ? `${d}Z` : d;
};

const ease = (share) => share * share * (3 - 2 * share);

class Figure {
  constructor(svg) {
    const [move, hold, back] = svg.dataset.tempo.split(" ").map(Number);
    this.move = move;
    this.hold = Math.min(hold, LONGEST_HOLD_S);
    this.back = back;
    this.rest = 1;
    this.paths = [...svg.querySelectorAll("[data-frames]")].map((path) => ({
      path,
      end: path.getAttribute("d"),
      closed: !("open" in path.dataset),
      frames: path.dataset.frames.split(";").map((frame) => frame.split(" ").map(Number)),
    }));
    this.seen = false;
    this.paused = false;
    this.elapsed = this.rest + this.move; // opens on the end pose, as drawn
    this.button = svg.closest("figure")?.querySelector("[data-figure-toggle]") ?? null;
    this.button?.addEventListener("click", () => {
      this.paused = !this.paused;
      this.update();
    });
    this.player = svg.closest("[data-player]");
    if (this.player) {
      const watch = new MutationObserver(() => this.update());
      watch.observe(this.player, { attributeFilter: ["data-state"] });
    }
    new IntersectionObserver(([entry]) => {
      this.seen = entry.isIntersecting;
      this.update();
    }).observe(svg);
    still.addEventListener("change", () => this.update());
    this.update();
  }

  update() {
    const allowed = !still.matches;
    if (this.button) {
      this.button.hidden = !allowed;
      this.button.textContent = this.paused ? this.button.dataset.play : this.button.dataset.pause;
    }
    if (!allowed) for (const { path, end } of this.paths) path.setAttribute("d", end);
    const playing = !this.player || this.player.dataset.state === "running";
    const run = allowed && playing && this.seen && !this.paused;
    if (run && !this.running) {
      this.last = undefined;
      requestAnimationFrame((now) => this.step(now));
    }
    this.running = run;
  }

  step(now) {
    if (!this.running) return;
    this.elapsed += this.last === undefined ? 0 : Math.min(0.1, (now - this.last) / 1000);
    this.last = now;
    this.show(this.share());
    requestAnimationFrame((next) => this.step(next));
  }

  share() {
    let t = this.elapsed % (this.rest + this.move + this.hold + this.back);
    if (t < this.rest) return 0;
    t -= this.rest;
    if (t < this.move) return ease(t / this.move);
    t -= this.move;
    return t < this.hold ? 1 : 1 - ease((t - this.hold) / this.back);
  }

  show(share) {
    if (share === this.shown) return;
    this.shown = share;
    for (const { path, frames, closed } of this.paths) {
      const along = share * (frames.length - 1);
      const index = Math.min(Math.floor(along), frames.length - 2);
      const rest = along - index;
      const next = frames[index + 1];
      path.setAttribute("d", curve(frames[index].map((x, i) => x + rest * (next[i] - x)), closed));
    }
  }
}

const started = new WeakSet();

/** Start the figures inside an element; those already started are left alone. */
export const start = (root) => {
  for (const svg of root.querySelectorAll("svg.fig[data-tempo]")) {
    if (!started.has(svg)) new Figure(svg);
    started.add(svg);
  }
};

start(document);
document.addEventListener("htmx:load", (event) => start(event.target));
