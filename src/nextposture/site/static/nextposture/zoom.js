// Zoom into a chart. The drawing of the server stays until this has drawn its own, and it is what prints.

const readings = JSON.parse(document.getElementById("readings").textContent);
const box = document.querySelector("[data-zoom]");
const place = box.querySelector("[data-plot]");
const said = box.querySelector("[data-zoom-said]");
const { default: UPlot } = await import(box.dataset.uplot);

const DAY = 86400;
const HEIGHT = 260;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

/** A colour as the canvas takes it: light-dark() is resolved by the style of an element. */
function ink(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color || colour(name);
}

const band = readings.band;
const spread = band === null ? [] : [readings.values.map((one) => one + band), readings.values.map((one) => one - band)];
const first = readings.days[0];
const last = readings.days.at(-1);

function options() {
  const line = { stroke: ink("--ink"), width: 2, points: { show: readings.days.length < 200, size: 6 } };
  const edge = { stroke: ink("--grey-3"), width: 1, points: { show: false } };
  const axis = { stroke: ink("--grey-1"), grid: { show: false }, ticks: { stroke: ink("--grey-3") } };
  return {
    width: place.clientWidth,
    height: HEIGHT,
    scales: { x: { time: true } },
    legend: { show: false },
    cursor: { drag: { x: true, y: false } },
    axes: [axis, { ...axis, size: 44 }],
    series: [{}, line, ...spread.map(() => edge)],
  };
}

let plot;
function draw() {
  const scale = plot && { min: plot.scales.x.min, max: plot.scales.x.max };
  plot?.destroy();
  plot = new UPlot(options(), [readings.days, readings.values, ...spread], place);
  if (scale) show(scale.min, scale.max);
}

const words = (seconds) =>
  new Date(seconds * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

function show(min, max) {
  plot.setScale("x", { min, max });
  const seen = readings.values.filter((_, place) => readings.days[place] >= min && readings.days[place] <= max);
  said.textContent = `${words(min)} to ${words(max)}: ${seen.length} reading${seen.length === 1 ? "" : "s"}.`;
}

box.hidden = false;
document.querySelector("[data-drawn]").classList.add("print-only");
draw();
show(first, last);
new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });

box.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { min, max } = plot.scales.x;
  if (button.dataset.zoomSpan !== undefined) {
    const span = Number(button.dataset.zoomSpan) * DAY;
    show(span ? Math.max(first, last - span) : first, last);
  } else {
    const step = (max - min) * 0.5 * Number(button.dataset.zoomMove);
    const to = Math.min(last, Math.max(first + (max - min), max + step));
    show(to - (max - min), to);
  }
});
