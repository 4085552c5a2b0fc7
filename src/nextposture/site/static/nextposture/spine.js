// The spine page: waits for the model's answer, then moves the figure and its numbers with the slider.
// Every step is here from the start, so dragging asks the server for nothing.

const units = 10000; // of the drawing, a metre
const mostTension = 60; // N, the fullest red
const pulls = 5;
const behind = 0.003; // m, from a joint's centre to the middle of its disc

const waiting = document.querySelector("[data-working]");
if (waiting) {
  const bar = waiting.querySelector("progress");
  const ask = async () => {
    try {
      const job = await (await fetch(waiting.dataset.progress)).json();
      if (job.state !== "working") return location.reload();
      if (job.of) bar.max = job.of;
      bar.value = job.done;
    } catch {
      // the server may be busy or stopped; ask again
    }
    setTimeout(ask, 700);
  };
  setTimeout(ask, 500);
}

const stage = document.querySelector("[data-scenes]");
if (stage) start(stage);

async function start(stage) {
  const answer = await fetch(stage.dataset.scenes);
  if (!answer.ok) return;
  const known = await answer.json();
  const slider = stage.querySelector("#shortening");
  const line = stage.querySelector("#line");
  const nerves = stage.querySelector("#show-nerves");
  const canvas = stage.querySelector("canvas");
  const turning = stage.querySelector(".spine-turn");
  let view = null;

  const posture = () => stage.querySelector("[name=posture]:checked").value;

  const show = () => {
    const name = posture();
    const step = Number(slider.value);
    const before = known.scenes[name][0];
    const after = known.scenes[name][step];
    const shown = nerves?.checked ? known.nerves[name][step] : [];
    line.textContent = known.lines[name][step];
    slider.setAttribute("aria-valuetext", `${Math.round(known.steps[step] * 100)} % shorter`);
    for (const part of document.querySelectorAll("[data-posture-only]")) {
      part.hidden = part.dataset.postureOnly !== name;
    }
    draw(stage.querySelector(`[data-drawing="${name}"]`), after, shown);
    chart(known.loads[name][step], known.changes[name][step], known.loads[name][0]);
    view?.show(name, before, after, shown);
  };

  for (const part of stage.querySelectorAll("[data-needs-script]")) part.hidden = false;
  slider.addEventListener("input", show);
  stage.addEventListener("change", show);
  show();

  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const button = stage.querySelector("[data-start-3d]");
  const open = async () => {
    try {
      const { createView } = await import(stage.dataset.view);
      view = await createView(canvas, stage.dataset.bones);
    } catch {
      return; // no WebGL: the drawing stays
    }
    canvas.hidden = false;
    turning.hidden = false;
    button.hidden = true;
    for (const one of turning.querySelectorAll("[data-turn]")) {
      one.addEventListener("click", () => view.face(one.dataset.turn));
    }
    view.fit();
    show();
  };
  if (calm) {
    button.hidden = false;
    button.addEventListener("click", open);
  } else {
    await open();
  }
}

// ---- The drawing from the right

function draw(drawing, scene, nerves) {
  for (const use of drawing.querySelectorAll(".after use")) {
    use.setAttribute("transform", matrix(scene.bodies[use.dataset.body], scene.scale));
  }
  drawing.querySelectorAll(".discs ellipse").forEach((disc, level) => {
    const [x, y, , nx, ny] = scene.discs[level];
    const turn = (Math.atan2(nx, ny) * 180) / Math.PI;
    const [left, top] = [(x - behind * ny) * units, -(y + behind * nx) * units];
    disc.setAttribute("transform", `translate(${left} ${top}) rotate(${turn})`);
  });
  const near = scene.fascicles.filter((one) => one.side === "r");
  drawing.querySelectorAll(".fascicles path").forEach((path, place) => {
    path.setAttribute("d", polyline(near[place].path));
    path.setAttribute("class", `pull-${Math.round(pulls * pull(near[place].tension))}`);
  });
  let group = drawing.querySelector(".nerves");
  if (!group) {
    group = drawing.appendChild(document.createElementNS(drawing.namespaceURI, "g"));
    group.setAttribute("class", "nerves");
  }
  group.replaceChildren(
    ...nerves.slice(0, nerves.length / 2).map((path) => {
      const drawn = document.createElementNS(drawing.namespaceURI, "path");
      drawn.setAttribute("d", polyline(path));
      return drawn;
    }),
  );
}

function matrix(pose, scale) {
  const turn = [pose[3] * scale, -pose[6] * scale, -pose[4] * scale, pose[7] * scale];
  return `matrix(${[...turn, pose[0] * units, -pose[1] * units].join(" ")})`;
}

function polyline(path) {
  const points = [];
  for (let k = 0; k < path.length; k += 3) {
    points.push(`${Math.round(path[k] * units)} ${Math.round(-path[k + 1] * units)}`);
  }
  return `M${points.join("L")}`;
}

function pull(tension) {
  return Math.min(1, Math.log1p(Math.max(0, tension)) / Math.log1p(mostTension));
}

// ---- The chart

function chart(loads, changes, full) {
  for (const [kind, rows] of [
    ["after", loads],
    ["before", full],
  ]) {
    const groups = document.querySelectorAll(`.load-chart .${kind}`);
    groups.forEach((group, place) => {
      const [low, median, high] = rows[groups.length - 1 - place];
      const range = group.querySelector(".range");
      const dot = group.querySelector(".dot");
      range.setAttribute("d", `M${low} ${dot.getAttribute("cy")}H${high}`);
      dot.setAttribute("cx", median);
    });
  }
  for (const value of document.querySelectorAll("[data-change]")) {
    value.textContent = changes[Number(value.dataset.change)];
  }
}
