// Turning and cropping the chosen picture before it is read. Untouched, the file itself is sent.

import { canvasFile } from "./strokes.js";
import { fill, gettext } from "./words.js";

const MOST_PIXELS = 12e6; // what is kept of a photo at most, see docs/reading-pictures.md
const SHOWN_SIDE = 1600;
const LEAST = 0.04; // of a side, that a crop leaves
const STEP = 0.01;
const BIG_STEP = 0.1;
const WHOLE = { left: 0, top: 0, right: 1, bottom: 1 };
const OPPOSITE = { left: "right", right: "left", top: "bottom", bottom: "top" };
const KEYS = { ArrowLeft: -STEP, ArrowUp: -STEP, ArrowRight: STEP, ArrowDown: STEP, PageUp: -BIG_STEP, PageDown: BIG_STEP };

const image = document.getElementById("preview-image");
const tools = document.getElementById("crop-tools");
const toggle = document.getElementById("crop-toggle");
const stage = document.getElementById("crop-stage");
const frame = document.getElementById("crop-box");
const status = document.getElementById("crop-status");
const sliders = [...frame.querySelectorAll("[role=slider]")];

let file = null;
let original = null; // the picture itself, upright as its EXIF orientation says
let quarters = 0; // turned clockwise
let box = { ...WHOLE }; // in parts of the turned picture
let drag = null;

export const edited = () => original !== null && (quarters !== 0 || Object.keys(WHOLE).some((edge) => box[edge] !== WHOLE[edge]));

// Begin with another picture; null where there is none that could be shown.
export function begin(picture, chosen) {
  original = picture;
  file = chosen;
  quarters = 0;
  tools.hidden = picture === null;
  setCropping(false);
}

// What is read: the picture turned and cropped, at its full size up to the 12 megapixels that are kept.
export function result(mostBytes) {
  const { width, height } = turnedSize();
  const [x, y] = [Math.round(box.left * width), Math.round(box.top * height)];
  const [w, h] = [Math.round(box.right * width) - x, Math.round(box.bottom * height) - y];
  const canvas = turned(Math.min(1, Math.sqrt(MOST_PIXELS / (w * h))), x, y, w, h);
  const stem = file.name.replace(/\.[^.]*$/, "") || "picture";
  if (file.type !== "image/jpeg") {
    const png = canvasFile(canvas, `${stem}.png`, "image/png");
    if (!mostBytes || png.size <= mostBytes) return png;
  }
  return canvasFile(canvas, `${stem}.jpg`, "image/jpeg", 0.92);
}

function turnedSize() {
  const { naturalWidth, naturalHeight } = original;
  return quarters % 2 ? { width: naturalHeight, height: naturalWidth } : { width: naturalWidth, height: naturalHeight };
}

// The part (x, y, w, h) of the turned picture, in its pixels, drawn at a scale.
function turned(scale, x, y, w, h) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(w * scale));
  canvas.height = Math.max(1, Math.round(h * scale));
  const target = canvas.getContext("2d");
  const { width, height } = turnedSize();
  target.imageSmoothingQuality = "high";
  target.scale(canvas.width / w, canvas.height / h);
  target.translate(width / 2 - x, height / 2 - y);
  target.rotate((quarters * Math.PI) / 2);
  target.drawImage(original, -original.naturalWidth / 2, -original.naturalHeight / 2);
  return canvas;
}

function turn(by) {
  quarters = (quarters + by + 4) % 4;
  const { left, top, right, bottom } = box;
  box = by > 0
    ? { left: 1 - bottom, top: left, right: 1 - top, bottom: right }
    : { left: top, top: 1 - right, right: bottom, bottom: 1 - left };
  const { width, height } = turnedSize();
  const shown = turned(Math.min(1, SHOWN_SIDE / Math.max(width, height)), 0, 0, width, height);
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(canvasFile(shown, file.name, "image/png"));
  show();
}

function setCropping(on) {
  frame.hidden = !on;
  stage.classList.toggle("is-cropping", on);
  toggle.setAttribute("aria-pressed", String(on));
  if (!on) box = { ...WHOLE };
  show();
}

function show() {
  for (const edge of ["left", "top"]) frame.style[edge] = `${box[edge] * 100}%`;
  for (const edge of ["right", "bottom"]) frame.style[edge] = `${(1 - box[edge]) * 100}%`;
  for (const slider of sliders) {
    const at = Math.round(box[slider.dataset.edges] * 100);
    slider.setAttribute("aria-valuenow", at);
    slider.setAttribute("aria-valuetext", fill(gettext("at {percent} %"), { percent: at }));
  }
  if (!edited()) {
    status.textContent = "";
    return;
  }
  const { width, height } = turnedSize();
  const [w, h] = [Math.round((box.right - box.left) * width), Math.round((box.bottom - box.top) * height)];
  status.textContent = fill(gettext("{w} × {h} pixels will be read."), { w, h });
}

function setEdge(edge, to) {
  const other = box[OPPOSITE[edge]];
  const first = edge === "left" || edge === "top";
  box[edge] = first ? Math.min(Math.max(to, 0), other - LEAST) : Math.max(Math.min(to, 1), other + LEAST);
  if (Math.abs(box[edge] - WHOLE[edge]) < 1e-6) box[edge] = WHOLE[edge]; // sums of steps are not quite whole
}

function slide(by, low, high) {
  const kept = Math.max(-box[low], Math.min(by, 1 - box[high]));
  box[low] += kept;
  box[high] += kept;
}

function press(event) {
  if (event.button !== 0 || drag) return;
  const edges = event.target.dataset.edges?.split(" ") ?? [];
  event.preventDefault();
  if (event.target.matches("[role=slider]")) event.target.focus();
  frame.setPointerCapture(event.pointerId);
  drag = { id: event.pointerId, edges, x: event.clientX, y: event.clientY, from: { ...box } };
}

function pull(event) {
  if (event.pointerId !== drag?.id) return;
  const size = image.getBoundingClientRect();
  const across = (event.clientX - drag.x) / size.width;
  const down = (event.clientY - drag.y) / size.height;
  box = { ...drag.from };
  for (const edge of drag.edges) setEdge(edge, box[edge] + (edge === "left" || edge === "right" ? across : down));
  if (!drag.edges.length) {
    slide(across, "left", "right");
    slide(down, "top", "bottom");
  }
  show();
}

function release(event) {
  if (event.pointerId === drag?.id) drag = null;
}

function onKey(event) {
  const edge = event.target.dataset.edges;
  const by = KEYS[event.key];
  const end = event.key === "Home" ? 0 : event.key === "End" ? 1 : null;
  if (by === undefined && end === null) return;
  event.preventDefault();
  setEdge(edge, end ?? box[edge] + (event.shiftKey ? Math.sign(by) * BIG_STEP : by));
  show();
}

document.getElementById("turn-left").addEventListener("click", () => turn(-1));
document.getElementById("turn-right").addEventListener("click", () => turn(1));
toggle.addEventListener("click", () => setCropping(frame.hidden));
for (const slider of sliders) slider.addEventListener("keydown", onKey);
frame.addEventListener("pointerdown", press);
frame.addEventListener("pointermove", pull);
frame.addEventListener("pointerup", release);
frame.addEventListener("pointercancel", release);
