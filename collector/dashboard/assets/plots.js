// Draws the plots of a site's page from the points in its figures, and again when these change or the scheme does.
import uPlot from "uplot";

const HOUR_S = 3600;
const drawn = new Map(); // id of a canvas: its plot and the points it shows

const colour = (figure, name) => {
  const probe = figure.querySelector(`.legend .${name}`) ?? figure;
  return getComputedStyle(probe).color; // custom properties with light-dark() are resolved in a colour only
};

function clock(form) {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Ho_Chi_Minh", ...form });
  return (seconds) => format.format(seconds * 1000);
}

// Every hour from the first to the last, null where nothing was measured, so that no line is drawn over a gap.
function columns(series, isContinuous) {
  const hours = new Map();
  series.forEach((points, number) => {
    for (const [at, ...values] of points) {
      if (!hours.has(at)) hours.set(at, []);
      hours.get(at)[number] = values;
    }
  });
  const known = [...hours.keys()].sort((a, b) => a - b);
  const at = [];
  for (const hour of known) {
    if (isContinuous && at.length && hour - at.at(-1) > HOUR_S) at.push(at.at(-1) + HOUR_S);
    at.push(hour);
  }
  const column = (number, place) => at.map((hour) => hours.get(hour)?.[number]?.[place] ?? null);
  return { at, column };
}

function options(figure, isLine) {
  const { lang, unit, days, until } = figure.dataset;
  const tick = clock(days > 1 ? { day: "2-digit", month: "2-digit" } : { hour: "2-digit", minute: "2-digit" });
  const moment = clock({ hour: "2-digit", minute: "2-digit", day: "2-digit", month: "2-digit" });
  const number = new Intl.NumberFormat(lang === "en" ? "en-GB" : "vi", { maximumSignificantDigits: 3 });
  const axis = { stroke: colour(figure, "told"), grid: { stroke: colour(figure, "grid"), width: 1 }, ticks: { show: false } };
  const font = `12px ${getComputedStyle(figure).fontFamily}`;
  const told = figure.querySelector(".told");
  const mean = (name) => ({ stroke: colour(figure, name), width: 2, points: { show: true, size: 5, fill: colour(figure, name) } });
  const dots = (name, fill) => ({ ...mean(name), paths: () => null, points: { show: true, size: 9, width: 2, fill } });
  const edge = { stroke: colour(figure, "band"), width: 0, points: { show: false } };
  return {
    width: figure.querySelector(".canvas").clientWidth,
    height: 170,
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false } },
    scales: { x: { range: () => [until - days * 86400 - HOUR_S, Number(until)] }, y: { range: (_, __, most) => [0, (most || 1) * 1.1] } },
    axes: [
      { ...axis, font, size: 28, values: (_, ticks) => ticks.map(tick), space: 60 },
      { ...axis, font, size: 44, values: (_, ticks) => ticks.map((value) => number.format(value)) },
    ],
    series: isLine ? [{}, dots("s1", colour(figure, "s1")), dots("s2", colour(figure, "fill"))] : [{}, edge, edge, mean("s1")],
    bands: isLine ? [] : [{ series: [1, 2], fill: colour(figure, "band") }],
    hooks: {
      setCursor: [
        ({ cursor: { idx }, data }) => {
          const values = idx === null || idx === undefined ? [] : (isLine ? data.slice(1) : [data[3], data[2], data[1]]).map((one) => one[idx]);
          told.textContent = values.some((value) => value !== null)
            ? `${moment(data[0][idx])}: ${values.map((value) => (value === null ? "–" : number.format(value))).join(isLine ? " / " : " · ")} ${unit}`
            : "";
        },
      ],
    },
  };
}

function draw(figure) {
  const canvas = figure.querySelector(".canvas");
  if (!canvas) return;
  const { points, kind } = figure.dataset;
  const before = drawn.get(canvas);
  if (before?.points === points) return;
  before?.plot.destroy();
  const isLine = kind === "line";
  const { at, column } = columns(JSON.parse(points), !isLine);
  const shown = isLine ? [at, column(0, 1), column(1, 1)] : [at, column(0, 2), column(0, 0), column(0, 1)];
  drawn.set(canvas, { points, plot: new uPlot(options(figure, isLine), shown, canvas) });
}

function drawAll() {
  for (const [canvas, { plot }] of drawn) {
    if (canvas.isConnected) continue;
    plot.destroy();
    drawn.delete(canvas);
  }
  document.querySelectorAll(".plot").forEach(draw);
}

function redraw() {
  drawn.forEach(({ plot }) => plot.destroy());
  drawn.clear();
  drawAll();
}

drawAll();
document.addEventListener("htmx:after:swap", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
let resizing = 0;
addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(redraw, 150);
});
