// A line that the person lays on the table's or the floor's edge, over the mirrored picture.

const STEP = 0.01;
const START = [0.25, 0.75, 0.75, 0.75];
const inside = (share) => Math.min(1, Math.max(0, share));

export class CameraLine {
  constructor(root) {
    this.root = root;
    this.drawn = root.querySelector("[data-line-drawn]");
    this.handles = [...root.querySelectorAll("[data-line-end]")];
    this.ends = [...START]; // x1, y1, x2, y2 as shares of the picture as the camera took it
    this.touched = false;
    this.handles.forEach((handle, end) => {
      handle.addEventListener("pointerdown", (event) => handle.setPointerCapture(event.pointerId));
      handle.addEventListener("pointermove", (event) => {
        if (!handle.hasPointerCapture(event.pointerId)) return;
        const box = root.getBoundingClientRect();
        // What is seen is mirrored; what is measured is not.
        this.move(end, 1 - (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
      });
      handle.addEventListener("keydown", (event) => {
        const moves = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
        const by = moves[event.key];
        if (!by) return;
        event.preventDefault();
        this.move(end, this.ends[2 * end] + by[0], this.ends[2 * end + 1] + by[1]);
      });
    });
    this.show();
  }

  move(end, x, y) {
    this.touched = true;
    this.ends[2 * end] = inside(x);
    this.ends[2 * end + 1] = inside(y);
    this.show();
  }

  show() {
    const percent = (share) => `${(100 * share).toFixed(2)}%`;
    this.handles.forEach((handle, end) => {
      handle.style.left = percent(1 - this.ends[2 * end]);
      handle.style.top = percent(this.ends[2 * end + 1]);
    });
    this.drawn.setAttribute("x1", percent(1 - this.ends[0]));
    this.drawn.setAttribute("y1", percent(this.ends[1]));
    this.drawn.setAttribute("x2", percent(1 - this.ends[2]));
    this.drawn.setAttribute("y2", percent(this.ends[3]));
  }

  // Nobody is taken at a word that they did not say: a line that was never moved is none.
  get value() {
    return this.touched ? this.ends : null;
  }
}
