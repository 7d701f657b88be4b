// Drawing: strokes from mouse, pen or finger on the pad, read live, sent as a PNG through the same form.

import { keep, kept } from "./keeping.js";
import { liveReading } from "./live.js";
import { Drawing, PENS, asPicture, paint } from "./strokes.js";
import { choose, isDrawing, onChoice } from "./ways.js";
import { gettext } from "./words.js";

const PALM = 10_000; // ms after a pen was near the pad in which what touches it is taken for the hand that holds it
const INK = "#161c31";

const form = document.getElementById("read-form");
const frame = document.getElementById("pad-frame");
const pad = document.getElementById("pad");
const problem = document.getElementById("pad-problem");
const [undo, redo, clear, widen] = ["undo", "redo", "clear", "widen"].map((name) => document.getElementById(`pad-${name}`));
const pen = document.getElementById("pad-pen");
const context = pad.getContext("2d");

const drawing = new Drawing();
const live = liveReading(form.dataset.live, () => (drawing.empty || !isDrawing() ? null : sent()));

function sent() {
  const data = new FormData();
  data.set("image", picture());
  data.set("expect", form.elements.namedItem("expect").value);
  data.set("csrfmiddlewaretoken", form.elements.namedItem("csrfmiddlewaretoken").value);
  return data;
}

let warm = false;
let pointer = null; // {id, type} of what draws now
let penNear = -Infinity;
let frameAsked = false;

function picture() {
  return asPicture(drawing.strokes, pad.width / pad.height);
}

function show() {
  frameAsked = false;
  context.clearRect(0, 0, pad.width, pad.height);
  paint(context, drawing.strokes, pad.height, INK);
  document.getElementById("pad-hint").hidden = !drawing.empty;
  undo.disabled = !drawing.canUndo;
  redo.disabled = !drawing.canRedo;
  clear.disabled = drawing.empty;
}

// While the pen moves, once for each picture that the screen shows.
function showSoon() {
  if (!frameAsked) requestAnimationFrame(() => frameAsked && show());
  frameAsked = true;
}

function fit() {
  const box = pad.getBoundingClientRect();
  if (!box.width) return;
  const density = window.devicePixelRatio || 1;
  pad.width = Math.round(box.width * density);
  pad.height = Math.round(box.height * density);
  show();
}

function say(sentence) {
  problem.textContent = sentence;
  problem.classList.toggle("d-block", sentence !== "");
}

// Strokes -------------------------------------------------------------------------------------------------
function point(event) {
  const box = pad.getBoundingClientRect();
  // Mice and most fingers tell no pressure; a pen's runs from 0 to 1, and is in the middle where it can tell none.
  const thick = event.pointerType === "pen" ? 0.5 + event.pressure : 1;
  return [(event.clientX - box.left) / box.height, (event.clientY - box.top) / box.height, thick];
}

function begin(event) {
  if (event.button !== 0) return;
  if (event.pointerType === "pen") {
    penNear = event.timeStamp;
    if (pointer?.type === "touch") drop(); // the palm came down before the pen
  } else if (event.pointerType === "touch" && event.timeStamp - penNear < PALM) return;
  if (pointer) return;
  event.preventDefault();
  pad.focus({ preventScroll: true });
  pad.setPointerCapture(event.pointerId);
  pointer = { id: event.pointerId, type: event.pointerType };
  drawing.begin(PENS[pen.value - 1], point(event));
  live.soon();
  say("");
  show();
}

function move(event) {
  if (event.pointerType === "pen") penNear = event.timeStamp;
  if (event.pointerId !== pointer?.id) return;
  const events = event.getCoalescedEvents?.() ?? [];
  drawing.add((events.length ? events : [event]).map(point));
  live.soon();
  showSoon();
}

function end(event) {
  if (event.pointerId !== pointer?.id) return;
  pointer = null;
  live.now();
  show();
}

function drop() {
  pointer = null;
  drawing.drop();
  live.now();
  show();
}

// What the buttons and keys do ----------------------------------------------------------------------------
function change(step) {
  if (pointer) return;
  step.call(drawing);
  say("");
  show();
  live.now();
}

function setWide(wide) {
  const ratio = pad.width / pad.height;
  if (!wide && drawing.reach > ratio / 2) {
    say(gettext("There is ink on the right half of the pad: it would be cut off. Undo or clear it first."));
    return;
  }
  say("");
  frame.classList.toggle("is-wide", wide);
  widen.setAttribute("aria-pressed", String(wide));
  document.getElementById("pad-scroll").hidden = !wide;
  fit();
  if (!drawing.empty) live.now();
}

function thicker(steps) {
  pen.value = Number(pen.value) + steps; // the slider itself stays within its ends
}

function isTyping(element) {
  return element.matches("input:not([type=radio], [type=range], [type=button]), textarea, select, [contenteditable]");
}

function onAnyKey(event) {
  if (!isDrawing() || isTyping(event.target) || event.altKey || !(event.ctrlKey || event.metaKey)) return;
  const key = event.key.toLowerCase();
  const step = key === "y" || (key === "z" && event.shiftKey) ? drawing.redo : key === "z" ? drawing.undo : null;
  if (!step) return;
  event.preventDefault();
  change(step);
}

const PAD_KEYS = {
  Delete: () => change(drawing.clear),
  Backspace: () => change(drawing.clear),
  "[": () => thicker(-1),
  "]": () => thicker(1),
  Enter: () => form.requestSubmit(),
};

function onPadKey(event) {
  const act = PAD_KEYS[event.key];
  // Some keyboards make the brackets with AltGr, which looks like Ctrl and Alt.
  if (!act || (event.key.length > 1 && (event.ctrlKey || event.altKey || event.metaKey))) return;
  event.preventDefault();
  act();
}

pad.addEventListener("pointerdown", begin);
pad.addEventListener("pointermove", move);
pad.addEventListener("pointerup", end);
pad.addEventListener("pointercancel", (event) => event.pointerId === pointer?.id && drop());
pad.addEventListener("keydown", onPadKey);
document.addEventListener("keydown", onAnyKey);
undo.addEventListener("click", () => change(drawing.undo));
redo.addEventListener("click", () => change(drawing.redo));
clear.addEventListener("click", () => change(drawing.clear));
widen.addEventListener("click", () => setWide(!frame.classList.contains("is-wide")));
for (const button of document.querySelectorAll("[data-pad-scroll]")) {
  button.addEventListener("click", () => frame.scrollBy({ left: (Number(button.dataset.padScroll) * frame.clientWidth) / 2 }));
}

// Giving it -----------------------------------------------------------------------------------------------
form.elements.namedItem("expect").addEventListener("change", () => !drawing.empty && live.now());
form.addEventListener(
  "submit",
  (event) => {
    if (!isDrawing()) return;
    if (!drawing.empty) return live.stop();
    event.preventDefault();
    say(gettext("Nothing is drawn yet."));
    pad.focus();
  },
  { capture: true },
);
form.addEventListener("formdata", (event) => {
  if (isDrawing()) event.formData.set("image", picture());
});

function open() {
  fit();
  if (!warm) live.warm(sent());
  warm = true;
}

new ResizeObserver(fit).observe(pad);
onChoice(() => (isDrawing() ? open() : live.stop()));
window.addEventListener("pagehide", () => keep(form.dataset.owner, isDrawing() ? drawing.strokes : []));
const before = kept(form.dataset.owner, Boolean(form.dataset.again));
if (before) {
  drawing.strokes = before;
  choose("draw");
  setWide(drawing.reach > pad.width / pad.height);
  live.now();
} else if (isDrawing()) open();
