// Keeps a page true while it is looked at: follows /live and asks for the page's own fragment again when something
// that it shows has changed, when the connection comes back, and once a minute so that ages do not lie.
import htmx from "htmx.org";
import "./keys.js";

htmx.config.morphIgnore.push("open"); // what the reader has unfolded stays so
htmx.config.noSwap.push("5xx"); // figures that are old are better than none

const AGES_MS = 60_000;
const SILENCE_MS = 40_000; // the server says something every 15 s
const PATIENCE_MS = 4_000; // a connection that is renewed within this time was never lost
const RETRY_MS = 10_000; // after a failure that nothing else tries again

const page = document.querySelector("#page[hx-get]");
const light = document.querySelector("#live");
let source = null;
let heardAt = Date.now();
let fetchedAt = Date.now();
let changedAt = 0; // the last change that the page may not show yet
let isStale = false; // the last fetch failed: what the page shows may be old
let due = 0; // timer of a fetch that waits
let losing = 0; // timer that will declare the connection lost

// Figures that come may be as old as the page's lag: whatever changed is asked for when they are younger than it.
function refresh() {
  if (due || document.hidden) return;
  const { gapMs, lagMs } = page.dataset;
  due = setTimeout(
    () => {
      due = 0;
      fetchedAt = Date.now();
      page.dispatchEvent(new CustomEvent("stale"));
      if (changedAt + Number(lagMs) > fetchedAt) refresh();
    },
    Math.max(0, fetchedAt + Number(gapMs) - Date.now(), changedAt + Number(lagMs) - Date.now()),
  );
}

function change() {
  changedAt = Date.now();
  refresh();
}

function concerns(changes) {
  const followed = page.dataset.follow.split(" "); // "standing" for all of a kind, "standing:7" for one
  return Object.entries(changes).some(([kind, keys]) =>
    followed.some((item) => item === kind || keys.some((key) => item === `${kind}:${key}`)),
  );
}

function place(pieces) {
  fetchedAt = Date.now();
  for (const [id, html] of Object.entries(pieces)) {
    const old = document.getElementById(id);
    if (!old) return refresh(); // a piece that this page has no place for
    const focused = [...old.querySelectorAll("a")].indexOf(document.activeElement);
    const frame = document.createElement("template");
    frame.innerHTML = html;
    const piece = frame.content.firstElementChild;
    old.replaceWith(piece);
    if (focused >= 0) piece.querySelectorAll("a")[focused]?.focus({ preventScroll: true });
  }
}

function show(state) {
  clearTimeout(losing);
  losing = 0;
  if (light.dataset.state === state) return;
  light.dataset.state = state;
  const time = new Intl.DateTimeFormat("vi", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Ho_Chi_Minh" });
  light.querySelector("span").textContent = light.dataset[state].replace("{time}", time.format(heardAt));
}

function heard() {
  if (isStale) return;
  heardAt = Date.now();
  show("connected");
}

function fetched({ detail }) {
  if (detail.ctx.response.status >= 500) return;
  isStale = false;
  heard();
}

function missed() {
  isStale = true;
  show("lost");
  setTimeout(refresh, RETRY_MS);
}

function fail() {
  losing ||= setTimeout(() => show("lost"), PATIENCE_MS);
  if (source.readyState === EventSource.CLOSED) {
    setTimeout(open, RETRY_MS);
  }
}

function open() {
  if (document.hidden || (source && source.readyState !== EventSource.CLOSED)) return;
  source = new EventSource(page.dataset.live);
  source.addEventListener("hello", () => {
    heard();
    change(); // whatever changed before this connection
  });
  source.addEventListener("beat", heard);
  source.addEventListener("change", (event) => {
    heard();
    if (concerns(JSON.parse(event.data))) change();
  });
  source.addEventListener("pieces", (event) => {
    heard();
    place(JSON.parse(event.data));
  });
  source.onerror = fail;
}

if (page && light) {
  open();
  setInterval(() => {
    if (Date.now() - heardAt > SILENCE_MS) fail();
    if (Date.now() - fetchedAt > AGES_MS) refresh();
  }, 5000);
  page.addEventListener("htmx:after:swap", fetched);
  page.addEventListener("htmx:error", missed);
  page.addEventListener("htmx:response:error", ({ detail }) => {
    if (detail.ctx.response.status >= 500) missed();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source?.close(); // browsers allow six connections to one host: hidden tabs hold none
    else open();
  });
}
