// Enlarges the picture: buttons, Ctrl and the wheel, two fingers, the keys + - 0. The page itself scrolls as ever: at its
// own size the picture takes no wheel and no finger.

import { fill, gettext } from "./words.js";

const viewer = document.querySelector("[data-viewer]");
const tools = document.querySelector("[data-zoom-tools]");
const sheet = viewer.querySelector("[data-sheet]");
const picture = sheet.querySelector("img");
const overlay = sheet.querySelector(".overlay");
const shown = tools.querySelector("[data-zoom-level]");
const LARGEST = 8;
const STEP = 1.4;
let level = 1;
let fit = null;

tools.hidden = false;
viewer.tabIndex = 0;
viewer.setAttribute("role", "group");
viewer.setAttribute("aria-label", gettext("The picture. Plus and minus zoom, 0 fits, arrows move."));

function zoom(wanted, x = viewer.clientWidth / 2, y = viewer.clientHeight / 2) {
  const next = Math.min(LARGEST, Math.max(1, wanted));
  if (next === level) return;
  if (level === 1) {
    const { width, height } = picture.getBoundingClientRect();
    fit = { width, height };
    viewer.style.height = `${viewer.getBoundingClientRect().height}px`; // the page must not jump
  }
  const before = sheet.getBoundingClientRect();
  const frame = viewer.getBoundingClientRect();
  const at = { x: (frame.left + x - before.left) / before.width, y: (frame.top + y - before.top) / before.height };
  level = next;
  viewer.classList.toggle("is-zoomed", level > 1);
  sheet.style.width = level > 1 ? `${fit.width * level}px` : "";
  if (level === 1) viewer.style.height = "";
  viewer.scrollLeft = at.x * fit.width * level - x;
  viewer.scrollTop = at.y * fit.height * level - y;
  shown.textContent = fill(gettext("{percent} %"), { percent: Math.round(level * 100) });
}

tools.addEventListener("click", (event) => {
  const { zoom: way } = event.target.closest("button")?.dataset ?? {};
  if (way) zoom({ in: level * STEP, out: level / STEP, fit: 1 }[way]);
});

viewer.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const wanted = { "+": level * STEP, "=": level * STEP, "-": level / STEP, 0: 1 }[event.key];
  if (!wanted) return;
  event.preventDefault();
  zoom(wanted);
});

viewer.addEventListener(
  "wheel",
  (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const frame = viewer.getBoundingClientRect();
    zoom(level * Math.exp(-event.deltaY / 300), event.clientX - frame.left, event.clientY - frame.top);
  },
  { passive: false },
);

// Two fingers.
let pinch = null;
const spread = ([one, other]) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
viewer.addEventListener(
  "touchstart",
  (event) => {
    if (event.touches.length !== 2 || viewer.classList.contains("is-marking")) return;
    event.preventDefault();
    pinch = { from: spread(event.touches), level };
  },
  { passive: false },
);
viewer.addEventListener(
  "touchmove",
  (event) => {
    if (!pinch || event.touches.length !== 2) return;
    event.preventDefault();
    const [one, other] = event.touches;
    const frame = viewer.getBoundingClientRect();
    const x = (one.clientX + other.clientX) / 2 - frame.left;
    const y = (one.clientY + other.clientY) / 2 - frame.top;
    zoom((pinch.level * spread(event.touches)) / pinch.from, x, y);
  },
  { passive: false },
);
for (const kind of ["touchend", "touchcancel"]) viewer.addEventListener(kind, () => (pinch = null));

// The mouse drags an enlarged picture; a finger scrolls it by itself.
let drag = null;
viewer.addEventListener("pointerdown", (event) => {
  if (level === 1 || event.pointerType !== "mouse" || event.button || viewer.classList.contains("is-marking")) return;
  drag = { x: event.clientX, y: event.clientY, left: viewer.scrollLeft, top: viewer.scrollTop, moved: false };
});
addEventListener("pointermove", (event) => {
  if (!drag) return;
  const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
  drag.moved ||= Math.hypot(x, y) > 4;
  if (!drag.moved) return;
  viewer.classList.add("is-panning");
  viewer.scrollLeft = drag.left - x;
  viewer.scrollTop = drag.top - y;
});
addEventListener("pointerup", () => {
  if (drag?.moved) viewer.addEventListener("click", (event) => event.preventDefault(), { capture: true, once: true });
  drag = null;
  viewer.classList.remove("is-panning");
});
viewer.addEventListener("dragstart", (event) => event.preventDefault());

// Another width of the window means another fit.
addEventListener("resize", () => zoom(1));

tools.querySelector("[data-boxes]")?.addEventListener("click", (event) => {
  const button = event.currentTarget;
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", `${on}`);
  overlay.classList.toggle("is-off", !on);
});
